"""What must not change, or must change in a known way, when the same data come in another form."""

from __future__ import annotations

from collections.abc import Callable

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

from outcomes.model import model
from outcomes.study import Reproduction

LEVELS = {"gender": ("woman", "man"), "intake": ("2022", "2023", "2024")}
IN_POINTS = ["estimate", "std_error", "low", "high"]
EXACT, CLOSE = 0.0, 1e-9

Data = tuple[pd.DataFrame, pd.DataFrame]


def data(seed: int = 1) -> Data:
    values, ses = cohort(seed)
    random = np.random.default_rng(seed + 100)
    ses = list(np.where(random.random(len(ses)) < 0.1, "unknown", ses))
    attributes = {name: list(random.choice([*levels, None], len(ses))) for name, levels in LEVELS.items()}
    share = np.where(np.isnan(values), np.nan, values > 3.2)
    both = pd.concat([scores("y", values), scores("share", share)], ignore_index=True)
    return both, people(ses, **attributes)


def part(**changes: object):
    return study(
        {"y": outcome(**changes), "share": outcome(is_share=True)},
        covariates=LEVELS,
        adjust=("gender", "intake"),
        hypotheses={"S": superiority("y"), "N": non_inferiority("y"), "F": floor("share")},
        reproduction=Reproduction(covariates=("gender",), replicates=200, seed=3),
    )


def tables(given: Data) -> dict[str, pd.DataFrame]:
    return model(*given, PARTICIPATION, part())


@pytest.fixture(scope="module")
def plain() -> dict[str, pd.DataFrame]:
    return tables(data())


def shuffled(given: Data) -> Data:
    return tuple(frame.sample(frac=1, random_state=4) for frame in given)


def with_strangers(given: Data) -> Data:
    """Add a person without a score, one outside the population, and scores of nobody we know."""
    both, who = given
    more = people(["low", "high"], gender=["man", None], intake=["2022", "2023"])
    more = more.assign(person=["never", "outside"], in_population=[True, False])
    extra = both.head(6).assign(person=["outside"] * 3 + ["nobody"] * 3, score=99.0)
    return pd.concat([both, extra], ignore_index=True), pd.concat([who, more], ignore_index=True)


@pytest.mark.parametrize("change", [shuffled, with_strangers])
def test_the_order_of_rows_and_strangers_change_nothing(plain, change: Callable[[Data], Data]):
    found = tables(change(data()))
    for name, frame in plain.items():
        pd.testing.assert_frame_equal(found[name], frame, rtol=1e-13, obj=name)


def test_relabelled_ids_change_no_estimate(plain):
    both, who = data()
    names = {person: f"{(place * 37) % 1000:04d}" for place, person in enumerate(who["person"])}
    found = tables(tuple(frame.assign(person=frame["person"].map(names)) for frame in (both, who)))
    bootstrapped = ["r2_added_low", "r2_added_high"]
    for name, frame in plain.items():
        kept = frame.drop(columns=bootstrapped, errors="ignore")
        pd.testing.assert_frame_equal(found[name][kept.columns], kept, rtol=CLOSE, obj=name)


def rescaled(shift: float, times: float) -> dict[str, pd.DataFrame]:
    both, who = data()
    of_y = both["outcome"] == "y"
    return tables((both.assign(score=both["score"].where(~of_y, both["score"] * times + shift)), who))


def test_a_constant_added_to_the_scores_moves_means_only(plain):
    found = rescaled(100.0, 1.0)
    for name in ("gains", "contrasts", "ols"):
        pd.testing.assert_frame_equal(found[name], plain[name], rtol=1e-8, obj=name)
    of_y = plain["means"]["outcome"] == "y"
    moved = (found["means"]["estimate"] - plain["means"]["estimate"])[of_y]
    assert moved.tolist() == pytest.approx([100.0] * 9)
    assert found["fits"]["log_likelihood"].tolist() == pytest.approx(plain["fits"]["log_likelihood"].tolist())


def test_another_unit_scales_points_and_leaves_standardised_gaps_and_p(plain):
    found = rescaled(0.0, 7.0)
    for name in ("gains", "contrasts"):
        pd.testing.assert_frame_equal(found[name][IN_POINTS], plain[name][IN_POINTS] * 7, rtol=1e-8)
        same = ["statistic", "p_value", "standardised", "standardised_low", "standardised_high", "status"]
        pd.testing.assert_frame_equal(found[name][same], plain[name][same], rtol=1e-8)
    assert found["ols"]["r2_added"].tolist() == pytest.approx(plain["ols"]["r2_added"].tolist())
    assert found["fits"]["icc"].tolist() == pytest.approx(plain["fits"]["icc"].tolist())


def test_swapped_groups_turn_the_sign_and_keep_the_p(plain):
    both, who = data()
    swapped = who.assign(ses=who["ses"].replace({"low": "high", "high": "low"}))
    found, wanted = tables((both, swapped))["contrasts"], plain["contrasts"]
    assert found["estimate"].tolist() == pytest.approx((-wanted["estimate"]).tolist(), rel=CLOSE)
    assert found["low"].tolist() == pytest.approx((-wanted["high"]).tolist(), rel=CLOSE)
    assert found["p_value"].tolist() == pytest.approx(wanted["p_value"].tolist(), rel=1e-8)


def test_the_reference_level_of_a_covariate_changes_nothing(plain):
    turned = part().model_copy(
        update={"covariates": {"gender": ("man", "woman"), "intake": LEVELS["intake"][::-1]}}
    )
    found = model(*data(), PARTICIPATION, turned)
    for name in ("contrasts", "fits", "ols"):
        kept = plain[name].drop(columns=["r2_added_low", "r2_added_high"], errors="ignore")
        pd.testing.assert_frame_equal(found[name][kept.columns], kept, rtol=1e-8, obj=name)


def test_a_harm_turned_into_a_benefit_turns_the_verdict():
    both, who = data()
    turned = both.assign(score=both["score"].where(both["outcome"] != "y", 6 - both["score"]))
    worse = model(turned, who, PARTICIPATION, part(higher_is="worse"))["verdicts"]
    better = tables((both, who))["verdicts"]
    assert worse["verdict"].tolist() == better["verdict"].tolist()
    assert worse["p_adjusted"].tolist() == pytest.approx(better["p_adjusted"].tolist(), rel=1e-7)
    assert worse.loc[0, "estimate"] == pytest.approx(-better.loc[0, "estimate"])


def test_everyone_twice_leaves_estimates_and_halves_the_variance(plain):
    both, who = data()
    again = tuple(frame.assign(person=frame["person"] + "b") for frame in (both, who))
    found = tables(tuple(pd.concat(pair, ignore_index=True) for pair in zip((both, who), again, strict=True)))
    contrasts = found["contrasts"]
    assert contrasts["estimate"].tolist() == pytest.approx(plain["contrasts"]["estimate"].tolist(), abs=0.01)
    assert (contrasts["std_error"] / plain["contrasts"]["std_error"]).tolist() == pytest.approx(
        [0.5**0.5] * len(contrasts), rel=0.02
    )
