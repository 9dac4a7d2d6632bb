"""SPSS, Stata and Parquet files give the text of their cells, and what they declare about them."""

from __future__ import annotations

import contextlib
import pickle
import tempfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sheet_example import codes, problems, read, rows

from outcomes import sheets
from outcomes.errors import DataError


def written(write, frame: pd.DataFrame, **how: object) -> bytes:
    """The bytes of the file that ``write`` makes of a frame."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        write(frame, path, **how)
        return path.read_bytes()


def spss(frame: pd.DataFrame, **how: object) -> bytes:
    return written(pyreadstat.write_sav, frame, **how)


def stata(frame: pd.DataFrame, **how: object) -> bytes:
    return written(pyreadstat.write_dta, frame, **how)


def parquet(columns: dict[str, pa.Array], **how: object) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, **how)
    return sink.getvalue().to_pybytes()


ANSWERS = pd.DataFrame(
    {
        "id": ["007", "M2", ""],
        "q1": [1.0, 99.0, np.nan],
        "q2": [2.5, -9.0, 98.0],
        "on": [date(2026, 11, 22), None, date(1899, 3, 4)],
        "at": pd.to_datetime(["2026-11-22T09:05:00", None, "2026-02-01T00:00:00"]),
        "said": ["NA", "é ü", "refused"],
    }
)
LABELS = {
    "variable_value_labels": {"q1": {1.0: "Agree", 99.0: "Prefer not to say"}, "said": {"NA": "not asked"}},
    "missing_ranges": {"q1": [{"lo": 98, "hi": 99}], "q2": [{"lo": 90, "hi": 99}, -7], "said": ["refused"]},
    "column_labels": ["Your code", "I feel  calm", "", "", "", ""],
}
CELLS = {
    2: ["007", "1", "2.5", "2026-11-22", "2026-11-22T09:05:00", "NA"],
    3: ["M2", "99", "-9", "", "", "é ü"],
    4: ["", "", "98", "1899-03-04", "2026-02-01", "refused"],
}


@pytest.mark.parametrize(
    ("content", "file"),
    [(spss(ANSWERS, **LABELS), "w.sav"), (spss(ANSWERS, compress=True, **LABELS), "w.zsav")],
)
def test_an_spss_file_gives_codes_with_their_labels_and_missing_codes(content, file):
    sheet = read(content, file)
    assert rows(sheet) == CELLS
    assert (sheet.format, sheet.layout, sheet.encoding) == ("sav", "plain", "utf-8")
    assert sheet.value_labels == {
        "q1": {"1": "Agree", "99": "Prefer not to say"}, "said": {"NA": "not asked"}
    }  # fmt: skip
    assert sheet.user_missing == {"q1": {"99"}, "q2": {"-7", "98"}, "said": {"refused"}}
    assert sheet.questions == {"id": "Your code", "q1": "I feel calm"}
    assert sheet.dates == {"on", "at"}
    assert sheet.cells.index.dtype == "int64"


def in_windows_1252(content: bytes, says_so: bool) -> bytes:
    """An SPSS file as older versions write it: é as one byte; the code page named in the file, or not."""
    name = b"\x07\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00"
    assert name + b"\x05\x00\x00\x00UTF-8" in content
    other = name + b"\x0c\x00\x00\x00windows-1252" if says_so else b""
    content = content.replace(name + b"\x05\x00\x00\x00UTF-8", other)
    content = content.replace((65001).to_bytes(4, "little"), (1252 if says_so else 2).to_bytes(4, "little"))
    return content.replace("é".encode(), "é ".encode("cp1252"))


def test_an_spss_file_in_windows_1252_is_read_by_what_it_says_or_what_is_declared():
    content = spss(pd.DataFrame({"id": ["M1"], "said": ["caf\u00e9"]}))
    named, unnamed = in_windows_1252(content, True), in_windows_1252(content, False)
    assert rows(read(named, "w.sav")) == {2: ["M1", "café"]}
    assert rows(read(named, "w.sav", encoding="cp1252")) == {2: ["M1", "café"]}
    assert rows(read(unnamed, "w.sav", encoding="cp1252")) == {2: ["M1", "café"]}
    (said,) = problems(in_windows_1252(content, True).replace(b"\xe9", b"\x81"), "w.sav")
    assert said.startswith(
        "E-encoding: w.sav, column said, row 2: found text with bytes that are not Windows-1252; allowed:"
    )
    assert "found `encoding: utf-16`" in problems(named, "w.sav", encoding="utf-16")[0]


def test_text_of_an_spss_file_that_is_not_the_utf_8_it_says_is_never_cut():
    frame = pd.DataFrame({"id": ["M1", "M2", "M3"], "said": ["café", "b", "naïve"]})
    inside = spss(frame, column_labels=["", "é?"], variable_value_labels={"said": {"b": "bé"}})
    at_the_end = spss(frame.assign(id="M1234567"), column_labels=["", "é"])
    label = spss(frame.assign(said=["x", "y", "z"]), variable_value_labels={"said": {"x": "is\xe9"}})
    assert codes(label.replace("é".encode(), b"\xff "), "w.sav") == ["E-not-utf8"]
    for content, encoding in ((inside, None), (inside, "utf-8"), (at_the_end, None), (at_the_end, "utf-8")):
        said = problems(content.replace("é".encode(), b"\xe9 "), "w.sav", encoding=encoding)
        assert [line.partition(";")[0] for line in said] == [
            "E-not-utf8: w.sav, column said, row 2: found text with bytes that are not UTF-8",
            "E-not-utf8: w.sav: found names or labels with bytes that are not UTF-8",
        ]
    assert rows(read(inside, "w.sav"))[4] == ["M3", "naïve"]


def test_a_letter_that_the_width_of_its_field_cut_off_is_noticed():
    content = spss(pd.DataFrame({"id": ["M1", "M2"], "said": ["naïf", "abcé"]}))
    sheet = read(content.replace("abcé".encode(), b"abcd\xc3"), "w.sav")
    assert rows(sheet) == {2: ["M1", "naïf"], 3: ["M2", "abcd\ufffd"]}
    assert [(note.code, note.rows) for note in sheet.notes] == [("replaced-character", (3,))]


def test_text_of_a_stata_file_that_is_not_in_its_code_page_is_refused():
    content = stata(pd.DataFrame({"id": ["M1"], "said": ["café"]})).replace("é".encode(), b"\xe9 ")
    assert codes(content, "w.dta") == ["E-not-utf8"]
    assert codes(content, "w.dta", encoding="cp1252") == []
    older = stata(pd.DataFrame({"id": ["M1"], "said": ["caf@"]}), version=12).replace(b"caf@", b"caf\xe9")
    assert rows(read(older, "w.dta")) == {2: ["M1", "café"]}


def test_a_stata_file_gives_missing_letters_as_stata_shows_them():
    frame = ANSWERS.assign(q2=pd.Series([2.5, "a", "b"], dtype=object))
    content = stata(
        frame,
        variable_value_labels={"q1": {1: "Agree"}, "q2": {3: "Often", "a": "refused"}},
        missing_user_values={"q2": ["a", "b"]},
        column_labels=LABELS["column_labels"],
    )
    sheet = read(content, "w.dta")
    assert rows(sheet) == {
        row: [*cells[:2], q2, *cells[3:]]
        for (row, cells), q2 in zip(CELLS.items(), ["2.5", ".a", ".b"], strict=True)
    }
    assert sheet.value_labels == {"q1": {"1": "Agree"}, "q2": {"3": "Often", ".a": "refused"}}
    assert sheet.user_missing == {"q2": {".a", ".b"}}
    assert sheet.questions["q1"] == "I feel calm"
    assert (sheet.format, sheet.dates) == ("dta", {"on", "at"})


@pytest.mark.parametrize("byte", [0xFF, 0x7F])
def test_a_file_that_claims_more_rows_than_it_has_bytes_takes_no_memory(byte):
    content = stata(ANSWERS)
    at = content.index(b"<N>") + 3
    (said,) = problems(content[: at + 3] + bytes([byte]) + content[at + 4 :], "w.dta")
    assert said.startswith("E-damaged: w.dta: found a damaged file")


@pytest.mark.parametrize("version", [8, 10, 12, 13, 14, 15])
def test_stata_files_of_all_versions_are_told_by_their_bytes(version):
    content = stata(pd.DataFrame({"id": ["M1"], "q": [3.0]}), version=version)
    assert rows(read(content, "export")) == {2: ["M1", "3"]}


def test_single_precision_has_no_tail():
    content = written(
        lambda frame, path: frame.to_stata(path, write_index=False, version=118),
        pd.DataFrame({"x": np.array([0.1, 2.5], dtype="float32")}),
    )
    assert rows(read(content, "w.dta")) == {2: ["0.1"], 3: ["2.5"]}
    assert rows(read(parquet({"x": pa.array([0.1, None], pa.float32()), "y": ["a", "b"]}), "w.parquet")) == {
        2: ["0.1", "a"],
        3: ["", "b"],
    }


def test_a_parquet_file_gives_every_flat_type_as_text():
    columns = {
        "id": pa.array(["007", None, ""]),
        "long": pa.array([9007199254740993, None, -1]),
        "x": pa.array([3.0, 2.5, None]),
        "exact": pa.array([Decimal("3.10"), Decimal("100"), None], pa.decimal128(8, 2)),
        "done": pa.array([True, False, None]),
        "on": pa.array([date(2026, 11, 22), None, date(1899, 3, 4)]),
        "at": pa.array([datetime(2026, 11, 22, 9, 5), datetime(2026, 2, 1), None]),
        "t": pa.array([time(9, 5), None, None]),
        "kind": pa.array(["a", "b", None]).dictionary_encode(),
        "none": pa.nulls(3),
    }
    for how in ({}, {"row_group_size": 1}, {"compression": "zstd"}):
        sheet = read(parquet(columns, **how), "w.parquet")
        assert rows(sheet) == {
            2: [
                "007",
                "9007199254740993",
                "3",
                "3.1",
                "TRUE",
                "2026-11-22",
                "2026-11-22T09:05:00",
                "09:05:00",
                "a",
                "",
            ],
            3: ["", "", "2.5", "100", "FALSE", "", "2026-02-01", "", "b", ""],
            4: ["", "-1", "", "", "", "1899-03-04", "", "", "", ""],
        }  # fmt: skip
        assert (sheet.format, sheet.dates, sheet.notes) == ("parquet", {"on", "at"}, ())


@pytest.mark.parametrize(
    ("columns", "words"),
    [({"id": ["M1"], "q": [[1, 2]], "z": [{"a": 1}]}, "E-nested: w.parquet: found nested or binary columns"),
     ({"id": [b"M1"]}, "E-nested: w.parquet: found nested or binary columns: id;"),
     ({"id": pa.array([], pa.string())}, "E-no-responses: w.parquet: found 0 responses"),
     ({"id": ["Ã©"]}, "E-mojibake: w.parquet, column id, row 2:"),
     ({"q 1": ["a"], "q  1": ["b"]}, "found the same name over the columns A, B;")],
)  # fmt: skip
def test_a_parquet_file_that_is_no_table_of_text_is_refused(columns, words):
    (said,) = problems(parquet(columns), "w.parquet")
    assert words in said


def test_columns_of_one_name_are_refused():
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table([["a"], ["b"]], names=["q", "q"]), sink)
    assert codes(sink.getvalue().to_pybytes(), "w.parquet") == ["E-header-twice"]


def test_numbers_that_have_lost_digits_are_noticed():
    frame = pd.DataFrame({"id": [1.0, 9007199254740992.0, 2.0], "q": [1.0, 2.0, 3.0]})
    for content, file in (
        (spss(frame), "w.sav"),
        (parquet({"id": frame["id"], "q": frame["q"]}), "w.parquet"),
    ):
        sheet = read(content, file)
        assert [(note.code, note.column, note.rows) for note in sheet.notes] == [("long-number", "id", (3,))]
        assert rows(sheet)[3] == ["9007199254740992", "2"]


def test_a_blank_record_is_left_out_and_said():
    sheet = read(spss(pd.DataFrame({"id": ["M1", "", "M3"], "q": [1.0, np.nan, 3.0]})), "w.sav")
    assert rows(sheet) == {2: ["M1", "1"], 4: ["M3", "3"]}
    assert [(note.code, note.rows) for note in sheet.notes] == [("blank-rows", (3,))]


@pytest.mark.parametrize(
    "declared", [{"layout": "qualtrics"}, {"header_rows": 3}, {"delimiter": ","}, {"sheet": "a"}]
)
def test_what_is_declared_in_vain_is_said(declared):
    (said,) = problems(spss(ANSWERS), "w.sav", **declared)
    assert said.startswith("E-declared: w.sav: found `")
    assert codes(spss(ANSWERS), "w.sav", layout="plain") == []


def test_a_file_under_another_name_is_said():
    assert codes(spss(ANSWERS), "w.csv") == ["E-format"]
    assert codes(spss(ANSWERS), "w.csv", format="sav") == []
    assert codes(pickle.dumps({"id": 1}), "w.csv") == ["E-format"]


VALUE = st.one_of(
    st.none(), st.text(st.characters(max_codepoint=0x2FF, exclude_characters="\x00ÃÂâï"), max_size=6)
)
NUMBER = st.one_of(st.none(), st.floats(-1e12, 1e12, allow_nan=False))


@given(st.lists(st.tuples(VALUE, NUMBER, st.one_of(st.none(), st.dates())), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_what_was_written_is_read_cell_by_cell(table):
    columns = dict(zip(["id", "x", "on"], map(list, zip(*table, strict=True)), strict=True))
    types = {"id": pa.string(), "x": pa.float64(), "on": pa.date32()}
    content = parquet({name: pa.array(cells, types[name]) for name, cells in columns.items()})
    expected = {
        row: [text or "", None if number is None else number, day.isoformat() if day else ""]
        for row, (text, number, day) in enumerate(table, start=2)
        if (text or "").strip() or number is not None or day
    }
    if not expected:
        assert "E-no-responses" in codes(content, "w.parquet")
        return
    found = rows(read(content, "w.parquet"))
    assert found.keys() == expected.keys()
    for row, (text, number, day) in expected.items():
        assert found[row][0] == text
        assert (float(found[row][1]) if found[row][1] else None) == number
        assert found[row][2] == day


@pytest.mark.parametrize(
    ("content", "file"),
    [
        (spss(ANSWERS, **LABELS), "w.sav"),
        (stata(ANSWERS), "w.dta"),
        (parquet({"id": ["M1", "M2"], "q": [1, 2]}), "w.parquet"),
    ],
)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_file_with_any_bytes_changed_is_read_or_refused(content, file, data):
    at = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.binary(max_size=4))
    end = data.draw(st.sampled_from([len(content), at + 1, at + len(other)]))
    changed = content[:at] + other + (content[end:] if end < len(content) else content[at + len(other) :])
    with contextlib.suppress(DataError):
        assert sheets.read(changed, file).notes is not None
