"""A study with all that it names: the instruments and the disclosure profile."""

from __future__ import annotations

from pydantic import Field

from outcomes.study.instrument import Instrument, Scale
from outcomes.study.part import Label, Name, Part
from outcomes.study.study import Study


class Profile(Part):
    """What a disclosure profile allows to be shown."""

    profile: Name = Field(description="The profile's name; also the name of its file.")
    title: Label = Field(description="Whose rules these are.")
    source: Label = Field(description="Where the rules are published.")
    count_base: int = Field(ge=1, description="Counts go to the nearest multiple of this, halves up.")
    share_least: int = Field(ge=1, description="Fewest people for a percentage.")
    mean_least: int = Field(ge=1, description="Fewest people for a mean, a gain or any other average.")
    decimals_share: int = Field(ge=0, le=2, description="Decimals of a percentage.")
    decimals_mean: int = Field(ge=0, le=4, description="Decimals of a mean, an estimate and its limits.")
    decimals_p: int = Field(ge=2, le=6, description="Decimals of a p value.")


class Loaded(Part):
    """A study with the instruments and the disclosure profile that it names."""

    study: Study
    instruments: dict[Name, Instrument]
    profile: Profile

    @property
    def scales(self) -> dict[str, tuple[Instrument, Scale]]:
        """Outcome name to its instrument and scale, in the study's order."""
        return {
            name: (
                self.instruments[outcome.instrument],
                self.instruments[outcome.instrument].scales[outcome.scale],
            )
            for name, outcome in self.study.outcomes.items()
        }
