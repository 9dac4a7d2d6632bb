"""SPSS and Stata files as columns of text, with the labels and missing codes that they declare.

pyreadstat reads them byte by byte (as Latin-1) and the text is decoded here: by itself it drops, without a
word, what does not fit at the end of a text, and ends the whole program at a value label that does not fit.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from outcomes.errors import DataError, Problem, in_file, listed
from outcomes.sheets import values
from outcomes.sheets.decoding import NAMES
from outcomes.sheets.names import plain
from outcomes.sheets.records import MOST_CELLS, Records, add, unreadable
from outcomes.sheets.sheet import Encoding, Format

_BYTEWISE = "ISO-8859-1"
_DECLARABLE = ("utf-8", "cp1252", "latin-1", "mac-roman")
_MOST_DEFLATED = 1032
"""Most that one byte of a zlib stream unpacks to."""

_UTF_8_FROM = 118
"""The first version of Stata's format whose text is UTF-8."""

_OTHERWISE = "cp1252"
"""What the text of a file is that does not say it, as in ReadStat."""

_UTF_8 = 65001
_MEND = "declare `encoding: cp1252` (of Windows) or `encoding: mac-roman`, or export it again"


def labelled(content: bytes, file: str, packed: Format, encoding: Encoding | None) -> Records:
    """Return the records of an SPSS or Stata file; a code that means no answer stays a cell.

    Stata's missing values .a to .z are cells of that name. Raises DataError for a damaged file.
    """
    if encoding is not None and encoding not in _DECLARABLE:
        said, mend = f"`encoding: {encoding}`", "take it out: the file says itself how its text is written"
        raise DataError([in_file("encoding", file, said, listed(_DECLARABLE), mend)])
    try:
        page = codecs.lookup(encoding or (_spss_page if packed == "sav" else _stata_page)(content)).name
    except (LookupError, ValueError):
        said = "text in a code page that is not known here"
        raise DataError([in_file("encoding", file, said, "UTF-8", _MEND)]) from None
    read = pyreadstat.read_sav if packed == "sav" else pyreadstat.read_dta
    try:
        _refuse_beyond(content, read(io.BytesIO(content), metadataonly=True, encoding=_BYTEWISE)[1])
        frame, meta = read(io.BytesIO(content), user_missing=True, encoding=_BYTEWISE)
        return _Reading(frame, meta, file, packed, page).records()
    except DataError:
        raise
    except Exception:  # the library says by words only what it met
        raise DataError([unreadable(file)]) from None


