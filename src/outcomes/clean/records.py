"""What does the scheme's own book-keeping say: who withdrew, was matched with whom, took part in what?

In: the withdrawal list, the match table and the engagement log. Out: their rows by meaning, with the file
that they came from.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from outcomes.clean.identity import identified
from outcomes.clean.intake import WITHDREW, Intake
from outcomes.clean.source import Records

MOST_HOURS = 24 * 31
"""More hours than this in one event are a slip of the pen: a month without a pause."""


def read_withdrawn(intake: Intake) -> frozenset[str]:
    """Return the ids of the people who withdrew; none where the study has no such list."""
    withdrawn = intake.part.withdrawn
    if withdrawn is None:
        return frozenset()
    source = intake.read(withdrawn, [withdrawn.person], ids=[withdrawn.person])
    if source is None:
        return frozenset()
    person = identified(source, withdrawn.person, intake.part).values
    intake.sources.remove(source)
    intake.noted += source.problems
    return frozenset(person.dropna())


def read_matches(intake: Intake, gone: Collection[str]) -> Records | None:
    """Return the matches; None where the study has none or they can't be read."""
    matches = intake.part.matches
    if matches is None:
        return None
    columns = [
        matches.person, matches.mentor, matches.start, matches.end, matches.sector, matches.mentor_type,
    ]  # fmt: skip
    ids = [matches.person, matches.mentor]
    source = intake.read(matches, [*columns, *matches.attributes.values()], ids=ids)
    if source is None:
        return None
    person = identified(source, matches.person, intake.part).values
    source.leave_out(person.index[person.isin(list(gone))], WITHDREW)
    start, end = (
        source.times(matches.start, needed=True).str[:10],
        source.times(matches.end, planned=True).str[:10],
    )
    backwards = end.index[(end < start).fillna(value=False)]
    if not backwards.empty:
        found, mend = "a day before the match", "correct one of the days"
        place = source.place(matches.end)
        source.problems.append(place.problem("match-ends-first", found, "a later day", mend, rows=backwards))
    rows = {
        "person": person.loc[source.live],
        "mentor": identified(source, matches.mentor, intake.part).values,
        "from": start,
        "to": end,
        "sector": source.text(matches.sector),
        "mentor_type": source.text(matches.mentor_type),
        **{name: source.text(column) for name, column in matches.attributes.items()},
    }
    return Records(source, pd.DataFrame(rows, index=source.live))


def read_engagement(intake: Intake, gone: Collection[str]) -> Records | None:
    """Return the engagement log; None where the study has none or it can't be read."""
    log = intake.part.engagement
    if log is None:
        return None
    source = intake.read(log, [log.person, log.kind, log.day, log.hours], ids=[log.person])
    if source is None:
        return None
    person = identified(source, log.person, intake.part).values
    source.leave_out(person.index[person.isin(list(gone))], WITHDREW)
    rows = {
        "person": person.loc[source.live],
        "kind": source.text(log.kind, needed=True),
        "on": source.times(log.day, needed=True).str[:10],
        "hours": source.numbers(log.hours),
    }
    long = rows["hours"].index[(rows["hours"] > MOST_HOURS).fillna(value=False)]
    if not long.empty:
        found, allowed = f"more than {MOST_HOURS} hours in one event", "hours of one event"
        source.problems.append(
            source.place(log.hours).problem("long-event", found, allowed, "correct the hours", rows=long)
        )
    return Records(source, pd.DataFrame(rows, index=source.live))
