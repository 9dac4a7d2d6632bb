"""The codes of an export against the wording of the same answers."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from table import table

from outcomes.clean.codebook import read_codebook
from outcomes.clean.exports import against_labels, value_labels
from outcomes.clean.reading import Place
from outcomes.study import Answers

CALM = Answers(low=1, high=4, labels={"1": "Not at all", "2": "Somewhat", "3": "Fairly", "4": "Very"})
ENTRIES = read_codebook(None, "", {"start": {"q1": CALM, "q2": CALM}})[0]["start"]
WORDS = ["Not at all", "Somewhat", "Fairly", "Very"]
PLACE = Place("start.sav", "q1")


def both(codes: str, labels: str, entries=ENTRIES, missing=("", "-99", "Prefer not to say")):
    """The problems of two drawn exports of the same responses; the first line of each is row 2."""
    left, right = (
        drawn.set_axis(pd.RangeIndex(2, 2 + len(drawn))) for drawn in (table(codes), table(labels))
    )
    items = [item for item in entries if item in left]
    return against_labels(
        {item: left[item].astype("category") for item in items},
        {item: right[item].astype("category") for item in items},
        (left["id"], right["id"]), {item: entries[item] for item in items}, "start.csv",
        labels_file="labels.csv", missing=missing, wave="start",
    )  # fmt: skip


def drawn(codes: list[str], labels: list[str]) -> tuple[str, str]:
    """Two exports of one item."""
    heads = ("id | q1", "id | q1")
    lines = ([f"R{n} | {cell}" for n, cell in enumerate(cells)] for cells in (codes, labels))
    return tuple("\n".join([head, *rows]) for head, rows in zip(heads, lines, strict=True))


def test_exports_that_agree_have_no_problem():
    assert not both(
        *drawn(
            ["1", "2", "3.0", "4", "-99", ""],
            ["Not at all", "somewhat", "Fairly ", "Very", "Prefer not to say", ""],
        )
    )


def test_responses_are_matched_by_their_number_not_their_row():
    codes, labels = "id | q1\nA | 1\nB | 4", "id | q1\nB | Very\nA | Not at all"
    assert not both(codes, labels)


@pytest.mark.parametrize(
    ("codes", "lines"),
    [
        (["1", "2", "4", "7"], ["1,Not at all,1", "2,Somewhat,2", "4,Fairly,3", "7,Very,4"]),
        (["4", "3", "2", "1"], ["1,Very,4", "2,Fairly,3", "3,Somewhat,2", "4,Not at all,1"]),
    ],
)  # fmt: skip
def test_codes_by_editing_history_or_the_other_way_round_are_named_with_the_lines_that_mend_it(codes, lines):
    (problem,) = both(*drawn(codes, WORDS))
    assert (problem.label, problem.file) == ("E-recode-history", "start.csv")
    assert f"{codes[3]} for 'Very'" in problem.found
    assert "; ".join(f"start,q1,q1,{line}" for line in lines) in problem.mend


def test_the_lines_that_are_offered_mend_it():
    (problem,) = both(*drawn(["1", "2", "4", "7"], WORDS))
    lines = problem.mend.split("the lines ")[1].split("; ")
    book = table(
        "wave|column|item|code|label|meaning\n" + "\n".join(line.replace(",", "|") for line in lines)
    )
    found, wrong = read_codebook(book, "codebook.csv", {"start": {"q1": CALM}})
    assert not wrong
    assert not both(*drawn(["1", "2", "4", "7"], WORDS), entries=found["start"])


def test_columns_with_the_same_history_are_one_problem():
    codes = "id | q1 | q2\nA | 4 | 4\nB | 3 | 3\nC | 1 | 1"
    labels = "id | q1 | q2\nA | Not at all | Not at all\nB | Somewhat | Somewhat\nC | Very | Very"
    (problem,) = both(codes, labels)
    assert "in 2 columns (q1, q2)" in problem.found


@pytest.mark.parametrize(
    ("codes", "labels", "rows"),
    [
        (["1", "1", "2"], ["Not at all", "Somewhat", "Fairly"], (2, 3)),
        (["1", "2", "3"], ["Not at all", "Not at all", "Fairly"], (2, 3)),
        (["1", "", "3"], ["Not at all", "Somewhat", "Fairly"], (3,)),
        (["1", "2", "3"], ["Not at all", "Prefer not to say", "Fairly"], (3,)),
    ],
)
def test_codes_and_wordings_that_are_no_pairs_are_named_by_their_rows(codes, labels, rows):
    (problem,) = both(*drawn(codes, labels))
    assert (problem.code, problem.rows) == ("labels-disagree", rows)


def test_a_wording_that_nobody_knows_is_refused():
    (problem,) = both(*drawn(["1", "2"], ["Not at all", "Some what"]))
    assert (problem.code, problem.file, problem.column) == ("unknown-label", "labels.csv", "q1")
    assert "'Some what'" in problem.found
    (problem,) = both(*drawn(["1"], ["M240017 says hello to everyone"]))
    assert "M240017" not in str(problem)


def test_exports_of_other_responses_are_named():
    (problem,) = both("id | q1\nA | 1", "id | q1\nB | Very")
    assert problem.label == "E-labels-unmatched"
    (problem,) = both("id | q1\nA | 1\nB | 2", "id | q1\nA | Not at all\nC | Very\nD | Very")
    assert (problem.label, problem.found) == (
        "W-labels-unmatched", "1 responses only in start.csv and 2 only here",
    )  # fmt: skip


def test_declared_value_labels_that_fit_need_nothing():
    labels = {str(n): word.upper() for n, word in enumerate(WORDS, 1)}
    assert not value_labels(ENTRIES["q1"], labels, PLACE)
    assert not value_labels(ENTRIES["q1"], {"1": "Not at all", "99": "Prefer not to say"}, PLACE)
    plain = read_codebook(None, "", {"start": {"q1": Answers(low=1, high=4)}})[0]["start"]["q1"]
    assert not value_labels(plain, labels, PLACE)


def test_declared_value_labels_that_turn_the_scale_are_refused():
    turned = {str(n): word for n, word in enumerate(reversed(WORDS), 1)}
    (problem,) = value_labels(ENTRIES["q1"], turned, PLACE)
    assert problem.label == "E-recode-history"
    assert "q1,q1,4,Not at all,1" in problem.mend


def test_a_code_of_the_scale_that_is_labelled_no_answer_is_refused():
    labels = {"1": "Not at all", "2": "Somewhat", "3": "Fairly", "4": "Prefer not to say"}
    (problem,) = value_labels(ENTRIES["q1"], labels, PLACE)
    assert (problem.label, problem.column) == ("E-missing-code", "q1")
    known = replace(ENTRIES["q1"], missing=frozenset(["4"]))
    assert not value_labels(known, labels, PLACE)


def test_other_labels_are_a_warning():
    (problem,) = value_labels(ENTRIES["q1"], {"1.0": "Never", "4": "Very"}, PLACE)
    assert (problem.label, "1 for 'Never'" in problem.found) == ("W-value-labels", True)


def test_a_response_that_stands_twice_is_looked_at_once_and_one_without_number_not_at_all():
    codes = "id | q1\nA | 1\nA | 4\n | 4"
    labels = "id | q1\nA | Not at all\nA | Very\n | Not at all"
    assert not both(codes, labels)
