"""Which gaps in gains decide, and what are the p values of a family after their adjustment?

In: contrasts. Out: the gaps of the primary model by outcome, wave, pair of groups and arm, adjusted p values,
and contrasts with p_adjusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
from statsmodels.stats.multitest import multipletests

from outcomes.columns import BETWEEN_ARMS
from outcomes.model.design import own_arm
from outcomes.model.estimates import Row
from outcomes.study import Equivalence, Floor, Hypothesis, NonInferiority, Superiority
from outcomes.study.stages import Modelling

Place = tuple[str, str, str, str]
"""Outcome, wave, pair of groups and arm, as contrasts names them; the arm is "" without a comparison."""

Test = tuple[str, str]
"""Hypothesis and outcome, or `all` where the hypothesis is one test."""

METHODS = {"confirmatory": "holm", "exploratory": "fdr_bh"}
"""Purpose of a family to its adjustment: Holm (1979, Scand J Stat 6:65), or Benjamini & Hochberg (1995, doi
10.1111/j.2517-6161.1995.tb02031.x)."""


def arm_of(claim: Hypothesis, part: Modelling) -> str:
    """Return the arm of which a hypothesis speaks: the mentored, or their difference from the others."""
    if not isinstance(claim, Floor) and claim.estimand == "effect_gap":
        return BETWEEN_ARMS
    return own_arm(part)


def places(claim: Superiority | NonInferiority | Equivalence, part: Modelling) -> list[Place]:
    """Return where a hypothesis about gains is decided: each of its outcomes, at its one wave."""
    return [(outcome, str(claim.wave), claim.pair, arm_of(claim, part)) for outcome in claim.outcomes]


def places_in(table: pd.DataFrame) -> list[Place]:
    """Return the place of each row of a table with the columns outcome, wave, group and arm."""
    return list(zip(table["outcome"], table["wave"], table["group"], table["arm"].fillna(""), strict=True))


@dataclass(frozen=True)
class Gap:
    """A gap in gains that could be estimated, focal minus reference group in scale points."""

    estimate: float
    std_error: float
    df: float | None
    """Degrees of freedom of t; None where the statistic is referred to the normal."""
    p_value: float
    """Two-sided p for no gap."""


def is_primary(contrasts: pd.DataFrame, part: Modelling) -> pd.Series:
    """Say which rows are gaps or gaps in effects of the primary model: adjusted, if it has covariates."""
    of_gains = contrasts["contrast"].isin(["gap", "effect_gap"])
    return of_gains & (contrasts["adjusted"] == bool(part.model.covariates))


def primary_rows(contrasts: pd.DataFrame, part: Modelling) -> dict[Place, Row]:
    """Return the rows of the primary gaps by outcome, wave, pair and arm."""
    rows = contrasts[is_primary(contrasts, part)]
    return {
        place: {str(name): cell for name, cell in row.items()}
        for place, row in zip(places_in(rows), rows.to_dict("records"), strict=True)
    }


def estimated(rows: dict[Place, Row]) -> dict[Place, Gap]:
    """Return those of the primary gaps that have an estimate."""
    return {
        place: Gap(
            row["estimate"], row["std_error"], None if pd.isna(row["df"]) else row["df"], row["p_value"]
        )
        for place, row in rows.items()
        if pd.notna(row["estimate"])
    }


def adjusted(tests: Mapping[Test, float | None], part: Modelling) -> dict[Test, float]:
    """Return each test's p after the adjustment within its hypothesis's family.

    Holm decides in a confirmatory family and Benjamini-Hochberg in an exploratory one. A test without a p
    counts with p = 1, so that a failed fit never makes the others easier to pass.
    """
    members: dict[str, list[Test]] = {}
    for test in tests:
        members.setdefault(part.hypotheses[test[0]].family, []).append(test)
    found: dict[Test, float] = {}
    for family, of_family in members.items():
        raw = [1.0 if (p := tests[test]) is None else p for test in of_family]
        corrected = multipletests(raw, method=METHODS[part.families[family].purpose])[1]
        found |= {test: float(p) for test, p in zip(of_family, corrected, strict=True)}
    return found


def sizes(part: Modelling) -> dict[str, int]:
    """Return how many outcomes the hypotheses of each family judge, over which Bonferroni's limits hold."""
    counts = dict.fromkeys(part.families, 0)
    for claim in part.hypotheses.values():
        counts[claim.family] += len(claim.outcomes)
    return counts


def with_adjusted(contrasts: pd.DataFrame, verdicts: Iterable[Row], part: Modelling) -> pd.DataFrame:
    """Return ``contrasts`` with p_adjusted on the primary gaps that decide a superiority hypothesis.

    A gap that two families claim carries the larger p; a gap without an estimate carries none.
    """
    largest: dict[Place, float] = {}
    for row in verdicts:
        if row["kind"] == "superiority" and row.get("p_adjusted") is not None:
            place = (row["outcome"], row["wave"], row["group"], row.get("arm") or "")
            largest[place] = max(row["p_adjusted"], largest.get(place, 0.0))
    found = [
        largest.get(place) if primary else None
        for place, primary in zip(places_in(contrasts), is_primary(contrasts, part), strict=True)
    ]
    return contrasts.assign(p_adjusted=pd.Series(found, index=contrasts.index, dtype="float64"))
