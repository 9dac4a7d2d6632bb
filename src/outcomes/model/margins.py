"""How wide is a margin in score points, how sure is that width, and which margins would pass?

In: a declared margin, the SD at the baseline with its degrees of freedom, a gap in gains. Out: a `Bound`, its
distance from the gap as t, and the smallest margin that passes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq
from scipy.stats import t

from outcomes.model.estimates import degrees, welch
from outcomes.model.families import Gap
from outcomes.model.standardised import Spread
from outcomes.study import SdMargin

GRID = tuple(step / 20 for step in range(41))
"""Multiples of the declared margin at which the curve of verdicts is drawn, the declared one among them."""

DOUBLINGS = 60
"""How often the search for a margin that passes doubles its reach before it ends without one."""


@dataclass(frozen=True)
class Bound:
    """A margin in score points, with the sampling variance that an estimated SD brings in."""

    points: float
    kind: str
    """`points`, `reference SD` or `estimated`."""
    relative_variance: float = 0.0
    """Variance of the margin over its square: 1 / (2 df) of an estimated SD, 0 where it is fixed."""
    df: float = np.inf

    def times(self, factor: float) -> Bound:
        """Return the margin ``factor`` times as wide, of the same kind."""
        return replace(self, points=factor * self.points)


def bound(margin: float | SdMargin, outcome: str, spread: Spread | None) -> Bound | None:
    """Return the margin of ``outcome`` in score points; None where it needs an SD that there is not.

    ``spread`` is the study's own SD with its df; var(S) = S^2 / (2 df) for normal scores (Kendall & Stuart
    1977, The Advanced Theory of Statistics I, 10.4).
    """
    if not isinstance(margin, SdMargin):
        return Bound(margin, "points")
    if margin.reference:
        return Bound(margin.sd * margin.reference[outcome], "reference SD")
    if spread is None:
        return None
    return Bound(margin.sd * spread[0], "estimated", 1 / (2 * spread[1]), spread[1])


def kind_of(margin: float | SdMargin) -> str:
    """Return how a margin was declared, as the tables name it."""
    if not isinstance(margin, SdMargin):
        return "points"
    return "reference SD" if margin.reference else "estimated"


def deficit(gap: Gap, limit: Bound, benefit: int) -> tuple[float, float]:
    """Return the p of a gap at or below -margin, and the p of one at or above it; ``benefit`` turns the gap.

    T = (gap + m) / sqrt(se^2 + v) with v the margin's sampling variance, k^2 S^2 / (2 df) for m = k S, is
    referred to t with Welch-Satterthwaite df of the two variances; they are taken as independent.
    """
    parts = (gap.std_error**2, degrees(gap.df)), (limit.points**2 * limit.relative_variance, limit.df)
    statistic = (benefit * gap.estimate + limit.points) / np.sqrt(sum(variance for variance, _ in parts))
    df = welch(*parts)
    return float(t.sf(statistic, df)), float(t.cdf(statistic, df))


def least_passing(p_at: Callable[[float], float], alpha: float, start: float) -> float | None:
    """Return the smallest margin in score points at which ``p_at`` falls to ``alpha``; None if none does.

    ``start`` is a width to begin with. 0 where every margin passes.
    """
    if p_at(0.0) < alpha:
        return 0.0
    low, high = 0.0, start
    for _ in range(DOUBLINGS):
        if p_at(high) < alpha:
            return float(brentq(lambda points: p_at(points) - alpha, low, high, xtol=1e-14, rtol=1e-13))
        low, high = high, 2 * high
    return None
