"""Which rows the tables of the stage hold, and where they are left empty."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from model_example import (
    PARTICIPATION,
    WAVES,
    cohort,
    floor,
    non_inferiority,
    outcome,
    people,
    scores,
    study,
    superiority,
)

from outcomes import tables
from outcomes.columns import expect
from outcomes.model import gaps, model
from outcomes.model.design import Design, scored
from outcomes.study import Hypothesis, Reproduction
from outcomes.study.stages import Modelling

NAMES = (
    "gains", "contrasts", "means", "fits", "components", "verdicts", "margins", "forest", "ols", "flow",
)  # fmt: skip
LATER = ("middle", "end")
HYPOTHESES: dict[str, Hypothesis] = {
    "S": superiority("belief", "clarity"),
    "N": non_inferiority("networks", wave="middle"),
    "F": floor("profession", "clarity"),
}


def part(hypotheses: Mapping[str, Hypothesis] = HYPOTHESES, **changes: object) -> Modelling:
    given = {
        "covariates": {"gender": ("woman", "man")}, "adjust": ("gender",),
        "reproduction": Reproduction(covariates=("gender",), replicates=200, seed=5),
    }  # fmt: skip
    outcomes = {
        "belief": outcome(domain="psychosocial"), "clarity": outcome(domain="psychosocial"),
        "networks": outcome(domain="career"), "bond": outcome(LATER, domain="mechanism"),
        "fear": outcome(higher_is="worse"), "profession": outcome(is_share=True),
    }  # fmt: skip
    return study(outcomes, hypotheses=hypotheses, **(given | changes))


@pytest.fixture(scope="module")
def given() -> tuple[pd.DataFrame, pd.DataFrame]:
    frames = []
    for seed, (name, declared) in enumerate(part().outcomes.items()):
        values, _ = cohort(seed)
        if declared.is_share:
            values = np.where(np.isnan(values), np.nan, values > 3)
        frames.append(scores(name, values[:, -len(declared.waves) :], declared.waves))
    ses = ["low"] * 35 + ["high"] * 45 + ["unknown"] * 10
    return pd.concat(frames, ignore_index=True), people(ses, gender=(["woman", "man", None] * 30))


@pytest.fixture(scope="module")
def found(given) -> dict[str, pd.DataFrame]:
    return model(*given, PARTICIPATION, part())


@pytest.mark.parametrize("name", NAMES)
def test_each_table_is_as_declared(found, name):
    assert tuple(found) == NAMES
    pd.testing.assert_frame_equal(expect(found[name], tables.RESTRICTED[name]), found[name])


def test_gains_need_the_baseline_and_shares_have_no_model(found):
    assert found["gains"]["outcome"].unique().tolist() == ["belief", "clarity", "networks", "fear"]
    assert found["fits"]["outcome"].unique().tolist() == ["belief", "clarity", "networks", "bond", "fear"]
    of_bond = found["contrasts"][found["contrasts"]["outcome"] == "bond"]
    assert of_bond[["contrast", "wave"]].drop_duplicates().to_numpy().tolist() == [
        ["difference", "middle"],
        ["difference", "end"],
    ]
    assert of_bond["standardised"].isna().all()
    assert "profession" not in set(found["contrasts"]["outcome"]) | set(found["ols"]["outcome"])
    assert "bond" not in set(found["ols"]["outcome"]) | set(found["forest"]["outcome"])


def test_means_hold_every_outcome_group_and_wave(found):
    means = found["means"].set_index(["outcome", "group", "wave"])
    assert len(means) == 3 * (5 * 3 + 2)
    share = means.loc[("profession", "low", "end")]
    assert share["estimate"] == share["mean"]
    assert 0 <= share["low"] < share["estimate"] < share["high"] <= 1
    assert np.isnan(share["std_error"])


def test_counts_are_of_people_with_the_scores_that_the_row_needs(found, given):
    both, who = given
    there = both[(both["outcome"] == "belief") & both["score"].notna()]
    ses = who.set_index("person")["ses"]
    at_start, at_end = (
        ses[ses.index.isin(there.loc[there["wave"] == wave, "person"])] for wave in ("start", "end")
    )
    pairs = at_end[at_end.index.isin(at_start.index)].value_counts()
    at_end = at_end.value_counts()
    gains = found["gains"].set_index(["outcome", "group", "wave", "adjusted"])["n"]
    assert {group: gains["belief", group, "end", True] for group in pairs.index} == pairs.to_dict()
    contrasts = found["contrasts"].set_index(["outcome", "contrast", "wave", "adjusted"])["n"]
    assert contrasts["belief", "gap", "end", False] == pairs["low"] + pairs["high"]
    assert contrasts["belief", "difference", "end", False] == at_end["low"] + at_end["high"]
    means = found["means"].set_index(["outcome", "group", "wave"])["n"]
    assert means["belief", "unknown", "end"] == at_end["unknown"]


def test_holm_stands_only_on_the_gaps_that_decide(found):
    contrasts = found["contrasts"]
    adjusted = contrasts[contrasts["p_adjusted"].notna()]
    assert adjusted[["outcome", "contrast", "wave", "adjusted"]].to_numpy().tolist() == [
        ["belief", "gap", "end", True],
        ["clarity", "gap", "end", True],
    ]
    decided = found["verdicts"].set_index(["hypothesis", "outcome"])["p_adjusted"]
    assert adjusted["p_adjusted"].tolist() == [decided["S", "belief"], decided["S", "clarity"]]
    assert found["gains"]["p_adjusted"].isna().all()


def test_a_gap_in_two_families_carries_the_larger_p(given):
    claims = {"A": superiority("belief", "fear"), "B": superiority("belief", family="other")}
    contrasts = gaps(*given, part(claims)).set_index(["outcome", "contrast", "wave"])
    belief, fear = (contrasts.loc[(name, "gap", "end")] for name in ("belief", "fear"))
    first, second = sorted([belief["p_value"], fear["p_value"]])
    holm = {first: min(1.0, 2 * first), second: min(1.0, max(2 * first, second))}
    assert fear["p_adjusted"] == pytest.approx(holm[fear["p_value"]])
    assert belief["p_adjusted"] == pytest.approx(max(holm[belief["p_value"]], belief["p_value"]))


def test_verdicts_are_one_a_claim_and_outcome(found):
    verdicts = found["verdicts"]
    assert verdicts[["hypothesis", "outcome", "kind", "wave"]].to_numpy().tolist() == [
        ["S", "belief", "superiority", "end"],
        ["S", "clarity", "superiority", "end"],
        ["N", "networks", "non_inferiority", "middle"],
        ["N", "all", "non_inferiority", "middle"],
        ["F", "profession", "floor", "end"],
        ["F", "clarity", "floor", "end"],
    ]
    assert set(verdicts["plan"]) == {"exploratory"}
    assert verdicts["basis"].tolist() == ["person intercept, t, Satterthwaite"] * 4 + ["Wilson interval"] * 2
    assert verdicts["margin"].tolist()[2:] == [0.5, 0.5, 0.5, 0.5]
    # a floor under scores that are no shares
    assert verdicts["verdict"].tolist()[-1] == "not estimable"


def test_verdicts_judge_the_adjusted_gap_of_the_deciding_wave(found):
    contrasts = found["contrasts"].set_index(["outcome", "contrast", "wave", "adjusted"])
    verdicts = found["verdicts"].set_index(["hypothesis", "outcome"])
    for key, place in {("S", "belief"): ("belief", "gap", "end", True),
                       ("N", "networks"): ("networks", "gap", "middle", True)}.items():  # fmt: skip
        for column in ("estimate", "low", "high", "n"):
            assert verdicts.loc[key, column] == pytest.approx(contrasts.loc[place, column]), (key, column)


def test_forest_shows_the_deciding_gap_with_its_claim(found):
    forest = found["forest"].set_index("outcome")
    assert forest.index.tolist() == ["belief", "clarity", "networks", "fear"]
    assert forest["wave"].tolist() == ["end", "end", "middle", "end"]
    assert forest["hypothesis"].tolist() == ["S", "S", "N", pd.NA]
    assert forest["margin"].fillna(0).tolist() == [0, 0, 0.5, 0]
    assert pd.isna(forest.loc["fear", "verdict"])
    contrasts = found["contrasts"].set_index(["outcome", "contrast", "wave", "adjusted"])
    for name, wave in forest["wave"].items():
        assert forest.loc[name, "estimate"] == contrasts.loc[(name, "gap", wave, True), "estimate"]
    fits = found["fits"].set_index(["outcome", "adjusted"])["baseline_sd"]
    assert forest.loc["fear", "baseline_sd"] == fits["fear", True]


def test_without_covariates_there_is_one_fit_and_it_decides(given):
    found = model(*given, PARTICIPATION, part(adjust=()))
    assert not found["fits"]["adjusted"].any()
    assert found["contrasts"]["p_adjusted"].notna().sum() == 2
    assert (found["verdicts"]["verdict"].tolist()[:2]) != ["not estimable"] * 2


def test_without_a_reproduction_ols_is_empty(given):
    found = model(*given, PARTICIPATION, part(reproduction=None))
    assert found["ols"].empty
    assert list(found["ols"].columns) == tables.OLS.names


def test_unknown_ses_is_a_third_level_or_left_out(given, found):
    third = found["gains"]["group"].unique().tolist()
    assert third == ["high", "low", "unknown"]
    left_out = model(*given, PARTICIPATION, part(unknown="leave_out"))
    assert left_out["gains"]["group"].unique().tolist() == ["high", "low"]
    assert set(left_out["means"]["group"]) == {"high", "low"}
    assert left_out["fits"]["n"].max() < found["fits"]["n"].max()
    # the reproduction leaves them out either way
    pd.testing.assert_frame_equal(left_out["ols"], found["ols"])


def test_flow_ends_with_those_analysed(given):
    both, who = given
    silent = both.assign(score=both["score"].mask(both["person"] == "p000"))
    outside = who.assign(in_population=who["person"] != "p001")
    found = model(silent, outside, PARTICIPATION, part())["flow"]
    assert found["step"].tolist() == ["registered"] * 3 + ["analysed"] * 3
    assert found["n"].tolist() == [40, 60, 5, 33, 45, 10]


def test_a_missing_covariate_is_a_level_of_its_own(given):
    both, who = given
    rows = scored("belief", both, who, part())
    assert set(rows["gender"]) == {"woman", "man", "unknown"}
    design = Design.of(rows, WAVES, ("high", "low", "unknown"), part().covariates)
    assert design.terms[-2:] == ("gender=man", "gender=unknown")
    assert design.matrix[:, -1].sum() == (rows["gender"] == "unknown").sum()
    assert set(model(*given, PARTICIPATION, part())["fits"]["status"]) == {"ok"}


def test_the_design_is_treatment_coding(given):
    both, who = given
    rows = scored("belief", both, who, part())
    design = Design.of(rows, WAVES, ("high", "low", "unknown"), {})
    cells = np.array(
        [design.cell(group, wave) for group, wave in zip(rows["ses"], rows["wave"], strict=True)]
    )
    assert (cells == design.matrix).all()
    assert design.cell("high", "start").tolist() == [1.0] + [0.0] * 8


def test_a_slope_tells_its_variances_in_months():
    random = np.random.default_rng(8)
    n, waves = 120, ("start", "spring", "summer", "end")
    level, slope = random.normal(size=n), random.normal(scale=0.5, size=n)
    values = level[:, None] + np.outer(slope, [0.0, 2.0, 4.0, 6.0]) + random.normal(scale=0.3, size=(n, 4))
    claimed = study({"y": outcome(waves, structure="slope")}, waves=waves)
    months = claimed.model_copy(update={"months": (0.0, 2.0, 4.0, 6.0)})
    who = people(["low"] * 60 + ["high"] * 60)
    fit = model(scores("y", values, waves), who, PARTICIPATION, months)["fits"].iloc[0]
    assert fit["structure"] == "intercept and slope"
    assert fit["slope_variance"] == pytest.approx(slope.var(ddof=1), rel=0.15)
    assert fit["person_variance"] == pytest.approx(level.var(ddof=1), rel=0.2)
    assert fit["residual_variance"] == pytest.approx(0.09, rel=0.2)
