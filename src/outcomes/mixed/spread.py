"""Between which values are standard deviations not much less likely than at their best?

In: a `Solution` with a person intercept, or intercept and slope. Out: an `Interval` of profile likelihood as
in `profile`, by minimising the ML deviance over the other covariance parameters with its gradient (BFGS;
Nocedal & Wright 2006, Numerical Optimization, 6.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.optimize import minimize

from outcomes.mixed.criterion import Point
from outcomes.mixed.products import Products
from outcomes.mixed.profile import Interval, best_by_ml, limits
from outcomes.mixed.solve import Solution, semidefinite_root
from outcomes.mixed.structures import Intercept, Slope, symmetric_units

Parameter = Literal["intercept", "slope", "correlation", "residual"]

GRADIENT = 1e-7
"""Largest slope of the deviance at a minimum over the other parameters."""
LIFT = 0.1
"""Smallest start of a standard deviation, in residual ones: at 0 the slope is 0 though it be no minimum."""
NOTHING = 1e-7
"""Estimated standard deviation of random effects, in residual ones, that counts as 0."""


def spread_interval(solution: Solution, parameter: Parameter, level: float = 0.95) -> Interval:
    """Return the interval of a standard deviation, or of the correlation of intercept and slope.

    ``intercept`` (at time 0) and ``residual`` are in units of the response, ``slope`` in units of the
    response a unit of the time that was given. A standard deviation's low limit is 0 where its profile does
    not rise enough, a correlation's limits -1 and 1; a correlation with an effect that does not vary has no
    estimate (NaN). Raises ValueError for a parameter that the structure lacks, and as for a contrast.
    """
    best = best_by_ml(solution, level)
    structure = best.products.structure
    if isinstance(structure, Slope):
        known: tuple[str, ...] = ("intercept", "slope", "correlation", "residual")
    else:
        known = ("intercept", "residual") if isinstance(structure, Intercept) else ()
    if parameter not in known:
        raise ValueError(f"{structure.name} has no such parameter: {parameter}")
    surface = _Surface(best, parameter)
    estimate, unit = surface.estimate, surface.unit
    if np.isnan(estimate):
        return Interval(np.nan, -1.0, 1.0, level)
    low, high = limits(surface.rise, estimate, surface.step, surface.bounds, level)
    if parameter == "residual":
        estimate, low, high = np.exp([estimate, low, high])
    return Interval(float(estimate * unit), float(low * unit), float(high * unit), level)


@dataclass(frozen=True)
class _Free:
    """Psi (q x q) and the scale s2 at some values of the free parameters, with derivatives (k x q x q, k)."""

    psi: np.ndarray
    scale: float
    of_psi: np.ndarray
    of_scale: np.ndarray


@dataclass
class _Surface:
    """The ML deviance in one covariance parameter, minimised over the others.

    Time is as the structure scales it, the response in units of its scale; a residual standard deviation
    stands as its logarithm.
    """

    best: Solution
    parameter: Parameter

    @property
    def products(self) -> Products:
        """What was fitted."""
        return self.best.products

    @cached_property
    def residual(self) -> float:
        """The estimated residual standard deviation."""
        return float(np.sqrt(self.best.point.scale[0]))

    @cached_property
    def back(self) -> np.ndarray:
        """The covariance of effects at time 0 to that at the centre of time: Psi = back G back'."""
        structure = self.products.structure
        if isinstance(structure, Slope) and self.parameter in ("intercept", "correlation"):
            return np.array([[1.0, structure.centre / structure.scale], [0.0, 1.0]])
        return np.eye(structure.width)

    @cached_property
    def effects(self) -> np.ndarray:
        """The estimated covariance of effects G (q x q)."""
        forth = np.linalg.inv(self.back)
        return forth @ (self.best.point.psi[0] * self.residual**2) @ forth.T

    @property
    def place(self) -> int:
        """Which effect the parameter is about."""
        return int(self.parameter == "slope")

    @cached_property
    def estimate(self) -> float:
        """The ML estimate; NaN for a correlation with an effect that does not vary."""
        if self.parameter == "residual":
            return float(np.log(self.residual))
        spread = np.sqrt(np.maximum(np.diag(self.effects), 0))
        if self.parameter == "correlation":
            if spread.min() < NOTHING * self.residual:
                return float("nan")
            return float(np.clip(self.effects[0, 1] / spread.prod(), -1, 1))
        found = float(spread[self.place])
        return found if found > NOTHING * self.residual else 0.0

    @property
    def unit(self) -> float:
        """What a value is multiplied by to be in the user's units."""
        structure, size = self.products.structure, float(self.products.scale[0])
        if self.parameter == "slope" and isinstance(structure, Slope):
            return size / structure.scale
        return 1.0 if self.parameter == "correlation" else size

    @property
    def step(self) -> float:
        """A first guess at a standard error."""
        if self.parameter == "correlation":
            return 0.2
        if self.parameter == "residual":
            return float(1 / np.sqrt(2 * self.products.n_rows[0]))
        return max(0.2 * self.estimate, 0.1 * self.residual)

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which values it must lie."""
        low = {"correlation": -1.0, "residual": -np.inf}
        return low.get(self.parameter, 0.0), 1.0 if self.parameter == "correlation" else np.inf

    @cached_property
    def _starts(self) -> list[np.ndarray]:
        """Where to begin: at the estimates, and where the last minimum was."""
        return [self._begin()]

    def rise(self, value: float) -> float:
        """Return by how much the deviance rises with the parameter at ``value``."""

        def criterion(free: np.ndarray) -> tuple[float, np.ndarray]:
            return self._deviance(self._at(value, free))

        tried = [minimize(criterion, start, jac=True, options={"gtol": GRADIENT}) for start in self._starts]
        least = min(tried, key=lambda each: each.fun)
        self._starts[1:] = [self._lifted(least.x)]
        return float(least.fun - self.best.point.deviance[0])

    def _deviance(self, at: _Free) -> tuple[float, np.ndarray]:
        """Return the deviance with the coefficients profiled out, and its gradient."""
        structure = self.products.structure
        lower = semidefinite_root(at.psi[None])[:, *np.tril_indices(structure.width)]
        point = Point(self.products, lower, reml=False)
        n_rows, rss = float(self.products.n_rows[0]), float(point.rss[0])
        log_det = float(point.kernels.log_det[0] @ self.products.count[0])
        deviance = n_rows * np.log(2 * np.pi * at.scale) + log_det + rss / at.scale
        along = point.curved(symmetric_units(structure.width)[None])
        slope = along.traces[0] - along.forms[0] / at.scale
        first, second = np.triu_indices(structure.width)
        gradient = at.of_psi[:, first, second] @ slope
        return deviance, gradient + at.of_scale * (n_rows / at.scale - rss / at.scale**2)

    def _begin(self) -> np.ndarray:
        log_residual = np.log(self.residual)
        if self.parameter == "residual":
            lower = semidefinite_root(self.best.point.psi)[0]
            return self._lifted(lower[np.tril_indices(len(lower))])
        if self.parameter == "correlation":
            return np.array([*np.log(np.sqrt(np.diag(self.effects))), log_residual])
        if len(self.effects) == 1:
            return np.array([log_residual])
        order = [self.place, 1 - self.place]
        lower = semidefinite_root(self.effects[np.ix_(order, order)][None])[0]
        return self._lifted(np.array([lower[1, 0], lower[1, 1], log_residual]))

    def _lifted(self, free: np.ndarray) -> np.ndarray:
        """Return ``free`` with standard deviations off 0."""
        found = free.copy()
        if self.parameter == "residual":
            at = [0] if len(free) == 1 else [0, 2]
            found[at] = np.maximum(np.abs(free[at]), LIFT)
        elif self.parameter != "correlation" and len(free) == 3:
            found[1] = max(abs(free[1]), LIFT * np.exp(free[2]))
        return found

    def _at(self, value: float, free: np.ndarray) -> _Free:
        """Return Psi and the scale with the parameter at ``value``.

        Residual: free is the Cholesky factor of Psi. Else its last entry is the log residual standard
        deviation; before it stand the log standard deviations for a correlation, and for one of two standard
        deviations the second row of the Cholesky factor of G with that effect first.
        """
        width = self.products.structure.width
        if self.parameter == "residual":
            lower = np.zeros((width, width))
            lower[np.tril_indices(width)] = free
            units = np.zeros((len(free), width, width))
            units[np.arange(len(free)), *np.tril_indices(width)] = 1.0
            half = units @ lower.T
            return _Free(lower @ lower.T, np.exp(2 * value), half + half.swapaxes(1, 2), np.zeros(len(free)))
        effects, changes = self._effects(value, free[:-1])
        scale = float(np.exp(2 * free[-1]))
        psi = self.back @ effects @ self.back.T / scale
        changes = np.concatenate([self.back @ changes @ self.back.T / scale, -2 * psi[None]])
        return _Free(psi, scale, changes, np.append(np.zeros(len(free) - 1), 2 * scale))

    def _effects(self, value: float, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return G and its derivatives in ``free``."""
        if not len(free):
            return np.array([[value**2]]), np.zeros((0, 1, 1))
        if self.parameter == "correlation":
            spread = np.exp(free)
            effects = np.outer(spread, spread) * np.array([[1.0, value], [value, 1.0]])
            units = np.eye(2)[:, :, None] * np.eye(2)[:, None, :]
            half = units @ effects
            return effects, half + half.swapaxes(1, 2)
        lower = np.array([[value, 0.0], free])
        half = np.array([[[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]]) @ lower.T
        order = np.ix_(range(2), *[[self.place, 1 - self.place]] * 2)
        return (lower @ lower.T)[order[1:]].reshape(2, 2), (half + half.swapaxes(1, 2))[order]
