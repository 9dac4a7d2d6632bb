"""Who answered what, when; and what was changed or left out, and why?

In: the raw files of a study as bytes, and the part of the study that names them. Out: people, answers, matches,
engagement, the ledger of rows left out and cells changed, what became of each file's rows, and participation.
All problems of all files are found in one pass; with any, there is no output.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes import tables
from outcomes.clean.codebook import read_codebook
from outcomes.clean.flow import participation
from outcomes.clean.intake import Intake
from outcomes.clean.people import read_people
from outcomes.clean.records import read_engagement, read_matches
from outcomes.clean.survey import Survey, read_survey
from outcomes.columns import expect
from outcomes.errors import DataError
from outcomes.study.stages import Cleaning


def clean(files: Mapping[str, bytes], part: Cleaning) -> dict[str, pd.DataFrame]:
    """Return the tables of the stage by name, from the raw files' bytes by name.

    Raises DataError with every problem found in any file; a file that ``files`` lacks is one of them.
    """
    intake = Intake(files, part.folder)
    columns = read_codebook(intake, part)
    attributes = [
        a.column for a in {**part.ses.indicators, **part.covariates}.values() if a.source == "register"
    ]
    register = intake.register(part.register_, attributes)
    read = {name: read_survey(intake, name, part, columns[name]) for name in part.waves}
    surveys = {name: survey for name, survey in read.items() if survey is not None}
    people = read_people(intake, part, register, surveys)
    matches = read_matches(intake, part.matches, part.missing)
    engagement = read_engagement(intake, part.engagement, part.missing)
    if intake.problems:
        raise DataError(intake.problems)
    registered = set(people["person"])
    for name, survey in surveys.items():
        strangers = (survey.reasons == "used") & ~survey.responses["person"].isin(registered)
        survey.reasons[strangers] = "not in the register"
        intake.reasons[part.waves[name].file] = survey.reasons
    if part.matches is not None:
        matches = intake.registered(matches, registered, part.matches.file)
    if part.engagement is not None:
        engagement = intake.registered(engagement, registered, part.engagement.file)
    answers = _answers(surveys)
    waves = {wave.file: name for name, wave in part.waves.items()}
    changed = [cell for survey in surveys.values() for cell in survey.changed]
    made = {
        "people": people,
        "answers": answers,
        "matches": matches,
        "engagement": engagement,
        "ledger": intake.ledger(waves, changed),
        "rows": intake.rows(waves),
        "participation": participation(people, answers, matches, engagement, part),
    }
    return {name: expect(frame, tables.RESTRICTED[name]) for name, frame in made.items()}


def _answers(surveys: Mapping[str, Survey]) -> pd.DataFrame:
    """Return all used responses below each other, waves in order of time, without how they came in."""
    rows = [survey.kept.drop(columns="finished").assign(wave=name) for name, survey in surveys.items()]
    return pd.concat(rows, ignore_index=True)
