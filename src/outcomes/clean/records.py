"""What does the scheme's own book-keeping say: who was matched with whom, and who took part in what?

In: the match table and the engagement log. Out: their rows by meaning, with the file that they came from.
"""

from __future__ import annotations

import pandas as pd

from outcomes.clean.intake import Intake
from outcomes.clean.source import Records
from outcomes.errors import Problem


def read_matches(intake: Intake) -> Records | None:
    """Return the matches; None where the study has none or they can't be read."""
    matches = intake.part.matches
    if matches is None:
        return None
    columns = [
        matches.person,
        matches.mentor,
        matches.start,
        matches.end,
        matches.sector,
        matches.mentor_type,
    ]
    source = intake.read(matches.file, [*columns, *matches.attributes.values()])
    if source is None:
        return None
    start, end = source.days(matches.start, needed=True), source.days(matches.end)
    backwards = end.index[(end < start).fillna(value=False)]
    if not backwards.empty:
        place = source.place(matches.end).rows(backwards)
        source.problems.append(
            Problem(place, "a day before the match", "a later day", "correct one of the days")
        )
    rows = {
        "person": source.ids(matches.person),
        "mentor": source.ids(matches.mentor),
        "from": start,
        "to": end,
        "sector": source.text(matches.sector),
        "mentor_type": source.text(matches.mentor_type),
        **{name: source.text(column) for name, column in matches.attributes.items()},
    }
    return Records(source, pd.DataFrame(rows))


def read_engagement(intake: Intake) -> Records | None:
    """Return the engagement log; None where the study has none or it can't be read."""
    log = intake.part.engagement
    if log is None:
        return None
    source = intake.read(log.file, [log.person, log.kind, log.day, log.hours])
    if source is None:
        return None
    rows = {
        "person": source.ids(log.person),
        "kind": source.text(log.kind, needed=True),
        "on": source.days(log.day, needed=True),
        "hours": source.numbers(log.hours),
    }
    return Records(source, pd.DataFrame(rows))
