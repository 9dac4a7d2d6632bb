"""What is the answer in plain words, and what can't the study show?

Each sentence is made of one row of the release table `verdicts`. It speaks of association: who gained more,
never why.
"""

from __future__ import annotations

from collections.abc import Mapping

from outcomes.columns import BETWEEN_ARMS
from outcomes.report.evidence import evidence
from outcomes.report.facts import Facts, Row, opened, rows, within
from outcomes.report.limits import limits
from outcomes.report.phrases import EFFECTS, GAINS
from outcomes.report.whole import NOT_CONFIRMED, is_unconfirmed, verdict_rows
from outcomes.study import Hypothesis, Superiority


def answer(facts: Facts) -> dict[str, object]:
    """Return the opening, the sentences by hypothesis, how to read a range, and the limits of the study."""
    claims = [
        {"claim": hypothesis.claim, "sentences": _sentences(key, facts)}
        for key, hypothesis in answered(facts).items()
    ]
    return {"opening": _opening(facts), "claims": claims, "ranges": _ranges(facts), "limits": limits(facts)}


def answered(facts: Facts) -> dict[str, Hypothesis]:
    """Return the hypotheses that have a verdict row; a hypothesis that no stage answers is not spoken of."""
    keys = set(facts.tables["verdicts"]["hypothesis"])
    return {key: hypothesis for key, hypothesis in facts.part.hypotheses.items() if key in keys}


def _sentences(key: str, facts: Facts) -> list[str]:
    """Return the sentences on a claim, and that its outcomes are not confirmed where the whole is not."""
    of_claim = verdict_rows(key, facts)
    said = [sentence(row, facts) for row in of_claim]
    if any(is_unconfirmed(row, of_claim) for row in of_claim):
        said.append(NOT_CONFIRMED)
    if len(_levels(facts)) > 1:
        said.append(
            f"Of 100 such ranges about {100 * level(facts.part.hypotheses[key]):g} hold the true value."
        )
    return said


def _levels(facts: Facts) -> list[str]:
    """Return the levels of the ranges of all claims."""
    return sorted({f"{100 * level(hypothesis):g}" for hypothesis in answered(facts).values()})


def level(hypothesis: Hypothesis) -> float:
    """Return the level of the interval that decides: alpha two-sided for superiority, else one-sided."""
    return hypothesis.confidence


def sentence(row: Row, facts: Facts) -> str:
    """Return what one verdict says, in words that a school leaver reads."""
    about = _about(row, facts)
    if row["disclosure"] != "shown":
        return f"{about}, the result can't be shown because {_why_hidden(row, facts)}."
    if row["verdict"] == "not estimable":
        return f"{about}, the data do not allow an estimate."
    if row["kind"] == "floor":
        return _floor(row, facts)
    known = f"{about}, {_gained(row, facts)}"
    if row["outcome"] == "all":
        return f"{known}."
    worse = "" if _better(row, facts) else " (A higher score is worse here.)"
    group = facts.group(_groups(row)[0])
    of_effects = opened(f"{evidence(facts).added} in the {group} group")
    whose = of_effects if row["arm"] == BETWEEN_ARMS else f"The {group} group's gain"
    size = f"{_size(row, facts)}{_bound(row, facts)}.{_together(row, facts)}"
    return f"{known}. {whose} was {size}{worse}"


def _why_hidden(row: Row, facts: Facts) -> str:
    """Return why a result is not shown: nobody in a compared group, as the gains count them, or too few."""
    gains = rows(facts.tables["gains"]) if facts.has("gains") else []
    arms = str(row["arm"]).split(" - ") if row["arm"] is not None else [None]
    nobody = [
        facts.group(gain["group"])
        for gain in gains
        if (gain["outcome"], gain["wave"]) == (row["outcome"], row["wave"])
        and gain["group"] in _groups(row)
        and gain["arm"] in arms
        and gain["n"] == 0
    ]
    if not nobody:
        return f"it rests on too few {facts.people}"
    about = ", as far as rounded counts tell" if facts.part.profile.count_base > 1 else ""
    return f"nobody in the {nobody[0]} group has a gain{about}"


def _about(row: Row, facts: Facts) -> str:
    """Return what a sentence is about, and that it is one part of a claim which does not hold as a whole."""
    if row["outcome"] == "all":
        return "Taken together"
    where = within(facts.outcome(row["outcome"]))
    alone = is_unconfirmed(row, verdict_rows(str(row["hypothesis"]), facts))
    return f"By itself, in {where}" if alone else f"In {where}"


def _gained(row: Row, facts: Facts) -> str:
    """Return who gained more, or kept up, or that this is not clear."""
    low, high = (f"the {facts.group(group)} group" for group in _groups(row))
    words = {"low": low, "high": high, "added": evidence(facts).added}
    return _phrases(row)[_finding(row, facts)].format_map(words)


def _phrases(row: Row) -> Mapping[str, str]:
    return EFFECTS if row["arm"] == BETWEEN_ARMS else GAINS


