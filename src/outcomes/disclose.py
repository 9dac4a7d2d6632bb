"""What may be shown to whom?

In: the restricted tables that are meant for readers, and a disclosure profile. Out: the release tables, with
counts rounded, numbers that rest on too few people taken out, and the decision written beside each row.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from outcomes.columns import ARMS, GROUPS, Table, expect
from outcomes.study import Profile
from outcomes.study.stages import Disclosing
from outcomes.tables import RELEASE, RELEASED_FROM

Cells = tuple[tuple[str, str], ...]
"""SES groups, each with its arm ("" without a comparison group)."""

SHOWN = "shown"
NOT_SHOWN = "not shown"
"""The status of a suppressed row: the reason why there is no estimate can tell how few people there are."""
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
_DEGREES = ("df",)
_UPWARDS = ("margin_passing",)
_TELLING = ("fall_back", "cross_check")
_FINER = 2
"""More decimals than those of a mean for the margins of a grid, whose steps are a twentieth."""
_TESTS = ("superiority", "floor")
"""Kinds whose outcomes are each a test of the family; the others are one test as a whole."""


def disclose(restricted: Mapping[str, pd.DataFrame], part: Disclosing) -> dict[str, pd.DataFrame]:
    """Return the release tables by name.

    ``restricted`` holds the restricted tables by name. Of the covariance over waves the correlations are
    released: a variance over a squared standard error is an exact count of people. A row whose numbers rest
    on fewer people than the profile allows keeps its place and its rounded count, and loses every other
    number, its verdict and its status. Numbers of other rows from which they could be told are taken out as
    well.
    """
    counted = _Counted(restricted["gains"], restricted["means"])
    released = {}
    for name, table in RELEASE.items():
        frame = restricted[RELEASED_FROM[name]]
        if name == "components":
            frame = frame[frame["component"] == "correlation"].reset_index(drop=True)
        released[name] = _release(frame, table, _base(name, frame, counted), part)
    released["fits"] = _without_spread(released["fits"], counted, part.profile)
    return released | _unlinked(released)


def _without_spread(fits: pd.DataFrame, counted: _Counted, profile: Profile) -> pd.DataFrame:
    """Return fits without the pooled SD where a group is too small: the other's SD would tell its own."""
    small = [counted.smallest(outcome) < profile.mean_least for outcome in fits["outcome"]]
    return fits.assign(baseline_sd=fits["baseline_sd"].mask(pd.Series(small, index=fits.index, dtype=bool)))


