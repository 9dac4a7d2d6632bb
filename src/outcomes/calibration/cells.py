"""How often is a true null called significant, and how often does an interval hold the truth?

In: cells (people a group, how scores hang together, the true gap, the model fitted). Out: counts by cell,
fitted structure and df method, and which of them lie in their gates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from outcomes.calibration.cohorts import Population
from outcomes.calibration.fitting import fitted
from outcomes.calibration.gates import Gate, Rate
from outcomes.mixed import StructureName

ALPHA = 0.05
"""Two-sided level; intervals are at one less it."""
PEOPLE = (10, 20, 60, 250)
ICCS = (0.2, 0.5, 0.8)
TRUE_GAP = 0.3
"""The gap that coverage is counted at, in baseline SDs."""
GENERATED: dict[str, StructureName] = {
    "person intercept": "intercept", "unequal and decaying": "unstructured"
}  # fmt: skip
"""What generates the scores to the model that is right for it."""
SMALL = 20
"""People a group from which the narrower gates apply."""
SLOPE_SD = 0.5
WRONG_PEOPLE = 60
WRONG_TIMES = 10
"""How many times more cohorts the wrong model gets: its excess is about two percentage points."""

GATES = {"type-I error": Gate(0.04, 0.06), "coverage": Gate(0.94, 0.96)}
WIDE_GATES = {"type-I error": Gate(0.025, 0.075), "coverage": Gate(0.925, 0.975)}
HARM = Gate(0.065, beyond=True)


@dataclass(frozen=True)
class Cell:
    """Cohorts of one population, each fitted with one or several structures."""

    population: Population
    fits: tuple[StructureName, ...]
    times: int = 1
    """How many times the asked number of cohorts it takes."""

    @property
    def label(self) -> str:
        """The cell in words."""
        of = self.population
        return f"{of.structure} {of.level:g}, {of.people} a group, gap {of.gaps[0]:g}"

    def run(self, seeds: Sequence[np.random.SeedSequence], first: int = 0) -> pd.DataFrame:
        """Return the table of `fitted` for the cohorts of ``seeds``, numbered from ``first``, with events.

        `significant`: p for no gap below 5 %; `covered`: the 95 % interval holds the true gap.
        """
        cohorts = [self.population.cohort(seed)[0] for seed in seeds]
        tables = [fitted(cohorts, structure).assign(fitted=structure) for structure in self.fits]
        table = pd.concat(tables, ignore_index=True)
        truth = self.population.gaps[0] * self.population.unit
        half = t.ppf(1 - ALPHA / 2, table["df"]) * table["std_error"]
        return table.assign(
            cohort=first + table["fit"], miss=table["estimate"] - truth,
            significant=table["estimate"].abs() > half, covered=(table["estimate"] - truth).abs() <= half,
        )  # fmt: skip


def own_cells() -> list[Cell]:
    """Return the cells in which the fitted model is the one that generates, without and with a gap."""
    return [
        Cell(Population(people, structure, icc, (gap,)), (model,))
        for (structure, model), icc, people, gap in product(GENERATED.items(), ICCS, PEOPLE, (0.0, TRUE_GAP))
    ]


def wrong_cell() -> Cell:
    """Return the cell in which a person intercept alone is wrong, as the slopes of people differ."""
    population = Population(WRONG_PEOPLE, "random slope", SLOPE_SD)
    return Cell(population, ("intercept", "unstructured"), WRONG_TIMES)


class Line(NamedTuple):
    """What was counted in a cell by one fitted structure and df method."""

    cell: Cell
    fitted: str
    asked: str
    event: str
    """Type-I error where there is no gap, coverage of the true gap where there is one."""
    rate: Rate
    miss: float
    """Mean estimate less the truth, in its Monte-Carlo errors."""
    df: float
    """Median degrees of freedom."""
    boundary: int
    """Cohorts whose variance between people is 0; they stay in."""
    fell_back: int
    """Cohorts whose fit was given up for a fall-back, which counts in its place."""
    none: int
    """Cohorts without any estimate, which are left out of the rate."""
    left: float
    """Share of people without a score at the last wave."""


def lines(cell: Cell, table: pd.DataFrame) -> Iterator[Line]:
    """Yield what was counted in ``table``, which is that of ``cell``."""
    event = "coverage" if cell.population.gaps[0] else "type-I error"
    for (structure, asked), rows in table.groupby(["fitted", "asked"], sort=False):
        there = rows[rows["std_error"].notna()]
        miss = there["miss"].to_numpy()
        hits = int(there["covered" if event == "coverage" else "significant"].sum())
        rate = Rate(hits, len(there), gate(cell, str(structure), event))
        yield Line(
            cell, str(structure), str(asked), event, rate,
            float(miss.mean() / (miss.std(ddof=1) / np.sqrt(len(miss)))), float(there["df"].median()),
            int((rows["status"] == "boundary").sum()), int((rows["fall_back"] != "").sum()),
            len(rows) - len(there), float(rows["left"].mean()),
        )  # fmt: skip


def gate(cell: Cell, structure: str, event: str) -> Gate:
    """Return where the rate of ``event`` must lie."""
    if cell.population.structure not in GENERATED and structure == "intercept":
        return HARM
    return (GATES if cell.population.people >= SMALL else WIDE_GATES)[event]


def given_up(named: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Return the cohorts whose fit was given up or has no estimate, by cell label: which, and why."""
    tables = [
        table[(table["fall_back"] != "") | table["std_error"].isna()].assign(cell=label)
        for label, table in named
    ]
    found = pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)
    found["why"] = found["fall_back"].where(found["fall_back"] != "", found["status"])
    return found.drop_duplicates(["cell", "cohort", "why"])[["cell", "cohort", "why", "df_method"]]
