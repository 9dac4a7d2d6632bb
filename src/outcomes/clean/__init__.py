"""Who answered what, when; and what was changed or left out, and why?

In: the raw files of a study as bytes, and the part of the study that names them. Out: people, answers,
matches, engagement, the ledger of rows left out and cells changed, what became of each file's rows, and
participation. All problems of all files are found in one pass; with any, there is no output.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes import tables
from outcomes.clean.codebook import read_codebook
from outcomes.clean.flow import participation
from outcomes.clean.intake import Intake
from outcomes.clean.people import read_register, roll
from outcomes.clean.records import read_engagement, read_matches
from outcomes.clean.source import Records
from outcomes.clean.survey import read_survey
from outcomes.columns import Table, empty, expect
from outcomes.errors import DataError, Problem, listed
from outcomes.study.stages import Cleaning


def clean(files: Mapping[str, bytes], part: Cleaning) -> dict[str, pd.DataFrame]:
    """Return the tables of the stage by name, from the raw files' bytes by name.

    Raises DataError with every problem found in any file; a file that ``files`` lacks is one of them.
    """
    intake = Intake(files, part)
    columns = read_codebook(intake)
    register = read_register(intake)
    read = {name: read_survey(intake, name, columns[name]) for name in part.waves}
    matches, engagement = read_matches(intake), read_engagement(intake)
    if intake.problems:
        raise DataError(intake.problems)
    surveys = {name: survey for name, survey in read.items() if survey is not None}
    people = roll(part, register, surveys.values(), surveys[next(iter(part.waves))].by_person())
    read_all = [records for records in (*surveys.values(), matches, engagement) if records is not None]
    for records in read_all:
        _leave_out_strangers(records, people["person"], part)
    if intake.problems:
        raise DataError(intake.problems)
    made = {
        "people": people,
        "answers": pd.concat([survey.used.assign(wave=name) for name, survey in surveys.items()]),
        "matches": _rows(matches, tables.MATCHES),
        "engagement": _rows(engagement, tables.ENGAGEMENT),
    }
    made |= {"ledger": intake.ledger(), "rows": intake.rows(), "participation": participation(made, part)}
    return {name: expect(frame, tables.RESTRICTED[name]) for name, frame in made.items()}


def _leave_out_strangers(records: Records, known: pd.Series, part: Cleaning) -> None:
    strangers = records.rows.index[~records.rows["person"].isin(known)]
    source = records.source
    source.leave_out(strangers, "in no wave" if part.register_ is None else "not in the register")
    if not source.used.any():
        reasons = listed(f"{n} {reason}" for reason, n in source.reasons.value_counts(sort=False).items())
        found, mend = f"no row that can be used ({reasons})", "look whether all files write the ids alike"
        source.problems.append(Problem(source.file, found, "one or more", mend))


def _rows(records: Records | None, table: Table) -> pd.DataFrame:
    return empty(table) if records is None else records.used
