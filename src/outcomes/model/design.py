"""Which scores and which design matrix does the model of an outcome have?

In: scores, people. Out: the rows of one outcome (a score each) and a full-rank matrix, coded by hand: wave x
SES in treatment coding (first wave and high SES are the reference), then a dummy for each other level of each
covariate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.study.stages import Modelling

REFERENCE, FOCAL = "high", "low"
"""The SES groups that are compared: focal minus reference."""

UNKNOWN = "unknown"
"""The third SES group, and the level of a covariate for people whose value is missing."""

DEPENDENT = 1e-8
"""A column depends on earlier ones where their projection leaves less than this share of its length."""


def groups_of(people: pd.DataFrame, part: Modelling) -> tuple[str, ...]:
    """Return the SES groups of the model, reference first; `unknown` where declared and present."""
    members = people[people["in_population"].astype(bool)]
    third = part.model.ses_unknown == "third_level" and (members["ses"] == UNKNOWN).any()
    return (REFERENCE, FOCAL, UNKNOWN) if third else (REFERENCE, FOCAL)


def scored(outcome: str, scores: pd.DataFrame, people: pd.DataFrame, part: Modelling) -> pd.DataFrame:
    """Return person, wave, score, ses and covariates of ``outcome``, sorted by person and wave.

    A row is a score that is there, of a person of the population and a wave that asks the outcome. A
    covariate that is missing, or none of the declared levels, is the level `unknown`.
    """
    asked = part.outcomes[outcome].waves
    there = (scores["outcome"] == outcome) & scores["wave"].isin(asked) & scores["score"].notna()
    attributes = people.loc[people["in_population"].astype(bool), ["person", "ses", *part.covariates]]
    for name, levels in part.covariates.items():
        attributes[name] = attributes[name].where(attributes[name].isin(levels), UNKNOWN)
    rows = scores.loc[there, ["person", "wave", "score"]].merge(attributes, on="person", how="inner")
    order = rows["wave"].map({wave: place for place, wave in enumerate(asked)})
    return rows.assign(order=order).sort_values(["person", "order"], ignore_index=True).drop(columns="order")


def dummies(rows: pd.DataFrame, covariates: Mapping[str, tuple[str, ...]]) -> dict[str, np.ndarray]:
    """Return a 0/1 column for each level of each covariate that ``rows`` hold, but for the first one held."""
    columns: dict[str, np.ndarray] = {}
    for name, levels in covariates.items():
        held = [level for level in dict.fromkeys((*levels, UNKNOWN)) if (rows[name] == level).any()]
        columns |= {f"{name}={level}": _indicator(rows[name], level) for level in held[1:]}
    return columns


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
class Design:
    """A full-rank design matrix (rows x kept terms) and how each dropped term is made of the kept ones."""

    matrix: np.ndarray
    terms: tuple[str, ...]
    kept: np.ndarray
    aliases: np.ndarray
    """Kept x dropped: each dropped column as a combination of the kept ones."""

    @classmethod
    def of(
        cls,
        rows: pd.DataFrame,
        waves: tuple[str, ...],
        groups: tuple[str, ...],
        covariates: Mapping[str, tuple[str, ...]],
    ) -> Design:
        """Return the design of ``rows`` for wave x SES and ``covariates`` (name to levels, reference first).

        ``waves`` and ``groups`` begin with the reference.
        """
        columns = {"intercept": np.ones(len(rows))}
        columns |= {f"wave={wave}": _indicator(rows["wave"], wave) for wave in waves[1:]}
        columns |= {f"ses={group}": _indicator(rows["ses"], group) for group in groups[1:]}
        for wave in waves[1:]:
            for group in groups[1:]:
                columns[f"wave={wave}:ses={group}"] = columns[f"wave={wave}"] * columns[f"ses={group}"]
        columns |= dummies(rows, covariates)
        full = np.column_stack(list(columns.values()))
        kept = independent(full)
        aliases = np.linalg.lstsq(full[:, kept], full[:, ~kept], rcond=None)[0]
        return cls(full[:, kept], tuple(columns), kept, aliases)

    @property
    def dropped(self) -> tuple[str, ...]:
        """The terms that depend on earlier ones (or on no score at all) and are left out."""
        return tuple(term for term, kept in zip(self.terms, self.kept, strict=True) if not kept)

    def cell(self, group: str, wave: str) -> np.ndarray:
        """Return the weights of all terms that make the mean of a cell, covariates at their reference."""
        of_cell = {"intercept", f"wave={wave}", f"ses={group}", f"wave={wave}:ses={group}"}
        return np.array([float(term in of_cell) for term in self.terms])

    def estimable(self, weights: np.ndarray) -> np.ndarray | None:
        """Return ``weights`` (of all terms) as weights of the kept ones; None where the data can't tell.

        A combination can be estimated if and only if its weights lie in the row space of the full matrix
        (Searle 1971, Linear Models, 5.4): the weights of the dropped terms must be those that their aliases
        imply.
        """
        of_kept = weights[self.kept]
        return of_kept if np.allclose(weights[~self.kept], of_kept @ self.aliases, atol=1e-6) else None


def _indicator(values: pd.Series, level: str) -> np.ndarray:
    return (values == level).to_numpy(dtype=float, na_value=0.0)
