"""What cells mean: exactly what was declared; the rest is named by row, and nothing personal repeated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.clean import cells
from outcomes.clean.cells import Place
from outcomes.study import Answers

PLACE = Place("data/raw/x/start.csv", "q1")
WHOLE = Answers(low=1, high=5)
POINTS = Answers(low=200, high=900, whole=False)
AGREE = Answers(
    low=1, high=3, labels={"1": "Disagree", "2": "Don\u2019t know, really", "3": "Tr\u00e8s d\u2019accord"}
)


def column(*given: str | None) -> pd.Series:
    """Cells of a column whose first row is the spreadsheet's row 2."""
    return pd.Series(given, index=range(2, 2 + len(given)), dtype="string")


@pytest.mark.parametrize("cell", ["1", "5", "+3", "3.0", "03", "5.000"])
def test_a_whole_answer_is_read(cell):
    found, problems = cells.codes(column(cell, None), WHOLE, False, PLACE)
    assert not problems
    assert found.dtype == "float64"
    assert found.iloc[0] == float(cell)
    assert np.isnan(found.iloc[1])


@pytest.mark.parametrize(
    "cell",
    [
        "0",
        "6",
        "-1",
        "3.5",
        "1 2",
        "1,5",
        "1e0",
        "1E0",
        "0x1",
        "1_0",
        "inf",
        "-inf",
        "nan",
        "NaN",
        "1e309",
        "NA",
        "None",
        "null",
        "TRUE",
        "True",
        "\u0663",
        "\uff13",
        "3\u200b",
        "½",
        "³",
        "=3",
        "#N/A",
        "01-Feb",
        "",
        "9" * 400,
        "Agree",
        ".5",
        "5.",
    ],
)
@pytest.mark.parametrize("as_labels", [False, True])
def test_what_is_no_whole_answer_is_refused(cell, as_labels):
    found, problems = cells.codes(column("3", cell), WHOLE, as_labels, PLACE)
    (problem,) = problems
    assert problem.where == "data/raw/x/start.csv, column q1, row 3"
    assert problem.allowed == "whole numbers from 1 to 5"
    assert np.isnan(found.iloc[1])


@pytest.mark.parametrize("cell", ["447", "447.25", "200", "900.0"])
def test_an_answer_in_points_may_have_decimals(cell):
    found, problems = cells.codes(column(cell), POINTS, False, PLACE)
    assert found.tolist() == [float(cell)]
    assert not problems


@pytest.mark.parametrize("cell", ["199.9", "900.1", "4e2", "inf", "4,5", "4 50", "٤٥٠"])
def test_an_answer_in_points_is_a_plain_number_within_its_range(cell):
    assert cells.codes(column(cell), POINTS, False, PLACE)[1]


def test_labels_are_matched_to_the_letter():
    found, problems = cells.codes(column("Disagree", "Tr\u00e8s d\u2019accord", None), AGREE, True, PLACE)
    assert found.tolist()[:2] == [1.0, 3.0]
    assert not problems


@pytest.mark.parametrize(
    "cell", ["disagree", "Disagree.", "Don't know, really", "Tres d'accord", "1", "Dis agree"]
)
def test_what_only_resembles_a_label_is_refused(cell):
    (problem,) = cells.codes(column(cell), AGREE, True, PLACE)[1]
    assert problem.allowed == "Disagree, Don\u2019t know, really, Tr\u00e8s d\u2019accord"


def test_a_misspelt_label_is_shown_with_the_nearest_and_all_its_rows():
    (problem,) = cells.codes(column("Disagre", "Disagree", "Disagre"), AGREE, True, PLACE)[1]
    assert str(problem).startswith(
        "data/raw/x/start.csv, column q1, rows 2, 4: found 'Disagre'; allowed: Disagree, "
    )
    assert str(problem).endswith("did you mean 'Disagree'?")


@pytest.mark.parametrize(
    "cell",
    [
        "S240017",
        "240017",
        "jo.bloggs",
        "Jo Bloggs",
        "I was ill, sorry",
        "jo@uni.example",
        "07700 900123",
        "x" * 60,
    ],
)
def test_an_id_or_free_text_in_a_closed_question_is_not_repeated(cell):
    for _, problems in (
        cells.codes(column(cell), WHOLE, False, PLACE),
        cells.codes(column(cell), AGREE, True, PLACE),
        cells.categories(column(cell), {"yes": "low", "no": "high"}, PLACE),
        cells.days(column(cell), PLACE),
    ):
        assert "row 2" in str(problems[0])
        assert cell not in str(problems[0])


