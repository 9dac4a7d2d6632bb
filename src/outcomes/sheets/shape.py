"""The shape of a table: a name over each column, rows as wide as the header, and what is declared in vain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes.errors import Problem, in_file
from outcomes.sheets.decoding import not_decoded
from outcomes.sheets.formats import TEXT
from outcomes.sheets.grid import Grid, Source
from outcomes.sheets.grid import undecoded as first_undecoded
from outcomes.sheets.layouts import Head
from outcomes.sheets.names import blanks, letter
from outcomes.sheets.sheet import Declared, Format
from outcomes.sheets.workbook import MOST_COLUMNS

MOST_TEXT_COLUMNS = 100_000
"""Most columns that a CSV or TSV file may have."""

HOPELESS = ("header-none", "too-many-columns")
"""Problems of the header below which nothing can be told."""

_MOST_BLANK = 1_000
_BELONGS: Mapping[str, tuple[str, ...]] = {
    "delimiter": TEXT, "sheet": ("xlsx", "xls"), "layout": (*TEXT, "xlsx", "xls"),
    "header_rows": (*TEXT, "xlsx", "xls"), "encoding": (*TEXT, "sav", "dta"),
}  # fmt: skip
"""What can be declared of which formats."""


def undue(declared: Declared, packed: Format, file: str) -> Iterator[Problem]:
    """Yield what is declared of a file that its format does not have; `layout: plain` is always true."""
    for key, formats in _BELONGS.items():
        value = getattr(declared, key)
        if value is not None and packed not in formats and value != "plain":
            said = f"`{key}: {value}`, which .{packed} files do not have"
            yield in_file("declared", file, said, f"`{key}` for {', '.join(formats)}", f"take `{key}` out")


def header(names: Sequence[str], packed: Format, file: str) -> list[Problem]:
    """Return the problem of a header that is blank, or wider than any table is."""
    most = MOST_TEXT_COLUMNS if packed in TEXT else MOST_COLUMNS
    if len(names) > most or sum(not name.strip() for name in names[:-1]) > _MOST_BLANK + len(names) / 2:
        said, mend = f"{len(names):,} columns", "look whether rows and columns were swapped; export it again"
        return [in_file("too-many-columns", file, said, f"{most:,} at most, each with a name", mend)]
    if any(name.strip() for name in names):
        return []
    said, mend = "no column names", "take the rows above the names out, or export it again"
    return [in_file("header-none", file, said, "a name over each column", mend, rows=[1])]


def rows(grid: Grid, source: Source, index: pd.Index, file: str) -> Iterator[Problem]:
    """Yield the rows that are wider or narrower than the header, the blank ones, and that there are none."""
    numbers = [number for found in grid.wrong.values() for number in found]
    last = max([*numbers, *index[-1:], *grid.blank[-1:]], default=0)
    for width, found in sorted(grid.wrong.items()):
        if source.ends_open and width < grid.width and last in found:
            found = [number for number in found if number != last]
            said, mend = "the end of the file inside a row", "export it again and copy the whole file"
            yield in_file("cut-off", file, said, "rows that are whole", mend, rows=[last])
        if found:
            said = _cells(width)
            allowed = f"{_cells(grid.width)}, as in the header"
            mend = (
                "export it again; a comma in a text must stand in quotation marks, a cell more shifts a row"
            )
            if source.pads:
                mend = "take out what stands to the right of the last column, or name the column"
            yield in_file("row-width", file, said, allowed, mend, rows=found)
    filled = max([*numbers, *index[-1:]], default=0)
    blank = [number for number in grid.blank if number < filled]
    if blank:
        yield left_out(blank, file)
    if not filled:
        yield no_responses(file)


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"


def left_out(blank: Sequence[int], file: str) -> Problem:
    """Return the warning that blank rows were left out."""
    number = "1 blank row" if len(blank) == 1 else f"{len(blank)} blank rows"
    said, mend = f"{number}, left out", "nothing needs to be done"
    return in_file("blank-rows", file, said, "rows with cells", mend, rows=blank, severity="warning")


def no_responses(file: str) -> Problem:
    """Return the problem of a file that ends below its header."""
    mend = "export it again, with all responses"
    return in_file("no-responses", file, "0 responses", "at least one row below the header", mend)


def blank_rows(frame: pd.DataFrame) -> list[int]:
    """Return the rows of ``frame`` in which no cell holds anything."""
    blank = np.ones(len(frame), dtype=bool)
    for name in frame.columns:
        if not blank.any():
            break
        cells = frame[name].cat
        blank &= cells.codes.isin(np.flatnonzero(cells.categories.str.strip() == "")).to_numpy()
    return frame.index[blank].tolist()


def trailing(
    names: Sequence[str], columns: Sequence[pd.Categorical], file: str
) -> tuple[list[int], list[Problem]]:
    """Return the columns (from 0) that are kept, and the problems of those without a name.

    Blank columns at the end, which a comma too many in each row makes, are left out with a warning.
    """
    unnamed = [at for at, name in enumerate(names) if not name.strip()]
    end = len(names)
    while (
        end and not names[end - 1].strip() and not any(text.strip() for text in columns[end - 1].categories)
    ):
        end -= 1
    kept, problems = list(range(end)), []
    if end < len(names):
        letters = f"{letter(end)} to {letter(len(names) - 1)}" if end < len(names) - 1 else letter(end)
        said = f"nothing in the last columns ({letters}), which were left out"
        mend = "nothing needs to be done"
        problems.append(in_file("trailing-column", file, said, "named columns", mend, severity="warning"))
    inside = [at for at in unnamed if at < end]
    if inside:
        problems.append(blanks(inside, file))
    return kept, problems


def undecoded(grid: Grid, above: Sequence[list[str]], encoding: str, file: str) -> list[Problem]:
    """Return the problem of the rows, header rows too, whose bytes are not in the encoding of the file."""
    found = dict(grid.undecoded)
    for number, cells in enumerate(above, start=1):
        for column, cell in enumerate(cells):
            if (sign := first_undecoded(cell)) is not None:
                found.setdefault(number, (column, sign))
    if not found:
        return []
    first, sign = found[min(found)]
    return [not_decoded(file, encoding, letter(first), sign, sorted(found))]


def date_columns(
    dates: Mapping[int, Sequence[int]], head: Head, columns: Sequence[pd.Categorical]
) -> frozenset[str]:
    """Return the columns in which a workbook holds a day or time in every filled cell below the header."""
    found = set()
    for column, numbers in dates.items():
        if column >= len(columns):
            continue
        cells = columns[column]
        filled = ~np.isin(cells.codes, np.flatnonzero(cells.categories == ""))
        below = sum(number > head.rows for number in numbers)
        if below and below == filled.sum():
            found.add(head.names[column])
    return frozenset(found)
