"""What does the covariance of a person's scores do to sums over people?

With H = Z'V*^-1 Z and F such that V*^-1 Z = Z F: V*^-1 dV V*^-1 = Z F D F'Z' for dV = Z D Z'. So each
quadratic form is a sum over patterns of a small symmetric kernel times the sums of `Products` (Lindstrom &
Bates 1988, doi 10.1080/01621459.1988.10478693).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.mixed.structures import pairs


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
        if psi.shape[-1] == 1 and not by_wave:
            return cls._of_one(psi[:, None], grams)
        eye = np.eye(psi.shape[-1])
        wide = psi[:, None]
        if by_wave:
            held = grams @ wide @ grams + (eye - grams)
            sign, log_det = np.linalg.slogdet(held)
            safe = np.where((sign > 0)[..., None, None], held, eye)
            inner = grams @ np.linalg.inv(safe) @ grams
            return cls(inner, inner, inner, np.where(sign > 0, log_det, np.nan))
        held = eye + grams @ wide
        sign, log_det = np.linalg.slogdet(held)
        less = wide @ np.linalg.inv(np.where((sign > 0)[..., None, None], held, eye))
        less = (less + transposed(less)) / 2
        carry = eye - less @ grams
        inner = grams @ carry
        return cls((inner + transposed(inner)) / 2, carry, -less, np.where(sign > 0, log_det, np.nan))

    @classmethod
    def _of_one(cls, psi: np.ndarray, grams: np.ndarray) -> Kernels:
        """Return `of` for one random effect, where matrices are numbers."""
        held = 1 + grams * psi
        held = np.where(held > 0, held, np.nan)
        carry = 1 / held
        return cls(grams * carry, carry, -psi * carry, np.log(held[..., 0, 0]))


def pair_weights(kernels: np.ndarray, constant: float = 0.0) -> np.ndarray:
    """Return symmetric kernels (..., G, q, q) as weights of the M sums of `Products` (..., M)."""
    lead, patterns = kernels.shape[:-3], kernels.shape[-3]
    if kernels.shape[-1] == 1:
        found = np.empty((*lead, 1 + patterns))
        found[..., 0], found[..., 1:] = constant, kernels[..., 0, 0]
        return found
    first, second = pairs(kernels.shape[-1])
    found = np.empty((*lead, 1 + patterns * len(first)))
    found[..., 0] = constant
    found[..., 1:] = kernels[..., first, second].reshape(*lead, -1)
    return found


def weighted(weights: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Return the sums (F or 1 x M x ...) weighted by ``weights`` (F x ... x M): (F x ... x the rest)."""
    rest = sums.shape[2:]
    flat = sums.reshape(len(sums), sums.shape[1], -1)
    middle = weights.shape[1:-1]
    rows = weights.reshape(len(weights), -1, weights.shape[-1])
    found = rows.reshape(-1, rows.shape[-1]) @ flat[0] if len(flat) == 1 else rows @ flat
    return found.reshape(len(weights), *middle, *rest)


def weighted_product(sums: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return the matrices ``sums`` (F or 1 x M x p x p) times ``vectors`` (F x p): (F x M x p)."""
    if len(sums) == 1:
        flat = sums[0].reshape(-1, sums.shape[-1])
        return (vectors @ flat.T).reshape(len(vectors), *sums.shape[1:3])
    return np.einsum("fmpq,fq->fmp", sums, vectors)


def full(sums: np.ndarray, width: int) -> np.ndarray:
    """Return sums by pattern and pair (F x M) as symmetric matrices T with <k, T> their weighted sum."""
    if width == 1:
        return sums[:, 1:, None, None]
    first, second = pairs(width)
    halved = sums[:, 1:].reshape(len(sums), -1, len(first)) * np.where(first == second, 1.0, 0.5)
    found = np.zeros((*halved.shape[:2], width, width))
    found[:, :, first, second] = halved
    found[:, :, second, first] = halved
    return found
