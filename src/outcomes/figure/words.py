"""How do the numbers of a release table read in a figure, its caption and its text alternative?

Release tables are rounded already: a number is shown with the decimals of its column and never rounded again.
"""

from __future__ import annotations

import pandas as pd
from pandas.api.typing import NAType

from outcomes.study.stages import Drawing

MINUS = "\N{MINUS SIGN}"
MOST_DECIMALS = 6


def decimals(numbers: pd.Series) -> int:
    """Return how many decimals the released ``numbers`` have: the fewest that show each of them whole."""
    known = numbers.dropna().astype(float)
    return next(
        (d for d in range(MOST_DECIMALS) if ((known - known.round(d)).abs() < 1e-9).all()), MOST_DECIMALS
    )


def number(value: float, places: int, *, signed: bool = False) -> str:
    """Return ``value`` with ``places`` decimals, a typographic minus, and a plus if ``signed``."""
    shown = f"{value:{'+' if signed else ''},.{places}f}"
    return shown.replace("-", MINUS)


def count(n: int | NAType) -> str:
    """Return a released count, ``..`` where it is suppressed."""
    return ".." if isinstance(n, NAType) else f"{n:,}"


def called(group: str, part: Drawing) -> str:
    """Return what an SES group is called."""
    return {str(name): label for name, label in part.groups.items()}[group]


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that disclosure lets be shown."""
    return table[table["disclosure"] == "shown"]


def mentored(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the mentored: all of them where the study has no comparison group."""
    return table[table["arm"].fillna("mentored") == "mentored"]


def gaps(table: pd.DataFrame, what: str) -> str:
    """Return the sentence about suppressed rows of ``table``, empty if there are none."""
    hidden = len(table) - len(shown(table))
    if not hidden:
        return ""
    return f" {hidden} of {len(table)} {what} can't be shown (too few people) and are left as gaps."


def is_share(outcome: str, part: Drawing) -> bool:
    """Return whether the outcome's score runs from 0 to 1, so that its mean reads as a percentage."""
    return part.bounds[outcome] == (0.0, 1.0)


def points(value: float, outcome: str, part: Drawing, places: int) -> str:
    """Return a mean score of ``outcome`` in its own unit: scale points, or per cent for a share."""
    return f"{number(100 * value, max(places - 2, 0))}%" if is_share(outcome, part) else number(value, places)
