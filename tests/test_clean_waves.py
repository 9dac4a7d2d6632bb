"""Whether the waves belong together: the same people, other answers, fixed attributes, in order of time."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from table import table

from outcomes.clean import waves
from outcomes.errors import Problem

FILES = {"start": "start.csv", "middle": "middle.csv", "end": "end.csv"}
LABELS = {"low": "low-SES", "high": "high-SES", "unknown": "SES unknown"}


def people(*ids: str) -> pd.Series:
    found = pd.Series(ids, index=range(2, 2 + len(ids)), dtype="string")
    return found.mask(found == "")


def numbered(first: int, last: int) -> pd.Series:
    return people(*(f"p{n}" for n in range(first, last + 1)))


def by_person(text: str) -> pd.DataFrame:
    """A drawn table indexed by person, its first row being row 2; a blank is not known."""
    drawn = table(text)
    drawn = drawn.mask(drawn == "").assign(row=range(2, 2 + len(drawn)))
    return drawn.set_index("id")


def study(changes: str = "refuse") -> SimpleNamespace:
    """What the checks read of a study: one indicator, an arm, a covariate."""
    comparison = SimpleNamespace(column="group")
    indicators = {"fsm": SimpleNamespace(column="Free meals")}
    attributes = {**indicators, "year": SimpleNamespace(column="Year"), "arm": comparison}
    ses = SimpleNamespace(indicators=indicators, changes=changes, labels=LABELS)
    return SimpleNamespace(ses=ses, attributes=attributes, comparison=comparison)


def codes(found: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.label, problem.file) for problem in found]


def test_waves_that_share_nobody_are_refused():
    found = waves.overlap({"start": numbered(1, 10), "end": numbered(11, 40)}, FILES)
    assert codes(found) == [("E-no-overlap", "end.csv")]
    assert str(found[0]).endswith("are these the same cohort?")


def test_the_overlap_is_a_share_of_the_smaller_wave():
    start = numbered(1, 100)
    assert codes(waves.overlap({"start": start, "end": numbered(72, 171)}, FILES)) == [
        ("W-small-overlap", "end.csv")
    ]
    assert "29%" in str(waves.overlap({"start": start, "end": numbered(72, 171)}, FILES)[0])
    assert not waves.overlap({"start": start, "end": numbered(71, 170)}, FILES)
    assert not waves.overlap({"start": start, "end": numbered(99, 102)}, FILES)
    assert not waves.overlap({"start": numbered(99, 102), "end": start}, FILES)


def test_each_pair_of_waves_is_compared_and_blank_or_repeated_ids_are_nobody():
    start, middle, end = people("a", "b", ""), people("a", "a", ""), people("b", "", "")
    found = waves.overlap({"start": start, "middle": middle, "end": end}, FILES)
    assert codes(found) == [("E-no-overlap", "end.csv")]
    assert "nobody of the 1 people in middle" in str(found[0])
    assert not waves.overlap({"start": start, "end": people("", "")}, FILES)


def test_the_same_bytes_for_two_waves_are_refused():
    found = waves.same_file({"start": "ab", "middle": "cd", "end": "ab"}, FILES)
    assert codes(found) == [("E-same-file", "end.csv")]
    assert "start (start.csv)" in str(found[0])
    assert not waves.same_file({"start": "ab", "middle": "cd"}, FILES)


def answered(seed: int, n: int = 20, items: int = 6) -> pd.DataFrame:
    given = np.random.default_rng(seed).integers(1, 6, size=(n, items)).astype(float)
    frame = pd.DataFrame(given, columns=[f"q{n}" for n in range(items)], index=range(2, 2 + n))
    return frame.assign(person=pd.Series([f"p{n}" for n in range(n)], frame.index, dtype="string"))


def test_the_same_answers_in_two_waves_are_refused_in_whatever_order_they_stand():
    start = answered(1)
    start.loc[5:9, "q1"] = np.nan
    again = start.sample(frac=1, random_state=1)[["q5", "person", "q4", "q3", "q2", "q1", "q0"]]
    again.loc[again.index[0], "q0"] = 9.0
    found = waves.same_answers({"start": start, "middle": answered(2), "end": again}, FILES)
    assert codes(found) == [("E-same-file", "end.csv")]
    assert "95%" in str(found[0])
    again.loc[again.index[:3], "q0"] = 9.0
    assert not waves.same_answers({"start": start, "end": again}, FILES)


def test_few_people_few_items_or_one_answer_throughout_are_no_copy():
    assert not waves.same_answers({"start": answered(1, n=4), "end": answered(1, n=4)}, FILES)
    assert not waves.same_answers({"start": answered(1, items=4), "end": answered(1, items=4)}, FILES)
    flat = answered(1)
    flat.loc[:, [f"q{n}" for n in range(6)]] = 5.0
    assert not waves.same_answers({"start": flat, "end": flat}, FILES)
    others = answered(1).assign(person=pd.NA)
    assert not waves.same_answers({"start": answered(1), "end": others}, FILES)


KNOWN = {
    "register": by_person("""
        id | fsm  | arm
        a  | low  | mentored
        b  | high | mentored
        c  |      | comparison
    """),
    "start": by_person("""
        id | fsm  | year
        b  | low  | first
        c  | low  | first
        d  | high | first
    """),
    "end": by_person("""
        id | fsm  | year   | arm
        c  | high | second | mentored
        d  | high |        |
        b  |      | first  |
        x  | low  | third  | mentored
    """),
}
COLUMNS = {
    "register": ("register.csv", {"fsm": "FSM", "arm": "group"}),
    "start": ("start.csv", {"fsm": "Free meals", "year": "Year"}),
    "end": ("end.csv", {"fsm": "Free meals", "year": "Year", "arm": "group"}),
}


def test_an_attribute_that_a_later_source_says_differently_is_named_by_row():
    found = waves.stable(KNOWN, COLUMNS, study())
    assert [(one.label, one.file, one.column, one.rows) for one in found] == [
        ("E-attribute-changed", "start.csv", "Free meals", (2,)),
        ("E-attribute-changed", "end.csv", "Free meals", (2,)),
        ("W-attribute-changed", "end.csv", "Year", (2,)),
        ("E-attribute-changed", "end.csv", "group", (2,)),
    ]
    assert "`ses: {changes: baseline}`" in str(found[0])


def test_the_first_value_counts_and_a_return_to_it_is_no_change():
    drawn = {wave: by_person(f"""
        id | fsm
        a  | {value}
    """) for wave, value in (("start", "low"), ("middle", "high"), ("end", "low"))}  # fmt: skip
    named = {wave: (f"{wave}.csv", {"fsm": "FSM"}) for wave in drawn}
    assert [one.file for one in waves.stable(drawn, named, study())] == ["middle.csv"]


def test_changes_are_warnings_where_the_study_says_that_the_baseline_counts():
    found = waves.stable(KNOWN, COLUMNS, study("baseline"))
    assert [one.label for one in found] == ["W-attribute-changed"] * 4


def test_what_is_said_alike_or_not_at_all_is_no_change():
    assert not waves.stable({"register": KNOWN["register"], "end": KNOWN["register"]}, COLUMNS, study())
    assert not waves.stable({"end": KNOWN["end"]}, COLUMNS, study())


def cohort(sizes: Mapping[str, int], outside: int = 0) -> pd.DataFrame:
    ses = [group for group, size in sizes.items() for _ in range(size)]
    frame = pd.DataFrame({"person": [f"p{n}" for n in range(len(ses))], "ses": ses}).astype("string")
    return frame.assign(in_population=[False] * outside + [True] * (len(ses) - outside))


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (10, 10, []),
        (0, 20, ["E-one-group"]),
        (20, 0, ["E-one-group"]),
        (0, 0, ["E-one-group", "E-one-group"]),
        (1, 20, ["W-tiny-group"]),
        (9, 20, ["W-small-group"]),
        (2, 1, ["W-small-group", "W-tiny-group"]),
    ],
)
def test_groups_that_cannot_be_compared_are_named(low, high, labels):
    everyone = cohort({"low": low, "high": high, "unknown": 3})
    found = waves.groups(everyone, everyone["person"], study())
    assert [one.label for one in found] == labels


def test_the_error_names_the_group_and_the_column():
    everyone = cohort({"high": 20})
    (problem,) = waves.groups(everyone, everyone["person"], study())
    assert str(problem).startswith(
        "column Free meals: found nobody who is low-SES; allowed: low-SES and high"
    )
    assert "nobody to compare" in str(problem)


def test_a_group_is_small_by_those_who_answered_the_first_wave():
    everyone = cohort({"low": 12, "high": 20})
    assert not waves.groups(everyone, everyone["person"], study())
    found = waves.groups(everyone, everyone["person"].iloc[3:], study())
    assert [one.label for one in found] == ["W-small-group"]
    assert "fewer than 10 low-SES" in str(found[0])


def test_people_outside_the_population_do_not_count():
    everyone = cohort({"low": 12, "high": 20}, outside=12)
    assert [one.label for one in waves.groups(everyone, everyone["person"], study())] == ["E-one-group"]
    assert not waves.groups(everyone.head(0), [], study())


DATES = {
    "start": by_person("""
        id | answered_on
        a  | 2025-10-01
        b  | 2026-01-10T09:00
        c  |
        d  | 2025-10-01
    """),
    "middle": by_person("""
        id | answered_on
        a  | 2026-02-01
        b  | 2026-01-10T08:00
        c  | 2026-03-01
    """),
    "end": by_person("""
        id | answered_on
        c  | 2026-02-28
        a  | 2025-12-01T10:00
        d  | 2025-10-02
        x  | 2020-01-01
    """),
}
DAYS = {wave: (f"{wave}.csv", "day") for wave in DATES}


def test_an_answer_on_a_day_before_that_of_an_earlier_wave_is_named_by_row():
    (problem,) = waves.before(DATES, DAYS)
    assert (problem.label, problem.file, problem.column) == ("W-wave-order", "end.csv", "day")
    assert problem.rows == (2, 3)
    assert "2 of 3 people" in problem.found
    assert str(problem).endswith("are the files of the two waves exchanged?")


def test_waves_in_order_of_time_are_passed_over():
    assert not waves.before({"start": DATES["start"], "middle": DATES["middle"]}, DAYS)
    (problem,) = waves.before({"start": DATES["middle"], "end": DATES["start"]}, DAYS)
    assert problem.rows == (2,)
    assert "1 of 2 people" in problem.found
    assert "day and month" in problem.mend


def test_the_latest_earlier_wave_is_what_counts():
    days = {"start": "2026-03-01", "middle": "2026-01-01", "end": "2026-02-01"}
    drawn = {wave: by_person(f"""
        id | answered_on
        a  | {day}
    """) for wave, day in days.items()}  # fmt: skip
    assert [one.file for one in waves.before(drawn, DAYS)] == ["middle.csv", "end.csv"]


def test_no_person_stands_in_a_problem():
    found = [
        *waves.overlap({"start": people("Zoe1"), "end": people("Zoe2")}, FILES),
        *waves.stable({"start": DATES["start"].assign(fsm="low").rename(index={"a": "Zoe1"}),
                       "end": DATES["end"].assign(fsm="high").rename(index={"a": "Zoe1"})}, COLUMNS, study()),
    ]  # fmt: skip
    assert len(found) == 2
    assert "Zoe" not in " ".join(map(str, found))
