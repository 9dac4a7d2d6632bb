"""An export is read as a spreadsheet shows it, or refused; nothing is shifted or cut in silence."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outcomes.clean.sheet import read_sheet
from outcomes.errors import DataError

HEADER = b"id,q1,q2\n"


def workbook(*rows: list[object], change=None) -> bytes:
    """An .xlsx file with the rows on its first sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def refusal(content: bytes, layout: str = "csv") -> str:
    with pytest.raises(DataError) as refused:
        read_sheet(content, layout, "raw.csv")
    said = str(refused.value)
    assert all(line.startswith("raw.csv") and line.endswith((".", "?")) for line in said.splitlines())
    return said


def read_or_refused(content: bytes, layout: str) -> bool:
    """Whether the bytes are read, or refused with a problem; any other error goes up."""
    try:
        return not read_sheet(content, layout, "raw.csv").empty
    except DataError as refused:
        return bool(refused.problems)


BOOK = workbook(["id", "q1"], ["M1", 3])
REFUSED = {
    "empty": (b"", "found an empty file"),
    "blank": (b"\n \r\n\t", "found an empty file"),
    "a BOM alone": (b"\xef\xbb\xbf", "found an empty file"),
    "header only": (HEADER, "found no rows below the header"),
    "header and blank rows": (HEADER + b",,\n\n , ,\n", "found no rows below the header"),
    "UTF-16 with BOM": (
        (HEADER + b"M1,1,2\n").decode().encode("utf-16"),
        "found UTF-16 text; allowed: UTF-8",
    ),
    "UTF-16, big end first": (b"\xfe\xff" + "id,q\nM,1".encode("utf-16-be"), "found UTF-16 text"),
    "UTF-16 without BOM": (
        (HEADER + b"M1,1,2\n").decode().encode("utf-16-le"),
        "found a NUL byte at offset 1",
    ),
    "NUL": (HEADER + b"M1,1,2\nM2,1\x00,2\n", "found a NUL byte at offset 20"),
    "cp1252": (HEADER + "M1,1,2\nM2,é,2\n".encode("cp1252"), "found a byte that is not UTF-8 in line 3"),
    "web page": (b"<!DOCTYPE html><html>log in</html>", "found a web page"),
    "web page behind a BOM": (b"\xef\xbb\xbf\n<html>log in</html>", "found a web page"),
    "workbook called csv": (BOOK, "found a workbook or an archive; allowed: a CSV file"),
    "old workbook called csv": (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "found a workbook or an archive"),
    "semicolons": (b"id;q1;q2\nM1;1;2\n", "found one column, separated by a semicolon"),
    "semicolons and decimal commas": (b"id;q1;q2\nM1;1,5;2\n", "found one column, separated by a semicolon"),
    "tabs": (b"id\tq1\nM1\t1\n", "found one column, separated by a tab"),
    "a long first row": (HEADER + b"M1,1,2,3\nM2,1,2\n", "raw.csv, row 2: found 4 cells; allowed: 3 cells"),
    "long and short rows": (HEADER + b"M1,1\nM2,1,2\nM3\nM4,1\n", "raw.csv, rows 2, 5: found 2 cells"),
    "every row with a comma more": (HEADER + b"M1,1,2,\nM2,1,2,\n", "raw.csv, rows 2, 3: found 4 cells"),
    "a truncated last row": (HEADER + b"M1,1,2\nM2,", "raw.csv, row 3: found 2 cells"),
    "a quote not closed": (HEADER + b'M1,1,2\nM2,"1,2\nM3,1,2\n', "raw.csv, row 3: found a quotation mark"),
    "a quote within": (HEADER + b'M1,"1"x,2\n', "raw.csv, row 2: found a quotation mark"),
    "repeated headers": (b"id,q1,q2,q1\nM1,1,2,3\n", "found the same name over the columns B, D"),
    "blank headers": (b"id,,q2, \nM1,1,2,3\n", "raw.csv, row 1, column B, D: found no name"),
    "a blank first row": (b"\nid,q1\nM1,1\n", "raw.csv, row 1: found no column names"),
    "Qualtrics as plain CSV": (
        b'id,q1\nId,"Q?"\n"{""ImportId"":""x""}","{}"\nM1,1\n',
        "row 3: found Qualtrics' ImportIds",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_misread_is_refused(case):
    content, words = REFUSED[case]
    assert words in refusal(content)


def test_ids_never_stand_in_a_refusal():
    for content in (b"M001,M001\n3,4\n", b"M001;3\n4;5\n", b"id,q\nM001,3,4\n", b'id,q\n"M001\n'):
        assert "M00" not in refusal(content)


def test_every_header_problem_is_named():
    assert len(refusal(b"id,,q1,q1\nM1,1,2,3\n").splitlines()) == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_rows_are_numbered_as_a_spreadsheet_shows_them(end, bom):
    lines = [
        "id,comment",
        "M1,plain",
        "",
        'M2,"two',
        'lines"',
        ",",
        'M3,"a ""quoted"" word, and a comma"',
        "",
        "",
    ]
    sheet = read_sheet((bom + end.join(lines)).encode(), "csv", "raw.csv")
    assert sheet.index.tolist() == [2, 4, 6]
    assert sheet["id"].tolist() == ["M1", "M2", "M3"]
    assert sheet["comment"].tolist()[2] == 'a "quoted" word, and a comma'


def test_words_that_look_like_gaps_or_numbers_stay_text():
    cells = ["NA", "null", "", "007", "1E5", "TRUE", "3.0", "=1+1", "٣", "9007199254740993", "01-Feb", "nan"]
    sheet = read_sheet(("id,q\n" + "".join(f"M,{cell}\n" for cell in cells)).encode(), "csv", "raw.csv")
    assert sheet["q"].tolist() == cells


def test_cells_and_headers_are_trimmed_and_normalised():
    sheet = read_sheet(" id ,Cafe\u0301\nM1,\u00a0re\u0301sume\u0301 \n".encode(), "csv", "raw.csv")
    assert sheet.columns.tolist() == ["id", "Caf\u00e9"]
    assert sheet.iloc[0, 1] == "r\u00e9sum\u00e9"


QUALTRICS = b"""Recipient,Q1
"Who
answers","How,
really?"
"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}"
"""


def test_qualtrics_rows_begin_below_three_header_rows_however_many_lines_these_take():
    sheet = read_sheet(QUALTRICS + b"M1,3\nM2,4\n", "qualtrics", "raw.csv")
    assert sheet.index.tolist() == [4, 5]
    assert sheet.columns.tolist() == ["Recipient", "Q1"]


@pytest.mark.parametrize(
    "content", [b"id,q1\nM1,1\nM2,2\nM3,3\n", QUALTRICS.split(b"\n", 1)[1] + b"M1,3\n", b"id\nM1\n"]
)
def test_a_qualtrics_export_without_its_header_rows_loses_nobody(content):
    assert "row 3: found no ImportIds" in refusal(content, "qualtrics")


def test_a_newline_in_a_quoted_header_is_part_of_the_name():
    sheet = read_sheet(b'id,"How\ndo you do?"\nM1,3\n', "csv", "raw.csv")
    assert sheet.columns.tolist() == ["id", "How\ndo you do?"]
    assert sheet.index.tolist() == [2]


def test_a_workbook_gives_the_text_that_it_shows():
    rows = [["id", "q", "on", "at", "done"],
            ["007", 3, date(2026, 11, 22), datetime(2026, 11, 22, 9, 5), True],
            [None] * 5, [8.0, 2.5, "2026-11-23", None, "Yes"], [None, "", " ", None, None]]  # fmt: skip
    sheet = read_sheet(workbook(*rows), "xlsx", "raw.xlsx")
    assert sheet.index.tolist() == [2, 4]
    assert sheet.loc[2].tolist() == ["007", "3", "2026-11-22 00:00:00", "2026-11-22 09:05:00", "True"]
    assert sheet.loc[4].tolist() == ["8", "2.5", "2026-11-23", "", "Yes"]


def test_a_workbook_may_have_blank_columns_and_rows_at_its_edges():
    def blank(book):
        book.active.cell(row=400, column=30).value = " "

    sheet = read_sheet(workbook(["id", "q", None], ["M1", 3, None], change=blank), "xlsx", "raw.xlsx")
    assert sheet.shape == (1, 2)


def without(part: str) -> bytes:
    """The workbook without one of the files that it is made of."""
    return repacked(lambda name, content: None if name == part else content)


def repacked(change) -> bytes:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(BOOK)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            content = change(entry.filename, source.read(entry))
            if content is not None:
                target.writestr(entry.filename, content)
    return packed.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BOOKS = {
    "csv called xlsx": (HEADER + b"M1,1,2\n", "found no workbook"),
    "encrypted": (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "found no workbook"),
    "truncated": (BOOK[: len(BOOK) // 2], "found no workbook"),
    "another archive": (without("[Content_Types].xml"), "found no workbook"),
    "without its sheet": (without(SHEET), "found no workbook"),
    "broken sheet": (
        repacked(lambda name, content: content[:-40] if name == SHEET else content),
        "found no workbook",
    ),
    "bomb": (
        repacked(lambda name, content: b" " * 200_000_001 if name == SHEET else content),
        "bytes unpacked",
    ),
    "endless": (
        repacked(
            lambda name, content: content.replace(b'r="2"', b'r="999999999999"') if name == SHEET else content
        ),
        "found no workbook",
    ),
    "a formula": (workbook(["id", "q1"], ["M1", "=1+2"]), "found formulas in the cells B2; allowed: values"),
    "empty sheet": (workbook(), "raw.csv"),
    "header only": (workbook(["id", "q1"]), "found no rows below the header"),
    "beyond the header": (
        workbook(["id", "q1"], ["M1", 3, "note"]),
        "row 2: found 3 cells; allowed: 2 cells",
    ),
    "repeated headers": (workbook(["id", "id"], ["M1", 3]), "found the same name over the columns A, B"),
    "blank header": (workbook(["id", None, "q1"], ["M1", 3, 4]), "row 1, column B: found no name"),
}


@pytest.mark.parametrize("case", BOOKS)
def test_a_workbook_that_would_be_misread_is_refused(case):
    content, words = BOOKS[case]
    assert words in refusal(content, "xlsx")


def test_a_workbook_that_declares_too_small_a_range_is_read_whole():
    def narrow(name: str, content: bytes) -> bytes:
        return content.replace(b'ref="A1:B2"', b'ref="A1"') if name == SHEET else content

    assert read_sheet(repacked(narrow), "xlsx", "raw.xlsx").loc[2].tolist() == ["M1", "3"]


CELL = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6))
def test_what_was_written_is_read_row_by_row(rows):
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([("id", "q"), *rows])
    plain = [[unicodedata.normalize("NFC", cell).strip() for cell in row] for row in rows]
    expected = {number: row for number, row in enumerate(plain, start=2) if any(row)}
    try:
        sheet = read_sheet(written.getvalue().encode(), "csv", "raw.csv")
        read = {row: list(cells) for row, *cells in sheet.itertuples()}
    except DataError:
        read = {}
    assert read == expected


@given(st.binary(max_size=80), st.sampled_from(["csv", "qualtrics", "xlsx"]))
@example(b"\xef\xbb\xbf", "csv")
@example(b"\n\n", "csv")
@example(b"\na,b\n1,2\n", "csv")
def test_any_bytes_are_read_or_refused(content, layout):
    assert read_or_refused(content, layout)


@given(st.integers(0, len(BOOK) - 1), st.integers(0, 255))
def test_a_workbook_with_any_byte_changed_is_read_or_refused(at, byte):
    assert read_or_refused(BOOK[:at] + bytes([byte]) + BOOK[at + 1 :], "xlsx")


@given(st.data())
def test_a_workbook_with_any_part_damaged_is_read_or_refused(data):
    names = zipfile.ZipFile(io.BytesIO(BOOK)).namelist()
    name = data.draw(st.sampled_from(names))

    def damage(part: str, content: bytes) -> bytes:
        if part != name:
            return content
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(1, 40))
        return content[:at] + data.draw(st.binary(max_size=10)) + content[at + length :]

    assert read_or_refused(repacked(damage), "xlsx")
