"""The two sides that are compared: the text of each row, and what must be equal for an exact link.

A row is known by its position. All texts of one comparison are made here, so that both sides say the same
thing by the same sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Texts = Iterable[str | None]
Table = pd.DataFrame | np.ndarray | Sequence[Sequence[str | None]]
Blocks = Iterable[object]
_FIRST = 0xE002
"""The sign of the first element of a column; from here on, every number is one sign (there are a million)."""
_NO_LEFT, _NO_RIGHT = _FIRST - 1, _FIRST - 2
"""The signs of a missing element on each side: two, so that nothing equals it."""


@dataclass(frozen=True)
class Side:
    """One side, a row each.

    ``text``: what is compared (str). ``key``: rows with equal keys are an exact match, -1: with nobody.
    ``block``: near pairs lie within one, -1: the row has none.
    """

    text: npt.NDArray[np.object_]
    key: Ints
    block: Ints

    def __len__(self) -> int:
        return len(self.text)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """The rows that say anything at all."""
        return self.text.astype(bool)


def of_codes(
    left: Texts, right: Texts, left_block: Blocks | None = None, right_block: Blocks | None = None
) -> tuple[Side, Side]:
    """Return the sides of two columns of codes; a missing or empty code is no code."""
    ours, theirs = list(left), list(right)
    codes = pd.Series([*ours, *theirs], dtype="object")
    texts = codes.where(codes.notna(), "").to_numpy(dtype=object)
    return _sides(texts, texts != "", len(ours), (left_block, right_block))


def of_elements(
    left: Table, right: Table, left_block: Blocks | None = None, right_block: Blocks | None = None
) -> tuple[Side, Side]:
    """Return the sides of two tables of elements (rows x elements; a code has a column for each).

    Each element becomes one sign, so that the text of a row has one sign for each element. A missing or
    empty element equals nothing, not even another missing one; a row without any element says nothing.

    Raises:
        ValueError: the sides differ in their number of elements, or have none.
    """
    tables = [pd.DataFrame(side, dtype="object") for side in (left, right)]
    width = tables[0].shape[1]
    if not width or tables[1].shape[1] != width:
        raise ValueError(f"{width} elements on the left, {tables[1].shape[1]} on the right")
    split = len(tables[0])
    columns = ([table.iloc[:, place] for table in tables] for place in range(width))
    numbers = np.column_stack([_numbers(pair) for pair in columns])
    there: npt.NDArray[np.bool_] = numbers >= 0
    missing = np.where(np.arange(len(numbers)) < split, _NO_LEFT, _NO_RIGHT)[:, None]
    signs = np.where(there, numbers + _FIRST, missing)
    texts = np.array(["".join(map(chr, row)) for row in signs.tolist()], dtype=object)
    texts[~there.any(axis=1)] = ""
    return _sides(texts, np.all(there, axis=1), split, (left_block, right_block))


def _numbers(columns: Sequence[pd.Series]) -> Ints:
    """Return the number of each element among all of its column, left then right; -1 where it is missing."""
    column = pd.concat(columns, ignore_index=True)
    return pd.factorize(column.mask(column.isin([""])))[0].astype(np.int64)


def _sides(
    texts: npt.NDArray[np.object_],
    whole: npt.NDArray[np.bool_],
    split: int,
    blocks: tuple[Blocks | None, Blocks | None],
) -> tuple[Side, Side]:
    """Return the sides of texts of which the first ``split`` are the left; ``whole`` rows have a key.

    A row without a block may belong to any. So where one side has a code in a row without a block, that
    code is one code over all blocks: it must be the only one of its kind to be linked.
    """
    numbers = pd.factorize(texts)[0].astype(np.int64)
    block = _numbered(blocks, (split, len(texts) - split))
    anywhere = np.unique(numbers[(block < 0) & whole])
    within = np.where(np.isin(numbers, anywhere), -1, block)
    key = np.where(whole, numbers * (block.max(initial=-1) + 2) + within + 1, -1)
    return Side(texts[:split], key[:split], block[:split]), Side(texts[split:], key[split:], block[split:])


def _numbered(blocks: tuple[Blocks | None, Blocks | None], rows: tuple[int, int]) -> Ints:
    """Return the number of each row's block, left then right; without blocks all lie in one.

    Raises:
        ValueError: one side has blocks and the other none, or not one for each row.
    """
    given = [list(side) for side in blocks if side is not None]
    if not given:
        return np.zeros(sum(rows), dtype=np.int64)
    if [len(side) for side in given] != list(rows):
        found = " and ".join(str(len(side)) for side in given)
        raise ValueError(f"{found} blocks for {rows[0]} and {rows[1]} rows")
    return pd.factorize(pd.Series([*given[0], *given[1]], dtype="object"))[0].astype(np.int64)
