"""What a study asks: outcomes, hypotheses, and how they are modelled and shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from outcomes.errors import Problem
from outcomes.study.part import Label, Level, Name, Part, Share, repeats

Group = Literal["low", "high", "unknown"]
Points = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""A size in score points, above 0."""


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


class SdMargin(Part):
    """A margin in standard deviations: of named reference values, or of this study's own at the baseline."""

    sd: Points = Field(description="How many standard deviations the margin is wide.")
    reference: dict[Name, Points] = Field(
        default_factory=dict,
        description="Outcome to its reference SD in score points, fixed beforehand; where it is left out the "
        "SD is this study's own (within groups, at the baseline) and its sampling error enters the test.",
    )
    source: Label | None = Field(None, description="Where the reference SDs come from.")

    def _faults(self) -> Iterator[Problem]:
        if self.reference and self.source is None:
            yield Problem("source", "no value", "where the reference SDs come from", "name the source")
        if self.source is not None and not self.reference:
            mend = "add the reference SDs or take `source` out"
            yield Problem("source", "a source", "a source of `reference`", mend)


def _form(margin: object) -> str:
    return "SdMargin" if isinstance(margin, dict | SdMargin) else "number"


Margin = Annotated[
    Annotated[Points, Tag("number")] | Annotated[SdMargin, Tag("SdMargin")], Discriminator(_form)
]
"""A margin in raw score points, or in standard deviations."""


class _Hypothesis(Part):
    claim: Label = Field(description="The claim in plain words.")
    outcomes: tuple[Name, ...] = Field(min_length=1, description="The outcomes that it is about.")
    wave: Name | None = Field(None, description="The one deciding wave; the last where it is left out.")
    family: Name = Field(description="The family within which p values are adjusted; see `families`.")
    focal: Group = Field("low", description="The SES group that the claim is about.")

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("outcomes", self.outcomes)


class _OfGains(_Hypothesis):
    reference: Group = Field("high", description="The SES group that it is compared with.")
    estimand: Literal["gap", "effect_gap"] = Field(
        "gap",
        description="`gap`: focal minus reference group in gains, of the mentored where there is a "
        "`comparison`; `effect_gap`: the same gap among the mentored minus that in the comparison group.",
    )
    benefit: Literal["higher", "lower"] | None = Field(
        None,
        description="Which scores are a benefit; that of the instrument where it is left out, which it may "
        "not contradict.",
    )

    @property
    def pair(self) -> str:
        """The contrast that decides, as the tables name it: focal minus reference group."""
        return f"{self.focal} - {self.reference}"

    def _faults(self) -> Iterator[Problem]:
        yield from super()._faults()
        if self.focal == self.reference:
            found, allowed = f"'{self.reference}', as `focal`", "another group than `focal`"
            yield Problem("reference", found, allowed, "name two groups")


class Superiority(_OfGains):
    """The focal group gains more than the reference group, outcome by outcome."""

    kind: Literal["superiority"] = Field(description="Which claim this is.")
    alpha: Level = Field(0.05, description="Level after the adjustment within the family.")
    sides: int = Field(
        2,
        ge=1,
        le=2,
        description="2: a gap either way is looked for; 1: a benefit alone, and `inferior` can't be found.",
    )

    @property
    def confidence(self) -> float:
        """The level of the two-sided interval that goes with the test, without adjustment."""
        return 1 - self.alpha * (1 if self.sides == 2 else 2)


class NonInferiority(_OfGains):
    """The focal group gains at most a margin less than the reference group; every outcome must pass."""

    kind: Literal["non_inferiority"] = Field(description="Which claim this is.")
    alpha: Level = Field(0.025, description="One-sided level; intersection-union over the outcomes.")
    margin: Margin = Field(description="The largest acceptable deficit: score points, or `sd` and its SD.")

    @property
    def confidence(self) -> float:
        """The level of the two-sided interval that goes with the test."""
        return 1 - 2 * self.alpha


class Equivalence(_OfGains):
    """The groups' gains differ by less than a margin, either way; every outcome must pass."""

    kind: Literal["equivalence"] = Field(description="Which claim this is.")
    alpha: Level = Field(
        0.05, description="Level of each of two one-sided tests; intersection-union over the outcomes."
    )
    margin: Margin = Field(description="The largest negligible gap: score points, or `sd` and its SD.")

    @property
    def confidence(self) -> float:
        """The level of the two-sided interval that goes with the two tests."""
        return 1 - 2 * self.alpha


class Floor(_Hypothesis):
    """The share of the focal group that has an attribute stays above a floor."""

    kind: Literal["floor"] = Field(description="Which claim this is.")
    alpha: Level = Field(0.025, description="One-sided level of the lower limit (Wilson).")
    floor: Share = Field(description="The share that must be exceeded.")

    @property
    def confidence(self) -> float:
        """The level of the two-sided interval that goes with the test."""
        return 1 - 2 * self.alpha


Hypothesis = Annotated[Superiority | NonInferiority | Equivalence | Floor, Field(discriminator="kind")]


class Family(Part):
    """Hypotheses whose p values are adjusted together."""

    purpose: Literal["confirmatory", "exploratory"] = Field(
        default="confirmatory",
        description="`confirmatory`: Holm, which holds the chance of any false claim; `exploratory`: "
        "Benjamini and Hochberg, which holds the expected share of false claims.",
    )


class Model(Part):
    """How the scores are modelled."""

    structure: Literal["intercept", "slope", "unstructured"] | None = Field(
        default=None,
        description="The covariance within a person; left out, it is a person `intercept` for outcomes that "
        "two waves ask and `unstructured` over the waves for those that more ask. `slope` needs `time` and "
        "at least 4 waves.",
    )
    time: Literal["months", "wave"] | None = Field(
        default=None, description="The time of a `slope`: months since the first wave, or waves counted."
    )
    df: Literal["auto", "satterthwaite", "kenward-roger"] = Field(
        default="auto",
        description="Degrees of freedom; `auto` is Kenward-Roger where a group has under 30 people or a "
        "variance is at its boundary, else Satterthwaite.",
    )
    covariates: tuple[Name, ...] = Field(default=(), description="Names from `covariates`.")
    ses_unknown: Literal["third_level", "leave_out"] = Field(
        default="third_level",
        description="Whether people of unknown SES enter the model as a group of their own.",
    )
    confidence: Share = Field(default=0.95, ge=0.8, description="The level of the intervals.")

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("covariates", self.covariates)
        if self.structure == "slope" and self.time is None:
            yield Problem("time", "no value", "months or wave, as `structure` is slope", "add `time`")
        if self.time is not None and self.structure != "slope":
            mend = "take `time` out or declare `structure: slope`"
            yield Problem("time", f"'{self.time}'", "a time with `structure: slope` only", mend)


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
