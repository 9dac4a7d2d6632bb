"""What is wrong, said so that the reader can mend it: where, what was found, what is allowed, what to do.

A problem is one sentence. Problems are collected and raised together, so that one pass shows all of them.
Ids and free text never stand in a problem; they are named by file, row and column.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a study file, a raw file or a table.

    ``code`` is the word under which docs/how-to/errors.md explains it; an error stops the run, a warning is
    counted in the report. ``file``, ``rows`` (as a spreadsheet numbers them) and ``column`` say the place
    once more, apart, where it lies in a raw file.
    """

    where: str
    found: str
    allowed: str
    mend: str
    code: str = "study"
    severity: Severity = "error"
    file: str = ""
    rows: tuple[int, ...] = ()
    column: str = ""

    def __str__(self) -> str:
        end = "" if self.mend.endswith("?") else "."
        return f"{self.where}: found {self.found}; allowed: {self.allowed}; {self.mend}{end}"

    @property
    def is_error(self) -> bool:
        """Whether it stops the run."""
        return self.severity == "error"

    @property
    def label(self) -> str:
        """The code with its severity: E- or W-."""
        return f"{'E' if self.is_error else 'W'}-{self.code}"


def in_file(
    code: str,
    file: str,
    found: str,
    allowed: str,
    mend: str,
    *,
    rows: Collection[int] = (),
    column: str = "",
    severity: Severity = "error",
) -> Problem:
    """Return the problem ``code`` of a raw file; rows are numbered as in a spreadsheet, the header is row 1.

    ``found`` never holds an id or free text.
    """
    column = " ".join(column.split())[:60]
    where = f"{file}, column {column}" if column else file
    if len(rows):
        where += f", row{'s' if len(rows) > 1 else ''} {listed(rows)}"
    numbers = tuple(int(row) for row in rows)
    return Problem(where, found, allowed, mend, code, severity, file, numbers, column)


class Refused(Exception):
    """The work can't be done; carries every problem that was found, in reading order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class StudyError(Refused):
    """A study, instrument, codebook or disclosure file says something that can't be followed."""


class DataError(Refused):
    """A raw file or a table holds something that can't be used as it is."""


def no_such_file(where: str, file: str, present: Iterable[str]) -> Problem:
    """Return the problem of a raw file that is not there; ``where`` is the file with its folder."""
    known = sorted(present)
    mend = nearest(file, known) or "put the file there or correct its name in the study file"
    return Problem(where, "no such file", listed(known) or "the files that the study names", mend)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the closest word, case aside, or nothing (difflib, ratio 0.6)."""
    folded = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(word.casefold(), list(folded), n=1)
    return f"did you mean '{folded[close[0]]}'?" if close else ""


def listed(words: Iterable[object], most: int = 12) -> str:
    """Return words as a readable list, cut after ``most`` of them."""
    every = [str(word) for word in words]
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")
