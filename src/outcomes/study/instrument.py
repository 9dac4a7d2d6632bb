"""What a published scale is: its items by id, their answers, and how a score is made of them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from outcomes.study.part import Label, Name, Part

Number = Annotated[float, Field(allow_inf_nan=False)]


class Answers(Part):
    """The answers that every item of an instrument allows."""

    low: Number = Field(description="The lowest code (or value) that an answer can have.")
    high: Number = Field(description="The highest code (or value) that an answer can have.")
    whole: bool = Field(True, description="Whether answers are whole numbers.")
    labels: dict[str, Label] = Field(
        default_factory=dict,
        description="Code to wording, for exports that hold labels; empty for numeric answers.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low < self.high:
            raise ValueError("`low` must be below `high`")
        codes = [str(code) for code in range(int(self.low), int(self.high) + 1)]
        if self.labels and list(self.labels) != codes:
            raise ValueError(f"`labels` must name each code from {codes[0]} to {codes[-1]} in order")
        return self


class Scale(Part):
    """One score: which items, which of them are reversed, how they are combined, when a gap spoils it."""

    label: Label = Field(description="The name of the scale for a reader.")
    items: tuple[Name, ...] = Field(min_length=1, description="Item ids; a subset of the instrument's.")
    reversed: tuple[Name, ...] = Field(
        (), description="Items that count the other way: low + high - answer."
    )
    scoring: Literal["mean", "sum", "share", "as_given"] = Field(
        description="`mean` or `sum` of the items (a sum with gaps is prorated: mean times number of items); "
        "`share`: 1 where the one answer is among `members`, else 0; `as_given`: the one item is the score."
    )
    at_least: int | None = Field(
        None, ge=1, description="Fewest answered items that give a score; all of them where it is left out."
    )
    members: tuple[int, ...] = Field((), description="For `share`: the codes that count.")
    higher_is: Literal["better", "worse"] = Field(description="Whether a higher score is a benefit.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.items)) != len(self.items):
            raise ValueError("`items` names an item twice")
        if stray := sorted(set(self.reversed) - set(self.items)):
            raise ValueError(f"`reversed` names {stray}, which `items` lacks")
        if self.at_least is not None and self.at_least > len(self.items):
            raise ValueError(f"`at_least` is {self.at_least}, but the scale has {len(self.items)} items")
        if self.scoring in ("share", "as_given") and len(self.items) != 1:
            raise ValueError(f"`{self.scoring}` needs exactly one item")
        if (self.scoring == "share") != bool(self.members):
            raise ValueError("`members` belongs to `share`, and `share` needs it")
        if self.scoring in ("share", "as_given") and self.reversed:
            raise ValueError(f"`{self.scoring}` can't have reversed items")
        return self

    @property
    def needed(self) -> int:
        """Fewest answered items that give a score."""
        return self.at_least if self.at_least is not None else len(self.items)

    @property
    def has_alpha(self) -> bool:
        """Whether coefficient alpha is defined: two or more items that are combined."""
        return self.scoring in ("mean", "sum") and len(self.items) > 1


class Instrument(Part):
    """One published instrument (or a set of items of the study's own): items, answers and scales."""

    instrument: Name = Field(description="The instrument's name; also the name of its file.")
    title: Label = Field(description="The instrument's full name.")
    citation: Label = Field(description="Where it was published.")
    licence: Label = Field(description="On what terms it may be used.")
    key: Label = Field(description="Where the scoring key was verified, or `verify before use`.")
    answers: Answers = Field(description="What an item can be answered with.")
    items: tuple[Name, ...] = Field(min_length=1, description="All item ids, in the published order.")
    scales: dict[Name, Scale] = Field(min_length=1, description="The scores that the items give.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.items)) != len(self.items):
            raise ValueError("`items` names an item twice")
        for name, scale in self.scales.items():
            if stray := sorted(set(scale.items) - set(self.items)):
                raise ValueError(f"scale `{name}` names {stray}, which the instrument's `items` lack")
        if self.answers.labels and not self.answers.whole:
            raise ValueError("`labels` need whole answers")
        return self

    def bounds(self, scale: Scale) -> tuple[float, float]:
        """Return the lowest and highest score that ``scale`` can give, in score points."""
        if scale.scoring == "share":
            return (0.0, 1.0)
        times = len(scale.items) if scale.scoring == "sum" else 1
        return (self.answers.low * times, self.answers.high * times)
