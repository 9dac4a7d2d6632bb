"""Likelihood-ratio tests, against lme4's likelihoods, a closed form and the chi-square law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mixed_example import frozen, solved
from scipy.stats import chi2, f, kstest
from test_mixed_prediction import case_of, rows_of

from outcomes.mixed.merging import stack
from outcomes.mixed.products import Products
from outcomes.mixed.ratio import leaving, likelihood_ratio
from outcomes.mixed.rows import Rows
from outcomes.mixed.simulate import draw, refit
from outcomes.mixed.solve import solve
from outcomes.mixed.structures import Intercept

ENGINE = frozen("engine")
CASES = (
    "orthodont_intercept", "orthodont_uneven_intercept", "generated_two_waves_intercept",
    "generated_three_waves_intercept", "generated_dropout_intercept", "generated_dropout_slope",
    "generated_small_intercept", "star_reading",
)  # fmt: skip


def less(rows: Rows, *places: int) -> Rows:
    """Rows without some columns of the design."""
    kept = [place for place in range(len(rows.terms)) if place not in places]
    return replace(rows, design=rows.design[:, kept], terms=tuple(rows.terms[place] for place in kept))


@pytest.mark.parametrize("case", CASES)
def test_wave_by_group_is_tested_as_by_lme4(case):
    wanted = frozen("pieces")["likelihood_ratio"][case]
    rows, structure = case_of(case)
    interaction = [term for term in rows.terms if ":" in term]
    found = leaving(solved(rows, structure), interaction)
    assert found.df == wanted["df"]
    assert found.chi2[0] == pytest.approx(wanted["statistic"], rel=1e-6)
    assert found.p_value[0] == pytest.approx(wanted["p_value"], rel=1e-6)


def test_structures_are_compared_as_by_lme4():
    rows = rows_of("sleepstudy")
    for method, smaller, larger in (
        ("REML", ENGINE["sleepstudy_intercept"], ENGINE["sleepstudy_slope"]),
        ("ML", ENGINE["sleepstudy_intercept"]["ml"], ENGINE["sleepstudy_slope"]["ml"]),
    ):
        found = likelihood_ratio(rows, solved(rows, "slope", method), rows, solved(rows, "intercept", method))
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
    found = leaving(solved(rows, "intercept"), ["x1"])
    assert found.chi2[0] == pytest.approx(20 * np.log(whole / left), rel=1e-8)
    assert found.df == 1
    assert found.p_value[0] == pytest.approx(chi2.sf(20 * np.log(whole / left), 1), rel=1e-8)


@pytest.mark.parametrize("structure", ["intercept", "symmetry", "unstructured"])
def test_leaving_terms_out_is_comparing_with_a_smaller_design(structure):
    rows = rows_of("generated_three_waves")
    smaller = less(rows, 5, 6)
    wanted = likelihood_ratio(rows, solved(rows, structure, "ML"), smaller, solved(smaller, structure, "ML"))
    found = leaving(solved(rows, structure), rows.terms[5:])
    assert (found.df, wanted.df) == (2, 2)
    assert found.chi2 == pytest.approx(wanted.chi2, abs=1e-7)
    assert not found.conservative


def test_the_test_does_not_depend_on_how_the_design_is_written():
    rows = rows_of("generated_three_waves")
    turned = replace(rows, design=rows.design @ np.triu(np.ones((7, 7))))
    smaller = less(rows, 5, 6)
    ours, theirs = (
        likelihood_ratio(each, solved(each, "intercept", "ML"), smaller, solved(smaller, "intercept", "ML"))
        for each in (rows, turned)
    )
    assert ours.chi2 == pytest.approx(theirs.chi2, abs=1e-7)
    assert ours.df == theirs.df


def test_under_the_smaller_model_p_values_are_uniform():
    """400 draws without an interaction, fitted with and without it as two batches."""
    rows = rows_of("generated_three_waves")
    smaller = less(rows, 5, 6)
    responses = draw(smaller, solved(smaller, "unstructured"), 400, np.random.default_rng(2))
    batch = refit(rows, solved(rows, "unstructured"), responses, "ML")
    found = leaving(batch, rows.terms[5:])
    assert found.chi2.shape == (400,)
    assert np.isfinite(found.p_value).all()
    # at 60 people chi-square is a little liberal, F-like: mean 2 n / (n - 2)
    assert found.chi2.mean() == pytest.approx(f.mean(2, 60) * 2, abs=0.35)
    assert kstest(found.p_value, "uniform").statistic < 0.1


def test_a_boundary_fit_is_compared_all_the_same():
    rows = rows_of("generated_boundary")
    solution = solved(rows, "intercept", "ML")
    assert solution.status[0] == "boundary"
    found = leaving(solution, rows.terms[-3:])
    smaller = less(rows, *range(len(rows.terms) - 3, len(rows.terms)))
    residuals = [
        each.response[:, 0] - each.design @ np.linalg.lstsq(each.design, each.response[:, 0], rcond=None)[0]
        for each in (rows, smaller)
    ]
    ratio = np.sum(residuals[1] ** 2) / np.sum(residuals[0] ** 2)
    assert solved(smaller, "intercept", "ML").status[0] == "boundary"
    assert found.chi2[0] == pytest.approx(len(rows.person) * np.log(ratio), rel=1e-8)


def test_models_that_cannot_be_compared_are_refused():
    rows = rows_of("generated_three_waves")
    smaller = less(rows, 5, 6)
    ml, reml = solved(rows, "intercept", "ML"), solved(rows, "intercept")
    small_ml, small_reml = solved(smaller, "intercept", "ML"), solved(smaller, "intercept")
    with pytest.raises(ValueError, match="fit both by ML"):
        likelihood_ratio(rows, reml, smaller, small_reml)
    with pytest.raises(ValueError, match="the other by ML"):
        likelihood_ratio(rows, ml, smaller, small_reml)
    with pytest.raises(ValueError, match="not nested"):
        likelihood_ratio(smaller, small_ml, rows, ml)
    with pytest.raises(ValueError, match="not nested in person intercept"):
        likelihood_ratio(rows, ml, rows, solved(rows, "unstructured", "ML"))
    other = replace(smaller, response=smaller.response + 1)
    with pytest.raises(ValueError, match="not of the same scores"):
        likelihood_ratio(rows, ml, other, solved(other, "intercept", "ML"))
    fewer = Rows.of(smaller.response[:-1], smaller.design[:-1], smaller.person[:-1])
    with pytest.raises(ValueError, match="not of the same scores"):
        likelihood_ratio(rows, ml, fewer, solved(fewer, "intercept", "ML"))
    with pytest.raises(ValueError, match="are the same"):
        likelihood_ratio(rows, ml, rows, ml)
    with pytest.raises(ValueError, match="no such terms: nobody"):
        leaving(ml, ["nobody"])
    with pytest.raises(ValueError, match="needs a term"):
        leaving(ml, rows.terms)
    weighted = solved(rows, "intercept", "ML", weights=np.ones(rows.n_people), kind="sampling")
    with pytest.raises(ValueError, match="cluster-robust"):
        leaving(weighted, rows.terms[5:])
    side_by_side = solve(stack([Products.of(rows, Intercept()), Products.of(smaller, Intercept())]))
    with pytest.raises(ValueError, match="by itself"):
        leaving(side_by_side, rows.terms[5:])


def test_terms_that_depend_on_others_leave_nothing_out():
    rows = rows_of("generated_three_waves")
    doubled = replace(rows, design=rows.design[:, [*range(7), 3]], terms=(*rows.terms, "again"))
    with pytest.raises(ValueError, match="depend on others"):
        leaving(solved(doubled, "intercept", "ML"), ["again"])
