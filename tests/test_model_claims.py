"""Claims by the whole stage: who is compared, which margin, which family, and what the fit hands through."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from model_example import (
    PARTICIPATION,
    WAVES,
    cohort,
    equivalence,
    floor,
    non_inferiority,
    outcome,
    people,
    scores,
    study,
    superiority,
)
from scipy import stats

from outcomes.model import gaps, model
from outcomes.model.estimates import Estimate
from outcomes.model.standardised import d_ppc2, standardised
from outcomes.study import Hypothesis, SdMargin

SES = ["low"] * 34 + ["high"] * 42 + ["unknown"] * 14
SHIFT = {"a": 0.6, "b": 0.5, "fear": -0.7}
"""Outcome to what low-SES people gain more by the last wave, in points; in `fear` less is better."""


def given() -> pd.DataFrame:
    frames = []
    for seed, (name, shift) in enumerate(SHIFT.items()):
        values, _ = cohort(seed + 20, gap=0.0)
        values[:34, 2] += shift
        frames.append(scores(name, values))
    share = np.where(np.arange(90) % 5 > 0, 1.0, 0.0)[:, None]
    return pd.concat([*frames, scores("job", share, ("end",))], ignore_index=True)


def run(
    hypotheses: Mapping[str, Hypothesis], both: pd.DataFrame | None = None, **changes: object
) -> dict[str, pd.DataFrame]:
    outcomes = {
        "a": outcome(), "b": outcome(), "fear": outcome(higher_is="worse"),
        "job": outcome(("end",), is_share=True),
    }  # fmt: skip
    part = study(outcomes, hypotheses=hypotheses, **changes)
    return model(given() if both is None else both, people(SES), PARTICIPATION, part)


def verdict(found: Mapping[str, pd.DataFrame], key: str, name: str) -> pd.Series:
    return found["verdicts"].set_index(["hypothesis", "outcome"]).loc[(key, name)]


def gap_of(found: Mapping[str, pd.DataFrame], name: str) -> pd.Series:
    """The row of an outcome's gap in gains at the end."""
    return found["contrasts"].set_index(["outcome", "contrast", "wave"]).loc[(name, "gap", "end")]


def test_groups_the_other_way_round_turn_sign_and_limits():
    found = run(
        {"A": superiority("a"), "B": superiority("a", pair=("high", "low"), family="other")},
    )
    one, other = verdict(found, "A", "a"), verdict(found, "B", "a")
    assert (one["group"], other["group"]) == ("low - high", "high - low")
    assert other["estimate"] == pytest.approx(-one["estimate"], rel=1e-12)
    assert (other["low"], other["high"]) == pytest.approx((-one["high"], -one["low"]), rel=1e-12)
    assert (one["verdict"], other["verdict"]) == ("superior", "inferior")
    assert set(found["contrasts"]["group"]) == {"low - high", "high - low"}
    assert found["forest"].set_index("outcome").loc["a", "hypothesis"] == "A"


def test_people_of_unknown_ses_can_be_compared():
    found = run({"A": non_inferiority("a", pair=("unknown", "high"), margin=2.0)})
    row = verdict(found, "A", "a")
    both = given()
    ses = dict(zip(people(SES)["person"], SES, strict=True))
    wide = both[both["outcome"] == "a"].pivot_table(index="person", columns="wave", values="score")
    pairs = wide.dropna(subset=["start", "end"]).index.map(ses)
    assert row["n"] == (pairs == "unknown").sum() + (pairs == "high").sum()
    contrasts = found["contrasts"].set_index(["outcome", "contrast", "group", "wave"])
    assert row["estimate"] == contrasts.loc[("a", "gap", "unknown - high", "end"), "estimate"]
    # nobody of unknown SES: not estimable, never the gap of others
    who = people(["low"] * 34 + ["high"] * 56)
    part = study({"a": outcome()}, hypotheses={"A": non_inferiority("a", pair=("unknown", "high"))})
    found = model(both[both["outcome"] == "a"], who, PARTICIPATION, part)
    assert set(found["verdicts"]["verdict"]) == {"not estimable"}


def test_a_floor_is_that_of_its_focal_group():
    found = run({"F": floor("job", focal="high")})
    row = verdict(found, "F", "job")
    assert (row["group"], row["n"]) == ("high", 42)
    assert row["estimate"] == pytest.approx(np.mean([place % 5 > 0 for place in range(34, 76)]))


