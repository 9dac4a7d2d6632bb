"""The SES index against R's prcomp, mca and lm; who is low on it; and when there is none."""

from __future__ import annotations

import json
import math
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table import table

from outcomes.clean.index import index_of, low_cut, scores
from outcomes.clean.ses import index_problems, low_matrix, ses_group, ses_index
from outcomes.study import SesRule

ORACLE = Path(__file__).parent / "oracle"
R = json.loads((ORACLE / "ses.json").read_text(encoding="utf-8"))
LOWS = np.array(R["lows"], dtype=float)
INDICATOR = {"label": "A", "column": "a", "about": "person", "low": ["1"], "high": ["2"]}


def rule(names: list[str], **said: object) -> SesRule:
    return SesRule.model_validate(
        {"rule": "index", "low_share": 0.3, "indicators": dict.fromkeys(names, INDICATOR), **said}
    )


def indicators(lows: np.ndarray, names: list[str] | None = None) -> pd.DataFrame:
    words = np.where(np.isnan(lows), None, np.where(lows == 1, "low", "high").astype(object))
    return pd.DataFrame(words, columns=names or list("abcdefgh"[: lows.shape[1]]), dtype="string")


def drawn(text: str) -> pd.DataFrame:
    frame = table(text)
    return frame.mask(frame == "")


PEOPLE = indicators(LOWS, R["names"])


def test_loadings_are_those_of_prcomp_on_standardised_indicators():
    found = index_of(low_matrix(PEOPLE, rule(R["names"])))
    assert (found.status, found.n) == ("ok", R["n"])
    for name, value in (("means", found.means), ("sds", found.sds), ("loadings", found.loadings)):
        np.testing.assert_allclose(value, R[name], rtol=1e-10)
    assert found.explained == pytest.approx(R["explained"], rel=1e-12)


def test_the_index_is_the_first_axis_of_multiple_correspondence_analysis():
    assert R["mca_correlation"] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("at_least", [1, 3, 5])
def test_people_with_enough_indicators_have_the_index_of_r(at_least):
    found = ses_index(PEOPLE, rule(R["names"], at_least=at_least))
    wanted = np.array(R["index"], dtype=float)
    wanted[(~np.isnan(LOWS)).sum(axis=1) < at_least] = math.nan
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)
    assert (found.dtype, found.name) == ("float64", "ses_index")


def test_all_indicators_are_needed_unless_the_rule_says_otherwise():
    found = ses_index(PEOPLE, rule(R["names"]))
    assert found.notna().tolist() == (~np.isnan(LOWS)).all(axis=1).tolist()


@pytest.mark.parametrize("place", range(len(R["shares"])))
def test_the_cut_comes_as_near_to_the_share_as_ties_let_it(place):
    share, wanted = R["shares"][place], R["low"][place]
    said = rule(R["names"], low_share=share)
    assert low_cut(ses_index(PEOPLE, said).to_numpy(), share) == pytest.approx(R["cuts"][place], abs=1e-9)
    group = ses_group(PEOPLE, said).value_counts()
    assert group.to_dict() == {"low": wanted, "high": R["n"] - wanted, "unknown": len(LOWS) - R["n"]}


TIES = """
    a    | b    | c    | ses
    low  | low  | low  | low
    low  | low  | high | low
    low  | high | low  | low
    high | low  | low  | low
    high | high | low  | high
    high | low  | high | high
    low  | high | high | high
    high | high | high | high
    high | high | high | high
    low  |      | low  | unknown
         |      |      | unknown
"""


@pytest.mark.parametrize("share", [0.3, 4 / 9, 0.5])
def test_all_who_tie_are_in_one_group(share):
    people = drawn(TIES)
    found = ses_group(people, rule(list("abc"), low_share=share))
    assert found.tolist() == people["ses"].tolist()


@pytest.mark.parametrize(
    ("share", "low"),
    [(0.01, 1), (1 / 9, 1), (2.4 / 9, 1), (2.5 / 9, 4), (2.6 / 9, 4), (5.5 / 9, 7), (0.99, 7)],
)
def test_the_share_is_met_as_nearly_as_ties_allow_and_neither_group_is_empty(share, low):
    """Three indicators alike, nine people: one is lowest, then three tie, three tie, and two are highest."""
    found = ses_group(drawn(TIES), rule(list("abc"), low_share=share)).value_counts()
    assert found.to_dict() == {"low": low, "high": 9 - low, "unknown": 2}


