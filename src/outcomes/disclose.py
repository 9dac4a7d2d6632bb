"""What may be shown to whom?

In: the restricted tables that are meant for readers, and a disclosure profile. Out: the release tables, with
counts rounded, numbers that rest on too few people taken out, and the decision written beside each row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from outcomes.columns import Table, expect
from outcomes.study import Profile
from outcomes.study.stages import Disclosing
from outcomes.tables import RELEASE, RELEASED_FROM

Least = Callable[[str, str, tuple[str, ...]], float]

SHOWN = "shown"
_PROBABILITIES = ("p_value", "p_adjusted", "p_superiority")
_RATIOS = (
    "r2",
    "r2_adjusted",
    "r2_added",
    "r2_added_low",
    "r2_added_high",
    "r2_marginal",
    "r2_conditional",
    "icc",
)
_RATIO_DECIMALS = 3


def disclose(restricted: Mapping[str, pd.DataFrame], part: Disclosing) -> dict[str, pd.DataFrame]:
    """Return the release tables by name.

    ``restricted`` holds the restricted tables by name. A row whose numbers rest on fewer people than the
    profile allows keeps its place and its rounded count, and loses every other number and its verdict.
    """
    least = _least_by_groups(restricted["gains"], restricted["means"])
    released = {}
    for name, table in RELEASE.items():
        frame = restricted[RELEASED_FROM[name]]
        released[name] = _release(frame, table, _base(name, frame, least), part)
    return released


def count(n: pd.Series, base: int) -> pd.Series:
    """Return counts to the nearest multiple of ``base``, halves up (HESA: 2.5 becomes 5, 0 to 2 become 0)."""
    return ((n.astype("Float64") / base + 0.5) // 1 * base).astype("Int64")


def rounded(numbers: pd.Series, decimals: int) -> pd.Series:
    """Return numbers to ``decimals`` places, halves up."""
    scale = 10.0**decimals
    return ((numbers.astype(float) * scale + 0.5) // 1 / scale).round(decimals)


def _release(frame: pd.DataFrame, table: Table, base: pd.Series, part: Disclosing) -> pd.DataFrame:
    profile, shares = part.profile, _is_share(frame, part)
    least = pd.Series(np.where(shares, profile.share_least, profile.mean_least), index=frame.index)
    hidden = (
        (base < least).fillna(False).astype(bool)
        if _has_numbers(table)
        else pd.Series(False, index=frame.index)
    )
    shown = frame[[name for name in table.names if name in frame.columns]].copy()
    for column in table.columns:
        if column.kind == "count" and column.name != "n_items":
            shown[column.name] = count(frame[column.name], profile.count_base)
        elif column.kind == "number":
            values = _rounded_by(column.name, frame[column.name], shares, profile)
            shown[column.name] = values.mask(hidden)
        elif column.name == "verdict":
            shown["verdict"] = frame["verdict"].mask(hidden)
    why = "suppressed: fewer than " + least.astype("string") + " people"
    shown["disclosure"] = why.where(hidden, SHOWN)
    shown["origin"] = part.origin
    return expect(shown, table)


def _rounded_by(name: str, numbers: pd.Series, shares: pd.Series, profile: Profile) -> pd.Series:
    if name in _PROBABILITIES:
        return rounded(numbers, profile.decimals_p)
    if name in _RATIOS:
        return rounded(numbers, _RATIO_DECIMALS)
    of_people = rounded(numbers, profile.decimals_share + 2)
    return rounded(numbers, profile.decimals_mean).mask(shares, of_people)


def _is_share(frame: pd.DataFrame, part: Disclosing) -> pd.Series:
    if "outcome" not in frame.columns:
        return pd.Series(False, index=frame.index)
    return frame["outcome"].isin(part.shares).astype(bool)


def _has_numbers(table: Table) -> bool:
    return any(column.kind == "number" for column in table.columns)


def _least_by_groups(gains: pd.DataFrame, means: pd.DataFrame) -> Least:
    """Return a function of outcome, wave and groups: the fewest people of any of these groups there."""
    fewest = pd.concat([gains, means]).groupby(["outcome", "wave", "group"])["n"].min()

    def least(outcome: str, wave: str, groups: tuple[str, ...]) -> float:
        return float(min((fewest[key] for group in groups if (key := (outcome, wave, group)) in fewest.index),
                         default=np.nan))  # fmt: skip

    return least


def _compared(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the groups that each row compares: low and high unless it names a pair."""
    named = frame["group"] if "group" in frame.columns else pd.Series("", index=frame.index)
    return [tuple(str(pair).split(" - ")) if " - " in str(pair) else ("low", "high") for pair in named]


def _base(name: str, frame: pd.DataFrame, least: Least) -> pd.Series:
    """Return how many people each row's numbers rest on: of the smaller group where two are compared."""
    if "n" not in frame.columns:
        return pd.Series(np.nan, index=frame.index)
    own = frame["n"].astype(float)
    if name in ("contrasts", "forest", "margins", "ols", "verdicts"):
        smaller = pd.Series(
            [least(*row) for row in zip(frame["outcome"], frame["wave"], _compared(frame), strict=True)],
            index=frame.index, dtype=float,
        )  # fmt: skip
        own = own.fillna(np.inf).combine(smaller.fillna(np.inf), min).replace(np.inf, np.nan)
    if name == "verdicts":
        whole = frame["outcome"] == "all"
        own = own.mask(whole, own.groupby(frame["hypothesis"]).transform("min"))
    return own
