"""The mixed model and the reproduction against R: lme4, emmeans and lm (tests/oracle/*.R made the JSON)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from model_example import PARTICIPATION

from outcomes import files
from outcomes.mixed import Fit, Rows, fit
from outcomes.model import model, ols
from outcomes.study import Reproduction, load_study
from outcomes.study.stages import Modelling

ROOT = Path(__file__).parents[1]
ORACLE = Path(__file__).parent / "oracle"
CLOSE = 1e-6
"""Relative; lme4's own optimiser settles the variances to about 1e-8."""

CLASSIC = json.loads((ORACLE / "classic.json").read_text(encoding="utf-8"))
STAR = json.loads((ORACLE / "star.json").read_text(encoding="utf-8"))
ENGINE = json.loads((ORACLE / "engine.json").read_text(encoding="utf-8"))


def treatment(values: pd.Series) -> np.ndarray:
    """Return dummies of all levels but the first, levels sorted."""
    return np.column_stack([values == level for level in sorted(values.unique())[1:]]).astype(float)


def classic_cases() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return scores, design in lme4's order of terms, and person codes of each classic case."""
    sleep, teeth = pd.read_csv(ORACLE / "sleepstudy.csv"), pd.read_csv(ORACLE / "orthodont.csv")
    uneven = teeth[~((teeth["age"] == 14) & teeth["Subject"].isin(teeth["Subject"].unique()[:7]))]
    swinging = pd.DataFrame(
        {
            "person": np.repeat(np.arange(6), 3),
            "wave": list(range(3)) * 6,
            "score": [1, 9, 5, 8, 2, 6, 3, 7, 4, 9, 1, 7, 2, 8, 3, 7, 3, 8],
        }
    )

    def by_sex(frame: pd.DataFrame) -> np.ndarray:
        ages, female = treatment(frame["age"]), (frame["Sex"] == "Female").to_numpy(dtype=float)
        return np.column_stack([np.ones(len(frame)), ages, female, ages * female[:, None]])

    ones = np.ones(len(sleep))
    return {
        "sleepstudy_linear": of(sleep, "Reaction", "Subject", np.column_stack([ones, sleep["Days"]])),
        "sleepstudy_waves": of(
            sleep, "Reaction", "Subject", np.column_stack([ones, treatment(sleep["Days"])])
        ),
        "orthodont": of(teeth, "distance", "Subject", by_sex(teeth)),
        "orthodont_uneven": of(uneven, "distance", "Subject", by_sex(uneven)),
        "boundary": of(
            swinging, "score", "person", np.column_stack([np.ones(18), treatment(swinging["wave"])])
        ),
    }


def of(frame: pd.DataFrame, score: str, person: str, design: np.ndarray) -> tuple[np.ndarray, ...]:
    return frame[score].to_numpy(dtype=float), design, pd.factorize(frame[person])[0]


def check_fit(found: Fit, wanted: dict) -> None:
    scale = max(abs(estimate) for estimate in wanted["estimate"])
    beta = list(found.coefficients.values())
    assert beta == pytest.approx(wanted["estimate"], rel=CLOSE, abs=1e-9 * scale)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(wanted["std_error"], rel=CLOSE)
    assert found.log_likelihood == pytest.approx(wanted["log_likelihood"], rel=1e-10)
    assert found.random_covariance[0, 0] == pytest.approx(wanted["person_variance"], rel=CLOSE)
    assert found.residual_variance == pytest.approx(wanted["residual_variance"], rel=CLOSE)


@pytest.mark.parametrize("case", classic_cases())
def test_classic_fits_are_those_of_lme4(case):
    found = fit(Rows.of(*classic_cases()[case]), "intercept")
    check_fit(found, CLASSIC[case])
    assert found.status == ("boundary" if case == "boundary" else "ok")


@pytest.fixture(scope="module")
def star_part() -> Modelling:
    """The study with one intercept a person, which lme4 can fit too."""
    part = Modelling.of(load_study("star", ROOT / "config", files.read_text))
    alike = {
        name: outcome.model_copy(update={"structure": "intercept"}) for name, outcome in part.outcomes.items()
    }
    return part.model_copy(update={"outcomes": alike})


