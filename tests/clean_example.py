"""A small evaluation to clean: six mentees, two waves, matches and an engagement log, drawn as tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import tiny
from table import csv

from outcomes.clean import clean
from outcomes.errors import DataError
from outcomes.study import Instrument, Loaded, Profile, Study
from outcomes.study.stages import Cleaning
from outcomes.study.yamltext import parse

STUDY = """\
study: six
title: Six mentees
origin: synthetic
ids: public
source: invented for the tests
missing: ["", "-99", refused]
register: {file: register.csv, person: id, cohort: intake}
matches:
  {file: matches.csv, person: mentee, mentor: mentor, start: from, end: until, attributes: {age: mentor age}}
engagement: {file: log.csv, person: mentee, kind: what, day: on, hours: hours}
waves:
  start:
    {label: Start, months: 0, file: start.csv, person: id, answered_on: day, finished: done,
     closes: 2025-10-31}
  end:
    {label: End, months: 8, file: end.csv, person: id, answered_on: day, finished: done,
     closes: 2026-06-30}
ses:
  rule: single
  indicators:
    fsm: {label: Free school meals, column: fsm, about: person, low: ["yes"], high: ["no"]}
covariates:
  gender: {label: Gender, column: gender, levels: [woman, man]}
outcomes:
  calm: {label: Calm, instrument: calm, scale: total, domain: psychosocial}
hypotheses: {}
disclosure: {profile: hesa}
"""

FILES = {
    "register.csv": """
        id | intake | fsm     | gender
        M1 | 2024   | yes     | woman
        M2 | 2024   | no      | man
        M3 | 2024   | yes     | man
        M4 | 2024   | refused | woman
        M5 | 2023   | no      | woman
        M6 | 2023   | no      | refused
    """,
    "start.csv": """
        id | day        | done | q1 | q2  | q3
        M1 | 2025-10-01 | Yes  | 1  | 5   | 2
        M2 | 2025-10-01 | Yes  | 2  | 4   | -99
        M3 | 2025-10-02 | No   | 3  |     |
        M4 | 2025-10-03 | Yes  | 4  | 2   | 4
        M5 | 2025-10-04 | No   |    | -99 |
        X9 | 2025-10-05 | Yes  | 5  | 1   | 5
    """,
    "end.csv": """
        id | day              | done | q1 | q2 | q3
        M1 | 2026-05-01 10:00 | Yes  | 3  | 3  | 4
        M3 | 2026-05-02       | No   | 4  | 2  |
        M3 | 2026-05-04       | Yes  | 5  | 1  | 5
        M4 | 2026-05-03       | Yes  | 4  | 2  | 4
        M4 | 2026-05-03       | Yes  | 4  | 2  | 4
        M6 | 2026-07-01       | Yes  | 1  | 1  | 1
    """,
    "matches.csv": """
        mentee | mentor | from       | until      | mentor age
        M1     | A      | 2025-11-01 | 2026-05-01 | 40
        M2     | A      | 2025-11-01 |            | 40
        M4     | B      | 2025-11-02 |            | refused
        X9     | B      | 2025-11-02 |            | 50
    """,
    "log.csv": """
        mentee | what     | on         | hours
        M1     | workshop | 2025-12-01 | 1.5
        M1     | bursary  | 2025-12-02 |
        M6     | meeting  | 2026-01-10 | 2
    """,
}
"""File name to what a spreadsheet shows."""

Changes = Mapping[str, str | bytes | None] | None

LAST = {"waves:\n": "responses: {duplicates: last}\nwaves:\n"}
"""The change that lets the later of two responses stand."""


NO_REGISTER = {
    **LAST,
    "register: {file: register.csv, person: id, cohort: intake}\n": "",
    "column: fsm, about": "column: fsm, source: start, about",
    "column: gender, levels": "column: gender, source: start, levels",
}

START = """
    id | day        | done | q1 | q2 | q3 | fsm | gender
    M1 | 2025-10-01 | Yes  | 1  | 5  | 2  | yes | woman
    M1 | 2025-10-02 | Yes  | 2  | 5  | 2  | no  | woman
    M2 | 2025-10-01 | Yes  |    |    |    | yes | man
    M3 | 2025-10-01 | Yes  | 2  | 2  | 2  |     | man
"""
"""The baseline wave where it says who the people are; M1 answers twice, M2 nothing."""


def part(changes: Mapping[str, str] = LAST, instrument: str = tiny.INSTRUMENT) -> Cleaning:
    """What `clean` reads of the study after words of it were exchanged."""
    text = STUDY
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    study = Study.model_validate(parse(text, "six.yaml"))
    scale = Instrument.model_validate(parse(instrument, "calm.yaml"))
    profile = Profile.model_construct()
    return Cleaning.of(Loaded.model_construct(study=study, instruments={"calm": scale}, profile=profile))


def raw(changed: Changes = None) -> dict[str, bytes]:
    """The raw files, some of them drawn anew, given as bytes, or taken away."""
    drawn = {**FILES, **(changed or {})}
    return {
        name: text if isinstance(text, bytes) else csv(text)
        for name, text in drawn.items()
        if text is not None
    }


def cleaned(changed: Changes = None, study: Cleaning | None = None) -> dict[str, pd.DataFrame]:
    """The tables that come of it."""
    return clean(raw(changed), study or part()).tables


def problems(changed: Changes = None, study: Cleaning | None = None) -> list[str]:
    """The sentences that the raw files are refused with; none if they are cleaned."""
    try:
        cleaned(changed, study)
    except DataError as refused:
        return [str(problem) for problem in refused.problems if problem.is_error]
    return []
