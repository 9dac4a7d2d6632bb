"""Whose export a file is, told by its header: Qualtrics, Jisc, Microsoft Forms, or a plain table."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from outcomes.errors import Problem, in_file
from outcomes.sheets.names import letter, places, plain
from outcomes.sheets.sheet import Declared, Layout

MOST_HEADER_ROWS = 5
_QUALTRICS_ROWS = 3
_IMPORT_ID = re.compile(r"\s*\{\s*'?\"?ImportId")
_QUALTRICS = {
    "StartDate": "Start Date", "EndDate": "End Date", "Status": "Response Type", "Progress": "Progress",
    "Finished": "Finished", "RecordedDate": "Recorded Date", "ResponseId": "Response ID",
    "DistributionChannel": "Distribution Channel", "UserLanguage": "User Language",
    "Duration (in seconds)": "Duration (in seconds)",
}  # fmt: skip
"""Metadata columns of Qualtrics, and what the second header row says of them."""

_FORMS = ("ID", "Start time", "Completion time")
_METADATA = {*_FORMS, "Email", "Name", "Last modified time", "Language"}
_JISC = "unique response number"
_NUMBERED = re.compile(r"\s*(\d+(?:\.(?:\d+|[a-z]{1,2}))*)\.?(?:\s+(.*))?\s*", re.DOTALL)
"""Jisc's question numbers: `1.`, `1.a.`, `5.1.`, `3.1.a`, alone or before the wording."""

_WORDS: dict[Layout, str] = {
    "qualtrics": "a Qualtrics export (three header rows: names, wording, ImportIds)",
    "jisc": "a Jisc Online Surveys export (`Unique Response Number`, or numbered questions)",
    "forms": "a Microsoft Forms export (it begins with `ID`, `Start time`, `Completion time`)",
    "plain": "one header row",
}


_ENOUGH = 3
"""So many of Qualtrics' columns tell an export of it."""

_AGAIN = (
    "export it again with all three header rows; if the second and third were taken out on purpose, "
    "declare `layout: plain`"
)


@dataclass(frozen=True)
class Head:
    """What the header rows say: the names of the columns, one a column, and what else is known of these."""

    names: list[str]
    rows: int
    layout: Layout
    questions: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    repeated: dict[str, tuple[str, ...]] = field(default_factory=dict)


def head_of(top: Sequence[list[str]], file: str, declared: Declared) -> tuple[Head, list[Problem]]:
    """Return what the first rows of a file say of its columns, and where they contradict what is declared.

    ``top`` holds up to five rows, from row 1.
    """
    names = top[0] if top else []
    found, ids_at = _layout(top)
    layout: Layout = declared.layout or found
    problems = _contradictions(top, file, declared, found, ids_at)
    if layout == "qualtrics" and ids_at == _QUALTRICS_ROWS:
        head, faults = _qualtrics(top, file)
        return head, problems + faults
    rows = _QUALTRICS_ROWS if layout == "qualtrics" else declared.header_rows or 1
    if layout == "jisc":
        return _jisc(names, rows), problems
    return (_forms if layout == "forms" else _plain)(names, rows), problems


def _layout(top: Sequence[list[str]]) -> tuple[Layout, int]:
    """Return the layout that the header shows, and the row that holds Qualtrics' ImportIds (0: none)."""
    for number, row in enumerate(top[:_QUALTRICS_ROWS], start=1):
        if any(_IMPORT_ID.match(cell) for cell in row):
            return "qualtrics", number
    names = [plain(name) for name in top[0]] if top else []
    if tuple(names[: len(_FORMS)]) == _FORMS:
        return "forms", 0
    numbered = sum(bool((said := _NUMBERED.fullmatch(name)) and said[2]) for name in names)
    if _JISC in (name.casefold() for name in names) or numbered > max(1, len(names) / 2):
        return "jisc", 0
    return "plain", 0


