"""What a study asks: outcomes, hypotheses, and how they are modelled and shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from outcomes.errors import Problem
from outcomes.study.part import Label, Level, Name, Part, Share, repeats


class Outcome(Part):
    """One outcome: a scale of an instrument, its domain, and the waves that ask it."""

    label: Label = Field(description="The outcome's name for a reader.")
    instrument: Name = Field(description="A file in config/instruments/.")
    scale: Name = Field(description="A scale of that instrument.")
    domain: Literal["psychosocial", "career", "mechanism", "other"] = Field(
        description="Which group of outcomes it belongs to."
    )
    waves: tuple[Name, ...] = Field((), description="The waves that ask it; all of them where left out.")

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("waves", self.waves)


class _Hypothesis(Part):
    claim: Label = Field(description="The claim in plain words.")
    outcomes: tuple[Name, ...] = Field(min_length=1, description="The outcomes that it is about.")
    wave: Name | None = Field(None, description="The one deciding wave; the last where it is left out.")
    family: Name = Field(description="The family within which p values are adjusted (Holm).")

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("outcomes", self.outcomes)


class Superiority(_Hypothesis):
    """The focal group gains more than the reference group, outcome by outcome."""

    kind: Literal["superiority"] = Field(description="Which claim this is.")
    alpha: Level = Field(0.05, description="Two-sided level after Holm's adjustment within the family.")


class NonInferiority(_Hypothesis):
    """The focal group gains at most a margin less than the reference group; every outcome must pass."""

    kind: Literal["non_inferiority"] = Field(description="Which claim this is.")
    alpha: Level = Field(0.025, description="One-sided level; intersection-union, hence not adjusted.")
    margin: float = Field(
        gt=0, allow_inf_nan=False, description="The largest acceptable deficit, in score points."
    )


class Floor(_Hypothesis):
    """The share of the focal group that has an attribute stays above a floor."""

    kind: Literal["floor"] = Field(description="Which claim this is.")
    alpha: Level = Field(0.025, description="One-sided level of the lower limit (Wilson).")
    floor: Share = Field(description="The share that must be exceeded.")


Hypothesis = Annotated[Superiority | NonInferiority | Floor, Field(discriminator="kind")]


class Model(Part):
    """How the scores are modelled."""

    structure: Literal["intercept"] = Field(
        default="intercept", description="The covariance within a person: one random intercept."
    )
    covariates: tuple[Name, ...] = Field(default=(), description="Names from `covariates`.")
    ses_unknown: Literal["third_level", "leave_out"] = Field(
        default="third_level",
        description="Whether people of unknown SES enter the model as a group of their own.",
    )
    confidence: Share = Field(default=0.95, ge=0.8, description="The level of the intervals.")

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("covariates", self.covariates)


class Reproduction(Part):
    """The regression of the published study: gain on SES and covariates, by ordinary least squares."""

    covariates: tuple[Name, ...] = Field(
        description="Names from `covariates` that the regression adjusts for."
    )
    replicates: int = Field(
        2000, ge=200, le=100_000, description="Bootstrap replicates for R2 and what SES adds."
    )
    seed: int = Field(2026, ge=0, description="Seed of the bootstrap.")

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("covariates", self.covariates)


class Disclosure(Part):
    """What may be shown."""

    profile: Name = Field(description="A file in config/disclosure/.")


class Wording(Part):
    """What the people are called in the report."""

    person: Label = Field(default="mentee", description="One of them.")
    people: Label = Field(default="mentees", description="Several of them.")
