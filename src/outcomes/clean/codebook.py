"""Which column of which wave holds which item, and what do its cells mean there?

In: the codebook (one line a column or, with code, label and meaning, one line an answer) and the items that
each wave is expected to ask. Out: for each item of a wave its column and the meaning of that column's codes
and wordings. An item without a line is in the column of its own name and answered as its instrument says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.clean.text import by_fold, canonical, fold, number
from outcomes.errors import Problem, in_file, listed, nearest
from outcomes.study import Answers

COLUMNS = ("wave", "column", "item")
OPTIONAL = ("code", "label", "meaning", "option", "question")
MISSING = "missing"
EVERY_WAVE = ("", "*")
OTHER = "*"
"""The option that stands for any text which is no other option."""


@dataclass(frozen=True)
class ItemColumn:
    """The column that holds an item, and what stands in its cells."""

    column: str
    codes: Mapping[str, float]
    """Cell (a number in its shortest form) to the instrument's code; none: any number that it allows."""
    labels: Mapping[str, float]
    """Wording to the instrument's code. Of a multiple-choice question: each known option to 1 or 0."""
    missing: frozenset[str]
    """Codes and wordings that mean no answer in this column."""
    answers: Answers
    option: str | None = None
    """Of a multiple-choice question: the answer that makes the item 1."""
    question: tuple[str, ...] = ()
    """The columns of a multiple-choice question that has one for each option."""


def read_codebook(
    book: pd.DataFrame | None, file: str, items: Mapping[str, Mapping[str, Answers]]
) -> tuple[dict[str, dict[str, ItemColumn]], list[Problem]]:
    """Return item to its column, a wave, and the problems of the codebook.

    ``book`` holds tidy text indexed by spreadsheet row (None: no codebook), ``items`` the items that each
    wave asks. Lines for one wave stand before those for all waves (wave `*` or empty).
    """
    found = {
        wave: {item: _plain(item, answers) for item, answers in asked.items()}
        for wave, asked in items.items()
    }
    if book is None:
        return found, []
    if lacking := [name for name in COLUMNS if name not in book.columns]:
        mend = "name the columns so (optional: " + listed(OPTIONAL) + ")"
        said = f"no column {listed(lacking)}"
        return found, [in_file("codebook-columns", file, said, listed(COLUMNS), mend)]
    book = book.reindex(columns=[*COLUMNS, *OPTIONAL]).astype("string").fillna("")
    problems = [*_strangers(book, file, items), *_unmeant(book, file)]
    book = book[(book["item"] != "") | (book["option"] != "") | (book["question"] != "")]
    for wave, asked in items.items():
        here = book[book["wave"].isin([wave, *EVERY_WAVE])]
        for item, answers in asked.items():
            lines = here[here["item"] == item]
            own = lines[lines["wave"] == wave]
            lines = lines if own.empty else own
            if not lines.empty:
                found[wave][item], wrong = _item(lines, here, answers, f"item {item} in wave {wave}", file)
                problems += wrong
        problems += _shared(found[wave], wave, file)
    return found, [*dict.fromkeys([*problems, *_turned(found, file)])]


def _plain(column: str, answers: Answers) -> ItemColumn:
    """Return the column of an item whose cells mean what the instrument says."""
    return ItemColumn(column, _codes(answers), _wordings(answers), frozenset(), answers)


