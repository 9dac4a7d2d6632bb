"""How likely are the scores, taken person by person?

A second criterion beside that of the engine, by other formulas: no sums over patterns, no profiling of the
scale, no Cholesky factor of the random effects. In: scores and design by person and wave. Out: the Gaussian
(restricted) log-likelihood at any covariance over waves, and the best that a search from a start finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import minimize

STEPS = 200
"""Most steps of a search (BFGS)."""


@dataclass(frozen=True)
class Dense:
    """Scores of n people at T waves and a full-rank design of p columns; 0 where there is no score."""

    scores: np.ndarray
    """n x T."""
    design: np.ndarray
    """n x T x p."""
    there: np.ndarray
    """Whether there is a score, n x T, as 0 and 1."""

    @cached_property
    def _kinds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the distinct rows of ``there`` and which one each person has: they share an inverse."""
        kinds, of_person = np.unique(self.there, axis=0, return_inverse=True)
        return kinds, of_person.reshape(-1)

    @classmethod
    def of(cls, score: np.ndarray, design: np.ndarray, person: np.ndarray, wave: np.ndarray) -> Dense:
        """Return the rows (scores, design of rows x p, codes of person and wave) laid out by person."""
        n, waves = int(person.max()) + 1, int(wave.max()) + 1
        laid = cls(np.zeros((n, waves)), np.zeros((n, waves, design.shape[1])), np.zeros((n, waves)))
        laid.scores[person, wave], laid.design[person, wave], laid.there[person, wave] = score, design, 1.0
        return laid

    def log_likelihood(self, covariance: np.ndarray) -> float:
        """Return the restricted log-likelihood at a covariance over waves (T x T), constants included.

        -inf where the covariance is not positive definite (Harville 1977, doi
        10.1080/01621459.1977.10480998).
        """
        return -0.5 * self._deviance(covariance)[0]

    def _deviance(self, covariance: np.ndarray) -> tuple[float, np.ndarray]:
        """Return -2 times it, and its gradient in the entries of the covariance (T x T)."""
        none = np.inf, np.zeros_like(covariance)
        if np.linalg.eigvalsh(covariance)[0] <= 0:
            return none
        kinds, of_person = self._kinds
        both = kinds[:, :, None] * kinds[:, None, :]
        held = covariance * both + np.eye(len(covariance)) * (1 - kinds)[:, :, None]
        inverse = (np.linalg.inv(held) * both)[of_person]
        log_det = float(np.linalg.slogdet(held)[1][of_person].sum())
        weighted = inverse @ self.design
        width = self.design.shape[2]
        information = self.design.reshape(-1, width).T @ weighted.reshape(-1, width)
        sign, of_design = np.linalg.slogdet(information)
        if sign <= 0:
            return none
        coefficients = np.linalg.solve(information, weighted.reshape(-1, width).T @ self.scores.reshape(-1))
        left = self.scores - self.design @ coefficients
        turned = (inverse @ left[:, :, None])[:, :, 0]
        df = self.there.sum() - width
        deviance = df * np.log(2 * np.pi) + log_det + of_design + float((left * turned).sum())
        explained = weighted @ np.linalg.inv(information) @ weighted.swapaxes(1, 2)
        return float(deviance), (inverse - explained).sum(axis=0) - turned.T @ turned

    def search(self, start: np.ndarray) -> float:
        """Return the highest log-likelihood that a search over all covariances finds from ``start`` (T x T).

        BFGS in the Cholesky factor, its diagonal in logarithms, with scores in units of the start.
        """
        size = np.sqrt(np.diag(start))
        rows, columns = np.tril_indices(len(start))
        diagonal = rows == columns

        def lower(free: np.ndarray) -> np.ndarray:
            matrix = np.zeros_like(start)
            matrix[rows, columns] = np.where(diagonal, np.exp(np.minimum(free, 50)), free)
            return matrix

        def objective(free: np.ndarray) -> tuple[float, np.ndarray]:
            matrix = lower(free)
            deviance, slope = self._deviance(matrix @ matrix.T * np.outer(size, size))
            if not np.isfinite(deviance):
                return 1e12, np.zeros_like(free)
            gradient = (2 * (slope * np.outer(size, size)) @ matrix)[rows, columns]
            return deviance, np.where(diagonal, gradient * matrix[rows, columns], gradient)

        begin = np.linalg.cholesky(start / np.outer(size, size))[rows, columns]
        begin = np.where(diagonal, np.log(np.where(diagonal, begin, 1.0)), begin)
        found = minimize(objective, begin, jac=True, method="BFGS", options={"maxiter": STEPS, "gtol": 1e-6})
        return -0.5 * float(found.fun)
