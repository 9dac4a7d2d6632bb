"""Where the raw data of a study lie: waves, registers, and what their columns are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from outcomes.errors import Problem
from outcomes.study.part import MATCHES, Column, FileName, Label, Name, Part, Value, taken

Layout = Literal["csv", "qualtrics", "xlsx"]


def _iso(value: object) -> object:
    """Refuse text that pydantic would read as seconds since 1970, such as 20261122."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise PydanticCustomError("day", "a day such as 2026-11-22")
    return value


Day = Annotated[date, BeforeValidator(_iso)]
"""A day in ISO 8601."""


class Wave(Part):
    """One survey wave: its file, the form that it was exported in, and when it was open."""

    label: Label = Field(description="The wave's name for a reader.")
    months: float = Field(ge=0, allow_inf_nan=False, description="Planned months since the first wave.")
    file: FileName = Field(description="The export, in data/raw/<study>/.")
    layout: Layout = Field(
        "csv",
        description="`csv`: one header row; `qualtrics`: CSV with three header rows; `xlsx`: first sheet, "
        "one header row.",
    )
    answers_as: Literal["codes", "labels"] = Field(
        "codes", description="Whether closed questions hold numeric codes or the wording of the answer."
    )
    person: Column = Field(description="The column that identifies the person.")
    answered_on: Column | None = Field(None, description="The column with the date of the answer.")
    finished: Column | None = Field(None, description="The column that says whether the survey was finished.")
    finished_values: tuple[Value, ...] = Field(
        ("True", "TRUE", "1", "Yes"), min_length=1, description="The values of `finished` that mean yes."
    )
    closes: Day | None = Field(None, description="The last day on which an answer is in time.")

    def _faults(self) -> Iterator[Problem]:
        if self.closes is not None and self.answered_on is None:
            yield Problem(
                "closes", "a day without `answered_on`", "both or neither", "name the column of the date"
            )


class Register(Part):
    """The scheme's list of its mentees."""

    file: FileName = Field(description="The list, in data/raw/<study>/ (CSV, one header row).")
    person: Column = Field(description="The column that identifies the person.")
    cohort: Column | None = Field(None, description="The column with the intake or cohort.")


class Matches(Part):
    """Who mentored whom, from when to when."""

    file: FileName = Field(description="The match table, in data/raw/<study>/ (CSV, one header row).")
    person: Column = Field(description="The column that identifies the mentee.")
    mentor: Column = Field(description="The column that identifies the mentor.")
    start: Column = Field(description="The column with the day of the match.")
    end: Column | None = Field(None, description="The column with the day on which the match ended.")
    sector: Column | None = Field(None, description="The column with the mentor's sector.")
    mentor_type: Column | None = Field(
        None, description="The column that says whether the mentor is an employer or an alumnus."
    )
    attributes: dict[Name, Column] = Field(
        default_factory=dict, description="Other attributes of the mentor: our name to the column."
    )

    def _faults(self) -> Iterator[Problem]:
        yield from taken("attributes", self.attributes, MATCHES)


class Engagement(Part):
    """What mentees took part in: one row an event."""

    file: FileName = Field(description="The log, in data/raw/<study>/ (CSV, one header row).")
    person: Column = Field(description="The column that identifies the mentee.")
    kind: Column = Field(description="The column with the kind of activity.")
    day: Column = Field(description="The column with the day.")
    hours: Column | None = Field(None, description="The column with the hours spent.")


class Responses(Part):
    """What happens to responses that are not one clean row a person and wave."""

    duplicates: Literal["refuse", "first", "last", "most_complete"] = Field(
        default="refuse",
        description="Which of several different responses of a person in a wave is kept; identical ones are "
        "always reduced to one. `refuse`: they are an error.",
    )
    partial: Literal["keep", "leave_out"] = Field(
        default="keep", description="Responses that were not finished (needs the wave's `finished`)."
    )
    late: Literal["keep", "leave_out"] = Field(
        default="keep", description="Responses after the wave's `closes`."
    )


def files_of(
    codebook: str | None, records: Iterable[Register | Matches | Engagement | None], waves: Iterable[Wave]
) -> tuple[str, ...]:
    """Return the names of the raw files that a study names, in reading order."""
    books = [codebook] if codebook is not None else []
    return (*books, *(record.file for record in records if record), *(wave.file for wave in waves))
