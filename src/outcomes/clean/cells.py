"""From the text of cells to what they mean: codes, numbers, days, categories; with a problem for each that means nothing.

In: a column of text cells indexed by spreadsheet row. Out: the column's meaning and the problems found. Values of
closed questions may stand in a problem; long text never does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import Problem, listed, nearest
from outcomes.study import Answers

_LONGEST = 40
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_DAY = r"\d{4}-\d{2}-\d{2}"


@dataclass(frozen=True)
class Place:
    """Where a column stands, for messages."""

    file: str
    column: str

    def rows(self, rows: Collection[object]) -> str:
        """Return the place with the rows that are meant."""
        return f"{self.file}, column {self.column[:60]}, row{'s' if len(rows) > 1 else ''} {listed(rows)}"


def answered(cells: pd.Series, missing: Collection[str]) -> pd.Series:
    """Return ``cells`` with the values that mean no answer as missing."""
    return cells.mask(cells.isin(list(missing)))


def codes(cells: pd.Series, answers: Answers, as_labels: bool, place: Place) -> tuple[pd.Series, list[Problem]]:
    """Return the numeric answers (float64, NaN where there is none) and a problem for each value that is not allowed.

    With ``as_labels`` the wording is matched exactly after Unicode normalisation (NFC) and trimming.
    """
    if as_labels and answers.labels:
        wording = {_plain(label): float(code) for code, label in answers.labels.items()}
        found = cells.astype(object).map(lambda cell: wording.get(_plain(cell), np.nan), na_action="ignore")
        found = found.where(cells.notna(), np.nan).astype("float64")
        return found, _strange(cells, found.isna(), list(answers.labels.values()), place)
    numbers = pd.to_numeric(cells.where(cells.str.fullmatch(_NUMBER).astype("boolean").fillna(False))).astype("float64")
    wrong = numbers.isna() | ~numbers.between(answers.low, answers.high)
    if answers.whole:
        wrong |= numbers % 1 != 0
    span = f"{'whole ' if answers.whole else ''}numbers from {answers.low:g} to {answers.high:g}"
    return numbers.mask(wrong), _strange(cells, wrong, [span], place)


def categories(cells: pd.Series, meaning: Mapping[str, str], place: Place) -> tuple[pd.Series, list[Problem]]:
    """Return what each cell means by ``meaning`` (text, missing where empty) and a problem for each unknown value."""
    found = cells.map(meaning, na_action="ignore").astype("string")
    return found, _strange(cells, found.isna(), list(meaning), place)


def days(cells: pd.Series, place: Place) -> tuple[pd.Series, list[Problem]]:
    """Return ISO days (text) of cells such as ``2026-11-22 10:30`` and a problem where a day can't be told."""
    text = cells.str.slice(0, 10)
    plausible = text.where(cells.str.match(_DAY + r"(?:$|[ T])").astype("boolean").fillna(False))
    parsed = pd.to_datetime(plausible, format="%Y-%m-%d", errors="coerce")
    wrong = cells.notna() & parsed.isna()
    if not wrong.any():
        return plausible, []
    problem = Problem(
        place.rows(cells.index[wrong]), f"{int(wrong.sum())} cells that are no day", "days as 2026-11-22",
        "format the column as ISO dates (year-month-day)",
    )  # fmt: skip
    return plausible.mask(wrong), [problem]


def numbers(cells: pd.Series, place: Place) -> tuple[pd.Series, list[Problem]]:
    """Return numbers (float64) and a problem for each cell that is none."""
    found = pd.to_numeric(cells.where(cells.str.fullmatch(_NUMBER).astype("boolean").fillna(False))).astype("float64")
    return found, _strange(cells, found.isna(), ["numbers such as 1.5"], place)


def ids(cells: pd.Series, place: Place) -> tuple[pd.Series, list[Problem]]:
    """Return ids as text in Unicode NFC and a problem that names the rows without one."""
    blank = cells.isna() | (cells == "")
    if not blank.any():
        return cells.map(_plain).astype("string"), []
    problem = Problem(
        place.rows(cells.index[blank]), f"{int(blank.sum())} cells without an id", "an id in each row",
        "add the id or take the row out",
    )  # fmt: skip
    return cells.map(_plain, na_action="ignore").astype("string"), [problem]


def _strange(cells: pd.Series, unknown: pd.Series, allowed: list[str], place: Place) -> list[Problem]:
    strange = cells[unknown & cells.notna()]
    return [
        Problem(place.rows(rows.index), _shown(str(value)), listed(allowed, 20), _mend(str(value), allowed))
        for value, rows in strange.groupby(strange, sort=False)
    ]


def _mend(value: str, allowed: list[str]) -> str:
    return nearest(value, allowed) or "correct the cell, or list the value under `missing` in the study file"


def _shown(value: str) -> str:
    return f"'{value}'" if len(value) <= _LONGEST else f"text of {len(value)} characters"


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip()
