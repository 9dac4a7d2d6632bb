"""What makes a person's SES: the indicators, and the rule that makes one group of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from outcomes.errors import Problem
from outcomes.study.attribute import Number, Numbered
from outcomes.study.markers import BASIS, Cut, MarkerKind, cautions, cut_traps, traps
from outcomes.study.part import Label, Name, Part, Share, Value

TURNED = (
    "Here no is low: right for a column that asks whether a parent has a degree (HESA PARED), wrong for one "
    "that asks who is the first in the family."
)
"""The caution on first-generation answers that run the other way."""


class Indicator(Numbered):
    """One socio-economic marker, with the values that count as low and as high, or the number between."""

    kind: MarkerKind = Field(
        "other",
        description="Which of the usual markers it is, so that its known traps are looked for: whom it "
        "describes, which end is low, which code means not classified.",
    )
    about: Literal["person", "area"] = Field(description="Whether it describes the person or the home area.")
    low: tuple[Value, ...] = Field((), description="Values that mean low SES.")
    high: tuple[Value, ...] = Field((), description="Values that mean high SES.")
    low_up_to: Number | None = Field(
        None, description="For numbers, in place of values: low SES up to and including this one, high above."
    )
    low_from: Number | None = Field(
        None, description="For numbers, in place of values: low SES from this one on, high below."
    )

    @property
    def meaning(self) -> Mapping[str, str]:
        """Cell to `low` or `high`."""
        return dict.fromkeys(self.low, "low") | dict.fromkeys(self.high, "high")

    @property
    def cut(self) -> tuple[Cut, float] | None:
        """The key and the number that divides low from high, where the cells are numbers."""
        if self.low_up_to is not None:
            return "low_up_to", self.low_up_to
        return None if self.low_from is None else ("low_from", self.low_from)

    @property
    def is_numeric(self) -> bool:
        """Whether a number divides low from high."""
        return self.cut is not None

    def number_meaning(self, number: float) -> str | None:
        """Return `low` or `high`, or nothing for NaN; the cut itself is low."""
        if self.cut is None or number != number:
            return None
        key, cut = self.cut
        return "low" if (number <= cut if key == "low_up_to" else number >= cut) else "high"

    @property
    def said(self) -> dict[Literal["low", "high"], str]:
        """What counts as low and as high, for a reader."""
        if self.cut is None:
            return {"low": ", ".join(self.low), "high": ", ".join(self.high)}
        key, cut = self.cut
        if key == "low_up_to":
            return {"low": f"{cut:.15g} or less", "high": f"more than {cut:.15g}"}
        return {"low": f"{cut:.15g} or more", "high": f"less than {cut:.15g}"}

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader should know of the marker, as sentences (see `markers.cautions`)."""
        turned = {"no", "n"} & {value.casefold() for value in self.low}
        extra = (TURNED,) if self.kind == "first_generation" and turned else ()
        return (*cautions(self.kind, self.about), *extra)

    def _faults(self) -> Iterator[Problem]:
        yield from super()._faults()
        held: tuple[Cut, ...] = ("low_up_to", "low_from")
        cuts = [key for key in held if getattr(self, key) is not None]
        if len(cuts) == 2 or (cuts and (self.low or self.high)):
            allowed = "`low` and `high`, or one of `low_up_to` and `low_from`"
            yield Problem(cuts[0], "more than one way to tell low", allowed, "keep one way")
        for key in ("low", "high") if not cuts else ():
            if not getattr(self, key):
                yield Problem(key, "no value", "at least one, or a cut for numbers", "add it")
        for value in self.low:
            if value in self.high:
                yield Problem(
                    "low", f"'{value}', which is also `high`", "each value once", "take it out of one of them"
                )
        if BASIS.get(self.kind, self.about) != self.about:
            allowed = f"{BASIS[self.kind]}, as `{self.kind}` describes the {BASIS[self.kind]}"
            yield Problem("about", f"'{self.about}'", allowed, "correct it")
        for cut in cuts:
            yield from cut_traps(self.kind, cut)
        yield from traps(self.kind, self.low, self.high, "unknown")


class SesRule(Part):
    """How one SES group (low, high or unknown) is made of the indicators, once, at the baseline."""

    rule: Literal["single", "hierarchy", "any", "count", "all", "index"] = Field(
        description="`single`: the one indicator; `hierarchy`: the first that is known, in the order below; "
        "`any`, `count`, `all`: at least one, at least `at_least`, or all of the indicators are low; "
        "`index`: lowest on the first principal component of the indicators. Unknown where the known "
        "indicators leave it open."
    )
    at_least: int | None = Field(
        None,
        ge=1,
        description="For `count`: how many low indicators make low SES. For `index`: how many indicators "
        "must be known (default all).",
    )
    low_share: Share | None = Field(
        None,
        description="For `index`: the share of the people with an index who count as low, as nearly as "
        "people who tie can be kept together.",
    )
    indicators: dict[Name, Indicator] = Field(min_length=1, description="The indicators, in order of trust.")
    changes: Literal["refuse", "baseline"] = Field(
        "refuse",
        description="Where a later wave says something else than the baseline: `refuse` the files, or keep "
        "what the `baseline` says and count the changes.",
    )
    labels: dict[Literal["low", "high", "unknown"], Label] = Field(
        default={"low": "low-SES", "high": "high-SES", "unknown": "SES unknown"},
        description="How the groups are called in figures and text.",
    )

    @property
    def basis(self) -> Literal["individual", "area", "mixed"]:
        """Whether the indicators describe the person, the home area, or some this and some that."""
        about = {indicator.about for indicator in self.indicators.values()}
        return "mixed" if len(about) > 1 else "area" if "area" in about else "individual"

    def _faults(self) -> Iterator[Problem]:
        number = len(self.indicators)
        if self.rule not in ("count", "index") and self.at_least is not None:
            allowed = "a number with `rule: count` or `index`, none otherwise"
            yield Problem("at_least", str(self.at_least), allowed, "correct one of them")
        elif self.rule == "count" and self.at_least is None:
            yield Problem("at_least", "no number", "a number with `rule: count`", "correct one of them")
        elif self.at_least is not None and self.at_least > number:
            yield Problem("at_least", str(self.at_least), f"at most the {number} indicators", "correct it")
        if (self.rule == "index") != (self.low_share is not None):
            found = "no share" if self.low_share is None else f"{self.low_share:g}"
            allowed = "a share with `rule: index`, none otherwise"
            yield Problem("low_share", found, allowed, "correct one of them")
        if self.rule == "single" and number != 1:
            yield Problem(
                "indicators", f"{number} indicators", "one with `rule: single`", "choose one, or another rule"
            )
        if self.rule == "index" and number < 2:
            yield Problem("indicators", "1 indicator", "at least 2 with `rule: index`", "use `rule: single`")
        if len(self.labels) != 3:
            yield Problem(
                "labels", ", ".join(self.labels) or "none", "low, high and unknown", "name all three"
            )
