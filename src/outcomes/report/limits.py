"""What can't the study show, and how firm is what it shows?"""

from __future__ import annotations

from outcomes.report.evidence import evidence
from outcomes.report.facts import Facts, Row, listed, rows, within

FEW = 30
"""People in a group below which a sample is called small."""


def limits(facts: Facts) -> list[str]:
    """Return what the study can't show: what holds for each study of this design, then what this one adds."""
    people, low, high = facts.people, facts.group("low"), facts.group("high")
    found = [
        evidence(facts).limit,
        f"The {low} and the {high} group differ in many ways besides this one.",
        f"The {people} who took part and answered may differ from those who did not.",
    ]
    if any(scale.scoring != "as_given" for _, scale in facts.part.scales.values()):
        found.append(
            "Scores are what people said about themselves, and their yardstick may have moved between the "
            "waves."
        )
    return [*found, *_unknown(facts), *_few(facts), *_standing(facts)]


def _few(facts: Facts) -> list[str]:
    """Return a warning where a compared group is small at a deciding wave, and what was done about it."""
    decided = [row for row in rows(facts.tables["verdicts"]) if " - " in str(row["group"])]
    gains = rows(facts.tables["gains"]) if facts.has("gains") else []
    n = {(row["outcome"], row["wave"], row["group"], row["arm"]): row["n"] for row in gains}
    small = {
        str(row["outcome"])
        for row in decided
        for group in str(row["group"]).split(" - ")
        for arm in (str(row["arm"]).split(" - ") if row["arm"] is not None else [None])
        if (count := n.get((row["outcome"], row["wave"], group, arm))) is not None
        and _may_be_few(count, facts)
    }
    if not small:
        return []
    named = listed([within(facts.outcome(name)) for name in facts.part.scales if name in small])
    behind = [row for row in decided if row["outcome"] in small]
    return [
        f"Small sample: in {named} a compared group has fewer than {FEW} {facts.people}"
        f"{_about(facts)}. {_widened(behind)} yet the next survey may well say something else."
    ]


def _may_be_few(count: int, facts: Facts) -> bool:
    """Return whether a rounded count can stand for fewer than `FEW` people (halves go up)."""
    return bool(count - facts.part.profile.count_base // 2 < FEW)


def _about(facts: Facts) -> str:
    return ", as far as rounded counts tell" if facts.part.profile.count_base > 1 else ""


def _widened(decided: list[Row]) -> str:
    """Return that the ranges allow for it, by the degrees of freedom that the verdicts rest on."""
    used = [
        name
        for name in ("Kenward-Roger", "Satterthwaite")
        if any(name in str(row["basis"]) for row in decided)
    ]
    return (
        f"{' and '.join(used)} degrees of freedom widen the ranges," if used else "The ranges allow for it,"
    )


def _standing(facts: Facts) -> list[str]:
    """Return whether the claims came before the data."""
    plans = {row["plan"] for row in rows(facts.tables["verdicts"])}
    if "exploratory" not in plans:
        return []
    which = "All" if plans == {"exploratory"} else "Some"
    return [f"{which} claims here are exploratory: they were not fixed before the data were seen."]


def _unknown(facts: Facts) -> list[str]:
    if not facts.has("flow"):
        return []
    unknown = [row for row in rows(facts.tables["flow"]) if row["group"] == "unknown" and row["n"] != 0]
    if not unknown:
        return []
    first = unknown[0]
    if facts.part.population == "ses_known":
        return [
            f"{facts.written(first, 'n')} {facts.people} are left out of the comparison, because it is not "
            "known which group they belonged to at the first wave. Many of them may have joined later."
        ]
    left = facts.part.model.ses_unknown == "leave_out"
    where = "are left out of the comparison" if left else "are shown, but are not part of the comparison"
    if any("unknown" in str(row["group"]) for row in rows(facts.tables["verdicts"])):
        where = "are a group of their own, which a claim compares"
    return [
        f"For {facts.written(first, 'n')} {facts.people} ({within(str(first['label']))}) it is not known "
        f"which group they belong to. They {where}."
    ]
