"""Column names: each once, each readable; a problem names columns by letter, as a spreadsheet does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from openpyxl.utils import get_column_letter

from outcomes.errors import Problem, in_file, listed

_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
"""Control characters but tabs and line ends, blanks of no width, marks of writing direction."""

_LETTERS_UP_TO = 18_278


def letter(column: int) -> str:
    """Return the letter of a column (from 0), its number where spreadsheets have no letter for it."""
    return get_column_letter(column + 1) if column < _LETTERS_UP_TO else str(column + 1)


def plain(name: str) -> str:
    """Return ``name`` as a reader sees it: NFC, every run of blanks (no-break ones, line ends) one blank."""
    return " ".join(unicodedata.normalize("NFC", _UNSEEN.sub("", name)).split())


def places(names: Sequence[str], key: Callable[[str], str] = plain) -> dict[str, list[int]]:
    """Return what ``names`` are by ``key``, each with the columns (from 0) that it stands over."""
    found: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        found.setdefault(key(name), []).append(column)
    return found


def faults(names: Sequence[str], file: str) -> Iterator[Problem]:
    """Yield what is wrong with column names: names that stand twice, and signs that can't be seen."""
    for name, columns in places(names).items():
        if name and len(columns) > 1:
            found = f"the same name over the columns {listed(map(letter, columns))}"
            yield in_file("header-twice", file, found, "each name once", "rename one of them", rows=[1])
    unseen = [column for column, name in enumerate(names) if _UNSEEN.search(name)]
    if unseen:
        found = f"control or invisible characters in the names of the columns {listed(map(letter, unseen))}"
        mend = "type these names again"
        yield in_file("header-signs", file, found, "letters, digits, blanks and signs", mend, rows=[1])


def blanks(columns: Sequence[int], file: str) -> Problem:
    """Return the problem of columns (from 0) without a name."""
    found = f"no name over the column{'s' if len(columns) > 1 else ''} {listed(map(letter, columns))}"
    mend = "name the column or remove it"
    return in_file("header-blank", file, found, "a name over each column", mend, rows=[1])
