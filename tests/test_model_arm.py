"""Wave x SES x arm: hand-made means, pooled t tests, R's values (oracle/arm.R), and what claims are about."""

from __future__ import annotations

import json
import subprocess
from itertools import product

import numpy as np
import pandas as pd
import pytest
from mixed_example import ORACLE
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
from scipy import stats
from test_model_oracle import assert_alike

from outcomes.model import model
from outcomes.study import Hypothesis, Model, Reproduction
from outcomes.study.stages import Modelled, Modelling

ARM = json.loads((ORACLE / "arm.json").read_text(encoding="utf-8"))
TWO = ("start", "end")
BETWEEN = "mentored - comparison"
CELLS = list(product(("low", "high"), ("mentored", "comparison")))
METHODS = {"satterthwaite": "satterthwaite", "kenward-roger": "kenward_roger"}


def part(
    asked: Modelled, *, waves: tuple[str, ...] = TWO, df: str = "satterthwaite", **more: object
) -> Modelling:
    whole = study({"belief": asked}, waves=waves, **more)
    return whole.model_copy(
        update={"has_comparison": True, "model": whole.model.model_copy(update={"df": df})}
    )


def of_effects(claim: Hypothesis) -> Hypothesis:
    return claim.model_copy(update={"estimand": "effect_gap"})


def cells(sizes: dict[tuple[str, str], int]) -> pd.DataFrame:
    """Return people of SES and arm, so many a cell."""
    ses = [group for (group, _), n in sizes.items() for _ in range(n)]
    return people(ses, arm=[arm for (_, arm), n in sizes.items() for _ in range(n)])


def uneven(seed: int = 4) -> tuple[np.ndarray, pd.DataFrame]:
    """Return complete scores (people x 2 waves) and people of four uneven cells."""
    who = cells(dict(zip(CELLS, (9, 14, 11, 17), strict=True)))
    random = np.random.default_rng(seed)
    values = 3 + random.normal(size=(len(who), 1)) + random.normal(size=(len(who), 2))
    values[:, 1] += 0.4 + 0.5 * ((who["ses"] == "low") & (who["arm"] == "mentored")).to_numpy(dtype=bool)
    return values, who


def one(table: pd.DataFrame, **where: object) -> pd.Series:
    """Return the one row of ``table`` that has the values of ``where``; an empty arm is ""."""
    rows = table.assign(arm=table["arm"].fillna(""))
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def test_effects_are_differences_of_mean_differences():
    gains = {CELLS[0]: 1.0, CELLS[1]: 0.25, CELLS[2]: 0.5, CELLS[3]: 0.375}
    who = cells(dict.fromkeys(CELLS, 4))
    gain = np.array([gains[cell] for cell in zip(who["ses"], who["arm"], strict=True)])
    start = np.tile([1.0, 2.0, 4.0, 5.0], 4)
    noise = np.tile([0.5, -0.5, -0.25, 0.25], 4)
    values = np.column_stack([start, start + gain + noise])
    found = model(scores("belief", values, TWO), who, PARTICIPATION, part(outcome(TWO)))
    for (group, arm), value in gains.items():
        assert one(found["gains"], group=group, arm=arm)["estimate"] == pytest.approx(value, abs=1e-9)
    contrasts = found["contrasts"]
    wanted = {
        ("gap", "low - high", "mentored"): 0.5, ("gap", "low - high", "comparison"): -0.125,
        ("effect", "low", BETWEEN): 0.75, ("effect", "high", BETWEEN): 0.125,
        ("effect_gap", "low - high", BETWEEN): 0.625,
    }  # fmt: skip
    for (contrast, group, arm), value in wanted.items():
        row = one(contrasts, contrast=contrast, group=group, arm=arm, wave="end")
        assert row["estimate"] == pytest.approx(value, abs=1e-9)
        assert row["n"] == (16 if contrast == "effect_gap" else 8)
    assert set(contrasts["contrast"]) == {"gap", "difference", "effect", "effect_gap"}