def count(n: pd.Series, base: int) -> pd.Series:
    """Return counts to the nearest multiple of ``base``, halves up (HESA: 2.5 becomes 5, 0 to 2 become 0)."""
    return ((n.astype("Float64") / base + 0.5) // 1 * base).astype("Int64")


def rounded(numbers: pd.Series, decimals: int) -> pd.Series:
    """Return numbers to ``decimals`` places, halves up."""
    scale = 10.0**decimals
    return ((numbers.astype(float) * scale + 0.5) // 1 / scale).round(decimals)


def upwards(numbers: pd.Series, decimals: int) -> pd.Series:
    """Return numbers to ``decimals`` places, never smaller: a margin that passes passes as shown."""
    scaled = (numbers.astype(float) * 10.0**decimals).round(6)
    return (-(-scaled // 1) / 10.0**decimals).round(decimals)


def degrees(df: pd.Series, base: int) -> pd.Series:
    """Return degrees of freedom, rounded as counts are.

    With complete data they are a count of people less the number of groups. One decimal where counts are not
    rounded (``base`` 1).
    """
    return rounded(df, 1) if base == 1 else count(df, base).astype("float64")


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
        elif column.name == "verdict" or column.name in _TELLING:
            shown[column.name] = frame[column.name].mask(hidden)
        elif column.name == "status":
            shown["status"] = frame["status"].mask(hidden, NOT_SHOWN)
    if table.name == "margins":
        shown["margin"] = _grid(frame, profile).mask(hidden)
    why = "suppressed: fewer than " + least.astype("string") + " people"
    shown["disclosure"] = why.where(hidden, SHOWN)
    shown["origin"] = part.origin
    return expect(shown, table)


def _rounded_by(name: str, numbers: pd.Series, shares: pd.Series, profile: Profile) -> pd.Series:
    if name in _PROBABILITIES:
        return rounded(numbers, profile.decimals_p)
    if name in _RATIOS:
        return rounded(numbers, _RATIO_DECIMALS)
    if name in _DEGREES:
        return degrees(numbers, profile.count_base)
    if name in _UPWARDS:
        return upwards(numbers, profile.decimals_mean)
    of_people = rounded(numbers, profile.decimals_share + 2)
    return rounded(numbers, profile.decimals_mean).mask(shares, of_people)


def _grid(frame: pd.DataFrame, profile: Profile) -> pd.Series:
    """Return the margins of a grid: multiples of the declared margin as other tables show it."""
    declared = rounded(frame["margin"], profile.decimals_mean).where(frame["of_declared"] == "1.00")
    of_claim = declared.groupby([frame["hypothesis"], frame["outcome"]]).transform("max")
    factors = pd.to_numeric(frame["of_declared"], errors="coerce")
    return rounded(of_claim * factors, profile.decimals_mean + _FINER)


def _unlinked(released: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return verdicts, contrasts and forest without what would tell of a suppressed test.

    A p adjusted within a family follows from all p values of it: it is taken out where one of them is
    suppressed. A test of superiority after non-inferiority takes place only if every outcome has passed: it
    is taken out where one of them is suppressed, and the verdict is `non-inferior`, which holds as well.
    """
    verdicts, contrasts, forest = (released[name].copy() for name in ("verdicts", "contrasts", "forest"))
    hidden = verdicts["disclosure"] != SHOWN
    is_test = (verdicts["outcome"] == "all") | verdicts["kind"].isin(_TESTS)
    telling = is_test & verdicts["family"].isin(verdicts.loc[hidden & is_test, "family"])
    verdicts["p_adjusted"] = verdicts["p_adjusted"].mask(telling)
    place = ["outcome", "wave", "group", "arm"]
    told = pd.MultiIndex.from_frame(contrasts[place].fillna("")).isin(
        list(verdicts.loc[telling, place].fillna("").itertuples(index=False, name=None))
    )
    contrasts["p_adjusted"] = contrasts["p_adjusted"].mask(told)
    partly = set(verdicts.loc[hidden & (verdicts["kind"] == "non_inferiority"), "hypothesis"])
    of_claim = verdicts["hypothesis"].isin(partly)
    verdicts["p_superiority"] = verdicts["p_superiority"].mask(of_claim)
    for frame in (verdicts, forest):
        beyond = frame["hypothesis"].isin(partly) & (frame["verdict"] == "superior")
        frame["verdict"] = frame["verdict"].mask(beyond.fillna(False).astype(bool), "non-inferior")
    return {"verdicts": verdicts, "contrasts": contrasts, "forest": forest}


def _is_share(frame: pd.DataFrame, part: Disclosing) -> pd.Series:
    if "outcome" not in frame.columns:
        return pd.Series(False, index=frame.index)
    return frame["outcome"].isin(part.shares).astype(bool)


def _has_numbers(table: Table) -> bool:
    return any(column.kind == "number" for column in table.columns)


class _Counted:
    """How many people there are behind a group's gain or mean (by arm, if there are two), and a wave."""

    def __init__(self, gains: pd.DataFrame, means: pd.DataFrame) -> None:
        both = pd.concat([gains, means])
        place = ["outcome", "wave", "group", "arm"]
        self._fewest = both.assign(arm=both["arm"].fillna("")).groupby(place)["n"].min().to_dict()
        there = means[means["n"] > 0]
        self._by_wave = there.groupby(["outcome", "wave"])["n"].min().to_dict()
        self._by_outcome = there.groupby("outcome")["n"].min().to_dict()

    def least(self, outcome: str, wave: str, cells: Cells) -> float:
        """Return the fewest people of any of ``cells`` at the wave, of its gain and its mean."""
        found = [self._fewest[key] for cell in cells if (key := (outcome, wave, *cell)) in self._fewest]
        return float(min(found, default=np.nan))

    def at(self, outcome: str, wave: str) -> float:
        """Return how many people the smallest group that is there has at the wave."""
        return float(self._by_wave.get((outcome, wave), np.nan))

    def smallest(self, outcome: object) -> float:
        """Return how many people the smallest group has at the wave where it has fewest."""
        return float(self._by_outcome.get(outcome, np.nan))


def _compared(frame: pd.DataFrame) -> list[Cells]:
    """Return the groups and arms that each row is about.

    Low and high unless it names a pair or one group; every arm where the table names none.
    """
    named = frame["group"] if "group" in frame.columns else pd.Series("", index=frame.index)
    found = (tuple(str(name).split(" - ")) for name in named)
    groups = [names if set(names) <= set(GROUPS) else ("low", "high") for names in found]
    arms: list[tuple[str, ...]] = [("", *ARMS)] * len(frame)
    if "arm" in frame.columns:
        arms = [tuple(str(name).split(" - ")) for name in frame["arm"].fillna("")]
    return [tuple(product(*both)) for both in zip(groups, arms, strict=True)]


def _behind(name: str, frame: pd.DataFrame, counted: _Counted) -> list[list[float]]:
    """Return columns of counts, besides its own, that each row's numbers rest on."""
    if name in ("contrasts", "forest", "gains", "margins", "ols", "trajectories", "verdicts"):
        places = zip(frame["outcome"], frame["wave"], _compared(frame), strict=True)
        return [[counted.least(*place) for place in places]]
    if name == "components":
        return [
            [counted.at(*place) for place in zip(frame["outcome"], frame[wave], strict=True)]
            for wave in ("wave", "other_wave")
        ]
    return []


def _base(name: str, frame: pd.DataFrame, counted: _Counted) -> pd.Series:
    """Return how many people each row's numbers rest on.

    Of the smaller group where two are compared; of a group's mean at a later wave those whose gain is known,
    as the gain is the difference of two means; of a correlation the smallest group at either wave.
    """
    if "n" not in frame.columns:
        return pd.Series(np.nan, index=frame.index)
    own = frame["n"].astype(float)
    for others in _behind(name, frame, counted):
        own = pd.concat([own, pd.Series(others, index=frame.index, dtype=float)], axis=1).min(axis=1)
    if name == "verdicts":
        whole = frame["outcome"] == "all"
        own = own.mask(whole, own.groupby(frame["hypothesis"]).transform("min"))
    return own
