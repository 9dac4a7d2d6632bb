"""Which column of which wave holds which item?

In: the codebook (wave, column, item) and the items that each wave is expected to ask. Out: item to column, a
wave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pandas as pd

from outcomes.clean.intake import Intake
from outcomes.errors import Problem, listed, nearest

COLUMNS = ("wave", "column", "item")


def read_codebook(intake: Intake) -> dict[str, dict[str, str]]:
    """Return, for each wave, item id to column name; an item without a line is in the column of its own name.

    Problems go to ``intake``; while a codebook can't be read, no item is looked for.
    """
    waves, file = intake.part.items, intake.part.codebook
    columns = {wave: {item: item for item in items} for wave, items in waves.items()}
    if file is None:
        return columns
    book = intake.sheet(file, COLUMNS)
    if book is None:
        return {wave: {} for wave in waves}
    where = intake.where(file)
    known = sorted({item for items in waves.values() for item in items})
    for row, wave, column, item in book[list(COLUMNS)].itertuples():
        if wave not in waves:
            intake.noted.append(_unknown(f"{where}, row {row}, column wave", wave, list(waves)))
        elif item not in known:
            intake.noted.append(_unknown(f"{where}, row {row}, column item", item, known))
        elif item in waves[wave]:
            columns[wave][item] = column
    intake.noted += _twice(book, columns, where)
    return columns


def _twice(book: pd.DataFrame, columns: dict[str, dict[str, str]], where: str) -> Iterator[Problem]:
    """Yield a problem for lines that contradict each other and for a column that would be two items."""
    again = book.index[book.duplicated(["wave", "item"], keep=False)]
    if not again.empty:
        yield Problem(
            f"{where}, rows {listed(again)}", "an item twice in a wave", "once", "remove the wrong lines"
        )
    for wave, of_item in columns.items():
        for column, times in Counter(of_item.values()).items():
            if times > 1:
                items = listed(item for item, named in of_item.items() if named == column)
                found = f"one column for {items} in wave {wave}"
                yield Problem(where, found, "a column for each item", "correct the column of one of them")


def _unknown(where: str, word: str, known: list[str]) -> Problem:
    return Problem(where, f"'{word[:60]}'", listed(known), nearest(word, known) or "use one of these")
