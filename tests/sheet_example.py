"""Small exports to read: how they are packed, and what is said when they can't be used."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable

import openpyxl

from outcomes import sheets
from outcomes.errors import DataError
from outcomes.sheets import Declared, Sheet

HEADER = b"id,q1,q2\n"
WORKSHEET = "xl/worksheets/sheet1.xml"


def read(content: bytes | str, file: str = "raw.csv", **declared: object) -> Sheet:
    """The export as a sheet; text is written as UTF-8."""
    return sheets.read(content.encode() if isinstance(content, str) else content, file, Declared(**declared))


def problems(content: bytes | str, file: str = "raw.csv", **declared: object) -> list[str]:
    """What is said of an export that is refused: `E-code: sentence`; of one that is read, its notes."""
    try:
        found = read(content, file, **declared).notes
    except DataError as refused:
        found = refused.problems
    for problem in found:
        sentence = str(problem)
        assert sentence.startswith(file.encode("utf-8", "backslashreplace").decode()[:4])
        assert sentence.endswith((".", "?"))
        assert "; allowed: " in sentence
    return [f"{problem.label}: {problem}" for problem in found]


def codes(content: bytes | str, file: str = "raw.csv", **declared: object) -> list[str]:
    """The labels of what is said of an export, in order."""
    return [said.partition(":")[0] for said in problems(content, file, **declared)]


def rows(sheet: Sheet) -> dict[int, list[str]]:
    """The cells of a sheet by row."""
    return {int(row): list(cells) for row, *cells in sheet.cells.astype("object").itertuples()}


def workbook(*rows: Iterable[object], change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    """An .xlsx file with the rows on its first worksheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    if change is not None:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def repacked(book: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A workbook with its parts changed, or left out where ``change`` gives None."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            content = change(entry.filename, source.read(entry))
            if content is not None:
                target.writestr(entry.filename, content)
    return packed.getvalue()


def zipped(*names: str) -> bytes:
    """A zip archive of short files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet")
    return packed.getvalue()
