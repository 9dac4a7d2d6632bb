"""What do the data say about a model, in sums that do not grow with the number of people?

In: `Rows`. Out: `Products`: for each pattern of Z'Z (for waves: which of them were answered) the sums over
its people of (Z_i'x)(Z_i'x)', (Z_i'x)(Z_i'y) and (Z_i'y)^2, in an orthonormal basis of the design and with
each response replaced by its scaled least-squares residual. Sums add: parts made apart merge exactly, a
weight a person multiplies the person's terms, and a smaller design is a block of a larger one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from outcomes.mixed.basis import Basis
from outcomes.mixed.rows import Rows
from outcomes.mixed.structures import Structure, pairs

WeightKind = Literal["frequency", "sampling"]

FLAT = 1e-10
"""Share of the size of a response below which its residual counts as nothing."""
LEAST = 1e-100
"""Residual, in units of the response, that counts as nothing: its square would soon be 0."""

TOGETHER = 32
"""Responses whose sums are taken together: products of two responses are taken too, and are of no use."""

CHUNK = 2_000
"""People whose outer products are held in memory at a time when weights differ between fits."""


@dataclass(frozen=True)
class Products:
    """Cross-products of one or many fits. F fits, G patterns, p kept terms, M = 1 + G q (q + 1) / 2 sums.

    Sum 0 is over all rows (X'X, X'y, y'y); the others go by pattern and pair a <= b of columns of Z, and hold
    the sum of ab and ba for a < b. Axes of length 1 are shared by all fits.
    """

    structure: Structure
    basis: Basis
    xx: np.ndarray
    """F or 1 x M x p x p."""
    xy: np.ndarray
    """F x M x p."""
    yy: np.ndarray
    """F x M."""
    grams: np.ndarray
    """Z'Z of a person of each pattern, G x q x q."""
    count: np.ndarray
    """People of each pattern, F or 1 x G (sums of weights)."""
    n_rows: np.ndarray
    """Scores, F or 1 (sums of weights)."""
    shift: np.ndarray
    """Coefficients in the basis that were taken off each response, F x p."""
    scale: np.ndarray
    """What each residual was divided by, F; 0 where nothing was left of a response."""
    weights: WeightKind | None = None
    bases: tuple[Basis, ...] = ()
    """The basis of each fit, where they differ (`merging.stack`); coefficients are in these."""
    padding: np.ndarray | None = None
    """Which coefficients a fit does not have, F x p; None where all fits have all p."""

    @classmethod
    def of(
        cls, rows: Rows, structure: Structure, weights: np.ndarray | None = None,
        kind: WeightKind | None = None,
    ) -> Products:  # fmt: skip
        """Return the products of ``rows`` under ``structure`` in one pass.

        ``weights`` is (people,) or (fits, people). ``frequency``: how often a person counts (bootstrap);
        ``sampling``: how many people a person stands for (the fit is then a pseudo-likelihood, and only
        cluster-robust standard errors hold). Raises ValueError for negative weights or a missing kind.
        """
        if (weights is None) != (kind is None):
            raise ValueError("weights need a kind, frequency or sampling")
        if rows.response.shape[1] > 1 and weights is not None and weights.ndim > 1 and len(weights) > 1:
            raise ValueError("one of responses and weights may be several, not both")
        if rows.response.shape[1] > TOGETHER:
            return _joined([cls.of(part, structure, weights, kind) for part in rows.by_response(TOGETHER)])
        basis = Basis.of(rows.design, rows.terms)
        safe = basis.gram is not None
        columns = rows.design if safe else basis.orthonormal(rows.design)
        change = basis.inverse if safe else np.eye(columns.shape[1])
        shift = rows.response.T @ columns @ change
        residual = rows.response - columns @ (change @ shift.T)
        scale = _sizes(residual)
        scale = np.where(scale > np.maximum(FLAT * _sizes(rows.response), LEAST), scale, 0.0)
        residual /= np.where(scale > 0, scale, 1.0)
        sums, grams, count = _sums(rows, structure, columns, residual, weights, basis.gram)
        whole = np.zeros((columns.shape[1] + len(scale), change.shape[1] + len(scale)))
        whole[: len(change), : change.shape[1]] = change
        whole[len(change) :, change.shape[1] :] = np.eye(len(scale))
        stacked = whole.T @ sums @ whole
        n_rows = _row_counts(rows, weights)
        return cls._cut(structure, basis, stacked, grams, count, n_rows, shift, scale, kind)

    @classmethod
    def _cut(
        cls, structure: Structure, basis: Basis, stacked: np.ndarray, grams: np.ndarray, count: np.ndarray,
        n_rows: np.ndarray, shift: np.ndarray, scale: np.ndarray, kind: WeightKind | None,
    ) -> Products:  # fmt: skip
        """Cut the sums over [X, Y] (F or 1 x M x w x w) into those of X, of X and a response, and of it."""
        rank, fits = int(basis.kept.sum()), max(len(scale), len(stacked))
        responses = np.arange(rank, rank + len(scale)) if len(scale) > 1 else np.full(fits, rank)
        source = np.arange(fits) if len(stacked) > 1 else np.zeros(fits, dtype=int)
        return cls(
            structure, basis, np.ascontiguousarray(stacked[:, :, :rank, :rank]),
            stacked[source, :, :rank, responses].reshape(fits, -1, rank),
            stacked[source, :, responses, responses].reshape(fits, -1), grams, count, n_rows,
            np.broadcast_to(shift, (fits, rank)), np.broadcast_to(scale, (fits,)), kind,
        )  # fmt: skip

    @property
    def n_fits(self) -> int:
        """F."""
        return len(self.yy)

    @property
    def rank(self) -> int:
        """p, the most coefficients of a fit."""
        return self.xx.shape[-1]

    @property
    def ranks(self) -> np.ndarray:
        """How many coefficients each fit has (F,)."""
        lacking = 0 if self.padding is None else self.padding.sum(axis=1)
        return np.full(self.n_fits, self.rank) - lacking

    @property
    def log_det(self) -> np.ndarray:
        """What the basis of each fit hides of log|X'X| (F or 1)."""
        return np.array([basis.log_det for basis in (self.bases or (self.basis,))])

    def take(self, fits: np.ndarray) -> Products:
        """Return some of the fits (indices or a mask)."""
        if fits.dtype != bool and np.array_equal(fits, np.arange(self.n_fits)):
            return self
        cut = {
            name: value[fits] if len(value := getattr(self, name)) == self.n_fits > 1 else value
            for name in ("xx", "count", "n_rows")
        }
        return replace(
            self, **cut, xy=self.xy[fits], yy=self.yy[fits], shift=self.shift[fits], scale=self.scale[fits],
            bases=tuple(self.bases[place] for place in np.arange(self.n_fits)[fits]) if self.bases else (),
            padding=None if self.padding is None else self.padding[fits],
        )  # fmt: skip


def _joined(parts: list[Products]) -> Products:
    """Return the products of other responses of the same rows side by side; the design's sums are shared."""
    return replace(
        parts[0],
        xy=np.concatenate([part.xy for part in parts]), yy=np.concatenate([part.yy for part in parts]),
        shift=np.concatenate([part.shift for part in parts]),
        scale=np.concatenate([part.scale for part in parts]),
    )  # fmt: skip


def _sizes(columns: np.ndarray) -> np.ndarray:
    """Return the root mean square of each column."""
    return np.sqrt(np.einsum("nk,nk->k", columns, columns) / max(len(columns), 1))


def _row_counts(rows: Rows, weights: np.ndarray | None) -> np.ndarray:
    if weights is None:
        return np.array([float(len(rows.person))])
    return np.atleast_2d(weights) @ np.bincount(rows.person, minlength=rows.n_people).astype(float)


def _sums(
    rows: Rows, structure: Structure, columns: np.ndarray, residual: np.ndarray, weights: np.ndarray | None,
    gram: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Return the sums over all rows, then by pattern and pair (F x M x w x w), Z'Z and counts (F x G)."""
    grams, code = rows.patterns(structure)
    sizes = np.bincount(code, minlength=len(grams))
    # NumPy sorts integers of at most 16 bits by radix
    order = np.argsort(code.astype(np.min_scalar_type(len(grams))), kind="stable")
    groups = np.split(order, np.cumsum(sizes)[:-1])
    parts = _parts(rows, structure, (columns, residual), groups)
    if weights is None:
        total = _total(columns, residual, gram=gram)
        blocks = [_placed(_pairs(part), each) for part, each in zip(parts, grams, strict=True)]
        return np.concatenate([total[None], *blocks])[None], grams, sizes.astype(float)[None]
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    if weights.shape[1] != rows.n_people or not (weights >= 0).all():
        raise ValueError("weights must be a number of at least 0 a person")
    blocks = [
        _placed(_weighted_pairs(part, weights[:, group]), each)
        for part, group, each in zip(parts, groups, grams, strict=True)
    ]
    total = np.stack([_total(columns, residual, each[rows.person]) for each in weights])
    count = np.stack([np.bincount(code, each, len(grams)) for each in weights])
    return np.concatenate([total[:, None], *blocks], axis=1), grams, count


def _parts(
    rows: Rows, structure: Structure, both: tuple[np.ndarray, np.ndarray], groups: list[np.ndarray]
) -> Iterator[np.ndarray]:
    """Yield Z_i'[x, y] of the people of each pattern (people x q x w); over waves, of the observed alone."""
    if structure.by_wave:
        for people in groups:
            yield np.concatenate([rows.stacked(part, people) for part in both], axis=2)
        return
    columns, residual = both
    carried = np.empty((rows.n_people, structure.width, columns.shape[1] + residual.shape[1]))
    for place, effect in enumerate(rows.effects(structure)):
        carried[:, place, : columns.shape[1]] = effect @ columns
        carried[:, place, columns.shape[1] :] = effect @ residual
    sizes = [len(people) for people in groups]
    yield from np.split(carried.take(np.concatenate(groups), axis=0), np.cumsum(sizes)[:-1])


def _placed(blocks: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """Return sums by pair of those columns of Z that a pattern has (... x pairs x w x w) by all pairs."""
    first, second = pairs(len(gram))
    if blocks.shape[-3] == len(first):
        return blocks
    held = (np.diag(gram)[first] > 0) & (np.diag(gram)[second] > 0)
    found = np.zeros((*blocks.shape[:-3], len(first), *blocks.shape[-2:]))
    found[..., held, :, :] = blocks
    return found


def _total(
    columns: np.ndarray, residual: np.ndarray, weight: np.ndarray | None = None,
    gram: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Return the sums over all rows of the products of columns and residuals, weighted by row.

    ``gram`` is the columns' own part, where it is known.
    """
    held = residual if weight is None else residual * weight[:, None]
    wide = columns if weight is None else columns * weight[:, None]
    corner, side = columns.T @ wide if gram is None else gram, columns.T @ held
    return np.block([[corner, side], [side.T, residual.T @ held]])


def _pairs(carried: np.ndarray) -> np.ndarray:
    """Return the sums of ``carried`` (people x q x w) by pair a <= b (pairs x w x w), ab and ba together."""
    n, width, columns = carried.shape
    flat = carried.reshape(n, width * columns)
    if width == 1:
        return (flat.T @ flat)[None]
    square = (flat.T @ flat).reshape(width, columns, width, columns)
    first, second = pairs(width)
    blocks = square[first, :, second, :]
    mixed = (first != second)[:, None, None]
    return np.where(mixed, blocks + blocks.swapaxes(1, 2), blocks)


def _weighted_pairs(carried: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return `_pairs` for each row of ``weights`` (fits x people): one matrix product a chunk of people."""
    _, width, columns = carried.shape
    first, second = pairs(width)
    found = np.zeros((len(weights), len(first) * columns * columns))
    for start in range(0, len(carried), CHUNK):
        part = carried[start : start + CHUNK]
        outer = part[:, first, :, None] * part[:, second, None, :]
        mixed = (first != second)[None, :, None, None]
        outer = np.where(mixed, outer + outer.swapaxes(2, 3), outer)
        found += weights[:, start : start + CHUNK] @ outer.reshape(len(part), -1)
    return found.reshape(len(weights), len(first), columns, columns)
