"""The truth of the invented cohort, and whether the pipeline finds it again."""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.linear_model import OLS

from outcomes import files
from outcomes.recovery import (
    GATE,
    KEYS,
    added_r2,
    battery,
    calibrated,
    compare,
    dummies,
    invented_files,
    main,
    page,
    scored,
    ses_of,
    truth_table,
)
from outcomes.simulate import SEED, Design, population
from outcomes.simulate.calibrate import CALIBRATED, R2_ADDED, sizes_of, with_slope
from outcomes.study import load_study
from outcomes.study.stages import Cleaning, Scoring

ROOT = Path(__file__).parents[1]
RAW = ROOT / "data" / "raw" / "career_mentoring"
CAREER = ("labour_market_knowledge", "professional_confidence", "networks", "work_exposure")


@pytest.fixture(scope="module")
def loaded():
    return load_study("career_mentoring", ROOT / "config", files.read_text)


@pytest.fixture(scope="module")
def truth():
    """The truth as it lies beside the raw files."""
    return pd.read_csv(RAW / "truth.csv", keep_default_na=False)


def values(truth: pd.DataFrame, quantity: str, wave: str = "end") -> pd.Series:
    rows = truth[(truth["quantity"] == quantity) & (truth["wave"] == wave)]
    return rows.set_index(["outcome", "group"])["value"]


# --- the truth


def test_the_truth_rests_on_enough_people_and_its_error_is_small(truth, loaded):
    assert (truth["people"] >= 500_000).all()
    bounds = {name: instrument.bounds(scale) for name, (instrument, scale) in loaded.scales.items()}
    of_outcomes = truth[truth["quantity"].isin(["mean", "gain", "gap"])]
    span = of_outcomes["outcome"].map(lambda name: bounds[name][1] - bounds[name][0])
    assert (of_outcomes["mc_error"] > 0).all()
    assert (of_outcomes["mc_error"] < 0.004 * span).all()
    gaps = of_outcomes["quantity"] == "gap"
    assert (of_outcomes["mc_error"] < 0.002 * span)[gaps].all()
    assert (truth.loc[truth["quantity"] == "r2_added", "mc_error"] < 0.001).all()


def test_what_was_planted_is_in_the_truth(truth):
    gaps = values(truth, "gap")
    assert gaps["self_belief", "low - high"] > 0.6
    assert gaps["career_clarity", "low - high"] > 0.15
    assert gaps["self_efficacy", "low - high"] > 0.8
    assert np.abs([gaps[name, "low - high"] for name in CAREER]).max() < 0.01
    assert values(truth, "mean")["professional_aspiration", "low"] == pytest.approx(0.7, abs=0.03)
    assert values(truth, "r2_added")[CALIBRATED, "low - high"] == pytest.approx(R2_ADDED, abs=0.002)
    identified = values(truth, "mean", "middle")
    assert identified["identification", "low"] < identified["identification", "high"] - 0.2
    assert values(truth, "gap", "middle")["negative_affect", "low - high"] > 0.3
    assert gaps["aspiration", "low - high"] < -0.04


def test_the_stored_truth_is_that_of_the_design(truth, loaded):
    again = truth_table(loaded, Design(), people=60_000, seed=SEED + 1)
    both = again.merge(truth, on=KEYS, suffixes=("", "_stored"), validate="one_to_one")
    apart = both["value"] - both["value_stored"]
    spread = both["mc_error_stored"] * np.sqrt(1 + both["people_stored"] / both["people"])
    assert len(both) == len(truth)
    assert (np.abs(apart / spread) < 5).all()


def test_the_gap_of_the_truth_is_the_difference_of_its_gains(truth):
    gains, gaps = values(truth, "gain"), values(truth, "gap")
    for (outcome, _), gap in gaps.items():
        assert gap == pytest.approx(gains[outcome, "low"] - gains[outcome, "high"], abs=2e-6)


def test_the_readme_tells_the_truth(truth):
    lines = re.findall(
        r"^\| `(\w+)` \| (\S+) \| (\S+) \|$", (RAW / "README.md").read_text(encoding="utf-8"), re.M
    )
    told = {
        (name, wave): float(value)
        for name, *pair in lines
        for wave, value in zip(("middle", "end"), pair, strict=True)
    }
    known = {wave: values(truth, "gap", wave) for wave in ("middle", "end")}
    assert {name for name, _ in told} == {name for name, _ in known["end"].index}
    assert told == {key: pytest.approx(known[key[1]][key[0], "low - high"], abs=0.0051) for key in told}


