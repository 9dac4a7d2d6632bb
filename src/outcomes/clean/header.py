"""Which column of a sheet is the one that the study names, and which columns does nobody name?

In: a sheet, and the column names of the study. Out: the column that holds each, the problems, and a warning
that lists what is ignored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

from outcomes.errors import Problem, in_file, listed, nearest
from outcomes.sheets import Sheet

_MOST = 20


def held_columns(sheet: Sheet, needed: list[str], file: str) -> tuple[dict[str, str], list[Problem]]:
    """Return by name the column that holds it, and a problem for each name that none or several hold.

    A name is the header exactly, or an unambiguous other name of the column (an ImportId, a question number).
    """
    known = [str(column) for column in sheet.cells.columns]
    held = {name: name for name in needed if name in known}
    held |= {name: sheet.aliases[name] for name in needed if name not in held and name in sheet.aliases}
    lacking = [name for name in needed if name not in held]
    several = [name for name in lacking if name in sheet.repeated]
    problems = [_ambiguous(name, sheet.repeated[name], file) for name in several]
    absent = [name for name in lacking if name not in several]
    if absent and len(absent) == len(needed):
        found, mend = "none of the columns that the study names", "look whether the file has a header row"
        return held, [in_file("no-header", file, found, listed(needed, _MOST), mend, rows=(1,))]
    return held, [*problems, *(_absent(name, known, file) for name in absent)]


def ignored(sheet: Sheet, used: Collection[str], drop: Collection[str], file: str) -> Iterator[Problem]:
    """Yield one warning that lists the columns which neither the study nor its `drop` names."""
    known = {*used, *drop}
    strays = [str(column) for column in sheet.cells.columns if column not in known]
    if strays:
        said = "1 column" if len(strays) == 1 else f"{len(strays)} columns"
        found = f"{said} that the study does not name ({listed(map(_short, strays), _MOST)})"
        mend = "nothing to do if they are not wanted: they are read no further"
        yield in_file("ignored-columns", file, found, "any", mend, rows=(1,), severity="warning")


def _ambiguous(name: str, others: tuple[str, ...], file: str) -> Problem:
    found = f"the column '{_short(name)}' {len(others)} times"
    mend = "name the one that is meant by its ImportId"
    return in_file("repeated-column", file, found, listed(others), mend, rows=(1,))


def _absent(name: str, known: list[str], file: str) -> Problem:
    same = [other for other in known if _folded(other) == _folded(name)]
    close = f"did you mean '{_short(same[0])}'?" if same else nearest(name, known)
    mend = close or "name the column in the study file or the codebook as the file has it"
    shown = listed(map(_short, known), _MOST)
    return in_file("no-column", file, f"no column '{_short(name)}'", shown, mend, rows=(1,))


def _folded(name: str) -> str:
    """Return a header name without what the eye overlooks: case, kinds of blanks, signs without width."""
    plain = unicodedata.normalize("NFKC", name)
    visible = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    return re.sub(r"[\s_]+", " ", visible).strip().casefold()


def _short(name: str) -> str:
    return " ".join(name.split())[:60]
