"""One pass over all raw files: read, leave out, link, and note all that is wrong or odd.

In: the intake of a study. Out: the waves, the people and the scheme's book-keeping, by meaning; the problems
of all files are in the intake.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes import tables
from outcomes.clean import quality, waves
from outcomes.clean.codebook import COLUMNS, ItemColumn, read_codebook
from outcomes.clean.ids import lost_zeros, twins
from outcomes.clean.intake import Intake
from outcomes.clean.links import APART, NO_ID, Linked, keep_apart, link, name_blanks, to_look_at
from outcomes.clean.people import read_register, roll
from outcomes.clean.records import read_engagement, read_matches, read_withdrawn
from outcomes.clean.responses import is_finished, leave_out_copies, leave_out_unusable, one_each
from outcomes.clean.ses import index_problems
from outcomes.clean.source import Records
from outcomes.clean.survey import Survey, read_survey
from outcomes.errors import in_file, listed
from outcomes.study.sources import RawFile
from outcomes.study.stages import Cleaning


@dataclass
class Round:
    """What the raw files hold, by meaning."""

    surveys: dict[str, Survey]
    people: pd.DataFrame
    matches: Records | None
    engagement: Records | None
    linked: Linked

    def flags(self) -> pd.DataFrame:
        """Return the flags of all waves."""
        parts = [
            survey.flags.assign(file=survey.source.file, wave=name) for name, survey in self.surveys.items()
        ]
        return pd.concat(parts, ignore_index=True)[tables.FLAGS.names]


def read_round(intake: Intake) -> Round | None:
    """Return what the raw files hold, or None where an error stands in the way; problems go to ``intake``."""
    part = intake.part
    entries = _codebook(intake)
    gone = read_withdrawn(intake)
    register = read_register(intake, gone)
    read = {name: read_survey(intake, name, entries[name], gone) for name in part.waves}
    matches, engagement = read_matches(intake, gone), read_engagement(intake, gone)
    surveys = {name: survey for name, survey in read.items() if survey is not None}
    _note_files(intake, register, surveys)
    apart = {name: _one_response_each(survey, part) for name, survey in surveys.items()}
    intake.finish()
    if intake.errors:
        return None
    linked = link(surveys, part, apart, register.rows if register is not None else None)
    people = roll(part, register, surveys.values(), surveys[next(iter(part.waves))].by_person())
    for records in (*surveys.values(), matches, engagement):
        if records is not None:
            _leave_out_strangers(intake, records, people["person"])
    _note_people(intake, surveys, register, people, linked)
    return Round(surveys, people, matches, engagement, linked)


def _codebook(intake: Intake) -> dict[str, dict[str, ItemColumn]]:
    """Return by wave where each item is; while a codebook can't be read, no item is looked for."""
    part = intake.part
    if part.codebook is None:
        return read_codebook(None, "", part.items)[0]
    sheet = intake.sheet(RawFile.model_validate({"file": part.codebook}))
    where = intake.where(part.codebook)
    if sheet is None:
        return {wave: {} for wave in part.items}
    book = sheet.cells.astype("string").apply(lambda column: column.str.strip())
    lacking = [column for column in COLUMNS if column not in book.columns]
    if lacking:
        mend = "name the columns of the codebook so"
        found = f"no column '{listed(lacking)}'"
        intake.noted.append(in_file("no-column", where, found, listed(COLUMNS), mend, rows=(1,)))
        return {wave: {} for wave in part.items}
    entries, problems = read_codebook(book, where, part.items)
    intake.noted += problems
    return entries


def _one_response_each(survey: Survey, part: Cleaning) -> dict[str, pd.Index]:
    """Leave one response a person; return the rows that nothing may link, by why."""
    source, wave = survey.source, part.waves[survey.wave]
    answers = survey.rows[["person", *survey.items]]
    survey.flags = quality.flags(
        answers, part, survey.wave, seconds=survey.seconds, started=survey.rows["at"], ended=survey.ended,
        finished=is_finished(source, wave),
    )  # fmt: skip
    leave_out_unusable(source, survey.rows, survey.items, wave, part, survey.flags)
    leave_out_copies(source, wave)
    apart = keep_apart(survey, part)
    one_each(source, survey.rows, survey.items, wave, part)
    blank = name_blanks(survey) if part.responses.blank_ids == "keep" else survey.rows.index[:0]
    survey.flags = survey.flags[survey.flags["row"].isin(source.live)]
    return {APART: apart.intersection(source.live), NO_ID: blank.intersection(source.live)}


