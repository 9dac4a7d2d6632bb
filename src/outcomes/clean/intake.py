"""What lies in the raw folder, and what became of it: the files read, every problem met, the ledger.

In: the raw files as bytes by name, and the part of the study that names them. Out: one source a file; the
ledger and the rows table, in which the rows of a file are the rows used plus the rows left out by reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from outcomes import tables
from outcomes.clean.sheet import read_sheet
from outcomes.clean.source import Source
from outcomes.columns import empty
from outcomes.errors import DataError, Problem, listed, nearest, no_such_file
from outcomes.study.sources import Layout
from outcomes.study.stages import Cleaning


@dataclass
class Intake:
    """The raw files of one study, the data files read so far, and the problems that no data file has."""

    files: Mapping[str, bytes]
    part: Cleaning
    sources: list[Source] = field(default_factory=list)
    noted: list[Problem] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        """All problems met so far."""
        return [*self.noted, *(problem for source in self.sources for problem in source.problems)]

    def where(self, file: str) -> str:
        """Return how a file is called in messages and in the ledger."""
        return f"{self.part.folder}/{file}"

    def sheet(self, file: str, needed: Iterable[str | None], layout: Layout = "csv") -> pd.DataFrame | None:
        """Return a raw file's sheet with all columns ``needed``; otherwise note the problems, return None."""
        where = self.where(file)
        try:
            if file not in self.files:
                strangers = set(self.files) - set(self.part.files)
                raise DataError([no_such_file(where, file, strangers)])
            sheet = read_sheet(self.files[file], layout, where)
            _check_columns(sheet, [column for column in dict.fromkeys(needed) if column is not None], where)
        except DataError as refused:
            self.noted += refused.problems
            return None
        return sheet

    def read(
        self, file: str, needed: Iterable[str | None], layout: Layout = "csv", wave: str | None = None
    ) -> Source | None:
        """Return a data file that has all the columns ``needed``, as `sheet` does."""
        sheet = self.sheet(file, needed, layout)
        if sheet is None:
            return None
        source = Source(self.where(file), wave, sheet, self.part.missing)
        self.sources.append(source)
        return source

    def rows(self) -> pd.DataFrame:
        """Return the rows table: what became of each file's rows."""
        counted = [
            {"file": source.file, "wave": source.wave, "reason": reason, "n": int(n)}
            for source in self.sources
            for reason, n in source.reasons.value_counts(sort=False).items()
        ]
        return pd.DataFrame(counted, columns=tables.ROWS.names)

    def ledger(self) -> pd.DataFrame:
        """Return the ledger: file by file every row left out with its reason, then every cell changed."""
        parts = [source.ledger() for source in self.sources]
        return pd.concat([empty(tables.LEDGER), *parts], ignore_index=True)


def _check_columns(sheet: pd.DataFrame, needed: list[str], where: str) -> None:
    """Refuse a sheet that lacks columns; its own header is shown only where it is one."""
    known = [" ".join(str(column).split())[:60] for column in sheet.columns]
    lacking = [column for column in needed if column not in sheet.columns]
    if lacking and len(lacking) == len(needed):
        found, mend = "none of the columns that the study names", "look whether the file has a header row"
        raise DataError([Problem(f"{where}, header", found, listed(needed, 20), mend)])
    if lacking:
        mend = "name the column in the study file or the codebook as the file has it"
        raise DataError(
            Problem(
                f"{where}, header",
                f"no column '{column[:60]}'",
                listed(known, 20),
                nearest(column, known) or mend,
            )
            for column in lacking
        )
