"""Predictions and random effects of a fit, against lme4, formulae written out densely, and closed forms.

`longitudinal` and the data sets below it serve the other tests of the engine's further answers, too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tiny

from outcomes.mixed.prediction import (
    NEW,
    best_linear,
    fitted,
    loadings_of,
    predict,
    random_effects,
)
from outcomes.mixed.products import Products
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution, solve
from outcomes.mixed.structures import (
    HeterogeneousSymmetry,
    Intercept,
    Slope,
    Structure,
    Unstructured,
)

ORACLE = tiny.ROOT / "tests" / "oracle"


def longitudinal(
    data: pd.DataFrame, response: str, person: str, wave: str, group: str, focal: str, x: str | None = None
) -> Rows:
    """Wave x group with R's treatment contrasts, in the order of R's columns; time is the wave's number."""
    waves, code = np.unique(data[wave], return_inverse=True)
    later = [(code == place).astype(float) for place in range(1, len(waves))]
    focal_person = (data[group] == focal).to_numpy(dtype=float)
    columns = {"(Intercept)": np.ones(len(data))}
    columns |= {f"wave{label}": column for label, column in zip(waves[1:], later, strict=True)}
    columns[f"group{focal}"] = focal_person
    columns |= {} if x is None else {"x": data[x].to_numpy(dtype=float)}
    columns |= {
        f"wave{label}:group": column * focal_person for label, column in zip(waves[1:], later, strict=True)
    }
    return Rows.of(
        data[response].to_numpy(dtype=float), np.column_stack(list(columns.values())),
        data[person].to_numpy(), terms=list(columns), wave=code, time=code.astype(float),
    )  # fmt: skip


def linear(data: pd.DataFrame, response: str, person: str, time: str) -> Rows:
    """An intercept and a slope of time."""
    times = data[time].to_numpy(dtype=float)
    _, wave = np.unique(times, return_inverse=True)
    design = np.column_stack([np.ones(len(data)), times])
    return Rows.of(
        data[response].to_numpy(dtype=float), design, data[person].astype(str).to_numpy(),
        terms=["(Intercept)", time], wave=wave, time=times,
    )  # fmt: skip


def sleepstudy() -> Rows:
    return linear(pd.read_csv(ORACLE / "sleepstudy.csv"), "Reaction", "Subject", "Days")


def orthodont(uneven: bool = False) -> Rows:
    data = pd.read_csv(ORACLE / "orthodont.csv")
    if uneven:
        data = data[~((data["age"] == 14) & data["Subject"].isin(data["Subject"].unique()[:7]))]
    rows = longitudinal(data, "distance", "Subject", "age", "Sex", "Female")
    return replace(rows, time=8 + 2 * rows.time)


def generated(name: str) -> Rows:
    data = pd.read_csv(ORACLE / "generated.csv")
    return longitudinal(data[data["set"] == name], "y", "person", "wave", "group", "low", "x")


def one_way(scores: np.ndarray) -> Rows:
    """A mean alone; ``scores`` is people x rows each."""
    people, each = scores.shape
    return Rows.of(scores.reshape(-1), np.ones((people * each, 1)), np.repeat(np.arange(people), each))


def dyestuff() -> Rows:
    """Six batches of five preparations (Davies & Goldsmith 1972; Dyestuff in lme4)."""
    return one_way(np.array([
        [1545, 1440, 1440, 1520, 1580], [1540, 1555, 1490, 1560, 1495], [1595, 1550, 1605, 1510, 1560],
        [1445, 1440, 1595, 1465, 1545], [1595, 1630, 1515, 1635, 1625], [1520, 1455, 1450, 1480, 1445],
    ], dtype=float))  # fmt: skip


def fit(rows: Rows, structure: Structure, method: str = "REML", **weights: object) -> Solution:
    return solve(Products.of(rows, structure, **weights), method)  # type: ignore[arg-type]


def dense(rows: Rows, solution: Solution) -> np.ndarray:
    """V of all rows (rows x rows), in squared units."""
    z = loadings_of(rows, solution)
    same = rows.person[:, None] == rows.person
    residual = solution.point.constant * solution.residual_variance[0]
    return same * (z @ solution.psi[0] @ z.T) + residual * np.eye(len(same))


