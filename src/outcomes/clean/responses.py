"""Which responses of a wave count, and why don't the others?

In: a wave's file and what the study says about previews, tests, consent, unfinished and repeated responses.
Out: the reason of each row that is left out, in the file's book-keeping.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import pandas as pd

from outcomes.clean.identity import note_faults
from outcomes.clean.ids import IdReading, is_test_comment
from outcomes.clean.intake import WITHDREW
from outcomes.clean.source import Source
from outcomes.study import Wave
from outcomes.study.stages import Cleaning

_STATUS = {"survey preview": 1, "survey test": 2, "spam": 8}
"""Words of Qualtrics' Status to the bit for them in its number (0 normal, 4 imported, 16 offline)."""


def leave_out_strays(
    source: Source, wave: Wave, part: Cleaning, person: IdReading, gone: Collection[str]
) -> None:
    """Leave out what no mentee answered: previews, tests, people who withdrew, answers without consent."""
    source.leave_out(person.values.index[person.values.isin(list(gone))], WITHDREW)
    for reason, rows in _marked(source):
        source.leave_out(rows, reason)
    _leave_out_tests(source, wave, part, person)
    if wave.consent is not None:
        said = source.raw(wave.consent.column).astype("string").str.strip()
        source.leave_out(said.index[~said.isin(wave.consent.given)], "no consent")
    note_faults(source, person, part.responses.blank_ids)


def _marked(source: Source) -> list[tuple[str, pd.Index]]:
    """Return the rows that Qualtrics itself marks as preview, test or spam."""
    if source.sheet.layout != "qualtrics":
        return []
    cells, found = source.sheet.cells, []
    if "Status" in cells.columns:
        said = cells["Status"].astype("string").str.strip().str.casefold()
        number = pd.to_numeric(said.where(said.str.fullmatch("[0-9]{1,2}")), errors="coerce").fillna(0)
        for word, bit in _STATUS.items():
            marked = (number.astype("int64") & bit).astype(bool) | said.str.contains(word, regex=False)
            found.append((word, cells.index[marked.fillna(value=False)]))
    if "DistributionChannel" in cells.columns:
        channel = cells["DistributionChannel"].astype("string").str.strip().str.casefold()
        found.append(("survey preview", cells.index[channel == "preview"]))
    return found


def _leave_out_tests(source: Source, wave: Wave, part: Cleaning, person: IdReading) -> None:
    """Leave out, or refuse, the responses that the team made to try the survey."""
    is_test = person.is_test.copy()
    if wave.comment is not None and part.identity.shape is not None:
        comment = is_test_comment(source.raw(wave.comment))
        is_test |= comment.reindex(is_test.index, fill_value=False) & ~person.fits & person.values.notna()
    rows = is_test.index[is_test & is_test.index.isin(source.live)]
    if rows.empty:
        return
    if part.responses.tests == "leave_out":
        source.leave_out(rows, "test response")
        return
    found = "the id of somebody who tried the survey (test, preview)"
    mend = "take the rows out, or declare `responses: {tests: leave_out}`"
    place = source.place(", ".join(wave.id_columns))
    source.problems.append(place.problem("id-test", found, "ids of mentees", mend, rows=rows))


def leave_out_unusable(
    source: Source, rows: pd.DataFrame, items: list[str], wave: Wave, part: Cleaning, flags: pd.DataFrame
) -> None:
    """Leave out responses without answers, and those the study does not want: unfinished, late, careless."""
    source.leave_out(rows.index[rows[items].isna().all(axis=1)], "no answers")
    finished = is_finished(source, wave)
    if part.responses.partial == "leave_out" and finished is not None:
        source.leave_out(finished.index[~finished], "not finished")
    if part.responses.late == "leave_out" and wave.closes is not None:
        late = rows["answered_on"].fillna("") > wave.closes.isoformat()
        source.leave_out(rows.index[late], "after the wave closed")
    for rule, flag in ((part.responses.straight_lines, "straight line"), (part.responses.fast, "fast")):
        if rule == "leave_out":
            source.leave_out(pd.Index(flags.loc[flags["flag"] == flag, "row"]), flag)


def is_finished(source: Source, wave: Wave) -> pd.Series | None:
    """Return whether each response was finished by the export's own word; None where it says nothing."""
    if wave.finished is None:
        return None
    return source.raw(wave.finished).astype("string").str.strip().isin(wave.finished_values).astype(bool)


def leave_out_copies(source: Source, wave: Wave) -> None:
    """Leave one of the rows that hold one and the same response, by its number."""
    if wave.response is None:
        return
    number = source.raw(wave.response).astype("string").str.strip()
    number = number[number != ""]
    source.leave_out(number.index[number.duplicated()], "identical duplicate")


def one_each(source: Source, rows: pd.DataFrame, items: list[str], wave: Wave, part: Cleaning) -> None:
    """Leave one response a person: the one that the declared rule keeps; identical ones need no rule."""
    rule, used = part.responses.duplicates, rows.loc[rows.index.intersection(source.live)]
    twice = used[used["person"].notna() & used["person"].duplicated(keep=False)]
    if twice.empty:
        return
    kept = _kept(twice, items, rule)
    answers = twice.groupby(["person", *items], sort=False, dropna=False).ngroup()
    same = answers.isin(answers[kept])
    if rule == "refuse" and not same.all():
        for _, repeated in twice[twice["person"].isin(twice["person"][~same])].groupby("person", sort=False):
            mend = "remove one, or declare `responses: duplicates` as first, last or most_complete"
            found, allowed = "the same person with different answers", "one row a person and wave"
            place = source.place(", ".join(wave.id_columns))
            source.problems.append(place.problem("person-twice", found, allowed, mend, rows=repeated.index))
    for why, left in (("identical duplicate", same), (f"duplicate, {rule.replace('_', ' ')} kept", ~same)):
        source.leave_out(twice.index[left].difference(kept), why)


def _kept(twice: pd.DataFrame, items: list[str], rule: str) -> pd.Index:
    """Return the row of each person that ``rule`` keeps; time is that of the answer, then the row.

    A row without a time counts as earlier than one with a time. The latest of equally complete rows is kept.
    """
    in_time = twice.sort_values("at", kind="stable", na_position="first")
    if rule == "most_complete":
        in_time = in_time.loc[in_time[items].notna().sum(axis=1).sort_values(kind="stable").index]
    keep: Literal["first", "last"] = "last" if rule in ("last", "most_complete") else "first"
    return in_time.index[~in_time["person"].duplicated(keep=keep)]
