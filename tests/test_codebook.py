"""The codebook: which column holds which item and what its cells mean, and every line that contradicts."""

from __future__ import annotations

import pandas as pd
import pytest
from table import table

from outcomes.clean.cells import Place, codes
from outcomes.clean.codebook import read_codebook
from outcomes.study import Answers

CALM = Answers(low=1, high=4, labels={"1": "Not at all", "2": "Somewhat", "3": "Fairly", "4": "Very"})
SHARE = Answers(low=0, high=1)
ITEMS = {"start": {"q1": CALM, "q2": CALM}, "end": {"q1": CALM}}


def read(text: str, items=ITEMS):
    """What the drawn codebook says, its first line in row 2."""
    book = table(text)
    book.index = pd.Index(range(2, 2 + len(book)), name="row")
    return read_codebook(book, "codebook.csv", items)


def problems(text: str, items=ITEMS) -> list[tuple[str, tuple[int, ...]]]:
    """The code and the rows of each problem."""
    return [(problem.code, problem.rows) for problem in read(text, items)[1]]


def test_without_a_codebook_a_column_is_called_like_its_item_and_answered_as_the_instrument_says():
    found, wrong = read_codebook(None, "", ITEMS)
    assert not wrong
    entry = found["start"]["q2"]
    assert (entry.column, entry.option, entry.question, entry.missing) == ("q2", None, (), frozenset())
    assert entry.codes == {"1": 1, "2": 2, "3": 3, "4": 4}
    assert entry.labels == {"Not at all": 1, "Somewhat": 2, "Fairly": 3, "Very": 4}


def test_a_line_names_the_column_of_an_item_and_the_instrument_what_it_means():
    found, wrong = read("""
        wave  | column | item
        start | Q2_1   | q1
        end   | Q9     | q1
    """)
    assert not wrong
    assert [found[wave]["q1"].column for wave in ("start", "end")] == ["Q2_1", "Q9"]
    assert found["start"]["q2"].column == "q2"
    assert found["start"]["q1"].codes == {"1": 1, "2": 2, "3": 3, "4": 4}


def test_lines_of_answers_say_what_codes_and_wordings_mean():
    found, wrong = read("""
        wave  | column | item | code | label             | meaning
        start | Q2_1   | q1   | 1    | Not at all        | 1
        start | Q2_1   | q1   | 2.0  | Somewhat          | 2
        start | Q2_1   | q1   | 4    | Fairly            | 3
        start | Q2_1   | q1   | 7    | Extremely         | 4
        start | Q2_1   | q1   | 99   | Prefer not to say | missing
        start | Q2_1   | q1   | -99  | Prefer not to say | Missing
        start | Q2_1   | q1   |      | Rather not        | missing
    """)
    assert not wrong
    entry = found["start"]["q1"]
    assert entry.codes == {"1": 1, "2": 2, "4": 3, "7": 4}
    assert entry.labels == {"Not at all": 1, "Somewhat": 2, "Fairly": 3, "Extremely": 4}
    assert entry.missing == {"99", "-99", "Prefer not to say", "Rather not"}


def test_a_meaning_may_be_left_out_where_the_code_or_the_instrument_tells():
    found, wrong = read("""
        wave | column | item | code | label
        *    | Q1     | q1   | 1    | not at all
             | Q2     | q2   |      | Somewhat
    """)
    assert not wrong
    assert found["start"]["q1"].codes == found["end"]["q1"].codes == {"1": 1}
    assert found["start"]["q2"].labels == {"Somewhat": 2}
    assert found["start"]["q2"].codes == {"1": 1, "2": 2, "3": 3, "4": 4}


def test_codes_that_only_mean_no_answer_leave_the_others_to_the_instrument():
    entry = read("""
        wave | column | item | code | meaning
        *    | q1     | q1   | 99   | missing
    """)[0]["end"]["q1"]
    assert entry.codes == {"1": 1, "2": 2, "3": 3, "4": 4}
    assert entry.labels == {"Not at all": 1, "Somewhat": 2, "Fairly": 3, "Very": 4}
    assert entry.missing == {"99"}


def test_lines_for_one_wave_stand_before_those_for_all():
    found, wrong = read("""
        wave | column | item
        *    | A      | q1
        end  | B      | q1
    """)
    assert not wrong
    assert [found[wave]["q1"].column for wave in ("start", "end")] == ["A", "B"]


def test_an_instrument_in_points_has_no_list_of_codes():
    points = Answers(low=200, high=900, whole=False)
    assert read_codebook(None, "", {"start": {"q1": points}})[0]["start"]["q1"].codes == {}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("strat | A | q1 |  |  |", [("codebook-wave", (2,))]),
        ("start | A | q9 |  |  |", [("codebook-item", (2,))]),
        ("start | A |    |  |  |", [("codebook-item", (2,))]),
        ("start |   | q1 |  |  |", [("codebook-columns", (2,))]),
        ("start | A | q1 |  |  |\n start | B | q1 |  |  |", [("codebook-twice", (2, 3))]),
        ("start | A | q1 |  |  |\n start | A | q1 |  |  |", [("codebook-twice", (2, 3))]),
        ("start | A | q1 | 1 |  | 1\n start | A | q1 | 1 |  | 2", [("codebook-twice", (3,))]),
        ("start | A | q1 | 1 |  | 1\n start | A | q1 | 1.0 |  | missing", [("codebook-twice", (2, 3))]),
        ("start | A | q1 | 1 | No | 1\n start | A | q1 | 2 | No | 2", [("codebook-twice", (3,))]),
        ("start | A | q1 | 5 |  | 5", [("codebook-meaning", (2,))]),
        ("start | A | q1 | 1 |  | 1.5", [("codebook-meaning", (2,))]),
        ("start | A | q1 | 1 |  | low", [("codebook-meaning", (2,))]),
        ("start | A | q1 |  | Hardly |", [("codebook-meaning", (2,))]),
        ("start | A | q1 | 1 | VERY | 1", [("label-direction", (2,))]),
        ("start | A | q1 |  |  |\n start | A | q2 |  |  |", [("codebook-shared", ())]),
    ],
)
def test_lines_that_can_not_be_followed_are_named(lines, expected):
    assert problems("wave | column | item | code | label | meaning\n" + lines) == expected


