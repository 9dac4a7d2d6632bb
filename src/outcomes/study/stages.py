"""The part of a study that each stage reads, and no more: what a rule hands to its job as parameters.

A changed word re-runs just the stages whose part holds it.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from outcomes.study.instrument import Answers, Instrument, Scale
from outcomes.study.loaded import Loaded, Profile
from outcomes.study.part import Column, FileName, Label, Level, Name, Part, Value
from outcomes.study.people import Comparison, Covariate, Indicator, SesRule
from outcomes.study.questions import Family, Hypothesis, Model, Reproduction, Wording
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


class Asked(Part):
    """One scale as `clean` checks it: its items, which of them are reversed, and the waves that ask it."""

    items: tuple[Name, ...]
    reversed: tuple[Name, ...]
    waves: tuple[Name, ...]


class Cleaning(Part):
    """What `clean` reads of a study."""

    study: Name
    ids: Literal["public", "pseudonyms"]
    identity: Identity
    linking: Linking
    drop: tuple[Column, ...]
    withdrawn: Withdrawn | None
    waves: dict[Name, Wave]
    scales: dict[Name, Asked]
    """Outcome to its scale and the waves that ask it, for the checks on whole scales."""
    items: dict[Name, dict[Name, Answers]]
    """Wave to item id to the answers that the item allows: what each wave is expected to ask."""
    codebook: FileName | None
    missing: tuple[Value, ...]
    register_: Register | None = Field(alias="register")
    matches: Matches | None
    engagement: Engagement | None
    responses: Responses
    ses: SesRule
    comparison: Comparison | None
    covariates: dict[Name, Covariate]
    population: Literal["everyone", "ses_known"]

    @property
    def folder(self) -> str:
        """The folder of the raw files, in the project."""
        return f"data/raw/{self.study}"

    @property
    def attributes(self) -> dict[str, Indicator | Covariate | Comparison]:
        """Indicators and covariates by name, and what says the `arm` where there is a comparison group."""
        arm = {} if self.comparison is None else {"arm": self.comparison}
        return {**self.ses.indicators, **self.covariates, **arm}

    def columns_of(self, source: str) -> tuple[str, ...]:
        """Return the columns that hold attributes in ``source``, which is a wave or `register`."""
        return tuple(held.column for held in self.attributes.values() if held.source == source)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the raw files that the study names, in reading order."""
        records = (self.withdrawn, self.register_, self.matches, self.engagement)
        return files_of(self.codebook, records, self.waves.values())

    @classmethod
    def of(cls, loaded: Loaded) -> Self:
        """Return the part of ``loaded`` that `clean` reads."""
        study = loaded.study
        items: dict[str, dict[str, Answers]] = {wave: {} for wave in study.waves}
        for outcome, (instrument, scale) in loaded.scales.items():
            for wave in study.asked(outcome):
                items[wave] |= dict.fromkeys(scale.items, instrument.answers)
        scales = {
            name: Asked(items=scale.items, reversed=scale.reversed, waves=study.asked(name))
            for name, (_, scale) in loaded.scales.items()
        }
        return cls(
            study=study.study, ids=study.ids, identity=study.identity, linking=study.linking, drop=study.drop,
            withdrawn=study.withdrawn, waves=study.waves, scales=scales, items=items,
            codebook=study.codebook, missing=study.missing, register=study.register_,
            matches=study.matches, engagement=study.engagement,
            responses=study.responses, ses=study.ses, comparison=study.comparison,
            covariates=study.covariates, population=study.population,
        )  # fmt: skip


class Measured(Part):
    """How one outcome is scored: its scale, the answers of its items, the waves that ask it."""

    scale: Scale
    answers: Answers
    waves: tuple[Name, ...]


class Scoring(Part):
    """What `score` reads of a study."""

    outcomes: dict[Name, Measured]

    @classmethod
    def of(cls, loaded: Loaded) -> Self:
        """Return the part of ``loaded`` that `score` reads."""
        return cls(
            outcomes={
                name: Measured(scale=scale, answers=instrument.answers, waves=loaded.study.asked(name))
                for name, (instrument, scale) in loaded.scales.items()
            }
        )


class Modelled(Part):
    """What the model needs to know of one outcome."""

    domain: Name
    higher_is: Literal["better", "worse"]
    is_share: bool
    """Whether the score is 1 or 0, so that its mean is a share."""
    waves: tuple[Name, ...]
    structure: Literal["intercept", "slope", "unstructured"] = "intercept"
    """The covariance within a person: the declared one, else by the number of waves."""


