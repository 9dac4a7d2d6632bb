"""What is the answer in plain words, and what can't the study show?

Each sentence is made of one row of the release table `verdicts`. It speaks of association: who gained more,
never why.
"""

from __future__ import annotations

from outcomes.report.facts import Facts, Row, listed, rows, within
from outcomes.study import Hypothesis

FEW = 30
"""People in a group below which a range by the normal distribution is called too narrow."""


def answer(facts: Facts) -> dict[str, object]:
    """Return the opening, the sentences by hypothesis, how to read a range, and the limits of the study."""
    claims = [
        {"claim": hypothesis.claim, "sentences": [sentence(row, facts) for row in verdict_rows(key, facts)]}
        for key, hypothesis in answered(facts).items()
    ]
    return {"opening": _opening(facts), "claims": claims, "ranges": _ranges(facts), "limits": _limits(facts)}


def answered(facts: Facts) -> dict[str, Hypothesis]:
    """Return the hypotheses that have a verdict row; a hypothesis that no stage answers is not spoken of."""
    keys = set(facts.tables["verdicts"]["hypothesis"])
    return {key: hypothesis for key, hypothesis in facts.part.hypotheses.items() if key in keys}


def verdict_rows(key: str, facts: Facts) -> list[Row]:
    """Return the verdict rows of a hypothesis: the one on all outcomes first, unless there is just one."""
    of_claim = [row for row in rows(facts.tables["verdicts"]) if row["hypothesis"] == key]
    whole = [row for row in of_claim if row["outcome"] == "all"]
    single = [row for row in of_claim if row["outcome"] != "all"]
    return [*whole, *single] if len(single) > 1 else single


def level(hypothesis: Hypothesis) -> float:
    """Return the level of the interval that decides: alpha two-sided for superiority, else one-sided."""
    return hypothesis.confidence


def sentence(row: Row, facts: Facts) -> str:
    """Return what one verdict says, in words that a school leaver reads."""
    about = "Taken together" if row["outcome"] == "all" else f"In {within(facts.outcome(row['outcome']))}"
    if row["disclosure"] != "shown":
        return f"{about}, the result can't be shown because it rests on too few {facts.people}."
    if row["verdict"] == "not estimable":
        return f"{about}, the data do not allow an estimate."
    if row["kind"] == "floor":
        return _floor(row, facts)
    known = f"{about}, {_gained(row, facts)}"
    if row["outcome"] == "all":
        return f"{known}."
    worse = "" if _better(row, facts) else " (A higher score is worse here.)"
    whose = f"The {facts.group(_groups(row)[0])} group's"
    return f"{known}. {whose} gain was {_size(row, facts)}{_bound(row, facts)}.{worse}"


def _gained(row: Row, facts: Facts) -> str:
    """Return who gained more, or kept up, or that this is not clear."""
    low, high = (f"the {facts.group(group)} group" for group in _groups(row))
    if row["kind"] == "equivalence":
        return _alike(row, low, high)
    if row["kind"] == "superiority":
        if row["verdict"] == "inconclusive":
            return f"it is not clear whether {low} or {high} gained more"
        return f"{low} gained {'more' if row['estimate'] > 0 else 'less'} than {high}"
    if row["outcome"] == "all":
        return {
            "non-inferior": f"in no outcome did {low} fall behind {high} by more than the margin",
            "inferior": f"{low} fell behind {high} by more than the margin in at least one outcome",
        }.get(row["verdict"], f"it is not clear whether {low} kept up with {high}")
    if row["verdict"] == "inferior":
        return f"{low} fell behind {high} by more than the margin"
    if row["verdict"] == "inconclusive":
        return f"it is not clear whether {low} kept up with {high}"
    return _kept_up(row, low, high, facts)


def _groups(row: Row) -> list[str]:
    """Return the focal and the reference group of a row."""
    return str(row["group"]).split(" - ")


def _alike(row: Row, low: str, high: str) -> str:
    """Return what a verdict on equivalence says."""
    if row["outcome"] == "all" and row["verdict"] in ("superior", "inferior"):
        return f"the gains of {low} and of {high} differed by more than the margin in at least one outcome"
    return {
        "equivalent": f"{low} and {high} gained alike, within the margin",
        "superior": f"the gain of {low} was the better one by more than the margin",
        "inferior": f"the gain of {high} was the better one by more than the margin",
    }.get(row["verdict"], f"it is not clear whether {low} and {high} gained alike, within the margin")


def _kept_up(row: Row, low: str, high: str, facts: Facts) -> str:
    """Return how a group that is not inferior did; that it did better is a claim with a test of its own."""
    behind = (row["estimate"] < 0) == _better(row, facts)
    if row["low"] < 0 < row["high"] or not behind:
        return f"{low} kept up with {high}"
    said = f"{low} gained {'more' if row['estimate'] > 0 else 'less'} than {high}"
    return f"{said}, but not by more than the margin"


def _size(row: Row, facts: Facts) -> str:
    """Return the gap in gains with its range, and the scale on which it is measured."""
    least, most = facts.part.drawing.bounds[str(row["outcome"])]
    low, high = (facts.written(row, limit, size=True) for limit in ("low", "high"))
    if row["low"] < 0 < row["high"]:
        between = f"{low} points smaller and {high} points larger"
    else:
        between = f"{low} and {high} points {_side(row, 'high' if row['high'] else 'low')}"
    estimate = f"{facts.written(row, 'estimate', size=True)} points {_side(row, 'estimate')}"
    return f"{estimate} (likely between {between}) on a scale from {least:g} to {most:g}"


