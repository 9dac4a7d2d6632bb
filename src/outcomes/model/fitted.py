"""What does the model of one outcome say of a combination of its cells?

In: scores, people. Out: `Fitted`, one an outcome and set of covariates, which answers with an `Estimate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from outcomes.mixed import Fit, Rows, fit
from outcomes.model.design import FOCAL, REFERENCE, Cell, Design, cells_of, scored
from outcomes.model.estimates import Estimate
from outcomes.model.standardised import Spread
from outcomes.study.stages import Modelled, Modelling

FEWEST = 2
"""Fewest people of a group behind an estimate: one person has no spread."""

NOTHING = "not estimable: no more scores than coefficients"
"""The status where nobody has a score."""


@dataclass(frozen=True)
class Fitted:
    """The model of one outcome, with or without covariates, and the scores behind it."""

    name: str
    outcome: Modelled
    adjusted: bool
    cells: tuple[Cell, ...]
    """The groups of the model, the reference first."""
    baseline: str
    """The study's first wave."""
    rows: pd.DataFrame
    design: Design
    fit: Fit | None
    """None where there is no score at all."""

    @property
    def solved(self) -> bool:
        """Whether there are estimates."""
        return self.fit is not None and self.fit.solved

    @property
    def status(self) -> str:
        """The status of the fit: `ok`, `boundary`, or what failed."""
        return self.fit.status if self.fit is not None else NOTHING

    @property
    def structure(self) -> str:
        """The covariance within a person, as it was fitted."""
        return self.fit.structure if self.fit is not None else "none"

    @property
    def df_method(self) -> str:
        """How degrees of freedom are found."""
        return self.fit.df_name if self.fit is not None else "none"

    @property
    def later_waves(self) -> tuple[str, ...]:
        """The waves to which a gain can be told; none where the outcome is not asked at the baseline."""
        return self.outcome.waves[1:] if self.outcome.waves[0] == self.baseline else ()

    @cached_property
    def answered(self) -> dict[tuple[str, str], set[str]]:
        """Cell and wave to the people who have a score there."""
        cells = self.rows.groupby(["cell", "wave"])["person"]
        return {(str(cell), str(wave)): set(people) for (cell, wave), people in cells}

    def people(self, cell: Cell, *waves: str) -> int:
        """Return how many people of ``cell`` have a score at each of ``waves``."""
        return len(set.intersection(*(self.answered.get((cell.name, wave), set()) for wave in waves)))

    @cached_property
    def baseline_spread(self) -> Spread | None:
        """The SD at the baseline, pooled within low and high SES (of both arms), and its df."""
        at_baseline = self.rows[self.rows["wave"] == self.baseline]
        of_groups = [
            at_baseline.loc[at_baseline["cell"] == cell.name, "score"] for cell in compared(self.cells)
        ]
        df = sum(max(len(scores) - 1, 0) for scores in of_groups)
        squares = sum(float(((scores - scores.mean()) ** 2).sum()) for scores in of_groups)
        return (float(np.sqrt(squares / df)), df) if squares > 0 else None

    def estimate(self, weights: np.ndarray, fewest: int) -> Estimate:
        """Return the combination of all terms by ``weights``; ``fewest`` is the smallest group behind it."""
        if self.fit is None or not self.fit.solved:
            return self._none(self.status)
        if fewest < FEWEST:
            return self._none(f"not estimable: fewer than {FEWEST} people of a group")
        test = self.fit.test(weights)
        if not test.estimable:
            return self._none(test.status)
        return Estimate(
            float(test.estimate[0]), float(test.std_error[0]), self.status, test.df, test.df_method
        )

    def critical(self, weights: np.ndarray, df: float, confidence: float) -> float:
        """Return the factor of standard errors at which intervals of all ``weights`` (k x terms) hold."""
        if self.fit is None:
            raise ValueError(NOTHING)
        return self.fit.critical(weights, df, confidence)

    def _none(self, status: str) -> Estimate:
        return Estimate(None, None, status, None, self.df_method)


def compared(cells: tuple[Cell, ...]) -> list[Cell]:
    """Return the cells of low and high SES."""
    return [cell for group in (FOCAL, REFERENCE) for cell in cells if cell.group == group]


def models(scores: pd.DataFrame, people: pd.DataFrame, part: Modelling, adjusted: bool) -> Iterator[Fitted]:
    """Yield the model of each outcome but shares, in the study's order."""
    cells = cells_of(people, part)
    names, column = tuple(cell.name for cell in cells), "cell" if part.has_comparison else "ses"
    covariates = {name: part.covariates[name] for name in part.model.covariates} if adjusted else {}
    for name, outcome in part.outcomes.items():
        if outcome.is_share:
            continue
        rows = scored(name, scores, people, part)
        rows = rows[rows["cell"].isin(names)].reset_index(drop=True)
        design = Design.of(rows, outcome.waves, names, covariates, column)
        of_cell = rows.groupby("cell")["person"].nunique()
        smallest = min(int(of_cell.get(cell.name, 0)) for cell in compared(cells))
        found = fit_outcome(rows, design, outcome, part, smallest)
        yield Fitted(name, outcome, adjusted, cells, part.waves[0], rows, design, found)


def fit_outcome(
    rows: pd.DataFrame, design: Design, outcome: Modelled, part: Modelling, smallest: int
) -> Fit | None:
    """Return the REML fit of one outcome with the covariance that the study declares for it.

    ``smallest`` is the number of people in the smallest of the groups that are compared. The times of a slope
    are months since the study's first wave, or waves counted.
    """
    if rows.empty:
        return None
    wave = rows["wave"].map({wave: place for place, wave in enumerate(outcome.waves)}).to_numpy(dtype=int)
    months = dict(zip(part.waves, part.months, strict=True))
    times = np.array([months[each] - part.months[0] for each in outcome.waves])
    if part.model.time == "wave":
        times = np.array([float(part.waves.index(each)) for each in outcome.waves])
    given = Rows.of(
        rows["score"].to_numpy(dtype=float), design.matrix, pd.factorize(rows["person"])[0],
        terms=design.terms, wave=wave, time=times[wave],
    )  # fmt: skip
    return fit(given, outcome.structure, "REML", part.model.df, smallest)
