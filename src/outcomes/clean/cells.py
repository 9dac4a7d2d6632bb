"""What do cells mean: codes, wordings, numbers, categories; and which of them mean nothing?

In: a column of raw text cells indexed by spreadsheet row. Out: a `Reading`: the column's meaning, the
problems found and each cell that was changed. Each distinct cell is read once. Ids and free text never stand
in a problem, not even when they stray into a closed question: a value is shown only where it looks like
neither.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

import pandas as pd

from outcomes.clean.choices import Choices
from outcomes.clean.codebook import ItemColumn
from outcomes.clean.multiple import ticked
from outcomes.clean.reading import NUMBER, VARIANT, Column, Meant, Missing, Place, Reading
from outcomes.clean.text import by_fold, canonical, damage, fold, number, refused, tidied_by, tidy

__all__ = ["Place", "Reading", "categories", "codes", "each", "numbers", "plain", "ticked", "words"]


def plain(cells: pd.Series) -> pd.Series:
    """Return ``cells`` in Unicode form NFC without blanks and invisible signs at their ends, categorical."""
    column = Column.of(cells)
    tidied = pd.Series([tidy(cell) for cell in column.distinct], dtype="string")
    places, distinct = pd.factorize(tidied)
    return pd.Series(
        pd.Categorical.from_codes(places[column.places], distinct), index=cells.index
    ).cat.remove_unused_categories()


def words(cells: pd.Series, *, missing: Collection[str], place: Place) -> Reading:
    """Return text in the form of `plain` (string), missing where there is no answer."""
    column, none = Column.of(cells), Missing.of(missing)
    folded = by_fold(none.words)

    def judge(cell: str) -> Meant:
        text = tidy(cell)
        return none.meant(cell, folded) or Meant(text, text, tidied_by(cell))

    meant = column.judged(judge)
    problems = [*column.common(meant, ["text"], place), *column.variants(meant, place)]
    return Reading(column.values(meant, "string"), problems, column.changes(meant))


def each(
    values: pd.Series, meaning: Callable[[Any], object], dtype: Literal["float64", "string"]
) -> pd.Series:
    """Return what each of ``values`` means, asked once for each distinct one; missing stays missing."""
    places, distinct = pd.factorize(values)
    meanings = pd.Series([*map(meaning, distinct), None], dtype=dtype)  # a missing value has the place -1
    return meanings.take(places).set_axis(values.index)


def codes(
    cells: pd.Series, entry: ItemColumn, *, answers_as: Literal["codes", "labels", "either"],
    decimal: Literal[".", ","], missing: Collection[str], out_of_range: Literal["refuse", "missing"],
    place: Place,
) -> Reading:  # fmt: skip
    """Return the answers of one item as the instrument's codes (float64, NaN where there is none).

    ``missing`` and the entry's own say which cells are no answer; the empty cell only if it is among them. A
    wording counts when it is one of the entry's or, with a warning, resembles just one of them (`text.fold`).
    With ``out_of_range`` `missing`, numbers outside the scale are no answer, with a warning, unless they look
    like codes for no answer, or are so many that they must mean something.
    """
    column = Column.of(cells)
    choices = Choices(entry, answers_as, decimal, Missing.of({*missing, *entry.missing}), out_of_range)
    meant = choices.settled(column, column.judged(choices.meaning))
    problems = [*column.common(meant, choices.allowed, place), *choices.problems(column, meant, place)]
    return Reading(column.values(meant, "float64"), problems, column.changes(meant))


def categories(
    cells: pd.Series, meaning: Mapping[str, str], *, missing: Collection[str], place: Place
) -> Reading:
    """Return what each cell means by ``meaning`` (string; missing where there is no answer).

    A cell that is one of the declared values but for case, blanks, quotes and dashes, or for the form of a
    number, is read as that value, with a warning in the former case; an unknown one is an error.
    """
    column, none = Column.of(cells), Missing.of(missing)
    exact = {tidy(value): value for value in meaning}
    as_number = {canonical(found): value for value in exact if (found := number(value)) is not None}
    folded = by_fold([*exact, *none.words])

    def judge(cell: str) -> Meant:
        text, rule = tidy(cell), tidied_by(cell)
        value, found = exact.get(text), number(text)
        if value is not None:
            return Meant(meaning[value], value, rule, varied=bool(rule))
        if (absent := none.meant(cell, folded)) is not None:
            return absent
        if found is not None and (value := as_number.get(canonical(found))) is not None:
            return Meant(meaning[value], value, NUMBER)
        if (value := exact.get(folded.get(fold(text), ""))) is not None:
            return Meant(meaning[value], value, VARIANT, varied=True)
        seen = damage(text)
        if seen in ("thousands", "decimal-comma"):
            seen = ""
        seen = "missing-code" if seen == "not-finite" and found is None else seen
        return Meant(problem=seen or (refused(found) if found is not None else "") or "unknown-label")

    meant = column.judged(judge)
    unknown = [n for n, one in enumerate(meant) if one.problem == "unknown-label"]
    mend = "correct the cell, or give the value its meaning in the study file (or list it under `missing`)"
    problems = [
        *column.common(meant, list(meaning), place),
        *column.strange(unknown, "unknown-label", list(meaning), mend, place),
        *column.variants(meant, place),
    ]
    return Reading(column.values(meant, "string"), problems, column.changes(meant))


def numbers(
    cells: pd.Series, *, decimal: Literal[".", ","], missing: Collection[str], place: Place,
    unit_words: Collection[str] = (), least: float = 0.0, most: float | None = None,
) -> Reading:  # fmt: skip
    """Return numbers from ``least`` to ``most`` (float64); one of ``unit_words`` may stand behind a number.

    With unit words a point may stand behind it as well: `18 years`, `23yrs`, `23.`.
    """
    column, none = Column.of(cells), Missing.of(missing)
    folded = by_fold(none.words)
    units = sorted((fold(word) for word in unit_words), key=len, reverse=True)

    def judge(cell: str) -> Meant:
        text, rule = tidy(cell), tidied_by(cell)
        if (absent := none.meant(cell, folded)) is not None:
            return absent
        found = number(text, decimal)
        if found is None and units:
            found, rule = number(_without_unit(text, units), decimal), NUMBER
        if found is None:
            return Meant(problem=damage(text, decimal) or "not-allowed")
        if found < least or (most is not None and found > most):
            return Meant(problem=refused(found) or "not-allowed")
        written = canonical(found)
        otherwise = text.replace(decimal, ".") != written
        return Meant(found, written, rule if rule == NUMBER or not otherwise else NUMBER)

    meant = column.judged(judge)
    strange = [n for n, one in enumerate(meant) if one.problem == "not-allowed"]
    span = f"{least:g} or more" if most is None else f"{least:g} to {most:g}"
    allowed = [f"numbers such as 1{decimal}5, {span}"]
    mend = "correct the cell, or list the value under `missing` in the study file"
    problems = [
        *column.common(meant, allowed, place),
        *column.strange(strange, "not-allowed", allowed, mend, place),
    ]
    return Reading(column.values(meant, "float64"), problems, column.changes(meant))


def _without_unit(text: str, units: list[str]) -> str:
    """Return ``text`` without the unit, and without the point, behind its number."""
    folded = fold(text).removesuffix(".")
    for unit in units:
        if folded.endswith(unit):
            return folded.removesuffix(unit).strip()
    return folded
