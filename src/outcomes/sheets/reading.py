"""Reads an export: tells its format and layout, gathers its cells, says all that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, islice

import pandas as pd

from outcomes.errors import DataError, Problem, in_file
from outcomes.sheets import delimited, labelled, layouts, names, oldbook, records, shape, signs, workbook
from outcomes.sheets.formats import TEXT, format_of
from outcomes.sheets.grid import Grid, Source
from outcomes.sheets.layouts import Head
from outcomes.sheets.sheet import Declared, Format, Sheet

MOST_BYTES = 1_000_000_000
"""Most bytes that a raw file may have."""

_DETECTED = Declared()
_START, _NOTHING = 65_536, b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"


def too_large(size: int, file: str) -> Problem | None:
    """Return the problem of a file of ``size`` bytes that should not even be opened, None where it may be."""
    if size <= MOST_BYTES:
        return None
    mend = "export fewer columns (without free text), or split the file"
    return in_file("too-large", _named(file), f"{size:,} bytes", f"{MOST_BYTES:,} bytes at most", mend)


def read(content: bytes, file: str, declared: Declared = _DETECTED) -> Sheet:
    """Return the cells of the export ``content``, with what was noticed and accepted in its ``notes``.

    ``file`` is its name, which messages show and whose ending tells the format where none is declared. What
    is declared and the file contradicts is an error. Raises DataError with every problem of the file.
    """
    file = _named(file)
    large = too_large(len(content), file)
    if large:
        raise DataError([large])
    if not content[:_START].strip(_NOTHING) and not content.strip(_NOTHING):
        mend = "export it again"
        raise DataError([in_file("empty", file, "an empty file", "a header and at least one row", mend)])
    packed, problems = format_of(content, file, declared)
    if packed is None:
        raise DataError(problems)
    problems += shape.undue(declared, packed, file)
    try:
        sheet = (_rows if packed in (*TEXT, "xlsx", "xls") else _records)(content, file, packed, declared)
    except DataError as refused:
        raise DataError([*problems, *refused.problems]) from None
    if problems:
        raise DataError([*problems, *sheet.notes])
    return sheet


def _rows(content: bytes, file: str, packed: Format, declared: Declared) -> Sheet:
    """Return the sheet of a file of rows: CSV, TSV or a workbook."""
    source = _source(content, file, packed, declared)
    top = list(islice(source.rows, layouts.MOST_HEADER_ROWS))
    head, problems = layouts.head_of([cells for _, cells in top], file, declared)
    width = len(head.names)
    problems += shape.header(head.names, packed, file)
    if any(problem.code in shape.HOPELESS for problem in problems):
        raise DataError([*source.problems, *problems])
    problems += names.faults(head.names, file)
    grid = Grid(width, source.pads)
    for number, cells in chain(top, source.rows):
        if number > head.rows:
            grid.add(number, cells)
        elif not source.pads and len(cells) != width and any(cells):
            grid.wrong.setdefault(len(cells), []).append(number)
    index, columns = grid.columns()
    problems += shape.undecoded(grid, [cells for _, cells in top[: head.rows]], source.encoding, file)
    problems += shape.rows(grid, source, index, file)
    kept, faults = shape.trailing(head.names, columns, file)
    problems += [*faults, *workbook.marked(source.marks, head.names, file)]
    named = [(head.names[at] or names.letter(at), columns[at]) for at in kept]
    problems += [*signs.header_faults(list(head.names), file), *signs.faults(named, index, file)]
    notes = _settled([*source.problems, *problems])
    frame = pd.DataFrame(dict(named), index=index, copy=False)
    dates = shape.date_columns(source.marks.dates, head, columns)
    return _sheet(frame, packed, head, notes, encoding=source.encoding, dates=dates)


def _sheet(
    frame: pd.DataFrame, packed: Format, head: Head, notes: tuple[Problem, ...], *,
    encoding: str, dates: frozenset[str],
) -> Sheet:  # fmt: skip
    kept: Mapping[str, object] = dict.fromkeys(frame.columns)
    return Sheet(
        frame, packed, head.layout, encoding,
        questions={name: said for name, said in head.questions.items() if name in kept},
        aliases={name: column for name, column in head.aliases.items() if column in kept},
        repeated=head.repeated, dates=dates, notes=notes,
    )  # fmt: skip


def _source(content: bytes, file: str, packed: Format, declared: Declared) -> Source:
    if packed in TEXT:
        return delimited.source(content, file, declared, packed == "tsv")
    return (workbook if packed == "xlsx" else oldbook).source(content, file, declared.sheet)


def _records(content: bytes, file: str, packed: Format, declared: Declared) -> Sheet:
    """Return the sheet of a file of typed records, which are numbered from 2 as below a header."""
    if packed == "parquet":
        found = records.parquet(content, file)
    else:
        found = labelled.labelled(content, file, packed, declared.encoding)
    height = len(next(iter(found.columns.values()), ()))
    index = pd.Index(range(2, height + 2), dtype="int64", name="row")
    problems = [*found.problems, *names.faults(list(found.columns), file)]
    problems += signs.faults(found.columns.items(), index, file)
    frame = pd.DataFrame(found.columns, index=index, copy=False)
    blank = shape.blank_rows(frame)
    problems += [shape.left_out(blank, file)] if blank else []
    problems += [shape.no_responses(file)] if len(blank) == height else []
    notes = _settled(problems)
    return Sheet(
        frame.drop(index=blank) if blank else frame, packed, "plain", found.encoding,
        questions=found.questions, value_labels=found.value_labels, user_missing=found.user_missing,
        dates=frozenset(found.dates), notes=notes,
    )  # fmt: skip


def _settled(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return the warnings where there are no errors; raises DataError with all where there are."""
    if any(problem.is_error for problem in problems):
        raise DataError(problems)
    return tuple(problems)


def _named(file: str) -> str:
    """Return a file name as a message can show it: what is no UTF-8 or can't be seen, escaped."""
    seen = file.encode("utf-8", "backslashreplace").decode()
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in seen)
