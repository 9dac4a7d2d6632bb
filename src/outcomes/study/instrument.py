"""What a published scale is: its items by id, their answers, and how a score is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from outcomes.errors import Problem
from outcomes.study.part import ANSWERS, Label, Name, Part, repeats, strays, taken

NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
"""A number as a cell may hold it: ASCII digits and a decimal point."""

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

    def _faults(self) -> Iterator[Problem]:
        if not self.low < self.high:
            yield Problem(
                "low", f"{self.low:g}, with `high` {self.high:g}", "`low` below `high`", "correct one of them"
            )
        elif self.labels and not self.whole:
            yield Problem(
                "labels", "labels", "labels for whole answers only", "take `labels` or `whole: no` out"
            )
        elif self.labels and not self._labels_each_code_once():
            span = f"each code from {self.low:g} to {self.high:g} once"
            yield Problem("labels", "other codes", span, "give each code its wording")
        yield from repeats("labels", (label.strip() for label in self.labels.values()))

    def _labels_each_code_once(self) -> bool:
        """Return whether the keys of ``labels`` are all codes, each written once (not `1` and `01`)."""
        codes = {float(code) for code in self.labels if NUMBER.fullmatch(code) and self.allows(code)}
        return len(codes) == len(self.labels) == self.high - self.low + 1

    def allows(self, cell: str) -> bool:
        """Return whether ``cell`` is an allowed answer: a code as text, or the wording of one."""
        if not NUMBER.fullmatch(cell):
            return cell.strip() in [label.strip() for label in self.labels.values()]
        value = float(cell)
        return self.low <= value <= self.high and not (self.whole and value % 1)


class Scale(Part):
    """One score: which items, which of them are reversed, how they are combined, when a gap spoils it."""

    label: Label = Field(description="The name of the scale for a reader.")
    items: tuple[Name, ...] = Field(min_length=1, description="Item ids; a subset of the instrument's.")
    reversed: tuple[Name, ...] = Field((), description="Items that count the other way: low + high - answer.")
    scoring: Literal["mean", "sum", "share", "as_given"] = Field(
        description="`mean` or `sum` of the items (a sum with gaps is prorated: mean times number of items); "
        "`share`: 1 where the one answer is among `members`, else 0; `as_given`: the one item is the score."
    )
    at_least: int | None = Field(
        None, ge=1, description="Fewest answered items that give a score; all of them where it is left out."
    )
    members: tuple[int, ...] = Field((), description="For `share`: the codes that count.")
    higher_is: Literal["better", "worse"] = Field(description="Whether a higher score is a benefit.")

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("items", self.items)
        yield from repeats("reversed", self.reversed)
        yield from strays("reversed", self.reversed, self.items)
        if self.at_least is not None and self.at_least > len(self.items):
            yield Problem(
                "at_least", str(self.at_least), f"at most the {len(self.items)} items", "correct it"
            )
        if (self.scoring == "share") != bool(self.members):
            found = "codes" if self.members else "none"
            yield Problem(
                "members", found, "codes with `scoring: share`, none otherwise", "correct one of them"
            )
        if self.scoring in ("share", "as_given"):
            if len(self.items) != 1:
                yield Problem(
                    "items", f"{len(self.items)} items", f"one item with `{self.scoring}`", "name one item"
                )
            if self.reversed:
                yield Problem("reversed", "an item", f"none with `{self.scoring}`", "take `reversed` out")

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

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("items", self.items)
        yield from taken("items", self.items, ANSWERS)
        for name, scale in self.scales.items():
            yield from strays(f"scales: {name}: items", scale.items, self.items)
            for code in scale.members:
                if not self.answers.allows(str(code)):
                    allowed = f"codes from {self.answers.low:g} to {self.answers.high:g}"
                    yield Problem(f"scales: {name}: members", f"'{code}'", allowed, "correct the code")

    def bounds(self, scale: Scale) -> tuple[float, float]:
        """Return the lowest and highest score that ``scale`` can give, in score points."""
        if scale.scoring == "share":
            return (0.0, 1.0)
        times = len(scale.items) if scale.scoring == "sum" else 1
        return (self.answers.low * times, self.answers.high * times)
