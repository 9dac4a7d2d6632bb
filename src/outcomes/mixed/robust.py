"""How sure is a contrast if the covariance structure is wrong?

In: the `Rows` of a fit and its `Solution`. Out: a `Robust`: the cluster-robust (sandwich) covariance of the
coefficients with people as clusters, and degrees of freedom of a contrast. CR2 is Bell & McCaffrey's (2002,
Survey Methodology 28:169-181) correction with the fitted V as working covariance (Pustejovsky & Tipton 2018,
doi 10.1080/07350015.2016.1247004), as in the R package clubSandwich. V here is in units of the scale s2,
which cancels from all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from outcomes.mixed.prediction import checked, fitted, loadings_of, person_weights
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution

Kind = Literal["CR0", "CR1", "CR2"]

SATURATED = 1e-10
"""Share of the largest eigenvalue below which a combination of a person's residuals counts as always 0."""
HELD = 2_000_000
"""Most numbers in a stack of people's matrices."""


@dataclass(frozen=True)
class _Working:
    """A fit as the sandwich sees it: the rows, in the basis, and the working covariance V of each person."""

    columns: np.ndarray
    """Q (rows x p)."""
    residual: np.ndarray
    """y - X b (rows,)."""
    loadings: np.ndarray
    """Z (rows x q)."""
    psi: np.ndarray
    constant: float
    starts: np.ndarray
    """The first row of each person."""
    weights: np.ndarray
    """w, by which W = w V^-1 of each person (people,)."""
    bread: np.ndarray
    """M = (X'WX)^-1 (p x p)."""

    @classmethod
    def of(cls, rows: Rows, solution: Solution, weights: np.ndarray) -> _Working:
        point, basis = solution.point, solution.products.basis
        return cls(
            basis.orthonormal(rows.design), rows.response[:, 0] - fitted(rows, solution),
            loadings_of(rows, solution), point.psi[0], point.constant, rows.starts, weights,
            point.covariance[0],
        )  # fmt: skip

    def stacks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield people with equally many rows, some at a time, and their rows (people x T)."""
        lengths = np.diff(np.append(self.starts, len(self.residual)))
        for length in np.unique(lengths):
            people = np.flatnonzero(lengths == length)
            most = max(1, HELD // int(length * (length + self.columns.shape[1])))
            for start in range(0, len(people), most):
                part = people[start : start + most]
                yield part, self.starts[part][:, None] + np.arange(length)

    def covariances(self, places: np.ndarray) -> np.ndarray:
        """Return V of people whose rows are ``places`` (people x T): people x T x T."""
        z = self.loadings[places]
        return self.constant * np.eye(places.shape[1]) + z @ self.psi @ z.swapaxes(1, 2)

    @cached_property
    def weighted(self) -> np.ndarray:
        """W X (rows x p)."""
        found = np.empty_like(self.columns)
        for people, places in self.stacks():
            solved = np.linalg.solve(self.covariances(places), self.columns[places])
            found[places] = solved * self.weights[people][:, None, None]
        return found

    @cached_property
    def middle(self) -> np.ndarray:
        """M X'W V W X M (p x p)."""
        weight = np.repeat(self.weights, np.diff(np.append(self.starts, len(self.residual))))
        return self.bread @ ((self.columns * weight[:, None]).T @ self.weighted) @ self.bread

    def halves(self, kind: Kind) -> np.ndarray:
        """Return A W X (rows x p), A the adjustment of each person's residuals: 1 but for CR2."""
        if kind != "CR2":
            return self.weighted
        found = np.empty_like(self.columns)
        for people, places in self.stacks():
            weight = self.weights[people][:, None, None]
            lost = 2 * weight * self.bread - self.middle
            found[places] = (
                adjusted(self.covariances(places), self.columns[places], lost) @ self.weighted[places]
            )
        return found

    def summed(self, values: np.ndarray) -> np.ndarray:
        """Return the sums of ``values`` (rows x ...) over the rows of each person."""
        return np.add.reduceat(values, self.starts, axis=0)


