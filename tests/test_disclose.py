"""What is shown: rounding at its edges, suppression at its edges, and nothing left in a suppressed row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes import tables
from outcomes.columns import empty
from outcomes.disclose import count, disclose, rounded
from outcomes.study import Profile
from outcomes.study.stages import Disclosing

HESA = Profile(
    profile="hesa", title="t", source="s", count_base=5, share_least=23, mean_least=8, decimals_share=0,
    decimals_mean=2, decimals_p=3,
)  # fmt: skip
PART = Disclosing(origin="synthetic", profile=HESA, shares=("professional",))


def restricted(**filled: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All restricted tables that are released: those given, the others without rows."""
    return {name: filled.get(name, empty(tables.RESTRICTED[name])) for name in tables.RELEASED_FROM.values()}


def rows(table: str, *given: dict[str, object]) -> pd.DataFrame:
    """Rows of a restricted table; columns that are not given hold a plausible value of their kind."""
    plain = {"text": "ok", "number": 1.23456, "count": 100, "flag": True, "day": "2026-01-01"}
    declared = tables.RESTRICTED[table].columns
    defaults = {column.name: column.among[0] if column.among else plain[column.kind] for column in declared}
    return pd.DataFrame([defaults | row for row in given])


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        (0, 0),
        (1, 0),
        (2, 0),
        (3, 5),
        (7, 5),
        (8, 10),
        (9, 10),
        (10, 10),
        (12, 10),
        (13, 15),
        (22, 20),
        (23, 25),
    ],
)
def test_counts_go_to_the_nearest_five(n, shown):
    assert count(pd.Series([n]), 5).tolist() == [shown]


def test_halves_go_up_and_not_to_even():
    assert count(pd.Series([2.5, 7.5, 12.5, 17.5]), 5).tolist() == [5, 10, 15, 20]
    assert rounded(pd.Series([0.125, 0.375, 2.5, -0.125]), 2).tolist() == [0.13, 0.38, 2.5, -0.12]


def test_every_count_of_every_released_table_is_rounded():
    flow = rows("flow", *({"step": f"s{n}", "group": "low", "n": n} for n in range(40)))
    left_out = rows("rows", *({"file": f"f{n}", "n": n} for n in range(40)))
    released = disclose(restricted(flow=flow, rows=left_out), PART)
    for name in ("flow", "left_out"):
        assert (released[name]["n"] % 5 == 0).all()
        assert (released[name]["disclosure"] == "shown").all()


def gains(**numbers: int) -> pd.DataFrame:
    """A gain a group: the group's name to its number of people."""
    return rows(
        "gains", *({"outcome": "calm", "group": group, "wave": "end", "n": n} for group, n in numbers.items())
    )


@pytest.mark.parametrize(
    ("n", "seen"), [(0, False), (1, False), (7, False), (8, True), (9, True), (23, True)]
)
def test_a_mean_on_seven_or_fewer_is_suppressed(n, seen):
    released = disclose(restricted(gains=gains(low=n, high=100)), PART)["gains"].set_index("group")
    numbers = [column.name for column in tables.GAINS.columns if column.kind == "number"]
    assert released.loc["low", numbers].notna().all() == seen
    assert released.loc["high", numbers].notna().all()
    assert released.loc["low", "disclosure"] == ("shown" if seen else "suppressed: fewer than 8 people")
    assert released.loc["low", "n"] % 5 == 0


@pytest.mark.parametrize(("n", "seen"), [(7, False), (8, True)])
@pytest.mark.parametrize("table", ["contrasts", "verdicts", "forest", "ols"])
def test_a_comparison_rests_on_its_smaller_group(table, n, seen):
    compared = rows(table, {"outcome": "calm", "wave": "end", "n": n + 100})
    released = disclose(restricted(gains=gains(low=n, high=100), **{table: compared}), PART)[table]
    assert released["estimate"].notna().tolist() == [seen]
    if "verdict" in released:
        assert released["verdict"].notna().tolist() == [seen]


@pytest.mark.parametrize(("n", "seen"), [(22, False), (23, True)])
def test_a_share_needs_twenty_three_people_and_is_a_whole_percentage(n, seen):
    row = {
        "outcome": "professional",
        "group": "low",
        "wave": "end",
        "n": n,
        "estimate": 0.70789,
        "mean": 0.70789,
    }
    verdict = {"outcome": "professional", "kind": "floor", "wave": "end", "n": n, "estimate": 0.70789}
    released = disclose(restricted(means=rows("means", row), verdicts=rows("verdicts", verdict)), PART)
    for name in ("trajectories", "verdicts"):
        found = released[name]["estimate"].iloc[0]
        assert found == 0.71 if seen else np.isnan(found)


def test_what_would_give_the_number_of_people_away_is_not_released():
    released = disclose(restricted(ols=rows("ols", {"n": 412, "df": 405.0, "wave": "end"})), PART)
    assert "df" not in released["ols"].columns
    assert "n_rows" not in released["fits"].columns
    assert released["ols"]["n"].tolist() == [410]


def test_p_values_keep_three_decimals_and_estimates_two():
    released = disclose(restricted(gains=gains(low=50)), PART)["gains"].iloc[0]
    assert (released["estimate"], released["p_value"]) == (1.23, 1.235)


def test_every_row_carries_its_origin_and_its_decision():
    filled = {name: rows(name, {}) for name in tables.RELEASED_FROM.values()}
    for frame in disclose(filled, PART).values():
        assert frame["origin"].tolist() == ["synthetic"]
        assert frame["disclosure"].notna().all()


def test_no_unrounded_count_stands_in_any_released_cell():
    secret = 137
    filled = {
        name: rows(
            name,
            {column.name: secret for column in tables.RESTRICTED[name].columns if column.kind == "count"},
        )
        for name in tables.RELEASED_FROM.values()
    }
    for frame in disclose(filled, PART).values():
        counts = frame.drop(columns="n_items", errors="ignore")
        assert not (counts.astype("string") == str(secret)).to_numpy(na_value=False).any()


@pytest.mark.parametrize("table", ["contrasts", "verdicts", "margins"])
def test_a_comparison_rests_on_the_groups_that_it_names(table):
    pairs = ("low - high", "unknown - high")
    places = [{"hypothesis": pair[:3], "group": pair, "outcome": "calm", "wave": "end"} for pair in pairs]
    released = disclose(
        restricted(gains=gains(low=100, high=100, unknown=5), **{table: rows(table, *places)}), PART
    )[table]
    assert released["p_value"].notna().tolist() == [True, False]


def test_the_verdict_on_all_outcomes_does_not_repeat_a_suppressed_one():
    gain = rows(
        "gains",
        *(
            {"outcome": outcome, "group": group, "wave": "end", "n": 5 if outcome == "few" else 100}
            for outcome in ("few", "many")
            for group in ("low", "high")
        ),
    )
    verdicts = rows(
        "verdicts",
        *(
            {"hypothesis": "H2", "outcome": outcome, "wave": "end", "n": 105}
            for outcome in ("few", "many", "all")
        ),
    )
    released = disclose(restricted(gains=gain, verdicts=verdicts), PART)["verdicts"].set_index("outcome")
    assert released["p_value"].notna().to_dict() == {"few": False, "many": True, "all": False}
    assert released["verdict"].notna().to_dict() == {"few": False, "many": True, "all": False}
