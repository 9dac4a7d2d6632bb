"""What does one fitted model say, in the words and units of its user?

In: `Rows` and a `Solution` with one fit. Out: a `Fit`, which answers contrasts with a `Test`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.stats import f as f_distribution
from scipy.stats import t

from outcomes.mixed.basis import independent
from outcomes.mixed.explained import Explained, explained
from outcomes.mixed.inference import Inference, Tested
from outcomes.mixed.prediction import loadings_of
from outcomes.mixed.robust import Robust, robust
from outcomes.mixed.rows import Rows
from outcomes.mixed.simultaneous import critical
from outcomes.mixed.solve import Solution
from outcomes.mixed.structures import Slope

DfMethod = Literal["auto", "satterthwaite", "kenward-roger"]

NAMES = {"satterthwaite": "Satterthwaite", "kenward-roger": "Kenward-Roger", "cr2": "CR2, Satterthwaite"}
SATURATED = 1e-6
"""Share of the standard error by the model below which a cluster-robust one is rounding: exact fits."""
FEWEST = 2.0
"""Denominator df at or below which F has no mean, so that Kenward-Roger's scaling of it has no meaning."""
LEAST_FACTOR = 0.01
"""Kenward-Roger's scaling of F at or below which it has broken down; it is near 1 where there are people."""
TOO_FEW = "not estimable: too few people for so many contrasts together"
UNSURE = "not estimable: the data do not tell its standard error"


