"""What did each person answer in one wave?

In: the sheet of a wave, and which column holds which item. Out: one row a response with the codes of the items, the
reason of each row (used, or why it is left out) and the cells that cleaning changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from outcomes.clean import cells
from outcomes.clean.cells import Place
from outcomes.clean.intake import USED, Intake
from outcomes.errors import Problem
from outcomes.study import Wave
from outcomes.study.stages import Cleaning


@dataclass
class Survey:
    """One wave, read: its sheet with ``person`` added, responses and reasons by spreadsheet row, cells changed."""

    sheet: pd.DataFrame
    responses: pd.DataFrame
    reasons: pd.Series
    changed: list[dict[str, object]] = field(default_factory=list)

    @property
    def kept(self) -> pd.DataFrame:
        """The responses that are used: one row a person."""
        return self.responses[self.reasons == USED]


def read_survey(intake: Intake, name: str, part: Cleaning, columns: dict[str, str]) -> Survey | None:
    """Return wave ``name``, or None where it can't be read; ``columns`` maps an item id to its column.

    Problems go to ``intake``.
    """
    wave = part.waves[name]
    sheet = intake.sheet(wave.file, wave.layout)
    attributes = [a.column for a in {**part.ses.indicators, **part.covariates}.values() if a.source == name]
    needed = [wave.person, wave.answered_on, wave.finished, *columns.values(), *attributes]
    if sheet is None or not intake.columns(sheet, needed, wave.file):
        return None
    person, found = cells.ids(sheet[wave.person], Place(intake.where(wave.file), wave.person))
    intake.problems += found
    survey = Survey(
        sheet.assign(person=person),
        pd.DataFrame({"person": person}),
        pd.Series(USED, index=sheet.index, dtype="string"),
    )
    _read_meta(survey, wave, part, intake)
    for item, column in columns.items():
        given = cells.answered(sheet[column], part.missing)
        place = Place(intake.where(wave.file), column)
        survey.responses[item], found = cells.codes(
            given, part.items[name][item], wave.answers_as == "labels", place
        )
        intake.problems += found
        survey.changed += _emptied(sheet[column], given, place, name)
    _leave_out(survey, list(columns), wave, part)
    intake.problems += _one_each(survey, list(columns), part, Place(intake.where(wave.file), wave.person))
    return survey


def _read_meta(survey: Survey, wave: Wave, part: Cleaning, intake: Intake) -> None:
    index = survey.sheet.index
    survey.responses["answered_on"] = pd.Series(pd.NA, index=index, dtype="string")
    if wave.answered_on is not None:
        given = cells.answered(survey.sheet[wave.answered_on], {*part.missing, ""})
        place = Place(intake.where(wave.file), wave.answered_on)
        survey.responses["answered_on"], found = cells.days(given, place)
        intake.problems += found
    done = survey.sheet[wave.finished].isin(wave.finished_values) if wave.finished is not None else True
    survey.responses["finished"] = pd.Series(done, index=index, dtype="bool")


def _leave_out(survey: Survey, items: list[str], wave: Wave, part: Cleaning) -> None:
    responses, reasons = survey.responses, survey.reasons
    reasons[responses[items].isna().all(axis=1)] = "no answers"
    if part.responses.partial == "leave_out":
        reasons[(reasons == USED) & ~responses["finished"]] = "not finished"
    if part.responses.late == "leave_out" and wave.closes is not None:
        late = responses["answered_on"].fillna("") > wave.closes.isoformat()
        reasons[(reasons == USED) & late] = "after the wave closed"


def _one_each(survey: Survey, items: list[str], part: Cleaning, place: Place) -> list[Problem]:
    """Leave one response a person: identical ones are reduced to the first, others by the declared rule."""
    used = survey.kept
    repeated = used.index[used["person"].notna() & used.duplicated(["person", *items])]
    survey.reasons[repeated] = "identical duplicate"
    used = used.drop(repeated)
    twice = used[used["person"].notna() & used["person"].duplicated(keep=False)]
    rule = part.responses.duplicates
    problems = []
    for _, rows in twice.groupby("person", sort=False):
        if rule == "refuse":
            problems.append(
                Problem(place.rows(rows.index), "the same person with different answers", "one row a person and wave",
                        "remove one, or declare `responses: duplicates` as first, last or most_complete")
            )  # fmt: skip
        else:
            survey.reasons[rows.index.drop(_chosen(rows, items, rule))] = (
                f"duplicate, {rule.replace('_', ' ')} kept"
            )
    return problems


def _chosen(rows: pd.DataFrame, items: list[str], rule: str) -> object:
    """Return the row that ``rule`` keeps; time is the day answered, then the order in the file."""
    in_time = rows.sort_values("answered_on", kind="stable", na_position="first").index
    if rule == "first":
        return in_time[0]
    if rule == "last":
        return in_time[-1]
    answered = rows.loc[in_time, items].notna().sum(axis=1)
    return answered[answered == answered.max()].index[-1]


def _emptied(before: pd.Series, given: pd.Series, place: Place, wave: str) -> list[dict[str, object]]:
    gone = before[given.isna() & (before != "")]
    return [
        {"file": place.file, "wave": wave, "row": row, "column": place.column, "before": value,
         "rule": "declared as no answer"}
        for row, value in gone.items()
    ]  # fmt: skip
