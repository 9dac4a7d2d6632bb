"""Data that can't answer: every empty cell has a status, nothing is infinite, nothing raises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_example import (
    PARTICIPATION,
    cohort,
    floor,
    non_inferiority,
    outcome,
    people,
    scores,
    study,
    superiority,
)

from outcomes.errors import DataError
from outcomes.mixed import newton
from outcomes.model import crosscheck, model
from outcomes.study import Reproduction

COVARIATES = {"gender": ("woman", "man")}
ESTIMABLE = ("ok", "boundary")


def run(
    values: np.ndarray,
    ses: list[str],
    gender: list[str | None] | None = None,
    structure: str = "intercept",
) -> dict[str, pd.DataFrame]:
    genders = gender if gender is not None else (["woman", "man"] * len(ses))[: len(ses)]
    share = np.where(np.isnan(values), np.nan, values > 3)
    part = study(
        {"y": outcome(structure=structure), "share": outcome(is_share=True)},
        covariates=COVARIATES,
        adjust=("gender",),
        hypotheses={"S": superiority("y"), "N": non_inferiority("y"), "F": floor("share")},
        reproduction=Reproduction(covariates=("gender",), replicates=200, seed=3),
    )
    both = pd.concat([scores("y", values), scores("share", share)], ignore_index=True)
    found = model(both, people(ses, gender=genders), PARTICIPATION, part)
    check(found)
    return found


def check(found: dict[str, pd.DataFrame]) -> None:
    """Hold what all tables promise: no infinite number, and a status that tells an estimate from none."""
    for name, frame in found.items():
        numbers = frame.select_dtypes("float64").to_numpy()
        assert not np.isinf(numbers).any(), name
    for name in ("gains", "contrasts", "ols"):
        frame = found[name]
        ok = frame["status"].str.split(",").str[0].isin(ESTIMABLE).astype(bool)
        for column in ("estimate", "std_error", "low", "high", "p_value"):
            assert (frame[column].notna() == ok).all(), (name, column)
    verdicts = found["verdicts"]
    judged = verdicts["verdict"] != "not estimable"
    assert (verdicts["p_adjusted"].notna() | ~judged | (verdicts["outcome"] == "all")).all()
    assert (verdicts["estimate"].isna() | judged).all()


def verdict_on(found: dict[str, pd.DataFrame], hypothesis: str) -> set[str]:
    return set(found["verdicts"].set_index("hypothesis")["verdict"][[hypothesis]])


def status(found: dict[str, pd.DataFrame], name: str, **where: object) -> set[str]:
    frame = found[name]
    for column, value in where.items():
        frame = frame[frame[column] == value]
    assert len(frame)
    return set(frame["status"])


@pytest.mark.parametrize("missing", ["low", "high"])
def test_a_missing_group(missing):
    values, ses = cohort(2)
    here = [place for place, group in enumerate(ses) if group != missing]
    found = run(values[here], [ses[place] for place in here])
    assert status(found, "contrasts") == {"not estimable: fewer than 2 people of a group"}
    other = "high" if missing == "low" else "low"
    assert status(found, "gains", group=other) == {"ok"}
    assert verdict_on(found, "S") == verdict_on(found, "N") == {"not estimable"}
    assert (verdict_on(found, "F") == {"not estimable"}) == (missing == "low")


def test_a_group_with_one_person():
    values, ses = cohort(2)
    found = run(values, ["low", *("high" for _ in ses[1:])])
    assert status(found, "contrasts") == {"not estimable: fewer than 2 people of a group"}
    assert status(found, "gains", group="low") == {"not estimable: fewer than 2 people of a group"}
    assert verdict_on(found, "S") == {"not estimable"}


def test_a_group_without_baseline():
    values, ses = cohort(2)
    values[np.array(ses) == "low", 0] = np.nan
    found = run(values, ses)
    assert "not estimable: fewer than 2 people of a group" in status(found, "gains", group="low")
    assert status(found, "contrasts", contrast="difference", wave="end") == {"ok"}
    assert verdict_on(found, "S") == verdict_on(found, "N") == {"not estimable"}


def test_one_wave_only():
    values, ses = cohort(2)
    values[:, 1:] = np.nan
    found = run(values, ses)
    assert status(found, "fits") == {"not estimable: nobody has two scores"}
    assert found["means"].loc[found["means"]["wave"] == "start", "mean"].notna().all()


def test_no_score_at_all():
    values, ses = cohort(2)
    found = run(np.full_like(values, np.nan), ses)
    assert status(found, "fits") == {"not estimable: no more scores than coefficients"}
    assert verdict_on(found, "F") == {"not estimable"}


@pytest.mark.parametrize("level", [0.0, 3.7])
def test_a_constant_outcome(level):
    values, ses = cohort(2)
    found = run(np.where(np.isnan(values), np.nan, level), ses)
    assert status(found, "fits") == {"not estimable: the scores do not vary"}
    assert status(found, "ols") == {"not estimable: gains do not vary"}


def test_scores_that_never_change_within_people():
    values, ses = cohort(2)
    found = run(np.repeat(values[:, :1], 3, axis=1), ses)
    assert status(found, "fits") == {"not estimable: scores do not vary within people"}


def test_no_variance_at_the_baseline():
    values, ses = cohort(2)
    values[:, 0] = 3.0
    found = run(values, ses)
    assert status(found, "gains") <= {
        "ok, not standardised: scores do not vary at the baseline",
        "boundary, not standardised: scores do not vary at the baseline",
    }
    assert found["gains"]["standardised"].isna().all()


def test_a_covariate_that_is_ses_leaves_gaps_and_spoils_differences():
    values, ses = cohort(2)
    found = run(values, ses, gender=["man" if group == "low" else "woman" for group in ses])
    assert status(found, "fits", adjusted=True) == {"ok, without gender=man"}
    gap = found["contrasts"][found["contrasts"]["contrast"] == "gap"].set_index(["adjusted", "wave"])[
        "estimate"
    ]
    assert gap[True].tolist() == pytest.approx(gap[False].tolist())
    assert status(found, "contrasts", contrast="difference", adjusted=True) == {
        "not estimable: confounded with another term"
    }
    assert status(found, "ols") == {"not estimable: SES does not vary beyond the covariates"}


def test_a_covariate_that_nobody_answered_is_one_level():
    values, ses = cohort(2)
    found = run(values, ses, gender=[None] * len(ses))
    both = found["contrasts"]
    adjusted, plain = (both.loc[both["adjusted"] == flag, "estimate"].tolist() for flag in (True, False))
    assert adjusted == pytest.approx(plain)


def test_a_perfect_swing_within_people_is_a_boundary_and_least_squares():
    random = np.random.default_rng(3)
    values = random.normal(size=(40, 3))
    values -= values.mean(axis=1, keepdims=True)
    ses = ["low"] * 15 + ["high"] * 25
    found = run(values + 3, ses)
    assert status(found, "fits") == {"boundary"}
    assert (found["fits"]["person_variance"] == 0).all()
    low, high = values[:15], values[15:]
    gap = (low[:, 2] - low[:, 0]).mean() - (high[:, 2] - high[:, 0]).mean()
    assert found["forest"].loc[0, "estimate"] == pytest.approx(gap)
    intercepts = found["means"][found["means"]["outcome"] == "y"]
    assert intercepts["estimate"].tolist() == pytest.approx(intercepts["mean"].tolist())


def short_of_the_optimum(monkeypatch) -> None:
    """Let Newton's method stop far from the optimum and say that it arrived."""
    monkeypatch.setattr(newton, "SETTLED", 1e9)