class Modelling(Part):
    """What `model` reads of a study."""

    waves: tuple[Name, ...]
    months: tuple[float, ...]
    """When each of the study's waves was, in months since the study's zero."""
    outcomes: dict[Name, Modelled]
    covariates: dict[Name, tuple[Value, ...]]
    """Covariate to its levels, the reference level first: all that the model or the reproduction names."""
    hypotheses: dict[str, Hypothesis]
    """With the deciding wave filled in."""
    families: dict[Name, Family]
    """Every family that a hypothesis names."""
    model: Model
    reproduction: Reproduction | None
    has_comparison: bool = False
    """Whether there is a comparison arm beside the mentored."""

    @classmethod
    def of(cls, loaded: Loaded) -> Self:
        """Return the part of ``loaded`` that `model` reads."""
        study = loaded.study
        outcomes = {
            name: Modelled(
                domain=study.outcomes[name].domain, higher_is=scale.higher_is,
                is_share=scale.scoring == "share", waves=study.asked(name),
                structure=study.structure(name),
            )
            for name, (_, scale) in loaded.scales.items()
        }  # fmt: skip
        return cls(
            waves=study.wave_names,
            months=tuple(wave.months for wave in study.waves.values()),
            outcomes=outcomes,
            covariates={name: covariate.levels for name, covariate in study.covariates.items()},
            hypotheses={
                name: hypothesis.model_copy(update={"wave": study.deciding_wave(name)})
                for name, hypothesis in study.hypotheses.items()
            },
            families={
                claim.family: study.families.get(claim.family, Family())
                for claim in study.hypotheses.values()
            },
            model=study.model,
            reproduction=study.reproduction,
            has_comparison=study.comparison is not None,
        )


class Disclosing(Part):
    """What `disclose` reads of a study."""

    origin: Literal["synthetic", "open", "real"]
    profile: Profile
    shares: tuple[Name, ...]
    """Outcomes whose score is 1 or 0, so that their means are shares."""

    @classmethod
    def of(cls, loaded: Loaded) -> Self:
        """Return the part of ``loaded`` that `disclose` reads."""
        shares = tuple(name for name, (_, scale) in loaded.scales.items() if scale.scoring == "share")
        return cls(origin=loaded.study.origin, profile=loaded.profile, shares=shares)


class Claimed(Part):
    """What a picture needs to know of a hypothesis."""

    kind: Literal["superiority", "non_inferiority", "equivalence", "floor"]
    alpha: Level


class Drawing(Part):
    """What `figure` reads of a study: words, order, bounds and the kinds of its claims."""

    synthetic: bool
    groups: dict[Literal["low", "high", "unknown"], Label]
    waves: dict[Name, Label]
    months: dict[Name, float]
    outcomes: dict[Name, Label]
    domains: dict[Name, Name]
    bounds: dict[Name, tuple[float, float]]
    """Outcome to its lowest and highest possible score."""
    higher_is: dict[Name, Literal["better", "worse"]]
    hypotheses: dict[str, Claimed]
    wording: Wording

    @classmethod
    def of(cls, loaded: Loaded) -> Self:
        """Return the part of ``loaded`` that `figure` reads."""
        study = loaded.study
        return cls(
            synthetic=study.origin == "synthetic",
            groups=study.ses.labels,
            waves={name: wave.label for name, wave in study.waves.items()},
            months={name: wave.months for name, wave in study.waves.items()},
            outcomes={name: outcome.label for name, outcome in study.outcomes.items()},
            domains={name: outcome.domain for name, outcome in study.outcomes.items()},
            bounds={name: instrument.bounds(scale) for name, (instrument, scale) in loaded.scales.items()},
            higher_is={name: scale.higher_is for name, (_, scale) in loaded.scales.items()},
            hypotheses={
                key: Claimed(kind=claim.kind, alpha=claim.alpha) for key, claim in study.hypotheses.items()
            },
            wording=study.wording,
        )


class Reporting(Part):
    """What `report` reads of a study: what `figure` reads, and what the methods text says."""

    study: Name
    title: Label
    source: Label
    drawing: Drawing
    ses: SesRule
    comparison: Comparison | None
    covariates: dict[Name, Label]
    hypotheses: dict[str, Hypothesis]
    families: dict[Name, Family]
    """Every family that a hypothesis names."""
    model: Model
    reproduction: Reproduction | None
    responses: Responses
    population: Literal["everyone", "ses_known"]
    scales: dict[Name, tuple[Instrument, Scale]]
    profile: Profile

    @classmethod
    def of(cls, loaded: Loaded) -> Self:
        """Return the part of ``loaded`` that `report` reads."""
        study, modelling = loaded.study, Modelling.of(loaded)
        return cls(
            study=study.study, title=study.title, source=study.source, drawing=Drawing.of(loaded),
            ses=study.ses, comparison=study.comparison,
            covariates={name: covariate.label for name, covariate in study.covariates.items()},
            hypotheses=modelling.hypotheses, families=modelling.families, model=study.model,
            reproduction=study.reproduction,
            responses=study.responses, population=study.population, scales=loaded.scales,
            profile=loaded.profile,
        )  # fmt: skip
