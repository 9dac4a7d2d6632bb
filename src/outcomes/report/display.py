"""How does a release table read on the page: its title, headings and cells, and what must be said below it?

Columns that are empty, or the same text in every row, are said once below the table; two limits make one
column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import pandas as pd

from outcomes.columns import BETWEEN_ARMS
from outcomes.report.facts import EMPTY, SUPPRESSED, Facts, Row, listed, rows

TITLES = {
    "flow": "Who took part, step by step",
    "left_out": "What became of the rows of each file",
    "reliability": "How consistently each scale measures",
    "trajectories": "Average scores",
    "gains": "Gains since the first wave",
    "contrasts": "Gaps between the groups",
    "verdicts": "Verdicts",
    "forest": "The gaps in gains that decide",
    "ols": "Regression of gain on group and covariates",
    "fits": "The models behind the estimates",
    "components": "Correlations over the waves",
    "margins": "What other margins would have decided",
}
HEADINGS = {
    "outcome": "Outcome", "group": "Group", "arm": "Arm", "wave": "Wave", "n": "People", "n_items": "Items",
    "alpha": "Alpha", "interval": "Interval", "mean": "Observed mean", "sd": "Observed SD",
    "estimate": "Estimate", "std_error": "Standard error", "statistic": "t", "df": "df",
    "df_method": "Degrees of freedom by", "p_value": "p", "p_adjusted": "p adjusted",
    "standardised": "Standardised",
    "standardised_interval": "Standardised, interval", "status": "Status", "structure": "Covariance",
    "adjusted": "With covariates",
    "contrast": "Contrast", "hypothesis": "Hypothesis", "kind": "Kind", "family": "Family",
    "margin": "Margin or floor", "verdict": "Verdict", "plan": "Plan", "basis": "Basis", "label": "Step",
    "file": "File", "reason": "What became of them", "baseline_sd": "SD at the first wave", "r2": "R\u00b2",
    "r2_adjusted": "R\u00b2 adjusted", "r2_added": "R\u00b2 added by the group",
    "r2_added_interval": "R\u00b2 added, interval", "method": "Criterion", "log_likelihood": "Log-likelihood",
    "person_variance": "Variance between people", "residual_variance": "Variance within people",
    "icc": "Share of variance between people",
    "simultaneous_interval": "Simultaneous interval", "d_ppc2": "d (Morris)",
    "d_ppc2_interval": "d (Morris), interval",
    "margin_kind": "Margin given in", "margin_passing": "Smallest margin that passes",
    "p_superiority": "p of a gap", "of_declared": "Times the declared margin",
    "slope_variance": "Variance of slopes", "mentor_variance": "Variance between mentors",
    "r2_marginal": "R\u00b2 of what is fixed", "r2_conditional": "R\u00b2 with what varies",
    "fall_back": "Fall-back", "cross_check": "Cross-check", "component": "Entry", "other_wave": "Other wave",
}  # fmt: skip
"""Column to heading; a column without one is headed by its name."""

COUNTED = {"left_out": "Rows"}
"""Table to what its counts are of, where that is not people."""

HIDDEN = ("step", "domain", "disclosure", "origin")
"""Columns that only the file shows."""
VALUES: Mapping[tuple[str, object], str] = {
    ("contrast", "gap"): "gap in gains",
    ("contrast", "difference"): "difference at the wave",
    ("contrast", "effect"): "gain beyond the comparison group's",
    ("contrast", "effect_gap"): "gap in gains beyond the comparison group's",
    ("arm", BETWEEN_ARMS): "mentored minus comparison group",
    ("arm", "comparison"): "comparison group",
    ("kind", "non_inferiority"): "non-inferiority",
    ("adjusted", True): "yes",
    ("adjusted", False): "no",
}
NOTES: Mapping[str, str] = {
    "gains": "Intervals are each by itself; simultaneous ones hold at all later waves together.",
    "contrasts": "Intervals are each by itself; simultaneous ones hold at all waves together. "
    "p adjusted stands where a claim of superiority is decided.",
    "verdicts": "Intervals are each by itself; simultaneous ones hold for all outcomes of a family together. "
    "The smallest margin that passes is rounded up. p of a gap is two-sided, told once non-inferiority has "
    "passed.",
    "margins": "Each outcome by itself: what all outcomes of a claim say together stands among the verdicts.",
    "components": "Correlations of scores as the model has them, all sources of variance together.",
}
"""Table to what must be known to read it."""
_LIMITS = {"interval": ("low", "high")} | {
    f"{name}_interval": (f"{name}_low", f"{name}_high")
    for name in ("standardised", "r2_added", "simultaneous", "d_ppc2")
}


@dataclass(frozen=True)
class Line:
    """One row: its heading, over how many rows that stands (0 where one above says it), its other cells."""

    heading: str
    span: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """One release table as text."""

    name: str
    title: str
    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def tables(facts: Facts) -> dict[str, object]:
    """Return every release table that has a row, in the order given."""
    return {"views": [view(name, table, facts) for name, table in facts.tables.items() if len(table)]}


def view(name: str, table: pd.DataFrame, facts: Facts) -> View:
    """Return the release table ``name`` as it is shown."""
    cells = pd.DataFrame([_cells(row, facts) for row in rows(table)])
    seen = cells[(table["disclosure"] == "shown").to_numpy()]
    empty = [column for column in cells if len(seen) and (seen[column] == EMPTY).all()]
    same = [
        column for column in cells.columns[1:]
        if column not in empty and _is_constant(cells[column]) and _is_text(table, str(column))
    ]  # fmt: skip
    shown = cells.drop(columns=[*empty, *same])
    notes = [NOTES[name]] if name in NOTES else []
    notes += [f"In every row: {heading(str(column))} {cells[column].iloc[0]}." for column in same]
    if empty:
        notes.append(f"Empty in every row: {listed([heading(str(column)) for column in empty])}.")
    return View(
        name,
        TITLES.get(name, name),
        tuple(heading(str(column), name) for column in shown),
        tuple(_lines(shown)),
        (*notes, *_marks(table, shown)),
    )


def _lines(shown: pd.DataFrame) -> Iterator[Line]:
    """Yield the rows; the same heading in rows below each other stands once over them."""
    every = [tuple(str(cell) for cell in row) for row in shown.itertuples(index=False)]
    for name, block in groupby(every, key=itemgetter(0)):
        of_name = list(block)
        yield from (
            Line(name, 0 if place else len(of_name), tuple(cells))
            for place, (_, *cells) in enumerate(of_name)
        )


def heading(column: str, table: str = "") -> str:
    """Return what a column is called on the page; counts are of people unless the table says otherwise."""
    return COUNTED.get(table, HEADINGS["n"]) if column == "n" else HEADINGS.get(column, column)


def _cells(row: Row, facts: Facts) -> dict[str, str]:
    """Return the cells of a row as text, by column, with limits joined where the lower one stood."""
    ends = {end: name for name, pair in _LIMITS.items() for end in pair}
    words = {
        "outcome": facts.outcome, "wave": facts.wave, "other_wave": facts.wave, "group": facts.group,
    }  # fmt: skip
    cells = {}
    for column, value in row.items():
        if column in HIDDEN or (column == "arm" and facts.part.comparison is None):
            continue
        if column in ends:
            cells[ends[column]] = facts.interval(row, *_LIMITS[ends[column]])
        elif column in words and value is not None:
            cells[column] = words[column](value)
        else:
            cells[column] = VALUES.get((column, value)) or facts.written(row, column)
    return cells


def _is_constant(column: pd.Series) -> bool:
    return len(column) > 1 and bool((column == column.iloc[0]).all())


def _is_text(table: pd.DataFrame, column: str) -> bool:
    return column in table.columns and str(table[column].dtype) in ("string", "boolean")


def _marks(table: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    """Return what the marks in the cells mean, with the reasons for which rows are suppressed."""
    notes = []
    reasons = [str(reason) for reason in table["disclosure"].unique() if reason != "shown"]
    if reasons:
        notes.append(f"{SUPPRESSED} {'; '.join(reasons)}.")
    if (shown == EMPTY).any(axis=None):
        notes.append(f"{EMPTY} does not apply.")
    return notes
