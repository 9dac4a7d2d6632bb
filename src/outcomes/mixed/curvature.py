"""How does the criterion bend along changes of the covariance?

In: the `State` of a point and directions in which Psi changes. Out: traces, quadratic forms, gradient,
Hessian and expected information along them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from outcomes.mixed.kernels import Kernels, full, pair_weights, transposed, weighted


@dataclass(frozen=True)
class State:
    """What a point of the criterion knows that its curvature needs."""

    kernels: Kernels
    xx: np.ndarray
    """The sums of the design, F or 1 x M x p x p."""
    covariance: np.ndarray
    """C = (X'V*^-1 X)^-1 (F x p x p)."""
    crossed: np.ndarray
    """The sums of design and residual, F x M x p."""
    squares: np.ndarray
    """The sums of the squared residual, F x M."""
    count: np.ndarray
    """People of each pattern, F x G."""
    df: np.ndarray
    rss: np.ndarray
    reml: bool


@dataclass(frozen=True)
class Curvature:
    """First and second order of the criterion along K changes of Psi; dV = s2 Z D Z' for each."""

    state: State
    directions: np.ndarray
    """F x K x q x q."""

    @cached_property
    def once(self) -> np.ndarray:
        """Kernels of V*^-1 dV V*^-1 (F x K x G x q x q)."""
        carry = self.state.kernels.carry[:, None]
        return carry @ self.directions[:, :, None] @ transposed(carry)

    @cached_property
    def twice(self) -> np.ndarray:
        """Kernels of V*^-1 dV V*^-1 dV V*^-1, symmetrised (F x K x K x G x q x q)."""
        kernels = self.state.kernels
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
        return weighted(self._once_weights, self.state.xx)

    @cached_property
    def _traced(self) -> np.ndarray:
        """The traces of C times X-sums (F x M)."""
        xx, covariance = self.state.xx, self.state.covariance
        flat = xx.reshape(len(xx), xx.shape[1], -1)
        if len(xx) == 1:
            return covariance.reshape(len(covariance), -1) @ flat[0].T
        return np.einsum("fmq,fq->fm", flat, covariance.reshape(len(covariance), -1))

    @cached_property
    def _inner(self) -> np.ndarray:
        """H D (F x G x K x q x q)."""
        return self.state.kernels.inner[:, :, None] @ self.directions[:, None]

    @cached_property
    def forms(self) -> np.ndarray:
        """y'P dV P y (F x K)."""
        return (self._once_weights @ self.state.squares[:, :, None])[:, :, 0]

    @cached_property
    def traces(self) -> np.ndarray:
        """Trace of P dV (REML) or V*^-1 dV (ML) (F x K)."""
        found = np.einsum("fg,fgkaa->fk", self.state.count, self._inner)
        if self.state.reml:
            found = found - (self._once_weights @ self._traced[:, :, None])[:, :, 0]
        return found

    @cached_property
    def gradient(self) -> np.ndarray:
        """The gradient of the profiled deviance (F x K)."""
        return self.traces - self.forms * (self.state.df / self.state.rss)[:, None]

    @cached_property
    def slope(self) -> np.ndarray:
        """The gradient in the entries of Psi, as a matrix (F x q x q)."""
        state = self.state
        sums = state.squares * (state.df / state.rss)[:, None]
        if state.reml:
            sums = sums + self._traced
        carry = state.kernels.carry
        per_pattern = transposed(carry) @ full(sums, carry.shape[-1]) @ carry
        return np.einsum("fg,fgab->fab", state.count, state.kernels.inner) - per_pattern.sum(axis=1)

    @cached_property
    def expected(self) -> np.ndarray:
        """Trace of P dV P dV (REML) or V*^-1 dV V*^-1 dV (ML) (F x K x K)."""
        inner, width = self._inner, self.directions.shape[1]
        flat = inner.reshape(*inner.shape[:3], -1)
        turned = transposed(inner).reshape(flat.shape) * self.state.count[:, :, None, None]
        found = flat.swapaxes(1, 2).reshape(len(flat), width, -1) @ transposed(
            turned.swapaxes(1, 2).reshape(len(flat), width, -1)
        )
        if not self.state.reml:
            return found
        of_c = self.state.covariance[:, None] @ self.matrices
        twice = (self._twice_weights @ self._traced[:, None, :, None])[..., 0]
        flat = of_c.reshape(len(of_c), width, -1)
        return found - 2 * twice + flat @ transposed(transposed(of_c).reshape(flat.shape))

    @cached_property
    def unprofiled(self) -> np.ndarray:
        """The Hessian of the deviance at fixed scale s2, without the bend of Psi (F x K x K)."""
        state = self.state
        twice = (self._twice_weights @ state.squares[:, None, :, None])[..., 0]
        moved = self._once_weights @ state.crossed
        quadratic = twice - moved @ state.covariance @ transposed(moved)
        return 2 * quadratic * (state.df / state.rss)[:, None, None] - self.expected
