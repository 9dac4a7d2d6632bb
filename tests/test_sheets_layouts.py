"""Whose export a file is, is told by its header; what is declared and the header contradicts is refused."""

from __future__ import annotations

import pytest
from sheet_example import codes, problems, read, rows, workbook

QUALTRICS = [
    ["StartDate", "ResponseId", "Q1", "Q2_1", "Q2_1"],
    ["Start Date", "Response ID", "Who\nanswers,\nreally?", "How? - calm", "How? - tense"],
    ['{"ImportId":"startDate","timeZone":"Z"}', '{"ImportId":"_recordId"}', '{"ImportId":"QID1_TEXT"}',
     '{"ImportId":"QID2","choiceId":"1"}', '{"ImportId":"QID2","choiceId":"2"}'],
]  # fmt: skip
ANSWERS = [["2026-01-02", "R_1", "M1", "3", "4"], ["2026-01-03", "R_2", "M2", "1", "2"]]
METADATA = ["StartDate", "EndDate", "Status", "Progress", "Finished", "ResponseId", "Q1"]
WORDING = ["Start Date", "End Date", "Response Type", "Progress", "Finished", "Response ID", "How?"]
VALUES = ["2026-01-02", "2026-01-02", "0", "100", "True", "R_1", "3"]


def text(*rows: list[str]) -> str:
    """The rows as CSV with every cell in quotes."""
    doubled = [[cell.replace('"', '""') for cell in row] for row in rows]
    return "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in doubled)


@pytest.mark.parametrize("declared", [{}, {"layout": "qualtrics"}, {"header_rows": 3}])
@pytest.mark.parametrize("packed", ["csv", "xlsx"])
def test_qualtrics_is_told_by_its_third_header_row(packed, declared):
    table = [*QUALTRICS, *ANSWERS]
    content = text(*table) if packed == "csv" else workbook(*table)
    sheet = read(content, f"raw.{packed}", **declared)
    assert sheet.layout == "qualtrics"
    assert rows(sheet) == {4: ANSWERS[0], 5: ANSWERS[1]}
    assert sheet.cells.columns.tolist() == ["StartDate", "ResponseId", "Q1", "QID2_1", "QID2_2"]
    assert sheet.repeated == {"Q2_1": ("QID2_1", "QID2_2")}
    assert sheet.aliases == {"startDate": "StartDate", "_recordId": "ResponseId", "QID1_TEXT": "Q1"}
    assert sheet.questions["Q1"] == "Who answers, really?"
    assert sheet.questions["QID2_2"] == "How? - tense"


def test_an_import_id_that_is_the_name_of_another_column_is_no_alias():
    table = [["Q1", "QID1"], ["a", "b"], ['{"ImportId":"QID1"}', '{"ImportId":"QID7"}'], ["1", "2"]]
    assert read(text(*table)).aliases == {"QID7": "QID1"}


def test_a_choice_is_told_only_where_columns_share_an_import_id():
    ids = ['{"ImportId":"_recordId"}', '{"ImportId":"QID1","choiceId":"4"}']
    table = [["r", "Q1"], ["a", "b"], ids, ["1", "2"]]
    assert read(text(*table)).aliases == {"_recordId": "r", "QID1": "Q1"}


def test_columns_that_share_name_and_import_id_are_refused():
    table = [
        ["id", "Q1", "Q1"],
        ["a", "b", "c"],
        ['{"ImportId":"r"}'] + ['{"ImportId":"QID1"}'] * 2,
        ["1"] * 3,
    ]
    assert codes(text(*table)) == ["E-header-twice"]


