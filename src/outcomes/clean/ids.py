"""What is the id in each cell, written in one way; and which ids can't be what they seem?

In: the id column of a file, as exported. Out: the ids, whether each has the declared shape, what was changed
and what is wrong. Ids are text always. Each distinct id is read once. A problem names rows and never an id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.clean.cells import Place
from outcomes.clean.text import tidied_by, tidy
from outcomes.clean.twins import lost_zeros, twins, unseen
from outcomes.errors import Problem, Severity, in_file
from outcomes.study.sources import Identity

__all__ = ["FAULTS", "TEST_WORDS", "Fault", "IdReading", "is_test_comment", "lost_zeros", "read_ids", "twins"]

TEST_WORDS = ("test", "tests", "tester", "testing", "preview", "demo", "dummy")
"""Ids of people who tried the survey: the letters of the id, case and all else aside."""


class Fault(NamedTuple):
    """What can be wrong with an id: the code of the problem, and its words."""

    code: str
    found: str
    allowed: str
    mend: str
    severity: Severity = "error"


FAULTS = (
    Fault(
        code="id-blank",
        found="no id",
        allowed="an id in each row",
        mend="add it or take the row out (in a wave, `responses: {blank_ids: keep}` keeps it, unlinked)",
    ),
    Fault(
        code="id-test",
        found="the id of somebody who tried the survey (test, preview)",
        allowed="ids of mentees",
        mend="take the rows out, or declare `responses: {tests: leave_out}`",
    ),
    Fault(
        code="id-number-word",
        found="a word for no value (such as NA, None or null) as an id",
        allowed="ids",
        mend="type the id, or list the word under `missing` if it means that there is none",
    ),
    Fault(
        code="id-excel",
        found="an id that a spreadsheet has turned into a number, a date or an error",
        allowed="ids as text",
        mend="export the file again, without a spreadsheet; where ids do look so, declare their `shape`",
    ),
    Fault(
        code="id-invisible",
        found="an id with signs inside that can't be seen (zero-width or control signs, hard blanks)",
        allowed="letters, digits, blanks and signs that can be seen",
        mend="type the id again",
    ),
    Fault(
        code="id-shape",
        found="an id that has not the declared shape",
        allowed="the shape that `identity` declares",
        mend="correct it where it is a slip; as it stands no other spelling is the same person",
        severity="warning",
    ),
)
"""What can be wrong with an id; it has the first fault that fits."""

_COMMENT = re.compile(r"\b(?:test|testing|preview)\b", re.IGNORECASE)
_NO_VALUE = {"na", "n/a", "#n/a", "none", "null", "nil", "nan", "inf", "-inf", "undefined", "missing"}
_DAY, _YEAR = r"(?:0?[1-9]|[12][0-9]|3[01])", r"(?:[12][0-9]{3}|[0-9]{2})"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_EXCEL = re.compile(
    r"[0-9]+(?:[.,][0-9]+)?e[+-]?[0-9]+"  # 1.2E+07
    r"|[0-9]+[.,]0+"  # 7.0
    rf"|(?:{_DAY}[-/.]{_DAY}[-/.]{_YEAR}|{_YEAR}[-/.]{_DAY}[-/.]{_DAY})(?:[ t][0-9:.]+)?"  # 01/02/2026
    rf"|{_DAY}[- ]{_MONTH}(?:[- ]{_YEAR})?|{_MONTH}[- ](?:{_DAY}|{_YEAR})"  # 2-Mar
    r"|#(?:ref|div/0|value|name|num|null)[!?]",
    re.IGNORECASE,
)
_NO_LETTERS, _ALPHANUMERIC = re.compile(r"[\W\d_]+"), re.compile(r"[^\W_]")
_LONG = re.compile(r"[0-9]{16,}")
_ROUNDED = re.compile(r"[0-9]{15}0+")
"""Excel keeps 15 digits of a number and writes zeros for the rest."""

_LIKE_DIGITS = str.maketrans("OIL", "011")


class _Read(NamedTuple):
    value: str | None
    fits: bool
    rule: str | None
    fault: str | None


@dataclass(frozen=True)
class IdReading:
    """The ids of one column, each series indexed by spreadsheet row as the cells are.

    ``values`` (string, missing where there is no id), ``fits`` (bool: of the declared shape; true without
    one), ``changed`` (string: the rule that changed the cell, missing where none did), ``faults`` (string:
    the code of what is wrong with it, one of `FAULTS`, or missing).
    """

    place: Place
    values: pd.Series
    fits: pd.Series
    changed: pd.Series
    faults: pd.Series

    @property
    def is_test(self) -> pd.Series:
        """Whether each is the id of somebody who tried the survey."""
        return (self.faults == "id-test").fillna(value=False).astype(bool)

    @cached_property
    def problems(self) -> list[Problem]:
        """A problem for each fault, with all its rows; tests aside, as the study decides about them."""
        return self.problems_among(self.values.index, but=("id-test",))

    def problems_among(self, rows: pd.Index, but: Collection[str] = ()) -> list[Problem]:
        """Return a problem for each fault that a row of ``rows`` has, except those of the codes ``but``."""
        faults = self.faults[self.faults.index.isin(rows)].dropna()
        return [
            in_file(
                fault.code, self.place.file, fault.found, fault.allowed, fault.mend,
                rows=list(faults.index[faults == fault.code]), column=self.place.column,
                severity=fault.severity,
            )
            for fault in FAULTS
            if fault.code not in but and (faults == fault.code).any()
        ]  # fmt: skip


def read_ids(
    cells: pd.Series,
    identity: Identity,
    place: Place,
    *,
    test_words: Collection[str] = TEST_WORDS,
    missing: Collection[str] = (),
) -> IdReading:
    """Return the ids of ``cells`` (categorical text, as exported), NFC and trimmed.

    With a shape, case and separators are set right where the id then has the shape; otherwise it stays as
    typed, in capitals. A cell that ``missing`` lists is no id.
    """
    given = cells.astype("category")
    places = given.cat.codes.to_numpy()
    there = np.unique(places[places >= 0])
    absent = {"", *missing}
    read = [_read(str(cell), identity, test_words, absent) for cell in given.cat.categories[there].tolist()]
    _note_rounded(read)
    order = np.full(len(given.cat.categories) + 1, len(read))  # a missing cell has the place -1
    order[there] = np.arange(len(there))
    taken = order[places]
    nothing = _Read(None, identity.shape is None, None, "id-blank")
    columns = zip(*read, nothing, strict=True)

    def spread(column: tuple[object, ...], dtype: str) -> pd.Series:
        return pd.Series(list(column), dtype=dtype).take(taken).set_axis(cells.index)

    dtypes = ("string", "bool", "string", "string")
    values, fits, changed, faults = map(spread, columns, dtypes)
    return IdReading(place, values, fits, changed, faults)


def is_test_comment(cells: pd.Series) -> pd.Series:
    """Return whether each free-text cell says test, testing or preview as a word of its own (bool)."""
    given = cells.astype("category")
    says = np.array([*(bool(_COMMENT.search(str(text))) for text in given.cat.categories), False])
    return pd.Series(says[given.cat.codes.to_numpy()], index=cells.index)


def _read(raw: str, identity: Identity, test_words: Collection[str], absent: Collection[str]) -> _Read:
    value, rule = tidy(raw), tidied_by(raw) or None
    if raw in absent or value in absent:
        return _Read(None, identity.shape is None, None, "id-blank")
    shaped = None if identity.shape is None else _shaped(value, identity.shape, identity.lookalikes)
    if shaped is not None:
        fault = "id-test" if _is_test(shaped, test_words) else None
        return _Read(shaped, True, rule if shaped == value else "id written in its shape", fault)
    fault = _fault(value, test_words) or (None if identity.shape is None else "id-shape")
    if identity.shape is not None and value.upper() != value:
        value, rule = value.upper(), "id in capitals"
    return _Read(value, identity.shape is None, rule, fault)


def _shaped(value: str, shape: str, lookalikes: bool) -> str | None:
    """Return an id as ``shape`` writes it, None where it does not fit; only A to Z and 0 to 9 do."""
    form = _form(shape)
    if form.fullmatch(value):
        return value
    bare = "".join(sign for sign in value if not _separates(sign))
    places = [place for place in shape if place in "A9"]
    if len(bare) != len(places) or not bare.isascii():
        return None
    signs = iter(
        sign.translate(_LIKE_DIGITS) if lookalikes and place == "9" else sign
        for sign, place in zip(bare.upper(), places, strict=True)
    )
    written = "".join(next(signs) if place in "A9" else place for place in shape)
    return written if form.fullmatch(written) else None


@cache
def _form(shape: str) -> re.Pattern[str]:
    return re.compile("".join({"A": "[A-Z]", "9": "[0-9]"}.get(place, re.escape(place)) for place in shape))


def _separates(sign: str) -> bool:
    """Return whether a sign is a blank, a hyphen, a dash, a minus or an underscore."""
    return sign in "_\u2212" or unicodedata.category(sign) in ("Zs", "Pd")


def _fault(value: str, test_words: Collection[str]) -> str | None:
    if _is_test(value, test_words):
        return "id-test"
    if value.casefold() in _NO_VALUE or not _ALPHANUMERIC.search(value):
        return "id-number-word"
    if _EXCEL.fullmatch(value):
        return "id-excel"
    return "id-invisible" if not value.isprintable() or unseen(value) != value else None


def _is_test(value: str, test_words: Collection[str]) -> bool:
    return _NO_LETTERS.sub("", value).casefold() in test_words


def _note_rounded(read: list[_Read]) -> None:
    """Mark numbers of more than 15 digits as damaged where all of the column end in zeros after the 15th."""
    long = [at for at, one in enumerate(read) if one.value is not None and _LONG.fullmatch(one.value)]
    if all(_ROUNDED.fullmatch(str(read[at].value)) for at in long):
        for at in long:
            read[at] = read[at]._replace(fault="id-excel")
