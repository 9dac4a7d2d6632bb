"""Multiple-choice questions: joined in one column or split over several; ticked, not ticked, not answered."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.clean.codebook import ItemColumn
from outcomes.clean.multiple import split, ticked
from outcomes.clean.reading import Place
from outcomes.study import Answers

PLACE = Place("start.csv", "Q5")
SHARE = Answers(low=0, high=1)
JOINED = ItemColumn(
    "Q5", {"1": 0.0, "2": 1.0}, {"A bursary": 0.0, "Visits, talks": 1.0, "Visits": 0.0}, frozenset(), SHARE,
    option="Visits, talks",
)  # fmt: skip
SPLIT = ItemColumn(
    "b", {"2": 1.0}, {"A visit": 1.0}, frozenset(), SHARE, option="A visit", question=("a", "b", "c")
)


def column(*given: str) -> pd.Series:
    return pd.Series(given, index=range(2, 2 + len(given)), dtype="category")


@pytest.mark.parametrize(
    ("cell", "is_ticked"),
    [
        ("Visits, talks", 1), ("A bursary,Visits, talks", 1), ("Visits, talks;A bursary;", 1), ("Visits;", 0),
        ("A bursary;Visits;", 0), ("visits,  talks", 1), (" A bursary ; Visits", 0), ("1,2", 1), ("1", 0),
        ("Visits,A bursary", 0),
    ],
)  # fmt: skip
def test_a_joined_cell_is_taken_apart_at_its_options(cell, is_ticked):
    reading = ticked({"Q5": column(cell, "")}, JOINED, missing=[""], place=PLACE)
    assert reading.values.tolist()[0] == is_ticked
    assert reading.values.isna().tolist() == [False, True]
    assert not reading.problems


def test_an_unknown_option_is_refused_and_not_shown():
    given = column("A bursary;my uncle Jo;", "A bursary;", "Visits and more", "")
    reading = ticked({"Q5": given}, JOINED, missing=[], place=PLACE)
    assert [(problem.code, problem.rows) for problem in reading.problems] == [
        ("empty-cell", (5,)), ("unknown-option", (2, 4)),
    ]  # fmt: skip
    assert reading.values.isna().tolist() == [True, False, True, True]
    assert "Jo" not in str(reading.problems)


def test_an_answer_of_their_own_is_the_option_that_the_codebook_gives_for_it():
    labels = {**JOINED.labels, "*": 0.0}
    reading = ticked(
        {"Q5": column("A bursary;my uncle;", "Visits, talks")},
        replace(JOINED, labels=labels),
        missing=[],
        place=PLACE,
    )
    assert reading.values.tolist() == [0, 1]
    assert [(problem.label, problem.rows) for problem in reading.problems] == [("W-other-option", (2,))]
    reading = ticked(
        {"Q5": column("my uncle", "Visits")},
        replace(JOINED, labels={"Visits": 0.0, "*": 1.0}, option="*"),
        missing=[],
        place=PLACE,
    )
    assert reading.values.tolist() == [1, 0]


def test_an_option_in_a_column_of_its_own_is_ticked_where_it_stands():
    cells = {
        "a": column("A bursary", "", "", "1", "", "0", "-99"),
        "b": column("A visit", "", "a visit", "0", "2", "FALSE", ""),
        "c": column("", "", "", "", "", "", ""),
    }
    reading = ticked(cells, SPLIT, missing=["", "-99"], place=PLACE)
    assert reading.values.fillna(-1).tolist() == [1, -1, 1, 0, 1, 0, -1]
    assert [problem.label for problem in reading.problems] == ["W-label-variant"]


def test_a_split_question_without_any_answer_is_an_error_unless_it_may_be():
    cells = {name: column("", "A bursary" if name == "a" else "") for name in "abc"}
    (problem,) = ticked(cells, SPLIT, missing=[], place=PLACE).problems
    assert (problem.code, problem.rows) == ("empty-cell", (2,))
    reading = ticked(cells, SPLIT, missing=[""], place=PLACE)
    assert not reading.problems
    assert reading.values.fillna(-1).tolist() == [-1, 0]


def test_what_is_neither_ticked_nor_empty_is_refused():
    cells = {"a": column("", ""), "b": column("maybe", "#N/A"), "c": column("", "")}
    reading = ticked(cells, SPLIT, missing=[""], place=PLACE)
    assert {(problem.code, problem.rows) for problem in reading.problems} == {
        ("unknown-option", (2,)), ("excel-error", (3,)),
    }  # fmt: skip


KNOWN = ["a bursary", "visits", "visits, talks", "talks", "none; really"]


@given(st.lists(st.sampled_from(KNOWN), max_size=5), st.sampled_from([";", "; "]))
def test_options_that_were_joined_come_apart_again(options, mark):
    found, unknown = split(mark.join(options) + mark, KNOWN)
    assert (found, unknown) == (options, 0)


def test_a_longer_text_is_not_the_option_that_it_begins_with():
    entry = replace(JOINED, labels={"Visits": 1.0, "*": 0.0}, option="Visits")
    reading = ticked({"Q5": column("Visits elsewhere", "Visits")}, entry, missing=[], place=PLACE)
    assert reading.values.tolist() == [0, 1]
