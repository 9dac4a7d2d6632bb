"""What is the REML or ML solution of each fit, and can it be believed?

In: `Products`. Out: a `Solution` for all fits together, each with its own status.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from outcomes.mixed.criterion import Point
from outcomes.mixed.newton import Ended, minimise
from outcomes.mixed.products import Products
from outcomes.mixed.starts import begun, starts_of, together

Method = Literal["REML", "ML"]

SINGULAR = 1e-8
"""Smallest variance of a combination of random effects, against the residual's, that is not taken as 0."""
ENDLESS = 1e8
"""Largest variance of a random effect against the residual's: beyond, scores do not vary within people."""
COLLAPSED = 1e-10
"""Smallest eigenvalue of the correlations of waves at which the likelihood is not taken as unbounded."""
IDENTIFIED = 1e-9
"""Smallest eigenvalue of the scaled expected information at which parameters can be told apart."""
WEIGHTLESS = 1e-11
"""Smallest eigenvalue of X'WX, against the largest, at which weights leave each coefficient with scores."""
MUTE = 1e-6
"""Root of the information of a parameter, against the largest, below which there is nothing but rounding."""

ROOM = 2**25
"""Numbers held at a time, about, in the largest array of a batch: 256 MB."""

OK, BOUNDARY, UNCONVERGED = "ok", "boundary", "unconverged"
TOO_FEW = "not estimable: no more scores than coefficients"
LACKING = "not estimable: people without weight leave a coefficient without scores"
FLAT = "not estimable: the scores do not vary"
CONSTANT = "not estimable: scores do not vary within people"
UNKNOWN = "not identified: the scores cannot tell the covariance parameters apart"
ALONE = "not estimable: nobody has two scores"


@dataclass(frozen=True)
class Solution:
    """The fits at their solutions. Where a status is neither ok nor boundary the numbers mean nothing."""

    point: Point
    status: np.ndarray
    """One text a fit: ok, boundary, unconverged, or why nothing can be estimated."""

    @property
    def products(self) -> Products:
        """What was fitted."""
        return self.point.products

    @property
    def solved(self) -> np.ndarray:
        """Which fits have estimates (F,)."""
        return np.isin(self.status, (OK, BOUNDARY))

    def take(self, fits: np.ndarray) -> Solution:
        """Return some of the fits (indices)."""
        return Solution(self.point.take(fits), self.status[fits])

    @cached_property
    def residual_variance(self) -> np.ndarray:
        """The scale s2 in squared units of the response (F,); over waves it is that of the first wave."""
        return self.point.scale * self.products.scale**2

    @property
    def psi(self) -> np.ndarray:
        """The covariance of random effects, or of the waves, in squared units (F x q x q)."""
        return self.point.psi * self.residual_variance[:, None, None]

    @property
    def log_likelihood(self) -> np.ndarray:
        """The log-likelihood of the responses as given, constants included, as in lme4 (F,)."""
        size = np.log(np.where(self.products.scale > 0, self.products.scale, 1.0) ** 2)
        basis = self.products.log_det if self.point.reml else 0.0
        return -0.5 * (self.point.deviance + self.point.df * size + basis)

    @property
    def coefficients(self) -> np.ndarray:
        """Coefficients in the basis of the products (F x p), in units of the response."""
        return self.products.shift + self.point.coefficients * self.products.scale[:, None]

    @property
    def covariance(self) -> np.ndarray:
        """Their covariance by the model, s2 (X'V*^-1 X)^-1 (F x p x p)."""
        return self.point.covariance * self.residual_variance[:, None, None]


def solve(products: Products, method: Method = "REML") -> Solution:
    """Return the fit of each response of ``products``.

    Newton's method from the best of eight starts for one random effect, else the lower end from two.
    ``boundary``: a variance of the random effects, or of a combination of them, is 0, which is a solution.
    """
    reml, parts = method == "REML", spans(products)
    if len(parts) == 1:
        return _solved(products, reml)
    free, status = [], []
    for part in parts:
        found = _solved(products.take(part), reml)
        free.append(found.point.free)
        status.append(found.status)
    return Solution(Point(products, np.concatenate(free), reml), np.concatenate(status))


