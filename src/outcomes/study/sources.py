"""Where the raw data of a study lie: waves, registers, and what their columns are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from outcomes.errors import Problem
from outcomes.study.part import MATCHES, Column, FileName, Label, Name, Part, Shape, Value, repeats, taken

Format = Literal["csv", "tsv", "xlsx", "xls", "sav", "dta", "parquet"]
Layout = Literal["plain", "qualtrics", "jisc", "forms"]
Encoding = Literal["utf-8", "utf-16", "utf-32", "cp1252", "latin-1", "mac-roman"]
Delimiter = Literal[",", ";", "tab"]
DateForm = Literal["iso", "day_first", "month_first", "month_name", "excel_1900", "excel_1904"]


def _iso(value: object) -> object:
    """Refuse text that pydantic would read as seconds since 1970, such as 20261122."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise PydanticCustomError("day", "a day such as 2026-11-22")
    return value


Day = Annotated[date, BeforeValidator(_iso)]
"""A day in ISO 8601."""


class RawFile(Part):
    """A file in data/raw/<study>/ and how it is written; what is left out is detected, and said."""

    file: FileName = Field(description="The export, in data/raw/<study>/.")
    format: Format | None = Field(
        None,
        description="How the cells are packed; left out, it is told by the file's first bytes and its name.",
    )
    layout: Layout | None = Field(
        None,
        description="Whose export it is: `qualtrics` (three header rows), `jisc` (Online Surveys), `forms` "
        "(Microsoft Forms) or `plain` (one header row); left out, it is told by the header.",
    )
    encoding: Encoding | None = Field(
        None, description="How the text of a CSV file is written down; UTF-8 where it is left out."
    )
    delimiter: Delimiter | None = Field(
        None, description="What stands between cells; a comma (in .tsv a tab) where it is left out."
    )
    sheet: Label | None = Field(None, description="The worksheet of a workbook; the first if left out.")
    header_rows: int | None = Field(
        None, ge=1, le=5, description="Rows above the first response; those of the layout if left out."
    )
    decimal: Literal[".", ","] = Field(".", description="The decimal mark of numbers.")
    dates: tuple[DateForm, ...] = Field(
        ("iso",),
        min_length=1,
        description="The forms that its days have, tried in this order: `iso` (2026-11-22), `day_first` "
        "(22/11/2026), `month_first` (11/22/2026), `month_name` (Nov 22, 2026), `excel_1900` and "
        "`excel_1904` (serial numbers). Each may be followed by a time.",
    )

    def _faults(self) -> Iterator[Problem]:
        yield from super()._faults()
        yield from repeats("dates", self.dates)
        for one, other in (("day_first", "month_first"), ("excel_1900", "excel_1904")):
            if one in self.dates and other in self.dates:
                found = f"{one} and {other}, which read the same cell differently"
                yield Problem("dates", found, "one of them", "take one out")


class Consent(Part):
    """The question of a wave that asks for consent: a response without it is left out."""

    column: Column = Field(description="The column that holds it.")
    given: tuple[Value, ...] = Field(min_length=1, description="The values that mean yes.")


class LabelExport(RawFile):
    """The same responses exported once more with the wording of the answers, to check the codes against."""

    response: Column = Field(description="The column with the number of the response, in both files.")


class Wave(RawFile):
    """One survey wave: its file, the form that it was exported in, and when it was open."""

    label: Label = Field(description="The wave's name for a reader.")
    months: float = Field(ge=0, allow_inf_nan=False, description="Planned months since the first wave.")
    answers_as: Literal["codes", "labels", "either"] = Field(
        "codes",
        description="Whether closed questions hold numeric codes or the wording of the answer; `either`: "
        "mixed, such as `2`, `Agree` and `2 - Agree`.",
    )
    person: Column | None = Field(
        None, description="The column that identifies the person; this or `elements`."
    )
    elements: dict[Name, Column] = Field(
        default_factory=dict,
        description="The parts of a self-generated code, element to column, where no one column holds it.",
    )
    cohort: Column | None = Field(
        None, description="The column with the intake or cohort: codes are linked within it only."
    )
    response: Column | None = Field(
        None, description="The column with the number of the response: a row that has it twice counts once."
    )
    answered_on: Column | None = Field(None, description="The column with the date of the answer.")
    ended: Column | None = Field(None, description="The column with the time at which the answer ended.")
    seconds: Column | None = Field(None, description="The column with the seconds that the answer took.")
    finished: Column | None = Field(None, description="The column that says whether the survey was finished.")
    finished_values: tuple[Value, ...] = Field(
        ("True", "TRUE", "1", "Yes"), min_length=1, description="The values of `finished` that mean yes."
    )
    consent: Consent | None = Field(None, description="The question that asks for consent.")
    comment: Column | None = Field(
        None, description="A column of free text that may say that a response is a test; read for that only."
    )
    labels: LabelExport | None = Field(
        None, description="The label export of the same responses, to check the codes against."
    )
    closes: Day | None = Field(None, description="The last day on which an answer is in time.")

    @property
    def id_columns(self) -> tuple[str, ...]:
        """The columns that identify the person: one, or the elements of a self-generated code."""
        return (self.person,) if self.person is not None else tuple(self.elements.values())

    def _faults(self) -> Iterator[Problem]:
        yield from super()._faults()
        if (self.person is None) == (not self.elements):
            found = "neither" if self.person is None else "`person` and `elements`"
            allowed = "`person`, or the `elements` of a self-generated code"
            yield Problem("person", found, allowed, "name the column that identifies the person")
        if self.closes is not None and self.answered_on is None:
            yield Problem(
                "closes", "a day without `answered_on`", "both or neither", "name the column of the date"
            )
        if self.labels is not None and self.response is None:
            yield Problem("response", "no value", "a column, as `labels` is matched by it", "name it")


