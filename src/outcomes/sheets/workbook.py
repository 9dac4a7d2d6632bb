"""Excel workbooks (.xlsx) as rows of text: the values that the cells hold, of one worksheet."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import WorkSheetParser

from outcomes.errors import DataError, Problem, in_file, listed, nearest
from outcomes.sheets import values
from outcomes.sheets.grid import Marks, Row, Source
from outcomes.sheets.names import letter

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""Most rows and columns that a worksheet has; it has no more distinct texts than that either."""

MOST_UNPACKED = 200_000_000
_MOST_RATIO, _RATIO_FROM = 100, 10_000_000
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ParseError, LookupError, ValueError, TypeError, AttributeError, OSError,
    EOFError, RuntimeError, NotImplementedError, AssertionError,
)  # fmt: skip
"""What openpyxl lets through of a damaged workbook."""

_SHARED = re.compile(rb"<(?:\w+:)?si[\s/>]")
_ESCAPED_RETURN = "_x000D_"


def source(content: bytes, file: str, sheet: str | None) -> Source:
    """Return the rows of a worksheet: the one called ``sheet``, or the first that can be seen.

    Raises DataError for a workbook that is damaged, unpacks to too much or lacks the sheet.
    """
    try:
        too_much = _unpacked(content, file)
        if too_much:
            raise DataError(too_much)
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, rich_text=False)
            found, problems = _worksheet(book, file, sheet)
    except _BROKEN:
        raise _damaged(file) from None
    marks = Marks()
    return Source(_rows(book, found, file, marks, problems), problems, marks, pads=True)


def chosen(names: list[str], visible: list[bool], file: str, sheet: str | None) -> int:
    """Return which of the worksheets ``names`` is read; raises DataError when there is none of that name."""
    if sheet is None:
        return visible.index(True) if True in visible else 0
    if sheet not in names:
        said = f"no worksheet of the declared name among {len(names)}"
        mend = nearest(sheet, names) or "correct `sheet` in the study file"
        raise DataError([in_file("worksheet", file, said, listed(names), mend)])
    return names.index(sheet)


def other_sheets(number: int, file: str) -> Problem:
    """Return the warning that ``number`` other worksheets hold something, too."""
    said = "1 other worksheet with cells" if number == 1 else f"{number} other worksheets with cells"
    mend = "nothing, if the right one was read; else name it with `sheet` in the study file"
    return in_file("other-worksheets", file, said, "one worksheet is read", mend, severity="warning")


