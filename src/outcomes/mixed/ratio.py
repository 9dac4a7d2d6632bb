"""Does the larger of two nested models fit better than chance would have it?

In: the `Rows` and `Solution` of two models, or of one and the terms to leave out. Out: a `Ratio`, the
likelihood-ratio test (Wilks 1938, doi 10.1214/aoms/1177732360), as lme4's anova of ML fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from outcomes.mixed.basis import independent
from outcomes.mixed.merging import select
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution, solve
from outcomes.mixed.structures import HeterogeneousSymmetry, Intercept, Slope, Structure, Unstructured

AGREED = 1e-6
"""Fall of the log-likelihood from the smaller to the larger model that is taken as rounding."""
WITHIN: dict[type[Structure], tuple[type[Structure], ...]] = {
    Intercept: (Slope, HeterogeneousSymmetry, Unstructured),
    HeterogeneousSymmetry: (Unstructured,),
}
"""Which structures contain which."""


@dataclass(frozen=True)
class Ratio:
    """The tests of all fits of a batch (F,); NaN where a fit has no estimate."""

    chi2: np.ndarray
    """Twice the rise of the log-likelihood."""
    df: int
    """Coefficients and covariance parameters that the larger model has more."""
    p_value: np.ndarray
    conservative: bool
    """Whether the smaller model holds a variance at 0, so that the p value is too large (Self & Liang 1987,
    doi 10.1080/01621459.1987.10478472)."""


def leaving(solution: Solution, terms: Sequence[str]) -> Ratio:
    """Return the test of ``terms`` of a fit (or of each of a batch), by ML fits with and without them.

    A REML fit is fitted again by ML. Raises ValueError for unknown terms, where nothing is left out (the
    terms depend on others), for sampling weights and for a stack of designs.
    """
    products = solution.products
    _plain(solution)
    unknown = [term for term in terms if term not in products.basis.terms]
    if unknown:
        raise ValueError(f"the model has no such terms: {', '.join(unknown)}")
    rest = [term for term in products.basis.terms if term not in set(terms)]
    if not rest:
        raise ValueError("a model needs a term")
    smaller = select(products, rest)
    larger = solve(products, "ML") if solution.point.reml else solution
    return _ratio(larger, solve(smaller, "ML"), products.rank - smaller.rank)


def likelihood_ratio(larger_rows: Rows, larger: Solution, smaller_rows: Rows, smaller: Solution) -> Ratio:
    """Return the test of ``larger`` against ``smaller``.

    They must be of the same scores of the same people. The columns of the smaller design must be
    combinations of those of the larger, and its structure the same or contained. Raises ValueError
    otherwise; for REML fits with different fixed effects, whose likelihoods are of different contrasts of
    the scores (Verbeke & Molenberghs 2000, 6.2.5); for REML beside ML; and for sampling weights.
    """
    _plain(larger)
    _plain(smaller)
    if larger.point.reml != smaller.point.reml:
        raise ValueError("one fit is by REML and the other by ML")
    _same_scores(larger_rows, smaller_rows)
    if larger.products.weights is not None or smaller.products.weights is not None:
        raise ValueError("two weighted fits cannot be seen to have the same weights: use `leaving`")
    more = _nested(larger_rows.design, smaller_rows.design)
    if more and larger.point.reml:
        raise ValueError("REML likelihoods of different fixed effects cannot be compared: fit both by ML")
    ours, theirs = larger.products.structure, smaller.products.structure
    if not _contains(larger_rows, ours, smaller_rows, theirs):
        raise ValueError(f"{theirs.name} is not nested in {ours.name}")
    parameters = _parameters(ours) - _parameters(theirs)
    if more + parameters == 0:
        raise ValueError("the two models are the same")
    return _ratio(larger, smaller, more + parameters, conservative=isinstance(ours, Slope) and parameters > 0)


def _contains(larger: Rows, ours: Structure, smaller: Rows, theirs: Structure) -> bool:
    if type(ours) is not type(theirs):
        return type(ours) in WITHIN.get(type(theirs), ())
    if isinstance(ours, Intercept):
        return True
    if isinstance(ours, Slope):
        return np.array_equal(np.asarray(larger.time), np.asarray(smaller.time))
    return np.array_equal(np.asarray(larger.wave), np.asarray(smaller.wave))


def _parameters(structure: Structure) -> int:
    """Return how many covariance parameters there are, the scale among them."""
    return structure.n_free + 1


def _plain(solution: Solution) -> None:
    if solution.products.weights == "sampling":
        raise ValueError("a pseudo-likelihood has no ratio test: use cluster-robust standard errors")
    if solution.products.bases:
        raise ValueError("fits of a stack have different designs: test each by itself")


def _same_scores(larger: Rows, smaller: Rows) -> None:
    parts = [(larger.response, smaller.response), (larger.person, smaller.person)]
    if any(ours.shape != theirs.shape or not np.array_equal(ours, theirs) for ours, theirs in parts):
        raise ValueError("the models are not of the same scores of the same people, in the same order")


def _nested(larger: np.ndarray, smaller: np.ndarray) -> int:
    """Return how many more independent columns the larger design has; ValueError where it lacks one."""
    kept = independent(np.column_stack([larger, smaller]))
    if kept[larger.shape[1] :].any():
        raise ValueError("the smaller model has fixed effects that the larger lacks: they are not nested")
    return int(kept.sum()) - int(independent(smaller).sum())


def _ratio(larger: Solution, smaller: Solution, df: int, conservative: bool = False) -> Ratio:
    if df == 0:
        raise ValueError("nothing is left out: the terms depend on others")
    found = 2 * (larger.log_likelihood - smaller.log_likelihood)
    good = larger.solved & smaller.solved & (found > -AGREED)
    statistic = np.where(good, np.maximum(found, 0.0), np.nan)
    return Ratio(statistic, df, chi2.sf(statistic, df), conservative)
