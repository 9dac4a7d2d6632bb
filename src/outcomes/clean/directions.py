"""Do the items of a scale go along with each other, and its total with that of other waves?

Correlations are of the people who answered all items of a scale (items that nobody answers, or everybody
alike, set aside), after the declared reversals. They need 30 people, and the upper limit of their 95 %
interval (Fisher 1921, by atanh) must be below 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import atanh, sqrt, tanh
from statistics import NormalDist

import numpy as np
import pandas as pd

from outcomes.clean.scales import FEWEST, Survey
from outcomes.errors import Problem, listed
from outcomes.study.stages import Asked

AGAINST_REST = -0.2
"""Correlation with the rest of its scale below which an item runs against it."""
AGAINST_WAVE = -0.3
"""Correlation between two waves below which a scale was turned in one of them."""
CHUNK = 50_000
"""Rows that are taken at a time, so that no copy of a large file is made."""
Correlation = tuple[float, int]
"""Pearson's correlation, and of how many people it is."""
NONE: Correlation = (0.0, FEWEST)
_Z = NormalDist().inv_cdf(0.975)


def directions(
    name: str, scale: Asked, surveys: list[Survey], named: set[tuple[str, str]]
) -> Iterator[Problem]:
    """Yield the items that run against their scale, and the waves in which the scale or an item was turned.

    An item that runs against its scale in one wave and along with it in another was turned in the one; an
    item that does so wherever it can be told may lack its reversal. ``named`` holds the waves and items that
    were named already: an item may stand in several scales.
    """
    rests: dict[str, dict[str, Correlation]] = {}
    first: pd.Series | None = None
    for survey in surveys:
        rests[survey.wave], first = _rests(survey, scale, first)
    for item in scale.items:
        told = {survey.wave: rests[survey.wave].get(item, NONE) for survey in surveys}
        along = [wave for wave, (r, n) in told.items() if _below(-r, n, AGAINST_REST)]
        against = [survey for survey in surveys if _below(*told[survey.wave], AGAINST_REST)]
        against = [survey for survey in against if (survey.wave, item) not in named]
        named |= {(survey.wave, item) for survey in against}
        for survey in against if along else against[:1]:
            r, n = told[survey.wave]
            found = f"item {item} against the rest of {name} (correlation {r:.2f}, {n:,} people)"
            if along:
                mend = f"look whether this export codes its answers the other way round than {along[0]}"
                yield survey.warning("scale-turned", item, found, "the same direction in all waves", mend)
                continue
            if others := listed(other.wave for other in against[1:]):
                found += f", as in {others}"
            mend = "look whether the instrument's `reversed` and the codebook name the right item and column"
            yield survey.warning("reversed-item", item, found, "items that go along with each other", mend)
    yield from _turned_scales(name, scale, surveys)


def _rests(
    survey: Survey, scale: Asked, first: pd.Series | None
) -> tuple[dict[str, Correlation], pd.Series | None]:
    """Return each item's correlation with the rest of the scale and the people behind it; and its direction.

    It is the corrected item-rest correlation, but items of the rest that themselves run against the first
    principal component are turned, so that one wrong item does not blur the others. The component points
    where most of the items do or, in later waves, where that of the ``first`` wave did.
    """
    items = survey.telling(scale.items)
    covariance, n = _covariance(survey, scale, items)
    if n < FEWEST or len(items) < 2 or not (np.diag(covariance) > 0).all():
        return {}, first
    sd = np.sqrt(np.diag(covariance))
    loading = pd.Series(np.linalg.eigh(covariance / np.outer(sd, sd))[1][:, -1], index=items)
    with_first = 0.0 if first is None else float((loading * first).sum())
    loading *= -1 if (with_first or float(loading.sum())) < 0 else 1
    sign = np.where(loading < 0, -1.0, 1.0)
    with_all = covariance @ sign
    own = np.diag(covariance)
    rest = sign @ covariance @ sign - 2 * sign * with_all + own
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (with_all - sign * own) / (sd * np.sqrt(rest))
    found = {item: (float(value), n) for item, value in zip(items, r, strict=True) if np.isfinite(value)}
    return found, loading if first is None else first


def _covariance(survey: Survey, scale: Asked, items: list[str]) -> tuple[np.ndarray, int]:
    """Return the covariances of ``items`` after the declared reversals, and of how many people they are."""
    signs = np.array([-1.0 if item in scale.reversed else 1.0 for item in items])
    middle = np.array([(survey.allowed[item].low + survey.allowed[item].high) / 2 for item in items])
    total, products, n = np.zeros(len(items)), np.zeros((len(items), len(items))), 0
    for start in range(0, len(survey.answers), CHUNK):
        given = survey.answers.iloc[start : start + CHUNK][items].to_numpy() - middle
        given = given[~np.isnan(given).any(axis=1)] * signs
        total, products, n = total + given.sum(axis=0), products + given.T @ given, n + len(given)
    return (products - np.outer(total, total) / max(n, 1)) / max(n - 1, 1), n


def _turned_scales(name: str, scale: Asked, surveys: list[Survey]) -> Iterator[Problem]:
    """Yield the waves whose totals run against an earlier wave, the first that shares 30 people."""
    totals = [_total(survey, scale) for survey in surveys]
    for later in range(1, len(surveys)):
        for earlier in range(later):
            before, after = _linked(surveys[earlier], totals[earlier], surveys[later], totals[later])
            if len(before) < FEWEST:
                continue
            r = _correlation(before, after)
            if _below(r, len(before), AGAINST_WAVE):
                survey, other = surveys[later], surveys[earlier].wave
                found = f"{name} against {other} (correlation {r:.2f}, {len(before):,} people)"
                mend = "look whether one of the two exports codes its answers the other way round"
                yield survey.warning("scale-turned", None, found, "the same direction in all waves", mend)
            break


def _total(survey: Survey, scale: Asked) -> np.ndarray:
    """Return the sum of the items after the declared reversals, NaN where one is not answered."""
    total = np.zeros(len(survey.answers))
    items = survey.telling(scale.items)
    for item in items:
        total += survey.answers[item].to_numpy() * (-1 if item in scale.reversed else 1)
    return total if items else np.full(len(total), np.nan)


def _linked(
    earlier: Survey, before: np.ndarray, later: Survey, after: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the totals of the people who have one in both waves."""
    places = later.places_in(earlier)
    there = np.where(places >= 0, before[places], np.nan)
    both = ~np.isnan(there) & ~np.isnan(after)
    return there[both], after[both]


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Return Pearson's correlation, 0 where one side does not vary."""
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def _below(r: float, n: int, limit: float) -> bool:
    """Return whether ``r`` is below ``limit``, and the upper limit of its 95 % interval below 0."""
    return r < limit and (r <= -1 or tanh(atanh(r) + _Z / sqrt(n - 3)) < 0)