@pytest.mark.parametrize(
    ("structure", "other"), [("intercept", "MixedLM"), ("unstructured", "a search from another start")]
)
def test_a_solution_that_another_criterion_beats_stops_the_run(monkeypatch, structure, other):
    short_of_the_optimum(monkeypatch)
    values, ses = cohort(2)
    values[:, 0] += 20 * np.random.default_rng(1).normal(size=len(values))
    with pytest.raises(DataError, match=other):
        run(values, ses, structure=structure)


def test_mixedlm_that_fails_does_not_stop_the_fit(monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise np.linalg.LinAlgError

    monkeypatch.setattr(crosscheck.MixedLM, "fit", fails)
    values, ses = cohort(2)
    found = run(values, ses, structure="intercept")
    assert status(found, "fits") == {"ok"}
    assert set(found["fits"]["cross_check"]) == {
        "the dense criterion has the same value; MixedLM ended in no solution"
    }


def test_a_pair_of_waves_that_nobody_answered_both_falls_back_and_says_so():
    values, ses = cohort(2)
    values[::2, 1] = np.nan
    values[1::2, 2] = np.nan
    fits = run(values, ses, structure="unstructured")["fits"]
    assert set(fits["structure"]) == {"heterogeneous compound symmetry"}
    assert set(fits["fall_back"]) == {
        "declared unstructured over waves: unstructured over waves is not identified"
    }


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_a_handful_of_people(n):
    random = np.random.default_rng(n)
    run(random.normal(size=(n, 3)), (["low", "high", "unknown"] * 2)[:n])
