"""What cannot be fitted or told says so: no number without a status, no exception but a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from mixed_example import DYESTUFF2, batches, by_group, designed, invented, modelled, solved

from outcomes.mixed import solve as solving
from outcomes.mixed.fit import Fit, fit
from outcomes.mixed.products import Products
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import solve
from outcomes.mixed.structures import Intercept

NAMES = ("intercept", "slope", "unstructured")
METHODS = ("REML", "ML")
BASE = invented(1, n=30)
CONSTANT = "not estimable: scores do not vary within people"
SAME = "not estimable: the scores do not vary"
FEW = "not estimable: no more scores than coefficients"
ALONE = "not estimable: nobody has two scores"
UNKNOWN = "not identified: the scores cannot tell the covariance parameters apart"
FALLEN = "person intercept"


@pytest.fixture(autouse=True)
def _strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def rows_of(y: object = None, **changes: object) -> Rows:
    """The rows of BASE with some parts exchanged."""
    parts = {
        "response": BASE["y"].to_numpy() if y is None else y,
        "design": designed(BASE, ["wave", "group", "x", "wave:group"]).to_numpy(),
        "person": BASE["person"].to_numpy(),
        "wave": BASE["wave"].cat.codes.to_numpy(),
        "time": BASE["time"].to_numpy(),
    } | changes
    return Rows.of(
        parts["response"], parts["design"], parts["person"], wave=parts["wave"], time=parts["time"]
    )


def assert_sound(found: Fit) -> None:
    """Each coefficient has all its numbers, or none and a status that says why."""
    for weights in np.eye(len(found.rows.terms)):
        test = found.test(weights)
        numbers = [test.estimate[0], test.std_error[0], test.statistic, test.df, test.p_value]
        if test.estimable:
            assert test.status in ("ok", "boundary")
            assert np.isfinite(numbers).all()
            assert test.std_error[0] > 1e-9 * abs(test.estimate[0])
            assert test.df > 0
            assert 0 <= test.p_value <= 1
        else:
            assert np.isnan(numbers).all()
            assert test.status.startswith(("not estimable:", "not identified:", "unconverged"))


def assert_untold(rows: Rows, status: str, name: str, method: str) -> Fit:
    found = fit(rows, name, method)
    assert found.status == status
    assert not found.solved
    assert_sound(found)
    return found


@pytest.mark.parametrize("method", METHODS)
def test_no_variance_between_people_is_a_boundary(method):
    found = fit(modelled(batches(DYESTUFF2), "Yield", "Batch", []), "intercept", method)
    assert found.status == "boundary"
    assert found.random_covariance[0, 0] == 0
    assert found.df_method == ("kenward-roger" if method == "REML" else "satterthwaite")
    assert_sound(found)


@pytest.mark.parametrize("method", METHODS)
def test_perfectly_correlated_effects_are_a_boundary(method):
    found = fit(rows_of(), "slope", method)
    assert found.status == "boundary"
    assert np.linalg.eigvalsh(found.solution.point.psi[0])[0] == pytest.approx(0, abs=1e-12)
    assert_sound(found)


@pytest.mark.parametrize(("name", "method"), list(product(NAMES, METHODS)))
def test_equal_scores(name, method):
    for y in (np.zeros(len(BASE)), np.full(len(BASE), 3.7), 2 * BASE["time"].to_numpy() + 1):
        assert_untold(rows_of(y), SAME, name, method)


@pytest.mark.parametrize(("name", "method"), list(product(NAMES, METHODS)))
def test_no_variance_within_people(name, method):
    y = BASE.groupby("person")["y"].transform("first").to_numpy()
    for each in (y, y + BASE["time"].to_numpy()):
        assert_untold(rows_of(each), CONSTANT, name, method)


@pytest.mark.parametrize(("name", "method"), list(product(NAMES, METHODS)))
def test_one_score_a_person(name, method):
    assert_untold(by_group(BASE.groupby("person").sample(1, random_state=1)), ALONE, name, method)


@pytest.mark.parametrize(("name", "method"), list(product(NAMES, METHODS)))
def test_one_person(name, method):
    found = assert_untold(by_group(BASE[BASE["person"] == 0]), FEW, name, method)
    assert "grouplow" in found.dropped


@pytest.mark.parametrize(("name", "method"), list(product(NAMES, METHODS)))
def test_more_columns_than_rows(name, method):
    random = np.random.default_rng(1)
    design = random.normal(size=(len(BASE), len(BASE) + 3))
    found = assert_untold(rows_of(design=design), FEW, name, method)
    assert len(found.dropped) == 3


def test_a_pair_of_waves_never_seen_together_leaves_unstructured():
    odd = BASE["person"] % 2 == 1
    rows = by_group(BASE[~((BASE["time"] == 2) & ~odd) & ~((BASE["time"] == 3) & odd)])
    found = fit(rows, "unstructured")
    assert solved(rows, "unstructured").status[0] == UNKNOWN
    assert (found.declared, found.structure) == (
        "unstructured over waves", "heterogeneous compound symmetry"
    )  # fmt: skip
    assert found.fall_back == "unstructured over waves is not identified"
    assert found.robust
    assert_sound(found)


def test_a_slope_with_two_times_leaves_for_an_intercept_with_cr2():
    data = BASE[BASE["time"] < 2]
    rows = by_group(data.assign(wave=data["wave"].cat.remove_unused_categories()))
    found = fit(rows, "slope")
    assert solved(rows, "slope").status[0] == UNKNOWN
    assert (found.structure, found.robust) == (FALLEN, True)
    assert found.fall_back == "intercept and slope is not identified"
    assert (found.df_name, found.test(np.eye(5)[-1]).df_method) == ("CR2, Satterthwaite",) * 2
    assert_sound(found)
    with pytest.raises(ValueError, match="single contrasts"):
        found.test(np.eye(5)[-2:])


def test_a_slope_without_a_spread_of_time_is_not_identified():
    assert solved(rows_of(time=np.ones(len(BASE))), "slope").status[0] == UNKNOWN


def test_two_people_cannot_tell_four_waves_apart():
    found = fit(by_group(invented(1, n=3, missing=0)), "unstructured")
    assert UNKNOWN in (found.status, solved(found.rows, "unstructured").status[0])
    assert_sound(found)


def test_the_chain_of_fall_backs(monkeypatch):
    """Whatever does not converge: unstructured, heterogeneous symmetry, person intercept, these with CR2."""
    real = solving._statuses

    def stubborn(names: tuple[str, ...]) -> Callable:
        def statuses(best: object) -> np.ndarray:
            hopeless = best.point.products.structure.name in names
            return np.array(["unconverged"], dtype=object) if hopeless else real(best)

        return statuses

    monkeypatch.setattr(solving, "_statuses", stubborn(("unstructured over waves",)))
    first = fit(rows_of(), "unstructured")
    assert first.fall_back == "unstructured over waves did not converge"
    assert (first.structure, first.robust) == ("heterogeneous compound symmetry", True)
    names = ("unstructured over waves", "heterogeneous compound symmetry")
    monkeypatch.setattr(solving, "_statuses", stubborn(names))
    second = fit(rows_of(), "unstructured")
    assert second.fall_back == f"{names[0]} did not converge; {names[1]} did not converge"
    assert (second.structure, second.robust) == (FALLEN, True)
    assert second.declared == names[0]
    assert_sound(second)
    monkeypatch.setattr(solving, "_statuses", stubborn((*names, FALLEN)))
    last = fit(rows_of(), "unstructured")
    assert last.status == "unconverged"
    assert_sound(last)


def test_steps_that_run_out_are_unconverged(monkeypatch):
    monkeypatch.setattr("outcomes.mixed.newton.STEPS", 1)
    assert solved(rows_of(), "unstructured").status[0] == "unconverged"


@pytest.mark.parametrize("name", NAMES)
def test_dropped_terms_have_names_and_their_contrasts_are_refused(name):
    data = BASE.assign(twice=2 * BASE["x"], none=0.0)
    rows = modelled(data, "y", "person", ["wave", "x", "twice", "none", "group"], "time")
    found, plain = fit(rows, name), fit(modelled(data, "y", "person", ["wave", "x", "group"], "time"), name)
    assert found.dropped == ("twice", "none")
    place = dict(zip(rows.terms, np.eye(len(rows.terms)), strict=True))
    for refused in ("x", "twice", "none"):
        assert found.test(place[refused]).status == "not estimable: confounded with another term"
    # x + 2 twice is what the data tell: the coefficient of x where twice is left out
    told, known = found.test(place["x"] + 2 * place["twice"]), plain.test(np.eye(6)[4])
    assert told.estimate == pytest.approx(known.estimate, rel=1e-8)
    assert told.std_error == pytest.approx(known.std_error, rel=1e-8)
    assert found.test(place["grouplow"]).df == pytest.approx(plain.test(np.eye(6)[5]).df, rel=1e-6)


def test_an_empty_cell_refuses_its_contrast_alone():
    data = BASE[~((BASE["time"] == 3) & (BASE["group"] == "low"))]
    found = fit(by_group(data), "intercept")
    assert found.dropped == ("wave3:grouplow",)
    assert not found.test(np.eye(9)[8]).estimable
    assert found.test(np.eye(9)[7]).estimable


def test_redundant_joint_contrasts_count_once():
    found = fit(rows_of(), "intercept")
    unit = np.eye(9)
    for method in ("satterthwaite", "kenward-roger"):
        twice = found.test(np.array([unit[6], unit[7], unit[6] - unit[7], 0 * unit[0]]), method)
        once = found.test(unit[6:8], method)
        assert twice.parts == once.parts == 2
        assert (twice.statistic, twice.df) == pytest.approx((once.statistic, once.df), rel=1e-10)
    assert found.test(np.zeros(9)).status == "not estimable: all weights are 0"


def test_one_of_many_that_cannot_be_fitted_leaves_the_others_alone():
    y = BASE["y"].to_numpy()
    flat = BASE.groupby("person")["y"].transform("first").to_numpy()
    rows = rows_of(np.column_stack([y, np.ones(len(y)), flat, 2 * y]))
    found = solve(Products.of(rows, Intercept()))
    assert list(found.status) == ["ok", SAME, CONSTANT, "ok"]
    alone = solved(rows_of(y), "intercept")
    assert found.coefficients[0] == pytest.approx(alone.coefficients[0], rel=1e-9)
    assert found.coefficients[3] == pytest.approx(2 * alone.coefficients[0], rel=1e-9)


@pytest.mark.parametrize(("name", "method"), list(product(NAMES, METHODS)))
@pytest.mark.parametrize(("by", "more"), [(1e-8, 0), (1e8, 0), (1, 1e9), (1e-50, 0), (1e50, 0)])
def test_extreme_scales(name, method, by, more):
    """Neither the unit nor the origin of the scores matters, to the digits that are left of them."""
    plain = fit(rows_of(), name, method)
    found = fit(rows_of(BASE["y"].to_numpy() * by + more), name, method)
    close = 1e-5 if more else 1e-7
    assert found.status == plain.status
    for weights in np.eye(9)[1:]:
        one, other = found.test(weights), plain.test(weights)
        assert one.estimate[0] == pytest.approx(by * other.estimate[0], rel=close, abs=close * by)
        assert one.std_error[0] == pytest.approx(by * other.std_error[0], rel=close)
        assert (one.df, one.p_value) == pytest.approx((other.df, other.p_value), rel=close)


@pytest.mark.parametrize("name", NAMES)
def test_columns_of_extreme_scales(name):
    design = designed(BASE, ["wave", "group", "x", "wave:group"]).to_numpy()
    plain = fit(rows_of(), name).test(np.eye(9)[8])
    for by in (1e-12, 1e12):
        scaled = design * np.where(np.arange(9) == 5, by, 1.0)
        found = fit(rows_of(design=scaled), name).test(np.eye(9)[8])
        assert (found.statistic, found.df) == pytest.approx((plain.statistic, plain.df), rel=1e-6)


@pytest.mark.parametrize("ratio", [100.0, 1e-2])
def test_waves_of_different_scales(ratio):
    """Each wave's own unit: with a mean of its own for each cell, all follows, up to hundredfold."""
    sizes = np.array([1, 1, ratio, ratio])
    by = sizes[BASE["time"].astype(int)]
    plain = fit(by_group(BASE, covariate=False), "unstructured")
    found = fit(by_group(BASE.assign(y=BASE["y"] * by), covariate=False), "unstructured")
    assert found.status == plain.status == "ok"
    inner = plain.random_covariance * np.outer(sizes, sizes)
    size = np.sqrt(np.outer(np.diag(inner), np.diag(inner)))
    assert np.abs((found.random_covariance - inner) / size).max() < 1e-6
    one, other = found.test(np.eye(8)[5]), plain.test(np.eye(8)[5])
    assert (one.statistic, one.df) == pytest.approx((other.statistic, other.df), rel=1e-5)


