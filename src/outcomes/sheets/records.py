"""Files of typed records as columns of text: what is common to them, and Parquet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from outcomes.errors import DataError, Problem, in_file, listed
from outcomes.sheets import values
from outcomes.sheets.grid import small

MOST_CELLS = 2_000_000_000
"""Most cells that a compressed file may unpack to."""


@dataclass
class Records:
    """The columns of a file without header rows, all of one length, and what it declares about them."""

    columns: dict[str, pd.Categorical] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    user_missing: dict[str, frozenset[str]] = field(default_factory=dict)
    dates: set[str] = field(default_factory=set)
    encoding: str = ""
    problems: list[Problem] = field(default_factory=list)


def parquet(content: bytes, file: str) -> Records:
    """Return the records of a Parquet file; nested and binary columns are refused.

    Raises DataError for a damaged file, or one that unpacks to too much.
    """
    try:
        packed = pq.ParquetFile(pa.BufferReader(content))
        faults = _unfit(packed.metadata.num_rows, packed.schema_arrow, file)
        if faults:
            raise DataError(faults)
        found = Records()
        for name, column in zip(packed.schema_arrow.names, packed.read().columns, strict=True):
            add(found, name, *_encoded(column), "" if pa.types.is_integer(column.type) else file)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError):
        raise DataError([unreadable(file)]) from None
    return found


def _unfit(rows: int, schema: pa.Schema, file: str) -> list[Problem]:
    """Return why the columns of a Parquet file can't be read as a table of text."""
    problems = []
    if rows * len(schema) > MOST_CELLS:
        said, mend = f"{rows:,} rows of {len(schema):,} columns", "export fewer columns or rows"
        problems.append(in_file("zip-bomb", file, said, f"{MOST_CELLS:,} cells at most", mend))
    bad = [one.name for one in schema if not _is_flat(one.type)]
    if bad:
        said, mend = f"nested or binary columns: {listed(bad)}", "export plain columns, one value a cell"
        problems.append(in_file("nested", file, said, "text, numbers, days, truth values", mend))
    twice = len(schema.names) - len(set(schema.names))
    if twice:
        said = f"{twice} columns with the name of another"
        problems.append(in_file("header-twice", file, said, "each name once", "rename them"))
    return problems


def _encoded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[object]]:
    """Return the place of each cell among the distinct values (-1: empty), and these."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    whole = column.combine_chunks().dictionary_encode()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.unify_dictionaries().combine_chunks()
    floats = pa.types.is_floating(column.type)
    distinct = whole.dictionary.to_numpy(zero_copy_only=False) if floats else whole.dictionary.to_pylist()
    return whole.indices.fill_null(-1).to_numpy(zero_copy_only=False), list(distinct)


def _is_flat(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return not (
        pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind) or pa.types.is_binary_view(kind)
    )  # fmt: skip


def add(found: Records, name: str, places: np.ndarray, typed: list[object], file: str) -> None:
    """Take the column ``name`` into ``found``: ``typed`` are its values by place; -1 is an empty cell."""
    found.columns[name] = _categorical(places, [values.text(one) for one in typed])
    filled = [one for one in typed if values.text(one)]
    if filled and all(isinstance(one, date) for one in filled):
        found.dates.add(name)
    long = [at for at, one in enumerate(typed) if values.is_long(one)]
    if long and file:
        rows = (np.flatnonzero(np.isin(places, long)) + 2).tolist()
        found.problems.append(values.long_numbers(file, name, rows))


def _categorical(places: np.ndarray, texts: list[str]) -> pd.Categorical:
    """Return the column whose cells are ``texts`` by place, empty where the place is -1."""
    whole = [*texts, ""] if (places < 0).any() else texts
    meaning, distinct = pd.factorize(np.array(whole, dtype=object))
    codes = meaning[places] if len(whole) else places  # the place -1 is the last, the empty text
    wording = pd.Index(distinct, dtype="str")
    return pd.Categorical.from_codes(small(codes, len(distinct)), wording, validate=False)


def unreadable(file: str) -> Problem:
    """Return the problem of a file that its reader gave up."""
    mend = "export it again, and copy it whole"
    return in_file("damaged", file, "a damaged file", "a file that can be read to its end", mend)
