"""Where is the deviance lowest?

In: a criterion of many fits at once and where to begin. Out: where each ended. Newton's method with the
eigenvalues of the Hessian made positive, steps capped and halved until the deviance falls (Nocedal & Wright
2006, Numerical Optimization, 3.4); each fit stops by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.mixed.criterion import Point
from outcomes.mixed.kernels import transposed

STEPS = 100
"""Most Newton steps of a fit."""
HALVINGS = 30
"""Most halvings of a step."""
CAP = 1.5
"""Longest step; parameters are ratios of standard deviations or their logarithms."""
SETTLED = 1e-9
"""Predicted fall of the deviance at which the next step is the last: it leaves about the square of it."""
CLOSE = 1e-7
"""Predicted fall that is still taken as arrived where rounding stops further progress."""


@dataclass(frozen=True)
class Ended:
    """Where the fits ended."""

    point: Point
    converged: np.ndarray
    """F."""


def minimise(start: Point) -> Ended:
    """Return where Newton's method ends from ``start``."""
    converged = np.zeros(len(start.free), dtype=bool)
    free, active = start.free.copy(), np.flatnonzero(np.isfinite(start.deviance))
    point = start.take(active)
    for _ in range(STEPS if len(active) else 0):
        step, fall, convex = _step(point)
        point, moved = _halved(point, step, fall)
        free[active] = point.free
        last = convex & (fall < np.where(moved, SETTLED, CLOSE))
        converged[active[last]] = True
        going = moved & ~last
        if not going.any():
            break
        if not going.all():
            active, point = active[going], point.take(going)
    whole = point if len(active) == len(free) else Point(start.products, free, start.reml)
    return Ended(whole, converged)


def _step(point: Point) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the step (F x k), the fall of the deviance that it predicts and if the Hessian is convex."""
    values, vectors = np.linalg.eigh(point.hessian)
    steep = np.abs(values)
    most = steep.max(axis=1, keepdims=True)
    size = np.maximum(steep, 1e-8 * most + 1e-12)
    turned = (transposed(vectors) @ point.gradient[:, :, None])[:, :, 0]
    step = -(vectors @ (turned / size)[:, :, None])[:, :, 0]
    length = np.sqrt((step**2).sum(axis=1, keepdims=True))
    fall = 0.5 * (turned**2 / size).sum(axis=1)
    return step * np.minimum(1, CAP / np.maximum(length, 1e-300)), fall, values[:, 0] > -1e-6 * most[:, 0]


def _halved(point: Point, step: np.ndarray, fall: np.ndarray) -> tuple[Point, np.ndarray]:
    """Return where each fit goes along ``step``, and whether it moved at all.

    Where the predicted fall is below what rounding lets the deviance show, a rise within rounding is let
    pass.
    """
    allowed = point.deviance + np.where(fall < 1e-8, 1e-12 * np.abs(point.deviance) + 1e-12, 0.0)
    tried = Point(point.products, point.free + step, point.reml)
    good = tried.deviance <= allowed
    if good.all():
        return tried, good
    free, moved, size = np.where(good[:, None], tried.free, point.free), good.copy(), 0.5
    for _ in range(HALVINGS):
        waiting = np.flatnonzero(~moved)
        part = point.take(waiting)
        found = Point(part.products, part.free + size * step[waiting], point.reml)
        better = found.deviance <= allowed[waiting]
        free[waiting[better]] = found.free[better]
        moved[waiting[better]] = True
        size /= 2
        if moved.all():
            break
    return Point(point.products, free, point.reml), moved