@dataclass(frozen=True)
class Test:
    """A t test of one contrast, or an F test of several; NaN throughout where the status says why not."""

    estimate: np.ndarray
    std_error: np.ndarray
    statistic: float
    """t of one contrast, F of several."""
    df: float
    df_method: str
    p_value: float
    status: str
    parts: int = 1

    @property
    def estimable(self) -> bool:
        """Whether there is an estimate."""
        return bool(np.isfinite(self.estimate).all())

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the two-sided interval of a single contrast, by t."""
        half = float(t.ppf(0.5 + confidence / 2, self.df)) * float(self.std_error[0])
        return float(self.estimate[0]) - half, float(self.estimate[0]) + half


@dataclass(frozen=True)
class Fit:
    """One fitted model."""

    rows: Rows
    solution: Solution
    """With one fit."""
    declared: str
    """The name of the structure that was asked for."""
    fall_back: str = ""
    """Why another structure was taken; empty where it was not."""
    robust: bool = False
    """Whether standard errors are cluster-robust (CR2): a poorer structure, or sampling weights."""
    df_method: str = "satterthwaite"
    waves: tuple[int, ...] = ()
    """The wave codes that have a score, in the order of the covariance over waves."""
    weights: np.ndarray | None = None
    """Weights of the people, if any (people,)."""

    @property
    def status(self) -> str:
        """The status: ok, boundary, unconverged, or why nothing can be estimated."""
        return str(self.solution.status[0])

    @property
    def solved(self) -> bool:
        """Whether there are estimates."""
        return bool(self.solution.solved[0])

    @property
    def structure(self) -> str:
        """The covariance structure of this fit."""
        return self.solution.products.structure.name

    @property
    def df_name(self) -> str:
        """How degrees of freedom are found, in words."""
        return NAMES[self.df_method]

    @property
    def dropped(self) -> tuple[str, ...]:
        """Terms that depend on earlier ones and are left out."""
        return self.solution.products.basis.dropped

    @property
    def log_likelihood(self) -> float:
        """The (restricted) log-likelihood at the solution."""
        return float(self.solution.log_likelihood[0])

    @property
    def residual_variance(self) -> float:
        """The variance within people, where the structure has one (else NaN)."""
        by_wave = self.solution.products.structure.by_wave
        return float("nan") if by_wave else float(self.solution.residual_variance[0])

    @property
    def random_covariance(self) -> np.ndarray:
        """The covariance of random effects (q x q; slope in the time given), or of the waves (T x T)."""
        structure, psi = self.solution.products.structure, self.solution.psi[0]
        return structure.in_time(psi) if isinstance(structure, Slope) else psi

    @property
    def variance_components(self) -> dict[str, float]:
        """Name to variance or covariance: of random effects and the residual, or of the waves by their
        code.
        """
        held = self.random_covariance
        if self.solution.products.structure.by_wave:
            places = [(row, column) for row in range(len(held)) for column in range(row + 1)]
            return {
                f"{self.waves[row]}, {self.waves[column]}": float(held[row, column]) for row, column in places
            }
        found = {"intercept": float(held[0, 0])}
        if len(held) > 1:
            found |= {"slope": float(held[1, 1]), "intercept, slope": float(held[0, 1])}
        return found | {"residual": self.residual_variance}

    @cached_property
    def over_waves(self) -> np.ndarray:
        """The covariance of scores over the waves that have one (T x T), all sources of variance together."""
        if self.solution.products.structure.by_wave:
            return self.random_covariance
        if self.rows.wave is None:
            raise ValueError("a covariance over waves needs the wave of each row")
        first = np.unique(self.rows.wave, return_index=True)[1]
        held = loadings_of(self.rows, self.solution)[first]
        inner = held @ self.solution.psi[0] @ held.T
        return inner + self.residual_variance * np.eye(len(first))

    @property
    def explained(self) -> Explained:
        """Marginal and conditional R2 and the intraclass correlation."""
        return explained(self.rows, self.solution, self.weights)

    @cached_property
    def coefficients(self) -> dict[str, float]:
        """Term to coefficient, the kept terms only."""
        basis = self.solution.products.basis
        values = basis.inverse @ self.solution.coefficients[0]
        kept = [term for term, there in zip(basis.terms, basis.kept, strict=True) if there]
        return dict(zip(kept, map(float, values), strict=True))

    @cached_property
    def covariance(self) -> np.ndarray:
        """The covariance of the kept coefficients by the model, (X'V^-1 X)^-1."""
        inverse = self.solution.products.basis.inverse
        return inverse @ self.solution.covariance[0] @ inverse.T

    @cached_property
    def sandwich(self) -> Robust:
        """The cluster-robust (CR2) covariance of the coefficients."""
        return robust(self.rows, self.solution, weights=self.weights)

    @cached_property
    def inference(self) -> Inference:
        """What the curvature of the likelihood says."""
        return Inference(self.solution)

    def test(self, weights: np.ndarray, df_method: DfMethod | None = None) -> Test:
        """Return the test of ``weights`` (terms,) or, jointly, (contrasts, terms), of all terms.

        Not estimable: the weights on dropped terms do not follow from those on kept ones, or the standard
        error or df come out as 0. Of joint contrasts those that follow from earlier ones are left out, as in
        lmerTest. Joint tests of a cluster-robust fit are not available (ValueError).
        """
        if not self.solved:
            return self._none(self.status)
        contrasts = np.atleast_2d(np.asarray(weights, dtype=float))
        if contrasts.shape[-1] != len(self.rows.terms) or not np.isfinite(contrasts).all():
            raise ValueError("a contrast needs a finite weight for each term")
        held = self.solution.products.basis.estimable(contrasts)
        if held is None:
            return self._none("not estimable: confounded with another term")
        held = held[independent(held.T)]
        if not len(held):
            return self._none("not estimable: all weights are 0")
        method = self.df_method if df_method in (None, "auto") else str(df_method)
        if self.robust:
            if len(held) > 1:
                raise ValueError("a cluster-robust fit has tests of single contrasts only")
            return self._robust(held)
        return self._read(self._tested(held, method), len(held), NAMES[method])

    def _tested(self, held: np.ndarray, method: str) -> Tested:
        if method == "kenward-roger":
            return self.inference.kenward_roger(held)
        return self.inference.satterthwaite(held)

    def _read(self, found: Tested, parts: int, name: str) -> Test:
        estimate, std_error, df = found.estimate[0], found.std_error[0], float(found.df[0])
        if not (df > 0 and (std_error > 0).all()):
            return self._none(UNSURE)
        scaled = df > FEWEST and found.factor[0] > LEAST_FACTOR
        if parts > 1 and name == NAMES["kenward-roger"] and not scaled:
            return self._none(TOO_FEW)
        statistic = float(estimate[0] / std_error[0]) if parts == 1 else float(found.statistic[0])
        p_value = 2 * t.sf(abs(statistic), df) if parts == 1 else f_distribution.sf(statistic, parts, df)
        return Test(estimate, std_error, statistic, df, name, float(p_value), self.status, parts)

    def _robust(self, held: np.ndarray) -> Test:
        std_error, df = self.sandwich.std_error(held[0]), self.sandwich.df(held[0])
        by_model = float(np.sqrt(held[0] @ self.solution.covariance[0] @ held[0]))
        if std_error < SATURATED * by_model:
            return self._none(UNSURE)
        found = Tested(
            held @ self.solution.coefficients.T,
            np.array([[std_error]]),
            np.zeros(1),
            np.array([df]),
            np.ones(1),
        )
        return self._read(found, 1, NAMES["cr2"])

    def _none(self, status: str) -> Test:
        nan = np.array([np.nan])
        return Test(nan, nan, np.nan, np.nan, self.df_name, np.nan, status)

    def critical(self, contrasts: np.ndarray, df: float, confidence: float = 0.95) -> float:
        """Return the factor of the standard errors of ``contrasts`` at which all intervals hold together.

        ``contrasts`` is (contrasts, terms), all estimable; ``df`` the smallest of theirs.
        """
        held = self.solution.products.basis.estimable(contrasts)
        if held is None:
            raise ValueError("a contrast cannot be estimated")
        of_coefficients = self.sandwich.covariance if self.robust else self.solution.covariance[0]
        covariance = held @ of_coefficients @ held.T
        size = np.sqrt(np.diag(covariance))
        return critical(covariance / np.outer(size, size), df, confidence)
