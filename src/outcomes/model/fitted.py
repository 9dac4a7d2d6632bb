"""What does the model of one outcome say of a combination of its cells?

In: scores, people. Out: `Fitted`, one an outcome and set of covariates, which answers with an `Estimate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from outcomes.model.design import FOCAL, REFERENCE, Design, groups_of, scored
from outcomes.model.estimates import Estimate, Fit
from outcomes.model.intercept import fit
from outcomes.model.standardised import Spread
from outcomes.study.stages import Modelled, Modelling

FEWEST = 2
"""Fewest people of a group behind an estimate: one person has no spread."""


@dataclass(frozen=True)
class Fitted:
    """The model of one outcome, with or without covariates, and the scores behind it."""

    name: str
    outcome: Modelled
    adjusted: bool
    groups: tuple[str, ...]
    baseline: str
    """The study's first wave."""
    rows: pd.DataFrame
    design: Design
    fit: Fit

    @property
    def later_waves(self) -> tuple[str, ...]:
        """The waves to which a gain can be told; none where the outcome is not asked at the baseline."""
        return self.outcome.waves[1:] if self.outcome.waves[0] == self.baseline else ()

    @cached_property
    def answered(self) -> dict[tuple[str, str], set[str]]:
        """Group and wave to the people who have a score there."""
        cells = self.rows.groupby(["ses", "wave"])["person"]
        return {(str(group), str(wave)): set(people) for (group, wave), people in cells}

    def people(self, group: str, *waves: str) -> int:
        """Return how many people of ``group`` have a score at each of ``waves``."""
        return len(set.intersection(*(self.answered.get((group, wave), set()) for wave in waves)))

    @cached_property
    def baseline_spread(self) -> Spread | None:
        """The pooled SD within low and high SES at the baseline, and its degrees of freedom."""
        at_baseline = self.rows[self.rows["wave"] == self.baseline]
        of_groups = [at_baseline.loc[at_baseline["ses"] == group, "score"] for group in (FOCAL, REFERENCE)]
        df = sum(max(len(scores) - 1, 0) for scores in of_groups)
        squares = sum(float(((scores - scores.mean()) ** 2).sum()) for scores in of_groups)
        return (float(np.sqrt(squares / df)), df) if squares > 0 else None

    def estimate(self, weights: np.ndarray, fewest: int) -> Estimate:
        """Return the combination of all terms by ``weights``; ``fewest`` is the smallest group behind it."""
        if not self.fit.solved:
            return self._none(self.fit.status)
        if fewest < FEWEST:
            return self._none(f"not estimable: fewer than {FEWEST} people of a group")
        of_kept = self.design.estimable(weights)
        if of_kept is None:
            return self._none("not estimable: confounded with another term")
        estimate, std_error, df = self.fit.contrast(of_kept)
        return Estimate(estimate, std_error, self.fit.status, df, self.fit.df_method)

    def correlation(self, weights: np.ndarray) -> np.ndarray:
        """Return the correlation (k x k) of combinations of all terms that can be estimated (k x terms)."""
        covariance = self.fit.covariance(weights[:, self.design.kept])
        errors = np.sqrt(np.diag(covariance))
        return covariance / np.outer(errors, errors)

    def _none(self, status: str) -> Estimate:
        return Estimate(None, None, status, None, self.fit.df_method)


def models(scores: pd.DataFrame, people: pd.DataFrame, part: Modelling, adjusted: bool) -> Iterator[Fitted]:
    """Yield the model of each outcome but shares, in the study's order."""
    groups = groups_of(people, part)
    covariates = {name: part.covariates[name] for name in part.model.covariates} if adjusted else {}
    for name, outcome in part.outcomes.items():
        if outcome.is_share:
            continue
        rows = scored(name, scores, people, part)
        rows = rows[rows["ses"].isin(groups)].reset_index(drop=True)
        design = Design.of(rows, outcome.waves, groups, covariates)
        solution = fit(rows["score"].to_numpy(dtype=float), design.matrix, pd.factorize(rows["person"])[0])
        yield Fitted(name, outcome, adjusted, groups, part.waves[0], rows, design, solution)
