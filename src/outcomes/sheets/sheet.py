"""A raw file, read: text cells by spreadsheet row, and what the file itself says about its columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from outcomes.errors import Problem

Format = Literal["csv", "tsv", "xlsx", "xls", "sav", "dta", "parquet"]
"""How the cells are packed."""

Layout = Literal["plain", "qualtrics", "jisc", "forms"]
"""Whose export it is: which header rows and metadata columns it has."""

Encoding = Literal["utf-8", "utf-16", "utf-32", "cp1252", "latin-1", "mac-roman"]
"""How the text of a CSV or TSV file is written down."""


@dataclass(frozen=True)
class Declared:
    """What a study says about a file; what is None is detected."""

    format: Format | None = None
    layout: Layout | None = None
    encoding: Encoding | None = None
    delimiter: Literal[",", ";", "tab"] | None = None
    sheet: str | None = None
    """The worksheet of a workbook; the first where it is None."""
    header_rows: int | None = None
    """Rows above the first response; what the layout has where it is None."""


@dataclass(frozen=True)
class Sheet:
    """The cells of one export.

    ``cells`` holds one categorical column of text a header name, exactly as exported (neither trimmed nor
    normalised; an empty cell is empty text), indexed by ``row`` (int64): the row that a spreadsheet shows, or
    for formats without header rows the number of the record plus one. Numbers of typed formats are text in
    their shortest form (`3`, `2.5`), days and times ISO 8601, truth values TRUE and FALSE.
    """

    cells: pd.DataFrame
    format: Format
    layout: Layout
    encoding: str = ""
    questions: dict[str, str] = field(default_factory=dict)
    """Column to the wording of its question, where the file holds it."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Other unambiguous names of columns (Qualtrics' ImportIds, Jisc's question numbers) to the column."""
    repeated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """A header name that stands over several columns to the unambiguous names of those columns."""
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    """Column to code to label, where the file declares them (SPSS, Stata)."""
    user_missing: dict[str, frozenset[str]] = field(default_factory=dict)
    """Column to the cells that the file declares to be no answer (SPSS, Stata)."""
    dates: frozenset[str] = frozenset()
    """Columns in which the file itself holds days or times, so that their cells are ISO already."""
    notes: tuple[Problem, ...] = ()
    """What was noticed and accepted (a byte order mark, mixed line ends ...), as warnings."""
