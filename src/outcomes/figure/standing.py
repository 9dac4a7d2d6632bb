"""What does a verdict say of its claim, and how is that marked in the forest?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.figure.sheet import INK
from outcomes.study.stages import Drawing


@dataclass(frozen=True)
class Sign:
    """How a verdict is marked: its marker, the marker's face, and what it means."""

    marker: str
    face: str
    means: str


SIGNS = {
    "supported": Sign("o", INK, "claim supported"),
    "inconclusive": Sign("o", "white", "inconclusive"),
    "by itself": Sign("o", "#AAAAAA", "passes by itself only"),
    "contradicted": Sign("X", INK, "claim contradicted"),
    "": Sign("D", "#AAAAAA", "no hypothesis"),
}
"""What a verdict says of its claim to its mark; empty where no hypothesis is about the outcome."""

PASSED = ("superior", "non-inferior", "equivalent")
HIDDEN = "not shown"
"""The verdict on a whole that can't be shown."""


def of(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the release table `forest` with `whole` and `further` from `verdicts` beside it.

    ``whole`` is the verdict on all outcomes of the row's claim, empty where the claim has just this one;
    ``further`` says whether another claim is about the outcome.
    """
    table = tables["forest"]
    if "verdicts" not in tables:
        return table.assign(whole=None, further=False)
    verdicts = tables["verdicts"]
    single = verdicts[verdicts["outcome"] != "all"]
    several = single["hypothesis"].value_counts().loc[lambda counts: counts > 1].index
    whole = verdicts[(verdicts["outcome"] == "all") & verdicts["hypothesis"].isin(several)]
    verdict_of = dict(zip(whole["hypothesis"], whole["verdict"].fillna(HIDDEN), strict=True))
    claims = {name: set(claim) for name, claim in single.groupby("outcome")["hypothesis"]}
    keys = list(table["hypothesis"].fillna(""))
    return table.assign(
        whole=table["hypothesis"].map(verdict_of).astype("string"),
        further=[
            bool(claims.get(name, set()) - {key}) for name, key in zip(table["outcome"], keys, strict=True)
        ],
    )


def standing(row: pd.Series, part: Drawing) -> str:
    """Return what the verdict says of the claim, as a key of SIGNS: a gain that is better is not alike."""
    if pd.isna(row["verdict"]) or pd.isna(row["hypothesis"]):
        return ""
    contradicted = ("inferior", "superior") if kind_of(row, part) == "equivalence" else ("inferior",)
    if row["verdict"] in contradicted:
        return "contradicted"
    if row["verdict"] not in PASSED:
        return "inconclusive"
    return "by itself" if is_unconfirmed(row) else "supported"


def is_unconfirmed(row: pd.Series) -> bool:
    """Return whether the row's claim has several outcomes and did not pass as a whole."""
    whole = row.get("whole")
    return bool(pd.notna(whole) and whole not in ("non-inferior", "equivalent"))


def kind_of(row: pd.Series, part: Drawing) -> str:
    """Return the kind of the row's claim, empty where there is none."""
    claim = None if pd.isna(row["hypothesis"]) else part.hypotheses.get(str(row["hypothesis"]))
    return "" if claim is None else claim.kind