class _Reading:
    """A file as it was read byte by byte, whose text is decoded by its code page ``page``."""

    def __init__(self, frame: pd.DataFrame, meta: Any, file: str, packed: Format, page: str) -> None:
        self.frame, self.meta, self.file, self.packed, self.page = frame, meta, file, packed, page
        self.undecoded_above = False

    def records(self) -> Records:
        """Return the columns; raises DataError for names that are missing or stand twice."""
        names = [self._said(name) for name in self.frame.columns]
        if not all(names) or len(set(names)) < len(names):
            raise DataError([unreadable(self.file)])
        found = Records(encoding=self.page)
        for at, (raw, name) in enumerate(zip(self.frame.columns, names, strict=True)):
            letters = frozenset(map(str, self.meta.missing_user_values.get(raw, ())))
            places, distinct = pd.factorize(self.frame.iloc[:, at])
            typed, bad = self._typed(raw, list(distinct), letters)
            add(found, name, places, typed, self.file)
            self._declare(found, raw, name, letters)
            if bad:
                rows = (np.flatnonzero(np.isin(places, bad)) + 2).tolist()
                found.problems.append(self._not_decoded("text", name, rows))
        if self.undecoded_above:
            found.problems.append(self._not_decoded("names or labels", "", []))
        return found

    def _typed(
        self, raw: str, distinct: list[object], letters: frozenset[str]
    ) -> tuple[list[object], list[int]]:
        """Return the values of a column as its program shows them, and the places of undecodable text.

        Single precision is kept as such, so that 0.1 is not 0.10000000149; times are in milliseconds.
        """
        single = self.meta.readstat_variable_types.get(raw) == "float"
        width = self.meta.variable_storage_width.get(raw, 0)
        typed: list[object] = []
        bad = []
        for place, value in enumerate(distinct):
            if isinstance(value, str):
                text = f".{value}" if value in letters else decoded(value, self.page, width)
                bad += [place] if text is None else []
                typed.append(text)
            elif isinstance(value, datetime):
                typed.append(pd.Timestamp(value).round("ms").to_pydatetime())
            else:
                typed.append(np.float32(value) if single and isinstance(value, float) else value)
        return typed, bad

    def _declare(self, found: Records, raw: str, name: str, letters: frozenset[str]) -> None:
        """Take into ``found`` what the file declares of a column: labels, missing codes, wording."""
        labels = self.meta.variable_value_labels.get(raw) or {}
        if labels:
            found.value_labels[name] = {self._code(code): self._said(said) for code, said in labels.items()}
        missing = self._missing(found.columns[name], self.meta.missing_ranges.get(raw, ()))
        missing |= {f".{one}" for one in letters}
        if missing:
            found.user_missing[name] = frozenset(missing)
        wording = plain(self._said(self.meta.column_names_to_labels.get(raw)))
        if wording:
            found.questions[name] = wording

    def _code(self, code: object) -> str:
        """Return a labelled code as its cells are written."""
        if not isinstance(code, str):
            return values.text(code)
        return f".{code}" if self.packed == "dta" else self._said(code)

    def _missing(self, cells: pd.Categorical, ranges: Iterable[Any]) -> set[str]:
        """Return the declared codes, and the cells within the declared ranges, that mean no answer."""
        found: set[str] = set()
        numbers = pd.to_numeric(pd.Series(cells.categories, dtype=object), errors="coerce")
        for span in ranges:
            low, high = span["lo"], span["hi"]
            if isinstance(low, str) or isinstance(high, str):
                found |= {self._said(low), self._said(high)}
                continue
            if low == high:
                found.add(values.text(low))
            found |= set(cells.categories[numbers.between(low, high).to_numpy()])
        return found

    def _said(self, raw: object) -> str:
        """Return the text of a name or label, empty where there is none."""
        if not isinstance(raw, str):
            return ""
        text = decoded(raw, self.page)
        self.undecoded_above |= text is None
        return raw if text is None else text

    def _not_decoded(self, what: str, column: str, rows: list[int]) -> Problem:
        page = NAMES.get(self.page, self.page)
        code = "not-utf8" if self.page == "utf-8" else "encoding"
        said = f"{what} with bytes that are not {page}"
        return in_file(code, self.file, said, f"{page} text", _MEND, rows=rows, column=column)


def decoded(raw: str, page: str, width: int = 0) -> str | None:
    """Return text that was read byte by byte, as Latin-1, decoded by ``page``; None where it does not fit.

    A last UTF-8 character that the ``width`` of its field (bytes) cut off becomes a replacement character.
    """
    if raw.isascii():
        return raw
    content = raw.encode("latin-1")
    try:
        return content.decode(page)
    except UnicodeDecodeError as error:
        cut_off = page == "utf-8" and len(content) >= width > 0 and error.reason == "unexpected end of data"
        return content.decode(page, "replace") if cut_off else None


def _refuse_beyond(content: bytes, meta: Any) -> None:
    """Raise ValueError where a file says that it holds more cells than its bytes can."""
    most = len(content) * (_MOST_DEFLATED if content.startswith(b"$FL3") else 1)
    if (meta.number_rows or 0) * meta.number_columns > min(most, MOST_CELLS):
        raise ValueError("more rows than bytes")


def _spss_page(content: bytes) -> str:
    """Return the code page that an SPSS file names in words (record 7, subtype 20) or as a number (3)."""
    for order in ("little", "big"):
        head = [number.to_bytes(4, order) for number in (7, 20, 1, 3, 4, 8)]
        at = content.find(b"".join(head[:3]))
        if at >= 0:
            size = int.from_bytes(content[at + 12 : at + 16], order)
            return content[at + 16 : at + 16 + min(size, 40)].decode("latin-1").strip("\x00 ")
        at = content.find(head[0] + head[3] + head[4] + head[5])
        if at >= 0:
            number = int.from_bytes(content[at + 44 : at + 48], order)
            return "utf-8" if number == _UTF_8 else f"cp{number}" if number > 100 else _OTHERWISE
    return _OTHERWISE


def _stata_page(content: bytes) -> str:
    """Return the code page of a Stata file, which follows from the version of its format."""
    said = re.match(rb"<stata_dta><header><release>(\d{3})", content)
    version = int(said[1]) if said else content[0]
    return "utf-8" if version >= _UTF_8_FROM else _OTHERWISE
