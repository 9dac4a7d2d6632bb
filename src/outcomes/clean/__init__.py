"""Who answered what, when; and what was changed or left out, and why?

In: a study's raw files as bytes, the part of the study that names them, and the secret behind pseudonyms.
Out: people, answers, matches, engagement, how responses were linked, the ledger of rows left out and cells
changed, what became of each file's rows, flags, participation, and how the SES markers agree. All problems of
all files are found in one pass; with any error there is no output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes import tables
from outcomes.clean.agreement import agreement, rule_changes
from outcomes.clean.flow import participation
from outcomes.clean.intake import Intake
from outcomes.clean.links import linkage
from outcomes.clean.private import pseudonyms
from outcomes.clean.rounds import Round, read_round
from outcomes.clean.source import Records
from outcomes.columns import Table, empty, expect
from outcomes.errors import DataError, Problem
from outcomes.study.stages import Cleaning


@dataclass(frozen=True)
class Cleaned:
    """What came of the raw files: the tables of the stage by name, the warnings, and what each file is."""

    tables: dict[str, pd.DataFrame]
    warnings: tuple[Problem, ...]
    files: tuple[str, ...]
    """A sentence a file: what it was read as."""


def clean(files: Mapping[str, bytes], part: Cleaning, secret: bytes | None = None) -> Cleaned:
    """Return the tables of the stage, from the raw files' bytes by name.

    ``secret`` is the key behind the pseudonyms; without one ids stay as they are. Raises DataError with every
    problem found in any file, warnings among them; a file that ``files`` lacks is one of them.
    """
    intake = Intake(files, part)
    found = read_round(intake)
    if found is None or intake.errors:
        raise DataError(sorted(intake.problems, key=lambda problem: not problem.is_error))
    made = _tables(intake, found)
    made = {name: expect(frame, tables.RESTRICTED[name]) for name, frame in made.items()}
    if secret is not None:
        made = {name: _pseudonymised(frame, secret, part.study) for name, frame in made.items()}
    return Cleaned(made, tuple(intake.problems), tuple(intake.said))


def _tables(intake: Intake, found: Round) -> dict[str, pd.DataFrame]:
    """Return the tables of the stage, with the ids as they are."""
    part, people = intake.part, found.people
    links = found.linked.table(found.surveys)
    items = list(dict.fromkeys(item for survey in found.surveys.values() for item in survey.items))
    answers = [
        survey.used[["person", "answered_on", *survey.items]].assign(wave=name)
        for name, survey in found.surveys.items()
    ]
    made = {
        "people": people,
        "answers": pd.concat(answers, ignore_index=True)[["person", "wave", "answered_on", *items]],
        "matches": _rows(found.matches, tables.MATCHES),
        "engagement": _rows(found.engagement, tables.ENGAGEMENT),
        "links": links,
        "review": found.linked.to_review(),
        "linkage": linkage(links, people),
        "ledger": intake.ledger(),
        "rows": intake.rows(),
        "flags": found.flags(),
        "checks": _checks(intake),
    }
    made["participation"] = participation(made, part)
    return made | {"agreement": agreement(people, part.ses), "ses_rules": rule_changes(people, part.ses)}


def _checks(intake: Intake) -> pd.DataFrame:
    """Return how many rows each kind of warning is about, file by file."""
    counted: dict[tuple[str, str], int] = {}
    for problem in intake.problems:
        key = (problem.code, problem.file or problem.where)
        counted[key] = counted.get(key, 0) + max(1, len(problem.rows))
    rows = [{"code": code, "file": file, "n": n} for (code, file), n in counted.items()]
    return pd.DataFrame(rows, columns=tables.CHECKS.names)


def _rows(records: Records | None, table: Table) -> pd.DataFrame:
    return empty(table) if records is None else records.used


def _pseudonymised(frame: pd.DataFrame, secret: bytes, study: str) -> pd.DataFrame:
    """Return a table with pseudonyms in the place of ids; the order of the rows is not theirs."""
    named = [column for column in ("person", "mentor") if column in frame.columns]
    return frame.assign(**{column: pseudonyms(frame[column], secret, study, column) for column in named})
