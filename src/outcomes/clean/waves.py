"""Do the waves belong together: the same people, other answers, fixed attributes, in order of time?

In: the people of each wave, and what the waves say about them. Out: problems that no single file shows. All
mappings by wave are in the order of the study's waves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from outcomes.errors import Problem, in_file, listed
from outcomes.study.stages import Cleaning

COMPARED: tuple[Literal["low", "high"], ...] = ("low", "high")
"""The SES groups that are compared."""
FEW_LINKED = 0.3
"""Share of the smaller wave that should be found in the other wave."""
SMALL = 10
"""People at the baseline below which a group is too small to show."""
ALIKE = 0.9
"""Share of linked people with the same answers from which on two waves are one export."""
FEWEST_PEOPLE = 5
FEWEST_ITEMS = 5
"""What both waves must share at least before the same answers mean the same export."""


def overlap(persons: Mapping[str, pd.Series], files: Mapping[str, str]) -> list[Problem]:
    """Return the pairs of waves that share nobody (`no-overlap`) or few (`small-overlap`, a warning).

    The share is of the people of the smaller wave; a wave without people says nothing.
    """
    numbers, most = _numbered(persons)
    there = {wave: np.zeros(most, dtype=bool) for wave in persons}
    for wave, number in numbers.items():
        there[wave][number[number >= 0]] = True
    found = []
    for earlier, later in combinations([wave for wave in there if there[wave].any()], 2):
        sizes = [int(there[wave].sum()) for wave in (earlier, later)]
        common = int((there[earlier] & there[later]).sum())
        allowed = f"the people of {earlier} ({files[earlier]}) once more"
        if common == 0:
            said = f"nobody of the {sizes[1]:,} people in {earlier}"
            mend = "look whether both files write the ids alike: are these the same cohort?"
            found.append(in_file("no-overlap", files[later], said, allowed, mend))
        elif common < FEW_LINKED * min(sizes):
            said = (
                f"only {common / min(sizes):.0%} of the people of the smaller wave both here and in {earlier}"
            )
            mend = "look whether both files write the ids alike: are these the same cohort?"
            found.append(in_file("small-overlap", files[later], said, allowed, mend, severity="warning"))
    return found


def same_file(digests: Mapping[str, str], files: Mapping[str, str]) -> list[Problem]:
    """Return the waves whose file is, byte by byte, that of an earlier wave (`same-file`)."""
    first: dict[str, str] = {}
    return [
        _same_export(files, earlier, wave, f"the very bytes of {earlier} ({files[earlier]})")
        for wave, digest in digests.items()
        if (earlier := first.setdefault(digest, wave)) != wave
    ]


def same_answers(answers: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Problem]:
    """Return the waves that hold the answers of an earlier wave once more (`same-file`).

    ``answers`` has `person` and one float64 column an item. Two waves are one export when of the people in
    both, 5 or more, at least 90 % gave the same answers to all items of both waves, 5 or more, and not all of
    them one and the same.
    """
    found = []
    people = {
        wave: frame["person"].mask(frame["person"].duplicated(keep=False)) for wave, frame in answers.items()
    }
    for earlier, later in combinations(answers, 2):
        items = [
            item for item in answers[earlier].columns if item in answers[later].columns and item != "person"
        ]
        there = np.flatnonzero(people[earlier].notna())
        at = pd.Index(people[earlier].iloc[there]).get_indexer(pd.Index(people[later]))
        here = np.flatnonzero(at >= 0)
        if len(items) < FEWEST_ITEMS or len(here) < FEWEST_PEOPLE:
            continue
        alike = _alike(answers[earlier], there[at[here]], answers[later], here, items)
        if alike:
            said = f"the answers of {earlier} ({files[earlier]}) from {alike:.0%} of the people in both"
            found.append(_same_export(files, earlier, later, said))
    return found


def _alike(
    earlier: pd.DataFrame, there: np.ndarray, later: pd.DataFrame, here: np.ndarray, items: list[str]
) -> float:
    """Return the share of linked rows with the same answers; 0 if small, or if most give one throughout."""
    same, differ = np.ones(len(here), dtype=bool), np.zeros(len(here), dtype=bool)
    first = later[items[0]].to_numpy()[here]
    for item in items:
        before, after = earlier[item].to_numpy()[there], later[item].to_numpy()[here]
        same &= (before == after) | (np.isnan(before) & np.isnan(after))
        differ |= (after != first) & ~(np.isnan(after) & np.isnan(first))
        if same.mean() < ALIKE:
            return 0.0
    return float(same.mean()) if differ.mean() >= 0.5 else 0.0


def _same_export(files: Mapping[str, str], earlier: str, later: str, said: str) -> Problem:
    mend = f"export {later} again, and correct the file that the study names for {earlier} or {later}"
    return in_file("same-file", files[later], said, "another export for each wave", mend)


def stable(
    attributes: Mapping[str, pd.DataFrame], files: Mapping[str, tuple[str, Mapping[str, str]]], part: Cleaning
) -> list[Problem]:
    """Return the attributes of people that a later source says differently (`attribute-changed`).

    ``attributes`` holds by source (the register first, where it has some; then waves) what is known of each
    person: indexed by person, `row` (the spreadsheet row) and one text column an attribute, missing where it
    is not known. ``files`` holds the name of the source's file and its columns by attribute. The first known
    value counts. SES indicators and the arm are fixed at the baseline: a change is an error, and a warning
    where the study declares `ses: {changes: baseline}`; a change of a covariate is a warning.
    """
    people, most = _numbered({source: known.index for source, known in attributes.items()})
    found = []
    for name in part.attributes:
        fixed = name in part.ses.indicators or part.attributes[name] is part.comparison
        refused = fixed and part.ses.changes == "refuse"
        said, _ = _numbered({source: known[name] for source, known in attributes.items() if name in known})
        first = np.full(most, -1)
        for source, value in said.items():
            person = people[source]
            known = (person >= 0) & (value >= 0)
            before = np.where(known, first[person], -1)
            changed = (before >= 0) & (before != value)
            if changed.any():
                file, columns = files[source]
                rows = np.sort(attributes[source]["row"].to_numpy()[changed]).tolist()
                found.append(_changed(file, columns.get(name, ""), rows, name, refused=refused))
            fresh = np.flatnonzero(known & (before < 0))[::-1]  # the first of a person's rows is written last
            first[person[fresh]] = value[fresh]
    return found


def _changed(file: str, column: str, rows: list[int], name: str, *, refused: bool) -> Problem:
    number = f"{len(rows):,} {'person' if len(rows) == 1 else 'people'}"
    said = f"another {name} than before for {number}"
    mend = (
        "correct the cells, or declare `ses: {changes: baseline}` so that the first value counts"
        if refused
        else "nothing if it may change: the first value counts"
    )
    return in_file(
        "attribute-changed", file, said, "what was said first", mend,
        rows=rows, column=column, severity="error" if refused else "warning",
    )  # fmt: skip


def groups(people: pd.DataFrame, at_baseline: Collection[str], part: Cleaning) -> list[Problem]:
    """Return what is wrong with the SES groups: one of them empty, of one person, or small at the baseline.

    ``people`` has `person`, `ses` and `in_population`; ``at_baseline`` are those who answered the first wave.
    Nobody in one of the groups (`one-group`) is an error; one person (`tiny-group`) and fewer than 10 at the
    baseline (`small-group`) are warnings.
    """
    if people.empty:
        return []
    inside = people[people["in_population"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)]
    labels, found = part.ses.labels, []
    where = listed(dict.fromkeys(f"column {one.column}" for one in part.ses.indicators.values()), 3)
    first = inside[inside["person"].isin(list(at_baseline))]
    for group in COMPARED:
        size = int((inside["ses"] == group).sum())
        if size == 0:
            mend = "there is nobody to compare: look at `low` and `high` in `ses`, and at the column"
            said = f"nobody who is {labels[group]}"
            allowed = f"{labels['low']} and {labels['high']} people"
            found.append(Problem(where, said, allowed, mend, "one-group"))
        elif size == 1:
            said, mend = f"a single person who is {labels[group]}", "look at `low` and `high` in `ses`"
            found.append(Problem(where, said, "a group of people", mend, "tiny-group", "warning"))
        elif (first["ses"] == group).sum() < SMALL:
            said = f"fewer than {SMALL} {labels[group]} people who answered the first wave"
            mend = "expect wide margins, and that the report leaves out what would show single people"
            found.append(Problem(where, said, f"{SMALL} or more", mend, "small-group", "warning"))
    return found


def before(answered: Mapping[str, pd.DataFrame], files: Mapping[str, tuple[str, str]]) -> list[Problem]:
    """Return the waves in which people answered on an earlier day than in a wave before it (`wave-order`).

    ``answered`` holds by wave, indexed by person, `row` and `answered_on` (ISO text, a day or a time);
    ``files`` the name of the file and its column of the date.
    """
    people, most = _numbered({wave: rows.index for wave, rows in answered.items()})
    days, _ = _numbered(
        {wave: rows["answered_on"].astype("string").str[:10] for wave, rows in answered.items()}, sort=True
    )
    found = []
    latest = np.full(most, -1)
    for wave, person in people.items():
        known = np.flatnonzero((person >= 0) & (days[wave] >= 0))[::-1]
        last, day = latest[person[known]], days[wave][known]
        if (day < last).any():
            rows = np.sort(answered[wave]["row"].to_numpy()[known[day < last]]).tolist()
            found.append(_early(*files[wave], rows, int((last >= 0).sum())))
        latest[person[known]] = np.maximum(last, day)
    return found


def _numbered(
    values: Mapping[str, pd.Series | pd.Index], *, sort: bool = False
) -> tuple[dict[str, np.ndarray], int]:
    """Return the same texts as the same numbers, -1 where missing, and how many there are."""
    if not values:
        return {}, 0
    every = pd.concat([pd.Series(given.array, dtype="string") for given in values.values()])
    numbers, known = pd.factorize(every, sort=sort)
    ends = np.cumsum([len(given) for given in values.values()])
    return dict(zip(values, np.split(numbers, ends[:-1]), strict=True)), len(known)


def _early(file: str, column: str, rows: list[int], linked: int) -> Problem:
    said = f"a day before that of an earlier wave for {len(rows):,} of {linked:,} people"
    mend = (
        "are the files of the two waves exchanged?"
        if 2 * len(rows) > linked
        else "look at the day and month, and whether the ids are the right ones"
    )
    return in_file(
        "wave-order", file, said, "days after those of the waves before", mend,
        rows=rows, column=column, severity="warning",
    )  # fmt: skip
