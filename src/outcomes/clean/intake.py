"""What lies in the raw folder, and what became of it: the files read, every problem met, the ledger.

In: the raw files as bytes by name, and the part of the study that names them. Out: one source a file; the
ledger and the rows table, in which the rows of a file are the rows used plus the rows left out by reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from outcomes import sheets, tables
from outcomes.clean.header import held_columns, ignored
from outcomes.clean.private import personal, unused_drops
from outcomes.clean.source import Source
from outcomes.columns import empty
from outcomes.errors import DataError, Problem, no_such_file
from outcomes.sheets import Declared, Sheet
from outcomes.study.sources import RawFile
from outcomes.study.stages import Cleaning

WITHDREW = "withdrew"
"""Why rows of people who withdrew are left out: they are counted and never listed."""


@dataclass
class Intake:
    """The raw files of one study, the data files read so far, and the problems that no data file has."""

    files: Mapping[str, bytes]
    part: Cleaning
    sources: list[Source] = field(default_factory=list)
    noted: list[Problem] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """A sentence a file: what it was read as."""
    digests: dict[str, str] = field(default_factory=dict)
    headers: set[str] = field(default_factory=set)

    @property
    def problems(self) -> list[Problem]:
        """All problems met so far, warnings among them."""
        return [*self.noted, *(problem for source in self.sources for problem in source.problems)]

    @property
    def errors(self) -> list[Problem]:
        """The problems that stop the run."""
        return [problem for problem in self.problems if problem.is_error]

    def where(self, file: str) -> str:
        """Return how a file is called in messages and in the ledger."""
        return f"{self.part.folder}/{file}"

    def sheet(self, raw: RawFile) -> Sheet | None:
        """Return a raw file's sheet; otherwise note the problems and return None."""
        where = self.where(raw.file)
        try:
            if raw.file not in self.files:
                strangers = set(self.files) - set(self.part.files)
                raise DataError([no_such_file(where, raw.file, strangers)])
            self._check_size(raw.file, where)
            content = self.files[raw.file]
            declared = Declared(
                format=raw.format, layout=raw.layout, encoding=raw.encoding, delimiter=raw.delimiter,
                sheet=raw.sheet, header_rows=raw.header_rows,
            )  # fmt: skip
            sheet = sheets.read(content, where, declared)
            self.digests[raw.file] = hashlib.sha256(content).hexdigest()
        except DataError as refused:
            self.noted += refused.problems
            return None
        self.headers |= {*map(str, sheet.cells.columns), *sheet.repeated, *sheet.aliases}
        self.noted += sheet.notes
        self.said.append(_told(where, sheet))
        return sheet

    def _check_size(self, file: str, where: str) -> None:
        """Refuse a file that is too large before it is read, where the folder knows its size."""
        size = getattr(self.files, "size", None)
        if size is not None and (problem := sheets.too_large(size(file), where)) is not None:
            raise DataError([problem])

    def read(
        self,
        raw: RawFile,
        needed: Iterable[str | None],
        wave: str | None = None,
        ids: Collection[str] = (),
    ) -> Source | None:
        """Return a data file with all the columns ``needed``, ``ids`` among them; else note the problems."""
        sheet = self.sheet(raw)
        if sheet is None:
            return None
        where = self.where(raw.file)
        wanted = [column for column in dict.fromkeys(needed) if column is not None]
        held, problems = held_columns(sheet, wanted, where)
        self.noted += problems
        used = set(held.values())
        self.noted += personal(
            {str(name): sheet.cells[name] for name in sheet.cells.columns},
            sheet.questions, sheet.layout, self.part.drop, used, where,
            ids=[held.get(column, column) for column in ids], pseudonyms=self.part.ids == "pseudonyms",
        )  # fmt: skip
        if any(problem.is_error for problem in problems):
            return None
        self.noted += ignored(sheet, used, self.part.drop, where)
        source = Source(where, wave, sheet, raw, self.part.missing, held, self.part.responses.out_of_range)
        self.sources.append(source)
        return source

    def finish(self) -> None:
        """Note what only all files together tell: columns to drop that no file has."""
        self.noted += unused_drops(self.part.drop, self.headers, self.part.study)

    def rows(self) -> pd.DataFrame:
        """Return the rows table: what became of each file's rows."""
        counted = [
            {"file": source.file, "wave": source.wave, "reason": reason, "n": int(n)}
            for source in self.sources
            for reason, n in source.reasons.astype("string").value_counts(sort=False).items()
        ]
        return pd.DataFrame(counted, columns=tables.ROWS.names)

    def ledger(self) -> pd.DataFrame:
        """Return the ledger: file by file every row left out with its reason, then every cell changed."""
        parts = [source.ledger([WITHDREW]) for source in self.sources]
        return pd.concat([empty(tables.LEDGER), *parts], ignore_index=True)


_FORMATS = {
    "csv": "CSV", "tsv": "tab-separated text", "xlsx": "Excel workbook", "xls": "old Excel workbook",
    "sav": "SPSS file", "dta": "Stata file", "parquet": "Parquet file",
}  # fmt: skip
_LAYOUTS = {
    "qualtrics": "Qualtrics ",
    "jisc": "Jisc Online Surveys ",
    "forms": "Microsoft Forms ",
    "plain": "",
}


def _told(where: str, sheet: Sheet) -> str:
    encoding = f", {sheet.encoding.upper()}" if sheet.encoding else ""
    rows, columns = sheet.cells.shape
    return (
        f"{where}: {_LAYOUTS[sheet.layout]}{_FORMATS[sheet.format]}{encoding}, {rows} rows, {columns} columns"
    )
