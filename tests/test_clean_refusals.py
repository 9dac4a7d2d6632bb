"""What bad raw files get: one sentence each, all in one pass, without an id or free text."""

from __future__ import annotations

import pytest
from clean_example import FILES, LAST, NO_REGISTER, START, part, problems
from hypothesis import given, settings
from hypothesis import strategies as st
from table import table

BOOKS = {
    "wave | column | item\nende | A | q1": "column wave, row 2: found 'ende'; allowed: start, end; did you",
    "wave | column | item\nend | A | q9": "column item, row 2: found 'q9'; allowed: q1, q2, q3; use one",
    "wave | column | item\nend | A | q1\nend | B | q1": "rows 2, 3: found item q1 in wave end more than once",
    "wave | column | item\nend | A | q1\nend | A | q2": "found one column for q1, q2 in wave end",
    "wave | column | item\nend | q2 | q1": "found one column for q1, q2 in wave end",
    "wave | colunm | item\nend | A | q1": "row 1: found no column 'column'",
}


@pytest.mark.parametrize("book", BOOKS)
def test_a_codebook_that_contradicts_itself_is_refused(book):
    study = part({"waves:\n": "responses: {duplicates: last}\ncodebook: codebook.csv\nwaves:\n"})
    assert [sentence for sentence in problems({"codebook.csv": book}, study) if BOOKS[book] in sentence]


def test_a_codebook_that_can_not_be_read_is_one_problem():
    study = part({"waves:\n": "responses: {duplicates: last}\ncodebook: codebook.csv\nwaves:\n"})
    (sentence,) = problems({"codebook.csv": "Wave | column | item\nend | A | q1"}, study)
    assert sentence.startswith("data/raw/six/codebook.csv, row 1: found no column 'wave'")


def exchanged(file: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[file]
    return {file: FILES[file].replace(old, new, 1)}


BAD = {
    "wave file missing": (
        {"end.csv": None},
        "end.csv: found no such file; allowed: the files that the study names; put",
    ),
    "wave file of another name": (
        {"end.csv": None, "ende.csv": FILES["end.csv"]},
        "end.csv: found no such file; allowed: ende.csv; did you mean 'ende.csv'?",
    ),
    "unknown column": (
        exchanged("end.csv", "| q3", "| q_3"),
        "end.csv, row 1: found no column 'q3'; allowed: id, day, done, q1, q2, q_3; did you mean 'q_3'?",
    ),
    "no header": (
        {"end.csv": b"M1,2026-05-01,Yes,1,2,3\nM2,2026-05-01,Yes,4,5,6\n"},
        "end.csv, row 1: found none of the columns that the study names; allowed: id, day, done, q1, q2, q3",
    ),
    "answer out of range": (
        exchanged("start.csv", "| 4   | -99", "| 6   | -99"),
        "start.csv, column q2, row 3: found '6'; allowed: whole numbers from 1 to 5",
    ),
    "unknown SES label": (
        exchanged("register.csv", "yes     | woman", "yess    | woman"),
        "register.csv, column fsm, row 2: found 'yess'; allowed: yes, no; did you mean 'yes'?",
    ),
    "unknown level": (
        exchanged("register.csv", "yes     | woman", "yes     | womn"),
        "register.csv, column gender, row 2: found 'womn'; allowed: woman, man; did you mean 'woman'?",
    ),
    "empty file": (
        {"log.csv": b""},
        "log.csv: found an empty file; allowed: a header and at least one row; export",
    ),
    "twice in the register": (
        exchanged("register.csv", "M2 |", "M1 |"),
        "register.csv, column id, rows 2, 3: found the same person more than once",
    ),
    "no id": (
        exchanged("start.csv", "M2 |", "   |"),
        "start.csv, column id, row 3: found no id; allowed: an id in each row",
    ),
    "an id that means no answer": (
        exchanged("end.csv", "M6 |", "-99 |"),
        "end.csv, column id, row 7: found no id",
    ),
    "no day": (
        exchanged("end.csv", "2026-07-01", "01/07/2026"),
        "end.csv, column day, row 7: found 1 days in numbers: 1 could be day or month first",
    ),
    "match without a day": (
        exchanged("matches.csv", "2025-11-01 | 2026", "           | 2026"),
        "matches.csv, column from, row 2: found empty cells; allowed: a value in each row; fill the cells.",
    ),
    "match that ends before it begins": (
        exchanged("matches.csv", "2026-05-01", "2024-05-01"),
        "matches.csv, column until, row 2: found a day before the match; allowed: a later day",
    ),
    "another cohort": (
        {"log.csv": "mentee | what | on | hours\nX8 | bursary | 2025-12-02 |\nX9 | bursary | 2025-12-02 |"},
        "log.csv: found no row that can be used (2 not in the register); allowed: one or more",
    ),
    "hours that are none": (
        exchanged("log.csv", "| 1.5", "| 1,5"),
        "log.csv, column hours, row 2: found a comma between digits ('1,5'); allowed: numbers such as 1.5",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence_each(case):
    changed, expected = BAD[case]
    (sentence,) = problems(changed)
    assert sentence.startswith(f"data/raw/six/{expected}")
    assert not [person for person in ("M1", "M2", "M3", "M4", "M5", "M6", "X8", "X9") if person in sentence]


def test_all_problems_of_all_files_come_in_one_pass():
    together = ("answer out of range", "unknown SES label", "empty file", "no day", "match without a day")
    changed = {file: text for case in together for file, text in BAD[case][0].items()}
    assert len(problems(changed)) == len(together)


@pytest.mark.parametrize(
    "broken", [dict.fromkeys(FILES), dict.fromkeys(FILES, b""), dict.fromkeys(FILES, b"a;b\n1;2\n")]
)
@pytest.mark.parametrize("changes", [LAST, NO_REGISTER])
def test_with_every_file_broken_every_file_is_named(broken, changes):
    study = part(changes)
    named = [sentence.split(":")[0] for sentence in problems(broken, study)]
    assert named == [
        f"data/raw/six/{file}"
        for file in sorted(
            study.files, key=["register.csv", "start.csv", "end.csv", "matches.csv", "log.csv"].index
        )
    ]


def test_a_baseline_row_without_an_id_is_a_problem_also_where_it_says_who_the_person_is():
    (sentence,) = problems({"start.csv": START.replace("M3 |", "   |")}, part(NO_REGISTER))
    assert "column id, row 5: found no id" in sentence


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_whatever_strays_into_a_cell_is_never_repeated(data):
    file = data.draw(st.sampled_from(sorted(FILES)))
    frame = table(FILES[file])
    row, column = data.draw(st.integers(0, len(frame) - 1)), data.draw(st.integers(0, frame.shape[1] - 1))
    stray = data.draw(
        st.sampled_from(["S240017", "Jo Bloggs was ill", "jo@uni.example", "240017;2", "<b>Jo</b>1"])
    )
    frame.iloc[row, column] = stray
    found = problems({file: frame.to_csv(index=False).encode()})
    assert not [sentence for sentence in found if stray in sentence]