def test_a_huge_ratio_of_scales_is_told_by_its_fall_back():
    by = np.array([1, 1, 1e3, 1e6])[BASE["time"].astype(int)]
    found = fit(rows_of((BASE["y"].to_numpy() - 20) * by), "unstructured")
    assert found.fall_back or found.status == "ok"
    assert_sound(found)


REFUSED = {
    "missing score": (lambda: rows_of(np.where(np.arange(len(BASE)) == 3, np.nan, 1.0)), "must be finite"),
    "infinite score": (lambda: rows_of(np.where(np.arange(len(BASE)) == 3, np.inf, 1.0)), "must be finite"),
    "missing time": (lambda: rows_of(time=np.full(len(BASE), np.nan)), "must be finite"),
    "huge score": (lambda: rows_of(BASE["y"].to_numpy() * 1e120), "another unit"),
    "infinite design": (lambda: rows_of(design=np.full((len(BASE), 2), np.inf)), "must be finite"),
    "no person": (lambda: rows_of(person=np.where(BASE["time"] > 2, np.nan, BASE["person"])), "no person"),
    "no label": (lambda: rows_of(person=np.array([None] * len(BASE))), "no person"),
    "mixed labels": (lambda: rows_of(person=np.array([1, "a"] * 500, dtype=object)[: len(BASE)]), "by both"),
    "half wave": (lambda: rows_of(wave=BASE["time"].to_numpy() + 0.5), "whole numbers"),
    "missing wave": (lambda: rows_of(wave=np.full(len(BASE), np.nan)), "whole numbers"),
    "no rows": (lambda: by_group(BASE.iloc[:0]), "no scores"),
    "no columns": (lambda: rows_of(design=np.empty((len(BASE), 0))), "no columns"),
    "flat design": (lambda: rows_of(design=np.ones(len(BASE))), "number of rows"),
    "other lengths": (lambda: rows_of(np.ones(3)), "number of rows"),
    "a name twice": (lambda: Rows.of(np.ones(2), np.ones((2, 2)), np.arange(2), terms="aa"), "once"),
    "two scores at a wave": (
        lambda: fit(by_group(pd.concat([BASE, BASE.iloc[:1]])), "unstructured"), "two scores at one wave"
    ),
    "slope without time": (lambda: fit(replace(rows_of(), time=None), "slope"), "needs the time"),
    "waves not told": (lambda: fit(replace(rows_of(), wave=None), "unstructured"), "needs the wave"),
    "unknown structure": (lambda: fit(rows_of(), "diagonal"), "no structure is called"),
    "unknown df": (lambda: fit(rows_of(), "intercept", df="containment"), "no degrees of freedom are called"),
    "short contrast": (lambda: fit(rows_of(), "intercept").test(np.ones(3)), "weight for each term"),
    "missing weight": (lambda: fit(rows_of(), "intercept").test(np.full(9, np.nan)), "weight for each term"),
    "Kenward-Roger by ML": (
        lambda: fit(rows_of(), "intercept", "ML").test(np.ones(9), "kenward-roger"), "needs a REML fit"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_refused_in_a_sentence(case):
    made, sentence = REFUSED[case]
    with pytest.raises(ValueError, match=sentence):
        made()


def test_tiny_sets_are_told_soundly():
    """One to eight people, one to four waves, much missing: every structure and criterion."""
    statuses = set()
    for seed in range(30):
        random = np.random.default_rng([5, seed])
        people, waves = random.integers(1, 9), random.integers(1, 5)
        data = invented(
            [6, seed], int(people), int(waves), random.choice([0, 0.2, 0.5]), random.choice([0, 0.5]),
            random.choice([0, 1, 3]),
        )  # fmt: skip
        if not len(data):
            continue
        rows = by_group(data, covariate=bool(seed % 2))
        for name, method in product(NAMES, METHODS):
            found = fit(rows, name, method)
            statuses.add(found.status)
            assert_sound(found)
    assert {"ok", "boundary", FEW, UNKNOWN, ALONE} <= statuses
