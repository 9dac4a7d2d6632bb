"""A raw file as a spreadsheet shows it: text cells, with the row numbers that an officer sees.

In: the bytes of an export. Out: a frame of text (stripped, Unicode NFC) whose index is the row number in the
spreadsheet and whose empty cells are empty text. What would shift, cut or merge cells in silence is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
import warnings
import zipfile
import zlib
from collections import Counter
from xml.etree.ElementTree import ParseError

import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter

from outcomes.errors import DataError, Problem, listed
from outcomes.study.sources import Layout

HEADER_ROWS = {"csv": 1, "qualtrics": 3, "xlsx": 1}
"""Layout to header rows: Qualtrics writes an internal id, the question text and an ImportId."""

MOST_UNPACKED = 200_000_000
"""Most bytes that a workbook may unpack to."""

MOST_ROWS = 1_048_576
"""Most rows that a spreadsheet has."""

_IMPORT_ID = '{"ImportId"'
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ParseError, LookupError, ValueError, TypeError, AttributeError, OSError,
    EOFError, RuntimeError,
)  # fmt: skip
"""What openpyxl lets through of a damaged workbook."""

Rows = list[list[str]]


def read_sheet(content: bytes, layout: Layout, where: str) -> pd.DataFrame:
    """Return the cells of an export; index: row as in a spreadsheet; columns: the first header row.

    Raises DataError, naming ``where``, for an empty file, another format or encoding, rows of another width
    than the header, repeated or blank column names, header rows that the layout does not have.
    """
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        raise _refused(where, "an empty file", "at least a header and one row", "export it again")
    rows = _workbook(content, where) if layout == "xlsx" else _csv(content, where)
    header, above = rows[0], HEADER_ROWS[layout]
    _check_header(header, where)
    _check_import_ids(rows, layout, where)
    filled = {number: row for number, row in enumerate(rows[above:], start=above + 1) if any(row)}
    if not filled:
        raise _refused(where, "no rows below the header", "at least one row", "export it again")
    _check_width(len(header), filled, where)
    columns = dict(zip(header, zip(*filled.values(), strict=True), strict=True))
    return pd.DataFrame(columns, index=pd.Index(filled, name="row"), dtype="string")


def _csv(content: bytes, where: str) -> Rows:
    reader = csv.reader(io.StringIO(_decoded(content, where), newline=""), strict=True)
    rows: Rows = []
    try:
        rows.extend([cell.strip() for cell in row] for row in reader)
    except csv.Error:
        found = "a quotation mark that is not closed, or one inside a cell"
        raise _refused(
            f"{where}, row {len(rows) + 1}", found, "cells in whole quotes", "export it again"
        ) from None
    return rows


def _decoded(content: bytes, where: str) -> str:
    if content.startswith(_ARCHIVES):
        mend = "export it as CSV or declare `layout: xlsx`"
        raise _refused(where, "a workbook or an archive", "a CSV file", mend)
    if content.startswith(_UTF_16):
        raise _refused(where, "UTF-16 text", "UTF-8 text", "save it as CSV UTF-8")
    if b"\x00" in content:
        found = f"a NUL byte at offset {content.index(0)}"
        raise _refused(where, found, "UTF-8 text", "save it as CSV UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = f"a byte that is not UTF-8 in line {line}"
        raise _refused(where, found, "UTF-8 text", "save it as CSV UTF-8") from None
    if text.lstrip().startswith("<"):
        raise _refused(where, "a web page", "a CSV file", "download the export again while logged in")
    first = text.partition("\n")[0]
    for mark, name in ((";", "a semicolon"), ("\t", "a tab")):
        if mark in first and "," not in first:
            raise _refused(where, f"one column, separated by {name}", "commas", "export it with commas")
    return unicodedata.normalize("NFC", text)


def _workbook(content: bytes, where: str) -> Rows:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > MOST_UNPACKED:
            raise _refused(
                where, f"{unpacked:,} bytes unpacked", f"at most {MOST_UNPACKED:,}", "export it again"
            )
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            rows, formulas = _first_sheet(content)
    except _BROKEN:
        found = "no workbook (or a damaged or encrypted one)"
        raise _refused(where, found, "an .xlsx file", "save it as .xlsx without a password") from None
    if formulas:
        said = f"formulas in the cells {listed(formulas)}"
        raise _refused(where, said, "values", "copy the sheet and paste it as values")
    if not rows:
        raise _refused(where, "an empty first sheet", "at least a header and one row", "export it again")
    width = max((n for n, cell in enumerate(rows[0], start=1) if cell), default=0)
    return [[*row[:width], *[""] * (width - len(row)), *_overhang(row[width:])] for row in rows]


def _first_sheet(content: bytes) -> tuple[Rows, list[str]]:
    """Return the cells of the first sheet as text, and where formulas stand."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # some exporters declare one cell, and the rest would not be read
    rows, formulas = [], []
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > MOST_ROWS:
            raise ValueError("a row number that no spreadsheet has")
        rows.append([_text(cell.value) for cell in row])
        formulas += [
            f"{get_column_letter(n)}{number}" for n, cell in enumerate(row, 1) if cell.data_type == "f"
        ]
    return rows, formulas


def _overhang(beyond: list[str]) -> list[str]:
    """Return the cells right of the header when any holds something, so that the width check sees them."""
    return beyond if any(beyond) else []


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unicodedata.normalize("NFC", str(value)).strip()


def _check_header(header: list[str], where: str) -> None:
    if not any(header):
        raise _refused(f"{where}, row 1", "no column names", "a name over each column", "export it again")
    problems = []
    for name, times in Counter(header).items():
        letters = listed(get_column_letter(n) for n, other in enumerate(header, start=1) if other == name)
        if name == "":
            mend = "name the column or remove it"
            problems.append(
                Problem(f"{where}, row 1, column {letters}", "no name", "a name over each column", mend)
            )
        elif times > 1:
            found, mend = (
                f"the same name over the columns {letters}",
                "rename one; the first row must hold the names",
            )
            problems.append(Problem(f"{where}, row 1", found, "each name once", mend))
    if problems:
        raise DataError(problems)


def _check_import_ids(rows: Rows, layout: Layout, where: str) -> None:
    """Refuse a Qualtrics export without its three header rows, and one that is declared as something else."""
    found = [number for number, row in enumerate(rows[:3], start=1) if row and row[0].startswith(_IMPORT_ID)]
    if layout == "qualtrics" and found != [3]:
        mend = "export it again with all header rows, or declare `layout: csv`"
        raise _refused(f"{where}, row 3", "no ImportIds", "the third of Qualtrics' three header rows", mend)
    if layout != "qualtrics" and found:
        said, mend = "Qualtrics' ImportIds", "declare `layout: qualtrics`"
        raise _refused(f"{where}, row {found[0]}", said, "one header row", mend)


def _check_width(width: int, rows: dict[int, list[str]], where: str) -> None:
    wrong: dict[int, list[int]] = {}
    for number, row in rows.items():
        if len(row) != width:
            wrong.setdefault(len(row), []).append(number)
    if wrong:
        raise DataError(
            Problem(f"{where}, row{'s' if len(numbers) > 1 else ''} {listed(numbers)}", f"{cells} cells",
                    f"{width} cells, as in the header", "export it again")
            for cells, numbers in wrong.items()
        )  # fmt: skip


def _refused(where: str, found: str, allowed: str, mend: str) -> DataError:
    return DataError([Problem(where, found, allowed, mend)])
