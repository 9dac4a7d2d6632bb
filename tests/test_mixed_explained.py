"""R2 and intraclass correlation, against closed forms, definitions and known truth."""

from __future__ import annotations

import numpy as np
import pytest
from mixed_example import frozen, solved
from test_mixed_prediction import case_of, dense, rows_of

from outcomes.mixed.explained import explained
from outcomes.mixed.prediction import fitted
from outcomes.mixed.rows import Rows

CASES = (
    "sleepstudy_intercept", "sleepstudy_slope", "sleepstudy_uneven_slope", "orthodont_intercept", "dyestuff2",
    "orthodont_uneven_intercept", "generated_dropout_intercept", "generated_dropout_slope",
    "generated_small_intercept",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_parts_are_those_of_lme4_s_estimates(case):
    wanted = frozen("pieces")["r2"][case]
    rows, structure = case_of(case)
    found = explained(rows, solved(rows, structure))
    for part, name in (("fixed", "fixed"), ("between", "random"), ("within", "residual")):
        size = wanted["fixed_variance"] + wanted["random_variance"] + wanted["residual_variance"]
        assert getattr(found, part) / size == pytest.approx(wanted[f"{name}_variance"] / size, abs=1e-6)
    for name in ("marginal", "conditional", "icc"):
        assert getattr(found, name) == pytest.approx(wanted[name], abs=1e-6)


def test_a_balanced_layout_has_the_icc_of_its_analysis_of_variance():
    rows = rows_of("dyestuff")
    scores = rows.response.reshape(6, 5)
    between, within = 5 * scores.mean(axis=1).var(ddof=1), scores.var(axis=1, ddof=1).mean()
    found = explained(rows, solved(rows, "intercept"))
    assert found.icc == pytest.approx((between - within) / (between + 4 * within), rel=1e-7)
    assert found.marginal == pytest.approx(0, abs=1e-12)
    assert found.conditional == found.icc == found.icc_of_all


@pytest.mark.parametrize("name", ["intercept", "slope"])
def test_random_effects_count_by_their_mean_variance_over_rows(name):
    rows = rows_of("generated_dropout")
    solution = solved(rows, name)
    found = explained(rows, solution)
    residual = solution.residual_variance[0]
    random = np.diag(dense(rows, solution)).mean() - residual
    fixed = fitted(rows, solution).var(ddof=1)
    assert found.marginal == pytest.approx(fixed / (fixed + random + residual))
    assert found.conditional == pytest.approx((fixed + random) / (fixed + random + residual))
    assert found.icc == pytest.approx(random / (random + residual))


@pytest.mark.parametrize("name", ["unstructured", "symmetry"])
def test_over_waves_people_count_by_their_mean_covariance(name):
    rows = rows_of("generated_dropout")
    solution = solved(rows, name)
    found = explained(rows, solution)
    v = dense(rows, solution)
    same = (rows.person[:, None] == rows.person) & ~np.eye(len(v), dtype=bool)
    assert found.icc == pytest.approx(v[same].mean() / np.diag(v).mean())
    assert found.between + found.within == pytest.approx(np.diag(v).mean())


def test_structures_agree_where_the_scores_of_a_person_correlate_alike():
    random, person = np.random.default_rng(1), np.repeat(np.arange(4000), 3)
    wave = np.tile(np.arange(3), 4000)
    y = 0.5 * wave + 2 * random.normal(size=4000)[person] + random.normal(size=12000)
    rows = Rows.of(y, np.column_stack([np.ones(12000), wave]), person, wave=wave, time=wave)
    for structure in ("intercept", "slope", "unstructured"):
        found = explained(rows, solved(rows, structure))
        fixed = 0.25 * 2 / 3
        assert found.icc == pytest.approx(0.8, abs=0.01)
        assert found.marginal == pytest.approx(fixed / (fixed + 5), abs=0.005)
        assert found.conditional == pytest.approx((fixed + 4) / (fixed + 5), abs=0.01)


def test_scores_that_repel_have_a_negative_correlation_over_waves_and_none_by_an_intercept():
    random = np.random.default_rng(2)
    scores = random.multivariate_normal([0, 0], [[1, -0.5], [-0.5, 1]], 200)
    rows = Rows.of(scores.reshape(-1), np.ones((400, 1)), np.arange(400) // 2, wave=np.arange(400) % 2)
    assert explained(rows, solved(rows, "unstructured")).icc == pytest.approx(-0.5, abs=0.15)
    boundary = solved(rows, "intercept")
    assert boundary.status[0] == "boundary"
    assert explained(rows, boundary).icc == 0


def test_units_of_scores_and_time_do_not_matter():
    rows = rows_of("sleepstudy")
    found = explained(rows, solved(rows, "slope"))
    other = Rows.of(
        rows.response / 1000 + 5, rows.design @ np.diag([1, 60]), rows.person, terms=rows.terms,
        time=rows.time * 60 + 7,
    )  # fmt: skip
    again = explained(other, solved(other, "slope"))
    for name in ("marginal", "conditional", "icc", "icc_of_all"):
        assert getattr(again, name) == pytest.approx(getattr(found, name), rel=1e-6)


def test_a_person_counted_twice_is_two_people():
    rows = rows_of("generated_three_waves")
    counts = np.random.default_rng(3).integers(1, 3, rows.n_people).astype(float)
    parts = [np.flatnonzero(np.isin(rows.person, np.flatnonzero(counts >= times))) for times in (1, 2)]
    both = np.concatenate(parts)
    person = np.concatenate([rows.person[parts[0]], rows.person[parts[1]] + rows.n_people])
    repeated = Rows.of(rows.response[both], rows.design[both], person, wave=rows.wave[both])
    once = solved(rows, "unstructured", weights=counts, kind="frequency")
    found, wanted = explained(rows, once, counts), explained(repeated, solved(repeated, "unstructured"))
    assert found.marginal == pytest.approx(wanted.marginal, rel=1e-6)
    assert found.icc == pytest.approx(wanted.icc, rel=1e-6)
    with pytest.raises(ValueError, match="weights of people"):
        explained(rows, once)
