"""A column that was read: its values, the problems found, and every cell that was changed.

In: a column of raw text and what each distinct cell means. Out: one value a row, one line a changed cell, and
the problems, each with its rows. Each distinct cell is judged once, however many rows there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.clean.text import canonical, fold, number, tidied_by, tidy
from outcomes.errors import Problem, Severity, in_file, listed, nearest

NO_ANSWER = "declared as no answer"
VARIANT = "wording variant"
NUMBER = "number written otherwise"

_HARMLESS = re.compile(
    r".{0,2}|[+-]?[0-9.,]{1,4}|yes|no|true|false|n/?a|nan|none|null|nil|inf|#[A-Z/0!?]{1,8}"
    r"|[0-9]{1,2}-[a-z]{3}|[a-z]{3}-[0-9]{1,2}",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '\u2019-]){0,39}")
_SEVERAL, _MOST = 3, 10

SAID: Mapping[str, tuple[str, str]] = {
    "empty-cell": (
        "empty cells",
        'list "" under `missing` in the study file if an empty cell means no answer; otherwise fill the cell',
    ),
    "excel-error": (
        "an error that Excel left in the cell",
        "mend the formula in the file that the export was made from, or export again from the survey tool",
    ),
    "date-in-scale": (
        "a date, as Excel turns 1-2 into 1 February",
        "export again from the survey tool, and format the column as text before Excel opens it",
    ),
    "missing-code": (
        "what looks like a code for no answer",
        "list it under `missing` in the study file (or as missing in the codebook) if it means no answer; "
        "otherwise correct the cell",
    ),
    "other-digits": (
        "a number with digits, blanks or signs that only look like plain ones",
        "type the number again with the digits 0 to 9",
    ),
    "not-finite": ("a number that is not finite", "correct the cell or empty it"),
    "decimal-comma": (
        "a comma between digits",
        'declare `decimal: ","` for the file if it is the decimal mark; otherwise correct the cell',
    ),
    "thousands": (
        "a number with a separator of thousands",
        "format the column without separators of thousands and export again",
    ),
    "code-not-wording": (
        "a code beside a wording that has another code",
        "look at the label export which of the two is right, and correct the cell or the codebook",
    ),
}  # fmt: skip
"""Problem to what was found and how to mend it, for problems of which a column has one."""


@dataclass(frozen=True)
class Place:
    """Where a column stands, for messages."""

    file: str
    column: str

    def problem(
        self, code: str, found: str, allowed: str, mend: str, rows: Collection[int] = (),
        severity: Severity = "error",
    ) -> Problem:  # fmt: skip
        """Return the problem ``code`` of this column in ``rows``."""
        return in_file(
            code, self.file, found, allowed, mend, rows=rows, column=self.column, severity=severity
        )


@dataclass(frozen=True)
class Reading:
    """A column, read.

    ``values`` has the index of the cells (float64: codes and numbers; string: categories, days and times);
    ``changes`` has one line a changed cell in row order: row (int64), before, after, rule (string; an empty
    ``after`` is no answer). A cell with an error is a missing value and not among the changes.
    """

    values: pd.Series
    problems: list[Problem]
    changes: pd.DataFrame


@dataclass(frozen=True)
class Meant:
    """What one distinct cell means: a value or none, by which rule it was changed, or which problem it is."""

    value: float | str | None = None
    after: str = ""
    rule: str = ""
    problem: str = ""
    form: Literal["", "code", "wording", "both"] = ""
    """How an answer is written: as a code, in words, or both."""
    varied: bool = False
    """Whether it is a declared wording that is written otherwise."""


@dataclass(frozen=True)
class Missing:
    """Which cells mean no answer: words and codes as declared, numbers in whichever form they are written."""

    words: frozenset[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, declared: Collection[str]) -> Missing:
        """Return the cells that ``declared`` lists."""
        words = frozenset(tidy(word) for word in declared)
        found = (number(word) for word in words)
        return cls(words, frozenset(canonical(one) for one in found if one is not None))

    def meant(self, cell: str, folded: Mapping[str, str]) -> Meant | None:
        """Return what a cell without an answer means, None for any other; ``folded`` is by folded wording.

        An empty cell that is not declared is a problem.
        """
        text = tidy(cell)
        if not text:
            return Meant(rule=tidied_by(cell)) if "" in self.words else Meant(problem="empty-cell")
        if text in self.words:
            return Meant(rule=NO_ANSWER)
        found = number(text)
        if found is not None and canonical(found) in self.numbers:
            return Meant(rule=NO_ANSWER)
        varied = bool(folded) and folded.get(fold(text)) in self.words
        return Meant(rule=NO_ANSWER, varied=True) if varied else None


@dataclass(frozen=True)
class Column:
    """The distinct cells of a column, the last an empty one, and which of them stands in each row."""

    distinct: list[str]
    places: npt.NDArray[np.intp]
    index: pd.Index
    counts: npt.NDArray[np.intp]

    @classmethod
    def of(cls, cells: pd.Series) -> Column:
        """Return the distinct cells of ``cells`` (categorical or plain text; missing is an empty cell)."""
        held = cells if isinstance(cells.dtype, pd.CategoricalDtype) else cells.astype("category")
        distinct = [*(str(cell) for cell in held.cat.categories), ""]
        places = held.cat.codes.to_numpy().astype(np.intp) % len(distinct)
        return cls(distinct, places, cells.index, np.bincount(places, minlength=len(distinct)))

    def rows(self, chosen: Iterable[int]) -> list[int]:
        """Return the rows of the distinct cells numbered ``chosen``."""
        wanted = np.zeros(len(self.distinct), dtype=bool)
        wanted[list(chosen)] = True
        return [int(row) for row in self.index[wanted[self.places]]]

    def judged(self, judge: Callable[[str], Meant]) -> list[Meant]:
        """Return what each distinct cell that stands in a row means."""
        return [
            judge(cell) if count else Meant()
            for cell, count in zip(self.distinct, self.counts.tolist(), strict=True)
        ]

    def values(self, meant: Sequence[Meant], dtype: Literal["float64", "string"]) -> pd.Series:
        """Return the value of each row."""
        each = pd.Series([one.value for one in meant], dtype=dtype)
        return each.take(self.places).set_axis(self.index)

    def changes(self, meant: Sequence[Meant]) -> pd.DataFrame:
        """Return one line a cell that a rule changed, in row order."""
        changed = np.array([bool(one.rule) and not one.problem for one in meant])[self.places]
        places, rows = self.places[changed], self.index[changed]
        said = {
            "before": self.distinct,
            "after": [one.after for one in meant],
            "rule": [one.rule for one in meant],
        }
        columns = {name: pd.array(texts, dtype="string").take(places) for name, texts in said.items()}
        return pd.DataFrame({"row": rows.to_numpy(dtype="int64"), **columns})

    def common(self, meant: Sequence[Meant], allowed: Sequence[str], place: Place) -> list[Problem]:
        """Return one problem for each kind of damage (`SAID`), with the cells where they are harmless."""
        kinds: dict[str, list[int]] = {}
        for n, one in enumerate(meant):
            if one.problem in SAID:
                kinds.setdefault(one.problem, []).append(n)
        found = []
        for code, chosen in kinds.items():
            what, mend = SAID[code]
            if code != "empty-cell":
                what += f" ({listed(dict.fromkeys(self.shown(n, ()) for n in chosen), 6)})"
            found.append(place.problem(code, what, listed(allowed, 20), mend, self.rows(chosen)))
        return sorted(found, key=lambda problem: problem.rows)

    def strange(
        self, chosen: list[int], code: str, allowed: Sequence[str], mend: str, place: Place
    ) -> list[Problem]:
        """Return a problem ``code`` for each distinct cell in ``chosen``; one for all when there are many.

        The nearest allowed value is offered, ``mend`` where none is near.
        """
        said = listed(allowed, 20)
        if len(chosen) > _MOST:
            found = f"{len(chosen)} different values that are not allowed"
            mend = "look whether the study file or the codebook names the right column"
            return [place.problem(code, found, said, mend, self.rows(chosen))]
        return [
            place.problem(
                code, self.shown(n, allowed), said, nearest(self.distinct[n], allowed) or mend, self.rows([n])
            )
            for n in sorted(chosen, key=lambda n: self.rows([n]))
        ]

    def shown(self, n: int, allowed: Sequence[str]) -> str:
        """Return distinct cell ``n`` as a message may show it: short, well-known, or almost allowed.

        Other words only where several rows say the same, so that nobody speaks: a single one may be a name.
        """
        value = self.distinct[n].strip()
        words = self.counts[n] >= _SEVERAL and _WORDS.fullmatch(value)
        if words or _HARMLESS.fullmatch(value) or nearest(value, allowed):
            return f"'{value}'"
        return f"text of {len(value)} characters"

    def variants(self, meant: Sequence[Meant], place: Place) -> list[Problem]:
        """Return one warning that lists the wordings which were accepted though not written as declared."""
        varied = [n for n, one in enumerate(meant) if one.varied and not one.problem]
        if not varied:
            return []
        found = "wordings written otherwise: " + listed(
            (f"'{self.distinct[n]}' ({self.counts[n]})" for n in varied), 20
        )
        mend = "nothing to do if they mean the same; the ledger lists each cell"
        rows = self.rows(varied)
        return [place.problem("label-variant", found, "the wording as declared", mend, rows, "warning")]