def _contradictions(
    top: Sequence[list[str]], file: str, declared: Declared, found: Layout, ids_at: int
) -> list[Problem]:
    """Return where the header contradicts the declared layout, or is Qualtrics' with rows missing."""
    rows, layout = declared.header_rows, declared.layout
    if ids_at == _QUALTRICS_ROWS and layout in (None, "qualtrics"):
        return [] if rows in (None, _QUALTRICS_ROWS) else [_header_rows(file, rows or 0)]
    if ids_at and not (layout == "plain" and (rows or 1) >= ids_at):
        said = f"Qualtrics' ImportIds in row {ids_at}"
        allowed = _WORDS[layout or "qualtrics"]
        mend = "take `layout` out, or declare `layout: qualtrics`" if ids_at == _QUALTRICS_ROWS else _AGAIN
        return [in_file("qualtrics-header", file, said, allowed, mend, rows=[ids_at])]
    wording = len(top) > 1 and _is_wording(top[0], top[1]) and (rows or 1) < 2
    marks = len(set(_QUALTRICS) & set(map(plain, top[0]))) if top else 0
    if layout == "qualtrics" or wording or (layout is None and rows is None and marks >= _ENOUGH):
        said = "no third header row with Qualtrics' ImportIds"
        return [in_file("qualtrics-header", file, said, _WORDS["qualtrics"], _AGAIN, rows=[3])]
    if layout in ("jisc", "forms") and found != layout:
        mend = "take `layout` out, or name the right file"
        return [in_file("layout", file, "another header", _WORDS[layout], mend, rows=[1])]
    return []


def _is_wording(names: list[str], below: list[str]) -> bool:
    """Return whether the second row is Qualtrics' wording of the columns and no response."""
    pairs = zip(map(plain, names), map(plain, below), strict=False)
    return sum(_QUALTRICS.get(name) == said for name, said in pairs) >= _ENOUGH


def _header_rows(file: str, rows: int) -> Problem:
    said, mend = "three header rows", "take `header_rows` out of the study file"
    return in_file("layout", file, said, f"{rows}, as declared", mend, rows=[1, 2, 3])


def _plain(names: list[str], rows: int) -> Head:
    return Head(names, rows, "plain")


def _forms(names: list[str], rows: int) -> Head:
    """Microsoft Forms: names are the wording, with no-break blanks; the plain spelling is an alias."""
    spelled = places(names)
    aliases = {said: names[at[0]] for said, at in spelled.items() if len(at) == 1 and said != names[at[0]]}
    questions = {name: plain(name) for name in names if name and plain(name) not in _METADATA}
    return Head(names, rows, "forms", questions, aliases)


def _jisc(names: list[str], rows: int) -> Head:
    """Jisc Online Surveys: a question's number stands before its wording and is an alias of the column."""
    said = {name: match for name in names if (match := _NUMBERED.fullmatch(name))}
    numbers = places(list(said), key=lambda name: said[name][1])
    columns = list(said)
    aliases = {
        number: columns[at[0]] for number, at in numbers.items() if len(at) == 1 and number not in names
    }
    questions = {name: plain(match[2]) for name, match in said.items() if match[2]}
    return Head(names, rows, "jisc", questions, aliases)


def _qualtrics(top: Sequence[list[str]], file: str) -> tuple[Head, list[Problem]]:
    """Qualtrics: name, wording, ImportId; columns that share a name are held under their ImportIds."""
    names = top[0]
    wording, below = (row + [""] * (len(names) - len(row)) for row in top[1:_QUALTRICS_ROWS])
    ids = _import_ids(below[: len(names)])
    repeated, held, problems = {}, list(names), []
    by_id = places(ids, key=str)
    for name, columns in places(names, key=str).items():
        unique = [ids[at] for at in columns if ids[at] and len(by_id[ids[at]]) == 1 and ids[at] not in names]
        if name and len(columns) > 1 and len(unique) == len(columns):
            repeated[name] = tuple(unique)
            for at in columns:
                held[at] = ids[at]
    missing = [letter(at) for at, name in enumerate(names) if name and not ids[at]]
    if missing:
        said = f"no ImportId in {len(missing)} of {len(names)} columns, the first of them {missing[0]}"
        problems.append(in_file("qualtrics-header", file, said, "one in each column", _AGAIN, rows=[3]))
    aliases = {
        key: held[at[0]] for key, at in by_id.items() if key and len(at) == 1 and key not in (*names, *held)
    }
    questions = {name: plain(said) for name, said in zip(held, wording, strict=False) if name and said}
    return Head(held, _QUALTRICS_ROWS, "qualtrics", questions, aliases, repeated), problems


def _import_ids(cells: list[str]) -> list[str]:
    """Return the ImportId of each cell such as ``{"ImportId":"QID1","choiceId":"2"}``; else nothing.

    Where columns share an ImportId the number of the choice is put behind it: `QID1_2`.
    """
    said = [_parsed(cell) for cell in cells]
    shared = places([key for key, _ in said], key=str)
    return [f"{key}_{choice}" if choice and len(shared[key]) > 1 else key for key, choice in said]


def _parsed(cell: str) -> tuple[str, str]:
    try:
        said = json.loads(cell)
    except (ValueError, RecursionError):
        return "", ""
    key = said.get("ImportId") if isinstance(said, dict) else None
    return (key, str(said.get("choiceId", ""))) if isinstance(key, str) else ("", "")