@pytest.mark.parametrize("df", METHODS)
def test_two_complete_waves_give_pooled_t_tests_of_gains(df):
    values, who = uneven()
    found = model(scores("belief", values, TWO), who, PARTICIPATION, part(outcome(TWO), df=df))["contrasts"]
    gain, n, mean, squares = values[:, 1] - values[:, 0], {}, {}, 0.0
    for cell in CELLS:
        of_cell = gain[((who["ses"] == cell[0]) & (who["arm"] == cell[1])).to_numpy()]
        n[cell], mean[cell] = len(of_cell), of_cell.mean()
        squares += ((of_cell - of_cell.mean()) ** 2).sum()
    spent = len(gain) - 4
    signs = {
        ("effect", "low", BETWEEN): (1, -1, 0, 0), ("effect", "high", BETWEEN): (0, 0, 1, -1),
        ("effect_gap", "low - high", BETWEEN): (1, -1, -1, 1),
        ("gap", "low - high", "mentored"): (1, 0, -1, 0),
        ("gap", "low - high", "comparison"): (0, 1, 0, -1),
    }  # fmt: skip
    for (contrast, group, arm), weights in signs.items():
        row = one(found, contrast=contrast, group=group, arm=arm, wave="end")
        estimate = sum(weight * mean[cell] for weight, cell in zip(weights, CELLS, strict=True))
        error = np.sqrt(squares / spent * sum(1 / n[c] for w, c in zip(weights, CELLS, strict=True) if w))
        assert row["estimate"] == pytest.approx(estimate, rel=1e-9)
        assert row["std_error"] == pytest.approx(error, rel=1e-6)
        assert row["df"] == pytest.approx(spent, rel=1e-6)
        assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(estimate / error), spent), rel=1e-5)
        assert row["high"] == pytest.approx(estimate + stats.t.ppf(0.975, spent) * error, rel=1e-6)


def test_the_sd_at_the_baseline_is_pooled_over_four_cells():
    values, who = uneven()
    found = model(scores("belief", values, TWO), who, PARTICIPATION, part(outcome(TWO)))
    start = pd.Series(values[:, 0]).groupby([who["ses"], who["arm"]])
    squares = start.apply(lambda cell: ((cell - cell.mean()) ** 2).sum()).sum()
    row = found["fits"].iloc[0]
    assert row["baseline_df"] == len(who) - 4
    assert row["baseline_sd"] == pytest.approx(np.sqrt(squares / (len(who) - 4)), rel=1e-12)
    effect = one(found["contrasts"], contrast="effect_gap", wave="end")
    assert effect["standardised"] == pytest.approx(effect["estimate"] / row["baseline_sd"], rel=1e-12)
    factor = 1 - 3 / (4 * (len(who) - 4) - 1)
    assert effect["d_ppc2"] == pytest.approx(factor * effect["standardised"], rel=1e-12)


