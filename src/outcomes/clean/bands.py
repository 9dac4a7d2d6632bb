"""Into which band does each number of a column fall: an age group, an income band, low or high?

In: a column of cells that hold numbers, and which number means what. Out: a `Reading` of the bands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

import pandas as pd

from outcomes.clean.cells import each, numbers
from outcomes.clean.choices import OUTSIDE
from outcomes.clean.reading import Place, Reading
from outcomes.clean.text import canonical
from outcomes.errors import listed


def banded(
    cells: pd.Series, meaning: Callable[[float], str | None], *, decimal: Literal[".", ","],
    missing: Collection[str], place: Place, unit_words: Collection[str],
    out_of_range: Literal["refuse", "missing"],
) -> Reading:  # fmt: skip
    """Return what each number means (string), missing where there is none.

    A number that means nothing is an error, or with ``out_of_range`` `missing` no answer, noted as a change.
    """
    read = numbers(
        cells, decimal=decimal, missing=missing, place=place, unit_words=unit_words, least=float("-inf")
    )
    known = read.values
    bands = each(known, meaning, "string")
    outside = known.index[known.notna() & bands.isna()]
    if outside.empty:
        return Reading(bands, read.problems, read.changes)
    if out_of_range == "missing":
        return Reading(bands, read.problems, _emptied(read.changes, cells, outside))
    found = listed(canonical(value) for value in known.loc[outside].unique())
    mend = "correct the cells, add a band, or list the numbers under `unknown`"
    problem = place.problem("outside-bands", found, "numbers that fall into a band", mend, outside)
    return Reading(bands, [*read.problems, problem], read.changes)


def _emptied(changes: pd.DataFrame, cells: pd.Series, outside: pd.Index) -> pd.DataFrame:
    """Return the changes with ``outside`` as cells that became no answer."""
    taken = pd.DataFrame(
        {
            "row": outside.astype("int64"),
            "before": cells.loc[outside].astype("string").array,
            "after": pd.array([""] * len(outside), dtype="string"),
            "rule": pd.array([OUTSIDE] * len(outside), dtype="string"),
        }
    )
    kept = changes[~changes["row"].isin(outside)]
    return pd.concat([kept, taken]).sort_values("row", kind="stable", ignore_index=True)
