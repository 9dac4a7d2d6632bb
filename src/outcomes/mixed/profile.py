"""Between which values is a parameter not much less likely than at its best?

In: a `Solution` of one fit. Out: an `Interval` of profile likelihood: the values at which the ML deviance,
minimised over all other parameters, is within a chi-square quantile of its minimum (Venzon & Moolgavkar 1988,
doi 10.2307/2347496), as lme4's confint(method = "profile"). A contrast is held at c by taking c times a
column off the response and a dimension off the design, in the sums of `Products` alone. `spread` has those
of standard deviations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from outcomes.mixed.basis import Basis
from outcomes.mixed.products import Products
from outcomes.mixed.solve import Solution, solve

WALK = 60
"""Most doublings of the step away from the estimate."""
FINE = 1e-9
"""Error left in a limit, in steps (about standard errors)."""


@dataclass(frozen=True)
class Interval:
    """An estimate by ML and its profile-likelihood limits, in the user's units; NaN if not found."""

    estimate: float
    low: float
    high: float
    level: float


def contrast_interval(solution: Solution, contrast: np.ndarray, level: float = 0.95) -> Interval:
    """Return the interval of ``contrast`` (p, in the basis), in units of the response, under any structure.

    A REML fit is fitted again by ML. Raises ValueError for sampling weights, more than one fit, or no
    estimate.
    """
    best = best_by_ml(solution, level)
    estimate = float(contrast @ best.coefficients[0])
    step = float(np.sqrt(contrast @ best.covariance[0] @ contrast))

    def rise(value: float) -> float:
        return float(rises(best, contrast, np.array([value]))[0])

    return Interval(estimate, *limits(rise, estimate, step, (-np.inf, np.inf), level), level)


def rises(best: Solution, contrast: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return by how much the ML deviance rises with ``contrast`` held at each of ``values``, as one batch.

    ``best`` is the ML solution of one fit; NaN where a held fit does not converge.
    """
    found = solve(held(best.products, contrast, values), "ML")
    return np.where(found.solved, 2 * (best.log_likelihood[0] - found.log_likelihood), np.nan)


def held(products: Products, contrast: np.ndarray, values: np.ndarray) -> Products:
    """Return the products (a fit for each of ``values``) in which ``contrast`` of one fit is held at a value.

    With w the contrast, w0 = w / w'w and N spanning what is orthogonal to w: X b = c X w0 + X N a.
    """
    toward = contrast / (contrast @ contrast)
    null = np.linalg.svd(contrast[None])[2][1:].T
    away = (products.shift[0] @ contrast - values)[:, None]
    xx, xy, yy, size = products.xx, products.xy[0], products.yy[0], products.scale[0]
    turned = xx[0] @ toward
    yy_held = size**2 * yy + 2 * size * away * (xy @ toward) + away**2 * (turned @ toward)
    xy_held = (size * xy + away[..., None] * turned) @ null
    xx_held = null.T @ xx @ null
    if not null.shape[1]:
        xx_held, xy_held = _filler(products), np.zeros((len(values), len(yy), 1))
    scale = np.sqrt(yy_held[:, 0] / products.n_rows[0])
    unit = np.where(scale > 0, scale, 1.0)
    rank = xx_held.shape[-1]
    basis = Basis(tuple(f"held {place}" for place in range(rank)), np.ones(rank, dtype=bool), np.eye(rank))
    return replace(
        products, basis=basis, xx=xx_held, xy=xy_held / unit[:, None, None], yy=yy_held / unit[:, None] ** 2,
        shift=np.zeros((len(values), rank)), scale=scale,
    )  # fmt: skip


def _filler(products: Products) -> np.ndarray:
    """Return the sums of a column that has nothing to do with any score (1 x M x 1 x 1).

    Products of no column at all are no products; this one leaves the ML deviance as it is.
    """
    width = products.structure.width
    first, second = np.triu_indices(width)
    by_pattern = np.tile(np.where(first == second, 1.0, 0.0), len(products.grams))
    sums = np.concatenate([[1.0], by_pattern if products.structure.by_wave else 0 * by_pattern])
    return sums[None, :, None, None]


def best_by_ml(solution: Solution, level: float) -> Solution:
    """Return the ML fit that a profile starts from; ValueError where it has none."""
    if not 0 < level < 1:
        raise ValueError("a level lies between 0 and 1")
    if len(solution.status) != 1 or solution.products.bases:
        raise ValueError("this answers for one fit, made by itself")
    if solution.products.weights == "sampling":
        raise ValueError("a pseudo-likelihood has no profile: use cluster-robust standard errors")
    best = solve(solution.products, "ML") if solution.point.reml else solution
    if not best.solved[0]:
        raise ValueError(f"there are no estimates: {best.status[0]}")
    return best


def limits(
    rise: Callable[[float], float], estimate: float, step: float, bounds: tuple[float, float], level: float
) -> tuple[float, float]:
    """Return where the root of ``rise`` equals the normal quantile on either side, or the bound before it."""
    quantile = float(norm.ppf(0.5 + level / 2))

    def beyond(value: float) -> float:
        found = np.sqrt(max(rise(value), 0.0)) - quantile
        if not np.isfinite(found):
            raise ArithmeticError
        return float(found)

    def limit(side: float, bound: float) -> float:
        inner, size = estimate, quantile * step
        for _ in range(WALK):
            outer = max(estimate - size, bound) if side < 0 else min(estimate + size, bound)
            if beyond(outer) >= 0:
                return float(brentq(beyond, inner, outer, xtol=FINE * step))
            if outer == bound:
                return bound
            inner, size = outer, 2 * size
        return float("nan")

    found = []
    for side, bound in zip((-1.0, 1.0), bounds, strict=True):
        try:
            found.append(limit(side, bound))
        except ArithmeticError:
            found.append(float("nan"))
    return found[0], found[1]
