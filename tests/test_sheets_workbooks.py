"""A workbook gives the values that its cells hold; what a spreadsheet would not show as such is refused."""

from __future__ import annotations

import io
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from re import sub

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from sheet_example import WORKSHEET, codes, problems, read, repacked, rows, workbook, zipped

from outcomes import sheets
from outcomes.errors import DataError

FIXTURES = Path(__file__).parent / "fixtures"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BOOK = workbook(["id", "q1"], ["M1", 3])
OLD = (FIXTURES / "answers.xls").read_bytes()
FAULTS = (FIXTURES / "faults.xls").read_bytes()


def only(content: bytes, file: str = "raw.xlsx", **declared: object) -> str:
    """The one thing that is said of a workbook."""
    (said,) = problems(content, file, **declared)
    return said


def test_a_workbook_gives_the_values_of_its_cells_as_text():
    sheet = read(
        workbook(
            ["id", "q", "on", "at", "done"],
            ["007", 3, date(2026, 11, 22), datetime(2026, 11, 22, 9, 5), True],
            [None] * 5,
            [8.0, 2.5, "2026-11-23", datetime(2026, 2, 1), False],
            [None, "", " ", None, None],
            ["=", 1 / 3, None, None, None],
            change=lambda book: setattr(book.active["A6"], "data_type", "s"),
        ),
        "raw.xlsx",
    )
    assert rows(sheet) == {
        2: ["007", "3", "2026-11-22", "2026-11-22T09:05:00", "TRUE"],
        4: ["8", "2.5", "2026-11-23", "2026-02-01", "FALSE"],
        6: ["=", "0.3333333333333333", "", "", ""],
    }
    assert sheet.dates == {"at"}
    assert [note.code for note in sheet.notes] == ["blank-rows"]
    assert (sheet.format, sheet.layout) == ("xlsx", "plain")


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_days_are_right_in_either_epoch(epoch):
    def change(book):
        if epoch:
            book.epoch = epoch

    day, moment = date(2026, 3, 1), datetime(2026, 3, 1, 23, 59, 30)
    content = workbook(["id", "on", "at"], ["M1", day, moment], change=change)
    assert rows(read(content, "raw.xlsx")) == {2: ["M1", "2026-03-01", "2026-03-01T23:59:30"]}
    serial = (day - (date(1904, 1, 1) if epoch else date(1899, 12, 30))).days
    assert f"<v>{serial}</v>" in zipfile.ZipFile(io.BytesIO(content)).read(WORKSHEET).decode()


def test_times_of_day_and_lengths_are_no_days():
    sheet = read(workbook(["id", "t", "l"], ["M1", time(9, 5), timedelta(hours=30, minutes=5)]), "raw.xlsx")
    assert rows(sheet) == {2: ["M1", "09:05:00", "30:05:00"]}
    assert sheet.dates == frozenset()


def test_a_day_among_answers_stays_a_cell_and_the_column_is_no_day():
    sheet = read(workbook(["id", "q"], ["M1", 3], ["M2", date(2026, 2, 1)]), "raw.xlsx")
    assert rows(sheet)[3] == ["M2", "2026-02-01"]
    assert sheet.dates == frozenset()


def test_a_day_in_the_header_does_not_count():
    sheet = read(workbook(["id", date(2026, 2, 1)], ["M1", date(2026, 2, 1)], ["M2", 3]), "raw.xlsx")
    assert sheet.cells.columns.tolist() == ["id", "2026-02-01"]
    assert sheet.dates == frozenset()


def test_days_are_told_below_three_header_rows_too():
    table = [["on", "q"], ["a", "b"], ['{"ImportId":"x"}', '{"ImportId":"y"}'], [date(2026, 2, 1), 1]]
    assert read(workbook(*table), "raw.xlsx").dates == {"on"}


def errors(book):
    book.active["B3"] = "#REF!"
    book.active["B4"] = "#N/A"
    book.active["A5"] = "#N/A"
    book.active["A5"].data_type = "s"


