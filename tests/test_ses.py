"""The SES rules, by truth tables: unknown never becomes high by silence."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table import table

from outcomes.clean.ses import ses_group
from outcomes.study import SesRule

INDICATOR = {"label": "A", "column": "a", "about": "person", "low": ["1"], "high": ["2"]}
COUNTING = {"any": 1, "count": 2, "all": 3}

TRUTH = table("""
    a    | b    | c    | hierarchy | any     | count   | all
    low  | low  | low  | low       | low     | low     | low
    low  | low  | high | low       | low     | low     | high
    low  | high | high | low       | low     | high    | high
    high | high | high | high      | high    | high    | high
    high | low  | low  | high      | low     | low     | high
    low  | low  |      | low       | low     | low     | unknown
    low  |      | high | low       | low     | unknown | high
    low  |      |      | low       | low     | unknown | unknown
         | low  | high | low       | low     | unknown | high
         | high | low  | high      | low     | unknown | high
    high | high |      | high      | unknown | high    | high
    high |      |      | high      | unknown | unknown | high
         |      | high | high      | unknown | unknown | high
         |      | low  | low       | low     | unknown | unknown
         | low  | low  | low       | low     | low     | unknown
         |      |      | unknown   | unknown | unknown | unknown
""")


def rule(kind: str, names: str = "abc") -> SesRule:
    return SesRule.model_validate(
        {
            "rule": kind,
            "at_least": 2 if kind == "count" else None,
            "indicators": dict.fromkeys(names, INDICATOR),
        }
    )


def indicators(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.mask(frame == "")


@pytest.mark.parametrize("kind", ["hierarchy", "any", "count", "all"])
def test_truth_tables_with_missing_values(kind):
    assert ses_group(indicators(TRUTH[["a", "b", "c"]]), rule(kind)).tolist() == TRUTH[kind].tolist()


def test_a_single_indicator_is_taken_as_it_is():
    frame = pd.DataFrame({"a": [None, "low", "high"]}, dtype="string")
    assert ses_group(frame, rule("single", "a")).tolist() == ["unknown", "low", "high"]


def test_the_order_of_a_hierarchy_is_that_of_the_rule_and_not_that_of_the_columns():
    frame = table("b   | a\n low | high")
    assert ses_group(frame, rule("hierarchy", "ab")).tolist() == ["high"]
    assert ses_group(frame, rule("hierarchy", "ba")).tolist() == ["low"]


@given(
    st.lists(st.sampled_from(["low", "high", None]), min_size=3, max_size=3),
    st.sampled_from(sorted(COUNTING)),
)
def test_a_counting_rule_names_a_group_only_when_no_missing_value_could_change_it(cells, kind):
    options = [[cell] if cell else ["low", "high"] for cell in cells]
    outcomes = {
        "low" if row.count("low") >= COUNTING[kind] else "high" for row in itertools.product(*options)
    }
    expected = outcomes.pop() if len(outcomes) == 1 else "unknown"
    frame = pd.DataFrame([cells], columns=list("abc"), dtype="string")
    assert ses_group(frame, rule(kind)).tolist() == [expected]


@pytest.mark.parametrize("kind", ["hierarchy", *COUNTING])
def test_two_hundred_thousand_people_take_less_than_a_second(kind):
    cells = np.random.default_rng(1).choice(np.array(["low", "high", None], dtype=object), (200_000, 3))
    frame = pd.DataFrame(cells, columns=list("abc"), dtype="string")
    began = time.process_time()
    found = ses_group(frame, rule(kind))
    assert time.process_time() - began < 1
    assert set(found) == {"low", "high", "unknown"}
    assert found.index.equals(frame.index)
