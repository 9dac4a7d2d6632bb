"""Rows of text gathered into columns, in bounded memory: each as small codes and distinct texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from outcomes.errors import Problem

_CELLS_AT_ONCE = 2_600_000
_SUBSTITUTE = "\x1a"
_UNDECODED = re.compile("[\ud800-\udfff]")

Row = tuple[int, list[str]]
Chunk = tuple[np.ndarray, pa.Array]
"""Some cells of a column: the place of each among its distinct texts, and these."""


@dataclass
class Marks:
    """Where a workbook holds what text can't say: column (from 0) to the rows of such cells."""

    dates: dict[int, list[int]] = field(default_factory=dict)
    long: dict[int, list[int]] = field(default_factory=dict)
    formulas: dict[int, list[int]] = field(default_factory=dict)
    errors: dict[tuple[int, str], list[int]] = field(default_factory=dict)


@dataclass
class Source:
    """Rows of a file, from row 1, blank rows and all; what is noticed on the way is whole when they end."""

    rows: Iterator[Row]
    problems: list[Problem]
    marks: Marks = field(default_factory=Marks)
    ends_open: bool = False
    """Whether the last row has no line end."""
    pads: bool = False
    """Whether a short row only leaves its last cells empty, as in a workbook."""
    encoding: str = ""


class Grid:
    """The cells below the header as they are gathered; rows of another width are set aside."""

    def __init__(self, width: int, pads: bool) -> None:
        self.width, self.pads = width, pads
        self.wrong: dict[int, list[int]] = {}
        self.blank: list[int] = []
        self.undecoded: dict[int, tuple[int, str]] = {}
        """Row to the first column (from 0) and character of it that could not be decoded."""
        self._rows: list[list[str]] = []
        self._numbers: list[int] = []
        self._index: list[np.ndarray] = []
        self._chunks: list[list[Chunk]] = [[] for _ in range(width)]
        self._at_once = max(1, min(20_000, _CELLS_AT_ONCE // max(1, width)))

    def add(self, number: int, cells: list[str]) -> None:
        """Take in the cells of the row ``number``."""
        if not cells or not (cells[0].strip() or "".join(cells).strip()):
            self.blank.append(number)
            return
        if self.pads and len(cells) < self.width:
            cells = cells + [""] * (self.width - len(cells))
        if len(cells) != self.width:
            self.wrong.setdefault(len(cells), []).append(number)
            self._note_undecoded(number, cells)
            return
        self._rows.append(cells)
        self._numbers.append(number)
        if len(self._rows) == self._at_once:
            self._pack()

    def columns(self) -> tuple[pd.Index, list[pd.Categorical]]:
        """Return the row numbers (int64) and the columns, in order; the gathered rows are given up."""
        self._pack()
        index = np.concatenate(self._index) if self._index else np.empty(0, dtype=np.int64)
        columns = []
        for chunks in self._chunks:
            columns.append(categorical(chunks))
            chunks.clear()
        return pd.Index(index, name="row"), columns

    def _pack(self) -> None:
        if not self._rows:
            return
        for chunks, cells in zip(self._chunks, zip(*self._rows, strict=True), strict=True):
            try:
                packed = pa.array(cells, pa.large_string())
            except UnicodeEncodeError:
                for number, row in zip(self._numbers, self._rows, strict=True):
                    self._note_undecoded(number, row)
                packed = pa.array([_UNDECODED.sub(_SUBSTITUTE, cell) for cell in cells], pa.large_string())
            encoded = packed.dictionary_encode()
            chunks.append((small(encoded.indices.to_numpy(), len(encoded.dictionary)), encoded.dictionary))
        self._index.append(np.array(self._numbers, dtype=np.int64))
        self._rows, self._numbers = [], []

    def _note_undecoded(self, number: int, cells: list[str]) -> None:
        if number in self.undecoded:
            return
        for column, cell in enumerate(cells):
            if (found := undecoded(cell)) is not None:
                self.undecoded[number] = column, found
                return


def undecoded(cell: str) -> str | None:
    """Return the first character that stands for a byte which could not be decoded, if there is one."""
    found = None if cell.isascii() else _UNDECODED.search(cell)
    return found[0] if found else None


def categorical(chunks: list[Chunk]) -> pd.Categorical:
    """Return the chunks of a column as one categorical of text; categories in order of appearance."""
    if not chunks:
        return pd.Categorical.from_codes([], pd.Index([], dtype="str"))
    texts = pa.concat_arrays([texts for _, texts in chunks]).dictionary_encode()
    meaning = small(texts.indices.to_numpy(), len(texts.dictionary))
    ends = np.cumsum([len(distinct) for _, distinct in chunks])
    codes = [
        meaning[end - len(distinct) : end][places]
        for end, (places, distinct) in zip(ends, chunks, strict=True)
    ]
    distinct = pd.Index(texts.dictionary.to_pandas())
    return pd.Categorical.from_codes(np.concatenate(codes), distinct, validate=False)


def small(codes: np.ndarray, number: int) -> np.ndarray:
    """Return codes below ``number`` as the smallest signed integers that hold them."""
    return codes.astype(np.min_scalar_type(-max(1, number)))
