"""Which responses of several waves are one person's?

In: the waves, each with the ids of its responses. Out: the same waves with one name a person; how each
response was linked; the pairs that somebody must look at; and how many were linked, by SES group. Nothing is
guessed: what could be two people is listed for review and stays apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from outcomes.clean.survey import Survey
from outcomes.columns import GROUPS
from outcomes.errors import Problem, in_file
from outcomes.linking import Links, link_codes, link_elements, near
from outcomes.study.stages import Cleaning

BASELINE, EXACT, NEAR, ALONE, NO_ID, APART = "baseline", "exact", "near", "alone", "no id", "apart"
"""How a response is linked: the first wave; to an earlier response of the same code; to one of nearly the
same code; to none; without an id; one of two people who use the same code."""

DENSE = 0.01
"""Share of the numbers from the lowest to the highest id that are ids, above which a slip of the pen is
likely to give another person's id, so that pairs that come near are no hint."""

_REVIEW = ["wave", "row", "other_wave", "other_row", "errors", "reason"]


@dataclass
class Linked:
    """All waves' links: one row a response in use (wave, row, how, errors), and what is to be reviewed."""

    links: list[pd.DataFrame] = field(default_factory=list)
    review: list[pd.DataFrame] = field(default_factory=list)

    def table(self, surveys: Mapping[str, Survey]) -> pd.DataFrame:
        """Return the links of the responses that are used, with the person."""
        every = pd.concat(self.links, ignore_index=True)
        parts = []
        for wave, links in every.groupby("wave", sort=False):
            used = surveys[str(wave)].used["person"]
            kept = links[links["row"].isin(used.index)]
            parts.append(kept.assign(person=used.loc[kept["row"]].array))
        return pd.concat(parts)[["person", "wave", "row", "how", "errors"]]

    def to_review(self) -> pd.DataFrame:
        """Return the pairs of rows to look at; the raw files say who they are."""
        return pd.concat([pd.DataFrame(columns=_REVIEW), *self.review])[_REVIEW]


def keep_apart(survey: Survey, part: Cleaning) -> pd.Index:
    """Give two people who use one code in a wave names of their own; return their rows.

    They are two when all of the study's constants are known for both and differ.
    """
    constants = [name for name in part.linking.constants if name in survey.attributes]
    rows = survey.used
    twice = rows.index[rows["person"].notna() & rows["person"].duplicated(keep=False)]
    if not constants or twice.empty:
        return twice[:0]
    known = survey.attributes.loc[twice, constants]
    person = rows.loc[twice, "person"]
    different = known.notna().all(axis=1) & (known.groupby(person.array).transform("nunique") > 1).all(axis=1)
    apart = twice[different]
    names = [f"{code} (row {row})" for code, row in zip(person.loc[apart], apart, strict=True)]
    survey.rows.loc[apart, "person"] = pd.array(names, dtype="string")
    if not apart.empty:
        found = "one code that two people use"
        mend = "ask them for another code; both stay and neither is linked"
        place = survey.source.place(", ".join(part.waves[survey.wave].id_columns))
        survey.source.problems.append(
            place.problem("code-twice", found, "a code for each person", mend, rows=apart, severity="warning")
        )
    return apart


def name_blanks(survey: Survey) -> pd.Index:
    """Give rows without an id a name of their own, by wave and row; return them."""
    blank = survey.rows.index[survey.rows["person"].isna()]
    survey.rows.loc[blank, "person"] = pd.array([f"{survey.wave} row {row}" for row in blank], dtype="string")
    return blank


def link(
    surveys: Mapping[str, Survey],
    part: Cleaning,
    apart: Mapping[str, Mapping[str, pd.Index]],
    register: pd.DataFrame | None,
) -> Linked:
    """Link each wave to all earlier ones; ``apart`` holds by wave the rows to leave alone, by how.

    With `codes` the person of a response that is linked becomes that of the earlier one. ``register``
    (person, cohort) says which ids there are, where there is one.
    """
    found = Linked()
    known = _people(register, "register", register.index) if register is not None else None
    earlier: list[pd.DataFrame] = []
    for wave, survey in surveys.items():
        used = survey.used
        aside = pd.Series(
            {row: how for how, rows in apart[wave].items() for row in rows if row in used.index},
            dtype="string",
        )
        free = used.index.difference(aside.index, sort=False)
        before = pd.concat(earlier, ignore_index=True) if earlier else None
        pool = known if known is not None else before
        links = pd.DataFrame({"wave": wave, "row": used.index, "how": ALONE, "errors": 0}, index=used.index)
        if before is None:
            links["how"] = BASELINE
        if pool is not None:
            _link(survey, free, pool, links, part, found)
        if before is not None:
            again = survey.rows.loc[free, "person"].isin(before["person"])
            links.loc[again.index[again & (links.loc[free, "how"] != NEAR)], "how"] = EXACT
        links.loc[aside.index, "how"] = aside.array
        found.links.append(links.reset_index(drop=True))
        people = _people(survey.rows.assign(cohort=survey.cohort), wave, free, survey.elements)
        fresh = ~people["person"].isin(before["person"]) if before is not None else slice(None)
        earlier.append(people[fresh])
    return found


