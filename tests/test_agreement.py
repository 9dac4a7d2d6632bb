"""Do SES indicators agree: kappa against R, textbooks and its definition; who moves under another rule."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table import table

from outcomes import tables
from outcomes.clean.agreement import NOBODY, ONE_VALUE, agreement, kappa, rule_changes
from outcomes.clean.ses import ses_group
from outcomes.columns import expect
from outcomes.study import SesRule

R = json.loads((Path(__file__).parent / "oracle" / "ses.json").read_text(encoding="utf-8"))
KEPT = ["declared", "rule", "basis", "low", "high", "unknown", "low_to_high", "high_to_low", "to_unknown",
        "from_unknown"]  # fmt: skip


def rule(kind: str, names: str | list[str] = "abc", areas: str = "", **said: object) -> SesRule:
    indicators = {
        name: {"label": name, "column": name, "about": "area" if name in areas else "person",
               "low": ["1"], "high": ["2"]}
        for name in names
    }  # fmt: skip
    return SesRule.model_validate({"rule": kind, "indicators": indicators, **said})


def drawn(text: str) -> pd.DataFrame:
    frame = table(text)
    return frame.mask(frame == "")


def of_r() -> pd.DataFrame:
    lows = np.array(R["lows"], dtype=float)
    words = np.where(np.isnan(lows), None, np.where(lows == 1, "low", "high").astype(object))
    return pd.DataFrame(words, columns=R["names"], dtype="string")


def test_every_pair_has_the_counts_and_the_kappa_of_r():
    found = agreement(of_r(), rule("hierarchy", R["names"])).to_dict("records")
    assert len(found) == len(R["pairs"]) == 10
    for ours, wanted in zip(found, R["pairs"], strict=True):
        assert ours["status"] == "ok"
        for column, value in wanted.items():
            assert ours[column] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ((20, 5, 10, 15), 0.4),  # the textbook grants: 35 of 50 agree, 25 expected
        ((45, 15, 25, 15), 0.1304),
        ((25, 35, 5, 35), 0.2593),
        ((10, 0, 0, 10), 1.0),
        ((0, 10, 10, 0), -1.0),
        ((4, 4, 4, 4), 0.0),
        ((8, 2, 0, 0), 0.0),
    ],
)
def test_textbook_tables(counts, wanted):
    assert kappa(*counts) == (pytest.approx(wanted, abs=5e-5), "ok")


@given(st.tuples(*[st.integers(0, 60)] * 4))
def test_kappa_is_agreement_beyond_what_the_margins_expect(counts):
    a, b, c, d = counts
    n = sum(counts)
    found, status = kappa(*counts)
    if n == 0:
        assert (found, status) == (None, NOBODY)
        return
    observed = (a + d) / n
    expected = ((a + b) * (a + c) + (c + d) * (b + d)) / n**2
    if expected == 1:
        assert (found, status) == (None, ONE_VALUE)
    else:
        assert status == "ok"
        assert found == pytest.approx((observed - expected) / (1 - expected), abs=1e-9)


def test_only_people_with_both_known_are_counted():
    people = drawn("""
        a    | b    | c
        low  | low  |
        low  | high |
        high |      |
             | low  | low
        high | high |
    """)
    found = agreement(people, rule("any", areas="c"))
    drawn_again = drawn("""
        indicator|other| basis  | other_basis | n | low_low | low_high | high_low | high_high | agree | status
        a        | b   | person | person      | 3 | 1       | 1        | 0        | 1         | 0.667 | ok
        a        | c   | person | area        | 0 | 0       | 0        | 0        | 0         |       | none
        b        | c   | person | area        | 1 | 1       | 0        | 0        | 0         | 1.0   | one
    """)
    said = {"none": NOBODY, "one": ONE_VALUE, "ok": "ok"}
    assert found["status"].tolist() == [said[word] for word in drawn_again["status"]]
    shown = found.assign(agree=found["agree"].round(3)).astype("string")
    columns = [column for column in drawn_again if column != "status"]
    pd.testing.assert_frame_equal(shown[columns], drawn_again[columns].astype("string"))
    assert found["kappa"].isna().tolist() == [False, True, True]
    assert len(expect(found, tables.AGREEMENT)) == 3


PEOPLE = """
    a    | b    | c
    low  | low  | high
    low  | high | high
    high | low  | low
    high | high | high
         | low  | low
         |      | high
         |      |
