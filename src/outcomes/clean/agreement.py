"""Do the SES markers agree, and who would change groups under another rule?

In: the people with one column an indicator (``low``, ``high`` or empty) and the declared rule. Out: counts
and Cohen's kappa for every pair of markers, and the moves between groups for every other rule. Markers of the
person and of the home area agree poorly (Jerrim 2021), so that each line says which of them it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pandas as pd

from outcomes import tables
from outcomes.clean.index import index_of
from outcomes.clean.ses import low_matrix, ses_group
from outcomes.columns import GROUPS
from outcomes.study import SesRule

NOBODY = "nobody has both known"
ONE_VALUE = "both have one and the same value"


def agreement(people: pd.DataFrame, rule: SesRule) -> pd.DataFrame:
    """Return one row a pair of indicators, in the rule's order: the 2 x 2 table, agreement and kappa.

    Counts are people with both known. Kappa is undefined, and ``status`` says why, where nobody has both
    known or where chance alone would agree always (`kappa`).
    """
    rows = [
        {
            "indicator": one, "other": other,
            "basis": rule.indicators[one].about, "other_basis": rule.indicators[other].about,
            **_crossed(people[one].astype("string"), people[other].astype("string")),
        }
        for one, other in combinations(rule.indicators, 2)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=tables.AGREEMENT.names)


def _crossed(one: pd.Series, other: pd.Series) -> dict[str, Any]:
    """Return the 2 x 2 table of two indicators, the share that agrees, kappa and its status."""
    cells = {
        f"{first}_{second}": int(((one == first) & (other == second)).sum())
        for first in ("low", "high")
        for second in ("low", "high")
    }
    n = sum(cells.values())
    found, status = kappa(cells["low_low"], cells["low_high"], cells["high_low"], cells["high_high"])
    share = (cells["low_low"] + cells["high_high"]) / n if n else None
    return {"n": n, **cells, "agree": share, "kappa": found, "status": status}


def kappa(both_low: int, low_high: int, high_low: int, both_high: int) -> tuple[float | None, str]:
    """Return Cohen's kappa of a 2 x 2 table and `ok`, or nothing and why (Cohen 1960).

    Kappa is (observed - expected) / (1 - expected), with the agreement expected from the margins; in counts
    2 (ad - bc) / (2 (ad - bc) + n (b + c)), which divides whole numbers once.
    """
    n = both_low + low_high + high_low + both_high
    if n == 0:
        return None, NOBODY
    beyond = 2 * (both_low * both_high - low_high * high_low)
    most = beyond + n * (low_high + high_low)
    return (None, ONE_VALUE) if most == 0 else (beyond / most, "ok")


def rule_changes(people: pd.DataFrame, rule: SesRule) -> pd.DataFrame:
    """Return the groups under the declared rule (first) and every other one, and who moves between them.

    The moves are people whom the declared rule and the row's place differently.
    """
    declared = ses_group(people, rule)
    rules = {
        rule.rule if rule.rule != "count" else f"count {rule.at_least}": rule,
        **alternatives(people, rule),
    }
    rows = []
    for place, (name, other) in enumerate(rules.items()):
        group = ses_group(people, other)
        moved = {
            (one, two): int(((declared == one) & (group == two)).sum()) for one in GROUPS for two in GROUPS
        }
        rows.append(
            {
                "rule": name, "declared": place == 0, "basis": other.basis,
                **{level: int((group == level).sum()) for level in GROUPS},
                "low_to_high": moved["low", "high"], "high_to_low": moved["high", "low"],
                "to_unknown": moved["low", "unknown"] + moved["high", "unknown"],
                "from_unknown": moved["unknown", "low"] + moved["unknown", "high"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=tables.SES_RULES.names)


def alternatives(people: pd.DataFrame, rule: SesRule) -> Mapping[str, SesRule]:
    """Return every rule that the same indicators allow, by name, without the declared one.

    Each single indicator; any, count 2 and more, all, and the hierarchy in the declared order; and the index
    where it exists, with the share low that the declared rule has among those whom it places.
    """
    number = len(rule.indicators)
    if number == 1:
        return {}
    found = {
        f"single {name}": _other(rule, "single", indicators={name: indicator})
        for name, indicator in rule.indicators.items()
    }
    if rule.rule != "hierarchy":
        found["hierarchy"] = _other(rule, "hierarchy")
    least = {"any": 1, "all": number, "count": rule.at_least}.get(rule.rule)
    for lows in (lows for lows in range(1, number + 1) if lows != least):
        kind = "any" if lows == 1 else "all" if lows == number else "count"
        name = f"count {lows}" if kind == "count" else kind
        found[name] = _other(rule, kind, at_least=lows if kind == "count" else None)
    if rule.rule != "index" and index_of(low_matrix(people, rule)).status == "ok":
        counted = ses_group(people, rule).value_counts()
        low, high = int(counted.get("low", 0)), int(counted.get("high", 0))
        if low and high:
            found["index"] = _other(rule, "index", low_share=low / (low + high))
    return found


def _other(rule: SesRule, kind: str, **changed: Any) -> SesRule:
    """Return ``rule`` as one of ``kind``, with its own indicators unless others are given."""
    return rule.model_copy(update={"rule": kind, "at_least": None, "low_share": None, **changed})
