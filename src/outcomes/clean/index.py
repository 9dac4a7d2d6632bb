"""How low is a person on what several SES markers have in common?

In: a matrix of people x indicators, 1 low, 0 high, NaN not known. Out: one number a person, lower is lower
SES.

The index is the first principal component of the standardised 0/1 indicators, which for two-valued variables
is the first axis of multiple correspondence analysis (Greenacre 2017, Correspondence Analysis in Practice,
ch. 18; Filmer & Pritchett 2001, doi 10.1353/dem.2001.0003, for SES). Loadings come from the people with all
indicators known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

NO_PEOPLE = "nobody has all indicators known"
NO_VARIATION = "an indicator has one value only"
NO_AXIS = "the indicators have no first component of their own"
NO_DIRECTION = "the first component says nothing of how many indicators are low"

_NONE = 1e-9
_DECIMALS = 9


@dataclass(frozen=True)
class Index:
    """How indicators make an index: one mean, SD and loading an indicator; none unless ``status`` is `ok`.

    ``loadings`` have length 1 and are positive where low on the indicator is low on the index; ``explained``
    is the share of the variance of the standardised indicators; ``n`` counts the people with all of them.
    """

    means: np.ndarray
    sds: np.ndarray
    loadings: np.ndarray
    explained: float
    n: int
    status: str


def index_of(lows: np.ndarray) -> Index:
    """Return the index that ``lows`` (people x indicators: 1 low, 0 high, NaN) give; SDs have n - 1.

    The order of the people does not matter, to the last digit: everything rests on counts.
    """
    whole = lows[~np.isnan(lows).any(axis=1)]
    n, nothing = len(whole), np.empty(0)
    if n == 0:
        return Index(nothing, nothing, nothing, math.nan, n, NO_PEOPLE)
    means = whole.sum(axis=0) / n
    spread = means * (1 - means)
    if (spread == 0).any():
        return Index(nothing, nothing, nothing, math.nan, n, NO_VARIATION)
    together = whole.T @ whole / n
    values, axes = np.linalg.eigh((together - np.outer(means, means)) / np.sqrt(np.outer(spread, spread)))
    first, loadings, sds = values[-1], axes[:, -1], np.sqrt(spread * n / (n - 1))
    if len(values) > 1 and first - values[-2] <= _NONE * first:
        return Index(nothing, nothing, nothing, math.nan, n, NO_AXIS)
    with_count = float(
        sds @ loadings
    )  # its covariance with the number of low indicators, over the first value
    if abs(with_count) <= _NONE:
        return Index(nothing, nothing, nothing, math.nan, n, NO_DIRECTION)
    return Index(means, sds, loadings * math.copysign(1, with_count), float(first / values.sum()), n, "ok")


def scores(lows: np.ndarray, index: Index, at_least: int) -> np.ndarray:
    """Return each person's index (float64): minus the component, so that lower is lower SES.

    NaN for people with fewer than ``at_least`` known indicators. Where some are missing, the component is the
    regression through 0 of the known standardised indicators on their loadings (Nelson, Taylor & MacGregor
    1996, doi 10.1016/S0169-7439(96)00007-X), which with all known is the component itself. Rounded to nine
    decimals, so that people who tie do so exactly.
    """
    if index.status != "ok":
        return np.full(len(lows), math.nan)
    known = ~np.isnan(lows)
    standard = np.where(known, (lows - index.means) / index.sds, 0.0)
    weight = known @ index.loadings**2
    enough = (known.sum(axis=1) >= at_least) & (weight > _NONE)
    component = np.divide(standard @ index.loadings, weight, out=np.full(len(lows), math.nan), where=enough)
    return np.round(-component, _DECIMALS) + 0.0


def low_cut(index: np.ndarray, share: float) -> float:
    """Return the index up to which people are low: that with the share of low people nearest to ``share``.

    All who tie are on one side, so that the share is seldom met; of two cuts as near the higher one counts.
    The highest value is never low: the other group would be empty. NaN where fewer than two values are known.
    """
    values, counts = np.unique(index[~np.isnan(index)], return_counts=True)
    if len(values) < 2:
        return math.nan
    missed = np.abs(counts.cumsum()[:-1] - share * counts.sum())
    return float(values[:-1][missed <= missed.min() + _NONE][-1])
