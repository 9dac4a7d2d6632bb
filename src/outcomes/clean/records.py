"""What does the scheme's own book-keeping say: who was matched with whom, and who took part in what?

In: the match table and the engagement log. Out: the tables matches and engagement, indexed by spreadsheet row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from outcomes import tables
from outcomes.clean import cells
from outcomes.clean.cells import Place
from outcomes.clean.intake import Intake
from outcomes.columns import empty
from outcomes.errors import Problem
from outcomes.study import Engagement, Matches


def read_matches(intake: Intake, matches: Matches | None, missing: Collection[str]) -> pd.DataFrame:
    """Return the matches table; empty where the study has none. Problems go to ``intake``."""
    sheet = intake.sheet(matches.file if matches else None)
    if sheet is None or matches is None:
        return empty(tables.MATCHES)
    columns = [
        matches.person,
        matches.mentor,
        matches.start,
        matches.end,
        matches.sector,
        matches.mentor_type,
    ]
    if not intake.columns(sheet, [*columns, *matches.attributes.values()], matches.file):
        return empty(tables.MATCHES)
    read = _Columns(intake, sheet, {*missing, ""}, matches.file)
    return pd.DataFrame(
        {
            "person": read.ids(matches.person),
            "mentor": read.ids(matches.mentor),
            "from": read.days(matches.start, needed=True),
            "to": read.days(matches.end),
            "sector": read.text(matches.sector),
            "mentor_type": read.text(matches.mentor_type),
            **{name: read.text(column) for name, column in matches.attributes.items()},
        }
    )


def read_engagement(intake: Intake, engagement: Engagement | None, missing: Collection[str]) -> pd.DataFrame:
    """Return the engagement table; empty where the study has none. Problems go to ``intake``."""
    sheet = intake.sheet(engagement.file if engagement else None)
    if sheet is None or engagement is None:
        return empty(tables.ENGAGEMENT)
    if not intake.columns(
        sheet, [engagement.person, engagement.kind, engagement.day, engagement.hours], engagement.file
    ):
        return empty(tables.ENGAGEMENT)
    read = _Columns(intake, sheet, {*missing, ""}, engagement.file)
    return pd.DataFrame(
        {
            "person": read.ids(engagement.person),
            "kind": read.text(engagement.kind, needed=True),
            "on": read.days(engagement.day, needed=True),
            "hours": read.numbers(engagement.hours),
        }
    )


@dataclass
class _Columns:
    """Reads the columns of one sheet; a column that the study does not name is empty."""

    intake: Intake
    sheet: pd.DataFrame
    missing: Collection[str]
    file: str

    def ids(self, column: str) -> pd.Series:
        found, problems = cells.ids(self.sheet[column], self._place(column))
        self.intake.problems += problems
        return found

    def text(self, column: str | None, *, needed: bool = False) -> pd.Series:
        if column is None:
            return pd.Series(pd.NA, index=self.sheet.index, dtype="string")
        given = cells.answered(self.sheet[column], self.missing)
        if needed and given.isna().any():
            place = self._place(column).rows(given.index[given.isna()])
            self.intake.problems.append(
                Problem(place, "empty cells", "a value in each row", "fill the cells")
            )
        return given

    def days(self, column: str | None, *, needed: bool = False) -> pd.Series:
        found, problems = cells.days(self.text(column, needed=needed), self._place(column))
        self.intake.problems += problems
        return found

    def numbers(self, column: str | None) -> pd.Series:
        found, problems = cells.numbers(self.text(column), self._place(column))
        self.intake.problems += problems
        return found

    def _place(self, column: str | None) -> Place:
        return Place(self.intake.where(self.file), column or "")
