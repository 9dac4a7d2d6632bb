"""What do the data say about a model, in sums that do not grow with the number of people?

In: `Rows`. Out: `Products`: for each pattern of Z'Z (for waves: which of them were answered) the sums over its
people of (Z_i'x)(Z_i'x)', (Z_i'x)(Z_i'y) and (Z_i'y)^2, in an orthonormal basis of the design and with each
response replaced by its scaled least-squares residual. Sums add: parts made apart merge exactly, a weight a
person multiplies the person's terms, and a smaller design is a block of a larger one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from outcomes.mixed.basis import Basis, independent
from outcomes.mixed.rows import Rows
from outcomes.mixed.structures import Structure

WeightKind = Literal["frequency", "sampling"]

FLAT = 1e-10
"""Share of the size of a response below which its residual counts as nothing."""

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
        basis = Basis.of(rows.design, rows.terms)
        columns = basis.orthonormal(rows.design)
        shift = (columns.T @ rows.response).T
        residual = rows.response - columns @ shift.T
        scale = np.sqrt(np.mean(residual**2, axis=0)) if len(residual) else np.zeros(len(shift))
        size = np.sqrt(np.mean(rows.response**2, axis=0)) if len(residual) else scale
        scale = np.where(scale > FLAT * size, scale, 0.0)
        residual /= np.where(scale > 0, scale, 1.0)
        both = np.column_stack([columns, residual])
        total, by_pattern, grams, count = _sums(rows, structure, both, weights)
        stacked = np.concatenate([total[:, None], by_pattern], axis=1)
        n_rows = _row_counts(rows, weights)
        return cls._cut(structure, basis, stacked, grams, count, n_rows, shift, scale, kind)

    @classmethod
    def _cut(
        cls, structure: Structure, basis: Basis, stacked: np.ndarray, grams: np.ndarray, count: np.ndarray,
        n_rows: np.ndarray, shift: np.ndarray, scale: np.ndarray, kind: WeightKind | None,
    ) -> Products:  # fmt: skip
        """Cut the sums over [X, Y] (F or 1 x M x w x w) into those of X, of X and each response, and of it."""
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
        """p."""
        return self.xx.shape[-1]

    def take(self, fits: np.ndarray) -> Products:
        """Return some of the fits (indices or a mask)."""
        cut = {
            name: value[fits] if len(value := getattr(self, name)) == self.n_fits > 1 else value
            for name in ("xx", "count", "n_rows")
        }
        return replace(
            self, **cut, xy=self.xy[fits], yy=self.yy[fits], shift=self.shift[fits], scale=self.scale[fits]
        )


def _row_counts(rows: Rows, weights: np.ndarray | None) -> np.ndarray:
    if weights is None:
        return np.array([float(len(rows.person))])
    return np.atleast_2d(weights) @ np.bincount(rows.person, minlength=rows.n_people).astype(float)


def _patterns(grams: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct Z'Z (G x q x q) and which one each person has."""
    if grams.shape[1] == 1:
        found, code = np.unique(grams[:, 0, 0], return_inverse=True)
        return found[:, None, None], code.reshape(-1)
    upper = grams[:, *np.triu_indices(grams.shape[1])]
    # a sum weighted by fixed irrational numbers tells patterns apart; equal patterns have equal sums
    key = upper @ np.sqrt(np.arange(2.0, 2.0 + upper.shape[1]))
    _, first, code = np.unique(key, return_index=True, return_inverse=True)
    if not np.array_equal(upper[first][code.reshape(-1)], upper):
        _, first, code = np.unique(upper, axis=0, return_index=True, return_inverse=True)
    return grams[first], code.reshape(-1)


