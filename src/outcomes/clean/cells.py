"""What do cells mean: codes, numbers, days, categories; and which of them mean nothing?

In: a column of text cells (stripped, NFC) indexed by spreadsheet row. Out: the column's meaning and the
problems found. Each distinct value is read once. Ids and free text never stand in a problem, not even when
they stray into a closed question: a value is shown only when it looks like neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from sys import float_info

import pandas as pd

from outcomes.errors import Problem, listed, nearest
from outcomes.study import Answers
from outcomes.study.instrument import NUMBER

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T][0-9]{2}:[0-9]{2}.*)?")
_HARMLESS = re.compile(r".{0,2}|[+-]?[0-9.,]{1,4}|[^\W\d_]{1,20}")
_WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '\u2019-]){0,39}")
_SEVERAL, _MOST = 3, 10


@dataclass(frozen=True)
class Place:
    """Where a column stands, for messages."""

    file: str
    column: str

    def rows(self, rows: Collection[object]) -> str:
        """Return the place with the rows that are meant."""
        column = " ".join(self.column.split())[:60]
        return f"{self.file}, column {column}, row{'s' if len(rows) > 1 else ''} {listed(rows)}"


def codes(
    cells: pd.Series, answers: Answers, as_labels: bool, place: Place
) -> tuple[pd.Series, list[Problem]]:
    """Return the numeric answers (float64, NaN where there is none) and a problem for each value not allowed.

    With ``as_labels`` the wording is matched exactly; an instrument without labels holds numbers either way.
    """
    as_labels = as_labels and bool(answers.labels)
    found, allowed = _codes(cells, answers, as_labels)
    problems = _strange(cells, found, allowed, place)
    if problems and answers.labels and _codes(cells, answers, not as_labels)[0].notna().equals(cells.notna()):
        other, said = ("codes", "codes") if as_labels else ("labels", "the wording of the answers")
        mend = f"declare `answers_as: {other}` for the wave"
        problems = [Problem(place.rows(cells.index[cells.notna()]), said, listed(allowed, 20), mend)]
    return found, problems


def _codes(cells: pd.Series, answers: Answers, as_labels: bool) -> tuple[pd.Series, list[str]]:
    """Return the codes of ``cells``, NaN where a cell is not allowed, and what is allowed."""
    if as_labels:
        wording = {label.strip(): float(code) for code, label in answers.labels.items()}
        return _each(cells, wording.get, "float64"), list(wording)
    span = f"{'whole ' if answers.whole else ''}numbers from {answers.low:g} to {answers.high:g}"
    return _each(cells, lambda cell: _code(cell, answers), "float64"), [span]


def categories(cells: pd.Series, meaning: Mapping[str, str], place: Place) -> tuple[pd.Series, list[Problem]]:
    """Return what each cell means by ``meaning`` (text) and a problem for each unknown value."""
    found = _each(cells, meaning.get, "string")
    return found, _strange(cells, found, list(meaning), place)


def numbers(cells: pd.Series, place: Place) -> tuple[pd.Series, list[Problem]]:
    """Return numbers of 0 or more (float64) and a problem for each cell that is none."""
    found = _each(cells, _number, "float64")
    found = found.where(found.between(0, float_info.max))
    return found, _strange(cells, found, ["numbers such as 1.5"], place)


def days(cells: pd.Series, place: Place) -> tuple[pd.Series, list[Problem]]:
    """Return ISO days (text) of cells such as ``2026-11-22 10:30`` and a problem where there is none."""
    found = _each(cells, _day, "string")
    wrong = cells.index[cells.notna() & found.isna()]
    if wrong.empty:
        return found, []
    said, mend = "cells that are no day", "format the column as ISO dates (year-month-day)"
    return found, [Problem(place.rows(wrong), said, "days as 2026-11-22", mend)]


def ids(cells: pd.Series, place: Place) -> tuple[pd.Series, list[Problem]]:
    """Return ``cells`` and a problem that names the rows without an id or with signs that can't be seen."""
    blank = cells.index[cells.isna()]
    odd = cells.index[_each(cells, lambda cell: "yes" if not cell.isprintable() else None, "string").notna()]
    found = []
    if not blank.empty:
        found.append(
            Problem(place.rows(blank), "no id", "an id in each row", "add the id or take the row out")
        )
    if not odd.empty:
        said, mend = "an id with invisible signs", "type the id again"
        found.append(
            Problem(place.rows(odd), said, "letters, digits, blanks and signs that can be seen", mend)
        )
    return cells, found


def _each(cells: pd.Series, meaning: Callable[[str], object], dtype: str) -> pd.Series:
    """Return what each cell means, reading each distinct value once; missing stays missing."""
    places, values = pd.factorize(cells)
    meanings = pd.Series([*map(meaning, values), None], dtype=dtype)  # a missing cell has the place -1
    return meanings.take(places).set_axis(cells.index)


def _code(cell: str, answers: Answers) -> float | None:
    return float(cell) if NUMBER.fullmatch(cell) and answers.allows(cell) else None


def _number(cell: str) -> float | None:
    return float(cell) if NUMBER.fullmatch(cell) else None


def _day(cell: str) -> str | None:
    matched = _DAY.fullmatch(cell)
    try:
        return date.fromisoformat(matched[1]).isoformat() if matched else None
    except ValueError:
        return None


def _strange(cells: pd.Series, found: pd.Series, allowed: list[str], place: Place) -> list[Problem]:
    """Return a problem for each distinct value without a meaning; one for all when there are many."""
    strange = cells[cells.notna() & found.isna()]
    if strange.empty:
        return []
    if strange.nunique() > _MOST:
        said = f"{strange.nunique()} different values that are not allowed"
        mend = "look whether the study file or the codebook names the right column"
        return [Problem(place.rows(strange.index), said, listed(allowed, 20), mend)]
    return [
        Problem(
            place.rows(rows.index),
            _shown(value, len(rows), allowed),
            listed(allowed, 20),
            _mend(value, allowed),
        )
        for value, rows in strange.groupby(strange, sort=False)
    ]


def _mend(value: str, allowed: list[str]) -> str:
    return nearest(value, allowed) or "correct the cell, or list the value under `missing` in the study file"


def _shown(value: str, times: int, allowed: list[str]) -> str:
    """Return a value as a message may show it: a short number, plain words, a misspelt allowed value.

    One word may stand alone; more of them only where several rows say the same, so that nobody speaks.
    """
    words = times >= _SEVERAL and _WORDS.fullmatch(value)
    if words or _HARMLESS.fullmatch(value) or nearest(value, allowed):
        return f"'{value}'"
    return f"text of {len(value)} characters"