def _bound(row: Row, facts: Facts) -> str:
    """Return what follows for the margin, if there is one."""
    if row["kind"] != "non_inferiority":
        return ""
    side, margin = "smaller" if _better(row, facts) else "larger", facts.written(row, "margin")
    said = {
        "non-inferior": "can be ruled out",
        "superior": "can be ruled out",
        "inferior": "is what the numbers show",
    }
    verdict = said.get(str(row["verdict"]), "can't be ruled out")
    return f", so a gain {side} by more than {margin} points {verdict}"


def _side(row: Row, column: str) -> str:
    return "smaller" if row[column] < 0 else "larger"


def _better(row: Row, facts: Facts) -> bool:
    return facts.part.drawing.higher_is[str(row["outcome"])] == "better"


def _floor(row: Row, facts: Facts) -> str:
    place = {"floor met": "clearly above", "floor not met": "clearly below"}.get(
        str(row["verdict"]), "not clearly above or below"
    )
    low, wave = facts.group(row["group"]), facts.wave(row["wave"])
    return (
        f"{facts.outcome(row['outcome'])}: {facts.written(row, 'estimate')} of the {low} group "
        f"({wave}; likely {facts.interval(row)}). This is {place} the mark of {facts.written(row, 'margin')}."
    )


def _opening(facts: Facts) -> str:
    drawing = facts.part.drawing
    first, *_, last = drawing.waves.values()
    low, high = drawing.groups["low"], drawing.groups["high"]
    gloss = (
        " SES is short for socio-economic status: how well off a family is, and what work and schooling it "
        "has."
        if "SES" in low + high
        else ""
    )
    return (
        f"How did the scores of {facts.people} in two groups, {low} and {high}, move between "
        f"\N{LEFT DOUBLE QUOTATION MARK}{first}\N{RIGHT DOUBLE QUOTATION MARK} and "
        f"\N{LEFT DOUBLE QUOTATION MARK}{last}\N{RIGHT DOUBLE QUOTATION MARK}, and which group gained "
        f"more?{gloss}"
    )


def _ranges(facts: Facts) -> str:
    levels = sorted({f"{100 * level(hypothesis):g}" for hypothesis in answered(facts).values()})
    return (
        f"A range after the word \N{LEFT DOUBLE QUOTATION MARK}likely\N{RIGHT DOUBLE QUOTATION MARK} says "
        f"how precise a number is: of 100 such ranges about {listed(levels)} hold the true value. "
        "A gain is the score at a later wave minus the score at the first; it is below zero where scores "
        f"fell. \N{LEFT DOUBLE QUOTATION MARK}Not clear\N{RIGHT DOUBLE QUOTATION MARK} is a result too: it "
        "does not mean that the groups gained the same."
    )


def _limits(facts: Facts) -> list[str]:
    """Return what the study can't show: what holds for each study of this design, then what this one adds."""
    people, low, high = facts.people, facts.group("low"), facts.group("high")
    limits = [
        f"There is no comparison group. Scores also move with time, so a gain does not say what {people} "
        "would have reached otherwise, and a gap does not say why one group gained more.",
        f"The {low} and the {high} group differ in many ways besides this one.",
        f"The {people} who took part and answered may differ from those who did not.",
    ]
    if any(scale.scoring != "as_given" for _, scale in facts.part.scales.values()):
        limits.append(
            "Scores are what people said about themselves, and their yardstick may have moved between the "
            "waves."
        )
    return [*limits, *_unknown(facts), *_few(facts), *_standing(facts)]


def _few(facts: Facts) -> list[str]:
    """Return a warning where a compared group is small at a deciding wave."""
    deciding = {(row["outcome"], row["wave"]) for row in rows(facts.tables["verdicts"])}
    gains = rows(facts.tables["gains"]) if facts.has("gains") else []
    compared = [row for row in gains if row["group"] in ("low", "high")]
    small = {
        row["outcome"] for row in compared if (row["outcome"], row["wave"]) in deciding and row["n"] < FEW
    }
    if not small:
        return []
    named = listed([within(facts.outcome(name)) for name in facts.part.scales if name in small])
    return [
        f"Small sample: in {named} a group has fewer than {FEW} {facts.people}. Ranges are too narrow then, "
        "and the next survey may well say something else."
    ]


def _standing(facts: Facts) -> list[str]:
    """Return how firm the verdicts are: whether the method is final, and whether the claims came first."""
    verdicts = rows(facts.tables["verdicts"])
    said = []
    if any("provisional" in str(row["basis"]) for row in verdicts):
        said.append("All answers here are provisional: the final method may give somewhat wider ranges.")
    if any(row["plan"] == "exploratory" for row in verdicts):
        said.append("All claims here are exploratory: they were not fixed before the data were seen.")
    return said


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
    return [
        f"For {facts.written(first, 'n')} {facts.people} ({within(str(first['label']))}) it is not known "
        f"which group they belong to. They {where}."
    ]