def _sums(
    rows: Rows, structure: Structure, both: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the sums over all rows (F x w x w) and by pattern and pair (F x G pairs x w x w), Z'Z, counts."""
    carried = rows.carried(both, structure)
    grams, code = _patterns(rows.grams(structure))
    order = np.argsort(code, kind="stable")
    carried, bounds = carried[order], np.searchsorted(code[order], np.arange(len(grams) + 1))
    if weights is None:
        blocks = [_pairs(carried[start:end]) for start, end in zip(bounds[:-1], bounds[1:], strict=True)]
        by_pattern = np.concatenate(blocks) if blocks else np.zeros((0, both.shape[1], both.shape[1]))
        total = both.T @ both
        return total[None], by_pattern[None], grams, np.diff(bounds).astype(float)[None]
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    if weights.shape[1] != rows.n_people or not (weights >= 0).all():
        raise ValueError("weights must be a number of at least 0 a person")
    sorted_weights = weights[:, order]
    by_pattern = np.concatenate(
        [_weighted_pairs(carried[start:end], sorted_weights[:, start:end])
         for start, end in zip(bounds[:-1], bounds[1:], strict=True)], axis=1,
    )  # fmt: skip
    per_row = weights[:, rows.person]
    total = np.stack([both.T @ (both * each[:, None]) for each in per_row])
    count = np.stack([np.bincount(code, each, len(grams)) for each in weights])
    return total, by_pattern, grams, count


def _pairs(carried: np.ndarray) -> np.ndarray:
    """Return the sums of ``carried`` (people x q x w) by pair a <= b (pairs x w x w), ab and ba together."""
    n, width, columns = carried.shape
    flat = carried.reshape(n, width * columns)
    square = (flat.T @ flat).reshape(width, columns, width, columns)
    first, second = np.triu_indices(width)
    blocks = square[first, :, second, :]
    mixed = (first != second)[:, None, None]
    return np.where(mixed, blocks + blocks.swapaxes(1, 2), blocks)


def _weighted_pairs(carried: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return `_pairs` for each row of ``weights`` (fits x people): one matrix product a chunk of people."""
    _, width, columns = carried.shape
    first, second = np.triu_indices(width)
    found = np.zeros((len(weights), len(first) * columns * columns))
    for start in range(0, len(carried), CHUNK):
        part = carried[start : start + CHUNK]
        outer = part[:, first, :, None] * part[:, second, None, :]
        mixed = (first != second)[None, :, None, None]
        outer = np.where(mixed, outer + outer.swapaxes(2, 3), outer)
        found += weights[:, start : start + CHUNK] @ outer.reshape(len(part), -1)
    return found.reshape(len(weights), len(first), columns, columns)


def select(products: Products, terms: Sequence[str]) -> Products:
    """Return the products of the design that has ``terms`` alone: a block of those at hand."""
    return _rebased([products], tuple(terms))


def merge(parts: Sequence[Products]) -> Products:
    """Return the products of all people of ``parts`` together, as if made in one pass.

    Parts must have the same terms, structure and number of fits, and no person in common. Raises ValueError
    otherwise.
    """
    first = parts[0]
    if any(part.basis.terms != first.basis.terms or part.structure != first.structure for part in parts):
        raise ValueError("parts must have the same terms and structure")
    if any(part.weights != first.weights or part.n_fits != first.n_fits for part in parts):
        raise ValueError("parts must have the same fits and kind of weights")
    return _rebased(parts, first.basis.terms)


def _rebased(parts: Sequence[Products], terms: tuple[str, ...]) -> Products:
    """Return the sum of ``parts`` in one new basis of ``terms``, with the pooled residuals as responses."""
    basis = _pooled_basis(parts, terms)
    changes = [_change(part.basis, basis) for part in parts]
    gram = sum(change.T @ part.xx[:, 0] @ change for part, change in zip(parts, changes, strict=True))
    moment = sum(
        (part.scale[:, None] * part.xy[:, 0] + np.einsum("fpq,fq->fp", _wide(part), part.shift)) @ change
        for part, change in zip(parts, changes, strict=True)
    )
    shift = np.linalg.solve(np.broadcast_to(gram, (len(moment), *gram.shape[1:])), moment[..., None])[..., 0]
    moved = [_moved(part, change, shift) for part, change in zip(parts, changes, strict=True)]
    n_rows = sum(part.n_rows for part in parts)
    left = sum(yy[:, 0] for _, _, yy in moved)
    scale = np.sqrt(np.maximum(left, 0) / n_rows)
    size = np.sqrt(np.maximum(left + np.einsum("fp,fp->f", shift, moment), 0) / n_rows)
    scale = np.where(scale > FLAT * size, scale, 0.0)
    unit = np.where(scale > 0, scale, 1.0)
    grams, places = _united(parts)
    return Products(
        parts[0].structure, basis,
        _spread([xx for xx, _, _ in moved], places, len(grams)),
        _spread([xy for _, xy, _ in moved], places, len(grams)) / unit[:, None, None],
        _spread([yy for _, _, yy in moved], places, len(grams)) / unit[:, None] ** 2,
        grams, _counts(parts, places, len(grams)), n_rows, shift, scale, parts[0].weights,
    )  # fmt: skip


def _wide(part: Products) -> np.ndarray:
    return np.broadcast_to(part.xx[:, 0], (part.n_fits, part.rank, part.rank))


def _pooled_basis(parts: Sequence[Products], terms: tuple[str, ...]) -> Basis:
    columns = [parts[0].basis.terms.index(term) for term in terms]
    stacked = np.concatenate([part.basis.rectangle[:, columns] for part in parts])
    kept = independent(stacked)
    orthonormal, _ = np.linalg.qr(stacked[:, kept])
    return Basis(terms, kept, orthonormal.T @ stacked)


def _change(old: Basis, new: Basis) -> np.ndarray:
    """Return T with new Q = old Q T (old kept x new kept)."""
    columns = [old.terms.index(term) for term in new.terms]
    return old.rectangle[:, columns][:, new.kept] @ new.inverse


def _moved(
    part: Products, change: np.ndarray, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sums of a part in the new basis, for responses less ``shift`` (fits x new p), unscaled."""
    left = part.shift - shift @ change.T
    xx = part.xx
    wide = np.broadcast_to(xx, (part.n_fits, *xx.shape[1:]))
    turned = np.einsum("fmpq,fq->fmp", wide, left)
    xy = part.scale[:, None, None] * part.xy + turned
    yy = part.scale[:, None] ** 2 * part.yy + np.einsum(
        "fmp,fp->fm", 2 * part.scale[:, None, None] * part.xy + turned, left
    )
    return change.T @ xx @ change, xy @ change, yy


def _united(parts: Sequence[Products]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the patterns of all parts together and where those of each part stand among them."""
    width = parts[0].structure.width
    found, code = np.unique(
        np.concatenate([part.grams.reshape(len(part.grams), -1) for part in parts]),
        axis=0,
        return_inverse=True,
    )
    ends = np.cumsum([len(part.grams) for part in parts])
    return found.reshape(-1, width, width), np.split(code.reshape(-1), ends[:-1])


def _spread(sums: list[np.ndarray], places: list[np.ndarray], patterns: int) -> np.ndarray:
    """Return the sums of all parts added up, each pattern at its place."""
    pairs = (sums[0].shape[1] - 1) // len(places[0])
    total = np.zeros((max(map(len, sums)), 1 + patterns * pairs, *sums[0].shape[2:]))
    for part, place in zip(sums, places, strict=True):
        at = 1 + (place[:, None] * pairs + np.arange(pairs)).reshape(-1)
        total[:, 0] += part[:, 0]
        total[:, at] += part[:, 1:]
    return total


def _counts(parts: Sequence[Products], places: list[np.ndarray], patterns: int) -> np.ndarray:
    total = np.zeros((max(len(part.count) for part in parts), patterns))
    for part, place in zip(parts, places, strict=True):
        total[:, place] += part.count
    return total
