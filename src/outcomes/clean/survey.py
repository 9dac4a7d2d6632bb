"""What did each person answer in one wave?

In: the file of a wave, and which column holds which item. Out: one row a response with the codes of the items
and what the wave says about the person; which responses are used is noted in the file's reasons.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from outcomes.clean.codebook import ItemColumn
from outcomes.clean.exports import against_labels, value_labels
from outcomes.clean.identity import identify
from outcomes.clean.intake import Intake
from outcomes.clean.people import attributes
from outcomes.clean.responses import leave_out_strays
from outcomes.clean.source import Records, Source
from outcomes.errors import Problem
from outcomes.study import Wave
from outcomes.study.stages import Cleaning


@dataclass
class Survey(Records):
    """One wave: its responses, and the attributes of the person that it holds, by spreadsheet row.

    ``rows`` holds person (the id, in its shape), answered_on (a day), at (day and time) and the items.
    """

    wave: str
    attributes: pd.DataFrame
    items: list[str]
    columns: dict[str, str]
    """Item to column, for messages."""
    seconds: pd.Series
    """How long each answer took, NaN where nothing says."""
    ended: pd.Series
    cohort: pd.Series
    elements: pd.DataFrame
    """The parts of a self-generated code; no columns where one column holds the id."""
    flags: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"row": [], "flag": []}))

    def by_person(self) -> pd.DataFrame:
        """Return the attributes indexed by person: of the response that is used, else of any row."""
        used = pd.Series(self.rows.index.isin(self.source.live), index=self.rows.index)
        order = (~used).sort_values(kind="stable").index
        known = self.attributes.assign(person=self.rows["person"]).loc[order]
        return known.drop_duplicates("person").set_index("person")


def needed_columns(part: Cleaning, name: str, entries: Mapping[str, ItemColumn]) -> list[str | None]:
    """Return the columns that wave ``name`` must have."""
    wave = part.waves[name]
    consent = wave.consent.column if wave.consent is not None else None
    items = [column for entry in entries.values() for column in (entry.column, *entry.question)]
    return [
        *wave.id_columns, wave.cohort, wave.response, wave.answered_on, wave.ended, wave.seconds,
        wave.finished, consent, wave.comment, *items, *part.columns_of(name),
    ]  # fmt: skip


def read_survey(
    intake: Intake, name: str, entries: dict[str, ItemColumn], gone: Collection[str]
) -> Survey | None:
    """Return wave ``name``, or None where it can't be read; ``entries`` says by item where it is.

    ``gone`` are the ids of those who withdrew: nothing of them is read. Problems go to ``intake``.
    """
    part, wave = intake.part, intake.part.waves[name]
    source = intake.read(wave, needed_columns(part, name, entries), name, ids=wave.id_columns)
    if source is None:
        return None
    ids, elements = identify(source, wave, part)
    leave_out_strays(source, wave, part, ids, gone)
    person = ids.values.loc[source.live]
    answers = {item: source.codes(entry, wave.answers_as) for item, entry in entries.items()}
    at, ended = source.times(wave.answered_on), source.times(wave.ended)
    responses = pd.DataFrame({"person": person, "answered_on": at.str[:10], "at": at, **answers})
    _check_labels(intake, source, wave, entries)
    return Survey(
        source, responses, name, attributes(source, part, name), list(entries),
        {item: entry.column for item, entry in entries.items()}, source.numbers(wave.seconds), ended,
        source.text(wave.cohort), elements.loc[source.live],
    )  # fmt: skip


def _check_labels(intake: Intake, source: Source, wave: Wave, entries: Mapping[str, ItemColumn]) -> None:
    """Compare the codes with the wording: that of the file's own labels, and that of the label export."""
    source.problems += _declared_labels(source, entries)
    if wave.labels is None or wave.response is None:
        return
    part = intake.part
    columns = [wave.labels.response, *(entry.column for entry in entries.values())]
    other = intake.read(wave.labels, columns)
    if other is None:
        return
    items = {item: entry for item, entry in entries.items() if entry.option is None}
    source.problems += against_labels(
        {item: source.raw(entry.column) for item, entry in items.items()},
        {item: other.raw(entry.column) for item, entry in items.items()},
        (source.raw(wave.response), other.raw(wave.labels.response)),
        items,
        source.file,
        labels_file=other.file,
        missing=part.missing,
        wave=source.wave or "",
    )
    intake.sources.remove(other)
    intake.noted += other.problems


def _declared_labels(source: Source, entries: Mapping[str, ItemColumn]) -> Iterator[Problem]:
    for item, entry in entries.items():
        labels = source.sheet.value_labels.get(source.columns.get(entry.column, entry.column))
        if labels and entry.option is None:
            yield from value_labels(
                entry, labels, source.place(entry.column), item=item, wave=source.wave or ""
            )
