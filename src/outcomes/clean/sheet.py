"""A raw file as a spreadsheet shows it: text cells, with the row numbers that an officer sees.

In: the bytes of an export. Out: a frame of text whose index is the row number in the spreadsheet and whose empty
cells are empty text. What would shift, cut or merge cells in silence is refused.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

import openpyxl
import pandas as pd

from outcomes.errors import DataError, Problem, listed
from outcomes.study.sources import Layout

HEADER_ROWS = {"csv": 1, "qualtrics": 3, "xlsx": 1}
"""Layout to header rows: Qualtrics writes an internal id, the question text and an ImportId."""


def read_sheet(content: bytes, layout: Layout, where: str) -> pd.DataFrame:
    """Return the cells of an export as text, stripped; index: row as in a spreadsheet; columns: the first header row.

    Raises DataError, naming ``where``, for an empty file, another format or encoding, rows of another width than
    the header, repeated or blank column names.
    """
    if not content.strip():
        raise _refused(where, "an empty file", "at least a header and one response", "export it again")
    records = _workbook(content, where) if layout == "xlsx" else _csv_records(content, where)
    header, rows = [cell.strip() for cell in records[0]], records[HEADER_ROWS[layout] :]
    _check_header(header, where)
    first = HEADER_ROWS[layout] + 1
    _check_width(len(header), rows, first, where)
    numbers = [first + n for n, row in enumerate(rows) if any(cell.strip() for cell in row)]
    kept = [[cell.strip() for cell in rows[number - first]] for number in numbers]
    if not kept:
        raise _refused(where, "no responses below the header", "at least one response", "export it again")
    return pd.DataFrame(kept, columns=header, index=pd.Index(numbers, name="row"), dtype="string")


def _csv_records(content: bytes, where: str) -> list[list[str]]:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _refused(where, "a workbook or an archive", "a CSV file", "export as CSV or declare `layout: xlsx`")
    if b"\x00" in content:
        at = content.index(b"\x00")
        raise _refused(where, f"a NUL byte at offset {at}", "UTF-8 text", "save it as CSV UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = f"a byte that is not UTF-8 in line {line}"
        raise _refused(where, found, "UTF-8 text", "save it as CSV UTF-8") from None
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        raise _refused(where, "a web page", "a CSV file", "download the export again while logged in")
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise _refused(where, "a quotation mark that is not closed", "whole rows", "export it again") from None


def _workbook(content: bytes, where: str) -> list[list[str]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        found = "no workbook (or an encrypted one)"
        raise _refused(where, found, "an .xlsx file", "save it as .xlsx without a password") from None
    rows = [[_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    if not rows:
        raise _refused(where, "an empty first sheet", "at least a header and one response", "export it again")
    width = max((n + 1 for n, cell in enumerate(rows[0]) if cell.strip()), default=0)
    return [[*row[:width], *([""] * (width - len(row))), *_overhang(row, width)] for row in rows]


def _overhang(row: Sequence[str], width: int) -> list[str]:
    """Return the cells right of the header when any of them holds something, so that the width check sees them."""
    return list(row[width:]) if any(cell.strip() for cell in row[width:]) else []


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell)


def _check_header(header: list[str], where: str) -> None:
    problems = []
    for name, times in Counter(header).items():
        places = listed(n + 1 for n, other in enumerate(header) if other == name)
        if name == "":
            problems.append(Problem(where, f"no name over column {places}", "a name over each column", "name it"))
        elif times > 1:
            found = f"the column '{name[:60]}' at places {places}"
            problems.append(Problem(where, found, "each column once", "rename or remove one of them"))
    if len(header) == 1 and (mark := next((mark for mark in (";", "\t") if mark in header[0]), None)):
        said = "a semicolon" if mark == ";" else "a tab"
        problems.append(Problem(where, f"one column, separated by {said}", "commas", "export it with commas"))
    if problems:
        raise DataError(problems)


def _check_width(width: int, rows: list[list[str]], first: int, where: str) -> None:
    wrong = [first + n for n, row in enumerate(rows) if row and len(row) != width]
    if wrong:
        found = f"another number of cells than the header's {width}"
        raise _refused(f"{where}, row {listed(wrong)}", found, f"{width} cells in each row", "export it again")


def _refused(where: str, found: str, allowed: str, mend: str) -> DataError:
    return DataError([Problem(where, found, allowed, mend)])