def test_outcomes_where_less_is_better_are_turned_before_they_are_judged():
    claims = {
        "S": superiority("fear"), "O": superiority("fear", sides=1, family="one"),
        "N": non_inferiority("fear"), "E": equivalence("fear", margin=0.1),
    }  # fmt: skip
    found = run(claims)
    told = {key: verdict(found, key, "fear") for key in claims}
    assert all(row["estimate"] < 0 for row in told.values())
    assert [told[key]["verdict"] for key in "SON"] == ["superior"] * 3
    assert told["O"]["p_value"] == pytest.approx(told["S"]["p_value"] / 2)
    assert told["E"]["verdict"] == ("superior" if told["E"]["high"] < -0.1 else "inconclusive")
    turned = given()
    turned.loc[turned["outcome"] == "fear", "score"] = -turned["score"]
    again = {key: verdict(run(claims, turned), key, "fear") for key in "ON"}
    # without the turn of the claim, the same scores upside down are a harm
    assert again["O"]["verdict"] == "inconclusive"
    assert again["O"]["p_value"] == pytest.approx(1 - told["O"]["p_value"])


def test_a_passed_non_inferiority_is_followed_by_superiority():
    found = run({"N": non_inferiority("a", "fear", margin=0.4), "M": non_inferiority("b", margin=0.0001)})
    rows = found["verdicts"].set_index(["hypothesis", "outcome"])
    p_values = found["contrasts"].set_index(["outcome", "contrast", "wave"])["p_value"]
    smaller, larger = sorted(p_values[name, "gap", "end"] for name in ("a", "fear"))
    holm = {smaller: 2 * smaller, larger: max(larger, 2 * smaller)}
    for name in ("a", "fear"):
        assert rows.loc[("N", name), "p_superiority"] == pytest.approx(holm[p_values[name, "gap", "end"]])
        assert rows.loc[("N", name), "verdict"] == "superior"
    assert rows.loc[("N", "all"), "verdict"] == "non-inferior"
    assert pd.isna(rows.loc[("N", "all"), "p_superiority"])


def test_a_claim_that_fails_on_one_outcome_is_followed_by_nothing():
    both = given()
    low = both["person"].isin([f"p{place:03d}" for place in range(34)])
    both.loc[low & (both["outcome"] == "b") & (both["wave"] == "end"), "score"] -= 1.2
    found = run({"N": non_inferiority("a", "b", margin=0.4)}, both)
    assert verdict(found, "N", "all")["verdict"] in ("inferior", "inconclusive")
    assert verdict(found, "N", "a")["verdict"] == "non-inferior"
    assert found["verdicts"]["p_superiority"].isna().all()


def test_two_whole_claims_of_a_family_are_adjusted_together():
    apart = run({"N": non_inferiority("a", "b"), "M": non_inferiority("fear", family="other")})
    together = run({"N": non_inferiority("a", "b"), "M": non_inferiority("fear")})
    raw = {key: verdict(apart, key, "all")["p_value"] for key in "NM"}
    assert {key: verdict(apart, key, "all")["p_adjusted"] for key in "NM"} == raw
    small, large = sorted(raw, key=raw.get)
    assert verdict(together, small, "all")["p_adjusted"] == pytest.approx(2 * raw[small])
    assert verdict(together, large, "all")["p_adjusted"] == pytest.approx(max(2 * raw[small], raw[large]))
    one = verdict(together, "N", "a")
    assert one["p_adjusted"] == one["p_value"]


@pytest.mark.parametrize("purpose", ["confirmatory", "exploratory"])
def test_the_purpose_of_a_family_chooses_its_adjustment(purpose):
    found = run({"S": superiority("a", "b", "fear")}, families={"first": purpose})
    raw = found["verdicts"].sort_values("p_value")["p_value"].to_numpy()
    holm = np.maximum.accumulate(raw * [3, 2, 1])
    bh = np.minimum.accumulate((raw * [3, 1.5, 1])[::-1])[::-1]
    wanted = holm if purpose == "confirmatory" else bh
    told = found["verdicts"].sort_values("p_value")
    assert told["p_adjusted"].to_numpy() == pytest.approx(np.minimum(wanted, 1))
    shown = found["contrasts"].set_index(["outcome", "contrast", "wave"])["p_adjusted"]
    assert shown["a", "gap", "end"] == verdict(found, "S", "a")["p_adjusted"]


