"""Likelihood-ratio tests, against lme4's likelihoods, a closed form and the chi-square law."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2, f, kstest
from test_mixed_prediction import ORACLE, fit, generated, sleepstudy

from outcomes.mixed.merging import stack
from outcomes.mixed.products import Products
from outcomes.mixed.ratio import leaving, likelihood_ratio
from outcomes.mixed.rows import Rows
from outcomes.mixed.simulate import draw, refit
from outcomes.mixed.solve import solve
from outcomes.mixed.structures import HeterogeneousSymmetry, Intercept, Slope, Unstructured

ENGINE = json.loads((ORACLE / "engine.json").read_text(encoding="utf-8"))


def less(rows: Rows, *places: int) -> Rows:
    """Rows without some columns of the design."""
    kept = [place for place in range(len(rows.terms)) if place not in places]
    return replace(rows, design=rows.design[:, kept], terms=tuple(rows.terms[place] for place in kept))


def test_structures_are_compared_as_by_lme4():
    rows = sleepstudy()
    for method, smaller, larger in (
        ("REML", ENGINE["sleepstudy_intercept"], ENGINE["sleepstudy_slope"]),
        ("ML", ENGINE["sleepstudy_intercept"]["ml"], ENGINE["sleepstudy_slope"]["ml"]),
    ):
        found = likelihood_ratio(
            rows, fit(rows, Slope.of(rows.time), method), rows, fit(rows, Intercept(), method)
        )
        wanted = 2 * (larger["log_likelihood"] - smaller["log_likelihood"])
        assert found.chi2[0] == pytest.approx(wanted, abs=1e-6)
        assert (found.df, found.conservative) == (2, True)
        assert found.p_value[0] == pytest.approx(chi2.sf(wanted, 2), rel=1e-6)


def test_a_balanced_group_difference_has_its_closed_form():
    """chi2 = people log(between / (between - group)), sums of squares of people's means."""
    random, group = np.random.default_rng(1), np.repeat([0.0, 1.0], [9, 11])
    y = 2 * random.normal(size=20)[:, None] + random.normal(size=(20, 4)) + group[:, None]
    rows = Rows.of(y.reshape(-1), np.column_stack([np.ones(80), np.repeat(group, 4)]), np.arange(80) // 4)
    means = y.mean(axis=1)
    whole = ((means - means.mean()) ** 2).sum()
    left = sum(((means[group == each] - means[group == each].mean()) ** 2).sum() for each in (0, 1))
    found = leaving(fit(rows, Intercept()), ["x1"])
    assert found.chi2[0] == pytest.approx(20 * np.log(whole / left), rel=1e-8)
    assert found.df == 1
    assert found.p_value[0] == pytest.approx(chi2.sf(20 * np.log(whole / left), 1), rel=1e-8)


@pytest.mark.parametrize("structure", [Intercept(), HeterogeneousSymmetry(3), Unstructured(3)])
def test_leaving_terms_out_is_comparing_with_a_smaller_design(structure):
    rows = generated("three_waves")
    smaller = less(rows, 5, 6)
    wanted = likelihood_ratio(rows, fit(rows, structure, "ML"), smaller, fit(smaller, structure, "ML"))
    found = leaving(fit(rows, structure), rows.terms[5:])
    assert (found.df, wanted.df) == (2, 2)
    assert found.chi2 == pytest.approx(wanted.chi2, abs=1e-7)
    assert not found.conservative


def test_the_test_does_not_depend_on_how_the_design_is_written():
    rows = generated("three_waves")
    turned = replace(rows, design=rows.design @ np.triu(np.ones((7, 7))))
    smaller = less(rows, 5, 6)
    ours, theirs = (
        likelihood_ratio(each, fit(each, Intercept(), "ML"), smaller, fit(smaller, Intercept(), "ML"))
        for each in (rows, turned)
    )
    assert ours.chi2 == pytest.approx(theirs.chi2, abs=1e-7)
    assert ours.df == theirs.df


def test_under_the_smaller_model_p_values_are_uniform():
    """A batch of draws without an interaction; 300 people would take long in turn, here one batch."""
    rows = generated("three_waves")
    smaller = less(rows, 5, 6)
    responses = draw(smaller, fit(smaller, Unstructured(3)), 400, np.random.default_rng(2))
    batch = refit(rows, fit(rows, Unstructured(3)), responses, "ML")
    found = leaving(batch, rows.terms[5:])
    assert found.chi2.shape == (400,)
    assert np.isfinite(found.p_value).all()
    # at 60 people chi-square is a little liberal, F-like: mean 2 n / (n - 2)
    assert found.chi2.mean() == pytest.approx(f.mean(2, 60) * 2, abs=0.35)
    assert kstest(found.p_value, "uniform").statistic < 0.1


def test_a_boundary_fit_is_compared_all_the_same():
    rows = generated("boundary")
    solution = fit(rows, Intercept(), "ML")
    assert solution.status[0] == "boundary"
    found = leaving(solution, rows.terms[-3:])
    smaller = less(rows, *range(len(rows.terms) - 3, len(rows.terms)))
    residuals = [
        each.response[:, 0] - each.design @ np.linalg.lstsq(each.design, each.response[:, 0], rcond=None)[0]
        for each in (rows, smaller)
    ]
    ratio = np.sum(residuals[1] ** 2) / np.sum(residuals[0] ** 2)
    if fit(smaller, Intercept(), "ML").status[0] == "boundary":
        assert found.chi2[0] == pytest.approx(len(rows.person) * np.log(ratio), rel=1e-8)


def test_models_that_cannot_be_compared_are_refused():
    rows = generated("three_waves")
    smaller = less(rows, 5, 6)
    ml, reml = fit(rows, Intercept(), "ML"), fit(rows, Intercept())
    small_ml, small_reml = fit(smaller, Intercept(), "ML"), fit(smaller, Intercept())
    with pytest.raises(ValueError, match="fit both by ML"):
        likelihood_ratio(rows, reml, smaller, small_reml)
    with pytest.raises(ValueError, match="the other by ML"):
        likelihood_ratio(rows, ml, smaller, small_reml)
    with pytest.raises(ValueError, match="not nested"):
        likelihood_ratio(smaller, small_ml, rows, ml)
    with pytest.raises(ValueError, match="not nested in person intercept"):
        likelihood_ratio(rows, ml, rows, fit(rows, Unstructured(3), "ML"))
    other = replace(smaller, response=smaller.response + 1)
    with pytest.raises(ValueError, match="not of the same scores"):
        likelihood_ratio(rows, ml, other, fit(other, Intercept(), "ML"))
    fewer = Rows.of(smaller.response[:-1], smaller.design[:-1], smaller.person[:-1])
    with pytest.raises(ValueError, match="not of the same scores"):
        likelihood_ratio(rows, ml, fewer, fit(fewer, Intercept(), "ML"))
    with pytest.raises(ValueError, match="are the same"):
        likelihood_ratio(rows, ml, rows, ml)
    with pytest.raises(ValueError, match="no such terms: nobody"):
        leaving(ml, ["nobody"])
    with pytest.raises(ValueError, match="needs a term"):
        leaving(ml, rows.terms)
    weighted = fit(rows, Intercept(), "ML", weights=np.ones(rows.n_people), kind="sampling")
    with pytest.raises(ValueError, match="cluster-robust"):
        leaving(weighted, rows.terms[5:])
    side_by_side = solve(stack([Products.of(rows, Intercept()), Products.of(smaller, Intercept())]))
    with pytest.raises(ValueError, match="by itself"):
        leaving(side_by_side, rows.terms[5:])


def test_terms_that_depend_on_others_leave_nothing_out():
    rows = generated("three_waves")
    doubled = replace(rows, design=rows.design[:, [*range(7), 3]], terms=(*rows.terms, "again"))
    with pytest.raises(ValueError, match="depend on others"):
        leaving(fit(doubled, Intercept(), "ML"), ["again"])
