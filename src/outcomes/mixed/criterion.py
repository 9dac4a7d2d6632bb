"""How likely are the scores, as a function of the covariance parameters, and which way is up?

In: `Products` and free parameters of many fits at once. Out: the deviance (-2 log-likelihood, REML or ML) with
coefficients and scale profiled out, its gradient and its Hessian, by sums over patterns only.

With V = s2 V*, H = Z'V*^-1 Z and F such that V*^-1 Z = Z F: V*^-1 dV V*^-1 = Z F D F'Z' for dV = Z D Z'. So each
quadratic form is a sum over patterns of a small symmetric kernel times the sums of `Products` (Lindstrom & Bates
1988, doi 10.1080/01621459.1988.10478693; Bates et al. 2015, doi 10.18637/jss.v067.i01, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from outcomes.mixed.products import Products


def transposed(matrices: np.ndarray) -> np.ndarray:
    """Return the matrices in the last two axes transposed."""
    return matrices.swapaxes(-1, -2)


@dataclass(frozen=True)
class Kernels:
    """What V* of each pattern does (fits x G x q x q each)."""

    inner: np.ndarray
    """H = Z'V*^-1 Z."""
    carry: np.ndarray
    """F with V*^-1 Z = Z F."""
    plain: np.ndarray
    """The kernel of V*^-1 itself: V*^-1 = c I + Z plain Z'."""
    log_det: np.ndarray
    """log|V*| of one person (fits x G); NaN where V* is not positive definite."""

    @classmethod
    def of(cls, psi: np.ndarray, grams: np.ndarray, by_wave: bool) -> Kernels:
        """Return the kernels at Psi (fits x q x q) for patterns Z'Z (G x q x q)."""
        eye = np.eye(psi.shape[-1])
        wide = psi[:, None]
        if by_wave:
            held = grams @ wide @ grams + (eye - grams)
            sign, log_det = np.linalg.slogdet(held)
            safe = np.where((sign > 0)[..., None, None], held, eye)
            inner = grams @ np.linalg.inv(safe) @ grams
            least = np.linalg.eigvalsh(psi)[:, 0]
            good = (sign > 0) & (least > 0)[:, None]
            return cls(inner, inner, inner, np.where(good, log_det, np.nan))
        held = eye + grams @ wide
        sign, log_det = np.linalg.slogdet(held)
        less = wide @ np.linalg.inv(np.where((sign > 0)[..., None, None], held, eye))
        less = (less + transposed(less)) / 2
        carry = eye - less @ grams
        inner = grams @ carry
        return cls((inner + transposed(inner)) / 2, carry, -less, np.where(sign > 0, log_det, np.nan))


def pair_weights(kernels: np.ndarray, constant: float | np.ndarray = 0.0) -> np.ndarray:
    """Return symmetric kernels (..., G, q, q) as weights of the M sums of `Products` (..., M)."""
    first, second = np.triu_indices(kernels.shape[-1])
    flat = kernels[..., first, second].reshape(*kernels.shape[:-3], -1)
    lead = np.broadcast_to(np.asarray(constant, dtype=float)[..., None], (*flat.shape[:-1], 1))
    return np.concatenate([lead, flat], axis=-1)


