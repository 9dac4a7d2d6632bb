"""What is the answer in plain words, and what can't the study show?

Each sentence is made of one row of the release table `verdicts`. It speaks of association: who gained more, never why.
"""

from __future__ import annotations

from collections.abc import Mapping

from outcomes.report.facts import Facts, rows, within
from outcomes.study import Hypothesis

Row = Mapping[str, object]


def answer(facts: Facts) -> dict[str, object]:
    """Return the opening, the plain sentences by hypothesis, how to read a range, and the limits of the study."""
    claims = []
    for key, hypothesis in answered(facts).items():
        of_claim = [row for row in rows(facts.tables["verdicts"]) if row["hypothesis"] == key]
        claims.append({"key": key, "claim": hypothesis.claim, "sentences": [sentence(row, facts) for row in of_claim]})
    return {"opening": _opening(facts), "claims": claims, "ranges": _ranges(facts), "limits": _limits(facts)}


def answered(facts: Facts) -> dict[str, Hypothesis]:
    """Return the hypotheses that have a verdict row; a hypothesis that no stage answers is not spoken of."""
    keys = set(facts.tables["verdicts"]["hypothesis"])
    return {key: hypothesis for key, hypothesis in facts.part.hypotheses.items() if key in keys}


def sentence(row: Row, facts: Facts) -> str:
    """Return what one verdict says, in words that a school leaver reads."""
    about = "Taken together" if row["outcome"] == "all" else f"In {within(facts.outcome(row['outcome']))}"
    if row["disclosure"] != "shown":
        return f"{about}, the result can't be shown because it rests on too few {facts.people}."
    if row["verdict"] == "not estimable":
        return f"{about}, there were not enough answers to say."
    if row["kind"] == "floor":
        return _floor(row, facts)
    if row["outcome"] == "all":
        return _every(row, facts)
    return f"{about}, {_gained(row, facts)}"


def _gained(row: Row, facts: Facts) -> str:
    low, high = (f"the {facts.group(group)} group" for group in ("low", "high"))
    size = facts.written(row, "estimate", size=True)
    if row["verdict"] in ("superior", "inferior"):
        more = "more" if float(str(row["estimate"])) > 0 else "less"
        known = f"{low} gained {more} than {high}: {size} points {more}{_scale(row, facts)}, likely {_range(row, facts)}"
    elif row["verdict"] == "non-inferior":
        known = (
            f"{low} gained about as much as {high}, or more: the gap is {_side(row, 'estimate', facts)}"
            f"{_scale(row, facts)}, likely {_range(row, facts)}, and a gain {_margin(row, facts)} smaller can be ruled out"
        )
    elif row["kind"] == "non_inferiority":
        known = (
            f"it is not clear whether {low} gained about as much as {high}: the gap may be anything "
            f"{_range(row, facts)}{_scale(row, facts)}, and a gain {_margin(row, facts)} smaller can't be ruled out"
        )
    else:
        known = (
            f"it is not clear which group gained more: {low}'s gain may be anything {_range(row, facts)} "
            f"than that of {high}{_scale(row, facts)}"
        )
    worse = facts.part.drawing.higher_is[str(row["outcome"])] == "worse"
    return f"{known}.{' (A higher score is worse here.)' if worse else ''}"


def _every(row: Row, facts: Facts) -> str:
    low, high = (f"the {facts.group(group)} group" for group in ("low", "high"))
    if row["verdict"] == "non-inferior":
        return f"Taken together, {low} gained about as much as {high}, or more: each outcome passed."
    if row["verdict"] == "inferior":
        return f"Taken together, {low} did not gain as much as {high}: at least one outcome fell clearly short."
    return f"Taken together, it is not clear whether {low} gained about as much as {high}: not every outcome passed."


def _floor(row: Row, facts: Facts) -> str:
    place = {"floor met": "clearly above", "floor not met": "clearly below"}.get(
        str(row["verdict"]), "not clearly above or below"
    )
    low, wave = facts.group("low"), facts.wave(row["wave"])
    return (
        f"{facts.outcome(row['outcome'])}: {facts.written(row, 'estimate')} of the {low} group "
        f"({wave}; likely {facts.interval(row)}). This is {place} the mark of {facts.written(row, 'margin')}."
    )


def _side(row: Row, column: str, facts: Facts) -> str:
    """Return a gap as its size and side: ``0.14 points less`` or ``0.30 points more``."""
    return f"{facts.written(row, column, size=True)} points {'less' if float(str(row[column])) < 0 else 'more'}"


def _range(row: Row, facts: Facts) -> str:
    return f"from {_side(row, 'low', facts)} to {_side(row, 'high', facts)}"


def _margin(row: Row, facts: Facts) -> str:
    return f"more than {facts.written(row, 'margin')} points"


def _scale(row: Row, facts: Facts) -> str:
    least, most = facts.part.drawing.bounds[str(row["outcome"])]
    return f" (on a scale from {least:g} to {most:g})"


def _opening(facts: Facts) -> str:
    drawing = facts.part.drawing
    first, last = list(drawing.waves.values())[0], list(drawing.waves.values())[-1]
    low, high = drawing.groups["low"], drawing.groups["high"]
    gloss = (
        " SES is short for socio-economic status: how well off a family is, and what work and schooling it has."
        if "SES" in low + high
        else ""
    )
    return (
        f"How did the scores of {facts.people} in two groups, {low} and {high}, move between "
        f"\N{LEFT DOUBLE QUOTATION MARK}{first}\N{RIGHT DOUBLE QUOTATION MARK} and "
        f"\N{LEFT DOUBLE QUOTATION MARK}{last}\N{RIGHT DOUBLE QUOTATION MARK}, and which group gained more?{gloss}"
    )


def _ranges(facts: Facts) -> str:
    level = f"{100 * facts.part.model.confidence:g}"
    return (
        "A range after the word \N{LEFT DOUBLE QUOTATION MARK}likely\N{RIGHT DOUBLE QUOTATION MARK} says how precise a "
        f"number is: of 100 such ranges about {level} hold the true value. "
        "\N{LEFT DOUBLE QUOTATION MARK}Not clear\N{RIGHT DOUBLE QUOTATION MARK} is a result too: it does not mean that "
        "the groups gained the same."
    )


def _limits(facts: Facts) -> list[str]:
    """Return what the study can't show: what holds for every study of this design, then what this one adds."""
    people, low, high = facts.people, facts.group("low"), facts.group("high")
    limits = [
        f"There is no comparison group. Scores also move with time, so a gain does not say what {people} would have "
        "reached otherwise, and a gap does not say why one group gained more.",
        f"The {low} and the {high} group differ in many ways besides this one.",
        f"The {people} who took part and answered may differ from those who did not.",
    ]
    if any(scale.scoring != "as_given" for _, scale in facts.part.scales.values()):
        limits.append(
            "Scores are what people said about themselves, and their yardstick may have moved between the waves."
        )
    return [*limits, *_unknown(facts)]


def _unknown(facts: Facts) -> list[str]:
    if not facts.has("flow"):
        return []
    unknown = [row for row in rows(facts.tables["flow"]) if row["group"] == "unknown" and row["n"] != 0]
    if not unknown:
        return []
    first = unknown[0]
    left = facts.part.population == "ses_known" or facts.part.model.ses_unknown == "leave_out"
    where = "are left out of the comparison" if left else "are shown, but are not part of the comparison"
    return [
        f"For {facts.written(first, 'n')} {facts.people} ({within(str(first['label']))}) it is not known which group "
        f"they belong to. They {where}."
    ]
