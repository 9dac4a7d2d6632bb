"""A CSV or TSV export is read as a spreadsheet shows it, or refused with every problem named."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sheet_example import HEADER, codes, problems, read, rows

from outcomes import sheets
from outcomes.errors import DataError


def only(content: bytes | str, **declared: object) -> str:
    """The one error that is said of an export; warnings don't count."""
    (said,) = [line for line in problems(content, **declared) if line.startswith("E-")]
    return said


GOOD = HEADER + b"M1,1,2\n"
REFUSED = {
    "empty": (b"", "E-empty: raw.csv: found an empty file"),
    "blank": (b"\n \r\n\t", "E-empty"),
    "a byte order mark alone": (b"\xef\xbb\xbf", "E-empty"),
    "NUL bytes alone": (b"\x00" * 9, "E-empty"),
    "header only": (HEADER, "E-no-responses: raw.csv: found 0 responses"),
    "header and blank rows": (HEADER + b",,\n\n , ,\n", "E-no-responses"),
    "a blank first row": (b"\nid,q1\nM1,1\n", "E-header-none: raw.csv, row 1: found no column names"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "E-encoding: raw.csv: found UTF-16 text; allowed: UTF-8"),
    "UTF-16, big end": (b"\xfe\xff" + GOOD.decode().encode("utf-16-be"), "found UTF-16 text"),
    "UTF-16, no mark": (GOOD.decode().encode("utf-16-le"), "found UTF-16 text"),
    "UTF-16, big end, no mark": (GOOD.decode().encode("utf-16-be"), "found UTF-16 text"),
    "UTF-32": (GOOD.decode().encode("utf-32"), "found UTF-32 text"),
    "UTF-32, no mark": (GOOD.decode().encode("utf-32-be"), "found UTF-32 text"),
    "NUL": (
        GOOD + b"M2,1\x00,2\n",
        "E-nul-bytes: raw.csv: found 1 NUL byte within it, the first at offset 20;",
    ),
    "NUL tail": (GOOD + b"\x00" * 7, "found 7 NUL bytes at its end, from offset 16 on;"),
    "cp1252": (
        GOOD + "M2,é,2\nM3,1,ü\n".encode("cp1252"),
        "E-not-utf8: raw.csv, column B, rows 3, 4: found 2 rows with bytes that are not UTF-8; the first, "
        "E9, would be 'é' in Windows-1252 and 'È' in Mac Roman;",
    ),
    "cp1252 in the header": ("id,é\nM1,1\n".encode("cp1252"), "E-not-utf8: raw.csv, column B, row 1:"),
    "a byte that Windows-1252 lacks": (GOOD + b"M2,\x81,2\n", "would be 'Å' in Mac Roman;"),
    "mojibake": (HEADER + "M1,cafÃ©,2\n".encode(), "E-mojibake: raw.csv, column q1, row 2:"),
    "mojibake of quotes": ("id,q2\nM1,donâ€™t\n".encode(), "E-mojibake: raw.csv, column q2, row 2"),
    "mojibake of a Macintosh": (HEADER + "M1,1,caf√©\n".encode(), "E-mojibake: raw.csv, column q2, row 2:"),
    "mojibake in the header": ("id,cafÃ©\nM1,1\n".encode(), "E-mojibake: raw.csv, row 1:"),
    "semicolons": (b"id;q1;q2\nM1;1;2\n", "found 1 column; the delimiter looks like a semicolon;"),
    "semicolons, decimal commas": (b"id;q1;q2\nM1;1,5;2\n", "looks like a semicolon"),
    "semicolons, commas in the header": (b"id;q1, a;q2\nM1;1;2\nM2;1;2\n", "found 2 columns; the delimiter"),
    "tabs": (b"id\tq1\nM1\t1\n", "looks like a tab; allowed: cells separated by a comma; declare `delim"),
    "bars": (b"id|q1\nM1|1\n", "looks like a vertical bar"),
    "a long first row": (
        HEADER + b"M1,1,2,3\nM2,1,2\n",
        "E-row-width: raw.csv, row 2: found 4 cells; allowed: 3 cells, as in the header;",
    ),
    "a long row later": (GOOD + b"M2,1,2,3\n", "raw.csv, row 3: found 4 cells"),
    "a comma more in every row": (HEADER + b"M1,1,2,\nM2,1,2,\n", "raw.csv, rows 2, 3: found 4 cells"),
    "short rows": (HEADER + b"M1,1\nM2,1,2\nM3,1\n", "raw.csv, rows 2, 4: found 2 cells"),
    "cut off": (
        GOOD + b"M2,",
        "E-cut-off: raw.csv, row 3: found the end of the file inside a row; allowed: rows that are whole;",
    ),
    "cut off within quotes": (GOOD + b'M2,"1,2\nM3,1,2\n', "E-cut-off: raw.csv, row 3: found the end of"),
    "a quote closed too early": (GOOD + b'M2,"1"x,2\nM3,1,2\n', "E-quote: raw.csv, row 3: found a quotation"),
    "a quote inside a cell": (GOOD + b'M2,5"6,2\nM3,1,2\n', "E-quote: raw.csv, row 3: found a quotation"),
    "a blank before a quote": (GOOD + b'M2, "1",2\n', "E-quote: raw.csv, row 3:"),
    "a cell that goes on and on": (
        GOOD + b'M2,"' + b"x" * 140_000 + b"\n",
        "E-quote: raw.csv, row 3: found a cell of more than 131,072 characters",
    ),
    "repeated names": (
        b"id,q1,q2,q1\nM1,1,2,3\n",
        "E-header-twice: raw.csv, row 1: found the same name over the columns B, D;",
    ),
    "names that look the same": ("id,q 1,q\u00a01 \nM1,1,2\n", "the same name over the columns B, C;"),
    "blank names": (b"id,,q2, \nM1,1,2,3\n", "E-header-blank: raw.csv, row 1: found no name over"),
    "control characters in a name": (b"id,q\x071\nM1,1\n", "E-header-signs: raw.csv, row 1:"),
    "a name with a blank of no width": ("id,q\u200b1\nM1,1\n", "in the names of the columns B;"),
    "a web page": (b"<!DOCTYPE html><html>log in</html>", "E-format: raw.csv: found a web page"),
    "a web page behind a mark": (b"\xef\xbb\xbf\n<html>log in</html>", "found a web page"),
    "XML": (b"<?xml version='1.0'?><Workbook/>", "found XML text"),
    "JSON": (b'[{"id": "M1"}]', "found JSON text"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_misread_is_refused(case):
    content, words = REFUSED[case]
    assert words in only(content)


def test_all_problems_of_a_file_are_said_at_once():
    content = (
        b"\xef\xbb\xbfid,,id\r\nM1,1\nM2,1,2,3\nM3,1,\xe9\nM4,\xc3\x83\xc2\xa9,1\n,,\n"
        b'M5,"1"x,2\nM6,\x00,1\nM7'
    )
    assert sorted(codes(content)) == sorted(
        ["W-byte-order-mark", "E-header-blank", "E-header-twice", "E-row-width", "E-row-width", "E-not-utf8",
         "E-mojibake", "W-blank-rows", "E-quote", "E-nul-bytes", "E-cut-off", "W-line-ends"]
    )  # fmt: skip


def test_a_wrong_delimiter_hides_nothing_else():
    assert codes(b"id;q1;q1\nM1;1;2\nM2;1\n") == ["E-delimiter", "E-header-twice", "E-row-width"]


def test_ids_never_stand_in_a_problem():
    for content in (
        b"M001,M001\n3,4\n", b"M001;3\n4;5\n", b"id,q\nM001,3,4\n", b'id,q\n"M001\n', b"id,q\nM001\xe9,2\n",
        b'id,q\n"M001"x,2\n', b"id,q\nM001\n", "id,q\nM001Ã©,2\n".encode(), b"id,q\nM001\x00,1\n",
    ):  # fmt: skip
        said = problems(content)
        assert said
        assert not [line for line in said if "M00" in line]


def test_every_row_of_another_width_is_named():
    content = HEADER + b"".join(b"M,1\n" if row % 2 else b"M,1,2,3,4\n" for row in range(60))
    with pytest.raises(DataError) as refused:
        sheets.read(content, "raw.csv")
    found = {problem.found: problem.rows for problem in refused.value.problems}
    assert found == {"2 cells": tuple(range(3, 62, 2)), "5 cells": tuple(range(2, 62, 2))}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_rows_are_numbered_as_a_spreadsheet_shows_them(end, mark):
    lines = [
        "id,comment",
        "M1,plain",
        "",
        'M2,"two',
        'lines"',
        ",",
        'M3,"a ""quoted"" word, and a comma"',
        "",
    ]
    sheet = read(mark + end.join([*lines, ""]))
    assert sheet.cells.index.tolist() == [2, 4, 6]
    assert sheet.cells.index.dtype == "int64"
    assert sheet.cells.index.name == "row"
    assert sheet.cells["id"].tolist() == ["M1", "M2", "M3"]
    assert sheet.cells["comment"].tolist() == ["plain", f"two{end}lines", 'a "quoted" word, and a comma']
    assert [note.rows for note in sheet.notes if note.code == "blank-rows"] == [(3, 5)]
    assert ("byte-order-mark" in [note.code for note in sheet.notes]) == bool(mark)


def test_mixed_line_ends_are_accepted_and_said():
    sheet = read(b"id,q\r\nM1,1\nM2,2\rM3,3\r\n")
    assert rows(sheet) == {2: ["M1", "1"], 3: ["M2", "2"], 4: ["M3", "3"]}
    assert [str(note)[:35] for note in sheet.notes] == ["raw.csv: found 3 kinds of line ends"]
    assert read(b'id,q\r\nM1,"a\nb"\r\n').notes == ()


def test_one_column_is_a_table():
    assert rows(read(b"id\nM1\nM2\n")) == {2: ["M1"], 3: ["M2"]}


def test_cells_stay_as_they_were_exported():
    cells = ["NA", "null", "", "007", "1E5", "TRUE", "3.0", "=1+1", "٣", "9007199254740993", " a\u00a0"]
    sheet = read("id ,q\n" + "".join(f"M,{cell}\n" for cell in cells))
    assert sheet.cells["q"].tolist() == cells
    assert sheet.cells.columns.tolist() == ["id ", "q"]
    assert sheet.cells["q"].dtype == "category"
    assert sheet.encoding == "utf-8"


def test_text_that_lost_characters_is_noticed():
    (said,) = problems("id,q\nM1,\ufffd\n")
    assert said.startswith("W-replaced-character: raw.csv, column q, row 2:")


@pytest.mark.parametrize("text", ["NÃO", "Ãrea", "«É»", "naïve \u2013 café \u2019", "Âme", "√2"])
def test_letters_that_are_meant_are_no_mojibake(text):
    assert codes(f"id,q\nM1,{text}\n") == []


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("cp1252", "cp1252"), ("latin-1", "latin-1"), ("mac-roman", "mac-roman"), ("utf-8", "utf-8"),
     ("utf-16", "utf-16"), ("utf-16", "utf-16-le"), ("utf-16", "utf-16-be"), ("utf-32", "utf-32"),
     ("utf-32", "utf-32-le")],
)  # fmt: skip
def test_a_declared_encoding_is_followed(encoding, written):
    sheet = read("id,comment\nM1,é ü\n".encode(written), encoding=encoding)
    assert rows(sheet) == {2: ["M1", "é ü"]}
    assert sheet.encoding == encoding


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [("id,q\nM1,é\n".encode(), "cp1252", "found UTF-8 text; allowed: Windows-1252, as declared"),
     ("\ufeffid,q\nM1,1\n".encode(), "latin-1", "found UTF-8 text; allowed: Latin-1, as declared"),
     (b"id,q\nM1,1\n", "utf-16", "found UTF-8 text; allowed: UTF-16, as declared"),
     ("id,q\nM1,1\n".encode("utf-16"), "cp1252", "found UTF-16 text; allowed: Windows-1252"),
     (b"id,q\nM1,\x81\n", "cp1252", "found 1 row with bytes that are not Windows-1252; the first, 81,"),
     ("id,q\nM1,1\n".encode("utf-16") + b"\x00", "utf-16", "bytes that are not UTF-16 from offset 22 on")],
)  # fmt: skip
def test_an_encoding_that_the_file_contradicts_is_refused(content, encoding, words):
    assert words in only(content, encoding=encoding)


