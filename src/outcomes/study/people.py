"""Who the people of a study are: their SES, their covariates, and which of them the question is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from outcomes.errors import Problem
from outcomes.study.part import Column, Label, Name, Part, Value, repeats


class Indicator(Part):
    """One socio-economic marker, with the values that count as low and as high."""

    label: Label = Field(description="The indicator's name for a reader.")
    column: Column = Field(description="The column that holds it.")
    source: Name = Field("register", description="`register`, or the wave whose file holds the column.")
    about: Literal["person", "area"] = Field(description="Whether it describes the person or the home area.")
    low: tuple[Value, ...] = Field(min_length=1, description="Values that mean low SES.")
    high: tuple[Value, ...] = Field(min_length=1, description="Values that mean high SES.")

    @property
    def values(self) -> tuple[str, ...]:
        """All values that it can have."""
        return (*self.low, *self.high)

    def _faults(self) -> Iterator[Problem]:
        for value in self.low:
            if value in self.high:
                yield Problem(
                    "low", f"'{value}', which is also `high`", "each value once", "take it out of one of them"
                )


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

    def _faults(self) -> Iterator[Problem]:
        number = len(self.indicators)
        if (self.rule == "count") != (self.at_least is not None):
            found = "no number" if self.at_least is None else str(self.at_least)
            yield Problem(
                "at_least", found, "a number with `rule: count`, none otherwise", "correct one of them"
            )
        elif self.at_least is not None and self.at_least > number:
            yield Problem("at_least", str(self.at_least), f"at most the {number} indicators", "correct it")
        if self.rule == "single" and number != 1:
            yield Problem(
                "indicators", f"{number} indicators", "one with `rule: single`", "choose one, or another rule"
            )
        if len(self.labels) != 3:
            yield Problem(
                "labels", ", ".join(self.labels) or "none", "low, high and unknown", "name all three"
            )


class Covariate(Part):
    """A categorical attribute of the person that the model may adjust for."""

    label: Label = Field(description="The covariate's name for a reader.")
    column: Column = Field(description="The column that holds it.")
    source: Name = Field("register", description="`register`, or the wave whose file holds the column.")
    levels: tuple[Value, ...] = Field(
        min_length=2, description="All values that it can have; the first is the reference level."
    )

    @property
    def values(self) -> tuple[str, ...]:
        """All values that it can have."""
        return self.levels

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("levels", self.levels)


class Comparison(Part):
    """Who was mentored and who belongs to a comparison group, as one column fixed at the baseline says it."""

    label: Label = Field(description="What the column says, for a reader.")
    column: Column = Field(description="The column that holds it.")
    source: Name = Field("register", description="`register`, or the wave whose file holds the column.")
    mentored: tuple[Value, ...] = Field(min_length=1, description="Values that mean mentored.")
    comparison: tuple[Value, ...] = Field(
        min_length=1, description="Values that mean comparison group, not mentored."
    )
    design: Literal["randomised", "matched", "observational"] | None = Field(
        None,
        description="How the arms came about: `randomised` (allotted by chance), `matched` (comparison "
        "students chosen to resemble the mentored) or `observational` (as it happened). It decides what the "
        "report may say: an effect of the scheme only where it is `randomised`; left out, it is association.",
    )

    @property
    def values(self) -> tuple[str, ...]:
        """All values that it can have."""
        return (*self.mentored, *self.comparison)

    @property
    def arms(self) -> dict[str, str]:
        """Value to arm: `mentored` or `comparison`."""
        return dict.fromkeys(self.mentored, "mentored") | dict.fromkeys(self.comparison, "comparison")

    def _faults(self) -> Iterator[Problem]:
        for value in self.mentored:
            if value in self.comparison:
                found, mend = f"'{value}', which is also `comparison`", "take it out of one of them"
                yield Problem("mentored", found, "each value once", mend)
