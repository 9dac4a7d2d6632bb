"""A study: one evaluation, whole; and the cross-checks that no part can make alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from outcomes.errors import listed, nearest
from outcomes.study.instrument import Instrument, Scale
from outcomes.study.part import FileName, Label, Name, Part, Value
from outcomes.study.people import Covariate, Indicator, SesRule
from outcomes.study.questions import Disclosure, Hypothesis, Model, Outcome, Reproduction, Wording
from outcomes.study.sources import Engagement, Matches, Register, Responses, Wave


class Study(Part):
    """One evaluation, as its study file says it. Names only: no formula, no path, no expression."""

    study: Name = Field(description="The study's name; also the name of its file and of its folders.")
    title: Label = Field(description="The title of the report.")
    origin: Literal["synthetic", "open"] = Field(
        description="`synthetic`: invented, and marked so on every page; `open`: openly licensed data."
    )
    ids: Literal["public"] = Field(
        description="`public`: ids identify nobody (synthetic or openly licensed data). Personal data need "
        "pseudonyms, which this version does not make."
    )
    source: Label = Field(description="Where the data come from and on what terms.")
    missing: tuple[Value, ...] = Field(
        ("",), description="Cell values that mean no answer, in every raw file; the empty cell is one only if listed."
    )
    register_: Register | None = Field(None, alias="register", description="The scheme's list of its mentees.")
    matches: Matches | None = Field(None, description="Who mentored whom.")
    engagement: Engagement | None = Field(None, description="What mentees took part in.")
    waves: dict[Name, Wave] = Field(min_length=2, description="The waves in order of time; the first is the baseline.")
    codebook: FileName | None = Field(
        None,
        description="CSV with the columns wave, column, item: which column of which wave holds which item. "
        "Without it the columns are called like the items.",
    )
    responses: Responses = Field(default=Responses(), description="Duplicate, partial and late responses.")
    ses: SesRule = Field(description="How SES is derived.")
    covariates: dict[Name, Covariate] = Field(default_factory=dict, description="Attributes to adjust for.")
    population: Literal["everyone", "ses_known"] = Field(
        "everyone",
        description="Whom the question is about: everyone, or those whose SES is known at the baseline (the "
        "others are counted in the flow and go no further).",
    )
    outcomes: dict[Name, Outcome] = Field(min_length=1, description="What is measured.")
    hypotheses: dict[str, Hypothesis] = Field(description="What is claimed; the keys are shown (H1, H2 ...).")
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

    def asked(self, outcome: str) -> tuple[str, ...]:
        """Return the waves that ask ``outcome``, in order of time."""
        return self.outcomes[outcome].waves or self.wave_names

    def deciding_wave(self, hypothesis: str) -> str:
        """Return the one wave that decides ``hypothesis``: the declared one, else the last."""
        return self.hypotheses[hypothesis].wave or self.wave_names[-1]

    @property
    def attributes(self) -> dict[str, Indicator | Covariate]:
        """Indicators and covariates by name: the attributes that the people table carries."""
        return {**self.ses.indicators, **self.covariates}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problem := next(self._faults(), None):
            raise ValueError(problem)
        return self

    def _faults(self) -> Iterator[str]:
        yield from _strays("covariates", self.model.covariates, self.covariates, "model")
        if self.reproduction is not None:
            yield from _strays("covariates", self.reproduction.covariates, self.covariates, "reproduction")
        if both := sorted(set(self.ses.indicators) & set(self.covariates)):
            yield f"{listed(both)} is both an indicator and a covariate; give one another name"
        for name, outcome in self.outcomes.items():
            yield from _strays("waves", outcome.waves, self.waves, f"outcome `{name}`")
        for name, attribute in self.attributes.items():
            if attribute.source == "register" and self.register_ is None:
                yield f"`{name}` comes from the register, but the study names no `register`"
            elif attribute.source != "register" and attribute.source != self.baseline:
                yield f"`{name}` comes from `{attribute.source}`; attributes are fixed at the baseline: use `{self.baseline}`"
        for name, hypothesis in self.hypotheses.items():
            yield from _strays("outcomes", hypothesis.outcomes, self.outcomes, f"hypothesis `{name}`")
            deciding = self.deciding_wave(name)
            yield from _strays("wave", [deciding], self.waves, f"hypothesis `{name}`")
            for outcome in hypothesis.outcomes:
                if deciding not in self.asked(outcome):
                    yield f"hypothesis `{name}` is decided at `{deciding}`, where `{outcome}` is not asked"
                if hypothesis.kind != "floor" and self.baseline not in self.asked(outcome):
                    yield f"hypothesis `{name}` needs `{outcome}` at the baseline `{self.baseline}`"
            if hypothesis.kind != "floor" and deciding == self.baseline:
                yield f"hypothesis `{name}` is about gains; its wave can't be the baseline"


def _strays(key: str, names: Iterable[str], known: Iterable[str], where: str) -> Iterator[str]:
    known = list(known)
    for name in names:
        if name not in known:
            yield f"{where}: `{key}` names `{name}`; known are {listed(known)}; {nearest(name, known)}"


class Profile(Part):
    """What a disclosure profile allows to be shown."""

    profile: Name = Field(description="The profile's name; also the name of its file.")
    title: Label = Field(description="Whose rules these are.")
    source: Label = Field(description="Where the rules are published.")
    count_base: int = Field(ge=1, description="Counts go to the nearest multiple of this, halves up.")
    share_least: int = Field(ge=1, description="Fewest people for a percentage.")
    mean_least: int = Field(ge=1, description="Fewest people for a mean, a gain or any other average.")
    decimals_share: int = Field(ge=0, le=2, description="Decimals of a percentage.")
    decimals_mean: int = Field(ge=0, le=4, description="Decimals of a mean, an estimate and its limits.")
    decimals_p: int = Field(ge=2, le=6, description="Decimals of a p value.")


class Loaded(Part):
    """A study with the instruments and the disclosure profile that it names."""

    study: Study
    instruments: dict[Name, Instrument]
    profile: Profile

    @property
    def scales(self) -> dict[str, tuple[Instrument, Scale]]:
        """Outcome name to its instrument and scale, in the study's order."""
        return {
            name: (self.instruments[outcome.instrument], self.instruments[outcome.instrument].scales[outcome.scale])
            for name, outcome in self.study.outcomes.items()
        }
