"""The model against what can be worked out otherwise: by hand, by a textbook formula, or by brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_example import (
    PARTICIPATION,
    cohort,
    floor,
    outcome,
    people,
    scores,
    study,
    superiority,
)
from scipy import stats

from outcomes.mixed import Fit, Rows, fit
from outcomes.model import gaps, model, ols
from outcomes.model.estimates import Estimate
from outcomes.model.families import adjusted
from outcomes.model.floor import floor_test
from outcomes.model.means import wilson
from outcomes.model.ols import bootstrap_added
from outcomes.model.standardised import standardised
from outcomes.study import Reproduction

Z = stats.norm.ppf(0.975)


def dense_log_likelihood(
    y: np.ndarray, design: np.ndarray, person: np.ndarray, person_variance: float, residual_variance: float
) -> float:
    """The Gaussian restricted log-likelihood with the whole covariance matrix written out (Harville 1977)."""
    covariance = residual_variance * np.eye(len(y)) + person_variance * (person[:, None] == person)
    precision = np.linalg.inv(covariance)
    information = design.T @ precision @ design
    residual = y - design @ np.linalg.solve(information, design.T @ precision @ y)
    log_dets = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
    df = len(y) - design.shape[1]
    return -0.5 * (df * np.log(2 * np.pi) + log_dets + residual @ precision @ residual)


def unbalanced(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(25), random.integers(1, 5, 25))
    design = np.column_stack([np.ones(len(person)), random.normal(size=len(person)), person % 2])
    y = design @ [1.0, 0.5, -0.3] + random.normal(size=25)[person] + random.normal(size=len(person))
    return y, design, person


def fitted(y: np.ndarray, design: np.ndarray, person: np.ndarray) -> tuple[Fit, float, float]:
    """A person-intercept fit with its two variances."""
    found = fit(Rows.of(y, design, person), "intercept")
    return found, float(found.random_covariance[0, 0]), found.residual_variance


@pytest.mark.parametrize("seed", range(5))
def test_fit_is_the_maximum_of_the_dense_likelihood(seed):
    y, design, person = unbalanced(seed)
    found, between, within = fitted(y, design, person)
    best = dense_log_likelihood(y, design, person, between, within)
    assert found.log_likelihood == pytest.approx(best, rel=1e-12)
    for person_factor, residual_factor in [(1.02, 1), (0.98, 1), (1, 1.02), (1, 0.98)]:
        beside = dense_log_likelihood(y, design, person, between * person_factor, within * residual_factor)
        assert beside < best


@pytest.mark.parametrize("seed", range(3))
def test_coefficients_are_generalised_least_squares(seed):
    y, design, person = unbalanced(seed)
    found, between, within = fitted(y, design, person)
    covariance = within * np.eye(len(y)) + between * (person[:, None] == person)
    cov = np.linalg.inv(design.T @ np.linalg.solve(covariance, design))
    assert found.covariance == pytest.approx(cov, rel=1e-9)
    by_hand = cov @ design.T @ np.linalg.solve(covariance, y)
    assert list(found.coefficients.values()) == pytest.approx(by_hand, rel=1e-9)


def balanced(seed: int = 3) -> tuple[np.ndarray, list[str]]:
    random = np.random.default_rng(seed)
    ses = ["low"] * 17 + ["high"] * 24
    values = random.normal(size=(41, 1)) + random.normal(size=(41, 2)) + [[0.0, 0.4]]
    return values, ses


def test_complete_two_wave_gap_is_the_pooled_t_test_on_gains():
    values, ses = balanced()
    part = study({"y": outcome(("start", "end"))}, waves=("start", "end"))
    found = gaps(scores("y", values, ("start", "end")), people(ses), part).set_index("contrast").loc["gap"]
    gain = values[:, 1] - values[:, 0]
    low, high = gain[:17], gain[17:]
    pooled = stats.ttest_ind(low, high, equal_var=True)
    assert found["estimate"] == pytest.approx(low.mean() - high.mean(), rel=1e-10)
    assert found["statistic"] == pytest.approx(pooled.statistic, rel=1e-10)
    assert found["p_value"] == pytest.approx(pooled.pvalue, rel=1e-8)
    interval = pooled.confidence_interval()
    assert (found["low"], found["high"]) == pytest.approx((interval.low, interval.high), rel=1e-8)
    assert found["n"] == 41
    # 17 low-SES people are fewer than 30
    assert found["df"] == pytest.approx(39, rel=1e-8)
    assert found["df_method"] == "Kenward-Roger"


def test_gains_of_a_group_are_its_mean_gain_on_complete_data():
    values, ses = balanced()
    part = study({"y": outcome(("start", "end"))}, waves=("start", "end"))
    found = model(scores("y", values, ("start", "end")), people(ses), PARTICIPATION, part)["gains"]
    gain = pd.Series(values[:, 1] - values[:, 0]).groupby(ses)
    assert dict(zip(found["group"], found["estimate"], strict=True)) == pytest.approx(gain.mean().to_dict())
    assert dict(zip(found["group"], found["n"], strict=True)) == {"high": 24, "low": 17}


def test_standardised_gap_and_its_interval_by_hand():
    # gap 0.6 (SE 0.2, 25 df) over an SD of 1.5 with 40 df: d = .4, var = (.2 / 1.5)^2 + .4^2 / 80
    found = standardised(Estimate(0.6, 0.2, "ok", 25, "Satterthwaite"), (1.5, 40), 0.95)
    of_gap, of_sd = 0.04 / 2.25, 0.16 / 80
    df = (of_gap + of_sd) ** 2 / (of_gap**2 / 25 + of_sd**2 / 40)
    half = stats.t.ppf(0.975, df) * (of_gap + of_sd) ** 0.5
    assert found["standardised"] == pytest.approx(0.4)
    assert found["standardised_low"] == pytest.approx(0.4 - half)
    assert found["standardised_high"] == pytest.approx(0.4 + half)


def test_baseline_sd_is_pooled_within_low_and_high_only():
    ses = ["low"] * 3 + ["high"] * 3 + ["unknown"] * 3
    start = np.array([1.0, 2, 3, 5, 7, 9, 0, 50, 100])
    values = np.column_stack([start, start[::-1]])
    part = study({"y": outcome(("start", "end"))}, waves=("start", "end"))
    found = model(scores("y", values, ("start", "end")), people(ses), PARTICIPATION, part)
    # sums of squares 2 and 8 on 2 + 2 degrees of freedom
    assert found["fits"].loc[0, "baseline_sd"] == pytest.approx((10 / 4) ** 0.5)


def test_holm_by_hand():
    claims = {"A": superiority("a", "b", family="one"), "B": superiority("c", family="one"),
              "C": superiority("a", family="two")}  # fmt: skip
    part = study({name: outcome() for name in "abc"}, hypotheses=claims)
    found = adjusted({("A", "a"): 0.03, ("A", "b"): 0.01, ("B", "c"): 0.02, ("C", "a"): 0.03}, part)
    # sorted .01 .02 .03, times 3, 2, 1, running maximum
    assert found == pytest.approx({("A", "b"): 0.03, ("B", "c"): 0.04, ("A", "a"): 0.04, ("C", "a"): 0.03})


def test_a_gap_that_has_no_estimate_still_counts_in_holm():
    part = study({name: outcome() for name in "ab"}, hypotheses={"A": superiority("a", "b")})
    assert adjusted({("A", "a"): 0.03, ("A", "b"): None}, part)["A", "a"] == pytest.approx(0.06)


def test_wilson_by_hand():
    # Newcombe (1998, Statistics in Medicine 17:857), table I: 81 of 263 and 0 of 20, method 3
    assert wilson(81, 263, 0.95) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20, 0.95) == pytest.approx((0.0, 0.1611), abs=5e-5)


@pytest.mark.parametrize(
    ("members", "verdict"), [(35, "floor met"), (27, "inconclusive"), (15, "floor not met")]
)
def test_floor_by_hand(members, verdict):
    ses = ["low"] * 50 + ["high"] * 5
    values = np.array([1.0] * members + [0.0] * (50 - members) + [1.0] * 5)[:, None]
    claim = floor("share")
    part = study({"share": outcome(("end",), is_share=True)}, hypotheses={"F": claim})
    found = floor_test(claim, "share", scores("share", values, ("end",)), people(ses), part)
    score = (members / 50 - 0.5) / np.sqrt(0.25 / 50)
    assert found["estimate"] == members / 50
    assert found["p_value"] == pytest.approx(stats.norm.sf(score))
    assert found["verdict"] == verdict
    centre, spread = (members + Z**2 / 2) / (50 + Z**2), Z / (50 + Z**2)
    half = spread * np.sqrt(members * (50 - members) / 50 + Z**2 / 4)
    assert (found["low"], found["high"]) == pytest.approx((centre - half, centre + half))
    assert (found["low"] > 0.5) == (found["p_value"] < 0.025)


def test_ols_without_covariates_is_the_pooled_t_test():
    values, ses = cohort(5)
    part = study({"y": outcome()}, reproduction=Reproduction(covariates=(), replicates=200, seed=1))
    (found,) = ols(scores("y", values), people(ses), part)
    gain = pd.Series(values[:, 2] - values[:, 0])
    low, high = gain[np.array(ses) == "low"].dropna(), gain[np.array(ses) == "high"].dropna()
    pooled = stats.ttest_ind(low, high, equal_var=True)
    assert found["n"] == len(low) + len(high)
    assert found["p_value"] == pytest.approx(pooled.pvalue)
    assert (found["low"], found["high"]) == pytest.approx(tuple(pooled.confidence_interval()))
    # R2 = t^2 / (t^2 + df), all of it added by SES
    r2 = pooled.statistic**2 / (pooled.statistic**2 + found["df"])
    assert (found["r2"], found["r2_added"]) == pytest.approx((r2, r2))


def test_bootstrap_is_that_of_refitting_the_drawn_people():
    random = np.random.default_rng(11)
    n, replicates = 40, 1_200
    ses = (random.random(n) < 0.4).astype(float)
    controls = np.column_stack([np.ones(n), random.random(n) < 0.5, random.random(n) < 0.04])
    gain = np.sort(0.5 * ses + controls[:, 1] + random.normal(size=n))  # people stand by their values
    found = bootstrap_added(controls.astype(float), ses, gain, replicates, seed=4)
    turned = bootstrap_added(controls[::-1].astype(float), ses[::-1], gain[::-1], replicates, seed=4)
    np.testing.assert_allclose(turned, found, rtol=0, atol=1e-12)
    again = np.random.default_rng(4)
    drawn = np.concatenate([again.multinomial(n, np.full(n, 1 / n), size) for size in (1_000, 200)])

    def left_over(design: np.ndarray, score: np.ndarray) -> float:
        return float(((score - design @ np.linalg.lstsq(design, score, rcond=None)[0]) ** 2).sum())

    for place in (0, 1, 500, 999, 1_000, 1_199):
        who = np.repeat(np.arange(n), drawn[place])
        full, total = np.column_stack([controls, ses])[who], ((gain[who] - gain[who].mean()) ** 2).sum()
        added = (left_over(controls[who], gain[who]) - left_over(full, gain[who])) / total
        assert found[place] == pytest.approx(added, abs=1e-10)


def test_bootstrap_spread_is_near_the_asymptotic_one():
    """For one predictor the variance of R2 is close to 4 R2 (1 - R2)^2 / n (Olkin & Finn 1995)."""
    random = np.random.default_rng(2)
    n = 800
    ses = (random.random(n) < 0.5).astype(float)
    gain = 0.9 * ses + random.normal(size=n)
    found = bootstrap_added(np.ones((n, 1)), ses, gain, 2_000, seed=1)
    r2 = np.corrcoef(ses, gain)[0, 1] ** 2
    assert found.std() == pytest.approx(np.sqrt(4 * r2 * (1 - r2) ** 2 / n), rel=0.12)