def test_the_delimiter_is_declared_or_told_by_the_name():
    cells = {2: ["M1", "1,5"]}
    assert rows(read(b"id;q\nM1;1,5\n", delimiter=";")) == cells
    assert rows(read(b"id\tq\nM1\t1,5\n", delimiter="tab")) == cells
    tabbed = read(b"id\tq\nM1\t1,5\n", "raw.tsv")
    assert (rows(tabbed), tabbed.format) == (cells, "tsv")
    assert rows(read(b"id\tq\nM1\t1,5\n", "raw.TAB")) == cells
    assert "looks like a comma" in only(b"id,q\nM1,1\n", delimiter=";")
    assert codes(b"id,q;a;b;c\nM1,1;2;3;4\n") == []


def test_blank_columns_at_the_end_are_left_out_and_said():
    sheet = read(b"id,q,,\nM1,1,,\nM2,2,, \n")
    assert rows(sheet) == {2: ["M1", "1"], 3: ["M2", "2"]}
    (note,) = sheet.notes
    assert note.found == "nothing in the last columns (C to D), which were left out"
    assert "no name over the column C;" in only(b"id,q,\nM1,1,\nM2,2,x\n")


def test_a_table_of_too_many_columns_is_refused():
    header = ",".join(f"q{n}" for n in range(100_001)).encode()
    said = only(header + b"\n1\n")
    assert "E-too-many-columns: raw.csv: found 100,001 columns; allowed: 100,000 at most" in said


