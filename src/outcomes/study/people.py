"""Who the people of a study are: their SES, their covariates, and which of them the question is about."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from outcomes.study.part import Column, Label, Name, Part, Value


class Indicator(Part):
    """One socio-economic marker, with the values that count as low and as high."""

    label: Label = Field(description="The indicator's name for a reader.")
    column: Column = Field(description="The column that holds it.")
    source: Name = Field("register", description="`register`, or the wave whose file holds the column.")
    about: Literal["person", "area"] = Field(description="Whether it describes the person or the home area.")
    low: tuple[Value, ...] = Field(min_length=1, description="Values that mean low SES.")
    high: tuple[Value, ...] = Field(min_length=1, description="Values that mean high SES.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if both := sorted(set(self.low) & set(self.high)):
            raise ValueError(f"{both} can't be both low and high")
        return self


class SesRule(Part):
    """How one SES group (low, high or unknown) is made of the indicators, once, at the baseline."""

    rule: Literal["single", "hierarchy", "any", "count", "all"] = Field(
        description="`single`: the one indicator; `hierarchy`: the first that is known, in the order below; "
        "`any`, `count`, `all`: at least one, at least `at_least`, or all of the indicators are low. Unknown "
        "where the known indicators leave it open."
    )
    at_least: int | None = Field(None, ge=1, description="For `count`: how many low indicators make low SES.")
    indicators: dict[Name, Indicator] = Field(min_length=1, description="The indicators, in order of trust.")
    labels: dict[Literal["low", "high", "unknown"], Label] = Field(
        default={"low": "low-SES", "high": "high-SES", "unknown": "SES unknown"},
        description="How the groups are called in figures and text.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.rule == "count") != (self.at_least is not None):
            raise ValueError("`at_least` belongs to `count`, and `count` needs it")
        if self.at_least is not None and self.at_least > len(self.indicators):
            raise ValueError(f"`at_least` is {self.at_least}, but there are {len(self.indicators)} indicators")
        if self.rule == "single" and len(self.indicators) != 1:
            raise ValueError("`single` needs exactly one indicator")
        if set(self.labels) != {"low", "high", "unknown"}:
            raise ValueError("`labels` must name low, high and unknown")
        return self


class Covariate(Part):
    """A categorical attribute of the person that the model may adjust for."""

    label: Label = Field(description="The covariate's name for a reader.")
    column: Column = Field(description="The column that holds it.")
    source: Name = Field("register", description="`register`, or the wave whose file holds the column.")
    levels: tuple[Value, ...] = Field(
        min_length=2, description="All values that it can have; the first is the reference level."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.levels)) != len(self.levels):
            raise ValueError("`levels` names a level twice")
        return self
