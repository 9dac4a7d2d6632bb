"""Where does the search for the lowest deviance begin?

In: `Products` of many fits. Out: starts, as parameters or as the points of the criterion there.
"""

from __future__ import annotations

import numpy as np

from outcomes.mixed.criterion import Point
from outcomes.mixed.products import Products
from outcomes.mixed.structures import pairs

RATIOS = (0.15, 0.35, 0.5, 0.7, 1.0, 1.4, 3.0)
"""Standard deviations against the residual's to begin at: one random effect can have two minima."""
MANY = 50
"""Fits above which starts are tried one after the other, as copies of weighted sums would fill memory."""


def starts_of(products: Products, fits: int) -> np.ndarray:
    """Return the starts (starts x fits x k); over waves the first comes from the residuals' moments."""
    width = products.structure.width
    if width == 1 and not products.structure.by_wave:
        return _ratios(products)
    first, second = pairs(width)
    sums = products.yy[:, 1:].reshape(fits, -1, len(first)).sum(axis=1)
    per_person = products.grams[:, first, first] * products.grams[:, second, second]
    seen = np.broadcast_to(products.count @ per_person, sums.shape)
    found = np.where(seen > 0, sums / np.maximum(seen, 1e-300), 0.0) * np.where(first == second, 1.0, 0.5)
    moments = np.zeros((fits, width, width))
    moments[:, first, second] = found
    moments[:, second, first] = found
    return products.structure.starts(moments)


def _ratios(products: Products) -> np.ndarray:
    """Return starts (8 x fits x 1) for one random effect: one by moments, then those of RATIOS.

    From squared residuals, s2 + t2 on average, and squared sums of people, n s2 + n^2 t2 for n scores,
    t2 / s2 follows (Henderson 1953, doi 10.2307/3001853, method 1 on residuals).
    """
    per_person = products.grams[:, 0, 0]
    n_rows, squares = products.count @ per_person, products.count @ per_person**2
    whole, between = products.yy[:, 0] / np.maximum(n_rows, 1e-300), products.yy[:, 1:].sum(axis=1)
    variance = (between - n_rows * whole) / np.where(squares > n_rows, squares - n_rows, 1.0)
    ratio = variance / np.maximum(whole - variance, 1e-300)
    found = np.empty((1 + len(RATIOS), len(ratio), 1))
    found[0, :, 0] = np.sqrt(np.minimum(np.maximum(ratio, 0.05**2), 5.0**2))
    found[1:] = np.array(RATIOS)[:, None, None]
    return found


def begun(products: Products, begin: np.ndarray, reml: bool) -> list[Point]:
    """Return where to begin, each of ``begin``'s starts; for one random effect the best alone."""
    if products.structure.width > 1:
        return [Point(products, free, reml) for free in begin]
    if products.n_fits > MANY:
        deviance = np.stack([Point(products, free, reml).deviance for free in begin])
    else:
        deviance = together(products, begin, reml).deviance.reshape(begin.shape[:2])
    chosen = np.argmin(deviance, axis=0)
    return [Point(products, begin[chosen, np.arange(len(chosen))], reml)]


def together(products: Products, begin: np.ndarray, reml: bool) -> Point:
    """Return the point of all starts (starts x fits x k) of all fits, start by start."""
    starts, fits, parameters = begin.shape
    every = products.take(np.tile(np.arange(fits), starts))
    return Point(every, begin.reshape(starts * fits, parameters), reml)
