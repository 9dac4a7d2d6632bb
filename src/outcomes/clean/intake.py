"""What lies in the raw folder, file by file: sheets, the problems met on the way, and what became of each row.

In: the raw files as bytes by name. Out: sheets of text; and for the bookkeeping, the reason of every row (`used`, or
why it is left out), so that the rows of a file are the rows used plus the rows left out by reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from outcomes.clean import cells
from outcomes.clean.cells import Place
from outcomes.clean.sheet import read_sheet
from outcomes.errors import DataError, Problem, listed, nearest, no_such_file
from outcomes.study import Register
from outcomes.study.sources import Layout

USED = "used"


@dataclass
class Intake:
    """The raw files of one study, the problems found so far, and the reason of every row by file."""

    files: Mapping[str, bytes]
    folder: str
    problems: list[Problem] = field(default_factory=list)
    reasons: dict[str, pd.Series] = field(default_factory=dict)

    def where(self, file: str) -> str:
        """Return how a file is called in messages and in the ledger."""
        return f"{self.folder}/{file}"

    def sheet(self, file: str | None, layout: Layout = "csv") -> pd.DataFrame | None:
        """Return a raw file as a sheet; None where the study names none or where it can't be read."""
        if file is None:
            return None
        if file not in self.files:
            self.problems.append(no_such_file(self.where(file), file, self.files))
            return None
        try:
            return read_sheet(self.files[file], layout, self.where(file))
        except DataError as refused:
            self.problems += refused.problems
            return None

    def columns(self, sheet: pd.DataFrame, needed: list[str | None], file: str) -> bool:
        """Return whether ``sheet`` has all needed columns; those that it lacks become problems."""
        known = [str(column) for column in sheet.columns]
        lacking = [column for column in dict.fromkeys(needed) if column is not None and column not in known]
        self.problems += [
            Problem(f"{self.where(file)}, header", f"no column '{column[:60]}'", listed(known, 20),
                    nearest(column, known) or "name the column in the study file or the codebook as the file has it")
            for column in lacking
        ]  # fmt: skip
        return not lacking

    def register(self, register: Register | None, attributes: list[str]) -> pd.DataFrame | None:
        """Return the register's sheet with the column ``person`` added, each person once."""
        sheet = self.sheet(register.file if register else None)
        if sheet is None or register is None:
            return None
        if not self.columns(sheet, [register.person, register.cohort, *attributes], register.file):
            return None
        place = Place(self.where(register.file), register.person)
        person, found = cells.ids(sheet[register.person], place)
        twice = person[person.notna() & person.duplicated(keep=False)]
        found += [
            Problem(
                place.rows(rows.index),
                "the same person more than once",
                "each person once",
                "remove one of the rows",
            )
            for _, rows in twice.groupby(twice, sort=False)
        ]
        self.problems += found
        self.reasons[register.file] = pd.Series(USED, index=sheet.index, dtype="string")
        return sheet.assign(person=person)

    def registered(self, frame: pd.DataFrame, people: set[str], file: str) -> pd.DataFrame:
        """Return the rows of ``frame`` (index: spreadsheet row) whose person is known; note the others."""
        reasons = pd.Series(USED, index=frame.index, dtype="string")
        reasons[~frame["person"].isin(people)] = "not in the register"
        self.reasons[file] = reasons
        return frame[reasons == USED]

    def rows(self, waves: Mapping[str, str]) -> pd.DataFrame:
        """Return the rows table: what became of each file's rows; ``waves`` maps a wave's file to the wave."""
        counted = [
            {"file": self.where(file), "wave": waves.get(file), "reason": reason, "n": int(n)}
            for file, reasons in self.reasons.items()
            for reason, n in reasons.value_counts(sort=False).items()
        ]
        return pd.DataFrame(counted, columns=["file", "wave", "reason", "n"])

    def ledger(self, waves: Mapping[str, str], changed: list[dict[str, object]]) -> pd.DataFrame:
        """Return the ledger: every row left out with its reason, then every cell ``changed``."""
        left_out = [
            {"file": self.where(file), "wave": waves.get(file), "row": row, "rule": reason}
            for file, reasons in self.reasons.items()
            for row, reason in reasons[reasons != USED].items()
        ]
        columns = ["file", "wave", "row", "column", "before", "after", "rule"]
        return pd.DataFrame([*left_out, *changed], columns=columns)
