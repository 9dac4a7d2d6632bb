"""What are the products of several parts together, or of a smaller design?

In: `Products` made apart, or of a larger design. Out: those that one pass over all people would have made; or
(`stack`) all of them side by side, to be fitted as one batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from outcomes.mixed.basis import Basis, independent
from outcomes.mixed.products import FLAT, Products


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


def stack(parts: Sequence[Products]) -> Products:
    """Return the fits of all ``parts`` as one batch: other people, specifications or outcomes side by side.

    Each fit keeps its own basis, in which its coefficients and contrasts are (``bases``). Raises ValueError
    where structures or kinds of weights differ.
    """
    first = parts[0]
    if any(part.structure != first.structure or part.weights != first.weights for part in parts):
        raise ValueError("fits of one batch must have the same structure and kind of weights")
    rank, fits = max(part.rank for part in parts), sum(part.n_fits for part in parts)
    grams, places = _united(parts)
    sums = [np.broadcast_to(part.xx, (part.n_fits, *part.xx.shape[1:])) for part in parts]
    padding = np.concatenate([np.tile(np.arange(rank) >= part.rank, (part.n_fits, 1)) for part in parts])
    return Products(
        first.structure, first.basis,
        np.concatenate([_padded(_placed(each, place, len(grams)), rank, 2)
                        for each, place in zip(sums, places, strict=True)]),
        np.concatenate([_padded(_placed(part.xy, place, len(grams)), rank, 1)
                        for part, place in zip(parts, places, strict=True)]),
        np.concatenate([_placed(part.yy, place, len(grams))
                        for part, place in zip(parts, places, strict=True)]),
        grams,
        np.concatenate([np.broadcast_to(_counts([part], [place], len(grams)), (part.n_fits, len(grams)))
                        for part, place in zip(parts, places, strict=True)]),
        np.concatenate([np.broadcast_to(part.n_rows, (part.n_fits,)) for part in parts]),
        np.concatenate([_padded(part.shift, rank, 1) for part in parts]),
        np.concatenate([part.scale for part in parts]), first.weights,
        tuple(basis for part in parts for basis in (part.bases or (part.basis,) * part.n_fits)),
        padding if padding.any() else None,
    ).take(np.arange(fits))  # fmt: skip


def _padded(sums: np.ndarray, rank: int, axes: int) -> np.ndarray:
    """Return the sums with zeros for the coefficients that a part does not have, in the last ``axes``."""
    lacking = rank - sums.shape[-1]
    return np.pad(sums, [(0, 0)] * (sums.ndim - axes) + [(0, lacking)] * axes) if lacking else sums


def _placed(sums: np.ndarray, place: np.ndarray, patterns: int) -> np.ndarray:
    """Return the sums (F x M x ...) with each pattern at its place among all of them."""
    return _spread([sums], [place], patterns)


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
    n_rows = np.sum([part.n_rows for part in parts], axis=0)
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
    each = (sums[0].shape[1] - 1) // len(places[0])
    total = np.zeros((max(map(len, sums)), 1 + patterns * each, *sums[0].shape[2:]))
    for part, place in zip(sums, places, strict=True):
        at = 1 + (place[:, None] * each + np.arange(each)).reshape(-1)
        total[:, 0] += part[:, 0]
        total[:, at] += part[:, 1:]
    return total


def _counts(parts: Sequence[Products], places: list[np.ndarray], patterns: int) -> np.ndarray:
    total = np.zeros((max(len(part.count) for part in parts), patterns))
    for part, place in zip(parts, places, strict=True):
        total[:, place] += part.count
    return total
