"""The second criterion: right by itself, heard when it is higher, and plain about what it found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from outcomes.errors import DataError
from outcomes.mixed import Fit, Rows, fit
from outcomes.mixed.solve import restarted
from outcomes.model import crosscheck
from outcomes.model.crosscheck import cross_check
from outcomes.model.dense import Dense


def rows(seed: int, waves: int = 3, n: int = 40, gaps: float = 0.25) -> Rows:
    """Correlated scores with gaps; the last wave varies most."""
    random = np.random.default_rng(seed)
    person, wave = np.repeat(np.arange(n), waves), np.tile(np.arange(waves), n)
    group = (random.random(n) < 0.4)[person]
    design = np.column_stack([np.ones(len(person)), wave[:, None] == np.arange(1, waves), group])
    level, slope = random.normal(size=(2, n))
    scores = 2 + level[person] + slope[person] * wave + (1 + 0.3 * wave) * random.normal(size=len(person))
    kept = (wave == 0) | (random.random(len(person)) > gaps)
    return Rows.of(
        scores[kept], design[kept].astype(float), person[kept], wave=wave[kept], time=wave[kept] * 1.0
    )


def dense_of(given: Rows) -> Dense:
    return Dense.of(given.response[:, 0], given.design, given.person, given.wave)


def whole_matrix(given: Rows, covariance: np.ndarray) -> float:
    """The restricted log-likelihood with the covariance of all scores written out (Harville 1977)."""
    held = covariance[given.wave[:, None], given.wave] * (given.person[:, None] == given.person)
    precision, y, x = np.linalg.inv(held), given.response[:, 0], given.design
    information = x.T @ precision @ x
    left = y - x @ np.linalg.solve(information, x.T @ precision @ y)
    log_dets = np.linalg.slogdet(held)[1] + np.linalg.slogdet(information)[1]
    return -0.5 * ((len(y) - x.shape[1]) * np.log(2 * np.pi) + log_dets + left @ precision @ left)


def definite(seed: int, waves: int) -> np.ndarray:
    root = np.random.default_rng(seed).normal(size=(waves, waves))
    return root @ root.T + 0.3 * np.eye(waves)


@pytest.mark.parametrize("seed", range(6))
def test_dense_is_the_likelihood_with_the_whole_matrix(seed):
    given = rows(seed, waves=2 + seed % 3)
    covariance = definite(seed, 2 + seed % 3)
    assert dense_of(given).log_likelihood(covariance) == pytest.approx(
        whole_matrix(given, covariance), rel=1e-12
    )


def test_the_slope_of_the_dense_criterion_is_its_derivative():
    dense, covariance, step = dense_of(rows(3)), definite(3, 3), 1e-5
    slope = dense._deviance(covariance)[1]
    for place in ((0, 0), (1, 0), (2, 1)):
        change = np.zeros((3, 3))
        change[place] = change[place[::-1]] = step
        rise = dense._deviance(covariance + change)[0] - dense._deviance(covariance - change)[0]
        wanted = slope[place] * (1 if place[0] == place[1] else 2)
        assert rise / (2 * step) == pytest.approx(wanted, rel=1e-5)


def test_a_covariance_that_is_none_has_no_likelihood():
    assert dense_of(rows(1)).log_likelihood(np.array([[1.0, 2, 0], [2, 1, 0], [0, 0, 1]])) == -np.inf


def test_a_search_ends_at_the_fit_of_the_engine():
    given = rows(4)
    found = fit(given, "unstructured")
    assert dense_of(given).search(2 * np.eye(3)) == pytest.approx(found.log_likelihood, abs=1e-7)


@pytest.mark.parametrize(
    ("structure", "says"),
    [
        ("intercept", "MixedLM too (coefficients within 1e-"),
        ("slope", "MixedLM too (coefficients within 1e-"),
        ("unstructured", "5 of 5 other starts end there, none higher"),
    ],
)
def test_a_right_fit_is_told_so(structure, says):
    found = fit(rows(5, waves=4, n=80), structure)
    assert says in cross_check(found, found.over_waves, "y")


def moved(found: Fit, by: float) -> Fit:
    """The fit as if Newton's method had stopped elsewhere."""
    return replace(found, solution=restarted(found.solution, found.solution.point.free + by))


@pytest.mark.parametrize("structure", ["intercept", "slope", "unstructured"])
def test_a_fit_short_of_the_optimum_stops_the_run_without_a_trace_of_data(structure):
    given = rows(6, waves=4, n=80)
    short = moved(fit(given, structure), 0.3)
    with pytest.raises(DataError) as error:
        cross_check(short, short.over_waves, "belief")
    assert str(error.value).startswith("model of belief: found a restricted log-likelihood by")


def test_a_likelihood_that_the_dense_criterion_does_not_confirm_stops_the_run():
    found = fit(rows(7), "unstructured")
    with pytest.raises(DataError, match="the dense criterion"):
        cross_check(found, found.over_waves * 1.01, "y")


def test_a_lower_end_of_mixedlm_is_said_and_does_not_stop_the_run(monkeypatch):
    original = crosscheck.MixedLM.fit

    def stops_early(model: crosscheck.MixedLM, **options: object) -> object:
        ended = original(model, **options)
        ended.cov_re = ended.cov_re * 4
        return ended

    monkeypatch.setattr(crosscheck.MixedLM, "fit", stops_early)
    found = fit(rows(8), "intercept")
    assert "MixedLM ended" in cross_check(found, found.over_waves, "y")


def test_a_fit_without_a_solution_is_not_checked():
    given = rows(9)
    flat = replace(given, response=np.ones_like(given.response))
    assert cross_check(fit(flat, "intercept"), np.eye(3), "y") == "not checked: no solution"
