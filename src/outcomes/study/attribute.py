"""What one column, fixed at the baseline, says of a person: what indicators, covariates and arms share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from outcomes.errors import Problem, listed
from outcomes.study.part import Column, Label, Name, Part, Value, repeats

Number = Annotated[float, Field(allow_inf_nan=False)]


class Attribute(Part):
    """What one column, fixed at the baseline, says of a person."""

    label: Label = Field(description="Its name for a reader.")
    column: Column = Field(description="The column that holds it.")
    source: Name = Field("register", description="`register`, or the wave whose file holds the column.")
    unknown: tuple[Value, ...] = Field(
        (), description="Cells that mean not known, beside those that the study lists under `missing`."
    )

    @property
    def meaning(self) -> Mapping[str, str]:
        """Cell to what it means; nothing where the cells are numbers."""
        raise NotImplementedError

    @property
    def values(self) -> tuple[str, ...]:
        """All cells that mean something; none where the cells are numbers."""
        return tuple(self.meaning)

    @property
    def is_numeric(self) -> bool:
        """Whether the cells are numbers, which `number_meaning` reads."""
        return False

    def number_meaning(self, number: float) -> str | None:
        """Return what ``number`` means, or nothing (NaN, or a number that has no meaning)."""
        return None

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("unknown", self.unknown)
        for value in self.unknown:
            if value in self.values:
                mend = "take it out of one of them"
                yield Problem("unknown", f"'{value}', which also means something", "each value once", mend)


class Numbered(Attribute):
    """An attribute whose cells may be numbers."""

    unit_words: tuple[Label, ...] = Field(
        (), description="Words that may stand behind a number, such as years or yrs."
    )

    def _faults(self) -> Iterator[Problem]:
        yield from super()._faults()
        if self.unit_words and not self.is_numeric:
            allowed = "unit words where the cells are numbers"
            yield Problem("unit_words", listed(self.unit_words), allowed, "take them out")
