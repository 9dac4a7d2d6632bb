"""Draws from a fit and their refits, against the model that made them and one fit at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mixed_example import STRUCTURES, batches, modelled, solved
from scipy.stats import f
from test_mixed_prediction import dense, rows_of

from outcomes.mixed.prediction import fitted
from outcomes.mixed.simulate import bootstrap, draw, refit


@pytest.mark.parametrize("name", STRUCTURES)
def test_draws_have_the_mean_and_covariance_of_the_model(name):
    rows = rows_of("generated_dropout")
    solution = solved(rows, name)
    draws = 4000
    found = draw(rows, solution, draws, np.random.default_rng(1))
    assert found.shape == (len(rows.person), draws)
    v = dense(rows, solution)
    z = (found.mean(axis=1) - fitted(rows, solution)) / np.sqrt(np.diag(v) / draws)
    assert np.mean(z**2) == pytest.approx(1, abs=0.35)
    few = rows.person < 8
    size = np.sqrt(np.diag(v)[few])
    assert np.cov(found[few]) / np.outer(size, size) == pytest.approx(
        v[np.ix_(few, few)] / np.outer(size, size), abs=5 / np.sqrt(draws)
    )


def test_a_draw_is_that_of_its_generator():
    rows = rows_of("sleepstudy")
    solution = solved(rows, "slope")
    first, again = (draw(rows, solution, 3, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("name", STRUCTURES)
def test_a_batch_of_draws_is_fitted_as_each_by_itself(name, method, monkeypatch):
    monkeypatch.setattr("outcomes.mixed.products.TOGETHER", 5)
    rows = rows_of("generated_three_waves")
    solution = solved(rows, name, method)
    responses = draw(rows, solution, 12, np.random.default_rng(2))
    batch = refit(rows, solution, responses)
    for place in range(12):
        alone = solved(replace(rows, response=responses[:, [place]]), name, method)
        assert batch.status[place] == alone.status[0]
        assert batch.coefficients[place] == pytest.approx(alone.coefficients[0], rel=1e-8, abs=1e-8)
        assert batch.log_likelihood[place] == pytest.approx(alone.log_likelihood[0], rel=1e-8)
        assert batch.psi[place] == pytest.approx(alone.psi[0], rel=1e-6, abs=1e-7)


def test_a_bootstrap_has_the_spread_of_the_model_s_standard_errors():
    rows = rows_of("generated_three_waves")
    solution = solved(rows, "unstructured")
    found = bootstrap(rows, solution, 600, np.random.default_rng(3))
    assert found.solved.all()
    spread = found.coefficients.std(axis=0, ddof=1)
    assert spread == pytest.approx(np.sqrt(np.diag(solution.covariance[0])), rel=0.12)
    assert found.coefficients.mean(axis=0) == pytest.approx(
        solution.coefficients[0], abs=4 * spread.max() / np.sqrt(600)
    )


def test_draws_at_the_boundary_have_no_people_in_them():
    scores = np.random.default_rng(2).normal(5, 2, size=(6, 5))
    rows = modelled(batches(scores - scores.mean(axis=1, keepdims=True) + 5), "Yield", "Batch", [])
    solution = solved(rows, "intercept")
    assert solution.status[0] == "boundary"
    found = draw(rows, solution, 2000, np.random.default_rng(4)).reshape(6, 5, 2000)
    of_means = found.mean(axis=1).var()
    assert of_means == pytest.approx(solution.residual_variance[0] / 5, rel=0.05)
    statuses = bootstrap(rows, solution, 200, np.random.default_rng(5)).status
    # with no variance between people the REML estimate is 0 where F of the analysis of variance is below 1
    assert np.mean(statuses == "boundary") == pytest.approx(f.cdf(1, 5, 24), abs=0.12)


def test_what_cannot_be_drawn_or_fitted_again_is_refused():
    rows = rows_of("generated_three_waves")
    solution = solved(rows, "intercept")
    with pytest.raises(ValueError, match="rows x fits"):
        refit(rows, solution, rows.response[:-1])
    weighted = solved(rows, "intercept", weights=np.ones(rows.n_people), kind="sampling")
    with pytest.raises(ValueError, match="weighted"):
        refit(rows, weighted, rows.response)
    flat = replace(rows, response=np.zeros_like(rows.response))
    with pytest.raises(ValueError, match="do not vary"):
        draw(flat, solved(flat, "intercept"), 2, np.random.default_rng(1))
