"""What is shown: rounding at its edges, suppression at its edges, and nothing left in a suppressed row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes import tables
from outcomes.columns import empty
from outcomes.disclose import count, degrees, disclose, rounded, upwards
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
    filled["components"] = rows("components", {"component": "correlation"})
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


def family(**n: int) -> dict[str, pd.DataFrame]:
    """A family of two superiority claims and a claim with a margin; outcome to people of each group."""
    gain = rows(
        "gains",
        *(
            {"outcome": outcome, "group": group, "arm": None, "wave": "end", "n": people}
            for outcome, people in n.items()
            for group in ("low", "high")
        ),
    )
    common = {"group": "low - high", "arm": None, "wave": "end", "family": "f", "n": 200}
    verdicts = [
        {**common, "hypothesis": "H1", "outcome": outcome, "kind": "superiority", "verdict": "superior"}
        for outcome in n
    ] + [
        {**common, "hypothesis": "H2", "outcome": outcome, "kind": "non_inferiority", "verdict": verdict}
        for outcome, verdict in (*((one, "superior") for one in n), ("all", "non-inferior"))
    ]
    places = [{**common, "contrast": "gap", "outcome": outcome} for outcome in n]
    curve = [{**common, "hypothesis": "H2", "outcome": one, "of_declared": "1.00"} for one in n]
    crossed = [{**common, "hypothesis": "H2", "outcome": one, "verdict": "superior"} for one in n]
    return disclose(
        restricted(
            gains=gain, verdicts=rows("verdicts", *verdicts), contrasts=rows("contrasts", *places),
            margins=rows("margins", *curve), forest=rows("forest", *crossed),
        ),
        PART,
    )  # fmt: skip


def test_a_p_adjusted_over_a_suppressed_test_is_not_shown_anywhere():
    whole, partly = family(calm=100, clear=100), family(calm=100, clear=5)
    assert whole["verdicts"]["p_adjusted"].notna().all()
    assert whole["contrasts"]["p_adjusted"].notna().all()
    tests = partly["verdicts"][partly["verdicts"]["hypothesis"] == "H1"]
    assert tests["p_adjusted"].isna().all()
    assert tests.set_index("outcome")["p_value"].notna().to_dict() == {"calm": True, "clear": False}
    assert partly["contrasts"]["p_adjusted"].isna().all()


def test_superiority_after_non_inferiority_does_not_tell_that_a_suppressed_outcome_passed():
    whole, partly = family(calm=100, clear=100), family(calm=100, clear=5)
    assert set(whole["forest"]["verdict"]) == {"superior"}
    claim = partly["verdicts"][partly["verdicts"]["hypothesis"] == "H2"].set_index("outcome")
    assert claim["p_superiority"].isna().all()
    assert claim.loc["calm", "verdict"] == "non-inferior"
    assert claim.loc[["clear", "all"], "verdict"].isna().all()
    assert claim.loc["all", ["margin", "margin_passing", "p_value"]].isna().all()
    assert partly["forest"].set_index("outcome").loc["calm", "verdict"] == "non-inferior"


def test_a_curve_over_margins_is_hidden_where_the_verdict_is():
    for people in (7, 8):
        released = family(calm=100, clear=people)
        curves = released["margins"].set_index("outcome")
        assert curves["p_value"].notna().to_dict() == {"calm": True, "clear": people == 8}
        assert curves["verdict"].notna().to_dict() == {"calm": True, "clear": people == 8}
        verdicts = released["verdicts"].query("hypothesis == 'H2' and outcome != 'all'")
        assert verdicts.set_index("outcome")["verdict"].notna().to_dict() == {
            "calm": True,
            "clear": people == 8,
        }


def test_a_gain_cannot_be_told_from_the_means_that_it_is_the_difference_of():
    place = {"outcome": "calm", "group": "low", "arm": None}
    means = rows("means", *({**place, "wave": wave, "n": 9} for wave in ("start", "end")))
    gain = rows("gains", {**place, "wave": "end", "n": 7})
    released = disclose(restricted(gains=gain, means=means), PART)
    assert released["gains"]["estimate"].isna().all()
    assert released["trajectories"].set_index("wave")["estimate"].notna().to_dict() == {
        "start": True, "end": False
    }  # fmt: skip


def test_degrees_of_freedom_are_rounded_as_counts_or_to_a_decimal():
    df = pd.Series([97.0, 17.34, 2.4, None])
    assert degrees(df, 5).tolist()[:3] == [95, 15, 0]
    assert degrees(df, 1).tolist()[:3] == [97.0, 17.3, 2.4]
    assert degrees(df, 5).isna().tolist() == [False, False, False, True]
    released = disclose(restricted(gains=gains(low=99).assign(df=97.0)), PART)["gains"]
    assert released["df"].tolist() == [95.0]


def test_a_margin_that_passes_is_rounded_up():
    assert upwards(pd.Series([0.1401, 0.15, 0.0, 0.1499]), 2).tolist() == [0.15, 0.15, 0.0, 0.15]


def test_an_entry_of_the_covariance_rests_on_the_people_at_its_waves():
    means = rows(
        "means", *({"outcome": "calm", "wave": wave, "n": n} for wave, n in (("start", 90), ("end", 6)))
    )
    entries = [("start", "start"), ("end", "end"), ("end", "start")]
    parts = rows(
        "components",
        *(
            {"outcome": "calm", "component": "correlation", "wave": one, "other_wave": other, "n": 90}
            for one, other in entries
        ),
    )
    released = disclose(restricted(means=means, components=parts), PART)["components"]
    assert released["estimate"].notna().tolist() == [True, False, False]
    few = disclose(restricted(components=rows("components", {"n": 7})), PART)["components"]
    assert few["estimate"].isna().all()


def test_the_margins_of_a_grid_are_multiples_of_the_declared_one_as_shown():
    grid = [{"hypothesis": "H2", "outcome": "calm", "of_declared": f"{step / 20:.2f}", "n": 90,
             "margin": 0.2468 * step / 20} for step in (1, 20, 40)]  # fmt: skip
    released = disclose(restricted(margins=rows("margins", *grid)), PART)["margins"]
    assert released["margin"].tolist() == [0.0125, 0.25, 0.5]


def test_the_reason_of_a_suppressed_row_is_not_told():
    few = gains(low=1).assign(status="not estimable: fewer than 2 people of a group")
    assert disclose(restricted(gains=few), PART)["gains"]["status"].tolist() == ["not shown"]


def test_shares_of_variance_keep_three_decimals():
    released = disclose(restricted(fits=rows("fits", {})), PART)["fits"].iloc[0]
    assert (released["icc"], released["r2_marginal"], released["r2_conditional"]) == (1.235, 1.235, 1.235)
    assert released["baseline_sd"] == 1.23


def test_a_floor_rests_on_its_own_group():
    means = rows("means", *({"outcome": "professional", "group": group, "arm": None, "wave": "end", "n": n}
                            for group, n in (("low", 40), ("high", 3))))  # fmt: skip
    floor = {"outcome": "professional", "kind": "floor", "group": "low", "arm": None, "wave": "end", "n": 40}
    released = disclose(restricted(means=means, verdicts=rows("verdicts", floor)), PART)["verdicts"]
    assert released["verdict"].notna().all()


def test_variances_over_the_waves_are_not_released():
    """A variance over a squared standard error is the number of people."""
    entry = {"outcome": "calm", "wave": "start", "other_wave": "start", "n": 90}
    kinds = ("variance", "covariance", "correlation")
    parts = rows("components", *(entry | {"component": kind} for kind in kinds))
    means = rows("means", {"outcome": "calm", "wave": "start", "n": 90})
    found = disclose(restricted(means=means, components=parts), PART)["components"]
    assert found["component"].tolist() == ["correlation"]


@pytest.mark.parametrize(("fewest", "shown"), [(7, False), (8, True)])
def test_the_pooled_sd_is_hidden_where_a_group_is_small(fewest, shown):
    means = rows("means", {"outcome": "calm", "wave": "start", "group": "low", "n": fewest},
                 {"outcome": "calm", "wave": "start", "group": "high", "n": 90})  # fmt: skip
    fits = rows("fits", {"outcome": "calm", "n": 90 + fewest, "baseline_sd": 1.25})
    found = disclose(restricted(means=means, fits=fits), PART)["fits"]
    assert found["baseline_sd"].notna().tolist() == [shown]
