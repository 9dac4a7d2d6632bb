"""A real study by the real chain: raw STAR files through all stages, against nlme and dense values by R."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import tiny

from outcomes.clean import clean
from outcomes.disclose import disclose
from outcomes.model import model
from outcomes.project import Project
from outcomes.score import reliability, score
from outcomes.study.stages import Cleaning, Disclosing, Modelling, Scoring

UNSTRUCTURED = json.loads((tiny.ROOT / "tests" / "oracle" / "unstructured.json").read_text(encoding="utf-8"))
STAR = {
    outcome: UNSTRUCTURED[f"star_{outcome}"]["satterthwaite"]["contrasts"]
    for outcome in ("reading", "mathematics")
}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Every restricted table of the study, by name."""
    project = Project.open(tiny.ROOT, "star")
    loaded = project.loaded
    made = clean(project.raw, Cleaning.of(loaded)).tables
    made["scores"] = score(made["answers"], Scoring.of(loaded))
    made["reliability"] = reliability(made["answers"], made["people"], Scoring.of(loaded))
    return made | model(made["scores"], made["people"], made["participation"], Modelling.of(loaded))


def test_every_row_of_every_file_is_accounted_for(tables):
    by_file = tables["rows"].groupby("wave")["n"].sum()
    assert by_file.to_dict() == {"k": 6326, "g1": 6829, "g2": 6840, "g3": 6802}
    used = tables["rows"][tables["rows"]["reason"] == "used"].set_index("wave")["n"]
    assert tables["answers"].groupby("wave").size().to_dict() == used.to_dict()
    left_out = tables["rows"].loc[tables["rows"]["reason"] != "used", "n"].sum()
    assert len(tables["ledger"]) == left_out


def test_pupils_without_a_kindergarten_lunch_value_are_outside_the_baseline_cohort(tables):
    flow = tables["flow"].pivot_table(index="step", columns="group", values="n", aggfunc="sum")
    assert flow.loc["registered"].sum() == 11_598
    assert flow.loc["outside"].to_dict() == {"low": 0, "high": 0, "unknown": 5_296}
    assert flow.loc["population"].to_dict() == {"low": 3_052, "high": 3_250, "unknown": 0}


@pytest.mark.parametrize("outcome", ["reading", "mathematics"])
def test_gains_gaps_and_differences_are_those_of_r(tables, outcome):
    found = pd.concat([tables["gains"], tables["contrasts"]])
    found = found[found["outcome"] == outcome].set_index(["contrast", "group", "wave"])
    assert len(found) == len(STAR[outcome]) == 13
    for numbers in STAR[outcome]:
        row = found.loc[tuple(numbers["contrast"].split("/"))]
        for key in ("estimate", "std_error", "low", "high"):
            assert row[key] == pytest.approx(numbers[key], rel=1e-6), (numbers["contrast"], key)
        assert row["df"] == pytest.approx(numbers["df"], rel=1e-3), numbers["contrast"]
    assert set(found["structure"]) == {"unstructured over waves"}
    assert set(found["df_method"]) == {"Satterthwaite"}


@pytest.mark.parametrize("outcome", ["reading", "mathematics"])
def test_fits_and_covariances_are_those_of_gls(tables, outcome):
    wanted = UNSTRUCTURED[f"star_{outcome}"]
    fit = tables["fits"].set_index("outcome").loc[outcome]
    assert fit["log_likelihood"] == pytest.approx(wanted["log_likelihood"], abs=1e-6)
    assert fit["cross_check"].startswith("the dense criterion has the same value; 5 of 5 other starts")
    held = tables["components"]
    held = held[(held["outcome"] == outcome) & (held["component"] != "correlation")]
    for row in held.itertuples():
        places = wanted["waves"].index(row.wave), wanted["waves"].index(row.other_wave)
        assert row.estimate == pytest.approx(wanted["covariance"][places[0]][places[1]], rel=1e-5)


def test_the_verdicts_follow_from_the_values_of_r(tables):
    gap = {
        outcome: next(row for row in STAR[outcome] if row["contrast"] == "gap/low - high/g3")
        for outcome in ("reading", "mathematics")
    }
    assert gap["reading"]["high"] < 0
    assert gap["mathematics"]["low"] > -9
    verdicts = tables["verdicts"].set_index(["hypothesis", "outcome"])["verdict"]
    assert verdicts["H1", "reading"] == "inferior"
    assert verdicts["H2", "mathematics"] == verdicts["H2", "all"] == "non-inferior"


def test_given_scores_have_no_alpha(tables):
    assert set(tables["reliability"]["status"]) == {"not applicable: one item or a given score"}


def test_only_what_the_study_has_is_released(tables):
    released = disclose(tables, Disclosing.of(Project.open(tiny.ROOT, "star").loaded))
    assert released["ols"].empty
    assert set(released["verdicts"]["hypothesis"]) == {"H1", "H2"}
    assert set(released["flow"]["origin"]) == {"open"}
    assert (released["flow"]["n"] % 5 == 0).all()