def test_errors_of_excel_are_refused_by_row_and_column_but_not_the_words():
    content = workbook(["id", "q1"], ["M1", 3], ["M2"], ["M3"], ["M4"], change=errors)
    assert [line[:58] for line in problems(content, "raw.xlsx")] == [
        "E-excel-error: raw.xlsx, column q1, row 3: found #REF! (an",
        "E-excel-error: raw.xlsx, column q1, row 4: found #N/A (an ",
    ]


def test_numbers_that_have_lost_digits_are_noticed():
    sheet = read(workbook(["id", "q"], [1234567890123456, 1], [123456789012345, 2.5e15]), "raw.xlsx")
    assert [(note.code, note.column, note.rows) for note in sheet.notes] == [
        ("long-number", "id", (2,)),
        ("long-number", "q", (3,)),
    ]
    assert rows(sheet) == {2: ["1234567890123456", "1"], 3: ["123456789012345", "2500000000000000"]}


def more_sheets(book):
    book.create_sheet("notes")["A1"] = "x"
    book.create_sheet("more")["C7"] = "x"
    book.create_sheet("blank")
    book.create_sheet("hidden")["A1"] = "x"
    book["hidden"].sheet_state = "hidden"
    book.create_sheet("Wave 2").append(["id", "q2"])
    book["Wave 2"].append(["M2", 4])


def test_the_first_worksheet_is_read_or_the_declared_one():
    content = workbook(["id", "q1"], ["M1", 3], change=more_sheets)
    sheet = read(content, "raw.xlsx")
    assert rows(sheet) == {2: ["M1", "3"]}
    assert [note.found for note in sheet.notes] == ["3 other worksheets with cells"]
    assert rows(read(content, "raw.xlsx", sheet="Wave 2")) == {2: ["M2", "4"]}
    assert "allowed: Sheet, notes, more, blank, hidden, Wave 2; did you mean 'Wave 2'?" in only(
        content, sheet="wave 2"
    )


def test_a_hidden_first_worksheet_is_passed_over():
    def change(book):
        more_sheets(book)
        book.worksheets[0].sheet_state = "hidden"
        book.active = 1

    assert codes(workbook(["id", "q1"], ["M1", 3], change=change), "raw.xlsx") == [
        "W-other-worksheets",
        "E-no-responses",
    ]


def part(change):
    return repacked(BOOK, lambda name, content: change(content) if name == WORKSHEET else content)


def without(name: str) -> bytes:
    return repacked(BOOK, lambda part, content: None if part == name else content)


SHARED = "xl/sharedStrings.xml"


def shared(texts: bytes) -> bytes:
    """The workbook with a table of texts, as Excel writes it; its cell A2 is the first of them."""
    override = f'<Override PartName="/{SHARED}" ContentType="{SHARED_STRINGS}"/></Types>'.encode()

    def change(name: str, content: bytes) -> bytes:
        if name == "[Content_Types].xml":
            return content.replace(b"</Types>", override)
        cell = b'<c r="A2" t="inlineStr"><is><t>M1</t></is></c>'
        return content.replace(cell, b'<c r="A2" t="s"><v>0</v></c>')

    content = io.BytesIO(repacked(BOOK, change))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(SHARED, b'<sst xmlns="%s">%s</sst>' % (SHEET_MAIN_NS.encode(), texts))
    return content.getvalue()


