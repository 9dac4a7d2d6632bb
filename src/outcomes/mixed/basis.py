"""Which columns of a design are independent, and how do the others follow from them?

In: a design matrix (rows x terms). Out: a `Basis`: an orthonormal stand-in for its columns, and the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import solve_triangular

DEPENDENT = 1e-8
"""A column depends on earlier ones where their projection leaves less than this share of its length."""

SAFE = 1e-4
"""Smallest pivot of the scaled Gram matrix at which its Cholesky factor is used: about 12 digits are left."""


def independent(matrix: np.ndarray) -> np.ndarray:
    """Return which columns of ``matrix`` (rows x columns) do not depend on columns to their left.

    Gram-Schmidt, twice over for accuracy (Golub & Van Loan 2013, Matrix Computations, 5.2.9).
    """
    kept = np.zeros(matrix.shape[1], dtype=bool)
    basis = np.empty((matrix.shape[0], 0))
    for place, column in enumerate(matrix.T):
        left = column - basis @ (basis.T @ column)
        left -= basis @ (basis.T @ left)
        length = np.linalg.norm(left)
        if length > DEPENDENT * np.linalg.norm(column):
            kept[place] = True
            basis = np.column_stack([basis, left / length])
    return kept


@dataclass(frozen=True)
class Basis:
    """X = Q R on the kept columns, and X = Q `rectangle` on all of them; Q has (nearly) orthonormal
    columns.
    """

    terms: tuple[str, ...]
    kept: np.ndarray
    """Which terms are independent of those before them (terms,)."""
    rectangle: np.ndarray
    """Kept x terms."""
    gram: np.ndarray | None = None
    """X'X, where the columns are so far from dependent that sums may come first and the change to Q after."""

    @classmethod
    def of(cls, design: np.ndarray, terms: tuple[str, ...]) -> Basis:
        """Return the basis of ``design`` (rows x terms).

        Cholesky QR (Golub & Van Loan 2013, 5.2) where the scaled Gram matrix is safely regular; else
        dependent columns are found by Gram-Schmidt and the rest is factored by Householder reflections.
        """
        products = design.T @ design
        lengths = np.sqrt(np.diag(products))
        if (lengths > 0).all():
            gram = products / np.outer(lengths, lengths)
            try:
                upper = np.linalg.cholesky(gram).T
            except np.linalg.LinAlgError:
                upper = np.zeros((1, 1))
            if np.diag(upper).min() ** 2 > SAFE:
                return cls(terms, np.ones(len(terms), dtype=bool), upper * lengths, products)
        kept = independent(design)
        orthonormal, upper = np.linalg.qr(design[:, kept])
        rectangle = np.zeros((int(kept.sum()), len(terms)))
        rectangle[:, kept] = upper
        rectangle[:, ~kept] = orthonormal.T @ design[:, ~kept]
        return cls(terms, kept, rectangle)

    @property
    def triangle(self) -> np.ndarray:
        """R: kept x kept, upper triangular."""
        return self.rectangle[:, self.kept]

    @cached_property
    def inverse(self) -> np.ndarray:
        """Return the inverse of R (kept x kept)."""
        return solve_triangular(self.triangle, np.eye(len(self.triangle)))

    @property
    def log_det(self) -> float:
        """Return log|X'X| of the kept columns, less log|Q'Q|."""
        return 2 * float(np.log(np.abs(np.diag(self.triangle))).sum())

    @property
    def dropped(self) -> tuple[str, ...]:
        """The terms that depend on earlier ones (or are zero everywhere) and are left out."""
        return tuple(term for term, kept in zip(self.terms, self.kept, strict=True) if not kept)

    @property
    def aliases(self) -> np.ndarray:
        """Kept x dropped: each dropped column as a combination of the kept ones."""
        return self.inverse @ self.rectangle[:, ~self.kept]

    def orthonormal(self, design: np.ndarray) -> np.ndarray:
        """Return Q (rows x kept) of ``design`` (rows x terms)."""
        used = design if self.kept.all() else design[:, self.kept]
        return used @ self.inverse

    def estimable(self, weights: np.ndarray) -> np.ndarray | None:
        """Return ``weights`` of all terms (..., terms) as weights in Q; None where the data can't tell.

        A combination can be estimated if and only if its weights lie in the row space of the design (Searle
        1971, Linear Models, 5.4): the weights of dropped terms must be those that their aliases imply.
        """
        of_kept = weights[..., self.kept]
        if not np.allclose(weights[..., ~self.kept], of_kept @ self.aliases, atol=1e-6):
            return None
        return of_kept @ self.inverse
