"""Do the codes of an export mean what the instrument says? The wording of the same answers shows it.

In: a numeric export beside the label export of the same responses, or the value labels that a file declares.
Out: problems. Survey tools number answers by the history of editing (1, 2, 4, 7, or the other way round), so
that a code within the range can still mean another answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.clean.codebook import ItemColumn
from outcomes.clean.reading import Column, Missing, Place
from outcomes.clean.text import by_fold, canonical, fold, is_no_answer, number, tidy
from outcomes.errors import Problem, in_file, listed, nearest

Recoded = tuple[tuple[str, str], ...]
"""Exported codes, each with the wording that it stands for."""


class Pair(NamedTuple):
    """An exported code beside the wording of the same answers (either empty: no answer), and their rows."""

    code: str
    wording: str
    rows: tuple[int, ...]


def against_labels(
    codes: Mapping[str, pd.Series], labels: Mapping[str, pd.Series], by: tuple[pd.Series, pd.Series],
    entries: Mapping[str, ItemColumn], file: str, *, labels_file: str = "the label export",
    missing: Collection[str] = (), wave: str = "",
) -> list[Problem]:  # fmt: skip
    """Return what contradicts between a numeric export and the label export of the same responses.

    ``codes`` and ``labels`` hold raw text by item, ``by`` the numbers of the responses in both (text, indexed
    as the cells; a number that stands twice is looked at once); ``file`` is the numeric export. Items of
    multiple-choice questions are passed over.
    """
    rows, problems = _matched(by, (file, labels_file))
    history: dict[Recoded, list[str]] = {}
    for item, entry in entries.items():
        if entry.option is not None or item not in codes or item not in labels:
            continue
        none = Missing.of({*missing, *entry.missing, ""})
        pairs = _pairs(codes[item], labels[item], rows, none)
        place = Place(file, entry.column)
        if contrary := [*_contradictions(pairs, place), *_strangers(pairs, entry, labels_file)]:
            problems += contrary
        elif recoded := _recoded([(pair.code, pair.wording) for pair in pairs], entry):
            history.setdefault(recoded, []).append(item)
    for recoded, items in history.items():
        problems.append(_history(recoded, [entries[item] for item in items], items, file, wave))
    return problems


def value_labels(
    entry: ItemColumn, labels: Mapping[str, str], place: Place, *, item: str = "", wave: str = ""
) -> list[Problem]:
    """Return where the labels that a file declares for its codes contradict the codebook or the instrument.

    A label that says `no answer` over a code of the scale is an error as well; other labels that neither
    knows are a warning.
    """
    known = by_fold(entry.labels)
    stray, absent, own = [], [], []
    for written, label in labels.items():
        value = number(tidy(written))
        code = canonical(value) if value is not None else tidy(written)
        meant = entry.labels.get(known.get(fold(label), ""))
        if code in entry.missing or fold(label) in {fold(word) for word in entry.missing}:
            continue
        if meant is None and is_no_answer(label) and _code(code, entry) is not None:
            absent.append((code, label))
        elif meant is None and _code(code, entry) is not None and known and number(label) is None:
            stray.append((code, label))
        elif meant is not None:
            own.append((code, label))
    problems = []
    if recoded := _recoded(own, entry):
        problems.append(_history(recoded, [entry], [item or entry.column], place.file, wave))
    if absent:
        mend = "list the code as missing in the codebook (code, label, and `missing` as its meaning)"
        found = f"codes of the scale whose label says that there is no answer: {_said(absent)}"
        problems.append(place.problem("missing-code", found, listed(entry.labels, 20), mend))
    if stray:
        mend = "look whether the codes mean the same as in the instrument; if not, say it in the codebook"
        found = f"labels that the instrument does not have: {_said(stray)}"
        problems.append(place.problem("value-labels", found, listed(entry.labels, 20), mend, (), "warning"))
    return problems


def _matched(
    by: tuple[pd.Series, pd.Series], files: tuple[str, str]
) -> tuple[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]], list[Problem]]:
    """Return the positions of the same responses in both exports, and what is wrong with the match."""
    both = [
        pd.DataFrame({"response": [tidy(str(cell)) for cell in ids], side: np.arange(len(ids))})
        for ids, side in zip(by, ("left", "right"), strict=True)
    ]
    once = [frame[frame["response"] != ""].drop_duplicates("response") for frame in both]
    met = once[0].merge(once[1], on="response")
    rows = (met["left"].to_numpy(), met["right"].to_numpy())
    without = [len(frame) - len(met) for frame in once]
    if met.empty:
        found, mend = "no response in common", "look whether both are exports of the same survey"
        return rows, [in_file("labels-unmatched", files[1], found, f"the responses of {files[0]}", mend)]
    if not any(without):
        return rows, []
    found = f"{without[0]} responses only in {files[0]} and {without[1]} only here"
    mend = "export both at the same time; the codes were checked on the common ones"
    return rows, [
        in_file("labels-unmatched", files[1], found, "the same responses", mend, severity="warning")
    ]


def _pairs(
    codes: pd.Series,
    labels: pd.Series,
    rows: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    none: Missing,
) -> list[Pair]:
    """Return each pair of code and folded wording that responses have, with the rows of the numeric export.

    Pairs of which both mean no answer are left out.
    """
    left, right = Column.of(codes), Column.of(labels)
    both = left.places[rows[0]] * len(right.distinct) + right.places[rows[1]]
    met, first = np.unique(both, return_inverse=True)
    folded = by_fold(none.words)
    pairs: dict[tuple[str, str], list[int]] = {}
    for n, pair in enumerate(met.tolist()):
        code, label = (column.distinct[m] for column, m in zip(
            (left, right), divmod(pair, len(right.distinct)), strict=True))  # fmt: skip
        empty = [not tidy(cell) or none.meant(cell, folded) is not None for cell in (code, label)]
        if all(empty):
            continue
        value = number(tidy(code))
        key = (
            "" if empty[0] else canonical(value) if value is not None else tidy(code),
            "" if empty[1] else tidy(label),
        )
        pairs.setdefault(key, []).extend(left.index[rows[0][first == n]].tolist())
    return [Pair(code, label, tuple(sorted(found))) for (code, label), found in pairs.items()]


def _contradictions(pairs: list[Pair], place: Place) -> list[Problem]:
    """Return the problem of codes with several wordings, and of wordings with several codes."""
    wordings: dict[str, set[str]] = {}
    of_wording: dict[str, set[str]] = {}
    for pair in pairs:
        wordings.setdefault(pair.code, set()).add(fold(pair.wording))
        of_wording.setdefault(fold(pair.wording), set()).add(pair.code)
    torn = [
        pair for pair in pairs
        if len(wordings[pair.code]) > 1 or len(of_wording[fold(pair.wording)]) > 1
        or not pair.code or not pair.wording
    ]  # fmt: skip
    if not torn:
        return []
    rows = sorted({row for pair in torn for row in pair.rows})
    found = f"{len(rows)} responses in which the codes and the label export say different things"
    mend = "export both again at the same time, without changing the survey in between"
    return [place.problem("labels-disagree", found, "one wording for each code", mend, rows)]


def _strangers(pairs: list[Pair], entry: ItemColumn, file: str) -> list[Problem]:
    """Return the problem of wordings in the label export that neither codebook nor instrument has."""
    known = by_fold(entry.labels)
    strange = [pair for pair in pairs if pair.wording and fold(pair.wording) not in known]
    if not strange or not known:
        return []
    said = (
        f"'{pair.wording}'" if len(pair.rows) > 2 or nearest(pair.wording, entry.labels)
        else f"text of {len(pair.wording)} characters" for pair in strange
    )  # fmt: skip
    mend = "say in the codebook (code, label, meaning) what the wording means"
    return [in_file("unknown-label", file, listed(said), listed(entry.labels, 20), mend, column=entry.column)]


def _recoded(pairs: Iterable[tuple[str, str]], entry: ItemColumn) -> Recoded:
    """Return codes and wordings, by code, where any wording means another answer than its code; else none."""
    known = by_fold(entry.labels)
    read = {code: known[fold(wording)] for code, wording in pairs if fold(wording) in known}
    if all(_code(code, entry) == entry.labels[wording] for code, wording in read.items()):
        return ()
    return tuple(sorted(read.items(), key=lambda pair: (number(pair[0]) or 0.0, pair[0])))


def _code(code: str, entry: ItemColumn) -> float | None:
    """Return the instrument's code of an exported one."""
    if entry.codes:
        return entry.codes.get(code)
    return float(code) if number(code) is not None and entry.answers.allows(code) else None


def _history(recoded: Recoded, entries: list[ItemColumn], items: list[str], file: str, wave: str) -> Problem:
    """Return the problem of codes that mean other answers than the instrument's, with lines that mend it."""
    first = entries[0]
    columns = listed((" ".join(entry.column.split())[:60] for entry in entries), 20)
    lines = "; ".join(
        f"{wave},{first.column[:60]},{items[0]},{code},{label},{first.labels[label]:g}"
        for code, label in recoded
    )
    found = f"codes that mean other answers, in {len(entries)} columns ({columns}): {_said(recoded)}"
    allowed = listed(f"{code:g} for '{label}'" for label, code in first.labels.items())
    alike = ", and such lines for the other columns" if len(entries) > 1 else ""
    mend = f"add to the codebook (wave,column,item,code,label,meaning) the lines {lines}{alike}"
    return in_file("recode-history", file, found, allowed, mend, column=first.column)


def _said(pairs: Collection[tuple[str, str]]) -> str:
    return listed(f"{code} for '{label[:60]}'" for code, label in pairs)
