"""Unstructured and heterogeneous covariances over waves: nlme, dense R code, SAS and closed forms."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from mixed_example import ORACLE, by_group, frozen, invented, leveled, modelled, solved
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


SAS = frozen("sas")
LISTINGS = tuple(name for name in SAS if name.startswith("fev_"))
TOLD = tuple(name for name in LISTINGS if name != "fev_arm_heterogeneous_kenward_roger")
"""Without the listing that takes second derivatives of V, which ours leaves out, as SAS's kr(linear) does."""
FORMS = {"un": "unstructured", "csh": "symmetry", "cs": "intercept"}
MODEL = ["RACE", "SEX", "ARMCD", "AVISIT", "ARMCD:AVISIT"]


@cache
def fev() -> pd.DataFrame:
    data = pd.read_csv(ORACLE / "fev_data.csv").dropna(subset=["FEV1"])
    waves = sorted(data["AVISIT"].unique())
    races = ("Asian", "Black or African American", "White")
    sexes, arms = ("Male", "Female"), ("PBO", "TRT")
    data = data.assign(wave=data["AVISIT"])
    return leveled(data, wave=waves, AVISIT=waves, SEX=sexes, ARMCD=arms, RACE=races)


@cache
def printed(listing: str) -> Fit:
    """Our fit of one of SAS's listings."""
    of = SAS[listing]
    right = of["formula"].split(" ~ ")[1]
    effects = {"1": [], "ARMCD": ["ARMCD"], "ARMCD + SEX": ["ARMCD", "SEX"]}.get(right, MODEL)
    rows = modelled(fev(), "FEV1", "USUBJID", effects)
    return Fit(rows, solved(rows, FORMS[of["structure"]], of["method"]), of["structure"])


def as_sas(listing: str, weights: np.ndarray) -> tuple[float, float, float]:
    """Estimate, standard error and df of a contrast; SAS takes the observed information for Kenward-Roger."""
    found, of = printed(listing), SAS[listing]["inference"]
    held = found.solution.products.basis.estimable(weights[None])
    tests = Inference(found.solution, "observed")
    tested = tests.satterthwaite(held) if of == "satterthwaite" else tests.kenward_roger(held)
    return float(tested.estimate[0, 0]), float(tested.std_error[0, 0]), float(tested.df[0])


def unit_of(listing: str, term: str) -> np.ndarray:
    terms = printed(listing).rows.terms
    return np.eye(len(terms))[terms.index(term)]


@pytest.mark.parametrize("listing", LISTINGS)
def test_criterion_is_sas_s_or_better(listing):
    """SAS stops when the criterion moves by 1e-8 of itself, which ours undercuts."""
    ours, sas = -2 * printed(listing).log_likelihood, SAS[listing]["minus_twice_log_likelihood"]
    assert ours < sas + 1e-8
    assert ours == pytest.approx(sas, rel=0, abs=2e-5)
    assert ours == pytest.approx(SAS[listing]["dense"]["minus_twice_log_likelihood"], rel=0, abs=2e-6)


@pytest.mark.parametrize("listing", TOLD)
def test_solution_is_sas_s_to_where_it_stopped(listing):
    """Its early stop moves the last printed digits: estimates by 0.003 standard errors, df when rounded."""
    of = SAS[listing]
    for line, dense in zip(of["solution"], of["dense"]["solution"], strict=True):
        estimate, std_error, df = as_sas(listing, unit_of(listing, line["term"]))
        assert estimate == pytest.approx(line["estimate"], rel=0, abs=0.003 * std_error)
        assert std_error == pytest.approx(line["std_error"], rel=0, abs=2e-4)
        assert df == pytest.approx(line["df"], rel=0, abs=0.51)
        assert estimate == pytest.approx(dense["estimate"], rel=0, abs=1e-6 * std_error)
        assert (std_error, df) == pytest.approx((dense["std_error"], dense["df"]), rel=1e-5)