def test_simultaneous_limits_of_a_family_are_bonferroni():
    found = run({"S": superiority("a", "b", "fear"), "F": floor("job")})
    row = verdict(found, "S", "a")
    gap = gap_of(found, "a")
    half = stats.t.ppf(1 - 0.05 / 3 / 2, gap["df"]) * gap["std_error"]
    wanted = (row["estimate"] - half, row["estimate"] + half)
    assert (row["simultaneous_low"], row["simultaneous_high"]) == pytest.approx(wanted)
    alone = verdict(found, "F", "job")
    assert (alone["simultaneous_low"], alone["simultaneous_high"]) == (alone["low"], alone["high"])


def test_margins_in_sd_are_told_in_points():
    fixed = SdMargin(sd=0.5, reference={"a": 1.2}, source="a norm sample")
    claims = {
        "P": non_inferiority("a", margin=0.6, family="p"),
        "R": non_inferiority("a", margin=fixed, family="r"),
        "E": non_inferiority("a", margin=SdMargin(sd=0.5), family="e"),
    }  # fmt: skip
    found = run(claims)
    told = {key: verdict(found, key, "a") for key in claims}
    assert [told[key]["margin_kind"] for key in claims] == ["points", "reference SD", "estimated"]
    assert told["P"]["margin"] == told["R"]["margin"] == 0.6
    assert told["P"]["p_value"] == told["R"]["p_value"]
    fit = found["fits"].set_index("outcome").loc["a"]
    assert told["E"]["margin"] == pytest.approx(0.5 * fit["baseline_sd"])
    assert fit["baseline_df"] == 34 + 42 - 2
    gap = gap_of(found, "a")
    error = gap["std_error"]
    of_margin = told["E"]["margin"] ** 2 / (2 * fit["baseline_df"])
    statistic = (told["E"]["estimate"] + told["E"]["margin"]) / np.sqrt(error**2 + of_margin)
    df = (error**2 + of_margin) ** 2 / (error**4 / gap["df"] + of_margin**2 / fit["baseline_df"])
    assert told["E"]["p_value"] == pytest.approx(stats.t.sf(statistic, df))
    assert verdict(found, "P", "all")["margin"] == 0.6
    assert pd.isna(verdict(found, "E", "all")["margin"])


def test_an_estimated_margin_needs_scores_that_vary():
    both = given()
    both.loc[(both["outcome"] == "a") & (both["wave"] == "start"), "score"] = 3.0
    found = run({"E": non_inferiority("a", margin=SdMargin(sd=0.5))}, both)
    assert set(found["verdicts"]["verdict"]) == {"not estimable"}
    assert found["verdicts"]["margin"].isna().all()


def test_verdicts_over_margins_change_once_and_hold_the_declared_one():
    claims = {"N": non_inferiority("a", "fear", margin=0.4), "E": equivalence("b", margin=SdMargin(sd=0.4))}
    found = run(claims)
    curve = found["margins"]
    assert len(curve) == 3 * 41
    for (key, name), rows in curve.groupby(["hypothesis", "outcome"]):
        row = verdict(found, key, name)
        declared = rows[rows["of_declared"] == "1.00"].iloc[0]
        assert declared["margin"] == row["margin"]
        assert declared["p_value"] == row["p_value"]
        assert rows["margin"].to_numpy() == pytest.approx(np.linspace(0, 2, 41) * row["margin"])
        assert (np.diff(rows["p_value"]) <= 1e-12).all()
        passed = rows["verdict"].isin(["non-inferior", "equivalent"])
        assert (passed == (rows["margin"] >= row["margin_passing"])).all()


def test_equivalence_by_the_whole_stage():
    wide, narrow = (
        run({"E": equivalence("a", "b", margin=3.0)}),
        run({"E": equivalence("a", "b", margin=0.01)}),
    )
    assert set(wide["verdicts"]["verdict"]) == {"equivalent"}
    assert verdict(narrow, "E", "all")["verdict"] != "equivalent"
    passing = wide["verdicts"].set_index("outcome")["margin_passing"]
    assert passing["all"] == max(passing["a"], passing["b"])


def test_degrees_of_freedom_reach_every_interval_and_p():
    found = run({"S": superiority("a", "b"), "N": non_inferiority("a")})
    for name in ("gains", "contrasts"):
        rows = found[name]
        assert (rows["df"] > 2).all()
        assert rows["p_value"].to_numpy() == pytest.approx(
            2 * stats.t.sf(rows["statistic"].abs(), rows["df"])
        )
        half = stats.t.ppf(0.975, rows["df"]) * rows["std_error"]
        assert (rows["high"] - rows["estimate"]).to_numpy() == pytest.approx(half.to_numpy())
    row, gap = verdict(found, "N", "a"), gap_of(found, "a")
    assert row["p_value"] == pytest.approx(stats.t.sf((row["estimate"] + 0.5) / gap["std_error"], gap["df"]))
    words = f"{gap['structure']}, t, {gap['df_method']}"
    assert all(basis.startswith(words) for basis in found["verdicts"]["basis"])
    assert set(found["fits"]["structure"]) == {gap["structure"]}


