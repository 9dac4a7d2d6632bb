"""What score does a model expect, of anybody and of a person it has seen?

In: the `Rows` of a fit and its `Solution`. Out: a `Prediction` a row asked for, and random effects of people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.mixed.kernels import Kernels
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution
from outcomes.mixed.structures import Slope, Structure

NEW = -1
"""The code of a person without scores."""


@dataclass(frozen=True)
class Prediction:
    """Expected scores, in units of the response, a row each; NaN where the fit's scores cannot tell."""

    marginal: np.ndarray
    """X b: the mean of all people with that row of the design."""
    std_error: np.ndarray
    """Of the marginal prediction, by the model's covariance of b."""
    conditional: np.ndarray
    """The mean given the person's own scores: X b plus the person's random effects; marginal if new."""


def checked(rows: Rows, solution: Solution) -> None:
    """Raise ValueError unless ``solution`` is one fit with estimates, of as many scores as ``rows`` has."""
    if len(solution.status) != 1 or rows.response.shape[1] != 1:
        raise ValueError("this answers for one fit of one response")
    if solution.products.bases:
        raise ValueError("this fit is one of a stack: fit it by itself")
    if not solution.solved[0]:
        raise ValueError(f"there are no estimates: {solution.status[0]}")
    unweighted = solution.products.weights is None
    if rows.terms != solution.products.basis.terms or (
        unweighted and len(rows.person) != int(solution.products.n_rows[0])
    ):
        raise ValueError("these are not the rows of this fit")


def person_weights(rows: Rows, solution: Solution, weights: np.ndarray | None) -> np.ndarray:
    """Return the weights of people, 1 each for a fit without; ValueError where they are not as the fit's."""
    if (solution.products.weights is None) != (weights is None):
        raise ValueError("give the weights of people that the fit was made with, and none for a fit without")
    if weights is None:
        return np.ones(rows.n_people)
    found = np.asarray(weights, dtype=float).reshape(-1)
    if len(found) != rows.n_people or not (found >= 0).all():
        raise ValueError("weights must be a number of at least 0 a person")
    return found


def loadings(
    structure: Structure, n_rows: int, wave: np.ndarray | None = None, time: np.ndarray | None = None
) -> np.ndarray:
    """Return Z (rows x q): which wave a row is, or 1 and the time as the structure scales it.

    Raises ValueError where the structure needs waves or times that are missing or unknown to it.
    """
    if not structure.by_wave:
        return np.column_stack([np.ones(n_rows), *structure.slopes(time)])
    if wave is None or (len(wave) and not 0 <= np.min(wave) <= np.max(wave) < structure.width):
        raise ValueError("this structure needs the wave of each row, coded as in the fit")
    return np.eye(structure.width)[np.asarray(wave, dtype=int)]


def loadings_of(rows: Rows, solution: Solution) -> np.ndarray:
    """Return Z of the rows of a fit (rows x q)."""
    return loadings(solution.products.structure, len(rows.person), rows.wave, rows.time)


def fitted(rows: Rows, solution: Solution) -> np.ndarray:
    """Return X b of each row (rows,), in the order of ``rows``."""
    return solution.products.basis.orthonormal(rows.design) @ solution.coefficients[0]


def best_linear(rows: Rows, solution: Solution) -> np.ndarray:
    """Return u = Psi Z'V^-1 (y - X b) of each person (people x q), in the columns of Z.

    The best linear unbiased predictor (Henderson 1975, doi 10.2307/2529430); over waves, the mean of a
    person's deviations at all waves given those observed.
    """
    checked(rows, solution)
    structure, psi = solution.products.structure, solution.point.psi
    residual = rows.response[:, 0] - fitted(rows, solution)
    carried = rows.carried(residual[:, None], structure)[:, :, 0]
    carry = Kernels.of(psi, rows.grams(structure), structure.by_wave).carry[0]
    return np.einsum("nba,nb->na", carry, carried) @ psi[0]


def random_effects(rows: Rows, solution: Solution) -> np.ndarray:
    """Return the BLUPs (people x q), people in the order of their codes, in units of the response.

    Intercept; or intercept at time 0 and slope in the time that was given; or the deviation at each wave,
    also at one where the person has no score.
    """
    effects, structure = best_linear(rows, solution), solution.products.structure
    if not isinstance(structure, Slope):
        return effects
    slope = effects[:, 1] / structure.scale
    return np.column_stack([effects[:, 0] - structure.centre * slope, slope])


def predict(
    rows: Rows, solution: Solution, design: np.ndarray, *, person: np.ndarray | None = None,
    wave: np.ndarray | None = None, time: np.ndarray | None = None,
) -> Prediction:  # fmt: skip
    """Return the predictions at ``design`` (any rows x the terms of the fit).

    ``person`` holds codes as in ``rows.person``, `NEW` for somebody without scores (the default); ``wave``
    and ``time`` say where a row stands, as the structure needs for known people. Raises ValueError for an
    unknown code or a missing wave or time.
    """
    checked(rows, solution)
    design = np.atleast_2d(np.asarray(design, dtype=float))
    held = _held(solution, design)
    marginal = held @ solution.coefficients[0]
    variance = np.einsum("np,pq,nq->n", held, solution.covariance[0], held)
    conditional = marginal.copy()
    if person is not None:
        person = np.asarray(person, dtype=int)
        if len(person) != len(design) or (
            len(person) and not NEW <= person.min() <= person.max() < rows.n_people
        ):
            raise ValueError("person must be a code of the fit's people, or -1, for each row")
        known = person != NEW
        effects = best_linear(rows, solution)
        z = loadings(solution.products.structure, len(design), wave, time)
        conditional[known] += np.einsum("nq,nq->n", z[known], effects[person[known]])
    return Prediction(marginal, np.sqrt(np.maximum(variance, 0)), conditional)


def _held(solution: Solution, design: np.ndarray) -> np.ndarray:
    """Return rows of the design in the basis (rows x kept), NaN where they cannot be estimated."""
    basis = solution.products.basis
    together = basis.estimable(design)
    if together is not None:
        return together
    each = [basis.estimable(row) for row in design]
    nothing = np.full(solution.products.rank, np.nan)
    return np.stack([nothing if row is None else row for row in each])
