"""How likely are the scores under a person intercept, as a function of one number?

With V = residual variance x (I + ratio 11') within a person, coefficients and residual variance are profiled
out of the restricted likelihood, which leaves ratio = person variance / residual variance (Harville 1977, doi
10.1080/01621459.1977.10480998; Bates et al. 2015, doi 10.18637/jss.v067.i01, section 3.4). All sums over
people are taken once, by number of scores a person: an evaluation costs the same however many people there
are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import brentq

GRID = np.concatenate([[0.0], np.logspace(-6, 6, 61)])
"""Ratios at which the likelihood is looked at before the best of them is refined."""


@dataclass(frozen=True)
class Solution:
    """The profiled fit at one ratio, in the basis of the criterion."""

    ratio: float
    log_likelihood: float
    slope: float
    """Derivative of the log-likelihood in the ratio."""
    coefficients: np.ndarray
    information: np.ndarray
    """X'V^-1 X times the residual variance."""
    residual_variance: float


@dataclass(frozen=True)
class Criterion:
    """Cross-products of an orthonormal basis of the design with the least-squares residual as last column."""

    n_rows: int
    rank: int
    log_det: float
    """log|X'X| of the design before it was made orthonormal: lme4's restricted likelihood contains it."""
    inner: np.ndarray
    """(rank + 1) x (rank + 1): cross-products over rows."""
    between: np.ndarray
    """Sizes x (rank + 1) x (rank + 1): cross-products of the people's sums, by number of scores a person."""
    sizes: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, basis: np.ndarray, residual: np.ndarray, person: np.ndarray, log_det: float) -> Criterion:
        """Return the criterion of ``residual`` (rows) on ``basis`` (rows x rank, orthonormal).

        ``person`` codes the person of each row as 0, 1, ...; ``log_det`` is log|X'X| of the design.
        """
        both = np.column_stack([basis, residual])
        rows = np.bincount(person)
        sums = np.column_stack([np.bincount(person, weights=column) for column in both.T])
        sizes, counts = np.unique(rows, return_counts=True)
        between = np.stack([sums[rows == size].T @ sums[rows == size] for size in sizes])
        return cls(len(residual), basis.shape[1], log_det, both.T @ both, between, sizes, counts)

    def at(self, ratio: float) -> Solution:
        """Return the profiled fit at ``ratio`` >= 0."""
        growth = 1 + self.sizes * ratio
        products = self.inner - np.tensordot(ratio / growth, self.between, axes=1)
        factor = cho_factor(products[:-1, :-1], lower=True)
        coefficients = cho_solve(factor, products[:-1, -1])
        squares = products[-1, -1] - products[-1, :-1] @ coefficients
        df = self.n_rows - self.rank
        log_dets = self.counts @ np.log(growth) + 2 * np.log(np.diag(factor[0])).sum() + self.log_det
        change = np.tensordot(growth**-2.0, self.between, axes=1)
        residual = np.append(-coefficients, 1.0)
        steepness = (
            df * (residual @ change @ residual) / squares
            - self.counts @ (self.sizes / growth)
            + np.trace(cho_solve(factor, change[:-1, :-1]))
        )
        return Solution(
            ratio=ratio, log_likelihood=-0.5 * (df * (np.log(2 * np.pi * squares / df) + 1) + log_dets),
            slope=0.5 * steepness, coefficients=coefficients, information=products[:-1, :-1],
            residual_variance=squares / df,
        )  # fmt: skip

    @property
    def endless(self) -> bool:
        """Whether the likelihood still climbs at the grid's end: no variance within people."""
        return self.at(GRID[-1]).slope >= 0

    def best(self) -> Solution | None:
        """Return the highest point, or None where there is none that a root of the slope confirms.

        The grid finds the region, Brent's method the root in it. Ratio 0, the boundary, is a solution.
        """
        peak = int(np.argmax([self.at(ratio).log_likelihood for ratio in GRID]))
        if peak == 0 and self.at(0.0).slope <= 0:
            return self.at(0.0)
        low, high = GRID[max(peak - 1, 0)], GRID[min(peak + 1, len(GRID) - 1)]
        if self.at(low).slope < 0 or self.at(high).slope > 0:
            return None
        return self.at(brentq(lambda ratio: self.at(ratio).slope, low, high, xtol=1e-300, rtol=1e-14))