def test_three_indicators_alike_give_an_index_by_hand():
    """Equal loadings 1/sqrt(3): the index is minus the sum of the standardised indicators over sqrt(3)."""
    people = drawn(TIES)
    lows = low_matrix(people, rule(list("abc")))
    whole = lows[~np.isnan(lows).any(axis=1)]
    standard = (lows - whole.mean(axis=0)) / whole.std(axis=0, ddof=1)
    by_hand = -standard.sum(axis=1) / math.sqrt(3)
    np.testing.assert_allclose(ses_index(people, rule(list("abc")))[:9], by_hand[:9], atol=1e-9)
    low_on_two_known = -(standard[9, 0] + standard[9, 2]) / math.sqrt(3) * 3 / 2
    found = ses_index(people, rule(list("abc"), at_least=2))
    assert found[9] == pytest.approx(low_on_two_known, abs=1e-9)
    assert np.isnan(found[10])


def test_more_low_indicators_are_lower_on_the_index():
    """Whoever turns one indicator from high to low falls, where all indicators go together."""
    found = index_of(LOWS)
    assert (found.loadings > 0).all()
    people = np.zeros((6, 5))
    for place in range(5):
        people[place + 1 :, place] = 1
    assert (np.diff(scores(people, found, 5)) < 0).all()


@given(st.permutations(range(len(LOWS))))
def test_the_order_of_the_people_changes_no_digit(order):
    one, other = (ses_index(indicators(lows), rule(list("abcde"))) for lows in (LOWS, LOWS[order]))
    assert np.array_equal(one.to_numpy()[order], other.to_numpy(), equal_nan=True)


def test_the_order_of_the_indicators_changes_nobody():
    one = ses_group(PEOPLE, rule(R["names"], at_least=3))
    other = ses_group(PEOPLE[R["names"][::-1]], rule(R["names"][::-1], at_least=3))
    assert one.equals(other)


def test_low_and_high_turned_turn_the_index():
    one = ses_index(PEOPLE, rule(R["names"], at_least=1))
    other = ses_index(indicators(1 - LOWS, R["names"]), rule(R["names"], at_least=1))
    np.testing.assert_allclose(one, -other, atol=1e-9)


NONE = {
    "nobody with all known": ("a | b\n low | \n | high", "nobody has all indicators known"),
    "one value only": ("a | b\n low | low\n low | high\n high | ", "an indicator has one value only"),
    "no relation": ("a | b\n low | low\n low | high\n high | low\n high | high", "no first component"),
    "against each other": (
        "a | b\n low | high\n low | high\n high | low\n high | low\n low | low\n high | high",
        "says nothing of how many indicators are low"),
}  # fmt: skip


@pytest.mark.parametrize("name", NONE)
def test_without_an_index_all_are_unknown_and_it_is_said(name):
    text, said = NONE[name]
    people, two = drawn(text), rule(["a", "b"], at_least=1)
    assert set(ses_group(people, two)) == {"unknown"}
    (problem,) = index_problems(people, two)
    assert said in problem.found
    assert (problem.code, problem.is_error, problem.where) == ("ses-index", True, "ses: rule")


def test_an_indicator_that_goes_the_other_way_is_told():
    lows = np.column_stack([LOWS[:, :4], 1 - LOWS[:, 1]])
    (problem,) = index_problems(indicators(lows), rule(list("abcde")))
    assert (problem.code, problem.is_error) == ("ses-index-turned", False)
    assert "low on e counts as high" in problem.found
    assert index_problems(PEOPLE, rule(R["names"])) == []


def test_other_rules_have_no_index_and_no_problem_of_it():
    said = rule(R["names"], rule="any", low_share=None)
    assert ses_index(PEOPLE, said).isna().all()
    assert index_problems(PEOPLE, said) == []


def test_two_hundred_thousand_people_take_less_than_two_seconds():
    lows = np.tile(LOWS, (1700, 1))
    people, said = indicators(lows, R["names"]), rule(R["names"], at_least=2)
    began = time.process_time()
    found = ses_group(people, said)
    assert time.process_time() - began < 2
    assert found[: len(LOWS)].equals(ses_group(PEOPLE, rule(R["names"], at_least=2)))


def alike(found: object, wanted: object) -> bool:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return found.keys() == wanted.keys() and all(alike(found[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(alike, found, wanted))
    return found == (pytest.approx(wanted, abs=1e-9) if isinstance(wanted, float | int) else wanted)


@pytest.mark.r
def test_r_still_says_so_of_ses():
    run = subprocess.run(
        ["Rscript", "ses.R"], cwd=ORACLE, capture_output=True, text=True, check=True, timeout=300
    )
    assert alike({**json.loads(run.stdout), "versions": None}, {**R, "versions": None})