STRUCTURES = {
    "intercept": lambda rows: Intercept(),
    "slope": lambda rows: Slope.of(rows.time),
    "unstructured": lambda rows: Unstructured(int(rows.wave.max()) + 1),
    "symmetry": lambda rows: HeterogeneousSymmetry(int(rows.wave.max()) + 1),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_random_effects_are_henderson_s_written_out(name):
    rows = generated("dropout")
    solution = fit(rows, STRUCTURES[name](rows))
    v, z = dense(rows, solution), loadings_of(rows, solution)
    solved = np.linalg.solve(v, rows.response[:, 0] - fitted(rows, solution))
    carried = np.zeros((rows.n_people, z.shape[1]))
    np.add.at(carried, rows.person, z * solved[:, None])
    assert best_linear(rows, solution) == pytest.approx(carried @ solution.psi[0], rel=1e-7, abs=1e-9)


def test_balanced_intercepts_are_shrunken_means():
    rows = dyestuff()
    solution = fit(rows, Intercept())
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
    rows = sleepstudy()
    solution = fit(rows, Slope.of(rows.time))
    moved = replace(rows, design=rows.design + np.array([0.0, 2000.0]), time=rows.time + 2000)
    later = fit(moved, Slope.of(moved.time))
    here, there = random_effects(rows, solution), random_effects(moved, later)
    assert there[:, 1] == pytest.approx(here[:, 1], rel=1e-6)
    assert there[:, 0] + 2000 * there[:, 1] == pytest.approx(here[:, 0], rel=1e-5)


@pytest.mark.parametrize("name", STRUCTURES)
def test_at_the_rows_of_the_fit_a_prediction_is_the_fitted_value(name):
    rows = generated("three_waves")
    solution = fit(rows, STRUCTURES[name](rows))
    found = predict(rows, solution, rows.design, person=rows.person, wave=rows.wave, time=rows.time)
    own = (loadings_of(rows, solution) * best_linear(rows, solution)[rows.person]).sum(axis=1)
    assert found.marginal == pytest.approx(fitted(rows, solution))
    assert found.conditional == pytest.approx(fitted(rows, solution) + own)
    if solution.products.structure.by_wave:
        assert found.conditional == pytest.approx(rows.response[:, 0], abs=1e-8)


def test_a_wave_without_a_score_is_expected_by_regression_on_the_others():
    rows = generated("three_waves")
    solution = fit(rows, Unstructured(3))
    psi = solution.psi[0]
    person = next(each for each in range(rows.n_people) if set(rows.wave[rows.person == each]) == {0, 1})
    own = rows.person == person
    other = rows.design[(rows.wave == 2) & (rows.design[:, 3] == rows.design[own][0, 3])][:1].copy()
    found = predict(rows, solution, other, person=np.array([person]), wave=np.array([2]))
    deviation = rows.response[own, 0] - fitted(rows, solution)[own]
    expected = psi[2, :2] @ np.linalg.solve(psi[:2, :2], deviation)
    assert found.conditional - found.marginal == pytest.approx([expected])


def test_a_row_that_cannot_be_estimated_is_nan_and_others_are_not():
    rows = dyestuff()
    doubled = Rows.of(rows.response, np.ones((30, 2)), rows.person, terms=["one", "again"])
    found = predict(doubled, fit(doubled, Intercept()), np.array([[1.0, 1.0], [1.0, 0.0]]))
    assert np.isfinite([found.marginal[0], found.std_error[0]]).all()
    assert np.isnan([found.marginal[1], found.std_error[1], found.conditional[1]]).all()


def test_at_the_boundary_nobody_differs():
    rows = generated("boundary")
    solution = fit(rows, Intercept())
    assert solution.status[0] == "boundary"
    assert best_linear(rows, solution) == pytest.approx(0, abs=1e-12)


def test_what_cannot_be_predicted_is_refused():
    rows = generated("three_waves")
    solution = fit(rows, Unstructured(3))
    with pytest.raises(ValueError, match="needs the wave"):
        predict(rows, solution, rows.design[:1], person=np.array([0]))
    with pytest.raises(ValueError, match="coded as in the fit"):
        predict(rows, solution, rows.design[:1], person=np.array([0]), wave=np.array([3]))
    with pytest.raises(ValueError, match="must be a code"):
        predict(rows, solution, rows.design[:1], person=np.array([rows.n_people]), wave=np.array([0]))
    both = replace(rows, response=np.column_stack([rows.response, rows.response]))
    with pytest.raises(ValueError, match="one fit"):
        best_linear(both, fit(both, Intercept()))
