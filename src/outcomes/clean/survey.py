"""What did each person answer in one wave?

In: the file of a wave, and which column holds which item. Out: one row a response with the codes of the items
and what the wave says about the person; which responses are used is noted in the file's reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from outcomes.clean.intake import Intake
from outcomes.clean.people import attributes
from outcomes.clean.source import Records
from outcomes.errors import Problem
from outcomes.study import Wave
from outcomes.study.stages import Cleaning


@dataclass
class Survey(Records):
    """One wave: its responses, and the attributes of the person that it holds, by spreadsheet row."""

    wave: str
    attributes: pd.DataFrame

    def by_person(self) -> pd.DataFrame:
        """Return the attributes indexed by person: of the response that is used, else of any row."""
        order = (~self.source.used).sort_values(kind="stable").index
        known = self.attributes.assign(person=self.rows["person"]).loc[order]
        return known.drop_duplicates("person").set_index("person")


def read_survey(intake: Intake, name: str, columns: dict[str, str]) -> Survey | None:
    """Return wave ``name``, or None where it can't be read; ``columns`` maps an item id to its column.

    Problems go to ``intake``.
    """
    part, wave = intake.part, intake.part.waves[name]
    needed = [wave.person, wave.answered_on, wave.finished, *columns.values(), *part.columns_of(name)]
    source = intake.read(wave.file, needed, wave.layout, name)
    if source is None:
        return None
    answers = {
        item: source.codes(column, part.items[name][item], wave.answers_as == "labels")
        for item, column in columns.items()
    }
    person, day = source.ids(wave.person), source.days(wave.answered_on)
    responses = pd.DataFrame({"person": person, "answered_on": day, **answers})
    survey = Survey(source, responses, name, attributes(source, part, name))
    _leave_out(survey, list(columns), wave, part)
    _one_each(survey, list(columns), part)
    return survey


def _leave_out(survey: Survey, items: list[str], wave: Wave, part: Cleaning) -> None:
    source, responses = survey.source, survey.rows
    rows = responses.index
    source.leave_out(rows[responses[items].isna().all(axis=1)], "no answers")
    if part.responses.partial == "leave_out" and wave.finished is not None:
        source.leave_out(rows[~source.sheet[wave.finished].isin(wave.finished_values)], "not finished")
    if part.responses.late == "leave_out" and wave.closes is not None:
        late = responses["answered_on"].fillna("") > wave.closes.isoformat()
        source.leave_out(rows[late], "after the wave closed")


def _one_each(survey: Survey, items: list[str], part: Cleaning) -> None:
    """Leave one response a person: the one that the declared rule keeps; identical ones need no rule."""
    source, rule, used = survey.source, part.responses.duplicates, survey.used
    twice = used[used["person"].notna() & used["person"].duplicated(keep=False)]
    kept = _kept(twice, items, rule)
    answers = twice.groupby(["person", *items], sort=False, dropna=False).ngroup()
    same = answers.isin(answers[kept])
    if rule == "refuse" and not same.all():
        for _, rows in twice[twice["person"].isin(twice["person"][~same])].groupby("person", sort=False):
            place = source.place(part.waves[survey.wave].person).rows(rows.index)
            mend = "remove one, or declare `responses: duplicates` as first, last or most_complete"
            found, allowed = "the same person with different answers", "one row a person and wave"
            source.problems.append(Problem(place, found, allowed, mend))
    for why, left in (("identical duplicate", same), (f"duplicate, {rule.replace('_', ' ')} kept", ~same)):
        source.leave_out(twice.index[left].difference(kept), why)


def _kept(twice: pd.DataFrame, items: list[str], rule: str) -> pd.Index:
    """Return the row of each person that ``rule`` keeps; time is the day answered, then the row.

    A row without a day counts as earlier than one with a day. The latest of equally complete rows is kept.
    """
    in_time = twice.sort_values("answered_on", kind="stable", na_position="first")
    if rule == "most_complete":
        in_time = in_time.loc[in_time[items].notna().sum(axis=1).sort_values(kind="stable").index]
    keep: Literal["first", "last"] = "last" if rule in ("last", "most_complete") else "first"
    return in_time.index[~in_time["person"].duplicated(keep=keep)]