@pytest.mark.parametrize("listing", LISTINGS)
def test_covariance_parameters_are_sas_s_to_where_it_stopped(listing):
    found, of = printed(listing), SAS[listing]["parameters"]
    dense = SAS[listing]["dense"]["parameters"]
    inner = found.random_covariance
    if SAS[listing]["structure"] == "un":
        values = {
            f"UN({row + 1},{column + 1})": inner[row, column] for row in range(4) for column in range(row + 1)
        }
    elif SAS[listing]["structure"] == "csh":
        values = {f"Var({wave + 1})": inner[wave, wave] for wave in range(4)}
        values["CSH"] = inner[0, 1] / np.sqrt(inner[0, 0] * inner[1, 1])
    else:
        values = {"person": inner[0, 0], "residual": found.residual_variance}
    whole = max(values.values())
    for name, value in values.items():
        assert value == pytest.approx(of[name], rel=0, abs=2e-4 * whole)
        assert value == pytest.approx(dense[name], rel=0, abs=1e-5 * whole)


def test_differences_of_means_are_sas_s():
    listing = "fev_unstructured"
    for line in SAS[listing]["differences"]:
        weights = sum(
            sign * at(listing, wave, group)
            for sign, wave, group in (
                (1, line["wave"], line["group"]), (-1, line["other_wave"], line["other_group"])
            )
        )  # fmt: skip
        estimate, std_error, df = as_sas(listing, weights)
        assert estimate == pytest.approx(line["estimate"], rel=0, abs=1e-3)
        assert std_error == pytest.approx(line["std_error"], rel=0, abs=2e-4)
        assert df == pytest.approx(line["df"], rel=0, abs=0.6)
        low, high = printed(listing).test(weights, "satterthwaite").interval()
        assert (low, high) == pytest.approx((line["low"], line["high"]), rel=0, abs=2e-3)


def at(listing: str, wave: str, group: str) -> np.ndarray:
    """The cell of a wave and group, without race and sex, which cancel out of differences."""
    terms = ["(Intercept)"] + [f"AVISIT{wave}"] * (wave != "VIS1") + ["ARMCDTRT"] * (group == "TRT")
    terms += [f"ARMCDTRT:AVISIT{wave}"] * (wave != "VIS1" and group == "TRT")
    return sum(unit_of(listing, term) for term in terms)


@pytest.mark.parametrize("kind", ["unstructured", "heterogeneous", "compound"])
def test_kenward_roger_is_sas_s_unrounded(kind):
    """To what its early stop leaves; without second derivatives of V, as SAS's kr(linear)."""
    of = SAS["kenward_roger_w"][kind]["sas_linear"]
    listing = f"fev_arm_{kind}_kenward_roger"
    _, std_error, df = as_sas(listing, unit_of(listing, "ARMCDTRT"))
    assert (std_error, df) == pytest.approx((of["std_error"], of["df"]), rel=5e-4)


def test_joint_tests_are_sas_s():
    """Type 3 of terms whose hypothesis is that of their coefficients."""
    listing = "fev_unstructured"
    patterns = {"ARMCD:AVISIT": "ARMCDTRT:", "RACE": "RACE", "SEX": "SEX"}
    for line, dense in zip(SAS[listing]["type_3"], SAS[listing]["dense"]["type_3"], strict=True):
        terms = [term for term in printed(listing).rows.terms if term.startswith(patterns[line["effect"]])]
        found = printed(listing).test(np.stack([unit_of(listing, term) for term in terms]), "satterthwaite")
        statistic = found.statistic if found.parts > 1 else found.statistic**2
        assert (statistic, found.df) == pytest.approx((dense["statistic"], dense["df_denominator"]), rel=1e-5)
        assert found.p_value == pytest.approx(dense["p_value"], rel=1e-4)
        # as printed, but for the early stop
        assert found.parts == line["df_numerator"]
        assert statistic == pytest.approx(line["statistic"], rel=5e-4, abs=5e-3)
        assert found.df == pytest.approx(line["df_denominator"], rel=0, abs=0.6)
