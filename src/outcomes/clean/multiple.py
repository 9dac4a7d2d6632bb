"""Was an option of a multiple-choice question ticked?

In: the columns of the question as raw text: one that joins all ticked options (`A;B;` or `A,B`, as wordings
or codes), or one column for each option. Out: a `Reading` of 1 where the option was ticked, 0 where others
were, and no value where the question was not answered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

import numpy as np
import pandas as pd

from outcomes.clean.codebook import OTHER, ItemColumn
from outcomes.clean.reading import Column, Meant, Missing, Place, Reading
from outcomes.clean.text import by_fold, canonical, damage, fold, number, tidied_by, tidy
from outcomes.errors import Problem, listed

_MARKS = ",;"
_TICKED = frozenset(("1", "true", "yes", "y", "x", "selected", "checked", "quoted"))
_NOT_TICKED = frozenset(("0", "false", "no", "n", "not selected", "unchecked", "unselected", "not quoted"))


def ticked(
    cells: Mapping[str, pd.Series], entry: ItemColumn, *, missing: Collection[str], place: Place
) -> Reading:
    """Return whether the entry's option was ticked: 1.0, 0.0, or NaN (float64).

    ``cells`` holds the entry's column, and all columns of its ``question`` where it has several. In a column
    of its own an option is ticked by its wording, its code, 1, yes, true or x, and not by an empty cell or 0,
    no, false; the question is unanswered where all its columns are empty or say so. Empty cells mean no
    answer only where ``missing`` lists them.
    """
    none = Missing.of({*missing, *entry.missing})
    column = Column.of(cells[entry.column])
    if not entry.question:
        return _joined(column, entry, none, place)
    meant = column.judged(partial(_own, entry=entry, none=none))
    values = column.values(meant, "float64")
    filled = np.zeros(len(column.index), dtype=bool)
    for name in entry.question:
        other = Column.of(cells[name])
        filled |= np.array([_is_answer(cell, none) for cell in other.distinct])[other.places]
    allowed = [entry.option or "", "1", "0", "an empty cell"]
    problems = column.common(meant, allowed, place)
    if "" not in none.words and not filled.all():
        found, mend = "no option", 'list "" under `missing` in the study file if it means no answer'
        rows = [int(row) for row in column.index[~filled]]
        problems.append(place.problem("empty-cell", found, "an option in each row", mend, rows))
    strange = [n for n, one in enumerate(meant) if one.problem == "unknown-option"]
    mend = "correct the cell, or name the option in the codebook as the file has it"
    problems += column.strange(strange, "unknown-option", allowed, mend, place)
    return Reading(values.where(filled), [*problems, *column.variants(meant, place)], column.changes(meant))


def _own(cell: str, entry: ItemColumn, none: Missing) -> Meant:
    """Return what a cell of an option's own column means; an empty one is not ticked."""
    if not tidy(cell):
        return Meant(0.0, "", tidied_by(cell))
    folded = fold(cell)
    if (absent := none.meant(cell, by_fold(none.words))) is not None:
        return Meant(0.0, "", absent.rule, absent.problem)
    if tidy(cell) == entry.option or _code(cell) in entry.codes or folded in _TICKED:
        return Meant(1.0, tidy(cell), tidied_by(cell))
    if folded == fold(entry.option or ""):
        return Meant(1.0, entry.option or "", "wording variant", varied=True)
    if folded in _NOT_TICKED:
        return Meant(0.0)
    return Meant(problem=damage(tidy(cell)) or "unknown-option")


def _is_answer(cell: str, none: Missing) -> bool:
    """Return whether a cell shows that its question was answered."""
    return bool(tidy(cell)) and none.meant(cell, by_fold(none.words)) is None


def _code(cell: str) -> str:
    value = number(tidy(cell))
    return canonical(value) if value is not None else ""


def _joined(column: Column, entry: ItemColumn, none: Missing, place: Place) -> Reading:
    """Return the reading of a column that joins all ticked options of the question."""
    known = {fold(option): means for option, means in entry.labels.items() if option != OTHER}
    known |= entry.codes
    others: set[str] = set()

    def judge(cell: str) -> Meant:
        if (absent := none.meant(cell, by_fold(none.words))) is not None:
            return absent
        options, strange = split(fold(cell), known)
        if strange and OTHER not in entry.labels:
            return Meant(problem=damage(tidy(cell)) or "unknown-option")
        if strange:
            others.add(cell)
        found = max([*(known[option] for option in options), *([entry.labels[OTHER]] if strange else [])])
        return Meant(found, tidy(cell), tidied_by(cell))

    meant = column.judged(judge)
    strange = [n for n, one in enumerate(meant) if one.problem == "unknown-option"]
    options = [option for option in entry.labels if option != OTHER]
    problems = [
        *column.common(meant, options, place),
        *_unknown(column, strange, options, known, place),
        *_other(column, others, place),
    ]
    return Reading(column.values(meant, "float64"), problems, column.changes(meant))


def split(text: str, known: Collection[str]) -> tuple[list[str], int]:
    """Return the known options that folded ``text`` joins by commas or semicolons, and how many are unknown.

    The longest option that fits is taken, so that an option may hold a comma itself.
    """
    longest = sorted(known, key=len, reverse=True)
    found: list[str] = []
    unknown = 0
    while text := text.lstrip(_MARKS + " "):
        option = next((one for one in longest if one and _stands_first(one, text)), None)
        if option is None:
            unknown += 1
            cut = min((at for mark in _MARKS if (at := text.find(mark)) >= 0), default=len(text))
            text = text[cut:]
        else:
            found.append(option)
            text = text[len(option) :]
    return found, unknown


def _stands_first(option: str, text: str) -> bool:
    return text.startswith(option) and text[len(option) :].lstrip()[:1] in ("", *_MARKS)


def _unknown(
    column: Column, strange: list[int], options: list[str], known: Collection[str], place: Place
) -> list[Problem]:
    """Return one problem for the cells with an option that is not known; free text is not shown."""
    if not strange:
        return []
    times = sum(split(fold(column.distinct[n]), known)[1] * int(column.counts[n]) for n in strange)
    mend = (
        "add a line for each option to the codebook (column, option), or one with the option `*` where "
        "people could write an answer of their own"
    )
    found = f"{times} answers that are none of the known options"
    return [place.problem("unknown-option", found, listed(options, 20), mend, column.rows(strange))]


def _other(column: Column, others: set[str], place: Place) -> list[Problem]:
    if not others:
        return []
    rows = column.rows(n for n, cell in enumerate(column.distinct) if cell in others)
    found = f"{len(rows)} cells with text that is none of the known options"
    mend = "nothing to do; it was read as the option `*`, as the codebook says"
    return [place.problem("other-option", found, "the known options", mend, rows, "warning")]
