"""What was done? Each stage that ran writes its own paragraphs, from the study's words and from its tables.

A stage whose table is absent is not described. The references are those of the paragraphs that were written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

from outcomes.report.facts import Facts, listed, opened, rows, within
from outcomes.study import Instrument, Scale

REFERENCES = {
    "alpha": "Feldt LS, Woodruff DJ, Salih FA (1987). Statistical inference for coefficient alpha. Applied "
    "Psychological Measurement 11:93-103.",
    "holm": "Holm S (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of "
    "Statistics 6:65-70.",
    "mixed": "Laird NM, Ware JH (1982). Random-effects models for longitudinal data. Biometrics 38:963-974.",
    "reml": "Patterson HD, Thompson R (1971). Recovery of inter-block information when block sizes "
    "are unequal. Biometrika 58:545-554.",
    "wilson": "Wilson EB (1927). Probable inference, the law of succession, and statistical inference. "
    "Journal of the American Statistical Association 22:209-212.",
    "union": "Berger RL (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics "
    "24:295-300.",
    "lyden": "Lyden (2026), doi 10.1108/ijmce-12-2024-0135.",
    "ofs": "Office for Students. Standards of evidence: type 2, empirical enquiry.",
}
"""Works that the paragraphs cite."""


@dataclass(frozen=True)
class Paragraph:
    """A piece of the methods text: its heading, its text, a list below it, and the works that it cites."""

    heading: str
    text: str
    items: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()


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
    }[rule.rule]
    items = tuple(
        f"{indicator.label} (about the {indicator.about}): low is {_values(indicator.low)}, high is "
        f"{_values(indicator.high)}"
        for indicator in rule.indicators.values()
    )
    low, high, unknown = (facts.group(group) for group in ("low", "high", "unknown"))
    text = (
        f"{how} It is fixed at the first wave. Groups: {low}, {high}, and {unknown} where the indicators "
        "leave it open; unknown is never counted as high."
    )
    return Paragraph("Groups", text, items)


def _values(values: tuple[str, ...]) -> str:
    return ", ".join(values)


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


def _model(facts: Facts) -> Paragraph:
    model = facts.part.model
    covariates = listed([within(facts.part.covariates[name]) for name in model.covariates])
    adjusted = (
        f"Models are fitted with and without covariates ({covariates}); those with covariates decide. A "
        "covariate that is not known is a level of its own."
        if covariates
        else "There are no covariates."
    )
    text = (
        "One linear mixed model an outcome: score on wave, group and their product, wave as a category, the "
        "averages at the first wave free, a random intercept a person, fitted by restricted maximum "
        f"likelihood. {adjusted}{_third_group(facts)} A gain is a wave minus the first; the gap in gains is "
        f"the gain of the {facts.group('low')} group minus that of the {facts.group('high')} group. "
        f"Intervals at {100 * model.confidence:g}% refer Wald's z to the normal. Standardised values are "
        "divided by the pooled standard deviation within the two groups at the first wave, with the error of "
        "that standard deviation. This is provisional: the covariance of the final model and its degrees of "
        "freedom are still to come. Such a comparison without a comparison group is evidence of association, "
        "type 2 of the Office for Students' standards."
    )
    return Paragraph("Model", text, _statuses(facts), ("mixed", "reml", "ofs"))


def _third_group(facts: Facts) -> str:
    """Return what becomes of people of unknown group, where the population has any."""
    if facts.part.population == "ses_known":
        return ""
    return {
        "third_level": f" {opened(facts.group('unknown'))} enters as a group of its own.",
        "leave_out": f" {opened(facts.people)} of unknown group are left out of the model.",
    }[facts.part.model.ses_unknown]


def _statuses(facts: Facts) -> tuple[str, ...]:
    """Return the fits that are not plainly ok, each once."""
    fits = rows(facts.tables["fits"]) if facts.has("fits") else []
    odd = (f"Status of the fit, {within(facts.outcome(row['outcome']))}: {row['status']}." for row in fits
           if row["status"] != "ok")  # fmt: skip
    return tuple(dict.fromkeys(odd))


def _verdicts(facts: Facts) -> Paragraph:
    kinds = {row["kind"] for row in rows(facts.tables["verdicts"])}
    said = {
        "superiority": ("superiority by the two-sided p after Holm within its family", "holm"),
        "non_inferiority": (
            "non-inferiority by the lower limit against the margin, in every outcome",
            "union",
        ),
        "floor": ("a floor by the lower limit of Wilson's interval", "wilson"),
    }
    used = [said[kind] for kind in said if kind in kinds]
    rules = "; ".join(words for words, _ in used)
    text = f"Decisions: {rules}. A result that is not clear is called inconclusive."
    return Paragraph("Verdicts", text, cites=tuple(cite for _, cite in used))


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
        "suppressed. All numbers on this page, in its figures and in its tables are taken after that step."
    )
    return Paragraph("Disclosure control", text, cites=(f"{profile.source}.",))


STAGES = (
    Stage("flow", _data),
    Stage("flow", _ses),
    Stage("reliability", _scoring),
    Stage("reliability", _reliability),
    Stage("contrasts", _model),
    Stage("verdicts", _verdicts),
    Stage("ols", _reproduction),
    Stage("flow", _disclosure),
)
"""The paragraphs in the order of the stages; each with the table that its stage leaves behind."""