def adjusted(covariance: np.ndarray, columns: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """Return A = D'(D (V - X L X') D')^-1/2 D of each person (people x T x T), D'D = V, D upper.

    ``covariance`` is V (people x T x T), ``columns`` X (people x T x p), ``lost`` L (people x p x p): what
    fitting takes off the variance of residuals. The inverse root is Moore-Penrose (equation 9 there).
    """
    lower = np.linalg.cholesky(covariance)
    upper = lower.swapaxes(1, 2)
    left = covariance - columns @ lost @ columns.swapaxes(1, 2)
    values, vectors = np.linalg.eigh(upper @ left @ lower)
    there = values > SATURATED * np.max(np.linalg.eigvalsh(upper @ covariance @ lower), axis=1, keepdims=True)
    roots = np.where(there, 1 / np.sqrt(np.where(there, values, 1.0)), 0.0)
    turned = lower @ vectors
    return (turned * roots[:, None]) @ turned.swapaxes(1, 2)


@dataclass(frozen=True)
class Robust:
    """A sandwich covariance of coefficients, in the basis of the fit's products."""

    kind: Kind
    covariance: np.ndarray
    """p x p, in squared units of the response."""
    n_people: int
    """People with a weight above 0."""
    _working: _Working
    _halves: np.ndarray

    def std_error(self, contrast: np.ndarray) -> float:
        """Return the standard error of ``contrast`` (p,), in units of the response."""
        return float(np.sqrt(max(contrast @ self.covariance @ contrast, 0.0)))

    def df(self, contrast: np.ndarray) -> float:
        """Return the degrees of freedom of ``contrast`` (p,); NaN where nobody bears on it.

        CR2: Satterthwaite's, the squared mean over half the variance of the estimated variance under the
        working model (section 3.2 there). Its sum of squares of P_ij = [i = j] p_i'V_i p_i + s_i'K s_j, with
        p_i = A_i W_i X_i M c and s_i = (X_i'p_i, w_i X_i'p_i), is found in p dimensions, not people by
        people. CR0 and CR1: people less 1.
        """
        if self.kind != "CR2":
            return float(self.n_people - 1)
        of = self._working
        rows = self._halves @ (of.bread @ contrast)
        effects = of.summed(of.loadings * rows[:, None])
        own = of.constant * of.summed(rows**2) + np.einsum("nq,nq->n", effects @ of.psi, effects)
        carried = of.summed(of.columns * rows[:, None])
        both = np.concatenate([carried, of.weights[:, None] * carried], axis=1)
        kernel = np.block([[of.middle, -of.bread], [-of.bread, np.zeros_like(of.bread)]])
        shared = np.einsum("np,np->n", both @ kernel, both)
        square = kernel @ (both.T @ both)
        spread = (own**2).sum() + 2 * (own * shared).sum() + np.sum(square * square.T)
        mean = (own + shared).sum()
        return float(mean**2 / spread) if spread > 0 else float("nan")


def robust(rows: Rows, solution: Solution, kind: Kind = "CR2", weights: np.ndarray | None = None) -> Robust:
    """Return the cluster-robust covariance of one fit.

    ``weights`` (people,) are the sampling weights of a fit that has them (Skinner 1989, in Analysis of
    Complex Surveys, 3.4). CR0 is the plain sandwich, CR1 that times people / (people - 1). Raises ValueError
    without estimates, where weights are missing or not expected, and for frequency weights: repeat the
    people.
    """
    checked(rows, solution)
    if solution.products.weights == "frequency":
        raise ValueError("frequency weights have no sandwich: repeat the people instead")
    of_people = person_weights(rows, solution, weights)
    working = _Working.of(rows, solution, of_people)
    halves = working.halves(kind)
    scores = working.summed(halves * working.residual[:, None])
    n_people = int((of_people > 0).sum())
    size = n_people / (n_people - 1) if kind == "CR1" and n_people > 1 else 1.0
    covariance = size * working.bread @ (scores.T @ scores) @ working.bread
    return Robust(kind, covariance, n_people, working, halves)


def cr2(rows: Rows, solution: Solution, contrast: np.ndarray) -> tuple[float, float]:
    """Return the CR2 standard error of ``contrast`` (p, in the basis) and its Satterthwaite df.

    For several contrasts of one fit call `robust` once.
    """
    found = robust(rows, solution)
    return found.std_error(contrast), found.df(contrast)
