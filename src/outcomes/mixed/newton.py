"""Where is the deviance lowest?

In: a criterion of many fits at once and where to begin. Out: where each ended. Newton's method with the
eigenvalues of the Hessian made positive, steps capped and halved until the deviance falls (Nocedal & Wright
2006, Numerical Optimization, 3.4); each fit stops by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.mixed.criterion import Point
from outcomes.mixed.products import Products

STEPS = 100
"""Most Newton steps of a fit."""
HALVINGS = 30
"""Most halvings of a step."""
CAP = 1.5
"""Longest step; parameters are ratios of standard deviations or their logarithms."""
SETTLED = 1e-12
"""Predicted fall of the deviance below which a fit has arrived; the error left is about its square."""
CLOSE = 1e-7
"""Predicted fall that is still taken as arrived where rounding stops further progress."""
POLISH = 2
"""Full steps after arrival, that square the remaining error."""


@dataclass(frozen=True)
class Ended:
    """Where the fits ended (F x k, F, F)."""

    free: np.ndarray
    deviance: np.ndarray
    converged: np.ndarray


def minimise(products: Products, start: np.ndarray, reml: bool) -> Ended:
    """Return where Newton's method ends from ``start`` (F x k)."""
    free, converged = start.copy(), np.zeros(len(start), dtype=bool)
    deviance = Point(products, free, reml).deviance
    active = np.flatnonzero(np.isfinite(deviance))
    for _ in range(STEPS):
        if not len(active):
            break
        point = Point(_part(products, active), free[active], reml)
        step, fall, convex = _step(point)
        arrived = (fall < SETTLED) & convex
        converged[active[arrived]] = True
        step, moving, point_fall = step[~arrived], active[~arrived], fall[~arrived]
        if not len(moving):
            active = moving
            break
        of_moving = _part(products, moving)
        new, value, better = _halved(of_moving, free[moving], step, deviance[moving], point_fall, reml)
        free[moving], deviance[moving] = new, value
        stuck = moving[~better]
        converged[stuck] = (point_fall[~better] < CLOSE) & convex[~arrived][~better]
        active = moving[better]
    return _polished(products, free, deviance, converged, reml)


def _part(products: Products, fits: np.ndarray) -> Products:
    return products if len(fits) == products.n_fits else products.take(fits)


def _step(point: Point) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the step (F x k), the fall of the deviance that it predicts and whether the Hessian is convex."""
    values, vectors = np.linalg.eigh(point.hessian)
    size = np.maximum(np.abs(values), 1e-8 * np.abs(values).max(axis=1, keepdims=True) + 1e-12)
    turned = np.einsum("fkl,fk->fl", vectors, point.gradient)
    step = -np.einsum("fkl,fl->fk", vectors, turned / size)
    fall = 0.5 * np.einsum("fl,fl->f", turned**2, 1 / size)
    length = np.linalg.norm(step, axis=1, keepdims=True)
    convex = values[:, 0] > -1e-6 * np.abs(values).max(axis=1)
    return step * np.minimum(1, CAP / np.maximum(length, 1e-300)), fall, convex


def _halved(
    products: Products, free: np.ndarray, step: np.ndarray, deviance: np.ndarray, fall: np.ndarray,
    reml: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Return where each fit goes, its deviance there, and whether it moved at all."""
    new, value = free.copy(), deviance.copy()
    waiting, size = np.arange(len(free)), 1.0
    noise = 1e-13 * np.abs(deviance)
    for _ in range(HALVINGS):
        tried = free[waiting] + size * step[waiting]
        found = Point(_part(products, waiting), tried, reml).deviance
        good = found <= deviance[waiting] + np.where(fall[waiting] < 1e-8, noise[waiting], 0.0)
        taken = waiting[good]
        new[taken], value[taken] = tried[good], found[good]
        waiting, size = waiting[~good], size / 2
        if not len(waiting):
            break
    moved = np.ones(len(free), dtype=bool)
    moved[waiting] = False
    return new, value, moved


def _polished(
    products: Products, free: np.ndarray, deviance: np.ndarray, converged: np.ndarray, reml: bool
) -> Ended:
    """Take full steps from where the fits arrived; keep those that do not raise the deviance."""
    for _ in range(POLISH):
        fits = np.flatnonzero(converged)
        if not len(fits):
            break
        step, fall, convex = _step(Point(_part(products, fits), free[fits], reml))
        tried = free[fits] + step
        found = Point(_part(products, fits), tried, reml).deviance
        good = convex & (fall < CLOSE) & (found <= deviance[fits] + 1e-12 * np.abs(deviance[fits]) + 1e-12)
        free[fits[good]], deviance[fits[good]] = tried[good], found[good]
    return Ended(free, deviance, converged)