class Register(RawFile):
    """The scheme's list of its mentees."""

    person: Column = Field(description="The column that identifies the person.")
    cohort: Column | None = Field(None, description="The column with the intake or cohort.")


class Withdrawn(RawFile):
    """The list of people who withdrew: nothing of them is used or listed, they are only counted."""

    person: Column = Field(description="The column that identifies the person.")


class Matches(RawFile):
    """Who mentored whom, from when to when."""

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
        yield from super()._faults()
        yield from taken("attributes", self.attributes, MATCHES)


class Engagement(RawFile):
    """What mentees took part in: one row an event."""

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
    tests: Literal["refuse", "leave_out"] = Field(
        default="refuse",
        description="Responses that the team made to try the survey (an id such as `test` or `preview`, or "
        "no id of the declared shape and a comment that says so). Previews that Qualtrics marks are always "
        "left out.",
    )
    blank_ids: Literal["refuse", "keep"] = Field(
        default="refuse",
        description="Rows without an id; `keep`: each is a person of its own, whom nothing links.",
    )
    out_of_range: Literal["refuse", "missing"] = Field(
        default="refuse",
        description="Codes that the question does not allow; `missing`: they count as no answer, each is in "
        "the ledger.",
    )
    straight_lines: Literal["flag", "leave_out"] = Field(
        default="flag",
        description="Responses with one and the same answer to all items of every scale that has reversed "
        "items.",
    )
    fast: Literal["flag", "leave_out"] = Field(
        default="flag", description="Responses that took less than `least_seconds`."
    )
    least_seconds: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Fewest seconds for an honest answer (needs the wave's `seconds`, or `answered_on` and "
        "`ended`).",
    )

    def _faults(self) -> Iterator[Problem]:
        if self.fast == "leave_out" and self.least_seconds is None:
            yield Problem("least_seconds", "no value", "the seconds below which one is left out", "add it")


class Identity(Part):
    """How an id is written, so that spellings of one id are one person."""

    shape: Shape | None = Field(
        default=None,
        description="The shape of an id: `A` a letter, `9` a digit, blanks, hyphens and underscores as they "
        "stand, for example `AA-9999`. Case and these separators then don't matter in the exports.",
    )
    lookalikes: bool = Field(
        default=False,
        description="With a `shape`: whether the letters O, I and L where a digit belongs are read as 0, 1 "
        "and 1.",
    )

    def _faults(self) -> Iterator[Problem]:
        if self.lookalikes and self.shape is None:
            yield Problem("lookalikes", "'yes' without `shape`", "a `shape` beside it", "add the shape")


class Linking(Part):
    """How the responses of one person are found in several waves."""

    method: Literal["exact", "codes"] = Field(
        default="exact",
        description="`exact`: the same id; near matches are listed for review and never linked. `codes`: "
        "self-generated codes are linked as well where they differ in at most `most_errors` places and no "
        "other pair comes near.",
    )
    most_errors: int = Field(
        default=2,
        ge=1,
        le=4,
        description="For `codes`: most elements that may differ (with the wave's `elements`), or most typing "
        "errors in a code (letters added, dropped, changed, or swapped with the next).",
    )
    constants: tuple[Name, ...] = Field(
        default=(),
        description="Indicators or covariates that can't change: two rows of one code in a wave that differ "
        "in all of them are two people, and neither is linked.",
    )

    def _faults(self) -> Iterator[Problem]:
        yield from repeats("constants", self.constants)


def files_of(
    codebook: str | None, records: Iterable[RawFile | None], waves: Iterable[Wave]
) -> tuple[str, ...]:
    """Return the names of the raw files that a study names, in reading order."""
    books = [codebook] if codebook is not None else []
    surveys = [file for wave in waves for file in (wave, wave.labels) if file is not None]
    return (*books, *(record.file for record in (*records, *surveys) if record))
