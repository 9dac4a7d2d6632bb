"""Cluster-robust covariance and degrees of freedom, against clubSandwich and definitions written out."""

from __future__ import annotations

import numpy as np
import pytest
from mixed_example import STRUCTURES, frozen, solved
from scipy.linalg import sqrtm
from test_mixed_prediction import case_of, dense, rows_of

from outcomes.mixed.robust import cr2, robust
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution


def in_terms(rows: Rows, solution: Solution) -> np.ndarray:
    """Each coefficient as a contrast in the basis."""
    return solution.products.basis.estimable(np.eye(len(rows.terms)))


ROBUST = frozen("robust")
CASES = tuple(name for name in ROBUST if name.endswith(("_intercept", "_unstructured")))


@pytest.mark.parametrize("case", CASES)
def test_cr2_is_that_of_clubsandwich(case):
    """clubSandwich for person intercepts; robust.R's own definition at the exact optimum over waves."""
    rows, structure = case_of(case)
    solution, wanted = solved(rows, structure), ROBUST[case]
    found, contrasts = robust(rows, solution), in_terms(rows, solution)
    assert [found.std_error(each) for each in contrasts] == pytest.approx(wanted["std_error"], rel=1e-6)
    assert [found.df(each) for each in contrasts] == pytest.approx(wanted["df"], rel=1e-4)
    size = np.sqrt(np.diag(wanted["vcov"]))
    covariance = contrasts @ found.covariance @ contrasts.T
    assert covariance / np.outer(size, size) == pytest.approx(
        np.array(wanted["vcov"]) / np.outer(size, size), abs=1e-6
    )
    for kind in ("CR0", "CR1"):
        if f"vcov_{kind.lower()}" in wanted:
            plain = robust(rows, solution, kind)
            assert [plain.std_error(each) for each in contrasts] == pytest.approx(
                np.sqrt(np.diag(wanted[f"vcov_{kind.lower()}"])), rel=1e-6
            )