CELLS = b'<c r="B2" t="n"><v>3</v></c>'
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%b">' % (98 + at, b"&%c;" % (97 + at) * 10) for at in range(9)
)
BOOKS = {
    "a formula": (workbook(["id", "q1"], ["M1", "=1+2"]), "found formulas in the cells B2; allowed: values"),
    "an array formula": (
        part(lambda content: content.replace(CELLS, b'<c r="B2"><f t="array" ref="B2">1</f><v>1</v></c>')),
        "formulas in the cells B2; allowed: values",
    ),
    "merged names": (
        workbook(["id", "q1", "q2"], ["M1", 3, 4], change=lambda book: book.active.merge_cells("B1:B2")),
        "E-merged-cells: raw.xlsx, row 1: found merged cells in the header: B1:B2;",
    ),
    "an empty worksheet": (workbook(), "E-header-none"),
    "a blank first row": (workbook([None], ["id"], ["M1"]), "E-header-none: raw.xlsx, row 1:"),
    "header only": (workbook(["id", "q1"]), "E-no-responses: raw.xlsx: found 0 responses"),
    "beyond the header": (
        workbook(["id", "q1"], ["M1", 3, "note"]),
        "E-row-width: raw.xlsx, row 2: found 3 cells; allowed: 2 cells, as in the header; take out what",
    ),
    "repeated names": (workbook(["id", "id"], ["M1", 3]), "E-header-twice: raw.xlsx, row 1"),
    "a blank name": (workbook(["id", None, "q1"], ["M1", 3, 4]), "E-header-blank: raw.xlsx, row 1"),
    "truncated": (BOOK[: len(BOOK) // 2], "found a damaged workbook or zip archive"),
    "without its worksheet": (without(WORKSHEET), "found a workbook without a worksheet"),
    "broken XML": (part(lambda content: content[:-40]), "E-damaged: raw.xlsx: found a damaged workbook;"),
    "a row beyond all": (part(lambda content: content.replace(b'r="2"', b'r="99999999999"')), "found a dam"),
    "a row of no number": (part(lambda content: content.replace(b'r="2"', b'r="x"')), "found a damaged"),
    "rows out of order": (part(lambda c: sub(rb'"([AB]?)1"', rb'"\g<1>3"', c)), "found a damaged"),
    "a cell twice": (part(lambda content: content.replace(CELLS, CELLS + CELLS)), "found a damaged"),
    "a cell of another row": (part(lambda content: content.replace(b'"B2"', b'"B3"')), "found a damaged"),
    "a column beyond all": (part(lambda content: content.replace(b'"B2"', b'"XFE2"')), "found a damaged"),
    "entities": (
        part(lambda content: BOMB + b"]>" + content.replace(CELLS, b'<c r="B2" t="str"><v>&j;</v></c>')),
        "found a damaged workbook;",
    ),
    "a bomb": (part(lambda content: b" " * 200_000_001), "found a workbook that unpacks to 200,"),
    "a small bomb": (part(lambda content: b" " * 11_000_000), "found a workbook that unpacks to 11,"),
    "a million texts": (shared(b"<si><t>a</t></si>" + b"<si/>" * 1_100_000), "found 1,100,001 distinct"),
}  # fmt: skip


@pytest.mark.parametrize("case", BOOKS)
def test_a_workbook_that_would_be_misread_is_refused(case):
    content, words = BOOKS[case]
    assert words in only(content)


def test_all_problems_of_a_workbook_are_said_at_once():
    content = workbook(
        ["id", None, "id"], ["M1", "=A1", 3], ["M2", "#N/A", 4, 5], ["Ã©", 1e15, 3], change=more_sheets
    )
    assert sorted(codes(content, "raw.xlsx")) == sorted(
        ["W-other-worksheets", "E-header-twice", "E-header-blank", "E-formula", "E-excel-error",
         "E-row-width", "E-mojibake", "W-long-number"]
    )  # fmt: skip


def test_a_workbook_that_declares_too_small_a_range_is_read_whole():
    content = part(lambda cells: cells.replace(b'ref="A1:B2"', b'ref="A1"'))
    assert rows(read(content, "raw.xlsx")) == {2: ["M1", "3"]}


def test_a_cell_far_away_is_said_and_costs_no_time():
    def change(book):
        for row in range(2, 300):
            book.active.cell(row=row, column=16_384).value = "x"

    (problem,) = problems(workbook(["id", "q1"], ["M1", 3], change=change), "raw.xlsx")
    assert "found 16384 cells; allowed: 2 cells" in problem


def test_texts_may_stand_in_a_table_of_their_own():
    assert rows(read(shared(b"<si><r><t>M</t></r><r><t>1</t></r></si>"), "raw.xlsx")) == {2: ["M1", "3"]}


def test_line_ends_within_cells_are_kept():
    sheet = read(workbook(["id", "q\nq"], ["M1", "a\nb"], ["M2", "a_x000D_\nb"]), "raw.xlsx")
    assert rows(sheet) == {2: ["M1", "a\nb"], 3: ["M2", "a\r\nb"]}
    assert sheet.cells.columns[1] == "q\nq"


FOREIGN = {
    "a workbook called csv": (BOOK, "raw.csv", {}, "found an Excel workbook (.xlsx); allowed: a CSV"),
    "text called xlsx": (b"id,q\nM1,1\n", "raw.xlsx", {}, "found text; allowed: an Excel workbook"),
    "text called xls": (b"id\tq\nM1\t1\n", "raw.xls", {"delimiter": "tab"}, "found text; allowed: an old"),
    "a new workbook called xls": (BOOK, "raw.xls", {}, "found an Excel workbook (.xlsx); allowed: an old"),
    "an old workbook called xlsx": (OLD, "raw.xlsx", {}, "found an old Excel workbook (.xls); allowed:"),
    "a declared format": (BOOK, "raw.xlsx", {"format": "csv"}, "allowed: a CSV file; declare `format: xlsx`"),
    "a zip archive": (zipped("a.csv"), "raw.csv", {}, "found a zip archive; allowed: CSV, TSV, Excel"),
    "an archive in an archive": (zipped("inner.zip"), "raw.xlsx", {}, "found a zip archive"),
    "a Word document": (zipped("word/document.xml"), "raw.csv", {}, "found a Word document"),
    "a presentation": (zipped("ppt/presentation.xml"), "raw.csv", {}, "found a presentation"),
    "OpenDocument": (zipped("mimetype", "content.xml"), "raw.xlsx", {}, "found an OpenDocument file (.ods)"),
    "Numbers": (zipped("Index/Document.iwa"), "raw.csv", {}, "found an Apple Numbers file"),
    "xlsb": (zipped("xl/workbook.bin"), "raw.xlsx", {}, "found a binary Excel workbook (.xlsb)"),
    "a password": (
        OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "raw.xlsx", {},
        "found a workbook with a password; allowed: CSV, TSV, Excel (.xlsx, .xls), SPSS (.sav), Stata (.dta) "
        "or Parquet; open it, take the password off",
    ),
    "an old Word document": (
        OLE + bytes(600) + "WordDocument".encode("utf-16-le"), "raw.csv", {},
        "found a Word document",
    ),
    "a PDF": (b"%PDF-1.7 ...", "raw.csv", {}, "found a PDF"),
    "gzip": (b"\x1f\x8b\x08\x00rest", "raw.csv", {}, "found a gzip archive"),
    "a pickle": (b"\x80\x04\x95rest", "raw.csv", {}, "found a pickle"),
    "a pickle by its name": (b"(dp0\nS'id'\n", "raw.pkl", {}, "found a pickle"),
    "a database": (b"SQLite format 3\x00rest", "raw.csv", {}, "found an SQLite database"),
    "a picture": (b"\x89PNG\r\n", "raw.csv", {}, "found a picture"),
    "a web page called xls": (b"<html><table></table></html>", "raw.xls", {}, "found a web page"),
}  # fmt: skip


@pytest.mark.parametrize("case", FOREIGN)
def test_a_file_of_another_format_is_refused_with_its_name(case):
    content, file, declared, words = FOREIGN[case]
    (said,) = [line for line in problems(content, file, **declared) if line.startswith("E-")]
    assert said.startswith(f"E-format: {file}: ")
    assert words in said


@pytest.mark.parametrize("file", ["raw", "raw.txt", "raw.dat", "RAW.XLSX"])
def test_a_name_that_tells_nothing_leaves_it_to_the_bytes(file):
    assert read(BOOK, file).format == "xlsx"


@pytest.mark.parametrize(
    ("content", "file", "declared", "words"),
    [(BOOK, "raw.xlsx", {"delimiter": ";"}, "found `delimiter: ;`, which .xlsx files do not have"),
     (BOOK, "raw.xlsx", {"encoding": "cp1252"}, "found `encoding: cp1252`, which .xlsx files do not have"),
     (b"id,q\nM1,1\n", "raw.csv", {"sheet": "one"}, "found `sheet: one`, which .csv files do not have")],
)  # fmt: skip
def test_what_is_declared_in_vain_is_said(content, file, declared, words):
    assert words in only(content, file, **declared)


@pytest.mark.parametrize("name", ["answers.xls", "answers_1904.xls"])
def test_an_old_workbook_gives_the_same(name):
    sheet = read((FIXTURES / name).read_bytes(), name)
    assert rows(sheet) == {
        2: ["007", "3", "2026-11-22", "2026-11-22T09:05:00", "TRUE"],
        3: ["M2", "2.5", "2026-02-01", "2026-02-01T23:59:30", "FALSE"],
    }
    assert (sheet.format, sheet.dates) == ("xls", {"on", "at"})


def test_what_an_old_workbook_holds_beside_values_is_refused():
    assert [line.partition("; ")[0] for line in problems(FAULTS, "raw.xls")] == [
        "W-other-worksheets: raw.xls: found 1 other worksheet with cells",
        "E-merged-cells: raw.xls, row 1: found merged cells in the header",
        "W-blank-rows: raw.xls, row 6: found 1 blank row, left out",
        "E-formula: raw.xls, row 5: found formulas in the cells B5",
        "E-excel-error: raw.xls, column q1, row 4: found #N/A (an error of Excel)",
        "E-excel-error: raw.xls, column on, row 4: found #REF! (an error of Excel)",
        "W-long-number: raw.xls, column q1, row 7: found numbers of 16 or more digits, of which 15 are kept",
    ]
    assert codes(FAULTS, "raw.xls", sheet="notes") == ["W-other-worksheets", "E-no-responses"]
    assert "no worksheet of the declared name" in only(FAULTS, "raw.xls", sheet="note")


SIGNS = st.characters(min_codepoint=32, max_codepoint=767, exclude_characters="\x7fÃÂâï_")
VALUE = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**14), 10**14), st.floats(-1e9, 1e9, allow_nan=False),
    st.dates(date(1900, 3, 1), date(2200, 1, 1)),
    st.text(SIGNS, max_size=6).filter(
        lambda text: not text.startswith(("=", "#"))
    ),
)  # fmt: skip


