"""Scores against examples to check by hand, alpha against R, and what must never change a score."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.columns import expect
from outcomes.score import keyed, reliability, score, score_items
from outcomes.study import Answers, Scale
from outcomes.study.stages import Measured, Scoring
from outcomes.tables import RELIABILITY, SCORES

ORACLE = Path(__file__).parent / "oracle"
NAN = np.nan


def measured(items=("a", "b", "c"), low=1, high=5, waves=("start",), **scale) -> Measured:
    words = {"label": "Calm", "scoring": "mean", "higher_is": "better"}
    return Measured(
        scale=Scale(items=items, **(words | scale)), answers=Answers(low=low, high=high), waves=waves
    )


def scored(rows, **scale) -> list[float]:
    return score_items(np.array(rows, dtype=float), measured(**scale)).tolist()


def test_a_reversed_item_counts_the_other_way():
    assert scored([[5, 1, 5], [1, 5, 1], [4, 2, 3]], reversed=("b",)) == [5.0, 1.0, pytest.approx(11 / 3)]


def test_a_reversed_item_turns_on_its_own_range():
    assert scored([[0, 4, 0]], low=0, high=4, reversed=("b",)) == [0.0]


def test_a_gap_spoils_a_score_unless_enough_is_answered():
    rows = [[4, NAN, 2], [NAN, NAN, 2], [NAN, NAN, NAN]]
    np.testing.assert_equal(scored(rows), [NAN, NAN, NAN])
    np.testing.assert_equal(scored(rows, at_least=2), [3.0, NAN, NAN])


def test_a_sum_with_gaps_is_prorated_to_all_items():
    np.testing.assert_equal(scored([[4, NAN, 2], [4, 3, 2]], scoring="sum", at_least=2), [9.0, 9.0])


def test_a_share_is_one_among_its_members():
    rows = [[1], [3], [4], [NAN]]
    np.testing.assert_equal(scored(rows, items=("a",), scoring="share", members=(1, 2, 3)), [1, 1, 0, NAN])


def test_a_given_score_is_taken_as_it_is():
    np.testing.assert_equal(
        scored([[447.5], [NAN]], items=("a",), low=200, high=900, scoring="as_given"), [447.5, NAN]
    )


answers = st.lists(
    st.tuples(*[st.one_of(st.integers(1, 5).map(float), st.just(NAN))] * 3), min_size=1, max_size=30
)


@settings(max_examples=100, deadline=None)
@given(rows=answers)
def test_what_never_changes_a_score(rows):
    items = np.array(rows)
    turned = measured(reversed=("b",), at_least=2)
    once = score_items(items, turned)
    np.testing.assert_array_equal(keyed(keyed(items, turned), turned), items)
    permuted = score_items(items[:, [2, 0, 1]], measured(items=("c", "a", "b"), reversed=("b",), at_least=2))
    np.testing.assert_allclose(permuted, once, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(
        score_items(np.vstack([items, items]), turned), np.concatenate([once, once])
    )
    known = once[~np.isnan(once)]
    assert ((known >= 1) & (known <= 5)).all()


def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    people = pd.DataFrame(
        {"person": ["p1", "p2", "p3", "p4"], "ses": ["low", "low", "high", "unknown"],
         "in_population": [True, True, True, False]}
    )  # fmt: skip
    rows = pd.DataFrame(
        {"person": ["p1", "p2", "p3", "p4", "p1"], "wave": ["start"] * 4 + ["end"],
         "a": [1.0, 2, 3, 4, 5], "b": [1.0, 3, 3, NAN, 5], "c": [2.0, 2, 4, 4, 5]}
    )  # fmt: skip
    return people, rows


def test_only_the_waves_that_ask_an_outcome_have_its_scores():
    _, rows = frames()
    part = Scoring(outcomes={"calm": measured(), "late": measured(waves=("end",))})
    found = expect(score(rows, part), SCORES)
    assert found.groupby("outcome").size().to_dict() == {"calm": 4, "late": 1}
    spoiled = found[found["score"].isna()]
    assert spoiled[["person", "n_answered", "n_items"]].to_numpy().tolist() == [["p4", 2, 3]]


def test_alpha_is_of_the_population_by_group_and_says_why_there_is_none():
    people, rows = frames()
    part = Scoring(outcomes={"calm": measured(), "one": measured(items=("a",))})
    found = expect(reliability(rows, people, part), RELIABILITY).set_index(["outcome", "group"])
    assert found.loc[("calm", "all"), "n"] == 3
    assert found.loc[("calm", "low"), "status"] == "not estimable: fewer than 3 complete answers"
    assert found.loc[("one", "all"), "status"] == "not applicable: one item or a given score"
    assert "unknown" not in found.index.get_level_values("group")


def test_an_item_that_does_not_vary_gives_no_alpha():
    people, rows = frames()
    part = Scoring(outcomes={"calm": measured()})
    found = reliability(rows.assign(a=3.0), people, part).set_index("group")
    assert found.loc["all", "status"] == "not estimable: an item does not vary"
    assert pd.isna(found.loc["all", "alpha"])


def test_alpha_and_its_interval_agree_with_r():
    """State anxiety, 20 items of which 10 are reversed, really missing answers (psychTools::sai)."""
    rows = pd.read_csv(ORACLE / "sai.csv", dtype={"pid": "string"}).rename(columns={"pid": "person"})
    keys = pd.read_csv(ORACLE / "sai_keys.csv")
    expected = json.loads((ORACLE / "alpha.json").read_text())
    part = Scoring(
        outcomes={
            "anxiety": measured(
                items=tuple(keys["item"]), low=1, high=4, scoring="sum", waves=("1", "2"),
                reversed=tuple(keys.loc[keys["reverse"] == 1, "item"]),
            )
        }
    )  # fmt: skip
    people = pd.DataFrame({"person": rows["person"].unique(), "in_population": True}).assign(ses="high")
    found = reliability(rows.assign(wave=rows["time"].astype(str)), people, part)
    found = found[found["group"] == "all"].set_index("wave")
    for wave, numbers in expected["waves"].items():
        assert found.loc[wave, "n"] == numbers["n"]
        for ours, theirs in (("alpha", "alpha"), ("low", "feldt_low"), ("high", "feldt_high")):
            assert found.loc[wave, ours] == pytest.approx(numbers[theirs], abs=1e-9)
