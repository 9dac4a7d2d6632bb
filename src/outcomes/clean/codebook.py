"""Which column of which wave holds which item?

In: the codebook (wave, column, item) and the items that each wave is expected to ask. Out: item to column, a wave.
"""

from __future__ import annotations

from outcomes.clean.intake import Intake
from outcomes.errors import Problem, listed, nearest
from outcomes.study.stages import Cleaning

COLUMNS = ("wave", "column", "item")


def read_codebook(intake: Intake, part: Cleaning) -> dict[str, dict[str, str]]:
    """Return, for each wave, item id to column name; an item without a line is in the column of its own name.

    Problems go to ``intake``.
    """
    columns = {wave: {item: item for item in items} for wave, items in part.items.items()}
    sheet = intake.sheet(part.codebook)
    if sheet is None or part.codebook is None or not intake.columns(sheet, list(COLUMNS), part.codebook):
        return columns
    where = intake.where(part.codebook)
    known = sorted({item for items in part.items.values() for item in items})
    for row, wave, column, item in sheet[list(COLUMNS)].itertuples():
        if wave not in part.waves:
            intake.problems.append(_unknown(f"{where}, row {row}, column wave", wave, list(part.waves)))
        elif item not in known:
            intake.problems.append(_unknown(f"{where}, row {row}, column item", item, known))
        elif item in columns[wave]:
            columns[wave][item] = column
    twice = sheet.duplicated(["wave", "item"], keep=False) | sheet.duplicated(["wave", "column"], keep=False)
    if twice.any():
        place = f"{where}, row {listed(sheet.index[twice])}"
        found = "an item or a column twice in a wave"
        intake.problems.append(Problem(place, found, "each once", "remove the lines that are wrong"))
    return columns


def _unknown(where: str, word: str, known: list[str]) -> Problem:
    return Problem(where, f"'{word[:60]}'", listed(known), nearest(word, known) or "use one of these")
