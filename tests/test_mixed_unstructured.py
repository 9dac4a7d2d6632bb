"""Unstructured and heterogeneous covariances over waves: nlme, dense R code, SAS and closed forms."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from mixed_example import by_group, frozen, invented, modelled, solved
from scipy.stats import ttest_ind, ttest_rel
from test_mixed_oracle import METHODS, assert_told, cells, contrast_of, data_of, model_of

from outcomes.mixed.fit import Fit, fit
from outcomes.mixed.inference import Inference

if TYPE_CHECKING:
    from outcomes.mixed.rows import Rows

R = frozen("unstructured")
CASES = tuple(name for name in R if name not in ("proof", "versions"))
FREE = tuple(case for case in CASES if "heterogeneous" not in case)
BOTH = ("satterthwaite", "kenward-roger")


@cache
def fitted(case: str, method: str = "REML") -> Fit:
    _, response, person, effects, time = model_of(case)
    rows = modelled(data_of(case), response, person, effects, time)
    name = "symmetry" if case not in FREE else "unstructured"
    return Fit(rows, solved(rows, name, method), name)


def kind(case: str, name: str) -> str:
    """Where Psi bends, R's values to compare are those without second derivatives, as in ours."""
    return "kenward_roger_linear" if name == "kenward_roger" and case not in FREE else name


def wanted(case: str, method: str) -> dict:
    return R[case] if method == "REML" else R[case]["ml"]


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("case", CASES)
def test_estimates_and_criterion(case, method):
    found, of = fitted(case, method), wanted(case, method)
    assert found.status == "ok"
    assert list(found.rows.terms) == R[case]["terms"]
    estimate = np.array(list(found.coefficients.values()))
    assert (np.abs(estimate - of["estimate"]) / of["std_error"]).max() < 1e-6
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(of["std_error"], rel=1e-5)
    size = np.sqrt(np.outer(np.diag(of["vcov"]), np.diag(of["vcov"])))
    assert (np.abs(found.covariance - of["vcov"]) / size).max() < 2e-5
    assert found.log_likelihood == pytest.approx(of["log_likelihood"], rel=0, abs=1e-6)
    covariance = np.array(of["covariance"])
    assert found.random_covariance == pytest.approx(covariance, rel=0, abs=1e-5 * np.diag(covariance).sum())


@pytest.mark.parametrize("case", CASES)
def test_log_likelihood_is_that_of_gls_or_higher(case):
    for method in ("REML", "ML"):
        gls = R[case]["gls"][method.lower()]
        if gls:
            assert fitted(case, method).log_likelihood > gls["log_likelihood"] - 1e-7
            assert fitted(case, method).log_likelihood == pytest.approx(
                gls["log_likelihood"], rel=0, abs=1e-6
            )


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_degrees_of_freedom(case, name):
    found, of = fitted(case), R[case][kind(case, name)]
    tests = [found.test(each, METHODS[name]) for each in np.eye(len(of["df"]))]
    assert [each.df for each in tests] == pytest.approx(of["df"], rel=1e-3)
    assert [each.std_error[0] for each in tests] == pytest.approx(of["std_error"], rel=1e-5)
    assert [each.p_value for each in tests] == pytest.approx(of["p_value"], rel=0, abs=1e-5)


@pytest.mark.parametrize("case", FREE)
def test_kenward_roger_by_observed_information(case):
    of = R[case]["kenward_roger_observed"]
    found = Inference(fitted(case).solution, "observed")
    held = fitted(case).solution.products.basis.estimable(np.eye(len(of["df"])))
    tests = [found.kenward_roger(each[None]) for each in held]
    assert [each.df[0] for each in tests] == pytest.approx(of["df"], rel=1e-3)
    assert [each.std_error[0, 0] for each in tests] == pytest.approx(of["std_error"], rel=1e-5)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_joint_interaction(case, name):
    of = R[case][kind(case, name)]["joint"]["interaction"]
    found = fitted(case).test(np.array(of["L"]), METHODS[name])
    statistic = found.statistic if found.parts > 1 else found.statistic**2
    assert statistic == pytest.approx(of["statistic"], rel=2e-5)
    assert found.df == pytest.approx(of["df_denominator"], rel=1e-3)
    assert found.p_value == pytest.approx(of["p_value"], rel=0, abs=1e-5)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_gains_gaps_differences_and_means(case, name):
    of = R[case][kind(case, name)]
    assert len(of["contrasts"]) >= 4
    for each in of["contrasts"]:
        found = fitted(case).test(contrast_of(case, each["contrast"]), METHODS[name])
        assert_told(found, each, 1e-5)
        assert found.p_value == pytest.approx(each["p_value"], rel=0, abs=1e-5)
    cell = cells(case)[0]
    for each in of["means"]:
        found = fitted(case).test(cell[each["group"], each["wave"]], METHODS[name])
        assert_told(found, each, 1e-5)


