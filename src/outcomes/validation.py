"""How problems are said: a table for a terminal, JSON for a program, a page for a reader; the same words.

In: the problems of a check (errors and warnings, in any order). Out: text, by severity, file and code; the
order of the input makes no difference. What a file holds can't steer a terminal or a browser: signs that
can't be seen are shown escaped, and the page runs nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap

from jinja2 import Environment, PackageLoader, StrictUndefined

from outcomes.errors import Problem

MOST = 50
"""Most problems of one code that are shown; the others are counted."""

MOST_ROWS = 1_000
"""Most rows of one problem that the JSON lists; the others are counted."""

HEADINGS = ("row", "place", "found", "allowed", "what to do")
"""What a line says, besides its file and its code."""

EXPLAINED = "docs/how-to/errors.md explains each code."

_FILE = re.compile(r"(?P<file>[^:,]+\.[A-Za-z0-9]{1,8})(?:[:,] (?P<place>.*))?", re.DOTALL)
_SPANS = 12


@dataclass(frozen=True)
class Group:
    """The problems of one code in one file: those that are shown, and how many there are."""

    is_error: bool
    file: str
    label: str
    total: int
    shown: tuple[Problem, ...]

    @property
    def more(self) -> str:
        """What is said of those that are not shown; empty if there are none."""
        rest = self.total - len(self.shown)
        return f"... and {rest:,} more of this kind" if rest else ""

    @property
    def lines(self) -> list[tuple[str, ...]]:
        """What is shown, one line a problem, under `HEADINGS`."""
        return [
            (
                spans(problem.rows),
                _place(problem),
                *map(escaped, (problem.found, problem.allowed, problem.mend)),
            )
            for problem in self.shown
        ]


def table(problems: Sequence[Problem], most: int = MOST, width: int = 100) -> str:
    """Return what a terminal shows: a table a file and code, at most ``most`` lines a code, then the totals.

    No line is wider than ``width`` (at least 60), save the sentence of a problem that lies in no file.
    """
    said: list[str] = []
    width = max(width, 60)
    before: tuple[bool, str] | None = None
    for group in groups(problems, most):
        if before is None or before[0] != group.is_error:
            said += ["ERRORS, to be mended", ""] if group.is_error else ["WARNINGS, to be looked at", ""]
        if group.file and before != (group.is_error, group.file):
            said += [*wrap(group.file, width), ""]
        before = (group.is_error, group.file)
        count = "1 problem" if group.total == 1 else f"{group.total:,} problems"
        said += [f"{group.label}: {count}"] if group.file else map(escaped, map(str, group.shown))
        said += _drawn(group.lines, width) if group.file else []
        said += [*([f"  {group.more}"] if group.more else []), ""]
    return "\n".join([*said, *([EXPLAINED] if problems else []), totals(problems)])


def as_json(problems: Sequence[Problem], study: str, read: Sequence[str] = ()) -> str:
    """Return the problems as JSON (ASCII): study, read, errors, warnings, codes, problems.

    ``read`` holds a sentence a raw file: what it was taken for. ``codes`` counts all problems by code;
    ``problems`` holds at most `MOST` of each code, each with code, severity, file, rows (at most `MOST_ROWS`,
    numbered as in a spreadsheet), n_rows (all of them), column, found, allowed, mend and where.
    """
    content = {
        "study": study,
        "read": list(read),
        "errors": sum(problem.is_error for problem in problems),
        "warnings": sum(not problem.is_error for problem in problems),
        "codes": dict(sorted(Counter(problem.code for problem in problems).items())),
        "problems": [
            {
                "code": problem.code, "severity": problem.severity, "file": _file(problem),
                "rows": list(problem.rows[:MOST_ROWS]), "n_rows": len(problem.rows), "column": problem.column,
                "found": problem.found, "allowed": problem.allowed, "mend": problem.mend,
                "where": problem.where,
            }
            for group in groups(problems) for problem in group.shown
        ],
    }  # fmt: skip
    return json.dumps(content, indent=1) + "\n"


def as_html(problems: Sequence[Problem], study: str, read: Sequence[str] = ()) -> str:
    """Return the problems as one page that needs nothing beside it; ``read`` as for `as_json`."""
    environment = Environment(
        loader=PackageLoader("outcomes", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    every = groups(problems)
    return environment.get_template("validation.html.j2").render(
        study=study,
        totals=totals(problems),
        explained=EXPLAINED,
        read=[escaped(sentence) for sentence in read],
        headings=HEADINGS,
        parts=[
            (
                name,
                words,
                [(n, group) for n, group in enumerate(every, start=1) if group.is_error == is_error],
            )
            for name, words, is_error in (
                ("Errors", "Mend these: with any of them nothing is computed.", True),
                ("Warnings", "These stop nothing. Look at them before you trust the report.", False),
            )
        ],
    )


def totals(problems: Sequence[Problem]) -> str:
    """Return how many problems there are, and what follows: `1 error, 2 warnings; nothing was computed.`"""
    errors = sum(problem.is_error for problem in problems)
    warnings = len(problems) - errors
    parts = [
        f"{n:,} {word}{'s' if n > 1 else ''}" for n, word in ((errors, "error"), (warnings, "warning")) if n
    ]
    if errors:
        return f"{', '.join(parts)}; nothing was computed."
    return f"{parts[0]}; nothing is stopped by that." if parts else "No problems."


def groups(problems: Iterable[Problem], most: int = MOST) -> list[Group]:
    """Return the problems by severity, file and code, with at most ``most`` of each code in all.

    Where a code has more, each file gives its first ones in turn, so that no file hides behind another.
    """
    parts: dict[tuple[bool, str, str], list[Problem]] = {}
    for problem in sorted(problems, key=_order):
        parts.setdefault((not problem.is_error, _file(problem), problem.label), []).append(problem)
    shares: dict[tuple[bool, str, str], int] = Counter()
    for label in {label for _, _, label in parts}:
        turns = sorted((n, key) for key, of in parts.items() if key[2] == label for n in range(len(of)))
        shares.update(Counter(key for _, key in turns[:most]))
    return [
        Group(not key[0], escaped(key[1]), key[2], len(of), tuple(of[: shares[key]]))
        for key, of in parts.items()
    ]


def escaped(text: str) -> str:
    r"""Return ``text`` on one line; a sign that can't be seen is shown as Python writes it, such as \x1b."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def spans(rows: Iterable[int]) -> str:
    """Return row numbers as a reader says them: `2-5, 9`; after twelve such parts the rest is counted."""
    ordered = sorted(set(rows))
    parts: list[str] = []
    at = 0
    while at < len(ordered) and len(parts) < _SPANS:
        end = at
        while end + 1 < len(ordered) and ordered[end + 1] == ordered[end] + 1:
            end += 1
        parts.append(f"{ordered[at]}-{ordered[end]}" if end > at else f"{ordered[at]}")
        at = end + 1
    rest = len(ordered) - at
    return ", ".join(parts) + (f" and {rest:,} more" if rest else "")


