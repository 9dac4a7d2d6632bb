"""Who the people of a study are: their SES, their covariates, and which of them the question is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any, Literal

from pydantic import Field, model_validator

from outcomes.errors import Problem, listed
from outcomes.study.attribute import Attribute, Number, Numbered
from outcomes.study.part import Label, Value, repeats, strays
from outcomes.study.ses import Indicator, SesRule

__all__ = ["Attribute", "Comparison", "Covariate", "Indicator", "SesRule", "ses_contradictions"]


class Covariate(Numbered):
    """A categorical attribute of the person that the model may adjust for."""

    levels: tuple[Value, ...] = Field(
        (),
        description="All values that it can have; the first is the reference level. With `bands`: the bands.",
    )
    codes: dict[Value, Value] = Field(
        default_factory=dict,
        alias="values",
        description="Cell to level, for exports that hold codes or other words; the levels themselves are "
        "understood as well.",
    )
    bands: dict[Label, tuple[Number, Number]] = Field(
        default_factory=dict,
        description="For numbers: band to its lowest and its highest number, both in the band.",
    )

    @model_validator(mode="before")
    @classmethod
    def _bands_are_levels(cls, data: Any) -> Any:
        """Take the bands as the levels where no order of their own is given."""
        if isinstance(data, dict) and isinstance(data.get("bands"), dict) and not data.get("levels"):
            return {**data, "levels": list(data["bands"])}
        return data

    @property
    def meaning(self) -> Mapping[str, str]:
        """Cell to level; nothing where the cells are numbers."""
        return {} if self.is_numeric else {level: level for level in self.levels} | self.codes

    @property
    def is_numeric(self) -> bool:
        """Whether the cells are numbers that fall into bands."""
        return bool(self.bands)

    def number_meaning(self, number: float) -> str | None:
        """Return the band of ``number``, or nothing where it is in none."""
        return next((band for band, (least, most) in self.bands.items() if least <= number <= most), None)

    def _faults(self) -> Iterator[Problem]:
        yield from super()._faults()
        yield from repeats("levels", self.levels)
        if len(self.levels) < 2:
            yield Problem("levels", str(len(self.levels)), "at least 2", "add what lacks")
        for cell, level in self.codes.items():
            if cell in self.levels and cell != level:
                found = f"the level '{cell}' as '{level}'"
                yield Problem("values", found, "levels that mean themselves", "rename the level")
        yield from strays("values", dict.fromkeys(self.codes.values()), self.levels)
        yield from self._band_faults()

    def _band_faults(self) -> Iterator[Problem]:
        """Yield bands beside codes, bands and levels that differ, and bands that overlap or are turned."""
        if self.bands and self.codes:
            yield Problem("values", "values and bands", "one of them", "take one of them out")
        if self.bands and set(self.bands) != set(self.levels):
            yield Problem("levels", listed(self.levels), "the bands, in any order", "take the levels out")
        for band, (least, most) in self.bands.items():
            if least > most:
                found = f"from {least:g} to {most:g}"
                yield Problem(f"bands: {band}", found, "the lower number first", "turn them")
        for (one, (low, high)), (other, (least, most)) in combinations(self.bands.items(), 2):
            if max(low, least) <= min(high, most):
                mend = "let each number be in one band, both ends counted"
                yield Problem("bands", f"`{one}` and `{other}`, which overlap", "bands apart", mend)


class Comparison(Attribute):
    """Who was mentored and who belongs to a comparison group, as one column fixed at the baseline says it."""

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
    def meaning(self) -> Mapping[str, str]:
        """Cell to arm: `mentored` or `comparison`."""
        return dict.fromkeys(self.mentored, "mentored") | dict.fromkeys(self.comparison, "comparison")

    def _faults(self) -> Iterator[Problem]:
        yield from super()._faults()
        for value in self.mentored:
            if value in self.comparison:
                found, mend = f"'{value}', which is also `comparison`", "take it out of one of them"
                yield Problem("mentored", found, "each value once", mend)


_TRAITS = re.compile(r"(?:^|[^a-z])(?:sex|gender|ethnic\w*|race|racial)(?:[^a-z]|$)", re.IGNORECASE)


def ses_contradictions(
    ses: SesRule,
    covariates: Mapping[str, Covariate],
    adjusted: Iterable[str],
    key: str = "model: covariates",
) -> Iterator[Problem]:
    """Yield covariates named at ``key`` (``adjusted``) that would take the SES difference itself away.

    That is a covariate from the column of an indicator, and sex or ethnicity beside ABCS, which is made of
    both (OfS 2019.34). Sex and ethnicity are told by the covariate's name, label or column.
    """
    columns = {(one.source, one.column): name for name, one in ses.indicators.items()}
    abcs = next((name for name, one in ses.indicators.items() if one.kind == "abcs"), None)
    for name in adjusted:
        if (covariate := covariates.get(name)) is None:
            continue
        indicator = columns.get((covariate.source, covariate.column))
        if indicator is not None:
            found = f"'{name}', the column of the SES indicator `{indicator}`"
            yield Problem(key, found, "attributes beside SES", "take it out, as it is SES itself")
        elif abcs and any(_TRAITS.search(word) for word in (name, covariate.label, covariate.column)):
            found = f"'{name}', with the ABCS indicator `{abcs}`"
            allowed = "covariates that are not part of an indicator (ABCS holds ethnicity and sex)"
            yield Problem(key, found, allowed, "take it out or use another indicator")
