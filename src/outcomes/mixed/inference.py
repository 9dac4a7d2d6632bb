"""How sure is a contrast of coefficients, given that the variances are estimated too?

In: a `Solution` of many fits and contrasts in its basis. Out: `Tested`: estimate, standard error, F or t and
degrees of freedom by Satterthwaite (Fai & Cornelius 1996, doi 10.1080/00949659608811740; Kuznetsova et al.
2017, doi 10.18637/jss.v082.i13) or Kenward & Roger (1997, doi 10.2307/2533558).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

import numpy as np

from outcomes.mixed.curvature import Curvature
from outcomes.mixed.kernels import pair_weights, transposed, weighted
from outcomes.mixed.solve import Solution, spans

Information = Literal["expected", "observed"]
EQUAL = 1e-8
"""Degrees of freedom of the parts of a joint test that differ by less are one number, as in lmerTest."""


@dataclass(frozen=True)
class Tested:
    """One test in each fit: of a single contrast (F statistic = t squared) or of several jointly."""

    estimate: np.ndarray
    """F x L, in units of the response."""
    std_error: np.ndarray
    """F x L, adjusted for Kenward-Roger."""
    statistic: np.ndarray
    """The (scaled) F statistic (F,)."""
    df: np.ndarray
    """Denominator degrees of freedom (F,)."""
    factor: np.ndarray
    """What Kenward-Roger multiplied F by (F,); 1 else."""


@dataclass(frozen=True)
class Inference:
    """What the curvature of the likelihood says of the uncertainty of covariance parameters."""

    solution: Solution
    information: Information = "expected"
    """For Kenward-Roger: expected as in pbkrtest, or observed as in SAS without the SCORING option."""

    def satterthwaite(self, contrasts: np.ndarray) -> Tested:
        """Return the test of ``contrasts`` (L x p or F x L x p, in the basis) with Satterthwaite's df.

        The covariance of the parameters is twice the inverse observed Hessian of the deviance in the Cholesky
        factor (or what else the structure has) and the log scale; at a variance of 0 that parameter has no
        part, as in lmerTest.
        """
        return self._in_parts(Inference._satterthwaite, contrasts)

    def _satterthwaite(self, wide: np.ndarray) -> Tested:
        estimate, held = self._estimate(wide)
        values, vectors = np.linalg.eigh(held)
        turned = transposed(vectors) @ wide
        squares = np.einsum("flk,fl->fk", vectors, estimate) ** 2 / values
        df = np.stack([self._single(turned[:, part]) for part in range(turned.shape[1])], axis=1)
        return Tested(
            estimate, _root_diagonal(held), squares.mean(axis=1), _joint_df(df), np.ones(len(estimate))
        )  # fmt: skip

    def _single(self, contrast: np.ndarray) -> np.ndarray:
        """Return Satterthwaite's df of single contrasts (F x p): 2 v^2 / var(v), v = l'Phi l over s2."""
        turned = np.einsum("fpq,fq->fp", self.solution.point.covariance, contrast)
        value = np.einsum("fp,fp->f", contrast, turned)
        along = self.solution.point.along.matrices
        slopes = turned[:, None, None] @ along @ turned[:, None, :, None]
        gradient = np.column_stack([slopes[..., 0, 0], value])
        spread = gradient[:, None] @ self._observed_inverse @ gradient[:, :, None]
        return value**2 / spread[:, 0, 0]

    @cached_property
    def _observed_inverse(self) -> np.ndarray:
        """The inverse Hessian of the deviance in the parameters and the log scale (F x k+1 x k+1)."""
        point = self.solution.point
        corner = point.along.unprofiled + point.bend
        return _inverse(_bordered(corner, point.along.forms / point.scale[:, None], point.df))

    def kenward_roger(self, contrasts: np.ndarray) -> Tested:
        """Return the test of ``contrasts`` (L x p or F x L x p) by Kenward and Roger.

        In covariance parameters in which V is linear (entries of Psi and the residual variance, or the
        covariances of the waves), so that second derivatives of V vanish; for heterogeneous compound symmetry
        they are left out. Raises ValueError for a fit by ML.
        """
        if not self.solution.point.reml:
            raise ValueError("Kenward-Roger needs a REML fit")
        return self._in_parts(Inference._kenward_roger, contrasts)

    def _kenward_roger(self, wide: np.ndarray) -> Tested:
        estimate, plain = self._estimate(wide)
        adjusted = wide @ self.adjusted @ transposed(wide)
        theta = transposed(wide) @ np.linalg.inv(plain) @ wide
        scaled = theta[:, None] @ self._moved
        firsts = np.einsum("fkpp->fk", scaled)
        a1 = (firsts[:, None] @ self._spread @ firsts[:, :, None])[:, 0, 0]
        flat = scaled.reshape(*scaled.shape[:2], -1)
        crossed = flat @ transposed(transposed(scaled).reshape(flat.shape))
        a2 = (self._spread * crossed).sum(axis=(1, 2))
        df, factor = _scaled_f(a1, a2, wide.shape[1])
        quadratic = np.einsum("fl,flm,fm->f", estimate, np.linalg.inv(adjusted), estimate)
        return Tested(estimate, _root_diagonal(adjusted), factor * quadratic / wide.shape[1], df, factor)

    @cached_property
    def adjusted(self) -> np.ndarray:
        """The covariance of the coefficients with Kenward-Roger's correction (F x p x p)."""
        solution, along = self.solution, self._along
        block = self._spread[:, : along.directions.shape[1], : along.directions.shape[1]]
        of_twice = (block[..., None, None, None] * along.twice).sum(axis=(1, 2))
        twice = weighted(pair_weights(of_twice), solution.products.xx)
        c = solution.point.covariance[:, None]
        once = along.matrices
        spread = np.einsum("fkl,flpq->fkpq", block, once)
        crossed = (once @ c @ spread).sum(axis=1)
        covariance = solution.point.covariance
        added = 2 * covariance @ (twice - crossed) @ covariance * solution.residual_variance[:, None, None]
        return solution.covariance + (added + transposed(added)) / 2

    @cached_property
    def _along(self) -> Curvature:
        """The criterion along the linear parameters (or the structure's own, where there are none)."""
        point = self.solution.point
        units = point.products.structure.linear
        if units is None:
            return point.along
        return point.curved(np.broadcast_to(units, (len(point.free), *units.shape)))

    @property
    def _has_scale(self) -> bool:
        """Whether the scale is a parameter beside those of Psi."""
        structure = self.solution.products.structure
        return not structure.by_wave or structure.linear is None

    @cached_property
    def _moved(self) -> np.ndarray:
        """Minus Phi P Phi of each parameter (F x K x p x p): what a change of it does to the covariance."""
        c = self.solution.point.covariance[:, None]
        found = c @ self._along.matrices @ c
        if self._has_scale:
            found = np.concatenate([found, c], axis=1)
        return found * self.solution.residual_variance[:, None, None, None]

    @cached_property
    def _spread(self) -> np.ndarray:
        """W, the covariance of the parameters: twice the inverse information of the deviance (F x K x K)."""
        along, point = self._along, self.solution.point
        if self.information == "observed":
            curved = point.products.structure.linear is None
            corner = along.unprofiled + point.bend if curved else along.unprofiled
            side = along.forms / point.scale[:, None]
        else:
            corner, side = along.expected, along.traces
        return 2 * _inverse(_bordered(corner, side, point.df) if self._has_scale else corner)

    def _in_parts(self, test: Callable[[Inference, np.ndarray], Tested], contrasts: np.ndarray) -> Tested:
        """Return the tests of all fits, so many together as memory has room for."""
        wide, parts = self._wide(contrasts), spans(self.solution.products)
        if len(parts) == 1:
            return test(self, wide)
        found = [test(Inference(self.solution.take(part), self.information), wide[part]) for part in parts]
        joined = {
            field.name: np.concatenate([getattr(each, field.name) for each in found])
            for field in fields(Tested)
        }
        return Tested(**joined)

    def _wide(self, contrasts: np.ndarray) -> np.ndarray:
        fits, rank = len(self.solution.point.free), self.solution.products.rank
        return np.broadcast_to(contrasts, (fits, contrasts.shape[-2], rank))

    def _estimate(self, wide: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the contrasts (F x L) and their covariance by the model (F x L x L)."""
        estimate = np.einsum("flp,fp->fl", wide, self.solution.coefficients)
        return estimate, wide @ self.solution.covariance @ transposed(wide)


def _root_diagonal(matrices: np.ndarray) -> np.ndarray:
    """Return the square roots of the diagonals (F x L), 0 where an entry is below 0."""
    return np.sqrt(np.maximum(np.einsum("fll->fl", matrices), 0))


def _bordered(corner: np.ndarray, side: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return the matrices ``corner`` with one more row and column."""
    fits, width = side.shape
    found = np.empty((fits, width + 1, width + 1))
    found[:, :width, :width] = corner
    found[:, :width, width] = found[:, width, :width] = side
    found[:, width, width] = last
    return found


def _inverse(matrices: np.ndarray) -> np.ndarray:
    """Return the inverse of symmetric matrices (F x K x K); a singular direction is left out."""
    size = np.sqrt(np.abs(np.einsum("fkk->fk", matrices)))
    size = np.where(size > 0, size, 1.0)
    outer = size[:, :, None] * size[:, None, :]
    good = np.isfinite(matrices).all(axis=(1, 2))[:, None, None]
    return np.linalg.pinv(np.where(good, matrices / outer, 1.0), rcond=1e-11, hermitian=True) / outer


def _joint_df(df: np.ndarray) -> np.ndarray:
    """Return the df of a joint F test from those of its parts (F x L), as lmerTest's contestMD."""
    parts = df.shape[1]
    alike = np.abs(np.diff(df, axis=1)).max(axis=1, initial=0) < EQUAL
    above = (df > 2).all(axis=1)
    expected = np.sum(np.where(df > 2, df, 3.0) / (np.where(df > 2, df, 3.0) - 2), axis=1)
    found = np.where(above, 2 * expected / np.where(above, expected - parts, 1.0), 2.0)
    return np.where(alike, df.mean(axis=1), found)


def _scaled_f(a1: np.ndarray, a2: np.ndarray, parts: int) -> tuple[np.ndarray, np.ndarray]:
    """Return denominator df and scale factor (Kenward & Roger 1997, section 3; as in pbkrtest)."""
    b = (a1 + 6 * a2) / (2 * parts)
    with np.errstate(divide="ignore", invalid="ignore"):
        g = ((parts + 1) * a1 - (parts + 4) * a2) / ((parts + 2) * a2)
        below = 3 * parts + 2 * (1 - g)
        c1, c2, c3 = g / below, (parts - g) / below, (parts + 2 - g) / below
        v0, v1, v2 = (_near_zero(1 + c1 * b), _near_zero(1 - c2 * b), _near_zero(1 - c3 * b))
        ratio = np.where((np.abs(1 - a2 / parts) < 1e-14) & (np.abs(v1) < 1e-14), 1.0, (1 - a2 / parts) / v1)
        rho = ratio**2 * v0 / v2 / parts
        df = 4 + (parts + 2) / (parts * rho - 1)
        factor = np.where(np.abs(df - 2) < 1e-2, 1.0, df * (1 - a2 / parts) / (df - 2))
    none = a2 <= 0
    return np.where(none, np.inf, df), np.where(none, 1.0, factor)


def _near_zero(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) < 1e-10, 0.0, values)
