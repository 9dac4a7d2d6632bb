"""How much of the variation do the fixed effects account for, and how much lies between people?

In: the `Rows` of a fit and its `Solution`. Out: an `Explained`: marginal and conditional R2 (Nakagawa &
Schielzeth 2013, doi 10.1111/j.2041-210x.2012.00261.x; Johnson 2014, doi 10.1111/2041-210X.12225, for random
slopes) and the intraclass correlation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.mixed.prediction import checked, fitted, loadings_of, person_weights
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution


@dataclass(frozen=True)
class Explained:
    """The variance of the scores in three parts, in squared units of the response."""

    fixed: float
    """Of X b over rows, with rows less 1 below, as in Nakagawa & Schielzeth."""
    between: float
    """Between people, given the fixed effects: see `explained`."""
    within: float
    """What is left."""

    @property
    def marginal(self) -> float:
        """R2 of the fixed effects."""
        return self.fixed / (self.fixed + self.between + self.within)

    @property
    def conditional(self) -> float:
        """R2 of the fixed effects and people together."""
        return (self.fixed + self.between) / (self.fixed + self.between + self.within)

    @property
    def icc(self) -> float:
        """The intraclass correlation given the fixed effects (adjusted): between / (between + within)."""
        return self.between / (self.between + self.within)

    @property
    def icc_of_all(self) -> float:
        """The share between people of all variance, that of the fixed effects too (unadjusted)."""
        return self.between / (self.fixed + self.between + self.within)


def explained(rows: Rows, solution: Solution, weights: np.ndarray | None = None) -> Explained:
    """Return the parts of the variance.

    ``between`` is the intercept's variance; with slopes the mean over rows of z'Psi z (Johnson 2014); over
    waves the mean covariance of different waves, over all pairs of scores of a person, so that ``icc`` is
    mean covariance over mean variance, and both are those of the person intercept where the structure is
    its. It may be negative there. Nobody with two scores: NaN. ``weights`` (people,) as in the fit. Raises
    ValueError without estimates.
    """
    checked(rows, solution)
    of_people = person_weights(rows, solution, weights)
    of_rows = of_people[rows.person]
    values = fitted(rows, solution)
    about = (values - np.average(values, weights=of_rows)) ** 2
    counted = solution.products.weights == "frequency"
    n_rows = float(of_rows.sum()) if counted else float((of_rows > 0).sum())
    fixed = float(np.average(about, weights=of_rows)) * n_rows / (n_rows - 1)
    structure, psi = solution.products.structure, solution.psi[0]
    z = loadings_of(rows, solution)
    random = float(np.average(np.einsum("nq,qr,nr->n", z, psi, z), weights=of_rows))
    if not structure.by_wave:
        return Explained(fixed, random, float(solution.residual_variance[0]))
    there = rows.carried(np.ones((len(z), 1)), structure)[:, :, 0]
    pairs = (there * of_people[:, None]).T @ there * (1 - np.eye(structure.width))
    between = float((pairs * psi).sum() / pairs.sum()) if pairs.sum() > 0 else float("nan")
    return Explained(fixed, between, random - between)