ROWS = {
    "without its third row": ([METADATA, WORDING, VALUES], {}, [3]),
    "without its second and third row": ([METADATA, VALUES], {}, [3]),
    "without its third row, declared": ([METADATA, WORDING, VALUES], {"layout": "qualtrics"}, [3]),
    "without its third row, declared plain": ([METADATA, WORDING, VALUES], {"layout": "plain"}, [3]),
    "without its first row": ([*QUALTRICS[1:], *ANSWERS], {}, [2]),
    "with its third row alone": ([QUALTRICS[2], *ANSWERS], {"layout": "qualtrics"}, [1]),
    "declared plain": ([*QUALTRICS, *ANSWERS], {"layout": "plain"}, [3]),
    "declared as another export": ([*QUALTRICS, *ANSWERS], {"layout": "forms"}, [3]),
    "an ImportId missing": ([*QUALTRICS[:2], [*QUALTRICS[2][:-1], ""], *ANSWERS], {}, [3]),
    "a plain table, declared": ([["id"], ["M1"], ["M2"], ["M3"], ["M4"]], {"layout": "qualtrics"}, [3]),
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
def test_a_qualtrics_export_without_its_header_rows_loses_nobody(case):
    table, declared, at = ROWS[case]
    said = [line for line in problems(text(*table), **declared) if line.startswith("E-qualtrics-header")]
    assert len(said) == 1
    assert f"raw.csv, row {at[0]}: found" in said[0]
    assert "export it again" in said[0] or "declare `layout: qualtrics`" in said[0]


def test_header_rows_that_were_taken_out_or_are_kept_can_be_declared():
    assert rows(read(text(METADATA, VALUES), layout="plain")) == {2: VALUES}
    assert rows(read(text(METADATA, WORDING, VALUES), header_rows=2)) == {3: VALUES}
    sheet = read(
        text(*QUALTRICS[:1], *QUALTRICS[1:], *ANSWERS).replace("Q2_1", "Q2_2", 1),
        layout="plain",
        header_rows=3,
    )
    assert (sheet.layout, list(rows(sheet))) == ("plain", [4, 5])


def test_rows_above_the_first_response_are_skipped_as_declared():
    content = "id,q\nwho,how\n,\nM1,1\n"
    assert rows(read(content, header_rows=3)) == {4: ["M1", "1"]}
    assert codes(content, header_rows=4) == ["E-no-responses"]
    assert codes("id,q\nwho\nM1,1\n", header_rows=2) == ["E-row-width"]
    assert codes(text(*QUALTRICS, *ANSWERS), header_rows=2) == ["E-layout"]


JISC = """\
Unique Response Number,1. I consent,2.a. Your age,5.1. I feel calm,"5.10. I feel
tense",6
731204-1,Yes,18,1,2,none
"""


@pytest.mark.parametrize("declared", [{}, {"layout": "jisc"}])
def test_jisc_is_told_by_its_numbers(declared):
    sheet = read(JISC, **declared)
    assert sheet.layout == "jisc"
    assert list(rows(sheet)) == [2]
    assert sheet.aliases == {
        "1": "1. I consent", "2.a": "2.a. Your age", "5.1": "5.1. I feel calm", "5.10": "5.10. I feel\ntense"
    }  # fmt: skip
    assert sheet.questions["2.a. Your age"] == "Your age"
    assert sheet.questions["5.10. I feel\ntense"] == "I feel tense"


def test_a_question_number_that_stands_twice_is_no_alias():
    sheet = read("Unique Response Number,1. Yes,1. No,2. Maybe\nA,1,2,3\n")
    assert sheet.aliases == {"2": "2. Maybe"}


def test_numbered_questions_alone_tell_jisc_but_bare_numbers_do_not():
    assert read("code,1. Yes,2. No\nA,1,2\n").layout == "jisc"
    assert read("1,2,3\nA,1,2\n").layout == "plain"
    assert read("1st,2nd,3rd\nA,1,2\n").layout == "plain"


def test_forms_is_told_by_its_first_columns_and_its_blanks_do_not_matter():
    content = "ID,Start time,Completion time,Email,Name,How\u00a0are you?\u00a0,Why\n1,a,b,c,d,e,f\n"
    sheet = read(content)
    assert sheet.layout == "forms"
    assert sheet.cells.columns[5] == "How\u00a0are you?\u00a0"
    assert sheet.aliases == {"How are you?": "How\u00a0are you?\u00a0"}
    assert sheet.questions == {"How\u00a0are you?\u00a0": "How are you?", "Why": "Why"}
    assert read(content, layout="plain").aliases == {}


@pytest.mark.parametrize("layout", ["jisc", "forms"])
def test_a_declared_layout_that_the_header_contradicts_is_refused(layout):
    (said,) = problems("id,q\nM1,1\n", layout=layout)
    assert said.startswith("E-layout: raw.csv, row 1: found another header;")


def test_a_header_row_and_cells_that_only_look_like_qualtrics_are_plain():
    assert read("StartDate,Progress,q\n1,2,3\n").layout == "plain"
    assert read("id,q\nM1,ImportId\n").layout == "plain"