def test_invented_files_are_the_raw_files_and_the_truth(loaded):
    made = invented_files(loaded, seed=4, people=20_000)
    assert set(made) == {*Cleaning.of(loaded).files, "eligible.csv", "truth.csv"}
    assert made["truth.csv"].startswith(b"quantity,outcome,group,wave,value,mc_error,people\n")


def test_the_calibrated_numbers_hit_their_targets_in_other_people(loaded):
    drawn = population(loaded, Design(), 31, sizes_of(300_000, Design()), [CALIBRATED])
    scores, group = (
        scored(drawn.answers, Scoring.of(loaded).outcomes[CALIBRATED]),
        ses_of(drawn.students, loaded),
    )
    gain = scores["end"] - scores["start"]
    found = added_r2(
        gain, (group == "low").to_numpy(), (group == "high").to_numpy(), dummies(drawn.students, loaded)
    )
    assert found == pytest.approx(R2_ADDED, abs=0.0045)  # four standard errors, 2 r (1 - r2) / sqrt(n)


def test_calibration_finds_the_stored_numbers_from_others(loaded):
    start = replace(with_slope(Design(), 0.1), no_record=0.2, mentee_disadvantage=-0.3)
    found = calibrated(loaded, start, people=40_000)
    assert found.no_record == pytest.approx(Design().no_record, abs=0.006)
    assert found.mentee_disadvantage == pytest.approx(Design().mentee_disadvantage, abs=0.03)
    assert found.traits[CALIBRATED].slope == pytest.approx(Design().traits[CALIBRATED].slope, abs=0.05)


def test_the_added_r2_is_that_of_two_regressions():
    rng = np.random.default_rng(3)
    low, covariates = rng.random(200) < 0.4, rng.normal(size=(200, 2))
    gain = 0.5 * low + covariates @ [0.3, -0.2] + rng.normal(size=200)
    gain[:7] = np.nan
    kept = ~np.isnan(gain)
    reduced = np.column_stack([np.ones(200), covariates])[kept]
    wanted = (
        OLS(gain[kept], np.column_stack([reduced, low[kept]])).fit().rsquared
        - OLS(gain[kept], reduced).fit().rsquared
    )
    assert added_r2(gain, low, ~low, covariates) == pytest.approx(wanted, abs=1e-12)


# --- found again


def made_up(estimates: list[float], truth: float = 1.0, error: float = 0.0) -> pd.DataFrame:
    key = pd.MultiIndex.from_tuples([("gap", "networks", "low - high", "end")], names=KEYS)
    known = pd.DataFrame({"value": [truth], "mc_error": [error]}, index=key).reset_index()
    return compare(pd.DataFrame([estimates], index=key), known)


def test_a_miss_is_told_in_units_of_its_error():
    line = made_up([1.0, 1.2], truth=1.0, error=0.1).iloc[0]
    assert line["mean"] == pytest.approx(1.1)
    assert line["mc_error"] == pytest.approx(0.1)  # SD 0.2 / sqrt(2), over sqrt(2)
    assert line["miss"] == pytest.approx(0.1 / np.hypot(0.1, 0.1))


@pytest.mark.parametrize(
    ("estimates", "held"), [([1.0, 1.2], True), ([1.5, 1.52], False), ([1.0, np.nan, 1.2], False)]
)
def test_a_line_holds_within_the_gate_and_with_every_cohort(estimates, held):
    assert made_up(estimates)["recovered"].tolist() == [held]


def test_the_page_says_how_many_lines_hold():
    table = pd.concat([made_up([1.0, 1.2]), made_up([1.5, 1.52])], ignore_index=True)
    text = page(table, Namespace(cohorts=2, people=1000, seed=4, out=Path("a.md")), 60.0)
    assert "1 of 2 are" in text
    assert "| NO |" in text
    assert "--cohorts 2 --people 1000 --seed 4 --out a.md" in text


def test_twelve_cohorts_find_what_was_planted(loaded, truth):
    table = compare(battery(loaded, Design(), 12, 7, (CALIBRATED, "networks")), truth)
    assert len(table) == 5
    assert (table["miss"].abs() <= GATE).all(), table
    biggest = table[
        (table["outcome"] == CALIBRATED) & (table["quantity"] == "gap") & (table["wave"] == "end")
    ]
    assert (biggest["mean"] / biggest["mc_error"]).item() > 10


@pytest.mark.long
def test_two_hundred_cohorts_find_what_was_planted(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["--out", str(tmp_path / "recovery.md")]) == 0
