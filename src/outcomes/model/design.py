"""Which scores and which design matrix does the model of an outcome have?

In: scores, people. Out: the rows of one outcome (a score each) and a matrix, coded by hand: wave x SES in
treatment coding (first wave and high SES are the reference), then a dummy for each other level of each
covariate. With a comparison arm the groups are the cells of SES x arm; wave x cell spans the same means as
wave x SES x arm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.columns import ARMS
from outcomes.mixed import Grid
from outcomes.study.stages import Modelling

REFERENCE, FOCAL = "high", "low"
"""The SES groups that are compared: focal minus reference."""

UNKNOWN = "unknown"
"""The third SES group, and the level of a covariate for people whose value is missing."""


MENTORED, COMPARISON = ARMS
"""The arms; a cell has the arm "" in a study without a comparison group."""


class Cell(NamedTuple):
    """A group of the model: an SES group, and its arm where there is a comparison group."""

    group: str
    arm: str = ""

    @property
    def name(self) -> str:
        """What the rows and the design call it."""
        return f"{self.group} {self.arm}" if self.arm else self.group


def own_arm(part: Modelling) -> str:
    """Return the arm that claims are about unless they say otherwise: the mentored."""
    return MENTORED if part.has_comparison else ""


def groups_of(people: pd.DataFrame, part: Modelling) -> tuple[str, ...]:
    """Return the SES groups of the model, reference first; `unknown` where declared and present."""
    members = people[people["in_population"].astype(bool)]
    third = part.model.ses_unknown == "third_level" and (members["ses"] == UNKNOWN).any()
    return (REFERENCE, FOCAL, UNKNOWN) if third else (REFERENCE, FOCAL)


def cells_of(people: pd.DataFrame, part: Modelling) -> tuple[Cell, ...]:
    """Return the groups of the model, the reference first: SES groups, by arm if there is a comparison.

    People of unknown SES make a cell of an arm only where there are any.
    """
    groups = groups_of(people, part)
    if not part.has_comparison:
        return tuple(Cell(group) for group in groups)
    members = people[people["in_population"].astype(bool)]
    unknown = set(members.loc[members["ses"] == UNKNOWN, "arm"])
    return tuple(Cell(group, arm) for arm in ARMS for group in groups if group != UNKNOWN or arm in unknown)


def mentored(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the mentored: all of them without a comparison arm."""
    return rows[(rows["arm"] != COMPARISON).to_numpy(dtype=bool, na_value=True)]


def scored(outcome: str, scores: pd.DataFrame, people: pd.DataFrame, part: Modelling) -> pd.DataFrame:
    """Return person, wave, score, ses, arm, cell and covariates of ``outcome``, by person and wave.

    The arm is "" without a comparison group; `cell` is the name of the `Cell`. A row is a score that is
    there, of a person of the population and a wave that asks the outcome. A covariate that is missing, or
    none of the declared levels, is the level `unknown`. People stand as in ``people``: names, which may be
    pseudonyms, decide no order.
    """
    asked = part.outcomes[outcome].waves
    there = (scores["outcome"] == outcome) & scores["wave"].isin(asked) & scores["score"].notna()
    arm = people["arm"] if part.has_comparison else ""
    attributes = people.loc[people["in_population"].astype(bool)].assign(arm=arm)
    attributes = attributes[["person", "ses", "arm", *part.covariates]].assign(place=range(len(attributes)))
    attributes["cell"] = attributes["ses"] + (" " + attributes["arm"] if part.has_comparison else "")
    for name, levels in part.covariates.items():
        attributes[name] = attributes[name].where(attributes[name].isin(levels), UNKNOWN)
    rows = scores.loc[there, ["person", "wave", "score"]].merge(attributes, on="person", how="inner")
    order = rows["wave"].map({wave: place for place, wave in enumerate(asked)})
    in_order = rows.assign(order=order).sort_values(["place", "order"], ignore_index=True)
    return in_order.drop(columns=["place", "order"])


def dummies(rows: pd.DataFrame, covariates: Mapping[str, tuple[str, ...]]) -> dict[str, np.ndarray]:
    """Return a 0/1 column for each level of each covariate that ``rows`` hold, but for the first one held."""
    columns: dict[str, np.ndarray] = {}
    for name, levels in covariates.items():
        held = [level for level in dict.fromkeys((*levels, UNKNOWN)) if (rows[name] == level).any()]
        columns |= {f"{name}={level}": _indicator(rows[name], level) for level in held[1:]}
    return columns


@dataclass(frozen=True)
class Design:
    """A design matrix (rows x terms): wave x SES, then covariates. The engine finds dependent columns."""

    matrix: np.ndarray
    terms: tuple[str, ...]
    grid: Grid

    @classmethod
    def of(
        cls,
        rows: pd.DataFrame,
        waves: tuple[str, ...],
        groups: tuple[str, ...],
        covariates: Mapping[str, tuple[str, ...]],
        column: str = "ses",
    ) -> Design:
        """Return the design of ``rows`` for wave x SES and ``covariates`` (name to levels, reference first).

        ``waves`` and ``groups`` begin with the reference; ``column`` of ``rows`` holds the groups.
        """
        grid, held = Grid(waves, groups, column), dummies(rows, covariates)
        cells = grid.columns(_codes(rows["wave"], waves), _codes(rows[column], groups))
        return cls(np.column_stack([cells, *held.values()]), (*grid.terms, *held), grid)

    def cell(self, group: str, wave: str) -> np.ndarray:
        """Return the weights of all terms that make the mean of a cell, covariates at their reference."""
        return self._padded(self.grid.cell(group, wave))

    def gain(self, group: str, wave: str) -> np.ndarray:
        """Return the weights of the gain of ``group`` from the outcome's first wave to ``wave``."""
        return self._padded(self.grid.gain(group, wave))

    def _padded(self, weights: np.ndarray) -> np.ndarray:
        return np.concatenate([weights, np.zeros(len(self.terms) - len(weights))])


def _codes(values: pd.Series, levels: tuple[str, ...]) -> np.ndarray:
    return values.map({level: place for place, level in enumerate(levels)}).to_numpy(dtype=int)


def _indicator(values: pd.Series, level: str) -> np.ndarray:
    return (values == level).to_numpy(dtype=float, na_value=0.0)