def test_all_problems_are_found_at_once():
    found = problems("""
        wave  | column | item | code | meaning
        strat | A      | q1   |      |
        start | A      | q7   |      |
        start | A      | q2   | 1    | 9
    """)
    assert {code for code, _ in found} == {"codebook-wave", "codebook-item", "codebook-meaning"}


def test_a_wording_that_means_another_answer_in_another_wave_is_named():
    (problem,) = read("""
        wave  | column | item | label | meaning
        start | A      | q1   | Agree | 4
        end   | A      | q1   | agree | 1
    """)[1]
    assert problem.code == "label-direction"
    assert "4 in start and 1 in end" in problem.found


def test_a_codebook_without_its_columns_says_which():
    (problem,) = read("""
        wave | item
        *    | q1
    """)[1]
    assert (problem.code, problem.found) == ("codebook-columns", "no column column")


def test_nearest_words_are_offered():
    assert read("wave | column | item\nstrat | A | q1")[1][0].mend == "did you mean 'start'?"


OPTIONS = {"start": {"bursary": SHARE, "visit": SHARE}}


def test_options_of_one_joined_column_know_of_each_other():
    found, wrong = read(
        """
        wave | column | item    | option              | code
        *    | Q5     | bursary | A bursary           | 1
        *    | Q5     | visit   | Visits, talks       | 2
        *    | Q5     |         | None of these       | 3
        """,
        OPTIONS,
    )
    assert not wrong
    entry = found["start"]["visit"]
    assert (entry.column, entry.option, entry.question) == ("Q5", "Visits, talks", ())
    assert entry.labels == {"A bursary": 0, "Visits, talks": 1, "None of these": 0}
    assert entry.codes == {"1": 0, "2": 1, "3": 0}


def test_a_split_question_knows_all_its_columns():
    found, wrong = read(
        """
        wave | column | item    | option    | question
        *    | Q5_1   | bursary | A bursary | Q5
        *    | Q5_2   | visit   | A visit   | Q5
        *    | Q5_3   |         | None      | Q5
        """,
        OPTIONS,
    )
    assert not wrong
    assert found["start"]["visit"].question == ("Q5_1", "Q5_2", "Q5_3")
    assert found["start"]["visit"].column == "Q5_2"


def test_an_option_needs_an_instrument_of_0_and_1_and_stands_once():
    assert problems("wave | column | item | option\n* | Q5 | q1 | A visit", {"start": {"q1": CALM}}) == [
        ("codebook-option", (2,))
    ]
    twice = "wave | column | item | option\n* | Q5 | visit | A\n* | Q5 | bursary | A"
    assert [code for code, _ in problems(twice, OPTIONS)] == ["codebook-shared"]
    beside = "wave | column | item | option\n* | Q5 | visit | A\n* | Q5 | bursary |"
    assert [code for code, _ in problems(beside, OPTIONS)] == ["codebook-shared"]


def test_what_the_codebook_says_is_what_cells_mean():
    found, _ = read("""
        wave | column | item | code | label      | meaning
        *    | A      | q1   | 1    | Not at all | 1
        *    | A      | q1   | 4    | Fairly     | 3
        *    | A      | q1   | 9    | No answer  | missing
    """)
    reading = codes(
        pd.Series(["1", "4", "9", "Fairly"], index=[2, 3, 4, 5], dtype="category"), found["end"]["q1"],
        answers_as="either", decimal=".", missing=[], out_of_range="refuse", place=Place("f", "A"),
    )  # fmt: skip
    assert reading.values.tolist()[:2] == [1, 3]
    assert reading.values.tolist()[3] == 3
    assert not reading.problems


@pytest.mark.parametrize(
    "labels",
    [
        {"1": "No", "01": "Yes"}, {"1": "No", "Yes": "Yes"}, {"1": "No", "1.0": "Yes"}, {"1": "No"},
        {"1": "No", "2": "No "}, {"1": "No", "3": "Yes"},
    ],
)  # fmt: skip
def test_an_instrument_labels_each_code_once(labels):
    with pytest.raises(ValueError, match=r"answers|codes|labels|found"):
        Answers(low=1, high=2, labels=labels)


@pytest.mark.parametrize(
    "labels", [{"1": None, "2": "Yes"}, {"1": ["No"], "2": "Yes"}, ["No", "Yes"], {1: "No"}]
)
def test_a_label_is_text(labels):
    with pytest.raises(ValueError, match="labels"):
        Answers(low=1, high=2, labels=labels)
