"""Which ids of all files together are so alike that they may be one person written in two ways?

In: the ids of every file, by spreadsheet row. Out: the problems, which name rows and never an id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import groupby

import pandas as pd

from outcomes.errors import Problem, in_file, listed

Ids = Mapping[str, tuple[str, pd.Series]]
"""File to its id column's name and its ids (string, missing where there is none; index: spreadsheet row)."""

_ALIKE = str.maketrans(
    {
        int(point, 16): letter
        for letter, points in {
            "A": "0391 0410", "B": "0392 0412", "C": "0421", "E": "0395 0415", "F": "03DC", "G": "050C",
            "H": "0397 041D", "I": "0399 0406 04C0", "J": "037F 0408", "K": "039A 041A", "M": "039C 041C",
            "N": "039D", "O": "039F 041E", "P": "03A1 0420", "S": "0405", "T": "03A4 0422", "V": "0474",
            "W": "051C", "X": "03A7 0425", "Y": "03A5 0423 04AE", "Z": "0396",
            "a": "03B1 0430", "b": "042C", "c": "0441", "d": "0501", "e": "0435", "h": "04BB",
            "i": "03B9 0456", "j": "03F3 0458", "l": "04CF", "o": "03BF 03C3 043E", "p": "03C1 0440",
            "q": "051B", "r": "0433", "s": "0455", "u": "03C5", "v": "03BD 0475", "w": "0461 051D",
            "x": "0445", "y": "03B3 0443 04AF",
        }.items()
        for point in points.split()
    }
)  # fmt: skip
"""Greek and Cyrillic letters to the Latin letter that they look like (Unicode UTS #39, confusables.txt)."""

_MOST = 10
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Signs that count as printable and yet show nothing (Default_Ignorable_Code_Point, Braille blank)."""


def unseen(text: str) -> str:
    """Return ``text`` without the signs that can't be seen; blanks of all widths stay."""
    if text.isprintable() and text.isascii():
        return text
    seen = (sign for sign in text if sign.isprintable() or unicodedata.category(sign) == "Zs")
    return _IGNORABLE.sub("", "".join(seen))


def _unstyled(text: str) -> str:
    return text if text.isascii() and text.isprintable() else unicodedata.normalize("NFKC", unseen(text))


def _latin(text: str) -> str:
    return text if text.isascii() else text.translate(_ALIKE)


_STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("capital and small letters", str.casefold),
    ("signs that can't be seen", unseen),
    ("their Unicode form", lambda text: unicodedata.normalize("NFKC", text)),
    ("letters of two alphabets that look alike", _latin),
    ("several of: case, unseen signs, Unicode form, letters that look alike", lambda text: ""),
)
"""By what ids may differ, and what takes the difference away; the last takes all."""


def twins(ids_by_file: Ids) -> list[Problem]:
    """Return a problem for ids that differ only by case, Unicode form, look-alike letters or unseen signs.

    Where more than ten groups of the same files differ by the same, they make one problem.
    """
    known = pd.Series(_distinct(ids_by_file)["id"].unique())
    same_case = known.map(lambda text: _unstyled(text).casefold())
    same_look = known.map(lambda text: _latin(_unstyled(text)).casefold())
    group_of: dict[str, frozenset[str]] = {}
    for key in (same_case, same_look):
        several = key.duplicated(keep=False)
        for _, alike in known[several].groupby(key[several], sort=False):
            group = frozenset(alike).union(*(group_of.get(text, frozenset()) for text in alike))
            group_of |= dict.fromkeys(group, group)
    return list(_twin_problems(list(dict.fromkeys(group_of.values())), ids_by_file))


def _twin_problems(groups: Collection[frozenset[str]], ids_by_file: Ids) -> Iterator[Problem]:
    of_id = {text: number for number, group in enumerate(groups) for text in group}
    rows: dict[int, dict[str, list[int]]] = {number: {} for number in range(len(groups))}
    for file, (_, ids) in ids_by_file.items() if groups else ():
        found = ids.map(of_id).dropna()
        for row, number in found.items():
            rows[int(number)].setdefault(file, []).append(int(str(row)))
    kinds = [_kind(group) for group in groups]

    def alike(number: int) -> tuple[tuple[str, ...], str]:
        return tuple(rows[number]), kinds[number]

    for (files, kind), numbers in groupby(sorted(rows, key=alike), alike):
        together = [[rows[number] for number in numbers]]
        if len(together[0]) <= _MOST:
            together = [[one] for one in together[0]]
        for places in together:
            yield _twin(files, kind, places, ids_by_file)


def _twin(files: tuple[str, ...], kind: str, places: list[dict[str, list[int]]], ids_by_file: Ids) -> Problem:
    rows = {file: [row for place in places for row in place[file]] for file in files}
    first, *others = files
    said = f"ids that differ only by {kind}"
    if len(places) > 1:
        said = f"{len(places)} groups of {said}"
    if others:
        said += "; the others stand in " + listed(
            f"{file} row{'s' if len(rows[file]) > 1 else ''} {listed(rows[file])}" for file in others
        )
    mend = "write a person's id alike everywhere (a `shape` under `identity` sets case and separators right)"
    allowed = "ids of two people that anybody can tell apart"
    return in_file("id-twins", first, said, allowed, mend, rows=rows[first], column=ids_by_file[first][0])


def _kind(group: Collection[str]) -> str:
    return next(kind for kind, step in _STEPS if len({step(text) for text in group}) == 1)


def lost_zeros(ids_by_file: Ids) -> list[Problem]:
    """Return a warning for each file with numbers that are other ids once these lose their leading zeros.

    A spreadsheet that reads ids as numbers drops them; the longest spelling is taken for the true one.
    """
    known = _distinct(ids_by_file)
    digits = known[known["id"].str.fullmatch("[0-9]+")]
    bare = digits["id"].str.lstrip("0")
    longest = digits["id"].str.len().groupby(bare).transform("max")
    short = digits[(digits["id"].str.len() < longest) & (bare != "")]
    found = []
    for file, lost in short.groupby("file", sort=False):
        column, ids = ids_by_file[str(file)]
        rows = list(ids.index[ids.isin(lost["id"])])
        said = f"{len(lost)} ids that stand elsewhere with zeros in front"
        mend = "look whether a spreadsheet dropped the zeros, and export the file again if so"
        allowed = "an id written alike everywhere, as other spellings are other people"
        found.append(
            in_file("id-zeros", str(file), said, allowed, mend, rows=rows, column=column, severity="warning")
        )
    return found


def _distinct(ids_by_file: Ids) -> pd.DataFrame:
    """Return file and id, each distinct pair once."""
    parts = [
        pd.DataFrame({"file": file, "id": ids.dropna().unique()}) for file, (_, ids) in ids_by_file.items()
    ]
    return pd.concat([pd.DataFrame({"file": [], "id": []}, dtype="string"), *parts], ignore_index=True)