def _order(problem: Problem) -> tuple[object, ...]:
    rest = (problem.column, problem.where, problem.found, problem.allowed, problem.mend)
    return (not problem.is_error, _file(problem), problem.code, problem.rows, *rest)


def _file(problem: Problem) -> str:
    """Return the file that a problem lies in, also that of a study file; empty if there is none."""
    matched = _FILE.fullmatch(problem.where)
    return problem.file or (matched["file"] if matched else "")


def _place(problem: Problem) -> str:
    """Return where in its file a problem lies: the column of a raw file, the keys of a study file."""
    if problem.file:
        return escaped(problem.column)
    matched = _FILE.fullmatch(problem.where)
    return escaped((matched["place"] or "") if matched else problem.where)


def _drawn(lines: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    """Yield ``lines`` under `HEADINGS` as a plain table that fits ``width``; empty columns fall away.

    What is allowed and what to do stand once above the table where they are the same on several lines.
    """
    same = [n for n in (3, 4) if len(lines) > 1 and len({line[n] for line in lines}) == 1]
    for n in same:
        yield from wrap(
            f"{HEADINGS[n]}: {lines[0][n]}", width - 2, initial_indent="  ", subsequent_indent="    "
        )
    kept = [n for n in range(len(HEADINGS)) if n not in same and any(line[n] for line in lines)]
    cells = [[line[n] for n in kept] for line in (HEADINGS, *lines)]
    widths = _widths(cells, width - 2 * len(kept))
    for line in cells:
        parts = [
            wrap(cell, wide, break_on_hyphens=False) or [""] for cell, wide in zip(line, widths, strict=True)
        ]
        for texts in zip_longest(*parts, fillvalue=""):
            yield (
                "  " + "  ".join(text.ljust(wide) for text, wide in zip(texts, widths, strict=True)).rstrip()
            )


def _widths(cells: Sequence[Sequence[str]], most: int) -> list[int]:
    """Return how wide each column is, ``most`` in all: the widest give way, words of 20 signs stay whole."""
    columns = list(zip(*cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    words = [min(20, max(len(word) for cell in column for word in cell.split())) for column in columns]
    while sum(widths) > most:
        loose = [n for n in range(len(widths)) if widths[n] > words[n]] or range(len(widths))
        widths[max(loose, key=widths.__getitem__)] -= 1
    return widths
