"""CSV and TSV as rows of text, by Python's strict csv module; the rules are those of RFC 4180."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import TextIO

from outcomes.errors import Problem, in_file
from outcomes.sheets.decoding import text_of
from outcomes.sheets.grid import Row, Source
from outcomes.sheets.sheet import Declared

_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_SAID = {",": ",", ";": ";", "tab": "\t"}
_SAMPLE = 21
_AGREE = 0.9
_OPEN, _WITHIN, _BEYOND = "quote-open", "quote", "cell-length"


class _Lines:
    """The lines of a text one by one; keeps those of the present row and the line ends that close rows."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.row: list[str] = []
        self.ends: set[str] = set()
        self.open = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.stream)
        self.row.append(line)
        return line

    def close_row(self) -> str:
        """Return the text of the row that has been read, and begin the next."""
        last = self.row[-1] if self.row else ""
        end = last[-2:] if last.endswith("\r\n") else last[-1:]
        self.open = end not in ("\n", "\r", "\r\n")
        if not self.open:
            self.ends.add(end)
        text = last if len(self.row) == 1 else "".join(self.row)
        self.row.clear()
        return text


def source(content: bytes, file: str, declared: Declared, is_tsv: bool) -> Source:
    """Return the rows of a CSV or TSV file; ``problems`` holds what its text, quotes and delimiter lack."""
    text = text_of(content, file, declared.encoding)
    delimiter = _SAID[declared.delimiter] if declared.delimiter else "\t" if is_tsv else ","
    problems = text.problems
    other = _looks_like(text.start, delimiter)
    if other:
        problems.append(_wrong_delimiter(text.start, file, delimiter, other))
        delimiter = other
    found = Source(iter(()), problems, encoding=text.encoding)
    found.rows = _rows(_Lines(text.stream), delimiter, file, found)
    return found


def _rows(lines: _Lines, delimiter: str, file: str, found: Source) -> Iterator[Row]:
    """Yield the rows with their numbers; at the end, say what was wrong with quotes and line ends."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    inside, whole = _quotes(delimiter)
    broken: dict[str, list[int]] = {}
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            lines.close_row()
            kind = _kind(str(error))
            broken.setdefault(kind, []).append(number)
            if kind == _WITHIN:
                continue
            break
        text = lines.close_row()
        if '"' in text and inside.search(text) and not whole.fullmatch(text):
            broken.setdefault(_WITHIN, []).append(number)
        yield number, cells
    found.ends_open = lines.open
    found.problems += [_bad_quotes(kind, rows, file) for kind, rows in broken.items()]
    if len(lines.ends) > 1:
        said = f"{len(lines.ends)} kinds of line ends, each of which was taken as the end of a row"
        mend = "nothing needs to be done"
        found.problems.append(
            in_file("line-ends", file, said, "one kind in a file", mend, severity="warning")
        )


def _quotes(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what looks like a quote inside an unquoted cell, and a row in which there is none.

    The csv module takes such a quote as text; other programs end or begin a cell there.
    """
    d = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+"|[^"{d}\r\n]*+)'
    return re.compile(rf'(?:^|[{d}\r\n])[^"{d}\r\n]+"'), re.compile(rf"{cell}(?:{d}{cell})*+[\r\n]*")


def _kind(words: str) -> str:
    if "end of data" in words:
        return _OPEN
    return _BEYOND if "field limit" in words else _WITHIN


def _bad_quotes(kind: str, rows: list[int], file: str) -> Problem:
    if kind == _OPEN:
        said, allowed = "the end of the file inside a quoted cell that begins here", "rows that are whole"
        return in_file("cut-off", file, said, allowed, "export it again and copy the whole file", rows=rows)
    if kind == _BEYOND:
        said = f"a cell of more than {csv.field_size_limit():,} characters, or a quotation mark not closed"
        mend = "export it again; nothing below this row could be checked"
        return in_file("quote", file, said, "quotation marks in pairs", mend, rows=rows)
    said = "a quotation mark inside a cell, or one that is not closed"
    mend = 'export it again; a quotation mark in a text is written twice (""), within a quoted cell'
    return in_file("quote", file, said, "quotation marks around whole cells", mend, rows=rows)


def _looks_like(start: str, delimiter: str) -> str | None:
    """Return another delimiter that makes more of the header and of the rows below it, if there is one."""
    widths = {mark: _widths(start, mark) for mark in _NAMES}
    chosen = widths[delimiter]
    if not chosen or (chosen[0] > 1 and _agree(chosen)):
        return None
    better = {
        mark: found[0]
        for mark, found in widths.items()
        if found and found[0] > chosen[0] and (_agree(found) or found[0] >= 3 * chosen[0])
    }
    return max(better, key=better.__getitem__) if better else None


def _widths(start: str, delimiter: str) -> list[int]:
    """Return how many cells the first rows have."""
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter)
    try:
        return [len(row) for row in islice(reader, _SAMPLE) if row]
    except csv.Error:
        return []


def _agree(widths: list[int]) -> bool:
    return sum(width == widths[0] for width in widths) >= _AGREE * len(widths)


def _wrong_delimiter(start: str, file: str, delimiter: str, other: str) -> Problem:
    width = _widths(start, delimiter)[0]
    said = f"{width} column{'s' if width > 1 else ''}; the delimiter looks like {_NAMES[other]}"
    word = {";": ";", "\t": "tab", ",": ","}.get(other)
    mend = f'declare `delimiter: "{word}"` or export it with commas' if word else "export it with commas"
    return in_file("delimiter", file, said, f"cells separated by {_NAMES[delimiter]}", mend)