def test_a_file_that_is_too_large_is_refused_before_it_is_read():
    assert sheets.too_large(sheets.MOST_BYTES, "raw.csv") is None
    problem = sheets.too_large(10_000_000_000, "raw.csv")
    assert problem is not None
    assert "found 10,000,000,000 bytes; allowed: 1,000,000,000 bytes at most" in str(problem)


@pytest.mark.parametrize(
    "file", ["wave one.csv", "Welle \U0001f600.csv", "w\udce9.csv", "é" * 200 + ".csv", "a\nb.csv"]
)
def test_any_file_name_is_accepted_and_can_be_shown(file):
    assert rows(read(GOOD, file)) == {2: ["M1", "1", "2"]}
    with pytest.raises(DataError) as refused:
        read(HEADER, file)
    assert str(refused.value).encode("utf-8").count(b"\n") == 0


def test_columns_take_the_smallest_codes_and_many_chunks_join():
    lines = [f"P{number},{number % 5},{number % 200}" for number in range(45_000)]
    sheet = read("id,few,some\n" + "\n".join(lines))
    assert [str(sheet.cells[name].cat.codes.dtype) for name in sheet.cells] == ["int32", "int8", "int16"]
    assert sheet.cells["id"].tolist() == [f"P{number}" for number in range(45_000)]
    assert sheet.cells["some"].astype("object").astype(int).tolist() == [n % 200 for n in range(45_000)]
    assert sheet.cells.index.tolist() == list(range(2, 45_002))