def complete(n: int = 23, waves: int = 4) -> Rows:
    return by_group(invented(8, n=n, waves=waves, missing=0), covariate=False)


def gap(waves: int, at: int) -> np.ndarray:
    """The gap in gains at wave ``at``: that interaction's coefficient."""
    weights = np.zeros(2 * waves)
    weights[waves + at] = 1
    return weights


@pytest.mark.parametrize("waves", [2, 3, 4, 5])
@pytest.mark.parametrize("method", BOTH)
def test_complete_data_has_a_t_test_of_gains(waves, method):
    """A within-person contrast: people less groups degrees of freedom, and the two-sample t test."""
    rows = complete(waves=waves)
    found = fit(rows, "unstructured")
    scores = rows.response[:, 0].reshape(rows.n_people, waves)
    low = rows.design[::waves, waves] == 1
    for at in range(1, waves):
        gain = scores[:, at] - scores[:, 0]
        test, known = found.test(gap(waves, at), method), ttest_ind(gain[low], gain[~low])
        assert test.df == pytest.approx(rows.n_people - 2, rel=1e-8)
        assert test.statistic == pytest.approx(known.statistic, rel=1e-8)
        assert test.p_value == pytest.approx(known.pvalue, rel=1e-7)
        weights = np.eye(2 * waves)[at] + (gap(waves, at) if at % 2 else 0)
        assert found.test(weights, method).df == pytest.approx(rows.n_people - 2, rel=1e-8)


def test_one_group_complete_is_the_paired_t_test():
    data = invented(9, n=15, waves=3, missing=0)
    rows = modelled(data, "y", "person", ["wave"])
    scores = rows.response[:, 0].reshape(15, 3)
    for method in BOTH:
        test = fit(rows, "unstructured").test(np.array([0, 0, 1]), method)
        known = ttest_rel(scores[:, 2], scores[:, 0])
        assert test.df == pytest.approx(14, rel=1e-8)
        assert (test.statistic, test.p_value) == pytest.approx((known.statistic, known.pvalue), rel=1e-8)


def test_complete_data_has_hotelling_s_t2():
    """Kenward-Roger's joint test is exact there (Kenward & Roger 1997, section 3)."""
    rows = complete(waves=4)
    found = fit(rows, "unstructured").test(np.array([gap(4, at) for at in (1, 2, 3)]), "kenward-roger")
    scores = rows.response[:, 0].reshape(rows.n_people, 4)
    gains, low = scores[:, 1:] - scores[:, :1], rows.design[::4, 4] == 1
    parts = [gains[low], gains[~low]]
    pooled = sum(np.cov(part.T) * (len(part) - 1) for part in parts) / (rows.n_people - 2)
    distance = parts[0].mean(axis=0) - parts[1].mean(axis=0)
    squared = distance @ np.linalg.solve(pooled, distance) / sum(1 / len(part) for part in parts)
    left = rows.n_people - 2 - 3 + 1
    assert found.df == pytest.approx(left, rel=1e-8)
    assert found.statistic == pytest.approx(squared * left / (3 * (rows.n_people - 2)), rel=1e-8)


def test_covariance_of_complete_data_is_the_pooled_one():
    rows = complete()
    scores, low = rows.response[:, 0].reshape(rows.n_people, 4), rows.design[::4, 4] == 1
    pooled = sum(np.cov(part.T) * (len(part) - 1) for part in (scores[low], scores[~low]))
    assert fit(rows, "unstructured").random_covariance == pytest.approx(
        pooled / (rows.n_people - 2), rel=1e-7
    )


def test_mirrored_people_have_equal_variances():
    """Each person twice, scores swapped the second time: a person intercept is the unstructured solution."""
    data = invented(10, n=20, waves=2, missing=0)
    turned = data.groupby("person")["y"].transform(lambda scores: scores.to_numpy()[::-1])
    rows = modelled(
        pd.concat([data, data.assign(person=data["person"] + 100, y=turned)]), "y", "person", ["wave"]
    )
    free, simple = fit(rows, "unstructured"), fit(rows, "intercept")
    assert free.log_likelihood == pytest.approx(simple.log_likelihood, rel=1e-10)
    assert free.covariance == pytest.approx(simple.covariance, rel=1e-6)