def test_words_that_several_people_gave_are_shown():
    assert cells.codes(column(*["Not applicable"] * 3), WHOLE, False, PLACE)[1][0].found == "'Not applicable'"
    assert (
        cells.codes(column(*["Not applicable"] * 2), WHOLE, False, PLACE)[1][0].found
        == "text of 14 characters"
    )
    assert cells.codes(column(*["S240017 x"] * 3), WHOLE, False, PLACE)[1][0].found == "text of 9 characters"


def test_labels_where_codes_were_declared_are_one_problem_that_says_so():
    (problem,) = cells.codes(column("Disagree", None, "Don\u2019t know, really"), AGREE, False, PLACE)[1]
    assert problem.found == "the wording of the answers"
    assert problem.mend == "declare `answers_as: labels` for the wave"
    (problem,) = cells.codes(column("1", "3", None), AGREE, True, PLACE)[1]
    assert (problem.found, problem.mend) == ("codes", "declare `answers_as: codes` for the wave")


def test_a_wrong_column_is_one_problem_and_repeats_nothing():
    (problem,) = cells.codes(column(*(f"{n}" for n in range(100, 160))), WHOLE, False, PLACE)[1]
    assert problem.found == "60 different values that are not allowed"
    assert problem.where.endswith("rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 48 more")
    assert "right column" in problem.mend


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-11-22", "2026-11-22"),
        ("2024-02-29", "2024-02-29"),
        ("2026-11-22 10:30", "2026-11-22"),
        ("2026-11-22T23:59:59+01:00", "2026-11-22"),
        ("2026-11-22 00:00:00", "2026-11-22"),
    ],
)
def test_a_day_is_read(cell, day):
    found, problems = cells.days(column(cell, None), PLACE)
    assert found.iloc[0] == day
    assert pd.isna(found.iloc[1])
    assert not problems


@pytest.mark.parametrize(
    "cell",
    [
        "22/11/2026",
        "11/22/2026",
        "02/03/2026",
        "22.11.2026",
        "22 Nov 2026",
        "2026-11",
        "20261122",
        "26-11-22",
        "45982",
        "2026-02-30",
        "2026-13-01",
        "2025-02-29",
        "0000-01-01",
        "2026-11-22x",
        "2026-11-22 noon",
        "2026-1-2",
        "2026/11/22",
        "\u0662\u0660\u0662\u0666-11-22",
        "today",
        "",
    ],
)
def test_a_day_that_can_be_read_in_two_ways_or_none_is_refused(cell):
    found, (problem,) = cells.days(column("2026-11-22", cell), PLACE)
    assert problem.where.endswith("row 3")
    assert problem.allowed == "days as 2026-11-22"
    assert found.isna().tolist() == [False, True]


@pytest.mark.parametrize("cell", ["0", "1.5", "007"])
def test_hours_are_numbers(cell):
    assert cells.numbers(column(cell), PLACE)[0].tolist() == [float(cell)]


@pytest.mark.parametrize("cell", ["-1", "1,5", "1h", "inf", "nan", "9" * 400, "\u0661", ""])
def test_what_is_no_number_of_hours_is_refused(cell):
    found, problems = cells.numbers(column(cell), PLACE)
    assert len(problems) == 1
    assert found.isna().all()


def test_ids_stay_as_they_are():
    found, problems = cells.ids(column("007", "7", "1E5", "Jo 1"), PLACE)
    assert found.tolist() == ["007", "7", "1E5", "Jo 1"]
    assert not problems


def test_rows_without_an_id_or_with_an_id_that_can_not_be_seen_whole_are_named():
    invisible = ["M1\u200b", "\u202eM1", "M\u00a01", "M\x071", "M\ufeff1"]
    _, problems = cells.ids(column("M1", None, *invisible), PLACE)
    assert [problem.found for problem in problems] == ["no id", "an id with invisible signs"]
    assert problems[0].where.endswith("row 3")
    assert problems[1].where.endswith("rows 4, 5, 6, 7, 8")
    assert "M" not in problems[1].found


def test_a_heading_with_line_breaks_stays_on_one_line():
    assert (
        Place("f", "How\nreally\tare you? " + "x" * 90).rows([2])
        == f"f, column {'How really are you? ':x<60}, row 2"
    )


@given(
    st.lists(st.none() | st.text(max_size=12), max_size=8),
    st.sampled_from([WHOLE, POINTS, AGREE]),
    st.booleans(),
)
def test_every_cell_is_read_or_named_by_its_row(given_cells, answers, as_labels):
    given_column = column(*given_cells)
    found, problems = cells.codes(given_column, answers, as_labels, PLACE)
    assert found.dropna().between(answers.low, answers.high).all()
    assert bool(problems) == bool((given_column.notna() & found.isna()).any())
    assert found.index.equals(given_column.index)
