"""How does the criterion bend along changes of the covariance?

In: a `Point` and directions in which Psi changes. Out: traces, quadratic forms, gradient, Hessian and
expected information along them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from outcomes.mixed.kernels import pair_weights, transposed, weighted

if TYPE_CHECKING:
    from outcomes.mixed.criterion import Point


@dataclass(frozen=True)
class Curvature:
    """First and second order of the criterion along K changes of Psi; dV = s2 Z D Z' for each."""

    point: Point
    directions: np.ndarray
    """F x K x q x q."""

    @cached_property
    def once(self) -> np.ndarray:
        """Kernels of V*^-1 dV V*^-1 (F x K x G x q x q)."""
        carry = self.point.kernels.carry[:, None]
        return carry @ self.directions[:, :, None] @ transposed(carry)

    @cached_property
    def twice(self) -> np.ndarray:
        """Kernels of V*^-1 dV V*^-1 dV V*^-1, symmetrised (F x K x K x G x q x q)."""
        kernels = self.point.kernels
        left = kernels.carry[:, None] @ self.directions[:, :, None] @ kernels.inner[:, None]
        right = self.directions[:, :, None] @ transposed(kernels.carry)[:, None]
        found = left[:, :, None] @ right[:, None]
        return (found + transposed(found)) / 2

    @cached_property
    def _once_weights(self) -> np.ndarray:
        return pair_weights(self.once)

    @cached_property
    def _twice_weights(self) -> np.ndarray:
        return pair_weights(self.twice)

    @cached_property
    def matrices(self) -> np.ndarray:
        """B = X'V*^-1 dV V*^-1 X (F x K x p x p)."""
        return weighted(self._once_weights, self.point.products.xx)

    @cached_property
    def _traced(self) -> np.ndarray:
        """The traces of C times X-sums (F x M)."""
        xx, covariance = self.point.products.xx, self.point.covariance
        flat = xx.reshape(len(xx), xx.shape[1], -1)
        if len(xx) == 1:
            return covariance.reshape(len(covariance), -1) @ flat[0].T
        return np.einsum("fmq,fq->fm", flat, covariance.reshape(len(covariance), -1))

    @cached_property
    def _inner(self) -> np.ndarray:
        """H D (F x G x K x q x q)."""
        return self.point.kernels.inner[:, :, None] @ self.directions[:, None]

    @cached_property
    def forms(self) -> np.ndarray:
        """y'P dV P y (F x K)."""
        return (self._once_weights @ self.point.left[1][:, :, None])[:, :, 0]

    @cached_property
    def traces(self) -> np.ndarray:
        """Trace of P dV (REML) or V*^-1 dV (ML) (F x K)."""
        found = np.einsum("fg,fgkaa->fk", self.point.count, self._inner)
        if self.point.reml:
            found = found - (self._once_weights @ self._traced[:, :, None])[:, :, 0]
        return found

    @cached_property
    def gradient(self) -> np.ndarray:
        """The gradient of the profiled deviance (F x K)."""
        return self.traces - self.forms * (self.point.df / self.point.rss)[:, None]

    @cached_property
    def slope(self) -> np.ndarray:
        """The gradient in the entries of Psi, as a matrix (F x q x q)."""
        point = self.point
        sums = point.left[1] * (point.df / point.rss)[:, None]
        if point.reml:
            sums = sums + self._traced
        carry = point.kernels.carry
        per_pattern = transposed(carry) @ point.full(sums) @ carry
        return np.einsum("fg,fgab->fab", point.count, point.kernels.inner) - per_pattern.sum(axis=1)

    @cached_property
    def expected(self) -> np.ndarray:
        """Trace of P dV P dV (REML) or V*^-1 dV V*^-1 dV (ML) (F x K x K)."""
        inner, width = self._inner, self.directions.shape[1]
        flat = inner.reshape(*inner.shape[:3], -1)
        turned = transposed(inner).reshape(flat.shape) * self.point.count[:, :, None, None]
        found = flat.swapaxes(1, 2).reshape(len(flat), width, -1) @ transposed(
            turned.swapaxes(1, 2).reshape(len(flat), width, -1)
        )
        if not self.point.reml:
            return found
        of_c = self.point.covariance[:, None] @ self.matrices
        twice = (self._twice_weights @ self._traced[:, None, :, None])[..., 0]
        flat = of_c.reshape(len(of_c), width, -1)
        return found - 2 * twice + flat @ transposed(transposed(of_c).reshape(flat.shape))

    @cached_property
    def unprofiled(self) -> np.ndarray:
        """The Hessian of the deviance at fixed scale s2, without the bend of Psi (F x K x K)."""
        point = self.point
        crossed, squares = point.left
        twice = (self._twice_weights @ squares[:, None, :, None])[..., 0]
        moved = self._once_weights @ crossed
        quadratic = twice - moved @ point.covariance @ transposed(moved)
        return 2 * quadratic * (point.df / point.rss)[:, None, None] - self.expected
