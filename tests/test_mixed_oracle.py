"""The mixed-model engine against lme4, lmerTest, pbkrtest and emmeans (made by tests/oracle/engine.R)."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from mixed_example import (
    DYESTUFF,
    DYESTUFF2,
    batches,
    cake,
    designed,
    frozen,
    generated,
    modelled,
    orthodont,
    sai,
    sleepstudy,
    star,
    wages,
)

from outcomes.mixed.fit import fit

if TYPE_CHECKING:
    from outcomes.mixed.fit import Fit, Test

ENGINE = frozen("engine")
CASES = tuple(name for name in ENGINE if name != "versions")
METHODS = {"satterthwaite": "satterthwaite", "kenward_roger": "kenward-roger"}
DAYS, SEX, BLACK = ["Days"], ["wave", "Sex", "wave:Sex"], ["exper", "black", "exper:black"]
GROUP = ["wave", "group", "wave:group"]
SETS = ["wave", "group", "x", "wave:group"]
"""Effects of the models, in R's order."""

MODELS = {
    "sleepstudy_waves": (sleepstudy, "Reaction", "Subject", ["wave"], None),
    "sleepstudy_uneven": (lambda: sleepstudy(True), "Reaction", "Subject", DAYS, "Days"),
    "sleepstudy": (sleepstudy, "Reaction", "Subject", DAYS, "Days"),
    "orthodont_slope": (orthodont, "distance", "Subject", ["age", "Sex", "age:Sex"], "age"),
    "orthodont_uneven": (lambda: orthodont(True), "distance", "Subject", SEX, "age"),
    "orthodont": (orthodont, "distance", "Subject", SEX, "age"),
    "dyestuff2": (lambda: batches(DYESTUFF2), "Yield", "Batch", [], None),
    "dyestuff": (lambda: batches(DYESTUFF), "Yield", "Batch", [], None),
    "cake": (cake, "angle", "replicate", ["recipe", "temperature", "recipe:temperature"], None),
    "wages_first_100": (lambda: wages(100), "lnw", "id", BLACK, "exper"),
    "wages": (wages, "lnw", "id", BLACK, "exper"),
    "sai": (sai, "score", "pid", ["wave", "drug", "wave:drug"], None),
    "star_reading_first_400": (lambda: star("read", 400), "score", "id", GROUP, None),
    "star_reading": (lambda: star("read"), "score", "id", GROUP, None),
    "star_mathematics": (lambda: star("math"), "score", "id", GROUP, None),
} | {
    f"generated_{name}": (lambda name=name: generated(name), "y", "person", SETS, "time")
    for name in ("two_waves", "three_waves", "dropout", "near_singular", "boundary", "small")
}
"""By the beginning of the case's name: data, response, person, effects, time."""


def model_of(case: str) -> tuple:
    return next(model for name, model in MODELS.items() if case.startswith(name))


@cache
def data_of(case: str) -> pd.DataFrame:
    return model_of(case)[0]()


@cache
def fitted(case: str, method: str = "REML") -> Fit:
    _, response, person, effects, time = model_of(case)
    rows = modelled(data_of(case), response, person, effects, time)
    structure = "slope" if case.endswith("_slope") else "intercept"
    return fit(rows, structure, method, df="satterthwaite")


def held(name: str) -> list[str]:
    return [case for case in CASES if ENGINE[case].get(name)]


def slack(case: str) -> float:
    """Relative tolerance of a standard error."""
    return 1e-6 if len(ENGINE[case]["theta"]) == 1 else 1e-5


def components(found: Fit) -> np.ndarray:
    """Variances, covariance and residual variance in lme4's order."""
    inner = found.random_covariance
    upper = [*np.diag(inner), *inner[np.triu_indices(len(inner), 1)]]
    return np.array([*upper, found.residual_variance])


def off_by(found: Test, wanted: dict) -> float:
    return abs(found.estimate[0] - wanted["estimate"]) / wanted["std_error"]


@pytest.mark.parametrize("case", CASES)
def test_rows_terms_and_status(case):
    found, wanted = fitted(case), ENGINE[case]
    assert (len(found.rows.person), found.rows.n_people) == (wanted["n_rows"], wanted["n"])
    assert list(found.rows.terms) == wanted["terms"]
    assert found.dropped == ()
    assert found.status == ("boundary" if wanted["singular"] else "ok")


@pytest.mark.parametrize(("case", "method"), list(product(CASES, ["REML", "ML"])))
def test_estimates_and_standard_errors(case, method):
    found = fitted(case, method)
    wanted = ENGINE[case] if method == "REML" else ENGINE[case]["ml"]
    std_error = np.array(wanted["std_error"])
    estimate = np.array([found.coefficients[term] for term in found.rows.terms])
    assert (np.abs(estimate - wanted["estimate"]) / std_error).max() < 1e-6
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(std_error, rel=slack(case))


