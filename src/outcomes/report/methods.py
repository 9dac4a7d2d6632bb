"""What was done? Each stage that ran writes its own paragraphs, from the study's words and from its tables.

A stage whose table is absent is not described. The references are those of the paragraphs that were written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

from outcomes.report.decisions import verdicts
from outcomes.report.facts import Facts, listed, rows, within
from outcomes.report.modelled import inference, model, sizes
from outcomes.report.works import REFERENCES, Paragraph
from outcomes.study import Instrument, Scale


@dataclass(frozen=True)
class Stage:
    """What a stage says of itself: the release table without which it is silent, and its paragraph."""

    needs: str
    write: Callable[[Facts], Paragraph | None]


def methods(facts: Facts) -> dict[str, object]:
    """Return the paragraphs of the stages that ran, and the software."""
    return {"paragraphs": paragraphs(facts), "versions": dict(facts.versions)}


def references(facts: Facts) -> dict[str, object]:
    """Return the works that the paragraphs cite, instruments and rules among them, each once, sorted."""
    cited = [cite for paragraph in paragraphs(facts) for cite in paragraph.cites]
    return {"works": sorted(dict.fromkeys(REFERENCES.get(cite, cite) for cite in cited))}


def paragraphs(facts: Facts) -> list[Paragraph]:
    """Return what each stage that ran has to say, in the order of the stages."""
    written = (stage.write(facts) for stage in STAGES if facts.has(stage.needs))
    return [paragraph for paragraph in written if paragraph is not None]


def _data(facts: Facts) -> Paragraph:
    part = facts.part
    kept = {
        "refuse": "two different responses of a person in a wave would have stopped the run",
        "first": "of several different responses of a person in a wave the first counts",
        "last": "of several different responses of a person in a wave the last counts",
        "most_complete": "of several different responses of a person in a wave the most complete counts",
    }[part.responses.duplicates]
    rest = [
        f"{name} ones {'count' if rule == 'keep' else 'are left out'}"
        for name, rule in (("unfinished", part.responses.partial), ("late", part.responses.late))
    ]
    whom = {
        "everyone": f"The question is about all {facts.people}.",
        "ses_known": f"The question is about the {facts.people} whose group is known at the first wave; the "
        "others are "
        "counted and go no further.",
    }[part.population]
    waves = listed(
        [f"{label} (month {part.drawing.months[name]:g})" for name, label in part.drawing.waves.items()]
    )
    text = (
        f"Source: {part.source}. Waves: {waves}. {whom} Identical responses count once; {kept}; "
        f"{listed(rest)}."
    )
    return Paragraph("Data", text)


def _ses(facts: Facts) -> Paragraph:
    rule = facts.part.ses
    how = {
        "single": "The group comes from one indicator.",
        "hierarchy": "The group comes from the first of these indicators that is known.",
        "any": "The low group has at least one low indicator.",
        "count": f"The low group has at least {rule.at_least} low indicators.",
        "all": "In the low group all indicators are low.",
        "index": "The group comes from an index, the first principal component of the indicators; the share "
        f"of people who count as low is {rule.low_share}.",
    }[rule.rule]
    items = tuple(
        ". ".join(
            [
                f"{indicator.label} (about the {indicator.about}): low is {indicator.said['low']}, high is "
                f"{indicator.said['high']}",
                *(caution.removesuffix(".") for caution in indicator.cautions),
            ]
        )
        for indicator in rule.indicators.values()
    )
    low, high, unknown = (facts.group(group) for group in ("low", "high", "unknown"))
    text = (
        f"{how} It is fixed at the first wave. Groups: {low}, {high}, and {unknown} where the indicators "
        "leave it open; unknown is never counted as high."
    )
    return Paragraph("Groups", text, items)


def _scoring(facts: Facts) -> Paragraph:
    instruments = {instrument.instrument: instrument for instrument, _ in facts.part.scales.values()}
    items = tuple(
        f"{instrument.title}. "
        + " ".join(
            f"{facts.outcome(outcome)}: {_scored(instrument, scale)}."
            for outcome, (of, scale) in facts.part.scales.items()
            if of.instrument == name
        )
        + f" Key: {instrument.key}. Licence: {instrument.licence}."
        for name, instrument in instruments.items()
    )
    cites = tuple(f"{instrument.citation}." for instrument in instruments.values())
    return Paragraph("Scores", "How each outcome is scored, and where its key was checked:", items, cites)


def _scored(instrument: Instrument, scale: Scale) -> str:
    """Return how a scale makes a score of its items, and from where to where the score runs."""
    least, most = instrument.bounds(scale)
    of = f"{len(scale.items)} item{'s' if len(scale.items) > 1 else ''}"
    turned = f" ({len(scale.reversed)} reversed)" if scale.reversed else ""
    gaps = scale.needed < len(scale.items)
    answered = f"at least {scale.needed} answered" if gaps else "all answered"
    how = {
        "mean": f"mean of {of}{turned}, {answered}",
        "sum": f"sum of {of}{turned}, {answered}" + (", gaps filled by the mean of these" if gaps else ""),
        "share": f"share whose answer is one of {', '.join(str(code) for code in scale.members)}",
        "as_given": "the score as given",
    }[scale.scoring]
    return f"{how}, from {least:g} to {most:g}{'' if scale.higher_is == 'better' else ', higher is worse'}"


def _reliability(facts: Facts) -> Paragraph | None:
    of_all = [row for row in rows(facts.tables["reliability"]) if row["group"] == "all"]
    known = [row for row in of_all if row["alpha"] is not None and row["disclosure"] == "shown"]
    if not known:
        return Paragraph(
            "Reliability", "Coefficient alpha does not apply: each score is a single or a given one."
        )
    least, most = (choose(known, key=itemgetter("alpha")) for choose in (min, max))
    ends = [
        f"{facts.written(row, 'alpha')} ({within(facts.outcome(row['outcome']))}, "
        f"{within(facts.wave(row['wave']))})"
        for row in (least, most)
    ]
    text = (
        f"Coefficient alpha over complete answers, all groups together, lies between {ends[0]} and {ends[1]}."
    )
    return Paragraph("Reliability", text, cites=("alpha",))


def _reproduction(facts: Facts) -> Paragraph | None:
    reproduction = facts.part.reproduction
    known = [
        row
        for row in rows(facts.tables["ols"])
        if row["r2_added"] is not None and row["disclosure"] == "shown"
    ]
    if reproduction is None or not known:
        return None
    most = max(known, key=itemgetter("r2_added"))
    covariates = listed([within(facts.part.covariates[name]) for name in reproduction.covariates])
    text = (
        f"As in the published study, the gain is regressed on group and {covariates} by ordinary least "
        f"squares. Group adds most R\u00b2 in {within(facts.outcome(most['outcome']))}: "
        f"{facts.written(most, 'r2_added')} (interval "
        f"{facts.interval(most, 'r2_added_low', 'r2_added_high')}; {facts.written(most, 'n')} "
        f"{facts.people}). Intervals of R\u00b2 are percentiles of {reproduction.replicates:,} bootstrap "
        f"samples of {facts.people}, seed {reproduction.seed}."
    )
    return Paragraph("The published study's method", text, cites=("lyden",))


def _disclosure(facts: Facts) -> Paragraph:
    profile = facts.part.profile
    text = (
        f"{profile.title}: counts are rounded to the nearest multiple of {profile.count_base}, percentages "
        f"on fewer than {profile.share_least} people and averages on fewer than {profile.mean_least} are "
        "suppressed, with whatever would tell of them; degrees of freedom are rounded as counts are. All "
        "numbers on this page, in its figures and in its tables are taken after that step."
    )
    return Paragraph("Disclosure control", text, cites=(f"{profile.source}.",))


STAGES = (
    Stage("flow", _data),
    Stage("flow", _ses),
    Stage("reliability", _scoring),
    Stage("reliability", _reliability),
    Stage("contrasts", model),
    Stage("contrasts", inference),
    Stage("contrasts", sizes),
    Stage("verdicts", verdicts),
    Stage("ols", _reproduction),
    Stage("flow", _disclosure),
)
"""The paragraphs in the order of the stages; each with the table that its stage leaves behind."""
