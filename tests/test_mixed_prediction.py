"""Predictions and random effects of a fit, against lme4, formulae written out densely, and closed forms."""

from __future__ import annotations

from dataclasses import replace

import mixed_example as data
import numpy as np
import pytest
from mixed_example import STRUCTURES, dense_covariance, frozen, modelled, solved

from outcomes.mixed.prediction import (
    NEW,
    best_linear,
    fitted,
    loadings_of,
    predict,
    random_effects,
)
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution

SEX, GROUP = ["wave", "Sex", "wave:Sex"], ["wave", "group", "x", "wave:group"]
MODELS = {
    "sleepstudy": lambda: modelled(data.sleepstudy(), "Reaction", "Subject", ["Days"], "Days"),
    "sleepstudy_uneven": lambda: modelled(data.sleepstudy(True), "Reaction", "Subject", ["Days"], "Days"),
    "orthodont": lambda: modelled(data.orthodont(), "distance", "Subject", SEX, "age"),
    "orthodont_uneven": lambda: modelled(data.orthodont(True), "distance", "Subject", SEX, "age"),
    "dyestuff": lambda: modelled(data.batches(data.DYESTUFF), "Yield", "Batch", []),
    "dyestuff2": lambda: modelled(data.batches(data.DYESTUFF2), "Yield", "Batch", []),
    "star_reading": lambda: modelled(data.star("read"), "score", "id", ["wave", "group", "wave:group"]),
}


def rows_of(name: str) -> Rows:
    """The rows of a frozen case, its structure left off."""
    if name.startswith("generated_"):
        return modelled(data.generated(name.removeprefix("generated_")), "y", "person", GROUP, "time")
    return MODELS[name]()


def case_of(name: str) -> tuple[Rows, str]:
    """The rows and the structure of a frozen case."""
    known, _, structure = name.rpartition("_")
    return (rows_of(known), structure) if structure in STRUCTURES else (rows_of(name), "intercept")


def dense(rows: Rows, solution: Solution) -> np.ndarray:
    """V of all rows (rows x rows), in squared units."""
    structure, scale = solution.products.structure, float(solution.residual_variance[0])
    return dense_covariance(rows, structure, solution.point.psi[0], scale)


@pytest.mark.parametrize("case", ["sleepstudy_slope", "orthodont_intercept", "orthodont_uneven_intercept"])
def test_blups_and_fitted_values_are_those_of_lme4(case):
    rows, structure = case_of(case)
    solution, wanted = solved(rows, structure), frozen("pieces")["prediction"][case]
    effects = random_effects(rows, solution)
    size = np.abs(wanted["blup"]).max(axis=0)
    assert effects / size == pytest.approx(np.array(wanted["blup"]) / size, abs=1e-6)
    found = predict(rows, solution, rows.design, person=rows.person, wave=rows.wave, time=rows.time)
    assert found.marginal == pytest.approx(np.array(wanted["fitted_fixed_only"])[rows.order], rel=1e-7)
    assert found.conditional == pytest.approx(np.array(wanted["fitted"])[rows.order], rel=1e-7)


@pytest.mark.parametrize("name", STRUCTURES)
def test_random_effects_are_henderson_s_written_out(name):
    rows = rows_of("generated_dropout")
    solution = solved(rows, name)
    v, z = dense(rows, solution), loadings_of(rows, solution)
    weighted = np.linalg.solve(v, rows.response[:, 0] - fitted(rows, solution))
    carried = np.zeros((rows.n_people, z.shape[1]))
    np.add.at(carried, rows.person, z * weighted[:, None])
    assert best_linear(rows, solution) == pytest.approx(carried @ solution.psi[0], rel=1e-7, abs=1e-9)