@pytest.mark.parametrize(("case", "method"), list(product(CASES, ["REML", "ML"])))
def test_variances_and_log_likelihood(case, method):
    found = fitted(case, method)
    wanted = ENGINE[case] if method == "REML" else ENGINE[case]["ml"]
    values = np.array([each["value"] for each in wanted["components"]])
    total = sum(
        each["value"]
        for each in wanted["components"]
        if each["group"] == "Residual" or each["second"] is None
    )
    assert components(found) == pytest.approx(values, rel=0, abs=1e-5 * total)
    assert found.log_likelihood == pytest.approx(wanted["log_likelihood"], rel=0, abs=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_covariance_of_the_coefficients(case):
    wanted = np.array(ENGINE[case]["vcov"])
    size = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    assert (np.abs(fitted(case).covariance - wanted) / size).max() < 2 * slack(case)


@pytest.mark.parametrize(("case", "name"), [(case, name) for name in METHODS for case in held(name)])
def test_degrees_of_freedom(case, name):
    """At the boundary, too, they are those of lmerTest and pbkrtest: both were watched to agree there."""
    wanted = ENGINE[case][name]
    found = [fitted(case).test(each, METHODS[name]) for each in np.eye(len(ENGINE[case]["terms"]))]
    assert [each.df for each in found] == pytest.approx(wanted["df"], rel=1e-3)
    assert [each.p_value for each in found] == pytest.approx(wanted["p_value"], rel=0, abs=1e-5)
    assert [each.std_error[0] for each in found] == pytest.approx(wanted["std_error"], rel=slack(case))


@pytest.mark.parametrize("case", held("kenward_roger"))
def test_kenward_roger_s_covariance(case):
    found = fitted(case)
    inverse = found.solution.products.basis.inverse
    wanted = np.array(ENGINE[case]["kenward_roger"]["vcov"])
    size = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    assert (np.abs(inverse @ found.inference.adjusted[0] @ inverse.T - wanted) / size).max() < 2 * slack(case)


@pytest.mark.parametrize(
    ("case", "hypothesis", "name"),
    [
        (case, hypothesis, name)
        for case in held("joint")
        for hypothesis, wanted in ENGINE[case]["joint"].items()
        for name in METHODS
        if name in wanted
    ],
)
def test_joint_hypotheses(case, hypothesis, name):
    wanted = ENGINE[case]["joint"][hypothesis]
    found = fitted(case).test(np.array(wanted["L"]), METHODS[name])
    statistic = found.statistic if len(wanted["L"]) > 1 else found.statistic**2
    assert found.parts == wanted[name]["df_numerator"]
    assert statistic == pytest.approx(wanted[name]["statistic"], rel=2e-5)
    assert found.df == pytest.approx(wanted[name]["df_denominator"], rel=1e-3)
    assert found.p_value == pytest.approx(wanted[name]["p_value"], rel=0, abs=1e-5)


def cells(case: str) -> tuple[dict[tuple[str, str], np.ndarray], list[str], list[str]]:
    """The row of the design of each group and wave, covariates at their mean, as emmeans takes them."""
    _, _, _, effects, _ = model_of(case)
    data = data_of(case)
    wave, group = effects[:2]
    frame = pd.DataFrame(
        list(product(data[group].cat.categories, data[wave].cat.categories)), columns=[group, wave]
    )
    frame = frame.astype({group: data[group].dtype, wave: data[wave].dtype})
    rows = designed(frame.assign(x=data["x"].mean() if "x" in data else 0.0), effects).to_numpy()
    names = [(str(one), str(two)) for one, two in zip(frame[group], frame[wave], strict=True)]
    return dict(zip(names, rows, strict=True)), *(
        [str(each) for each in data[of].cat.categories] for of in (group, wave)
    )


def contrast_of(case: str, name: str) -> np.ndarray:
    """``name`` is gain/<group>/<wave>, gap/<groups>/<wave> or difference/<groups>/<wave>."""
    cell, groups, waves = cells(case)
    kind, of, at = name.split("/")
    if kind == "gain":
        return cell[of, at] - cell[of, waves[0]]
    now = cell[groups[1], at] - cell[groups[0], at]
    return now if kind == "difference" else now - (cell[groups[1], waves[0]] - cell[groups[0], waves[0]])


def assert_told(found: Test, wanted: dict, close: float) -> None:
    """``close`` is the relative tolerance of the standard error."""
    assert off_by(found, wanted) < 1e-6
    assert found.std_error[0] == pytest.approx(wanted["std_error"], rel=close)
    assert found.df == pytest.approx(wanted["df"], rel=1e-3)
    for mine, theirs in zip(found.interval(), (wanted["low"], wanted["high"]), strict=True):
        assert abs(mine - theirs) < 1e-3 * wanted["std_error"]


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in held("contrasts") for name in ENGINE[case]["contrasts"]],
)
def test_gains_gaps_differences_and_means(case, name):
    wanted = ENGINE[case]["contrasts"][name]
    assert len(wanted["contrasts"]) > 3
    for each in wanted["contrasts"]:
        found = fitted(case).test(contrast_of(case, each["contrast"]), METHODS[name])
        assert_told(found, each, slack(case))
        assert found.p_value == pytest.approx(each["p_value"], rel=0, abs=1e-5)
    cell = cells(case)[0]
    for each in wanted["means"]:
        assert_told(fitted(case).test(cell[each["group"], each["wave"]], METHODS[name]), each, slack(case))
