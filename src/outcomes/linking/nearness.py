"""Which rows of two sides come near one another, counted in errors, within blocks and in bounded memory.

All pairs of a block are compared by rapidfuzz, some rows at a time. That is dense, and still faster than an
index of deletions at the size of a cohort (benchmarks/linking.py measures both).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import process

from outcomes.linking.sides import Ints, Side

Distance = Callable[..., int]
"""A scorer of rapidfuzz that counts errors."""
Bools = npt.NDArray[np.bool_]
SIGNS = 3
"""Signs that a code must have for each error, at least: a code of two signs is compared exactly only.

As in Elasticsearch's `fuzziness: AUTO` (none below 3 signs, one from 3, two from 6): what is shorter comes
near everything.
"""
MOST = 5_000_000
"""Most pairs that are kept; nobody reviews more, and they would fill the memory."""
_CELLS = 2**22
"""Pairs that are compared at a time."""


class TooAlike(ValueError):
    """So many codes are equal or near one another that they say little about who is who."""

    def __init__(self) -> None:
        super().__init__(f"more than {MOST:,} pairs of codes are equal or near")


@dataclass(frozen=True)
class Near:
    """The pairs of rows that may be one person: positions and errors of each (int64).

    ``crowd_left``, ``crowd_right``: for each row, the fewest errors to a row of the other side that can't be
    its partner (it is linked already, or too short); ``most_errors + 1`` where none is near.
    """

    left: Ints
    right: Ints
    errors: Ints
    crowd_left: Ints
    crowd_right: Ints


def compare(left: Side, right: Side, free: tuple[Bools, Bools], distance: Distance, most_errors: int) -> Near:
    """Return the near pairs of the ``free`` rows: 1 to ``most_errors`` errors, in one block.

    Raises:
        TooAlike: there are more than can be kept.
    """
    crowds = [np.full(len(side), most_errors + 1) for side in (left, right)]
    lengths = [np.array([len(text) for text in side.text], dtype=np.int64) for side in (left, right)]
    kept = [np.empty((3, 0), dtype=np.int64)]
    total = 0
    for rows, others in _blocks(left, right, free) if most_errors else ():
        for found in _close(left, right, rows, others, distance, most_errors):
            at, to, errors = found
            long = errors * SIGNS <= np.minimum(lengths[0][at], lengths[1][to])
            pair = free[0][at] & free[1][to] & long
            np.minimum.at(crowds[0], at[~pair], errors[~pair])
            np.minimum.at(crowds[1], to[~pair], errors[~pair])
            kept.append(found[:, pair])
            total += int(pair.sum())
            if total > MOST:
                raise TooAlike
    return Near(*np.concatenate(kept, axis=1), *crowds)


def _blocks(left: Side, right: Side, free: tuple[Bools, Bools]) -> Iterator[tuple[Ints, Ints]]:
    """Yield the rows of both sides that are compared: free rows with all, linked rows with free ones."""
    ours, theirs = _members(left), _members(right)
    for block in ours.keys() & theirs.keys():
        here, there = ours[block], theirs[block]
        yield here[free[0][here]], there
        yield here[~free[0][here]], there[free[1][there]]


def _members(side: Side) -> dict[int, Ints]:
    """Return the rows of each block that say anything, in order."""
    rows = np.flatnonzero(side.known & (side.block >= 0))
    rows = rows[np.argsort(side.block[rows], kind="stable")]
    blocks, starts = np.unique(side.block[rows], return_index=True)
    return dict(zip(blocks.tolist(), np.split(rows, starts[1:]), strict=True)) if len(rows) else {}


def _close(
    left: Side, right: Side, rows: Ints, others: Ints, distance: Distance, most_errors: int
) -> Iterator[Ints]:
    """Yield left, right and errors (3 x pairs) of all pairs with 1 to ``most_errors``, some rows at a time.

    Equal texts are no near pair: `links` takes them by their key.
    """
    texts = right.text[others].tolist()
    step = max(1, _CELLS // max(1, len(texts)))
    for start in range(0, len(rows), step):
        here = rows[start : start + step]
        told = left.text[here].tolist()
        table = process.cdist(told, texts, scorer=distance, score_cutoff=most_errors, dtype=np.uint8)
        at, to = np.nonzero((table > 0) & (table <= most_errors))
        yield np.stack([here[at], others[to], table[at, to].astype(np.int64)])