@pytest.fixture(scope="module")
def star_data() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores and people straight from the raw waves."""
    raw = {
        wave: pd.read_csv(ROOT / "data" / "raw" / "star" / file, dtype={"id": "string"})
        for wave, file in {
            "k": "wave_k.csv",
            "g1": "wave_1.csv",
            "g2": "wave_2.csv",
            "g3": "wave_3.csv",
        }.items()
    }
    scores = pd.concat(
        frame.rename(columns={"id": "person", column: "score"})[["person", "score"]].assign(
            wave=wave, outcome=outcome, n_answered=1, n_items=1
        )
        for wave, frame in raw.items()
        for outcome, column in (("reading", "read"), ("mathematics", "math"))
    )
    attributes = pd.concat(raw.values()).drop_duplicates("id").set_index("id")
    lunch = raw["k"].set_index("id")["lunch"].reindex(attributes.index)
    people = pd.DataFrame(
        {
            "person": attributes.index,
            "cohort": pd.NA,
            "ses": lunch.map({"free": "low", "non-free": "high"}).fillna("unknown").to_numpy(),
            "in_population": lunch.notna().to_numpy(),
            "gender": attributes["gender"].to_numpy(),
            "ethnicity": attributes["ethnicity"].to_numpy(),
        }
    )
    return scores, people


@pytest.fixture(scope="module")
def star_tables(star_data, star_part) -> dict[str, pd.DataFrame]:
    return model(*star_data, PARTICIPATION, star_part)


@pytest.mark.parametrize("outcome", ["reading", "mathematics"])
def test_star_variances_are_those_of_lme4(star_tables, outcome):
    found, wanted = star_tables["fits"].set_index("outcome").loc[outcome], STAR[outcome]
    for column in ("person_variance", "residual_variance", "log_likelihood", "baseline_sd", "n", "n_rows"):
        assert found[column] == pytest.approx(wanted[column], rel=CLOSE), column


@pytest.mark.parametrize("outcome", ["reading", "mathematics"])
def test_star_gains_gaps_and_differences_are_those_of_emmeans(star_tables, outcome):
    found = pd.concat([star_tables["gains"], star_tables["contrasts"]])
    found = found[found["outcome"] == outcome].set_index(["contrast", "group", "wave"])
    wanted = ENGINE[f"star_{outcome}"]["contrasts"]["satterthwaite"]["contrasts"]
    assert len(found) == len(wanted)
    for row in wanted:
        ours = found.loc[tuple(row["contrast"].split("/"))]
        for column in ("estimate", "std_error", "statistic", "low", "high"):
            assert ours[column] == pytest.approx(row[column], rel=CLOSE), row["contrast"]
        assert ours["df"] == pytest.approx(row["df"], rel=1e-3), row["contrast"]
        assert ours["df_method"] == "Satterthwaite"


@pytest.mark.parametrize("outcome", ["reading", "mathematics"])
def test_star_means_are_those_of_emmeans(star_tables, outcome):
    found = star_tables["means"].set_index(["outcome", "group", "wave"])
    for row in STAR[outcome]["means"]:
        ours = found.loc[(outcome, row["group"], row["wave"])]
        assert ours["estimate"] == pytest.approx(row["estimate"], rel=CLOSE)
        assert ours["std_error"] == pytest.approx(row["std_error"], rel=CLOSE)


def test_star_counts_the_population_only(star_tables):
    analysed = star_tables["flow"][star_tables["flow"]["step"] == "analysed"].set_index("group")["n"]
    assert analysed["unknown"] == 0
    assert star_tables["fits"]["n"].max() < analysed["low"] + analysed["high"] <= 6326


@pytest.mark.parametrize("outcome", ["reading", "mathematics"])
def test_star_regression_is_that_of_lm(star_data, star_part, outcome):
    levels = {
        "gender": ("female", "male"),
        "ethnicity": ("cauc", "afam", "amindian", "asian", "hispanic", "other"),
    }
    reproduction = Reproduction(covariates=("gender", "ethnicity"), replicates=200, seed=1)
    part = star_part.model_copy(update={"covariates": levels, "reproduction": reproduction})
    found = {row["outcome"]: row for row in ols(*star_data, part)}[outcome]
    for column, value in STAR["ols"][outcome].items():
        assert found[column] == pytest.approx(value, rel=1e-9), column


@pytest.mark.r
@pytest.mark.parametrize("name", ["classic", "star", "engine", "unstructured", "sas", "robust", "pieces"])
def test_r_still_says_so(name):
    """R as it is installed here gives the frozen values again."""
    script = ["Rscript", f"{name}.R"]
    run = subprocess.run(script, cwd=ORACLE, capture_output=True, text=True, check=True, timeout=900)
    frozen = json.loads((ORACLE / f"{name}.json").read_text(encoding="utf-8"))
    again = json.loads(run.stdout)
    del frozen["versions"], again["versions"]
    assert_alike(again, frozen)


def assert_alike(found: object, wanted: object) -> None:
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        for key in wanted:
            assert_alike(found[key], wanted[key])
    elif isinstance(wanted, list):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert_alike(one, other)
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=CLOSE, abs=1e-9)
    else:
        assert found == wanted
