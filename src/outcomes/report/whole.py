"""Is a claim decided as a whole, and what may be said of its single outcomes?

A claim with a margin on several outcomes is decided by intersection-union: each outcome is a component,
tested by itself, and none of them is confirmed where the claim as a whole is not.
"""

from __future__ import annotations

from outcomes.report.facts import Facts, Row, rows

PASSED = ("non-inferior", "superior", "equivalent")
"""Verdicts by which a component passes; a claim of equivalence is not passed by `superior`."""

DECIDED = (
    "The claim is decided as a whole; the rows of single outcomes are its components, each tested by itself."
)
NOT_CONFIRMED = "Single outcomes are not confirmed when the claim as a whole is not."


def verdict_rows(key: str, facts: Facts) -> list[Row]:
    """Return the verdict rows of a hypothesis: the one on all outcomes first, unless there is just one."""
    of_claim = [row for row in rows(facts.tables["verdicts"]) if row["hypothesis"] == key]
    whole = [row for row in of_claim if row["outcome"] == "all"]
    single = [row for row in of_claim if row["outcome"] != "all"]
    return [*whole, *single] if len(single) > 1 else single


def is_component(row: Row, of_claim: list[Row]) -> bool:
    """Return whether a row is one of several outcomes of a claim that is decided as a whole."""
    return row["outcome"] != "all" and any(one["outcome"] == "all" for one in of_claim)


def has_passed(row: Row) -> bool:
    """Return whether the verdict of a row with a margin is that the claim holds."""
    beyond = row["kind"] == "equivalence" and row["verdict"] == "superior"
    return row["disclosure"] == "shown" and row["verdict"] in PASSED and not beyond


def is_unconfirmed(row: Row, of_claim: list[Row]) -> bool:
    """Return whether a row is a component of a claim that did not pass as a whole."""
    whole = [one for one in of_claim if one["outcome"] == "all"]
    return is_component(row, of_claim) and not any(has_passed(one) for one in whole)
