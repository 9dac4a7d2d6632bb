"""How likely are the scores, as a function of the covariance parameters, and which way is up?

In: `Products` and free parameters of many fits at once. Out: the deviance (-2 log-likelihood, REML or ML)
with coefficients and scale profiled out, its gradient and its Hessian, by sums over patterns only.

With V = s2 V*, coefficients and s2 are profiled out (Bates et al. 2015, doi 10.18637/jss.v067.i01, 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from outcomes.mixed.curvature import Curvature, State
from outcomes.mixed.kernels import Kernels, pair_weights, transposed, weighted, weighted_product
from outcomes.mixed.products import Products

CARRIED = (
    "psi", "base", "_determined", "covariance", "coefficients", "left", "rss", "df", "count", "deviance",
)  # fmt: skip
"""What a point that is taken from another need not compute again."""


@dataclass(frozen=True)
class Point:
    """The criterion at one value of the parameters of each fit."""

    products: Products
    free: np.ndarray
    """F x k."""
    reml: bool

    def take(self, fits: np.ndarray) -> Point:
        """Return the point of some of the fits (indices or a mask)."""
        chosen = fits if fits.dtype != bool else np.flatnonzero(fits)
        if np.array_equal(chosen, np.arange(len(self.free))):
            return self
        taken = Point(self.products.take(chosen), self.free[chosen], self.reml)
        known = {name: self.__dict__[name] for name in CARRIED if name in self.__dict__}
        for name, value in known.items():
            found = value[chosen] if isinstance(value, np.ndarray) else tuple(each[chosen] for each in value)
            taken.__dict__[name] = found
        return taken

    @cached_property
    def psi(self) -> np.ndarray:
        """Psi at the parameters (F x q x q)."""
        return self.products.structure.psi(self.free)

    @cached_property
    def kernels(self) -> Kernels:
        """The kernels at Psi."""
        return Kernels.of(self.psi, self.products.grams, self.products.structure.by_wave)

    @property
    def constant(self) -> float:
        """c: 1 where there is a residual beside the random effects."""
        return 0.0 if self.products.structure.by_wave else 1.0

    @cached_property
    def base(self) -> np.ndarray:
        """The weights of V*^-1 (F x M)."""
        return pair_weights(self.kernels.plain, self.constant)

    @cached_property
    def information(self) -> np.ndarray:
        """X'V*^-1 X (F x p x p)."""
        found = weighted(self.base, self.products.xx)
        if self.products.padding is None:
            return found
        return found + self.products.padding[:, None] * np.eye(self.products.rank)

    @cached_property
    def _determined(self) -> tuple[np.ndarray, np.ndarray]:
        sign, log_det = np.linalg.slogdet(self.information)
        return sign > 0, log_det

    @cached_property
    def covariance(self) -> np.ndarray:
        """C = (X'V*^-1 X)^-1 (F x p x p); the covariance of the coefficients is s2 C."""
        there = self._determined[0]
        eye = np.eye(self.products.rank)
        held = self.information if there.all() else np.where(there[:, None, None], self.information, eye)
        found = np.linalg.inv(held)
        return (found + transposed(found)) / 2

    @cached_property
    def coefficients(self) -> np.ndarray:
        """GLS coefficients in the basis, beyond the shift (F x p)."""
        moment = (self.base[:, None] @ self.products.xy)[:, 0]
        return (self.covariance @ moment[:, :, None])[:, :, 0]

    @cached_property
    def left(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x'r (F x M x p) and r'r (F x M), the sums for the residual r = y - X b."""
        of_x = weighted_product(self.products.xx, self.coefficients)
        crossed = self.products.xy - of_x
        both = self.products.xy + crossed
        return crossed, self.products.yy - (both @ self.coefficients[:, :, None])[:, :, 0]

    @cached_property
    def rss(self) -> np.ndarray:
        """r'V*^-1 r (F,)."""
        return (self.base * self.left[1]).sum(axis=1)

    @cached_property
    def df(self) -> np.ndarray:
        """N - p for REML, N for ML (F,)."""
        less = self.products.ranks if self.reml else 0
        return self.products.n_rows - less + np.zeros(len(self.free))

    @property
    def scale(self) -> np.ndarray:
        """s2, profiled (F,), in the units of the scaled residual; NaN without degrees of freedom."""
        return self.rss / np.where(self.df > 0, self.df, np.nan)

    @cached_property
    def deviance(self) -> np.ndarray:
        """-2 log-likelihood in the basis and of the scaled residual (F,); infinite where there is none."""
        good = self._determined[0] & (self.rss > 0) & (self.df > 0)
        good &= ~np.isnan(self.kernels.log_det).any(axis=1)
        each = np.where(good, self.scale, 1.0)
        of_people = (self.kernels.log_det * self.count).sum(axis=1)
        of_coefficients = self._determined[1] if self.reml else 0.0
        found = self.df * (1 + np.log(2 * np.pi * each)) + of_people + of_coefficients
        return np.where(good, found, np.inf)

    @cached_property
    def count(self) -> np.ndarray:
        """People of each pattern (F x G)."""
        return self.products.count + np.zeros((len(self.free), 1))

    @cached_property
    def directions(self) -> np.ndarray:
        """The derivatives of Psi in the parameters (F x k x q x q)."""
        return self.products.structure.first(self.free)

    def curved(self, directions: np.ndarray) -> Curvature:
        """Return what the criterion does along changes of Psi (F x k x q x q)."""
        crossed, squares = self.left
        state = State(
            self.kernels, self.products.xx, self.covariance, crossed, squares, self.count, self.df, self.rss,
            self.reml,
        )  # fmt: skip
        return Curvature(state, directions)

    @cached_property
    def along(self) -> Curvature:
        """What the criterion does along the parameters."""
        return self.curved(self.directions)

    @property
    def gradient(self) -> np.ndarray:
        """The gradient of the deviance in the parameters (F x k)."""
        return self.along.gradient

    @cached_property
    def hessian(self) -> np.ndarray:
        """The Hessian of the profiled deviance in the parameters (F x k x k)."""
        outer = self.along.forms[:, :, None] * self.along.forms[:, None]
        profiled = -outer * (self.df / self.rss**2)[:, None, None]
        return self.along.unprofiled + profiled + self.bend

    @cached_property
    def bend(self) -> np.ndarray:
        """What the second derivatives of Psi add to the Hessian (F x k x k)."""
        slope = self.along.slope
        return np.einsum("fab,fklab->fkl", slope, self.products.structure.second(self.free))