def _note_files(intake: Intake, register: Records | None, surveys: Mapping[str, Survey]) -> None:
    """Note what the files tell only together: one file for two waves, ids that are written in two ways."""
    part = intake.part
    digests = {name: intake.digests.get(wave.file, name) for name, wave in part.waves.items()}
    files = {name: intake.where(wave.file) for name, wave in part.waves.items()}
    intake.noted += waves.same_file(digests, files)
    columns = {one.source.file: (", ".join(part.waves[name].id_columns), one.used["person"])
               for name, one in surveys.items()}  # fmt: skip
    if register is not None and part.register_ is not None:
        columns[register.source.file] = (part.register_.person, register.used["person"])
    intake.noted += [*twins(columns), *lost_zeros(columns)]


def _note_people(
    intake: Intake,
    surveys: Mapping[str, Survey],
    register: Records | None,
    people: pd.DataFrame,
    linked: Linked,
) -> None:
    """Note what is odd about people and their answers over the waves."""
    part = intake.part
    answers = {name: survey.used[["person", *survey.items]] for name, survey in surveys.items()}
    names = {name: survey.source.file for name, survey in surveys.items()}
    files = {name: (survey.source.file, survey.columns) for name, survey in surveys.items()}
    intake.noted += quality.warnings(answers, part, files)
    intake.noted += quality.careless({name: survey.flags for name, survey in surveys.items()}, part, files)
    persons = {name: survey.used["person"] for name, survey in surveys.items()}
    intake.noted += [*waves.overlap(persons, names), *waves.same_answers(answers, names)]
    intake.noted += [
        *waves.before(*_dated(surveys, part)),
        *waves.stable(*_said(intake, surveys, register), part),
    ]
    first = next(iter(surveys.values()))
    intake.noted += waves.groups(people, first.used["person"], part)
    intake.noted += index_problems(people, part.ses)
    intake.noted += to_look_at(linked, part.folder)


def _dated(
    surveys: Mapping[str, Survey], part: Cleaning
) -> tuple[dict[str, pd.DataFrame], dict[str, tuple[str, str]]]:
    """Return by wave when each person answered, with the file and the column that say so."""
    dated = {name: one for name, one in surveys.items() if part.waves[name].answered_on is not None}
    frames = {
        name: one.used[["person", "answered_on"]].assign(row=one.used.index).set_index("person")
        for name, one in dated.items()
    }
    return frames, {
        name: (one.source.file, part.waves[name].answered_on or "") for name, one in dated.items()
    }


def _said(
    intake: Intake, surveys: Mapping[str, Survey], register: Records | None
) -> tuple[dict[str, pd.DataFrame], dict[str, tuple[str, dict[str, str]]]]:
    """Return what each source says of its people, also a later wave with an attribute's column once more."""
    part = intake.part
    held = {name: attribute.column for name, attribute in part.attributes.items()}
    frames, files = {}, {}
    sources = {"register": register, **surveys} if register is not None else dict(surveys)
    for name, records in sources.items():
        own = {key for key, attribute in part.attributes.items() if attribute.source == name}
        there = {key: column for key, column in held.items() if column in records.source.sheet.cells}
        if not there:
            continue
        used = records.used
        known = {
            key: used[key] if key in own and key in used else records.source.glance(part.attributes[key])
            for key in there
        }
        frame = pd.DataFrame({key: column.reindex(used.index) for key, column in known.items()})
        frames[name] = frame.assign(row=used.index, person=used["person"]).set_index("person")
        files[name] = (records.source.file, there)
    return frames, files


def _leave_out_strangers(intake: Intake, records: Records, known: Collection[str]) -> None:
    source, part = records.source, intake.part
    strangers = records.rows.index[~records.rows["person"].isin(known)]
    source.leave_out(strangers, "in no wave" if part.register_ is None else "not in the register")
    if source.live.empty:
        counts = source.reasons.value_counts(sort=False)
        reasons = listed(f"{n} {reason}" for reason, n in counts.items() if n)
        found, mend = f"no row that can be used ({reasons})", "look whether all files write the ids alike"
        source.problems.append(in_file("no-usable-row", source.file, found, "one or more", mend))
