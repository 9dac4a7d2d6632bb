"""What each table between stages holds: one declaration for checking, for reading and for the reference page.

A table is declared once, as columns with a type, a meaning and whether a cell may be empty. `schema` turns
the declaration into a pandera schema; `files` reads and writes by it; docs/reference/tables.md is generated
from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from outcomes.errors import DataError, Problem, listed

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

Kind = Literal["text", "number", "count", "flag", "day"]

DTYPES: Mapping[Kind, str] = {
    "text": "string", "number": "float64", "count": "Int64", "flag": "boolean", "day": "string",
}  # fmt: skip
"""Kind to pandas dtype; a day is text in ISO 8601 (2026-11-22)."""

GROUPS = ("low", "high", "unknown")
"""The SES groups, in the order in which they are shown."""

ARMS = ("mentored", "comparison")
"""The arms of a study with a comparison group."""

BETWEEN_ARMS = " - ".join(ARMS)
"""What a contrast of the arms is called: mentored minus comparison."""


@dataclass(frozen=True)
class Column:
    """One column: name, kind, meaning, whether a cell may be empty, and the values allowed (all if none)."""

    name: str
    kind: Kind
    meaning: str
    empty: bool = False
    among: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: where it lies, what a row is, its columns, its key, the kind of columns a study adds."""

    name: str
    tree: Literal["restricted", "release"]
    stage: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    more: Kind | None = None
    more_means: str = ""

    @property
    def names(self) -> list[str]:
        """The declared column names, in order."""
        return [column.name for column in self.columns]

    def kind(self, column: str) -> Kind:
        """Return the kind of a declared column, or of the columns that a study adds."""
        for declared in self.columns:
            if declared.name == column:
                return declared.kind
        if self.more is None:
            raise KeyError(column)
        return self.more


def expect(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return ``frame`` with the declared columns first and in order, each of its declared dtype.

    Raises DataError when a column is missing or unknown, a cell is empty or not among the allowed values, or
    two rows have the same key. No cell value stands in the message.
    """
    import pandera.pandas as pa  # half a second that readers of the declarations alone should not pay

    strays = [name for name in frame.columns if name not in table.names]
    lacks = [name for name in table.names if name not in frame.columns]
    if lacks or (strays and table.more is None):
        raise DataError([_columns_differ(table, lacks, strays)])
    ordered = frame[[*table.names, *strays]].astype(
        {name: DTYPES[table.kind(name)] for name in [*table.names, *strays]}
    )
    try:
        return schema(table).validate(ordered.reset_index(drop=True), lazy=True)
    except pa.errors.SchemaErrors as error:
        failed = error.failure_cases
        places = dict.fromkeys(
            zip(failed["column"].astype("string"), failed["check"].astype("string"), strict=True)
        )
        raise DataError(
            Problem(f"table {table.name}, column {column}", f"cells that break the rule {check}",
                    "what docs/reference/tables.md declares", "report this as an error of the pipeline")
            for column, check in places
        ) from None  # fmt: skip


def schema(table: Table) -> DataFrameSchema:
    """Return the pandera schema of ``table``: dtypes, empty cells, allowed values, unique key."""
    import pandera.pandas as pa

    columns = {
        column.name: pa.Column(
            DTYPES[column.kind],
            nullable=column.empty,
            checks=[pa.Check.isin(column.among)] if column.among else None,
        )
        for column in table.columns
    }
    return pa.DataFrameSchema(
        columns, strict=table.more is None, unique=list(table.key) or None, name=table.name
    )


def empty(table: Table) -> pd.DataFrame:
    """Return ``table`` without rows, of the declared dtypes."""
    return pd.DataFrame({column.name: pd.Series(dtype=DTYPES[column.kind]) for column in table.columns})


def _columns_differ(table: Table, lacks: Iterable[str], strays: Iterable[str]) -> Problem:
    found = f"without {listed(lacks)}" if lacks else f"with the unknown {listed(strays)}"
    return Problem(f"table {table.name}", found, listed(table.names, 40), "make its stage again")