def _codes(answers: Answers) -> dict[str, float]:
    if not answers.whole or answers.high - answers.low > 100:
        return {}
    codes = range(int(-(-answers.low // 1)), int(answers.high // 1) + 1)
    return {str(code): float(code) for code in codes}


def _wordings(answers: Answers) -> dict[str, float]:
    return {label: float(code) for code, label in answers.labels.items()}


def _item(
    lines: pd.DataFrame, here: pd.DataFrame, answers: Answers, what: str, file: str
) -> tuple[ItemColumn, list[Problem]]:
    """Return the column that ``lines`` declare for one item, and problems; ``here``: the wave's lines."""
    column = str(lines["column"].iloc[0])
    problems = []
    bare = (lines[["code", "label", "option"]] == "").all(axis=1)
    if len(set(lines["column"])) > 1 or bare.sum() > 1:
        problems.append(_twice(file, lines.index, f"{what} more than once", "once"))
        lines = lines[lines["column"] == column]
    if (lines["option"] != "").any():
        return _option(lines, here, answers, what, file, problems)
    codes: dict[str, float] = {}
    labels: dict[str, float] = {}
    missing: set[str] = set()
    for row, code, label, meaning in lines[["code", "label", "meaning"]].itertuples():
        if not code and not label:
            continue
        meant = _meant(code, label, meaning, answers)
        if meant is None:
            problems.append(_meaningless(file, row, meaning, answers))
            continue
        value = number(code)
        for key, into in ((canonical(value) if value is not None else "", codes), (label, labels),
                          (code if value is None else "", labels)):  # fmt: skip
            if not key:
                continue
            if meant == MISSING:
                missing.add(key)
            elif isinstance(meant, float) and into.setdefault(key, meant) != meant:
                problems.append(_twice(file, [row], f"{what}: an answer with two meanings", "one meaning"))
    if contrary := sorted(missing & (codes.keys() | labels.keys())):
        said = f"{what}: {len(contrary)} answers that are `missing` as well"
        problems.append(_twice(file, lines.index, said, "one meaning"))
    problems += _against_instrument(labels, answers, lines, what, file)
    read = ItemColumn(
        column, codes or _codes(answers), labels or _wordings(answers), frozenset(missing), answers
    )
    return read, problems


def _meant(code: str, label: str, meaning: str, answers: Answers) -> float | str | None:
    """Return the instrument's code that a line means, `missing`, or None where it says neither.

    Without a meaning the code means itself, or a wording of the instrument what it means there.
    """
    if fold(meaning) == MISSING:
        return MISSING
    value = number(meaning or code)
    if value is None and not meaning:
        known = by_fold(answers.labels.values()).get(fold(label or code))
        value = _wordings(answers).get(known) if known is not None else None
    return value if value is not None and answers.allows(canonical(value)) else None


def _option(
    lines: pd.DataFrame, here: pd.DataFrame, answers: Answers, what: str, file: str, problems: list[Problem]
) -> tuple[ItemColumn, list[Problem]]:
    """Return the column of an item that is one option of a multiple-choice question."""
    first = lines.iloc[0]
    column, option, question = str(first["column"]), str(first["option"]), str(first["question"])
    if not (answers.allows("0") and answers.allows("1")):
        allowed = "an instrument whose answers are 0 and 1"
        mend = "take `option` out, or give the item such an instrument"
        problems.append(in_file("codebook-option", file, what, allowed, mend, rows=[*lines.index]))
    if len(set(lines["option"])) > 1:
        problems.append(_twice(file, lines.index, f"{what} with several options", "one option an item"))
    beside = here[here["column"] == column]
    own = {code for code in lines["code"] if code}
    labels = {other: float(other == option) for other in beside["option"] if other}
    codes = {code: float(code in own) for code in beside["code"] if code}
    split = [*here.loc[here["question"] == question, "column"]] if question else []
    read = ItemColumn(
        column, codes, labels, frozenset(), answers, option, tuple(dict.fromkeys(map(str, split)))
    )
    return read, problems


def _strangers(
    book: pd.DataFrame, file: str, items: Mapping[str, Mapping[str, Answers]]
) -> Iterator[Problem]:
    """Yield a problem for each wave and item that the study does not have."""
    known = sorted({item for asked in items.values() for item in asked})
    for column, words in (("wave", [*items]), ("item", known)):
        accepted = [*words, *(EVERY_WAVE if column == "wave" else [""])]
        for word, lines in book[~book[column].isin(accepted)].groupby(column, sort=False):
            mend = nearest(str(word), words) or "use one of these, or take the lines out"
            found = f"'{str(word)[:60]}'"
            yield in_file(
                f"codebook-{column}", file, found, listed(words), mend, rows=[*lines.index], column=column
            )


def _unmeant(book: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Yield a problem for lines without a column, and without item, option and question."""
    empty = book.index[book["column"] == ""]
    if len(empty):
        yield in_file("codebook-columns", file, "lines without a column", "the name of a column",
                      "fill the cells", rows=[*empty], column="column")  # fmt: skip
    idle = book.index[(book[["item", "option", "question"]] == "").all(axis=1) & (book["column"] != "")]
    if len(idle):
        yield in_file("codebook-item", file, "lines without an item", "an item, option or question",
                      "fill the cells or take the lines out", rows=[*idle], column="item")  # fmt: skip


def _shared(found: Mapping[str, ItemColumn], wave: str, file: str) -> Iterator[Problem]:
    """Yield a problem for a column that would be several items, but for the options of one question."""
    items: dict[str, list[str]] = {}
    for item, entry in found.items():
        items.setdefault(entry.column, []).append(item)
    for column, several in items.items():
        options = [found[item].option for item in several]
        if len(several) > 1 and (None in options or len(set(options)) < len(options)):
            said = f"one column for {listed(several)} in wave {wave}"
            mend = "correct the column of one of them"
            yield in_file("codebook-shared", file, said, "a column for each item", mend, column=column)


def _against_instrument(
    labels: Mapping[str, float], answers: Answers, lines: pd.DataFrame, what: str, file: str
) -> Iterator[Problem]:
    """Yield a problem where wordings of the instrument mean other codes in the codebook: a turned scale."""
    known = {fold(label): code for label, code in _wordings(answers).items()}
    turned = {label: code for label, code in labels.items() if known.get(fold(label), code) != code}
    if turned:
        said = f"{what}: " + listed(f"'{label[:60]}' as {code:g}" for label, code in turned.items())
        allowed = listed(f"'{label}' as {code}" for code, label in answers.labels.items())
        mend = "give each wording the instrument's code (reversed items are turned when they are scored)"
        yield in_file("label-direction", file, said, allowed, mend, rows=[*lines.index])


def _turned(found: Mapping[str, Mapping[str, ItemColumn]], file: str) -> Iterator[Problem]:
    """Yield a problem where a wording, unknown to the instrument, means different codes in two waves."""
    seen: dict[tuple[str, str], tuple[str, float]] = {}
    for wave, columns in found.items():
        for item, entry in columns.items():
            known = {fold(label) for label in entry.answers.labels.values()}
            for label, code in entry.labels.items() if entry.option is None else ():
                if fold(label) in known:
                    continue
                before, meant = seen.setdefault((item, fold(label)), (wave, code))
                if meant != code:
                    said = f"item {item}: '{label[:60]}' as {meant:g} in {before} and {code:g} in {wave}"
                    mend = "correct the meaning in one of the waves"
                    yield in_file("label-direction", file, said, "one meaning in all waves", mend)


def _meaningless(file: str, row: int, meaning: str, answers: Answers) -> Problem:
    found = f"the meaning '{meaning[:60]}'" if meaning else "an answer without a meaning"
    allowed = f"a code from {answers.low:g} to {answers.high:g}, or `{MISSING}`"
    return in_file("codebook-meaning", file, found, allowed, "correct the line", rows=[row], column="meaning")


def _twice(file: str, rows: pd.Index | list[int], found: str, allowed: str) -> Problem:
    return in_file("codebook-twice", file, found, allowed, "remove the wrong lines", rows=[*rows])