def shown(value: object) -> str:
    """The text that is meant: Python's own shortest number, without an exponent or an idle point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else f"{value:.400f}"
    return value.isoformat() if isinstance(value, date) else str(value)


@given(st.lists(st.tuples(VALUE, VALUE), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_what_was_written_is_read_cell_by_cell(table):
    expected = {n: row for n, row in enumerate(table, start=2) if "".join(map(shown, row)).strip()}
    content = workbook(["id", "q"], *table)
    if not expected:
        assert codes(content, "raw.xlsx") == ["E-no-responses"]
        return
    found = rows(read(content, "raw.xlsx"))
    assert found.keys() == expected.keys()
    for row, cells in expected.items():
        for text, value in zip(found[row], cells, strict=True):
            if isinstance(value, float) and value != int(value):
                assert float(text) == pytest.approx(value, rel=1e-15)
                assert "e" not in text
            else:
                assert text == shown(value)


def read_or_refused(content: bytes, file: str) -> bool:
    """Whether the bytes are read, or refused with a problem; any other error goes up."""
    with warnings.catch_warnings(action="error"):
        try:
            return sheets.read(content, file).cells is not None
        except DataError as refused:
            return bool(refused.problems)


@pytest.mark.parametrize(("content", "file"), [(BOOK, "raw.xlsx"), (FAULTS, "raw.xls")])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_workbook_with_any_bytes_changed_is_read_or_refused(content, file, data):
    at = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.binary(min_size=1, max_size=4))
    assert read_or_refused(content[:at] + other + content[at + len(other) :], file)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_workbook_with_any_part_damaged_is_read_or_refused(data):
    name = data.draw(st.sampled_from(zipfile.ZipFile(io.BytesIO(BOOK)).namelist()))

    def damage(part: str, content: bytes) -> bytes:
        if part != name:
            return content
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(1, 40))
        return content[:at] + data.draw(st.binary(max_size=10)) + content[at + length :]

    assert read_or_refused(repacked(BOOK, damage), "raw.xlsx")


def test_the_example_workbook_is_one():
    assert openpyxl.load_workbook(io.BytesIO(BOOK)).active["B2"].value == 3
