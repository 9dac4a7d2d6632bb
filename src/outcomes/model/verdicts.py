"""What is the verdict on each hypothesis?

In: contrasts (the gaps in gains), scores and people (for floors). Out: rows of verdicts. Each is provisional:
a person intercept with Wald z, not yet the covariance and degrees of freedom of the final model. The verdict
is `not estimable` wherever there is no estimate to judge.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from scipy.stats import norm

from outcomes.model.contrasts import Row
from outcomes.model.families import Gap, Place, estimated, holm, places, primary_rows
from outcomes.model.fitted import limits
from outcomes.model.floor import floor_test
from outcomes.study import Floor, Hypothesis, NonInferiority, Superiority
from outcomes.study.stages import Modelling

ON_GAPS = "person intercept, Wald z, provisional"
ON_SHARES = "Wilson interval, provisional"

GRAVEST = ("inferior", "not estimable", "inconclusive", "non-inferior")
"""The verdicts on one outcome, in the order in which they settle that on all outcomes together."""


def verdicts(
    contrasts: pd.DataFrame, scores: pd.DataFrame, people: pd.DataFrame, part: Modelling
) -> Iterator[Row]:
    """Yield the verdicts by hypothesis and outcome; non-inferiority ends with a row for `all` outcomes.

    Estimates and limits are in scale points, low minus high SES (or a share). Outcomes where a higher score
    is worse are turned before they are judged, never as they are shown.
    """
    rows = primary_rows(contrasts, part)
    gaps = estimated(rows)
    adjusted = holm(gaps, part)
    for name, claim in part.hypotheses.items():
        if isinstance(claim, Floor):
            for outcome in claim.outcomes:
                base = _base(name, claim, (outcome, str(claim.wave)), ON_SHARES) | {"margin": claim.floor}
                yield base | floor_test(claim, outcome, scores, people, part)
            continue
        judged = []
        for place in places(claim):
            n = rows[place]["n"] if place in rows else 0
            row = _base(name, claim, place, ON_GAPS) | {"n": n}
            if isinstance(claim, NonInferiority):
                row["margin"] = claim.margin
            if place in gaps and isinstance(claim, Superiority):
                p_adjusted = adjusted[claim.family][place]
                row |= superiority(gaps[place], claim.alpha, p_adjusted, _benefit(place, part))
            elif place in gaps and isinstance(claim, NonInferiority):
                row |= non_inferiority(gaps[place], claim.alpha, claim.margin, _benefit(place, part))
            judged.append(row)
        yield from judged
        if isinstance(claim, NonInferiority):
            yield _base(name, claim, ("all", str(claim.wave)), ON_GAPS) | every(judged)


def superiority(gap: Gap, alpha: float, p_adjusted: float, benefit: int) -> Row:
    """Judge whether there is a gap, at ``alpha`` two-sided after Holm; ``benefit`` (1 or -1) says which way.

    The interval is that of the gap alone at 1 - alpha.
    """
    verdict = "inconclusive"
    if p_adjusted < alpha:
        verdict = "superior" if gap.estimate * benefit > 0 else "inferior"
    low, high = limits(gap.estimate, gap.std_error, 1 - alpha)
    return {
        "estimate": gap.estimate, "low": low, "high": high,
        "p_value": gap.p_value, "p_adjusted": p_adjusted, "verdict": verdict,
    }  # fmt: skip


def non_inferiority(gap: Gap, alpha: float, margin: float, benefit: int) -> Row:
    """Judge whether the deficit stays below ``margin`` (scale points), at ``alpha`` one-sided.

    The two-sided interval at 1 - 2 alpha lies above -margin (non-inferior), below it (inferior) or across it
    (inconclusive); p is that of a deficit of the margin or more (Lakens 2017, doi 10.1177/1948550617697177).
    """
    low, high = limits(gap.estimate, gap.std_error, 1 - 2 * alpha)
    least, most = (low, high) if benefit > 0 else (-high, -low)
    verdict = "non-inferior" if least > -margin else "inferior" if most < -margin else "inconclusive"
    p_value = float(norm.sf((gap.estimate * benefit + margin) / gap.std_error))
    return {
        "estimate": gap.estimate, "low": low, "high": high,
        "p_value": p_value, "p_adjusted": p_value, "verdict": verdict,
    }  # fmt: skip


def every(judged: list[Row]) -> Row:
    """Judge all outcomes together by intersection-union (Berger 1982, doi 10.2307/1267823).

    Non-inferior only if each outcome is, inferior if any is; p is the largest and needs no adjustment. There
    is no estimate, as the outcomes share none; n is the smallest of theirs.
    """
    found = {row["verdict"] for row in judged}
    p_value = None if "not estimable" in found else max(row["p_value"] for row in judged)
    return {
        "n": min(row["n"] for row in judged), "margin": judged[0]["margin"], "p_value": p_value,
        "p_adjusted": p_value, "verdict": next(word for word in GRAVEST if word in found),
    }  # fmt: skip


def _base(name: str, claim: Hypothesis, place: Place, basis: str) -> Row:
    outcome, wave = place
    return {
        "hypothesis": name, "outcome": outcome, "kind": claim.kind, "family": claim.family, "wave": wave,
        "verdict": "not estimable", "group": claim.focal if isinstance(claim, Floor) else claim.pair, "plan": "exploratory", "basis": basis,
    }  # fmt: skip


def _benefit(place: Place, part: Modelling) -> int:
    """Return 1 where a higher score is a benefit, -1 where it is a harm."""
    return 1 if part.outcomes[place[0]].higher_is == "better" else -1
