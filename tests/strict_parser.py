"""What an export holds, by a second hand: slow, short, strict, and written without a look at the reader.

CSV is read by a state machine over RFC 4180, Excel by calamine, Stata by pandas; SPSS and Parquet plainly by
their one library. What is not plainly well
formed is refused (`NotStrict`); so a file that the reader accepts must be one that this parser reads alike.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

import pandas as pd
import pyarrow.parquet
import pyreadstat
import python_calamine


class NotStrict(ValueError):
    """The bytes are not what the declared rules of their format allow."""


class Unreadable(NotStrict):
    """The library behind this parser could not read the bytes; that says little about them."""


@dataclass(frozen=True)
class Grid:
    """The header (row 1), and each later row of cells under the number that a spreadsheet shows."""

    header: tuple[str, ...]
    rows: dict[int, tuple[str, ...]]
    """A row that is blank throughout has no cells, however many commas it has."""

    def column(self, name: str) -> dict[int, str]:
        """The cells of a column by row; a row without cells has an empty one."""
        if self.header.count(name) != 1:
            raise NotStrict(f"the column stands {self.header.count(name)} times in the header")
        place = self.header.index(name)
        return {row: cells[place] if cells else "" for row, cells in self.rows.items()}


def parse(content: bytes, form: str) -> Grid:
    """The grid of an export in the format ``form``, one of `READERS`."""
    try:
        lines = READERS[form](content)
    except NotStrict:
        raise
    except Exception as error:
        raise Unreadable(type(error).__name__) from error
    if not lines or not lines[0]:
        raise NotStrict("no header")
    header, *rows = [lines[0], *(cells if any(map(str.strip, cells)) else [] for cells in lines[1:])]
    if wrong := [number for number, cells in enumerate(rows, 2) if cells and len(cells) != len(header)]:
        raise NotStrict(f"another width than the header's in row {wrong[0]}")
    return Grid(tuple(header), {number: tuple(cells) for number, cells in enumerate(rows, 2)})


def csv_rows(content: bytes) -> list[list[str]]:
    """The rows of a CSV file: UTF-8, commas, quotes doubled inside quotes."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotStrict("not UTF-8") from None
    if "\0" in text:
        raise NotStrict("a NUL")
    return list(_rows(text))


def _rows(text: str) -> Iterator[list[str]]:
    """The state machine; it stands at the start of a cell, in a plain one, in quotes, or behind quotes."""
    state, cell, row = "start", "", []
    at, end = 0, len(text)
    while at < end:
        sign = text[at]
        at += 1
        if state == "quoted":
            if sign != '"':
                cell += sign
            elif text[at : at + 1] == '"':
                cell += '"'
                at += 1
            else:
                state = "closed"
        elif sign == ",":
            row.append(cell)
            state, cell = "start", ""
        elif sign in "\r\n":
            if sign == "\r" and text[at : at + 1] == "\n":
                at += 1
            yield [] if not row and not cell and state == "start" else [*row, cell]
            state, cell, row = "start", "", []
        elif state == "closed":
            raise NotStrict("a sign behind a closing quote")
        elif sign == '"':
            if state == "plain":
                raise NotStrict("a quote inside a cell without quotes")
            state = "quoted"
        else:
            state, cell = "plain", cell + sign
    if state == "quoted":
        raise NotStrict("a quote that never ends")
    if row or cell or state == "closed":
        yield [*row, cell]


def xlsx_rows(content: bytes) -> list[list[str]]:
    """The rows of a workbook's first sheet."""
    sheet = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0)
    return [[as_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


def dta_rows(content: bytes) -> list[list[str]]:
    """The names of the variables of a Stata file, then its records."""
    frame = pd.read_stata(io.BytesIO(content), convert_categoricals=False)
    return [list(frame.columns), *([as_text(cell) for cell in row] for row in frame.itertuples(index=False))]


def sav_rows(content: bytes) -> list[list[str]]:
    """The names of the variables of an SPSS file in UTF-8, then its records."""
    # The library dies of text that it can't decode, so it is asked for bytes.
    frame, _ = pyreadstat.read_sav(io.BytesIO(content), encoding="LATIN1")
    rows = [list(frame.columns), *([as_text(cell) for cell in row] for row in frame.itertuples(index=False))]
    return [[cell.encode("latin-1").decode() for cell in row] for row in rows]


def parquet_rows(content: bytes) -> list[list[str]]:
    """The names of the columns of a Parquet file, then its records."""
    held = pyarrow.parquet.read_table(io.BytesIO(content)).to_pydict()
    return [list(held), *([as_text(cell) for cell in row] for row in zip(*held.values(), strict=True))]


READERS = {"csv": csv_rows, "xlsx": xlsx_rows, "dta": dta_rows, "sav": sav_rows, "parquet": parquet_rows}
"""Format to what reads it; SPSS and Parquet by the library that the reader has too, as none else does."""


def as_text(cell: object) -> str:
    """A typed cell as text: numbers in their shortest form, days and times in ISO 8601, truth in capitals."""
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if not isinstance(cell, str) and float(cell) == int(float(cell)):  # type: ignore[arg-type]
        return str(int(float(cell)))  # type: ignore[arg-type]
    return str(cell)
