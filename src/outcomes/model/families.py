"""Which gaps in gains decide, and what are their p values within their family?

In: contrasts. Out: the gaps of the primary model by outcome and wave, and contrasts with p_adjusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from statsmodels.stats.multitest import multipletests

from outcomes.model.contrasts import Row
from outcomes.study import NonInferiority, Superiority
from outcomes.study.stages import Modelling

Place = tuple[str, str]
"""Outcome and wave."""


def places(claim: Superiority | NonInferiority) -> list[Place]:
    """Return where a hypothesis about gains is decided: each of its outcomes, at its one wave."""
    return [(outcome, str(claim.wave)) for outcome in claim.outcomes]


@dataclass(frozen=True)
class Gap:
    """A gap in gains that could be estimated, low minus high SES in scale points."""

    estimate: float
    std_error: float
    p_value: float


def is_primary(contrasts: pd.DataFrame, part: Modelling) -> pd.Series:
    """Say which rows are gaps of the primary model: adjusted, if the study names covariates."""
    return (contrasts["contrast"] == "gap") & (contrasts["adjusted"] == bool(part.model.covariates))


def primary_rows(contrasts: pd.DataFrame, part: Modelling) -> dict[Place, Row]:
    """Return the rows of the primary gaps by outcome and wave."""
    rows = contrasts[is_primary(contrasts, part)].to_dict("records")
    return {(row["outcome"], row["wave"]): {str(name): cell for name, cell in row.items()} for row in rows}


def estimated(rows: dict[Place, Row]) -> dict[Place, Gap]:
    """Return those of the primary gaps that have an estimate."""
    return {
        place: Gap(row["estimate"], row["std_error"], row["p_value"])
        for place, row in rows.items()
        if pd.notna(row["estimate"])
    }


def holm(gaps: dict[Place, Gap], part: Modelling) -> dict[str, dict[Place, float]]:
    """Return family to gap to its p after Holm (1979, Scand J Stat 6:65), over superiority hypotheses.

    A gap that could not be estimated still counts as a test of its family, with p = 1.
    """
    tests: dict[str, list[Place]] = {}
    for claim in part.hypotheses.values():
        if isinstance(claim, Superiority):
            of_family = tests.setdefault(claim.family, [])
            of_family += [place for place in places(claim) if place not in of_family]
    adjusted = {}
    for family, claimed in tests.items():
        raw = [gaps[place].p_value if place in gaps else 1.0 for place in claimed]
        corrected = multipletests(raw, method="holm")[1]
        adjusted[family] = {place: float(p) for place, p in zip(claimed, corrected, strict=True)}
    return adjusted


def with_holm(contrasts: pd.DataFrame, part: Modelling) -> pd.DataFrame:
    """Return ``contrasts`` with p_adjusted on the primary gaps that decide a superiority hypothesis.

    A gap that two families claim carries the larger p; a gap without an estimate carries none.
    """
    gaps = estimated(primary_rows(contrasts, part))
    largest: dict[Place, float] = {}
    for of_family in holm(gaps, part).values():
        largest |= {place: max(p, largest.get(place, 0.0)) for place, p in of_family.items() if place in gaps}
    found = [
        largest.get((outcome, wave)) if primary else None
        for outcome, wave, primary in zip(
            contrasts["outcome"], contrasts["wave"], is_primary(contrasts, part), strict=True
        )
    ]
    return contrasts.assign(p_adjusted=pd.Series(found, index=contrasts.index, dtype="float64"))
