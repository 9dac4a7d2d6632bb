"""One raw file: what its columns mean, which cells were changed, and what became of each row.

In: the sheet of a file. Out: columns by meaning, indexed by spreadsheet row; and for the book-keeping the
problems met, the cells changed and the reason of every row: `used`, or why it is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from outcomes.clean import cells
from outcomes.clean.cells import Place
from outcomes.errors import Problem
from outcomes.study import Answers

USED = "used"


@dataclass
class Source:
    """A raw file, read; ``file`` is its name in messages, ``wave`` its wave if it is one."""

    file: str
    wave: str | None
    sheet: pd.DataFrame
    missing: Collection[str]
    problems: list[Problem] = field(default_factory=list)
    emptied: list[tuple[Hashable, str, str]] = field(default_factory=list)
    """Row, column and content of the cells that a code or a word declared to be no answer."""

    def __post_init__(self) -> None:
        self.reasons = pd.Series(USED, index=self.sheet.index, dtype="string")

    @property
    def used(self) -> pd.Series:
        """Whether each row is used."""
        return self.reasons == USED

    def ledger(self) -> pd.DataFrame:
        """Return the rows left out, then the cells changed, with the rule."""
        left_out = self.reasons[~self.used].rename("rule").reset_index()
        changed = pd.DataFrame(self.emptied, columns=["row", "column", "before"])
        both = pd.concat([left_out, changed.assign(rule="declared as no answer")])
        return both.assign(file=self.file, wave=self.wave)

    def leave_out(self, rows: pd.Index, why: str) -> None:
        """Note why ``rows`` are left out; an earlier reason stands."""
        self.reasons = self.reasons.mask(self.used & self.reasons.index.isin(rows), why)

    def text(self, column: str | None, *, needed: bool = False) -> pd.Series:
        """Return a column as text, missing where there is no answer; all so where no column is named."""
        if column is None:
            return pd.Series(pd.NA, index=self.sheet.index, dtype="string")
        given = self._given(column, {*self.missing, ""})
        if needed and given.isna().any():
            place = self.place(column).rows(given.index[given.isna()])
            self.problems.append(Problem(place, "empty cells", "a value in each row", "fill the cells"))
        return given

    def ids(self, column: str) -> pd.Series:
        """Return a column of ids; a row without one is a problem."""
        return self._sound(*cells.ids(self._given(column, {*self.missing, ""}), self.place(column)))

    def days(self, column: str | None, *, needed: bool = False) -> pd.Series:
        """Return a column of days in ISO 8601."""
        return self._sound(*cells.days(self.text(column, needed=needed), self.place(column)))

    def numbers(self, column: str | None) -> pd.Series:
        """Return a column of numbers of 0 or more (float64)."""
        return self._sound(*cells.numbers(self.text(column), self.place(column)))

    def codes(self, column: str, answers: Answers, as_labels: bool) -> pd.Series:
        """Return a column of answers as codes (float64); an empty cell is none only if the study lists it."""
        given = self._given(column, self.missing)
        return self._sound(*cells.codes(given, answers, as_labels, self.place(column)))

    def categories(self, column: str, meaning: Mapping[str, str]) -> pd.Series:
        """Return what a column's cells mean; an empty cell is unknown only if the study lists it."""
        given = self._given(column, self.missing)
        return self._sound(*cells.categories(given, meaning, self.place(column)))

    def place(self, column: str | None) -> Place:
        """Return where a column stands, for messages."""
        return Place(self.file, column or "")

    def _given(self, column: str, missing: Collection[str]) -> pd.Series:
        """Return a column without the cells that mean no answer; note those that said so in words."""
        before = self.sheet[column]
        absent = before.isin(list(missing))
        gone = before[absent & (before != "")]
        self.emptied += [(row, column, value) for row, value in gone.items()]
        return before.mask(absent)

    def _sound(self, found: pd.Series, problems: list[Problem]) -> pd.Series:
        self.problems += problems
        return found


@dataclass
class Records:
    """The rows of a file by meaning, with the file that they came from."""

    source: Source
    rows: pd.DataFrame

    @property
    def used(self) -> pd.DataFrame:
        """The rows that are used."""
        return self.rows[self.source.used]
