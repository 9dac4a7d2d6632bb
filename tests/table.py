"""Tables as a reader draws them, so that an example can be checked without knowing Python."""

from __future__ import annotations

import pandas as pd


def table(text: str) -> pd.DataFrame:
    """The rows of a drawn table as text, empty where a cell is blank; the first line names the columns.

    | is the border between cells; spaces around a cell and lines without a border don't count.
    """
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if "|" in line]
    return pd.DataFrame(lines[1:], columns=lines[0], dtype="string")


def csv(text: str) -> bytes:
    """A drawn table as the bytes of a CSV file."""
    return table(text).to_csv(index=False).encode()