def test_simultaneous_limits_over_waves_lie_between_single_ones_and_bonferroni():
    found = run({})
    for name, waves in (("gains", {"gain": 2}), ("contrasts", {"gap": 2, "difference": 3})):
        rows = found[name]
        times = (rows["simultaneous_high"] - rows["estimate"]) / rows["std_error"]
        assert (times > stats.t.ppf(0.975, rows["df"])).all()
        smallest = rows.groupby(["outcome", "contrast", "group"])["df"].transform("min")
        assert (times <= stats.t.ppf(1 - 0.025 / rows["contrast"].map(waves), smallest) + 1e-3).all()
        below = rows["estimate"] - rows["simultaneous_low"]
        assert below.to_numpy() == pytest.approx((times * rows["std_error"]).to_numpy())


def test_components_are_the_covariance_that_the_fit_implies():
    found = run({})
    fit = found["fits"].set_index("outcome").loc["a"]
    rows = found["components"].set_index(["outcome", "component", "wave", "other_wave"])["estimate"]
    total = fit["person_variance"] + fit["residual_variance"]
    for wave in WAVES:
        assert rows["a", "variance", wave, wave] == pytest.approx(total)
    for pair in (("middle", "start"), ("end", "start"), ("end", "middle")):
        assert rows[("a", "covariance", *pair)] == pytest.approx(fit["person_variance"])
        assert rows[("a", "correlation", *pair)] == pytest.approx(fit["icc"])
    assert len(rows.loc["a"]) == 3 + 3 + 3


def test_d_ppc2_is_morris_by_hand():
    # gains 4.2 and 2.4 over an SD of 6, 11 and 13 people: c = 1 - 3 / (4 x 22 - 1)
    gap = Estimate(1.8, 1.5, "ok", 20, "Satterthwaite")
    found, plain = d_ppc2(gap, (6.0, 22), 0.95), standardised(gap, (6.0, 22), 0.95)
    factor = 84 / 87
    assert found["d_ppc2"] == pytest.approx(factor * 0.3)
    assert found["d_ppc2_low"] == pytest.approx(factor * plain["standardised_low"])
    assert found["d_ppc2_high"] == pytest.approx(factor * plain["standardised_high"])
    assert d_ppc2(gap, None, 0.95) == {}


def test_d_ppc2_stands_on_gaps_alone_with_the_people_of_the_baseline():
    contrasts = run({})["contrasts"]
    of_gaps = contrasts["contrast"] == "gap"
    assert contrasts.loc[~of_gaps, "d_ppc2"].isna().all()
    # everyone is scored at the start: 34 + 42
    wanted = contrasts.loc[of_gaps, "standardised"] * (1 - 3 / (4 * 74 - 1))
    assert contrasts.loc[of_gaps, "d_ppc2"].to_numpy() == pytest.approx(wanted.to_numpy())


def test_gaps_alone_carry_the_same_adjusted_p():
    claims = {"S": superiority("a", "b"), "F": floor("job", least=0.4)}
    outcomes = {"a": outcome(), "b": outcome(), "job": outcome(("end",), is_share=True)}
    part = study(outcomes, hypotheses=claims)
    both = given()
    whole = model(both, people(SES), PARTICIPATION, part)["contrasts"]
    pd.testing.assert_frame_equal(gaps(both, people(SES), part), whole)


def test_a_claim_on_one_outcome_says_the_same_in_both_its_rows():
    """Two such claims in a family are adjusted together: neither row may pass by its own p alone."""
    claims = {
        "A": non_inferiority("a", margin=0.4, family="both"),
        "B": non_inferiority("b", margin=0.4, family="both"),
    }
    part = study({name: outcome() for name in "ab"}, hypotheses=claims)
    who = people(SES)
    verdicts = model(given(), who, PARTICIPATION, part)["verdicts"].set_index(["hypothesis", "outcome"])
    for claim, name in (("A", "a"), ("B", "b")):
        single, whole = verdicts.loc[(claim, name)], verdicts.loc[(claim, "all")]
        assert single["p_adjusted"] == whole["p_adjusted"] >= single["p_value"]
        if whole["verdict"] != "non-inferior":
            assert single["verdict"] == whole["verdict"]
