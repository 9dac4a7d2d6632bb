"""A study: one evaluation, whole; and the cross-checks that no part can make alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from pydantic import Field

from outcomes.errors import Problem, listed
from outcomes.study.part import (
    PEOPLE,
    Column,
    FileName,
    HypothesisName,
    Label,
    Name,
    Part,
    Value,
    repeats,
    strays,
    taken,
)
from outcomes.study.people import Comparison, Covariate, Indicator, SesRule, ses_contradictions
from outcomes.study.questions import (
    Disclosure,
    Family,
    Floor,
    Hypothesis,
    Model,
    Outcome,
    Reproduction,
    SdMargin,
    Superiority,
    Wording,
)
from outcomes.study.sources import (
    Engagement,
    Identity,
    Linking,
    Matches,
    Register,
    Responses,
    Wave,
    Withdrawn,
    files_of,
)


class Study(Part):
    """One evaluation, as its study file says it. Names only: no formula, no path, no expression."""

    study: Name = Field(description="The study's name; also the name of its file and of its folders.")
    title: Label = Field(description="The title of the report.")
    origin: Literal["synthetic", "open", "real"] = Field(
        description="`synthetic`: invented, and marked so on every page; `open`: openly licensed data; "
        "`real`: personal data of a scheme's own people."
    )
    ids: Literal["public", "pseudonyms"] = Field(
        description="`public`: ids identify nobody (synthetic or openly licensed data); `pseudonyms`: ids "
        "are replaced at the door with a secret key (`outcomes key` makes one), as `origin: real` demands."
    )
    identity: Identity = Field(default=Identity(), description="How an id is written.")
    linking: Linking = Field(default=Linking(), description="How responses of one person are found.")
    drop: tuple[Column, ...] = Field(
        (),
        description="Columns that are dropped at the door, in whichever raw file they stand: names, e-mails, "
        "IP addresses, places, dates of birth.",
    )
    withdrawn: Withdrawn | None = Field(None, description="The list of people who withdrew.")
    source: Label = Field(description="Where the data come from and on what terms.")
    missing: tuple[Value, ...] = Field(
        ("",),
        description="Cell values that mean no answer, in every raw file; the empty cell only if listed.",
    )
    register_: Register | None = Field(
        None, alias="register", description="The scheme's list of its mentees."
    )
    matches: Matches | None = Field(None, description="Who mentored whom.")
    engagement: Engagement | None = Field(None, description="What mentees took part in.")
    waves: dict[Name, Wave] = Field(
        min_length=2, description="The waves in order of time; the first is the baseline."
    )
    codebook: FileName | None = Field(
        None,
        description="CSV with the columns wave, column, item: which column of which wave holds which item "
        "(without it the columns are called like the items). With code, label and meaning as well, one line "
        "an answer: what stands in the cell, its wording, and the instrument's code or `missing`. With "
        "option: the answer of a multiple-choice question that makes the item 1 where it was ticked.",
    )
    responses: Responses = Field(default=Responses(), description="Duplicate, partial and late responses.")
    ses: SesRule = Field(description="How SES is derived.")
    comparison: Comparison | None = Field(
        None, description="A comparison group of students who were not mentored; without it all were."
    )
    covariates: dict[Name, Covariate] = Field(default_factory=dict, description="Attributes to adjust for.")
    population: Literal["everyone", "ses_known"] = Field(
        "everyone",
        description="Whom the question is about: everyone, or those whose SES is known at the baseline (the "
        "others are counted in the flow and go no further).",
    )
    outcomes: dict[Name, Outcome] = Field(min_length=1, description="What is measured.")
    hypotheses: dict[HypothesisName, Hypothesis] = Field(
        description="What is claimed; the keys are shown (H1, H2 ...)."
    )
    families: dict[Name, Family] = Field(
        default_factory=dict,
        description="Family to its purpose; one that is not listed is confirmatory.",
    )
    model: Model = Field(default=Model(), description="How the scores are modelled.")
    reproduction: Reproduction | None = Field(None, description="The regression of the published study.")
    disclosure: Disclosure = Field(description="What may be shown.")
    wording: Wording = Field(default=Wording(), description="What the people are called.")

    @property
    def wave_names(self) -> tuple[str, ...]:
        """The waves in order of time."""
        return tuple(self.waves)

    @property
    def baseline(self) -> str:
        """The first wave."""
        return self.wave_names[0]

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the raw files that the study names, in reading order."""
        records = (self.withdrawn, self.register_, self.matches, self.engagement)
        return files_of(self.codebook, records, self.waves.values())

    def asked(self, outcome: str) -> tuple[str, ...]:
        """Return the waves that ask ``outcome``, in order of time."""
        named = self.outcomes[outcome].waves or self.wave_names
        return tuple(wave for wave in self.wave_names if wave in named)

    def structure(self, outcome: str) -> Literal["intercept", "slope", "unstructured"]:
        """Return the covariance of ``outcome`` within a person: the declared one, else by its waves."""
        if self.model.structure is not None:
            return self.model.structure
        return "unstructured" if len(self.asked(outcome)) > 2 else "intercept"

    def deciding_wave(self, hypothesis: str) -> str:
        """Return the one wave that decides ``hypothesis``: the declared one, else the last."""
        return self.hypotheses[hypothesis].wave or self.wave_names[-1]

    def _faults(self) -> Iterator[Problem]:
        yield from self._source_faults()
        yield from self._attribute_faults()
        yield from strays("model: covariates", self.model.covariates, self.covariates)
        if self.reproduction is not None:
            yield from strays("reproduction: covariates", self.reproduction.covariates, self.covariates)
        for name, outcome in self.outcomes.items():
            yield from strays(f"outcomes: {name}: waves", outcome.waves, self.waves)
        for name, hypothesis in self.hypotheses.items():
            yield from self._hypothesis_faults(name, hypothesis)
            yield from self._group_faults(name, hypothesis)
        yield from self._family_faults()

    def _source_faults(self) -> Iterator[Problem]:
        """Yield what is wrong with waves: order, a file used twice, nothing asked, a column lacking."""
        yield from repeats("file names", self.files)
        yield from taken("waves", self.waves, ["register"])
        yield from self._privacy_faults()
        for (one, before), (other, after) in pairwise(self.waves.items()):
            if after.months <= before.months:
                found = f"{after.months:g}, not later than `{one}`"
                yield Problem(f"waves: {other}: months", found, "waves in order of time", "correct the order")
        for name in self.waves:
            if not any(name in self.asked(outcome) for outcome in self.outcomes):
                mend = "name it in an outcome's `waves`"
                yield Problem(f"waves: {name}", "no outcome that is asked", "at least one", mend)
        for key, column in (("partial", "finished"), ("late", "closes")):
            named = [wave for wave in self.waves.values() if getattr(wave, column) is not None]
            if getattr(self.responses, key) == "leave_out" and not named:
                mend = f"add `{column}` to the waves or keep the responses"
                yield Problem(f"responses: {key}", "leave_out", f"a wave with `{column}` beside it", mend)

    def _privacy_faults(self) -> Iterator[Problem]:
        """Yield ids that stay as they are though the people are real, and columns both dropped and used."""
        if self.origin == "real" and self.ids == "public":
            mend = "declare `ids: pseudonyms` and make a key with `outcomes key`"
            yield Problem("ids", "'public', with `origin: real`", "pseudonyms", mend)
        yield from repeats("drop", self.drop)
        attributes = {**self.ses.indicators, **self.covariates}
        yield from strays("linking: constants", self.linking.constants, attributes)
        if self.linking.method == "codes" and self.register_ is not None:
            found, mend = "codes, with a register", "take the register out or link exactly"
            yield Problem("linking: method", found, "exact, as the register says who there is", mend)

    def _attribute_faults(self) -> Iterator[Problem]:
        """Yield what is wrong with indicators, covariates and arms: their names, sources and values."""
        again = self.reproduction.covariates if self.reproduction is not None else ()
        for key, adjusted in (("model", self.model.covariates), ("reproduction", again)):
            yield from ses_contradictions(self.ses, self.covariates, adjusted, f"{key}: covariates")
        yield from taken("covariates", self.covariates, self.ses.indicators)
        known: dict[str, Indicator | Covariate | Comparison] = {}
        for kind, attributes in (("ses: indicators", self.ses.indicators), ("covariates", self.covariates)):
            yield from taken(kind, attributes, PEOPLE)
            known |= {f"{kind}: {name}": attribute for name, attribute in attributes.items()}
        if self.comparison is not None:
            known["comparison"] = self.comparison
        sources = [self.baseline] if self.register_ is None else ["register", self.baseline]
        for key, attribute in known.items():
            yield from strays(f"{key}: source", [attribute.source], sources)
            for value in sorted(set(attribute.values) & set(self.missing)):
                found, allowed = f"'{value}', which `missing` lists", "values that are answers"
                yield Problem(key, found, allowed, "take it out of one of them")

    def _hypothesis_faults(self, name: str, hypothesis: Hypothesis) -> Iterator[Problem]:
        """Yield what is wrong with a hypothesis: what it names, and whether its waves ask that."""
        key, deciding = f"hypotheses: {name}", self.deciding_wave(name)
        yield from strays(f"{key}: outcomes", hypothesis.outcomes, self.outcomes)
        yield from strays(f"{key}: wave", [deciding], self.waves)
        gains = hypothesis.kind != "floor"
        if not isinstance(hypothesis, Superiority | Floor) and isinstance(hypothesis.margin, SdMargin):
            yield from _reference_faults(f"{key}: margin: reference", hypothesis.margin, hypothesis.outcomes)
        if gains and deciding == self.baseline:
            allowed = "a later wave, as gains are claimed"
            yield Problem(f"{key}: wave", f"'{deciding}'", allowed, "name a later wave")
        needed = [wave for wave in self.waves if wave == deciding or (gains and wave == self.baseline)]
        for outcome in hypothesis.outcomes:
            for wave in needed if outcome in self.outcomes else []:
                if wave not in self.asked(outcome):
                    found, allowed = (
                        f"'{outcome}', which `{wave}` does not ask",
                        f"outcomes of {listed(needed)}",
                    )
                    yield Problem(f"{key}: outcomes", found, allowed, "take it out or ask it there")

    def _group_faults(self, name: str, hypothesis: Hypothesis) -> Iterator[Problem]:
        """Yield what the model can't tell: `unknown` where it is no third level, effects without an arm."""
        if getattr(hypothesis, "estimand", "gap") == "effect_gap" and self.comparison is None:
            found, allowed = "'effect_gap' without a comparison group", "gap, or a study with `comparison`"
            yield Problem(
                f"hypotheses: {name}: estimand", found, allowed, "claim the gap or add `comparison`"
            )
        left_out = self.model.ses_unknown == "leave_out" or self.population == "ses_known"
        for key in ("focal", "reference") if left_out else ():
            if getattr(hypothesis, key, None) == "unknown":
                allowed = "low or high, as people of unknown SES are not in the model"
                mend = (
                    "name another group or let them in (`ses_unknown: third_level`, `population: everyone`)"
                )
                yield Problem(f"hypotheses: {name}: {key}", "'unknown'", allowed, mend)

    def _family_faults(self) -> Iterator[Problem]:
        """Yield families that no hypothesis names, and outcomes that two claims of a family name."""
        claims = self.hypotheses.items()
        yield from strays("families", self.families, {claim.family: None for _, claim in claims})
        first: dict[tuple[str, str, str], str] = {}
        for name, claim in claims:
            for outcome in dict.fromkeys(claim.outcomes):
                before = first.setdefault((claim.kind, claim.family, outcome), name)
                if before != name:
                    found = f"'{outcome}', which `{before}` claims too ({claim.kind}, family {claim.family})"
                    mend = "take it out of one of them or use another family"
                    yield Problem(
                        f"hypotheses: {name}: outcomes", found, "each outcome once a kind and family", mend
                    )


def _reference_faults(key: str, margin: SdMargin, outcomes: tuple[str, ...]) -> Iterator[Problem]:
    """Yield reference SDs of outcomes that the hypothesis does not name, and outcomes that lack one."""
    yield from strays(key, margin.reference, outcomes)
    for outcome in outcomes if margin.reference else ():
        if outcome not in margin.reference:
            yield Problem(key, f"no SD of '{outcome}'", "an SD for each outcome of the claim", "add it")
