"""Profile-likelihood intervals, against closed forms, refits, a dense likelihood, and lme4."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mixed_example import STRUCTURES, batches, frozen, modelled, solved
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.stats import chi2
from test_mixed_prediction import case_of, rows_of

from outcomes.mixed.profile import contrast_interval, held, rises
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution, solve
from outcomes.mixed.spread import spread_interval

QUANTILE = chi2.ppf(0.95, 1)
PARAMETERS = ("intercept", "slope", "correlation", "residual")


def in_basis(rows: Rows, solution: Solution, term: int) -> np.ndarray:
    return solution.products.basis.estimable(np.eye(len(rows.terms))[term])


@pytest.mark.parametrize(
    "case", ["sleepstudy_intercept", "sleepstudy_slope", "orthodont_intercept", "dyestuff"]
)
def test_limits_are_the_roots_found_by_refits_in_r_and_near_lme4_s_splines(case):
    wanted = frozen("pieces")["profile"][case]
    rows, structure = case_of(case)
    solution = solved(rows, structure)
    names = PARAMETERS if structure == "slope" else ("intercept", "residual")
    intervals = {name: spread_interval(solution, name) for name in names}
    order = ("intercept", "correlation", "slope", "residual") if structure == "slope" else names
    found = [intervals[name] for name in order]
    found += [contrast_interval(solution, in_basis(rows, solution, term)) for term in range(len(rows.terms))]
    lows, highs = np.array(wanted["exact_low"]), np.array(wanted["exact_high"])
    for place, interval in enumerate(found):
        width = highs[place] - lows[place]
        assert interval.low == pytest.approx(lows[place], abs=1e-5 * width)
        assert interval.high == pytest.approx(highs[place], abs=1e-5 * width)
        assert interval.low == pytest.approx(wanted["confint_low"][place], abs=1e-3 * width)
        assert interval.high == pytest.approx(wanted["confint_high"][place], abs=1e-3 * width)


class Balanced:
    """The ML deviance of a one-way layout (Searle, Casella & McCulloch 1992, 3.7), less constants."""

    def __init__(self, scores: np.ndarray) -> None:
        self.people, self.each = scores.shape
        means = scores.mean(axis=1)
        self.mean = means.mean()
        self.within = ((scores - means[:, None]) ** 2).sum()
        self.between = self.each * ((means - self.mean) ** 2).sum()

    def deviance(self, residual: float, effect: float) -> float:
        """At standard deviations, the mean profiled out."""
        whole = residual**2 + self.each * effect**2
        inner = self.people * (self.each - 1) * np.log(residual**2) + self.people * np.log(whole)
        return inner + self.within / residual**2 + self.between / whole

    @property
    def best(self) -> float:
        residual = self.within / (self.people * (self.each - 1))
        whole = self.between / self.people
        if whole < residual:
            residual = whole = (self.within + self.between) / (self.people * self.each)
        return self.deviance(np.sqrt(residual), np.sqrt((whole - residual) / self.each))

    def rise_of_residual(self, residual: float) -> float:
        effect = np.sqrt(max(self.between / self.people - residual**2, 0) / self.each)
        return self.deviance(residual, effect) - self.best

    def rise_of_effect(self, effect: float) -> float:
        found = minimize_scalar(
            lambda log_residual: self.deviance(np.exp(log_residual), effect),
            bracket=(np.log(self.within) / 2 - 3, np.log(self.within) / 2), tol=1e-12,
        )  # fmt: skip
        return found.fun - self.best


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_a_balanced_mean_has_the_limits_of_its_closed_form(level):
    rows = rows_of("dyestuff")
    scores = Balanced(rows.response.reshape(6, 5))
    solution = solved(rows, "intercept")
    found = contrast_interval(solution, in_basis(rows, solution, 0), level)
    half = np.sqrt(scores.between / 30 * np.expm1(chi2.ppf(level, 1) / 6))
    assert [found.low, found.estimate, found.high] == pytest.approx(
        [1527.5 - half, 1527.5, 1527.5 + half], rel=1e-9
    )


def test_balanced_standard_deviations_have_the_limits_of_their_closed_form():
    rows = rows_of("dyestuff")
    scores = Balanced(rows.response.reshape(6, 5))
    solution = solved(rows, "intercept")
    residual, effect = (spread_interval(solution, name) for name in ("residual", "intercept"))
    for side, other in ((residual.low, 20.0), (residual.high, 90.0)):
        wanted = brentq(lambda value: scores.rise_of_residual(value) - QUANTILE, residual.estimate, other)
        assert side == pytest.approx(wanted, rel=1e-7)
    for side, other in ((effect.low, 1.0), (effect.high, 200.0)):
        wanted = brentq(lambda value: scores.rise_of_effect(value) - QUANTILE, effect.estimate, other)
        assert side == pytest.approx(wanted, rel=1e-6)


def test_a_variance_whose_profile_does_not_rise_enough_has_a_limit_of_0():
    scores = np.random.default_rng(2).normal(5, 2, size=(6, 5))
    scores -= scores.mean(axis=1, keepdims=True) - 5 - 0.3 * np.arange(6)[:, None] / 6
    rows, balanced = modelled(batches(scores), "Yield", "Batch", []), Balanced(scores)
    solution = solved(rows, "intercept")
    assert solution.status[0] == "boundary"
    found = spread_interval(solution, "intercept")
    assert found.estimate == found.low == 0
    high = brentq(lambda value: balanced.rise_of_effect(value) - QUANTILE, 1e-6, 20.0)
    assert found.high == pytest.approx(high, rel=1e-6)
    residual = spread_interval(solution, "residual")
    wanted = brentq(lambda value: balanced.rise_of_residual(value) - QUANTILE, residual.estimate, 20.0)
    assert residual.high == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_held_coefficient_is_a_refit_with_its_column_on_the_left(name):
    rows = rows_of("generated_dropout")
    best = solved(rows, name, "ML")
    values = np.array([-1.0, 0.3, 2.5])
    found = rises(best, in_basis(rows, best, 3), values)
    for value, rise in zip(values, found, strict=True):
        fewer = np.delete(rows.design, 3, axis=1)
        left = Rows.of(
            rows.response[:, 0] - value * rows.design[:, 3],
            fewer,
            rows.person,
            wave=rows.wave,
            time=rows.time,
        )
        refit = solved(left, name, "ML")
        assert rise == pytest.approx(2 * (best.log_likelihood[0] - refit.log_likelihood[0]), abs=1e-6)


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_limits_of_a_contrast_are_where_the_deviance_has_risen(name):
    rows = rows_of("generated_three_waves")
    best = solved(rows, name, "ML")
    contrast = in_basis(rows, best, 5) - in_basis(rows, best, 2)
    found = contrast_interval(best, contrast)
    assert found.low < found.estimate < found.high
    assert rises(best, contrast, np.array([found.low, found.estimate, found.high])) == pytest.approx(
        [QUANTILE, 0, QUANTILE], abs=1e-6
    )


def test_a_mean_alone_can_be_held_over_waves():
    """A single coefficient leaves a design of no columns; what is held follows from raw second moments."""
    scores = np.random.default_rng(8).multivariate_normal([3, 3], [[2, 1], [1, 3]], 40)
    rows = Rows.of(scores.reshape(-1), np.ones((80, 1)), np.arange(80) // 2, wave=np.arange(80) % 2)
    best = solved(rows, "unstructured", "ML")
    values = np.array([2.5, 3.0])
    found = solve(held(best.products, in_basis(rows, best, 0), values), "ML").log_likelihood
    moments = np.stack([(scores - value).T @ (scores - value) / 40 for value in values])
    assert found == pytest.approx(-20 * (2 * np.log(2 * np.pi) + np.linalg.slogdet(moments)[1] + 2), rel=1e-9)


def dense_deviance(scores: np.ndarray, time: np.ndarray, at: np.ndarray) -> float:
    """Of people seen at the same times: at = intercept, slope, correlation, residual."""
    intercept, slope, correlation, residual = at
    effects = np.outer([intercept, slope], [intercept, slope]) * [[1, correlation], [correlation, 1]]
    z = np.column_stack([np.ones(len(time)), time])
    v = residual**2 * np.eye(len(time)) + z @ effects @ z.T
    solved = np.linalg.solve(v, z)
    line = np.linalg.solve(solved.T @ z, solved.T @ scores.mean(axis=0))
    left = scores - z @ line
    return len(scores) * np.linalg.slogdet(v)[1] + np.sum(left.T * np.linalg.solve(v, left.T))


@pytest.mark.parametrize(("place", "name"), list(enumerate(PARAMETERS)))
def test_the_limits_of_random_effects_are_where_a_dense_deviance_has_risen(place, name):
    rows = rows_of("sleepstudy")
    solution = solved(rows, "slope")
    found = spread_interval(solution, name)
    scores, time = rows.response.reshape(18, 10), np.arange(10.0)
    estimates = np.array([spread_interval(solution, each).estimate for each in PARAMETERS])
    best = dense_deviance(scores, time, estimates)
    for limit in (found.low, found.high):
        others = np.delete(estimates, place)
        least = minimize(
            lambda free, limit=limit, others=others: dense_deviance(
                scores, time, np.insert(free * others, place, limit)
            ),
            np.ones(3), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-9, "maxiter": 4000},
        ).fun  # fmt: skip
        assert least - best == pytest.approx(QUANTILE, abs=1e-5)


def test_the_slope_s_interval_does_not_depend_on_the_origin_or_unit_of_time():
    rows = rows_of("sleepstudy")
    weeks = replace(rows, time=rows.time / 7 + 100)
    here = spread_interval(solved(rows, "slope"), "slope")
    there = spread_interval(solved(weeks, "slope"), "slope")
    assert [there.low / 7, there.high / 7] == pytest.approx([here.low, here.high], rel=1e-6)


def test_an_effect_that_does_not_vary_has_no_correlation():
    rows = rows_of("orthodont")
    scores = rows.response[:, 0]
    person_slopes = np.zeros(len(scores))
    for person in range(rows.n_people):
        own = rows.person == person
        time = rows.time[own] - rows.time[own].mean()
        person_slopes[own] = time * (time @ scores[own] / (time @ time))
    design = np.column_stack([np.ones(len(scores)), rows.time])
    rows = Rows.of(scores - person_slopes, design, rows.person, time=rows.time)
    solution = solved(rows, "slope")
    assert solution.status[0] == "boundary"
    found = spread_interval(solution, "correlation")
    assert (found.low, found.high) == (-1, 1)
    assert np.isnan(found.estimate)
    assert spread_interval(solution, "slope").low == 0


def test_intervals_of_a_slope_cover():
    """Profile limits of a slope contain the true 0.4 in most samples from a person-intercept model."""
    random, person = np.random.default_rng(6), np.repeat(np.arange(25), 4)
    time, inside = np.tile(np.arange(4.0), 25), 0
    for _ in range(60):
        y = 1 + 0.4 * time + random.normal(size=25)[person] + random.normal(size=100)
        rows = Rows.of(y, np.column_stack([np.ones(100), time]), person)
        best = solved(rows, "intercept", "ML")
        inside += rises(best, in_basis(rows, best, 1), np.array([0.4]))[0] <= QUANTILE
    assert inside / 60 >= 0.88


def test_what_has_no_profile_is_refused():
    rows = rows_of("generated_three_waves")
    waves = solved(rows, "unstructured")
    with pytest.raises(ValueError, match="no such parameter"):
        spread_interval(waves, "intercept")
    with pytest.raises(ValueError, match="no such parameter"):
        spread_interval(solved(rows, "intercept"), "slope")
    with pytest.raises(ValueError, match="between 0 and 1"):
        contrast_interval(waves, np.eye(7)[0], 95)
    weighted = solved(rows, "intercept", weights=np.ones(rows.n_people), kind="sampling")
    with pytest.raises(ValueError, match="pseudo-likelihood"):
        spread_interval(weighted, "intercept")
