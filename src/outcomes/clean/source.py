"""One raw file: what its columns mean, which cells were changed, and what became of each row.

In: the sheet of a file and what the study says about it. Out: columns by meaning, indexed by spreadsheet row,
of the rows that are still in use; and for the book-keeping the problems met, the cells changed and the reason
of every row: `used`, or why it is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from outcomes.clean import cells, days
from outcomes.clean.bands import banded
from outcomes.clean.cells import Place, Reading
from outcomes.clean.codebook import ItemColumn
from outcomes.errors import Problem
from outcomes.sheets import Sheet
from outcomes.study.attribute import Attribute
from outcomes.study.sources import RawFile

USED = "used"
_CHANGES = ["row", "column", "before", "after", "rule"]


@dataclass
class Source:
    """A raw file, read; ``file`` is its name in messages, ``wave`` its wave if it is one."""

    file: str
    wave: str | None
    sheet: Sheet
    said: RawFile
    missing: Collection[str]
    columns: Mapping[str, str]
    """The name by which the study calls a column to the one under which the sheet holds it."""
    out_of_range: Literal["refuse", "missing"] = "refuse"
    problems: list[Problem] = field(default_factory=list)
    changes: list[pd.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = self.sheet.cells.index
        self.reasons: pd.Series[Any] = pd.Series(USED, index=rows, dtype="category")

    @property
    def used(self) -> pd.Series:
        """Whether each row is used, so far."""
        return self.reasons == USED

    @property
    def live(self) -> pd.Index:
        """The rows in use, so far."""
        return self.reasons.index[self.used]

    def leave_out(self, rows: pd.Index, why: str) -> None:
        """Note why ``rows`` are left out; an earlier reason stands."""
        going = rows.intersection(self.live)
        if not going.empty:
            if why not in self.reasons.cat.categories:
                self.reasons = self.reasons.cat.add_categories([why])
            self.reasons.loc[going] = why

    def ledger(self, unlisted: Collection[str]) -> pd.DataFrame:
        """Return rows left out, then cells changed, with the rule; rows of an unlisted reason aside."""
        gone = self.reasons.index[self.reasons.isin(list(unlisted))]
        out = self.reasons[~self.used].drop(gone)
        left_out = pd.DataFrame({"row": out.index, "rule": out.astype("string").array})
        changed = pd.concat([pd.DataFrame(columns=_CHANGES), *self.changes])
        both = pd.concat([left_out, changed[~changed["row"].isin(gone)]])
        return both.assign(file=self.file, wave=self.wave)

    def place(self, column: str | None) -> Place:
        """Return where a column stands, for messages."""
        return Place(self.file, column or "")

    def raw(self, column: str) -> pd.Series:
        """Return a column as it was exported, of the rows in use (categorical text)."""
        held = self.sheet.cells[self.columns.get(column, column)]
        return held if self.used.all() else held.loc[self.live]

    def none(self, dtype: Literal["string", "float64"] = "string") -> pd.Series:
        """Return a column without any value, of the rows in use."""
        return pd.Series(None, index=self.live, dtype=dtype)

    def text(self, column: str | None, *, needed: bool = False) -> pd.Series:
        """Return a column as text, missing where there is no answer; all so where no column is named."""
        if column is None:
            return self.none()
        reading = cells.words(self.raw(column), missing={*self.missing, ""}, place=self.place(column))
        return self._sound(column, reading, needed=needed)

    def times(self, column: str | None, *, needed: bool = False, planned: bool = False) -> pd.Series:
        """Return a column of days, or days and times, in ISO 8601; of the future only if ``planned``."""
        if column is None:
            return self.none()
        reading = days.times(
            self.raw(column), self.said.dates, missing={*self.missing, ""}, place=self.place(column),
            are_iso=self.columns.get(column, column) in self.sheet.dates, planned=planned,
        )  # fmt: skip
        return self._sound(column, reading, needed=needed)

    def numbers(self, column: str | None) -> pd.Series:
        """Return a column of numbers of 0 or more (float64)."""
        if column is None:
            return self.none("float64")
        reading = cells.numbers(
            self.raw(column),
            decimal=self.said.decimal,
            missing={*self.missing, ""},
            place=self.place(column),
        )
        return self._sound(column, reading)

    def attribute(self, what: Attribute) -> pd.Series:
        """Return what an attribute's cells mean (text); empty is unknown only if the study lists it."""
        return self._sound(what.column, self._meaning(what))

    def glance(self, what: Attribute) -> pd.Series:
        """Return what the cells of an attribute that stands here once more mean; nothing is noted."""
        return self._meaning(what).values

    def _meaning(self, what: Attribute) -> Reading:
        missing, place = {*self.missing, *what.unknown}, self.place(what.column)
        if not what.is_numeric:
            return cells.categories(self.raw(what.column), what.meaning, missing=missing, place=place)
        return banded(
            self.raw(what.column), what.number_meaning, decimal=self.said.decimal, missing=missing,
            place=place, unit_words=getattr(what, "unit_words", ()), out_of_range=self.out_of_range,
        )  # fmt: skip

    def codes(self, entry: ItemColumn, answers_as: Literal["codes", "labels", "either"]) -> pd.Series:
        """Return a column of answers as codes (float64); an empty cell is none only if the study lists it."""
        missing = {*self.missing, *self.sheet.user_missing.get(self._held(entry.column), ())}
        place = self.place(entry.column)
        if entry.option is not None:
            asked = {name: self.raw(name) for name in (*entry.question, entry.column)}
            return self._sound(entry.column, cells.ticked(asked, entry, missing=missing, place=place))
        reading = cells.codes(
            self.raw(entry.column), entry, answers_as=answers_as, decimal=self.said.decimal,
            missing=missing, out_of_range=self.out_of_range, place=place,
        )  # fmt: skip
        return self._sound(entry.column, reading)

    def _held(self, column: str) -> str:
        return self.columns.get(column, column)

    def _sound(self, column: str, reading: Reading, *, needed: bool = False) -> pd.Series:
        self.problems += reading.problems
        if not reading.changes.empty:
            self.changes.append(reading.changes.assign(column=column)[_CHANGES])
        empty = reading.values.index[reading.values.isna()]
        if needed and not empty.empty and not reading.problems:
            self.problems.append(
                self.place(column).problem(
                    "empty-cell", "empty cells", "a value in each row", "fill the cells", rows=empty
                )
            )
        return reading.values


@dataclass
class Records:
    """The rows of a file by meaning, with the file that they came from."""

    source: Source
    rows: pd.DataFrame

    @property
    def used(self) -> pd.DataFrame:
        """The rows that are used."""
        return self.rows.loc[self.rows.index.intersection(self.source.live)]