CELL = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6), st.sampled_from([",", ";", "tab"]))
@settings(max_examples=300)
def test_what_was_written_is_read_cell_by_cell(table, delimiter):
    written = io.StringIO()
    mark = "\t" if delimiter == "tab" else delimiter
    csv.writer(written, quoting=csv.QUOTE_ALL, delimiter=mark).writerows([("id", "q"), *table])
    expected = {n: list(row) for n, row in enumerate(table, start=2) if "".join(row).strip()}
    said = codes(written.getvalue(), delimiter=delimiter)
    if not expected:
        assert said == ["E-no-responses"]
    elif "E-mojibake" not in said:
        assert rows(read(written.getvalue(), delimiter=delimiter)) == expected


@given(st.binary(max_size=80), st.sampled_from(["raw.csv", "raw.tsv", "raw.xlsx", "raw.xls", "raw"]))
@example(b"\xef\xbb\xbf", "raw.csv")
@example(b"\n\n", "raw.csv")
@example(b"\na,b\n1,2\n", "raw.csv")
@example(b"\xff\xfe\x00", "raw.csv")
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(content, file):
    assert codes(content, file) is not None


@given(st.text('ab1", \n\r;', max_size=40))
@settings(max_examples=500)
def test_what_is_accepted_is_what_a_strict_reader_reads(body):
    """The oracle reads RFC 4180 letter by letter and refuses quotes that don't stand around whole cells."""
    content = "id,q\n" + body
    expected = strict(content)
    said = codes(content)
    if not any(code.startswith("E-") for code in said):
        assert expected is not None
        filled = {n: row for n, row in enumerate(expected, start=1) if n > 1 and "".join(row).strip()}
        assert rows(read(content)) == filled


def strict(text: str) -> list[list[str]] | None:
    """The rows of a CSV text by RFC 4180, None where a quotation mark stands where none may."""
    table, row, at = [], [], 0
    while at < len(text):
        if text[at] == '"':
            cell, at = "", at + 1
            while True:
                if at >= len(text):
                    return None
                if text[at] == '"' and text[at + 1 : at + 2] != '"':
                    break
                at += 2 if text[at] == '"' else 1
                cell += text[at - 1]
            at += 1
            if text[at : at + 1] not in ("", ",", "\n", "\r"):
                return None
        else:
            end = min([found for sign in ',\n\r"' if (found := text.find(sign, at)) >= 0], default=len(text))
            if text[end : end + 1] == '"':
                return None
            cell, at = text[at:end], end
        row.append(cell)
        if text[at : at + 1] == ",":
            at += 1
            if at == len(text):
                row.append("")
        else:
            at += 2 if text[at : at + 2] == "\r\n" else 1
            table, row = [*table, row], []
    return [*table, row] if row else table