def of_r() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the scores and people that R made."""
    rows = pd.DataFrame(ARM["scores"]).rename(columns={"id": "person"})
    who = rows.drop_duplicates("person")[["person", "ses", "arm"]].assign(cohort=None, in_population=True)
    given = rows.assign(outcome="belief", n_answered=1, n_items=1).drop(columns=["ses", "arm"])
    return given.astype({"person": "string", "wave": "string", "outcome": "string"}), who.astype(
        {"person": "string", "ses": "string", "arm": "string"}
    )


@pytest.mark.parametrize(("df", "name"), METHODS.items())
def test_r_gives_the_same_effects(df, name):
    asked = outcome(WAVES).model_copy(update={"structure": "intercept"})
    found = model(*of_r(), PARTICIPATION, part(asked, waves=WAVES, df=df))
    fit = found["fits"].iloc[0]
    assert fit["log_likelihood"] == pytest.approx(ARM["log_likelihood"], rel=1e-9)
    assert (fit["baseline_sd"], fit["baseline_df"]) == pytest.approx((ARM["baseline_sd"], ARM["baseline_df"]))
    rows = pd.concat([found["gains"], found["contrasts"]])
    for value in ARM[name]:
        contrast, group, arm, wave = value["contrast"].split("/")
        row = one(rows, contrast=contrast, group=group, arm=arm, wave=wave)
        for column in ("estimate", "std_error", "df", "statistic", "p_value", "low", "high"):
            assert row[column] == pytest.approx(value[column], rel=2e-6, abs=1e-9), (
                value["contrast"],
                column,
            )


@pytest.mark.r
def test_r_still_says_so_of_arms():
    run = subprocess.run(
        ["Rscript", "arm.R"], cwd=ORACLE, capture_output=True, text=True, check=True, timeout=300
    )
    again = json.loads(run.stdout)
    assert_alike({**again, "versions": None}, {**ARM, "versions": None})


def test_the_comparison_arm_changes_no_covariance_over_waves_but_stands_by_itself():
    values, ses = cohort(11, n=160)
    who = people(ses, arm=["mentored" if place % 5 < 3 else "comparison" for place in range(160)])
    asked = outcome(WAVES).model_copy(update={"structure": "unstructured"})
    found = model(scores("belief", values), who, PARTICIPATION, part(asked, waves=WAVES))
    assert set(found["fits"]["structure"]) == {"unstructured over waves"}
    rows = found["contrasts"][found["contrasts"]["contrast"] != "difference"]
    assert len(rows) == 2 * (2 + 2 + 1)
    assert (rows["simultaneous_high"] > rows["high"]).all()
    assert not found["contrasts"].duplicated(["contrast", "group", "arm", "wave"]).any()


def test_arms_swapped_turn_the_effects():
    values, who = uneven()
    given = scores("belief", values, TWO)
    other = who.assign(
        arm=who["arm"].map({"mentored": "comparison", "comparison": "mentored"}).astype("string")
    )
    one_way, turned = (
        model(given, each, PARTICIPATION, part(outcome(TWO)))["contrasts"] for each in (who, other)
    )
    for contrast, group in (("effect", "low"), ("effect", "high"), ("effect_gap", "low - high")):
        before, after = (one(each, contrast=contrast, group=group, wave="end") for each in (one_way, turned))
        assert after["estimate"] == pytest.approx(-before["estimate"], rel=1e-9)
        assert after["std_error"] == pytest.approx(before["std_error"], rel=1e-9)


def test_without_a_comparison_the_arm_is_not_looked_at():
    values, who = uneven()
    given, asked = scores("belief", values, TWO), study({"belief": outcome(TWO)}, waves=TWO)
    found = model(given, who, PARTICIPATION, asked)
    for name, table in model(given, who.drop(columns="arm"), PARTICIPATION, asked).items():
        pd.testing.assert_frame_equal(table, found[name])
    for name in ("gains", "contrasts", "means", "verdicts", "margins", "forest"):
        assert found[name]["arm"].isna().all()
    assert set(found["contrasts"]["contrast"]) == {"gap", "difference"}


def claims() -> dict[str, Hypothesis]:
    return {
        "H1": superiority("belief"), "H1e": of_effects(superiority("belief", family="effects")),
        "H2": non_inferiority("belief", margin=0.4),
        "H2e": of_effects(non_inferiority("belief", margin=0.4, family="more")),
    }  # fmt: skip


def test_a_claim_is_about_the_mentored_or_about_the_effects():
    values, who = uneven()
    asked = part(outcome(TWO), hypotheses=claims())
    found = model(scores("belief", values, TWO), who, PARTICIPATION, asked)
    verdicts, contrasts = found["verdicts"].set_index(["hypothesis", "outcome"]), found["contrasts"]
    gap = one(contrasts, contrast="gap", arm="mentored", wave="end")
    triple = one(contrasts, contrast="effect_gap", wave="end")
    for key, row in {"H1": gap, "H1e": triple, "H2": gap, "H2e": triple}.items():
        verdict = verdicts.loc[(key, "belief")]
        assert verdict["estimate"] == row["estimate"]
        assert (verdict["arm"], verdict["n"]) == (row["arm"], row["n"])
    assert verdicts.loc[("H2e", "all"), "arm"] == BETWEEN
    assert gap["p_adjusted"] == verdicts.loc[("H1", "belief"), "p_adjusted"]
    assert triple["p_adjusted"] == verdicts.loc[("H1e", "belief"), "p_adjusted"]
    assert contrasts["p_adjusted"].notna().sum() == 2
    margins = found["margins"]
    assert set(margins.loc[margins["hypothesis"] == "H2e", "arm"]) == {BETWEEN}
    passing = verdicts.loc[("H2e", "belief"), "margin_passing"]
    by_hand = triple["std_error"] * stats.t.ppf(0.975, triple["df"]) - triple["estimate"]
    assert passing == pytest.approx(max(by_hand, 0.0), rel=1e-9)


@pytest.mark.parametrize(("key", "arm"), [("H1", "mentored"), ("H1e", BETWEEN)])
def test_the_forest_shows_what_the_first_claim_is_about(key, arm):
    values, who = uneven()
    asked = part(outcome(TWO), hypotheses={key: claims()[key]})
    found = model(scores("belief", values, TWO), who, PARTICIPATION, asked)
    row = found["forest"].iloc[0]
    assert (row["arm"], row["hypothesis"]) == (arm, key)
    assert row["estimate"] == found["verdicts"]["estimate"].iloc[0]


def test_reproduction_and_floor_are_about_the_mentored():
    values, who = uneven()
    both = pd.concat(
        [scores("belief", values, TWO), scores("job", (values > 3).astype(float), TWO)], ignore_index=True
    )
    whole = study(
        {"belief": outcome(TWO), "job": outcome(TWO, is_share=True)}, waves=TWO,
        hypotheses={"H4": floor("job")}, reproduction=Reproduction(covariates=(), replicates=200),
    )  # fmt: skip
    only = who[who["arm"] == "mentored"].reset_index(drop=True)
    with_arm = model(both, who, PARTICIPATION, whole.model_copy(update={"has_comparison": True}))
    alone = model(both[both["person"].isin(only["person"])], only, PARTICIPATION, whole)
    pd.testing.assert_frame_equal(with_arm["ols"], alone["ols"])
    pd.testing.assert_frame_equal(
        with_arm["verdicts"].drop(columns="arm"), alone["verdicts"].drop(columns="arm")
    )
    shares = with_arm["means"][with_arm["means"]["outcome"] == "job"]
    assert len(shares) == 8
    assert shares["n"].sum() == 2 * len(who)


def test_an_empty_or_lonely_cell_takes_only_its_own_rows():
    values, who = uneven()
    lonely = (who["ses"] == "low") & (who["arm"] == "comparison")
    kept = ~lonely | (who["person"] == who.loc[lonely, "person"].iloc[0])
    given = scores("belief", values, TWO)
    found = model(
        given[given["person"].isin(who.loc[kept, "person"])], who[kept], PARTICIPATION, part(outcome(TWO))
    )
    contrasts = found["contrasts"]
    for contrast, group in (("effect", "low"), ("effect_gap", "low - high")):
        row = one(contrasts, contrast=contrast, group=group, wave="end")
        assert row["status"] == "not estimable: fewer than 2 people of a group"
        assert pd.isna(row["estimate"])
    assert one(contrasts, contrast="gap", arm="mentored", wave="end")["status"] == "ok"
    assert one(contrasts, contrast="effect", group="high", wave="end")["status"] == "ok"


def test_unknown_ses_has_an_effect_only_where_both_arms_have_it():
    values, ses = cohort(3, n=120)
    ses[:30] = ["unknown"] * 30
    arms = ["mentored" if place % 2 else "comparison" for place in range(120)]
    asked = part(outcome(WAVES), waves=WAVES)
    both = model(scores("belief", values), people(ses, arm=arms), PARTICIPATION, asked)
    assert (
        len(both["contrasts"][lambda rows: (rows["contrast"] == "effect") & (rows["group"] == "unknown")])
        == 2
    )
    arms[:30] = ["mentored"] * 30
    found = model(scores("belief", values), people(ses, arm=arms), PARTICIPATION, asked)
    assert set(found["gains"].loc[found["gains"]["group"] == "unknown", "arm"]) == {"mentored"}
    assert "unknown" not in set(found["contrasts"]["group"])
    assert set(found["fits"]["status"]) == {"ok"}


def test_small_cells_call_for_kenward_roger():
    values, who = uneven()
    asked = part(outcome(TWO)).model_copy(update={"model": Model()})
    assert (
        "Kenward-Roger"
        in model(scores("belief", values, TWO), who, PARTICIPATION, asked)["fits"]["df_method"].iloc[0]
    )


def test_the_flow_ends_with_those_analysed_of_each_arm():
    values, who = uneven()
    steps = pd.concat([PARTICIPATION, PARTICIPATION.assign(step="comparison", label="Comparison group")])
    found = model(scores("belief", values, TWO), who, steps, part(outcome(TWO)))["flow"]
    last = found.groupby("step", sort=False)["n"].apply(list)
    assert last["analysed"] == [9, 11, 0]
    assert last["comparison_analysed"] == [14, 17, 0]