def by_definition(rows: Rows, solution: Solution, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """CR2 variances and df with all matrices of rows by rows (Pustejovsky & Tipton 2018)."""
    x, v, w_row = rows.design, dense(rows, solution), weights[rows.person]
    w = np.linalg.inv(v) * w_row[:, None]
    m = np.linalg.inv(x.T @ w @ x)
    hat = x @ m @ x.T @ w
    left = np.eye(len(x)) - hat
    spread, residual = left @ v @ left.T, left @ rows.response[:, 0]
    variances, dfs = [], []
    adjust = []
    for person in range(rows.n_people):
        own = np.flatnonzero(rows.person == person)
        d = np.linalg.cholesky(v[np.ix_(own, own)]).T
        inner = d @ spread[np.ix_(own, own)] @ d.T
        adjust.append((own, d.T @ np.linalg.inv(np.real(sqrtm(inner))) @ d))
    for term in range(x.shape[1]):
        p = np.zeros((rows.n_people, len(x)))
        for person, (own, a) in enumerate(adjust):
            p[person, own] = a @ w[np.ix_(own, own)] @ x[own] @ m[:, term]
        variances.append(((p @ residual) ** 2).sum())
        forms = p @ spread @ p.T
        dfs.append(np.trace(forms) ** 2 / (forms**2).sum())
    return np.array(variances), np.array(dfs)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", STRUCTURES)
def test_cr2_is_its_definition_under_every_structure(name, weighted):
    rows = rows_of("generated_dropout")
    weights = np.random.default_rng(1).uniform(0.2, 3, rows.n_people)
    given = {"weights": weights, "kind": "sampling"} if weighted else {}
    solution = solved(rows, name, **given)
    found = robust(rows, solution, weights=weights if weighted else None)
    variances, dfs = by_definition(rows, solution, weights if weighted else np.ones(rows.n_people))
    contrasts = in_terms(rows, solution)
    assert [found.std_error(each) ** 2 for each in contrasts] == pytest.approx(variances, rel=1e-8)
    assert [found.df(each) for each in contrasts] == pytest.approx(dfs, rel=1e-7)


def test_two_groups_of_equal_rows_have_welch_standard_error_and_df():
    """CR2 of a mean difference between people's means is Welch's test's (Imbens & Kolesar 2016, p. 706)."""
    random = np.random.default_rng(3)
    group = np.repeat([0.0, 1.0], [7, 12])
    y = random.normal(size=19) + group
    rows = Rows.of(y, np.column_stack([np.ones(19), group]), np.arange(19))
    rows = Rows.of(
        np.repeat(y, 2) + np.tile([0.5, -0.5], 19),
        np.repeat(rows.design, 2, axis=0),
        np.repeat(np.arange(19), 2),
    )
    solution = solved(rows, "intercept")
    std_error, df = cr2(rows, solution, in_terms(rows, solution)[1])
    parts = np.array([y[group == each].var(ddof=1) / (group == each).sum() for each in (0, 1)])
    assert std_error == pytest.approx(np.sqrt(parts.sum()), rel=1e-8)
    # Welch's df with equal true variances, which is what the working model says
    sizes = np.array([7, 12])
    assert df == pytest.approx((1 / sizes).sum() ** 2 / (1 / sizes**2 / (sizes - 1)).sum(), rel=1e-8)


def test_plain_sandwiches_of_a_mean():
    random = np.random.default_rng(4)
    y, weights = random.normal(size=(30, 2)).cumsum(axis=1), random.uniform(0.5, 2, 30)
    rows = Rows.of(y.reshape(-1), np.ones((60, 1)), np.repeat(np.arange(30), 2))
    solution = solved(rows, "intercept", weights=weights, kind="sampling")
    contrast = in_terms(rows, solution)[0]
    mean = np.average(y.mean(axis=1), weights=weights)
    plain = np.sqrt((weights**2 * (y.mean(axis=1) - mean) ** 2).sum()) / weights.sum()
    found = {kind: robust(rows, solution, kind, weights) for kind in ("CR0", "CR1")}
    assert found["CR0"].std_error(contrast) == pytest.approx(plain, rel=1e-8)
    assert found["CR1"].std_error(contrast) == pytest.approx(plain * np.sqrt(30 / 29), rel=1e-8)
    assert found["CR1"].df(contrast) == 29


def test_a_person_with_a_coefficient_of_its_own_adds_nothing():
    rows = rows_of("generated_three_waves")
    alone = (rows.person == 0).astype(float)
    wider = Rows.of(
        rows.response, np.column_stack([rows.design, alone]), rows.person, terms=[*rows.terms, "alone"],
        wave=rows.wave,
    )  # fmt: skip
    solution = solved(wider, "intercept")
    found = robust(wider, solution)
    for contrast in in_terms(wider, solution)[:-1]:
        assert np.isfinite([found.std_error(contrast), found.df(contrast)]).all()


def test_intervals_hold_where_the_structure_is_wrong():
    """A random intercept alone fitted to people who differ in slope: CR2 covers, the model does not."""
    random, inside = np.random.default_rng(5), np.zeros(2)
    time = np.tile(np.arange(4.0), 40)
    person = np.repeat(np.arange(40), 4)
    for _ in range(120):
        y = random.normal(size=40)[person] + random.normal(size=40)[person] * time + random.normal(size=160)
        rows = Rows.of(y, np.column_stack([np.ones(160), time]), person)
        solution = solved(rows, "intercept")
        contrast = in_terms(rows, solution)[1]
        estimate = contrast @ solution.coefficients[0]
        by_model = np.sqrt(contrast @ solution.covariance[0] @ contrast)
        inside += np.abs(estimate) < np.array([2.02 * cr2(rows, solution, contrast)[0], 2.02 * by_model])
    assert inside[0] / 120 == pytest.approx(0.95, abs=0.05)
    assert inside[1] / 120 < 0.85


def test_people_stacked_in_parts_give_the_same(monkeypatch):
    rows = rows_of("generated_dropout")
    solution = solved(rows, "slope")
    contrast = in_terms(rows, solution)[-1]
    whole = cr2(rows, solution, contrast)
    monkeypatch.setattr("outcomes.mixed.robust.HELD", 1)
    assert cr2(rows, solution, contrast) == pytest.approx(whole, rel=1e-10)


def test_what_has_no_sandwich_is_refused():
    rows = rows_of("generated_three_waves")
    solution = solved(rows, "intercept")
    with pytest.raises(ValueError, match="none for a fit without"):
        robust(rows, solution, weights=np.ones(rows.n_people))
    counted = solved(rows, "intercept", weights=np.ones(rows.n_people), kind="frequency")
    with pytest.raises(ValueError, match="repeat the people"):
        robust(rows, counted)
    flat = Rows.of(np.ones(len(rows.person)), rows.design, rows.person)
    with pytest.raises(ValueError, match="do not vary"):
        robust(flat, solved(flat, "intercept"))
    with pytest.raises(ValueError, match="not the rows"):
        robust(rows_of("orthodont"), solution)