def _people(
    rows: pd.DataFrame, wave: str, index: pd.Index, elements: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the pool that later waves are compared with: person, cohort, where they stand, elements."""
    parts = rows.loc[index, ["person", "cohort"]].assign(wave=wave, row=index)
    if elements is None or not elements.shape[1]:
        return parts.reset_index(drop=True)
    return parts.join(elements.loc[index].add_prefix("element ")).reset_index(drop=True)


def _link(
    survey: Survey, free: pd.Index, pool: pd.DataFrame, links: pd.DataFrame, part: Cleaning, found: Linked
) -> None:
    """Link what is nearly one code where the study lets it; list for review what is near or ambiguous.

    All codes are compared, also those that are equal, as a third code that comes near makes a pair ambiguous.
    A row whose code is somebody's already stays with that person.
    """
    mine = survey.rows.loc[free, "person"]
    if pool.empty or free.empty or (part.linking.method == "exact" and _are_dense(pool["person"])):
        return
    one = _compared(pool, survey, free, part)
    taken = {"left": pool["person"].isin(mine).to_numpy(), "right": mine.isin(pool["person"]).to_numpy()}

    def fresh(pairs: pd.DataFrame) -> pd.DataFrame:
        return pairs[~(taken["left"][pairs["left"]] | taken["right"][pairs["right"]])]

    for here, there, errors in fresh(one.pairs)[["left", "right", "errors"]].itertuples(index=False):
        links.loc[free[there], ["how", "errors"]] = [NEAR, errors]
        survey.rows.loc[free[there], "person"] = pool["person"].iloc[here]
    review = fresh(one.review)
    if not review.empty:
        other = pool.iloc[review["left"].to_numpy()]
        found.review.append(
            pd.DataFrame(
                {
                    "wave": survey.wave, "row": free[review["right"].to_numpy()],
                    "other_wave": other["wave"].array, "other_row": other["row"].array,
                    "errors": review["errors"].array, "reason": review["reason"].array,
                }
            )
        )  # fmt: skip


def _are_dense(codes: pd.Series) -> bool:
    """Return whether ids are numbers so close together that being near one another says nothing."""
    if not codes.str.fullmatch("[0-9]{1,18}").all():
        return False
    numbers = codes.astype("int64")
    return len(numbers) > DENSE * (int(numbers.max()) - int(numbers.min()) + 1)


def _compared(left: pd.DataFrame, survey: Survey, right: pd.Index, part: Cleaning) -> Links:
    """Return which of the codes left over on both sides are one person, and which pairs to review."""
    blocks = {}
    if part.waves[survey.wave].cohort is not None and left["cohort"].notna().any():
        blocks = {"left_block": left["cohort"].tolist(), "right_block": survey.cohort.loc[right].tolist()}
    codes = survey.rows.loc[right, "person"].tolist()
    if part.linking.method == "exact":
        return near(left["person"].tolist(), codes, most_errors=1, **blocks)
    most = part.linking.most_errors
    elements = [name for name in left.columns if name.startswith("element ")]
    if elements:
        return link_elements(left[elements], survey.elements.loc[right], most_errors=most, **blocks)
    return link_codes(left["person"].tolist(), codes, most_errors=most, **blocks)


def to_look_at(linked: Linked, folder: str) -> Iterator[Problem]:
    """Yield one warning that says how many pairs wait for somebody's eye."""
    pairs = sum(len(frame) for frame in linked.review)
    if pairs:
        found = f"{pairs} pairs of nearly the same id that are not linked"
        mend = "look at the pairs in restricted/clean/review.csv and correct the ids that are one person's"
        yield in_file("near-ids", folder, found, "ids that are equal or clearly different", mend,
                      severity="warning")  # fmt: skip


def linkage(links: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Return by wave and SES group how the responses are linked, and how many of the baseline are found.

    Columns: wave, group, how, n; the row `found` counts those who answered the baseline and this wave too,
    the row `answered` all responses of the wave.
    """
    ses = people.set_index("person")["ses"]
    every = links.assign(group=ses.reindex(links["person"]).fillna("unknown").array)
    baseline = set(every.loc[every["how"] == BASELINE, "person"])
    rows = []
    for wave, one in every.groupby("wave", sort=False):
        for group in GROUPS:
            mine = one[one["group"] == group]
            counts = {how: int((mine["how"] == how).sum()) for how in (EXACT, NEAR, ALONE, NO_ID, APART)}
            counts = {"answered": len(mine), "found": int(mine["person"].isin(baseline).sum()), **counts}
            rows += [{"wave": wave, "group": group, "how": how, "n": n} for how, n in counts.items()]
    return pd.DataFrame(rows)