"""


def test_every_other_rule_is_listed_with_who_moves():
    """Worked out by hand for seven people; c is about the area."""
    found = rule_changes(drawn(PEOPLE), rule("hierarchy", areas="c"))
    wanted = table("""
        declared|rule     |basis     |low|high|unknown|low_to_high|high_to_low|to_unknown|from_unknown
        True    |hierarchy|mixed     |3  |3   |1      |0          |0          |0         |0
        False   |single a |individual|2  |2   |3      |0          |0          |2         |0
        False   |single b |individual|3  |2   |2      |1          |1          |1         |0
        False   |single c |area      |2  |4   |1      |2          |1          |0         |0
        False   |any      |mixed     |4  |1   |2      |0          |1          |1         |0
        False   |count 2  |mixed     |3  |2   |2      |1          |1          |1         |0
        False   |all      |mixed     |0  |5   |2      |2          |0          |1         |0
    """)
    listed = found[found["rule"] != "index"]
    pd.testing.assert_frame_equal(listed[KEPT].astype("string"), wanted[KEPT].astype("string"))
    assert len(expect(found, tables.SES_RULES)) == len(found)


@pytest.mark.parametrize("kind", ["hierarchy", "any", "count", "all", "index"])
def test_the_declared_rule_stands_first_and_once(kind):
    said = {"count": {"at_least": 2}, "index": {"low_share": 0.4, "at_least": 3}}.get(kind, {})
    people = of_r()
    found = rule_changes(people, rule(kind, R["names"], **said))
    assert found["rule"].tolist()[0] == (kind if kind != "count" else "count 2")
    assert found["declared"].tolist() == [True] + [False] * (len(found) - 1)
    assert found["rule"].is_unique
    singles = [f"single {name}" for name in R["names"]]
    assert set(found["rule"]) == {
        *singles, "hierarchy", "any", "count 2", "count 3", "count 4", "all", "index",
    }  # fmt: skip
    moves = ["low_to_high", "high_to_low", "to_unknown", "from_unknown"]
    assert (found.loc[0, moves] == 0).all()
    assert (found[["low", "high", "unknown"]].sum(axis=1) == len(people)).all()
    unknown = found["unknown"] - found.loc[0, "unknown"]
    assert (unknown == found["to_unknown"] - found["from_unknown"]).all()


def test_the_index_among_the_others_has_the_declared_share_low():
    people, declared = of_r(), rule("any", R["names"])
    group = ses_group(people, declared).value_counts()
    share = group["low"] / (group["low"] + group["high"])
    found = rule_changes(people, declared).set_index("rule").loc["index"]
    wanted = ses_group(people, rule("index", R["names"], low_share=share)).value_counts()
    assert found[["low", "high", "unknown"]].to_dict() == wanted.to_dict()


@pytest.mark.parametrize(("at_least", "same"), [(1, "any"), (5, "all")])
def test_a_count_that_is_another_rule_by_name_is_listed_once(at_least, same):
    found = rule_changes(of_r(), rule("count", R["names"], at_least=at_least))["rule"].tolist()
    assert found[0] == f"count {at_least}"
    assert same not in found


def test_an_index_that_does_not_exist_is_not_among_the_others():
    people = drawn("a | b\n low | low\n low | high\n high | low\n high | high")
    assert "index" not in set(rule_changes(people, rule("any", "ab"))["rule"])


def test_one_indicator_has_no_pair_and_no_other_rule():
    people = drawn("a | x\n low | 1\n | 1")
    assert agreement(people, rule("single", "a")).empty
    found = rule_changes(people, rule("single", "a"))
    assert found[["rule", "low", "high", "unknown"]].to_numpy().tolist() == [["single", 1, 0, 1]]
    assert len(expect(agreement(people, rule("single", "a")), tables.AGREEMENT)) == 0


def test_two_hundred_thousand_people_with_five_indicators_take_seconds():
    people = pd.concat([of_r()] * 1700, ignore_index=True)
    found = rule_changes(people, rule("hierarchy", R["names"]))
    once = rule_changes(of_r(), rule("hierarchy", R["names"]))
    counts = [column for column in KEPT if column not in ("declared", "rule", "basis")]
    assert (found[counts] == 1700 * once[counts]).all(axis=None)