def test_balanced_intercepts_are_shrunken_means():
    rows = rows_of("dyestuff")
    solution = solved(rows, "intercept")
    means = rows.response.reshape(6, 5).mean(axis=1)
    between, within = solution.psi[0, 0, 0], solution.residual_variance[0]
    shrunk = between / (between + within / 5) * (means - means.mean())
    assert random_effects(rows, solution)[:, 0] == pytest.approx(shrunk, rel=1e-9)
    found = predict(rows, solution, np.ones((2, 1)), person=np.array([3, NEW]))
    assert found.marginal == pytest.approx([means.mean()] * 2)
    assert found.conditional == pytest.approx([means.mean() + shrunk[3], means.mean()])
    # the standard error of a balanced mean is that of the mean of means
    assert found.std_error == pytest.approx([means.std(ddof=1) / np.sqrt(6)] * 2, rel=1e-7)


def test_slopes_are_told_in_the_time_that_was_given():
    rows = rows_of("sleepstudy")
    solution = solved(rows, "slope")
    moved = replace(rows, design=rows.design + np.array([0.0, 2000.0]), time=rows.time + 2000)
    later = solved(moved, "slope")
    here, there = random_effects(rows, solution), random_effects(moved, later)
    assert there[:, 1] == pytest.approx(here[:, 1], rel=1e-6)
    assert there[:, 0] + 2000 * there[:, 1] == pytest.approx(here[:, 0], rel=1e-5)


@pytest.mark.parametrize("name", STRUCTURES)
def test_at_the_rows_of_the_fit_a_prediction_is_the_fitted_value(name):
    rows = rows_of("generated_three_waves")
    solution = solved(rows, name)
    found = predict(rows, solution, rows.design, person=rows.person, wave=rows.wave, time=rows.time)
    own = (loadings_of(rows, solution) * best_linear(rows, solution)[rows.person]).sum(axis=1)
    assert found.marginal == pytest.approx(fitted(rows, solution))
    assert found.conditional == pytest.approx(fitted(rows, solution) + own)
    if solution.products.structure.by_wave:
        assert found.conditional == pytest.approx(rows.response[:, 0], abs=1e-8)


def test_a_wave_without_a_score_is_expected_by_regression_on_the_others():
    rows = rows_of("generated_three_waves")
    solution = solved(rows, "unstructured")
    psi = solution.psi[0]
    person = next(each for each in range(rows.n_people) if set(rows.wave[rows.person == each]) == {0, 1})
    own = rows.person == person
    other = rows.design[(rows.wave == 2) & (rows.design[:, 3] == rows.design[own][0, 3])][:1].copy()
    found = predict(rows, solution, other, person=np.array([person]), wave=np.array([2]))
    deviation = rows.response[own, 0] - fitted(rows, solution)[own]
    expected = psi[2, :2] @ np.linalg.solve(psi[:2, :2], deviation)
    assert found.conditional - found.marginal == pytest.approx([expected])


def test_a_row_that_cannot_be_estimated_is_nan_and_others_are_not():
    rows = rows_of("dyestuff")
    doubled = Rows.of(rows.response, np.ones((30, 2)), rows.person, terms=["one", "again"])
    found = predict(doubled, solved(doubled, "intercept"), np.array([[1.0, 1.0], [1.0, 0.0]]))
    assert np.isfinite([found.marginal[0], found.std_error[0]]).all()
    assert np.isnan([found.marginal[1], found.std_error[1], found.conditional[1]]).all()


def test_at_the_boundary_nobody_differs():
    rows = rows_of("generated_boundary")
    solution = solved(rows, "intercept")
    assert solution.status[0] == "boundary"
    assert best_linear(rows, solution) == pytest.approx(0, abs=1e-12)


def test_what_cannot_be_predicted_is_refused():
    rows = rows_of("generated_three_waves")
    solution = solved(rows, "unstructured")
    with pytest.raises(ValueError, match="needs the wave"):
        predict(rows, solution, rows.design[:1], person=np.array([0]))
    with pytest.raises(ValueError, match="coded as in the fit"):
        predict(rows, solution, rows.design[:1], person=np.array([0]), wave=np.array([3]))
    with pytest.raises(ValueError, match="must be a code"):
        predict(rows, solution, rows.design[:1], person=np.array([rows.n_people]), wave=np.array([0]))
    both = replace(rows, response=np.column_stack([rows.response, rows.response]))
    with pytest.raises(ValueError, match="one fit"):
        best_linear(both, solved(both, "intercept"))
