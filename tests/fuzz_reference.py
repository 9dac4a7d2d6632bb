"""What should come of an export by the strict parser and a plain reading of its codebook; what differs."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import pandas as pd
from fuzz_seeds import ITEMS, MISSING, SEEDS, Seed, raw
from strict_parser import Grid, NotStrict, parse

from outcomes.clean import Cleaned

_ALIKE = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014\u2012\u2010\u2011", "''\"\"-----")
_MARKED = ("survey preview", "survey test", "spam")


def fold(cell: str) -> str:
    """A wording without what doesn't count: case, kind of quotes and dashes, blanks, invisible signs."""
    text = unicodedata.normalize("NFC", cell).translate(_ALIKE)
    return " ".join(_visible(text).split()).casefold()


def _visible(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


NO_ANSWER = {fold(cell) for cell in MISSING}


def meant(cell: str, seed: Seed) -> float:
    """What a cell of an item means by the codebook; NaN for no answer; NotStrict where nothing is said."""
    text = fold(cell)
    if whole := re.fullmatch(r"([+-]?)0*([0-9]+)(\.0*)?", text):
        text = whole[1].strip("+") + whole[2]
    if text in NO_ANSWER:
        return float("nan")
    known = {fold(code): float(n) for n, code in enumerate(seed.codes, 1)}
    if text not in known:
        raise NotStrict("a cell means nothing that is declared")
    return known[text]


def day(cell: str) -> str:
    """The day of a cell, in ISO 8601; nothing for no answer."""
    text = fold(cell)
    if text in NO_ANSWER:
        return ""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d([ t].*)?", text, re.ASCII):
        raise NotStrict("a day that is not ISO 8601")
    return text[:10]


def trimmed(cell: str) -> str:
    """An id as it is used."""
    return _visible(unicodedata.normalize("NFC", cell)).strip()


def difference(found: Cleaned, seed: Seed, content: bytes) -> str:
    """What was read otherwise than the strict parser reads it; nothing where all is alike."""
    if seed.target == "codebook.csv":
        return ""
    grid = parse(content, seed.form)
    if seed.target == "register.csv":
        return _people(found, grid)
    who, when, *items = (_column(grid, name) for name in (seed.id, seed.day, *seed.items))
    ledger = found.tables["ledger"]
    ledger = ledger[ledger["file"].str.endswith(f"/{seed.file}") & ledger["column"].isna()]
    out = dict(zip(ledger["row"].astype(int), ledger["rule"], strict=True))
    # A row without a cell is no response, and warned of.
    expected = {
        row: (trimmed(who[row]), day(when[row]), [meant(item[row], seed) for item in items])
        for row, cells in grid.rows.items()
        if row > len(seed.header) and any(map(trimmed, cells)) and row not in out
    }
    links = found.tables["links"]
    rows = links.loc[links["wave"] == "start"].set_index("person")["row"].astype(int)
    if sorted(rows) != sorted(expected):
        return f"rows {sorted(set(rows) ^ set(expected))[:5]} used or left out without a reason"
    answers = found.tables["answers"].fillna({"answered_on": ""})
    answers = answers.loc[answers["wave"] == "start", ["person", "answered_on", *ITEMS]]
    for person, on, *codes in answers.itertuples(index=False):
        row = rows[person]
        if expected[row][:2] != (person, on) or not pd.Series(codes).equals(pd.Series(expected[row][2])):
            return f"another id, day or answer in row {row}"
    return _left_out(out, who, items, seed)


def _column(grid: Grid, name: str) -> dict[int, str]:
    """The column called ``name``, or the only one that is called so but for case and blanks."""
    near = [held for held in grid.header if fold(held) == fold(name)]
    return grid.column(name if name in near or not near else near[0])


def _left_out(out: dict[int, str], who: dict[int, str], items: list[dict[int, str]], seed: Seed) -> str:
    """The first row whose reason for being left out is not true."""
    times = Counter(map(trimmed, who.values()))
    for row, rule in out.items():
        person = trimmed(who.get(row, ""))
        if rule == "no answers":
            true = all(fold(item.get(row, "")) in NO_ANSWER for item in items)
        elif rule in ("identical duplicate", "duplicate, last kept"):
            true = times[person] > 1
        else:
            true = rule == "not in the register" and person not in _register()
            true |= rule in _MARKED and seed.name == "qualtrics"
        if not true:
            return f"row {row} is left out as '{rule}', which it is not"
    return ""


def _register() -> set[str]:
    lines = raw(SEEDS["csv"])["register.csv"].decode().splitlines()[1:]
    return {line.split(",")[0] for line in lines}


def _people(found: Cleaned, grid: Grid) -> str:
    """What was read otherwise of the register: its ids, and the SES of each."""
    ids, cells = _column(grid, "id"), _column(grid, "fsm")
    groups = {"yes": "low", "no": "high"} | dict.fromkeys(NO_ANSWER, "unknown")
    expected = {
        trimmed(ids[row]): groups.get(fold(cells[row]), "?") for row in ids if trimmed(ids[row] + cells[row])
    }
    people = found.tables["people"]
    return "" if dict(zip(people["person"], people["ses"], strict=True)) == expected else "another id or SES"
