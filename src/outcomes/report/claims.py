"""What is the verdict on each hypothesis, on what rule, and what does it rest on?"""

from __future__ import annotations

from outcomes.columns import ARMS
from outcomes.report.answer import answered, level
from outcomes.report.decisions import rule
from outcomes.report.facts import EMPTY, SUPPRESSED, Facts, Row, rows
from outcomes.report.whole import DECIDED, has_passed, is_component, is_unconfirmed, verdict_rows
from outcomes.study import Floor, Hypothesis

SIGNS = {
    "superior": "yes", "non-inferior": "yes", "equivalent": "yes", "floor met": "yes",
    "inferior": "no", "floor not met": "no",
}  # fmt: skip
"""Verdict to its mark; every other verdict is open."""

PLANS = {
    "exploratory": "Exploratory: the claim was not fixed before the data were seen.",
    "confirmatory": "Confirmatory: the claim was fixed before the data were seen.",
}
"""Plan status in words."""

_ALWAYS = ("estimate", "interval", "p", "p_adjusted", "n")
"""Columns that every claim has; others stand where they say something."""


def claims(facts: Facts) -> dict[str, object]:
    """Return the hypotheses that have verdicts, each with its rule, its rows and what they rest on."""
    found = []
    for key, hypothesis in answered(facts).items():
        of_claim = verdict_rows(key, facts)
        marks = (f"Basis: {row['basis']}. {PLANS[str(row['plan'])]}" for row in of_claim)
        cells = [_row(row, facts) | _of_part(row, of_claim) for row in of_claim]
        columns = {
            name: heading
            for name, heading in _headings(hypothesis).items()
            if name in _ALWAYS or any(row[name] not in (EMPTY, SUPPRESSED) for row in cells)
        }
        found.append(
            {
                "key": key,
                "claim": hypothesis.claim,
                "rule": rule(key, facts),
                "columns": columns,
                "rows": cells,
                "marks": [
                    *_parts(of_claim),
                    *dict.fromkeys(marks),
                    *_wider(of_claim, hypothesis),
                    *_withheld(of_claim, facts),
                ],
                "beside": _beside(hypothesis, facts),
            }
        )
    return {"claims": found}


def _headings(hypothesis: Hypothesis) -> dict[str, str]:
    """Return column to heading, in order."""
    is_floor = isinstance(hypothesis, Floor)
    of_effects = getattr(hypothesis, "estimand", "gap") == "effect_gap"
    return {
        "estimate": "Share" if is_floor else "Gap in effects" if of_effects else "Gap in gains",
        "interval": f"{100 * level(hypothesis):g}% interval by itself",
        "simultaneous": "Interval, family together",
        "bound": "Floor" if is_floor else "Margin",
        "passing": "Passes from margin",
        "p": "p, not adjusted",
        "p_adjusted": "p, adjusted (decides)",
        "p_superiority": "p of a gap",
        "n": "People",
    }


def _row(row: Row, facts: Facts) -> dict[str, str]:
    hidden = row["disclosure"] != "shown"
    verdict = "not shown" if hidden else str(row["verdict"])
    is_floor = row["kind"] == "floor"
    # a gain that is better by more than the margin contradicts a claim that gains are alike
    is_unlike = row["kind"] == "equivalence" and verdict == "superior"
    return {
        "outcome": facts.outcome(row["outcome"]),
        "verdict": verdict,
        "sign": "no" if is_unlike else SIGNS.get(verdict, "open"),
        "estimate": facts.written(row, "estimate", signed=not is_floor),
        "interval": facts.interval(row),
        "simultaneous": EMPTY if is_floor else facts.interval(row, "simultaneous_low", "simultaneous_high"),
        "bound": facts.written(row, "margin"),
        "passing": facts.written(row, "margin_passing"),
        "p": facts.written(row, "p_value"),
        "p_adjusted": facts.written(row, "p_adjusted"),
        "p_superiority": facts.written(row, "p_superiority"),
        "n": facts.written(row, "n"),
    }


def _of_part(row: Row, of_claim: list[Row]) -> dict[str, str]:
    """Return what reads otherwise where a row is a component: no p of its own decides, and no part passes."""
    if not is_component(row, of_claim):
        return {}
    found = {"p_adjusted": EMPTY}
    if has_passed(row) and is_unconfirmed(row, of_claim):
        found |= {"verdict": f"{row['verdict']} by itself", "sign": "open"}
    return found


def _parts(of_claim: list[Row]) -> list[str]:
    """Return how to read the rows of single outcomes where a claim is decided as a whole."""
    return [DECIDED] if any(is_component(row, of_claim) for row in of_claim) else []


def _wider(of_claim: list[Row], hypothesis: Hypothesis) -> list[str]:
    """Return why an interval for the family can hold zero where the p that decides is below the level."""
    clear = [row for row in of_claim if row["kind"] == "superiority" and row["p_adjusted"] is not None]
    if any(
        row["p_adjusted"] < hypothesis.alpha
        and row["simultaneous_low"] is not None
        and row["simultaneous_low"] <= 0 <= row["simultaneous_high"]
        for row in clear
    ):
        return [
            "Intervals for the family together are somewhat wider than the adjusted p: one can hold zero "
            "where that p, which decides, is below the level."
        ]
    return []


def _withheld(of_claim: list[Row], facts: Facts) -> list[str]:
    """Return why an adjusted p is not there although its p is, where that is so."""
    shown = [
        row
        for row in of_claim
        if row["disclosure"] == "shown" and row["p_value"] is not None and not is_component(row, of_claim)
    ]
    if all(row["p_adjusted"] is not None for row in shown):
        return []
    return [
        "Adjusted p values of this family are not shown: they would tell of a test that rests on too few "
        f"{facts.people}."
    ]


def _beside(hypothesis: Hypothesis, facts: Facts) -> list[dict[str, str]]:
    """Return by outcome the gap without and with covariates, where the study has covariates."""
    if isinstance(hypothesis, Floor) or not facts.is_adjusted or not facts.has("contrasts"):
        return []
    gaps = {
        (row["outcome"], bool(row["adjusted"])): row
        for row in rows(facts.tables["contrasts"])
        if (row["contrast"], row["wave"], row["group"])
        == (hypothesis.estimand, hypothesis.wave, hypothesis.pair)
        and row["arm"] != ARMS[1]
    }
    found = []
    for outcome in hypothesis.outcomes:
        plain, adjusted = gaps.get((outcome, False)), gaps.get((outcome, True))
        if plain is not None and adjusted is not None:
            found.append(
                {
                    "outcome": facts.outcome(outcome),
                    "plain": _gap(plain, facts),
                    "adjusted": _gap(adjusted, facts),
                    "standardised": facts.written(adjusted, "standardised", signed=True),
                    "d": facts.written(adjusted, "d_ppc2", signed=True),
                    "d_interval": facts.interval(adjusted, "d_ppc2_low", "d_ppc2_high"),
                    "df": facts.written(adjusted, "df"),
                    "df_method": str(adjusted["df_method"]),
                }
            )
    return found


def _gap(row: Row, facts: Facts) -> str:
    """Return a gap with its interval in brackets; one mark where there is none."""
    estimate = facts.written(row, "estimate", signed=True)
    return estimate if row["estimate"] is None else f"{estimate} ({facts.interval(row)})"