def _unpacked(content: bytes, file: str) -> list[Problem]:
    """Return the problem of a workbook that unpacks to too much (a zip bomb)."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        ratio = size / max(1, len(content))
        if size > MOST_UNPACKED or (size > _RATIO_FROM and ratio > _MOST_RATIO):
            said = f"a workbook that unpacks to {size:,} bytes, {ratio:,.0f} times its size"
            allowed = f"{MOST_UNPACKED:,} bytes and {_MOST_RATIO} times its size at most"
            return [in_file("zip-bomb", file, said, allowed, "export it again as CSV")]
        texts = sum(len(_SHARED.findall(archive.read(entry))) for entry in archive.infolist())
    if texts <= MOST_ROWS:
        return []
    said, allowed = f"{texts:,} distinct texts", f"{MOST_ROWS:,} at most"
    return [in_file("zip-bomb", file, said, allowed, "export it again as CSV")]


def _worksheet(book: Workbook, file: str, sheet: str | None) -> tuple[ReadOnlyWorksheet, list[Problem]]:
    sheets: list[ReadOnlyWorksheet] = list(book.worksheets)
    if not sheets:
        said = "a workbook without a worksheet"
        raise DataError([in_file("worksheet", file, said, "a worksheet", "export it again")])
    visible = [one.sheet_state == "visible" for one in sheets]
    at = chosen([one.title for one in sheets], visible, file, sheet)
    others = sum(
        seen and number != at and _has_cells(book, sheets[number]) for number, seen in enumerate(visible)
    )
    return sheets[at], [other_sheets(others, file)] if others else []


def _has_cells(book: Workbook, sheet: ReadOnlyWorksheet) -> bool:
    rows = _parser(book, sheet).parse()
    return any(cell["value"] is not None for _, cells in rows for cell in cells)


def _parser(book: Any, sheet: Any) -> WorkSheetParser:
    """Return openpyxl's parser of a worksheet.

    The public `iter_rows` leaves out rows that are not in order and fills up every row as far as its last
    cell, so that a small file with cells far to the right takes hours.
    """
    return WorkSheetParser(
        sheet._get_source(), sheet._shared_strings, epoch=book.epoch,
        date_formats=book._date_formats, timedelta_formats=book._timedelta_formats,
    )  # fmt: skip


def _rows(
    book: Workbook, sheet: ReadOnlyWorksheet, file: str, marks: Marks, problems: list[Problem]
) -> Iterator[Row]:
    """Yield the rows with their numbers, blank ones between them too; at the end, say what can't be used."""
    parser, last = _parser(book, sheet), 0
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            for number, cells in parser.parse():
                if not last < number <= MOST_ROWS:
                    raise ValueError("rows that are not in order, or more than a worksheet has")
                row = _texts(number, cells, marks)
                if not row:
                    continue
                yield from ((blank, []) for blank in range(last + 1, number))
                yield number, row
                last = number
    except _BROKEN:
        raise _damaged(file) from None
    merged = [str(area) for area in parser.merged_cells.mergeCell] if parser.merged_cells else []
    in_header = [area for area in merged if re.match(r"\$?[A-Z]+\$?1(?!\d)", area)]
    if in_header:
        said = f"merged cells in the header: {listed(in_header)}"
        mend = "unmerge them and give each column its own name in row 1"
        problems.append(in_file("merged-cells", file, said, "one name a column", mend, rows=[1]))


def _texts(number: int, cells: list[dict], marks: Marks) -> list[str]:
    """Return the cells of the row ``number`` as text, and note in ``marks`` what text can't say."""
    row: list[str] = []
    for cell in cells:
        value, column, kind = cell["value"], cell["column"] - 1, cell["data_type"]
        if value is None or value == "":
            continue
        if not len(row) <= column < MOST_COLUMNS or cell["row"] != number:
            raise ValueError("cells that are not in order, or more than a worksheet has")
        row += [""] * (column - len(row))
        row.append(_text(value, kind, number, column, marks))
    return row


def _text(value: object, kind: str, number: int, column: int, marks: Marks) -> str:
    if kind == "f":
        marks.formulas.setdefault(column, []).append(number)
        return "="
    if kind == "e":
        marks.errors.setdefault((column, str(value)), []).append(number)
    elif isinstance(value, date):
        marks.dates.setdefault(column, []).append(number)
    elif kind == "n" and values.is_long(value):
        marks.long.setdefault(column, []).append(number)
    text = values.text(value)
    return text.replace(_ESCAPED_RETURN, "\r") if kind == "s" else text


def marked(marks: Marks, names: list[str], file: str) -> Iterator[Problem]:
    """Yield the problems of the cells in ``marks``; ``names`` are those of the columns."""

    def name(column: int) -> str:
        return names[column] if column < len(names) and names[column] else letter(column)

    cells = [(row, column) for column, rows in marks.formulas.items() for row in rows]
    if cells:
        said = f"formulas in the cells {listed(f'{letter(column)}{row}' for row, column in sorted(cells))}"
        mend = "copy the worksheet and paste it as values"
        yield in_file("formula", file, said, "values", mend, rows=sorted({row for row, _ in cells}))
    for (column, kind), rows in marks.errors.items():
        mend = "correct the cell in the workbook that it comes from, or export again"
        yield in_file(
            "excel-error", file, f"{kind} (an error of Excel)", "values", mend, rows=rows, column=name(column)
        )
    for column, rows in marks.long.items():
        yield values.long_numbers(file, name(column), rows)


def _damaged(file: str) -> DataError:
    mend = "open it in Excel and save it again as .xlsx"
    return DataError([in_file("damaged", file, "a damaged workbook", "an Excel workbook", mend)])