def weighted(weights: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Return the sums (F or 1 x M x ...) weighted by ``weights`` (F x ... x M): (F x ... x the rest)."""
    rest = sums.shape[2:]
    flat = sums.reshape(len(sums), sums.shape[1], -1)
    middle = weights.shape[1:-1]
    rows = weights.reshape(len(weights), -1, weights.shape[-1])
    if len(flat) == 1:
        found = rows.reshape(-1, rows.shape[-1]) @ flat[0]
    else:
        found = rows @ flat
    return found.reshape(len(weights), *middle, *rest)


@dataclass(frozen=True)
class Point:
    """The criterion at one value of the parameters of each fit."""

    products: Products
    free: np.ndarray
    """F x k."""
    reml: bool

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
        return weighted(self.base, self.products.xx)

    @cached_property
    def _determined(self) -> tuple[np.ndarray, np.ndarray]:
        sign, log_det = np.linalg.slogdet(self.information)
        return sign > 0, log_det

    @cached_property
    def covariance(self) -> np.ndarray:
        """C = (X'V*^-1 X)^-1 (F x p x p); the covariance of the coefficients is s2 C."""
        eye = np.eye(self.products.rank)
        safe = np.where(self._determined[0][:, None, None], self.information, eye)
        found = np.linalg.inv(safe)
        return (found + transposed(found)) / 2

    @cached_property
    def coefficients(self) -> np.ndarray:
        """GLS coefficients in the basis, beyond the shift (F x p)."""
        moment = np.einsum("fm,fmp->fp", self.base, self.products.xy)
        return np.einsum("fpq,fq->fp", self.covariance, moment)

    @cached_property
    def _left(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x'r (F x M x p) and r'r (F x M), the sums for the residual r = y - X b."""
        of_x = weighted_product(self.products.xx, self.coefficients)
        crossed = self.products.xy - of_x
        squares = self.products.yy - np.einsum(
            "fmp,fp->fm", self.products.xy + crossed, self.coefficients
        )
        return crossed, squares

    @cached_property
    def rss(self) -> np.ndarray:
        """r'V*^-1 r (F,)."""
        return np.einsum("fm,fm->f", self.base, self._left[1])

    @cached_property
    def df(self) -> np.ndarray:
        """N - p for REML, N for ML (F,)."""
        return np.broadcast_to(
            self.products.n_rows - (self.products.rank if self.reml else 0), (len(self.free),)
        ).astype(float)

    @property
    def scale(self) -> np.ndarray:
        """s2, profiled (F,), in the units of the scaled residual."""
        return self.rss / self.df

    @cached_property
    def deviance(self) -> np.ndarray:
        """-2 log-likelihood in the basis and of the scaled residual (F,); infinite where there is none."""
        good = self._determined[0] & (self.rss > 0) & ~np.isnan(self.kernels.log_det).any(axis=1)
        rss = np.where(good, self.rss, 1.0)
        of_people = np.einsum("fg,fg->f", self.kernels.log_det, self._count)
        of_coefficients = self._determined[1] if self.reml else 0.0
        found = self.df * (1 + np.log(2 * np.pi * rss / self.df)) + of_people + of_coefficients
        return np.where(good, found, np.inf)

    @property
    def _count(self) -> np.ndarray:
        return np.broadcast_to(self.products.count, (len(self.free), self.products.count.shape[1]))

    @cached_property
    def directions(self) -> np.ndarray:
        """The derivatives of Psi in the parameters (F x k x q x q)."""
        return self.products.structure.first(self.free)

    def curved(self, directions: np.ndarray) -> Curvature:
        """Return what the criterion does along changes of Psi (F x k x q x q)."""
        return Curvature(self, directions)

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

    def full(self, sums: np.ndarray) -> np.ndarray:
        """Return sums by pattern and pair (F x M) as symmetric matrices T with <k, T> their weighted sum."""
        width = self.psi.shape[-1]
        first, second = np.triu_indices(width)
        found = np.zeros((len(sums), self.products.grams.shape[0], width, width))
        by_pattern = sums[:, 1:].reshape(len(sums), -1, len(first))
        halved = by_pattern * np.where(first == second, 1.0, 0.5)
        found[:, :, first, second] = halved
        found[:, :, second, first] = halved
        return found


def weighted_product(sums: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return the matrices ``sums`` (F or 1 x M x p x p) times ``vectors`` (F x p): (F x M x p)."""
    if len(sums) == 1:
        flat = sums[0].reshape(-1, sums.shape[-1])
        return (vectors @ flat.T).reshape(len(vectors), *sums.shape[1:3])
    return np.einsum("fmpq,fq->fmp", sums, vectors)


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
    def matrices(self) -> np.ndarray:
        """B = X'V*^-1 dV V*^-1 X (F x K x p x p)."""
        return weighted(pair_weights(self.once), self.point.products.xx)

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
        return np.einsum("fkm,fm->fk", pair_weights(self.once), self.point._left[1])

    @cached_property
    def traces(self) -> np.ndarray:
        """Trace of P dV (REML) or V*^-1 dV (ML) (F x K)."""
        found = np.einsum("fg,fgkaa->fk", self.point._count, self._inner)
        if self.point.reml:
            found = found - np.einsum("fkm,fm->fk", pair_weights(self.once), self._traced)
        return found

    @cached_property
    def gradient(self) -> np.ndarray:
        """The gradient of the profiled deviance (F x K)."""
        return self.traces - self.forms * (self.point.df / self.point.rss)[:, None]

    @cached_property
    def slope(self) -> np.ndarray:
        """The gradient in the entries of Psi, as a matrix (F x q x q)."""
        point = self.point
        sums = point._left[1] * (point.df / point.rss)[:, None]
        if point.reml:
            sums = sums + self._traced
        carry = point.kernels.carry
        per_pattern = transposed(carry) @ point.full(sums) @ carry
        return np.einsum("fg,fgab->fab", point._count, point.kernels.inner) - per_pattern.sum(axis=1)

    @cached_property
    def expected(self) -> np.ndarray:
        """Trace of P dV P dV (REML) or V*^-1 dV V*^-1 dV (ML) (F x K x K)."""
        found = np.einsum("fg,fgkab,fglba->fkl", self.point._count, self._inner, self._inner, optimize=True)
        if not self.point.reml:
            return found
        of_c = self.point.covariance[:, None] @ self.matrices
        twice = np.einsum("fklm,fm->fkl", pair_weights(self.twice), self._traced)
        return found - 2 * twice + np.einsum("fkpq,flqp->fkl", of_c, of_c, optimize=True)

    @cached_property
    def unprofiled(self) -> np.ndarray:
        """The Hessian of the deviance at fixed scale s2, without the bend of Psi (F x K x K)."""
        point = self.point
        crossed, squares = point._left
        twice = np.einsum("fklm,fm->fkl", pair_weights(self.twice), squares)
        moved = np.einsum("fkm,fmp->fkp", pair_weights(self.once), crossed)
        quadratic = twice - np.einsum("fkp,fpq,flq->fkl", moved, point.covariance, moved, optimize=True)
        return 2 * quadratic * (point.df / point.rss)[:, None, None] - self.expected
