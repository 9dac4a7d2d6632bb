"""What follows from a gap in gains for a claim on one outcome, and from all outcomes for the whole claim?

In: gaps, bounds, p values. Out: what a row of verdicts says of them. Gaps are shown as they are; where a
higher score is worse (``benefit`` -1) they are turned before they meet a margin.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from scipy.stats import t
from statsmodels.stats.multitest import multipletests

from outcomes.model.estimates import Row, degrees, limits
from outcomes.model.families import Gap
from outcomes.model.margins import Bound, deficit, least_passing
from outcomes.study import Equivalence, NonInferiority, Superiority

GRAVEST = {
    "non_inferiority": ("inferior", "not estimable", "inconclusive", "non-inferior"),
    "equivalence": ("inferior", "superior", "not estimable", "inconclusive", "equivalent"),
}
"""The verdicts on one outcome, in the order in which they settle that on all outcomes together."""


def superiority(gap: Gap, claim: Superiority, benefit: int) -> Row:
    """Return estimate, interval and p of a gap: two-sided, or one-sided for a benefit.

    The interval is that of the gap alone, at 1 - alpha (sides 2) or 1 - 2 alpha (sides 1).
    """
    p_value = gap.p_value
    if claim.sides == 1:
        p_value = float(t.sf(benefit * gap.estimate / gap.std_error, degrees(gap.df)))
    return {**interval(gap, claim.confidence), "p_value": p_value}


def superior(estimate: float, p_adjusted: float, claim: Superiority, benefit: int) -> str:
    """Return the verdict on superiority by the adjusted p; with one side `inferior` can't be found."""
    if p_adjusted >= claim.alpha:
        return "inconclusive"
    return "superior" if claim.sides == 1 or estimate * benefit > 0 else "inferior"


def interval(gap: Gap, confidence: float) -> Row:
    """Return the gap with its two-sided t interval at ``confidence``."""
    low, high = limits(gap.estimate, gap.std_error, confidence, gap.df)
    return {"estimate": gap.estimate, "low": low, "high": high}


def against(claim: NonInferiority | Equivalence, gap: Gap, limit: Bound, benefit: int) -> Row:
    """Return p and verdict of a gap against a margin, the outcome by itself.

    Non-inferiority: the p of a deficit of the margin or more; `non-inferior` where it is below alpha,
    `inferior` where the deficit exceeds the margin at the same level. Equivalence: the larger p of two such
    tests, one a side (Schuirmann 1987, doi 10.1007/BF01068419); `equivalent`, `superior` or `inferior`
    likewise. With a fixed margin that is where the interval at 1 - 2 alpha lies (Lakens 2017, doi
    10.1177/1948550617697177).
    """
    p_below, p_beyond = deficit(gap, limit, benefit)
    passed, p_value = "non-inferior", p_below
    if isinstance(claim, Equivalence):
        p_above, p_over = deficit(gap, limit, -benefit)
        passed, p_value = "equivalent", max(p_below, p_above)
        if p_over < claim.alpha:
            return {"p_value": p_value, "verdict": "superior"}
    if p_value < claim.alpha:
        return {"p_value": p_value, "verdict": passed}
    return {"p_value": p_value, "verdict": "inferior" if p_beyond < claim.alpha else "inconclusive"}


def with_margin(claim: NonInferiority | Equivalence, gap: Gap, limit: Bound, benefit: int) -> Row:
    """Return all that a row of verdicts says of a gap against a margin.

    The components of an intersection-union test need no adjustment: p_adjusted is p. `margin_passing` is the
    smallest margin of the same kind, in score points, that would pass.
    """
    judged = against(claim, gap, limit, benefit)
    tried = partial(_p_at, claim, gap, limit, benefit)
    return {
        **interval(gap, claim.confidence), **judged, "p_adjusted": judged["p_value"],
        "margin_passing": least_passing(tried, claim.alpha, abs(gap.estimate) + gap.std_error),
    }  # fmt: skip


def _p_at(claim: NonInferiority | Equivalence, gap: Gap, limit: Bound, benefit: int, points: float) -> float:
    return float(against(claim, gap, limit.times(points / limit.points), benefit)["p_value"])


def every(kind: str, judged: Sequence[Row]) -> Row:
    """Judge all outcomes together by intersection-union (Berger 1982, doi 10.2307/1267823).

    Passed only if each outcome is, `inferior` if any is; p is the largest. There is no estimate, as the
    outcomes share none; n is the smallest of theirs. A margin, and the smallest that passes (the largest of
    theirs), is told where it was declared in points and thus is one for all.
    """
    found = {row["verdict"] for row in judged}
    p_value = None if "not estimable" in found else max(row["p_value"] for row in judged)
    row = {
        "n": min(row["n"] for row in judged), "margin_kind": judged[0]["margin_kind"], "p_value": p_value,
        "verdict": next(word for word in GRAVEST[kind] if word in found),
    }  # fmt: skip
    if judged[0]["margin_kind"] == "points":
        passing = [row["margin_passing"] for row in judged if row.get("margin_passing") is not None]
        row["margin"] = judged[0]["margin"]
        row["margin_passing"] = max(passing) if len(passing) == len(judged) else None
    return row


def then_superior(claim: NonInferiority, gaps: Sequence[Gap], benefits: Sequence[int]) -> list[Row]:
    """Return p_superiority and verdict by outcome, once non-inferiority has passed on every one.

    Two-sided at twice alpha, Holm over the outcomes; nothing is spent on it, as the tests are in a fixed
    sequence (Morikawa & Yoshida 1995, doi 10.1080/10543409508835115).
    """
    p_values = multipletests([gap.p_value for gap in gaps], method="holm")[1]
    return [
        {
            "p_superiority": float(p),
            "verdict": "superior" if p < 2 * claim.alpha and gap.estimate * benefit > 0 else "non-inferior",
        }
        for p, gap, benefit in zip(p_values, gaps, benefits, strict=True)
    ]
