"""What are the coefficients, their covariance and the variances of a model with one intercept a person?

In: scores, a full-rank design matrix and a code a person. Out: a `Fit`. This is the seam at which another
engine goes in.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.linalg import solve_triangular
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

from outcomes.model.criterion import Criterion, Solution

HIGHER = 1e-6
"""How much higher the restricted log-likelihood of MixedLM's solution must be for ours to count as missed."""

TRIES = ("bfgs", "powell")
"""MixedLM's optimisers, in turn; the second only where the first does not end in a solution."""


@dataclass(frozen=True)
class Fit:
    """A fitted model. Where it failed, coefficients and covariance are NaN and the status says why."""

    beta: np.ndarray
    cov: np.ndarray
    person_variance: float
    residual_variance: float
    log_likelihood: float
    status: str

    structure: ClassVar[str] = "person intercept"
    df_method: ClassVar[str] = "Wald z"

    @property
    def solved(self) -> bool:
        """Whether there are estimates."""
        return self.status in ("ok", "boundary")

    def contrast(self, weights: np.ndarray) -> tuple[float, float, float | None]:
        """Return estimate, standard error and no df (normal) of the coefficients by ``weights``."""
        return float(weights @ self.beta), float(np.sqrt(weights @ self.cov @ weights)), None

    def covariance(self, weights: np.ndarray) -> np.ndarray:
        """Return the covariance (k x k) of combinations of the coefficients; ``weights`` is k x terms."""
        return np.asarray(weights @ self.cov @ weights.T)

    def critical(self, correlation: np.ndarray, df: float, confidence: float) -> float | None:
        """Return None: this engine has no multivariate t."""
        return None

    def summary(self) -> dict[str, float | str]:
        """Return the columns of `fits` that this engine knows; the ICC is a share."""
        return {
            "log_likelihood": self.log_likelihood, "person_variance": self.person_variance,
            "residual_variance": self.residual_variance,
            "icc": self.person_variance / (self.person_variance + self.residual_variance),
        }  # fmt: skip

    def over_waves(self, waves: int) -> np.ndarray | None:
        """Return the covariance of a person's scores over ``waves`` waves; None without a solution."""
        if not self.solved:
            return None
        return self.person_variance + self.residual_variance * np.eye(waves)


def fit(scores: np.ndarray, design: np.ndarray, person: np.ndarray) -> Fit:
    """Return the REML fit of ``scores`` (rows) on ``design`` (rows x columns, of full rank).

    ``person`` codes the person of each row as 0, 1, ... Coefficients, their covariance (X'V^-1 X)^-1 and the
    restricted log-likelihood are closed forms in the two variances, as in lme4 (Bates et al. 2015, doi
    10.18637/jss.v067.i01); statsmodels' own `bse_fe` comes from a joint Hessian and its `llf` leaves
    constants out. The ratio of the variances is the root of the profiled criterion's slope; statsmodels
    MixedLM is fitted from there, and the fit is `unconverged` where MixedLM reaches a higher restricted
    likelihood. `boundary`: the person variance is 0 and the fit is ordinary least squares (MixedLM is not
    asked, as at 0 it returns 0.0 for every effect between people). A fit that can't be made has the reason as
    its status.
    """
    basis, triangle = np.linalg.qr(design)
    residual = scores - basis @ (basis.T @ scores)
    if problem := _hopeless(scores, residual, design.shape[1], person):
        return _failed(design.shape[1], problem)
    criterion = Criterion.of(basis, residual, person, 2 * float(np.log(np.abs(np.diag(triangle))).sum()))
    best = criterion.best()
    if best is None and criterion.endless:
        return _failed(design.shape[1], "not estimable: scores do not vary within people")
    if best is None or (best.ratio > 0 and _outdone(best, criterion, basis, residual, person)):
        return _failed(design.shape[1], "unconverged")
    inverse = solve_triangular(triangle, np.eye(len(triangle)))
    return Fit(
        beta=inverse @ (basis.T @ scores + best.coefficients),
        cov=inverse @ np.linalg.inv(best.information) @ inverse.T * best.residual_variance,
        person_variance=best.ratio * best.residual_variance,
        residual_variance=best.residual_variance,
        log_likelihood=best.log_likelihood,
        status="ok" if best.ratio > 0 else "boundary",
    )


def _hopeless(scores: np.ndarray, residual: np.ndarray, rank: int, person: np.ndarray) -> str | None:
    if len(scores) <= rank:
        return "not estimable: no more scores than coefficients"
    if person.max() + 1 == len(scores):
        return "not estimable: nobody has two scores"
    if residual @ residual <= 1e-20 * (scores @ scores):
        return "not estimable: the scores do not vary"
    return None


def _failed(columns: int, status: str) -> Fit:
    return Fit(np.full(columns, np.nan), np.full((columns, columns), np.nan), np.nan, np.nan, np.nan, status)


def _outdone(
    best: Solution, criterion: Criterion, basis: np.ndarray, residual: np.ndarray, person: np.ndarray
) -> bool:
    """Say whether MixedLM, started at ``best``, climbs higher; the closed form judges both.

    A MixedLM that ends in no solution says nothing against ours.
    """
    size = np.sqrt(len(residual))
    model = MixedLM(residual / residual.std(), basis * size, groups=person)
    start = MixedLMParams.from_components(fe_params=best.coefficients / size, cov_re=np.array([[best.ratio]]))
    for method in TRIES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the closed form judges the result, not MixedLM's warnings
            try:
                found = model.fit(reml=True, method=[method], start_params=start, gtol=1e-8)
            except np.linalg.LinAlgError:
                continue
        ratio = float(found.cov_re[0, 0] / found.scale)
        if found.converged and np.isfinite(ratio) and ratio >= 0:
            return criterion.at(ratio).log_likelihood > best.log_likelihood + HIGHER
    return False
