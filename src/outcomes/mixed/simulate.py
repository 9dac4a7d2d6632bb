"""What other scores could the fitted model have given?

In: the `Rows` of a fit and its `Solution`. Out: scores drawn from it for new people in the same rows, and
(parametric bootstrap) the fits of all draws as one batch.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from outcomes.mixed.prediction import checked, fitted, loadings_of
from outcomes.mixed.products import Products
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Method, Solution, semidefinite_root, solve


def draw(rows: Rows, solution: Solution, draws: int, random: np.random.Generator) -> np.ndarray:
    """Return scores (rows x ``draws``) at the estimates, in the order of ``rows`` and units of the response.

    Random effects (over waves, a person's deviations) are drawn anew: these are other people with the same
    rows of the design. Raises ValueError without estimates.
    """
    checked(rows, solution)
    structure = solution.products.structure
    size = np.sqrt(solution.residual_variance[0])
    lower = size * semidefinite_root(solution.point.psi)[0]
    found = np.repeat(fitted(rows, solution)[:, None], draws, axis=1)
    effects = np.einsum("ab,nbd->nad", lower, random.standard_normal((rows.n_people, structure.width, draws)))
    for place, column in enumerate(loadings_of(rows, solution).T):
        found += column[:, None] * effects[rows.person, place]
    if not structure.by_wave:
        found += size * random.standard_normal(found.shape)
    return found


def refit(rows: Rows, solution: Solution, responses: np.ndarray, method: Method | None = None) -> Solution:
    """Return the fits of ``responses`` (rows x fits) in place of the scores of ``rows``, as one batch.

    By the method of ``solution``, or ``method``. Raises ValueError for a weighted fit: draws of a model know
    no weights.
    """
    checked(rows, solution)
    if solution.products.weights is not None:
        raise ValueError("a weighted fit is not fitted again to draws")
    if responses.ndim != 2 or len(responses) != len(rows.person) or not responses.shape[1]:
        raise ValueError("responses must be rows x fits, with a row for each of the fit's")
    products = Products.of(replace(rows, response=responses), solution.products.structure)
    return solve(products, method or ("REML" if solution.point.reml else "ML"))


def bootstrap(rows: Rows, solution: Solution, draws: int, random: np.random.Generator) -> Solution:
    """Return the fits of ``draws`` parametric bootstrap samples (Efron & Tibshirani 1993, 6.5), together."""
    return refit(rows, solution, draw(rows, solution, draws, random))
