"""What is the verdict on each hypothesis, on what rule, and what does it rest on?"""

from __future__ import annotations

from outcomes.report.answer import answered, level, verdict_rows
from outcomes.report.facts import Facts, Row
from outcomes.study import Equivalence, Floor, Hypothesis, NonInferiority

SIGNS = {
    "superior": "yes", "non-inferior": "yes", "equivalent": "yes", "floor met": "yes",
    "inferior": "no", "floor not met": "no",
}  # fmt: skip
"""Verdict to its mark; every other verdict is open."""


_BOUNDS = {"superiority": "", "non_inferiority": "Margin", "equivalence": "Margin", "floor": "Floor"}

PLANS = {
    "exploratory": "Exploratory: the claim was not fixed before the data were seen.",
    "confirmatory": "Confirmatory: the claim was fixed before the data were seen.",
}
"""Plan status in words."""


def claims(facts: Facts) -> dict[str, object]:
    """Return the hypotheses that have verdicts, each with its rule, its rows and what they rest on."""
    found = []
    for key, hypothesis in answered(facts).items():
        of_claim = verdict_rows(key, facts)
        marks = (f"Basis: {row['basis']}. {PLANS[str(row['plan'])]}" for row in of_claim)
        found.append(
            {
                "key": key,
                "claim": hypothesis.claim,
                "rule": _rule(hypothesis, facts),
                "estimate": "Share" if isinstance(hypothesis, Floor) else "Gap in gains",
                "bound": _BOUNDS[hypothesis.kind],
                "level": f"{100 * level(hypothesis):g}%",
                "rows": [_row(row, facts) for row in of_claim],
                "marks": list(dict.fromkeys(marks)),
            }
        )
    return {"claims": found}


def _row(row: Row, facts: Facts) -> dict[str, str]:
    hidden = row["disclosure"] != "shown"
    verdict = "not shown" if hidden else str(row["verdict"])
    is_floor = row["kind"] == "floor"
    return {
        "outcome": facts.outcome(row["outcome"]),
        "verdict": verdict,
        "sign": SIGNS.get(verdict, "open"),
        "estimate": facts.written(row, "estimate", signed=not is_floor),
        "interval": facts.interval(row),
        "bound": facts.written(row, "margin"),
        "p": facts.written(row, "p_adjusted"),
        "n": facts.written(row, "n"),
    }


def _rule(hypothesis: Hypothesis, facts: Facts) -> str:
    wave = facts.wave(hypothesis.wave)
    low = facts.group(hypothesis.focal)
    alpha = f"{100 * hypothesis.alpha:g}%"
    if isinstance(hypothesis, Floor):
        return (
            f"Floor: the share of the {low} group at the deciding wave ({wave}) against the floor, one-sided "
            f"level {alpha}."
        )
    high = facts.group(hypothesis.reference)
    if isinstance(hypothesis, NonInferiority):
        return (
            f"Non-inferiority at the deciding wave ({wave}): the {low} group may gain at most the margin "
            f"less than the {high} group, one-sided level {alpha}; the claim as a whole holds only if every "
            "outcome passes."
        )
    if isinstance(hypothesis, Equivalence):
        return (
            f"Equivalence at the deciding wave ({wave}): the gains of the {low} and the {high} group may "
            f"differ by at most the margin, two one-sided tests at level {alpha}; the claim as a whole holds "
            "only if every outcome passes."
        )
    sides = "two" if hypothesis.sides == 2 else "one"
    return (
        f"Superiority at the deciding wave ({wave}): the {low} group gains more than the {high} group, "
        f"{sides}-sided level {alpha} after Holm's adjustment within the family of outcomes."
    )
