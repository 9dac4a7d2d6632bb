"""Old Excel workbooks (.xls) as rows of text.

Read with xlrd: python-calamine gives error cells as empty text, which would be a silent change.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from datetime import date, time

import xlrd  # type: ignore[import-untyped]
from xlrd.biffh import error_text_from_code  # type: ignore[import-untyped]

from outcomes.errors import DataError, Problem, in_file
from outcomes.sheets import values
from outcomes.sheets.grid import Marks, Row, Source
from outcomes.sheets.workbook import chosen, other_sheets

_FORMULA, _BEGIN, _END = 0x0006, 0x0809, 0x000A


def source(content: bytes, file: str, sheet: str | None) -> Source:
    """Return the rows of a worksheet: the one called ``sheet``, or the first that can be seen.

    Raises DataError for a workbook that is damaged, has a password or lacks the sheet.
    """
    try:
        book = xlrd.open_workbook(
            file_contents=content, logfile=io.StringIO(), on_demand=True, formatting_info=True
        )
        sheets = [book.sheet_by_index(at) for at in range(book.nsheets)]
        visible = [one.visibility == 0 for one in sheets]
        at = chosen([one.name for one in sheets], visible, file, sheet)
        others = sum(seen and n != at and sheets[n].nrows > 0 for n, seen in enumerate(visible))
        marks = Marks()
        rows = [_texts(sheets[at], number, book.datemode, marks) for number in range(sheets[at].nrows)]
        for row, column in _formulas(book.mem, book._sh_abs_posn[at]):
            marks.formulas.setdefault(column, []).append(row + 1)
        merged = [area for area in sheets[at].merged_cells if area[0] == 0]
    except DataError:
        raise
    except Exception as error:  # xlrd meets damage with every kind of exception
        raise DataError([_unreadable(file, "crypt" in str(error).lower())]) from None
    problems = [other_sheets(others, file)] if others else []
    if merged:
        said, mend = "merged cells in the header", "unmerge them and give each column its own name in row 1"
        problems.append(in_file("merged-cells", file, said, "one name a column", mend, rows=[1]))
    return Source(_numbered(rows), problems, marks, pads=True)


def _numbered(rows: list[list[str]]) -> Iterator[Row]:
    yield from enumerate(rows, start=1)


def _texts(sheet: xlrd.sheet.Sheet, row: int, epoch: int, marks: Marks) -> list[str]:
    """Return the cells of a row (from 0) as text; ``epoch`` is 0 for 1900, 1 for 1904."""
    texts = []
    for column, cell in enumerate(sheet.row(row)):
        value: object = cell.value
        if cell.ctype == xlrd.XL_CELL_ERROR:
            value = error_text_from_code.get(cell.value, "#ERROR")
            marks.errors.setdefault((column, str(value)), []).append(row + 1)
        elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
            value = bool(cell.value)
        elif cell.ctype == xlrd.XL_CELL_DATE:
            value = _moment(cell.value, epoch)
            if isinstance(value, date):
                marks.dates.setdefault(column, []).append(row + 1)
        elif cell.ctype == xlrd.XL_CELL_NUMBER and values.is_long(cell.value):
            marks.long.setdefault(column, []).append(row + 1)
        texts.append(values.text(value))
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _moment(serial: float, epoch: int) -> object:
    moment = xlrd.xldate.xldate_as_datetime(serial, epoch)
    return moment.time() if 0 <= serial < 1 and moment.time() != time.min else moment


def _formulas(stream: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Yield row and column (from 0) of the formulas of a worksheet: records of two words and a body."""
    at, depth = start, 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return
        if kind == _FORMULA and depth == 1:
            yield struct.unpack_from("<HH", stream, at + 4)
        at += 4 + size


def _unreadable(file: str, encrypted: bool) -> Problem:
    said = "a workbook with a password" if encrypted else "a damaged workbook"
    mend = "open it in Excel, take the password off and save it again as .xlsx"
    if not encrypted:
        mend = "open it in Excel and save it again as .xlsx"
    return in_file("damaged", file, said, "an Excel workbook", mend)