def _finding(row: Row, facts: Facts) -> str:
    """Return which phrase tells the verdict of a row."""
    if row["kind"] == "equivalence":
        return _alike(row)
    if row["kind"] == "superiority":
        if row["verdict"] == "inconclusive":
            return _not_clear(row, facts)
        return "more" if row["estimate"] > 0 else "less"
    if row["verdict"] not in ("non-inferior", "superior", "inferior"):
        return "unclear_kept_up"
    if row["verdict"] == "inferior":
        return "behind_once" if row["outcome"] == "all" else "behind"
    return "none_behind" if row["outcome"] == "all" else _kept_up(row, facts)


def _not_clear(row: Row, facts: Facts) -> str:
    """Return what a claim of superiority leaves open; with one side the other way round is not looked for."""
    claim = facts.part.hypotheses.get(str(row["hypothesis"]))
    if isinstance(claim, Superiority) and claim.sides == 1:
        return "unclear_more" if _better(row, facts) else "unclear_less"
    return "unclear"


def _groups(row: Row) -> list[str]:
    """Return the focal and the reference group of a row."""
    return str(row["group"]).split(" - ")


def _alike(row: Row) -> str:
    """Return which phrase tells a verdict on equivalence."""
    if row["outcome"] == "all" and row["verdict"] in ("superior", "inferior"):
        return "unlike"
    return {"equivalent": "alike", "superior": "low_better", "inferior": "high_better"}.get(
        str(row["verdict"]), "unclear_alike"
    )


def _kept_up(row: Row, facts: Facts) -> str:
    """Return which phrase tells a group that is not inferior; that it did better has a test of its own."""
    if row["verdict"] == "superior":
        return "kept_up_more" if row["estimate"] > 0 else "kept_up_less"
    behind = (row["estimate"] < 0) == _better(row, facts)
    if row["low"] <= 0 <= row["high"] or not behind:
        return "kept_up"
    return "more_within" if row["estimate"] > 0 else "less_within"


def _size(row: Row, facts: Facts) -> str:
    """Return the gap with its range, and the scale on which it is measured; a limit of zero is `about 0`."""
    least, most = facts.part.drawing.bounds[str(row["outcome"])]
    low, high = (facts.written(row, limit, size=True) for limit in ("low", "high"))
    if row["low"] == 0 == row["high"]:
        likely = "likely about 0"
    elif row["low"] == 0:
        likely = f"likely between about 0 and {high} points larger"
    elif row["high"] == 0:
        likely = f"likely between {low} points smaller and about 0"
    elif row["low"] < 0 < row["high"]:
        likely = f"likely between {low} points smaller and {high} points larger"
    else:
        likely = f"likely between {low} and {high} points {_side(row, 'low')}"
    estimate = f"{facts.written(row, 'estimate', size=True)} points {_side(row, 'estimate')}"
    return f"{estimate} ({likely}) on a scale from {least:g} to {most:g}"


def _together(row: Row, facts: Facts) -> str:
    """Return why a result is not clear although its range, taken by itself, lies on one side of zero."""
    claim = facts.part.hypotheses.get(str(row["hypothesis"]))
    one_sided = isinstance(claim, Superiority) and claim.sides == 1
    above, below = row["low"] > 0, row["high"] < 0
    by_itself = (above if _better(row, facts) else below) if one_sided else above or below
    if row["kind"] != "superiority" or row["verdict"] != "inconclusive" or not by_itself:
        return ""
    return (
        " That range is for this outcome by itself; looked at together with the others, it is not sure "
        "enough."
    )


def _bound(row: Row, facts: Facts) -> str:
    """Return what follows for the margin, if there is one."""
    if row["kind"] == "equivalence":
        shown = "is what the numbers show"
        said = {"equivalent": "can be ruled out", "superior": shown, "inferior": shown}
        beyond = said.get(str(row["verdict"]), "can't be ruled out")
        return f", so a difference of more than {facts.written(row, 'margin')} points {beyond}"
    if row["kind"] != "non_inferiority":
        return ""
    side, margin = "smaller" if _better(row, facts) else "larger", facts.written(row, "margin")
    said = {
        "non-inferior": "can be ruled out",
        "superior": "can be ruled out",
        "inferior": "is what the numbers show",
    }
    verdict = said.get(str(row["verdict"]), "can't be ruled out")
    amount = _phrases(row)["amount"]
    return f", so a {amount} {side} by more than {margin} points {verdict}"


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
    levels = _levels(facts)
    how_many = (
        f"about {levels[0]} hold the true value"
        if len(levels) == 1
        else "as many hold the true value as its claim says"
    )
    return (
        f"A range after the word \N{LEFT DOUBLE QUOTATION MARK}likely\N{RIGHT DOUBLE QUOTATION MARK} says "
        f"how precise a number is: of 100 such ranges {how_many}. "
        "A gain is the score at a later wave minus the score at the first; it is below zero where scores "
        f"fell. \N{LEFT DOUBLE QUOTATION MARK}Not clear\N{RIGHT DOUBLE QUOTATION MARK} is a result too: it "
        "does not mean that the groups gained the same."
    )