def spans(products: Products) -> list[np.ndarray]:
    """Return the fits in parts that are small enough for memory, whatever the structure."""
    structure = products.structure
    of_kernels = (structure.n_free + 1) ** 2 * len(products.grams) * structure.width**2
    most = max(ROOM // (8 * (of_kernels + products.rank**2 * products.yy.shape[1])), 1)
    return np.array_split(np.arange(products.n_fits), -(-products.n_fits // most))


def _solved(products: Products, reml: bool) -> Solution:
    """Return the fits of ``products`` together."""
    fits = products.n_fits
    status = _hopeless(products)
    begin = starts_of(products, fits)
    able = np.flatnonzero(status == OK)
    free = begin[0].copy()
    if len(able):
        starts = begun(products.take(able) if len(able) < fits else products, begin[:, able], reml)
        unknown = ~identified(starts[-1])
        status[able[unknown]] = _why(products)
        able = able[~unknown]
    if len(able):
        best = _settled(_best([start.take(~unknown) for start in starts]))
        status[able] = _statuses(best)
        if len(able) == fits:
            return Solution(best.point, status.astype(str))
        free[able] = best.point.free
    return Solution(Point(products, free, reml), status.astype(str))


def _hopeless(products: Products) -> np.ndarray:
    """Return why a fit need not be tried (F,); ok where it may be."""
    status = np.full(products.n_fits, OK, dtype=object)
    status[products.scale == 0] = FLAT
    if products.weights is not None:
        held = products.xx[:, 0]
        if products.padding is not None:
            held = held + products.padding[:, None] * np.eye(products.rank)
        values = np.linalg.eigvalsh(held)
        status[values[:, 0] <= WEIGHTLESS * values[:, -1]] = LACKING
    status[np.broadcast_to(products.n_rows, status.shape) <= products.ranks] = TOO_FEW
    return status


def _why(products: Products) -> str:
    rows = np.einsum("gaa->g", products.grams) if products.structure.by_wave else products.grams[:, 0, 0]
    return ALONE if (rows <= 1).all() else UNKNOWN


def identified(point: Point) -> np.ndarray:
    """Say of which fits the expected information tells all covariance parameters and the scale apart (F,)."""
    structure = point.products.structure
    units, along = structure.linear, point.along
    if units is not None and len(units) > 1:
        along = point.curved(units * _size(point.psi)[:, None])
    found = along.expected
    if not structure.by_wave or units is None:
        trace = along.traces[..., None]
        corner = point.df[:, None, None]
        found = np.concatenate(
            [np.concatenate([found, trace], axis=2), np.concatenate([trace.swapaxes(1, 2), corner], axis=2)],
            axis=1,
        )
    size = np.sqrt(np.maximum(np.einsum("fkk->fk", found), 0))
    there = (size > MUTE * np.maximum(size.max(axis=1, keepdims=True), 1e-300)).all(axis=1)
    size = np.where(size > 0, size, 1.0)
    scaled = found / size[:, :, None] / size[:, None, :]
    finite = np.asarray(np.isfinite(scaled).all(axis=(1, 2)))
    values = np.linalg.eigvalsh(np.where(finite[:, None, None], scaled, np.eye(scaled.shape[1])))
    return np.asarray(there & finite & (values[:, 0] > IDENTIFIED))


def _size(psi: np.ndarray) -> np.ndarray:
    """Return the products of the standard deviations of Psi (F x q x q): the size of a change of an entry."""
    spread = np.sqrt(np.einsum("faa->fa", psi))
    return spread[:, :, None] * spread[:, None]


def _best(starts: list[Point]) -> Ended:
    """Return the lower of the ends from each start.

    Also one that did not converge: where the likelihood has no bound, a lesser maximum is no solution.
    """
    first, fits = starts[0], len(starts[0].free)
    if len(starts) == 1:
        return minimise(first)
    found = minimise(together(first.products, np.stack([each.free for each in starts]), first.reml))
    deviance = found.point.deviance.reshape(len(starts), fits)
    converged = found.converged.reshape(len(starts), fits)
    rank = np.where(converged, deviance - 1e-9, deviance)
    chosen = np.argmin(rank, axis=0) * fits + np.arange(fits)
    return Ended(found.point.take(chosen), found.converged[chosen])


def _settled(best: Ended) -> Ended:
    """Return the ends with variances that are 0 but for rounding set to 0 where the deviance allows it.

    The other parameters then go on to their minimum: at a variance of 0 its slope is 0, too.
    """
    if best.point.products.structure.by_wave:
        return best
    values = _eigenvalues(best.point.psi)
    near = (values < SINGULAR) & (values != 0)
    if not near.any():
        return best
    values, vectors = np.linalg.eigh(best.point.psi)
    cut = vectors * np.where(values < SINGULAR, 0.0, values)[:, None, :] @ vectors.swapaxes(1, 2)
    rows, columns = np.tril_indices(values.shape[1])
    free = np.where(near.any(axis=1)[:, None], semidefinite_root(cut)[:, rows, columns], best.point.free)
    settled = Point(best.point.products, free, best.point.reml)
    good = near.any(axis=1) & (settled.deviance <= best.point.deviance + 1e-7)
    free = best.point.free.copy()
    if good.any():
        free[good] = minimise(settled.take(good)).point.free
    converged = best.converged | (good & (settled.deviance <= best.point.deviance + 1e-9))
    return Ended(Point(best.point.products, free, best.point.reml), converged)


def _eigenvalues(matrices: np.ndarray) -> np.ndarray:
    """Return the eigenvalues of symmetric matrices (F x q x q), the smallest first (F x q)."""
    return matrices[:, 0] if matrices.shape[-1] == 1 else np.linalg.eigvalsh(matrices)


def semidefinite_root(matrices: np.ndarray) -> np.ndarray:
    """Return lower triangular L with L L' = ``matrices`` (F x q x q), which may be singular."""
    lower = np.zeros_like(matrices)
    width = matrices.shape[1]
    for column in range(width):
        left = matrices[:, column, column] - np.einsum("fk,fk->f", *[lower[:, column, :column]] * 2)
        pivot = np.sqrt(np.maximum(left, 0))
        lower[:, column, column] = np.where(left > 1e-14, pivot, 0.0)
        for row in range(column + 1, width):
            rest = matrices[:, row, column] - np.einsum(
                "fk,fk->f", lower[:, row, :column], lower[:, column, :column]
            )
            lower[:, row, column] = np.where(left > 1e-14, rest / np.where(left > 1e-14, pivot, 1.0), 0.0)
    return lower


def _statuses(best: Ended) -> np.ndarray:
    """Return the status of each fit from Psi at its end."""
    point, converged = best.point, best.converged
    values = _eigenvalues(point.psi)
    if point.products.structure.by_wave:
        size = np.sqrt(np.einsum("faa->fa", point.psi))
        least = np.linalg.eigvalsh(point.psi / size[:, :, None] / size[:, None, :])[:, 0]
        return np.where(converged & (least > COLLAPSED), OK, UNCONVERGED).astype(object)
    found = np.where(values[:, 0] <= SINGULAR, BOUNDARY, OK).astype(object)
    lost = np.flatnonzero(~converged)
    if len(lost):
        found[lost] = np.where(_constant(point.take(lost)), CONSTANT, UNCONVERGED)
    found[values[:, -1] > ENDLESS] = CONSTANT
    # with slopes, lines can meet all scores of each person though these vary: that has no bound, no reason
    return found if point.products.structure.width == 1 else np.where(found == CONSTANT, UNCONVERGED, found)


def _constant(point: Point) -> np.ndarray:
    """Say of which fits the random effects, let free, leave nothing (F,): no scores vary within people."""
    structure = point.products.structure
    rows, columns = np.tril_indices(structure.width)
    free = np.tile(np.where(rows == columns, np.sqrt(ENDLESS), 0.0), (len(point.free), 1))
    endless, none = (Point(point.products, each, point.reml) for each in (free, np.zeros_like(free)))
    return endless.rss < none.rss * 100 / ENDLESS


def restarted(solution: Solution, free: np.ndarray) -> Solution:
    """Return ``solution`` at other parameters (F x k), its status unchanged."""
    return replace(solution, point=Point(solution.products, free, solution.point.reml))
