"""Which SES group is a person in, when several markers disagree or are missing?

In: one column an indicator, each cell ``low``, ``high`` or empty. Out: ``low``, ``high`` or ``unknown``.
Unknown is a group of its own and never becomes high by silence (Harrison & Hatt 2009: non-answers come more
often from deprived areas).
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import pandas as pd

from outcomes.clean.index import (
    NO_AXIS,
    NO_DIRECTION,
    NO_PEOPLE,
    NO_VARIATION,
    index_of,
    low_cut,
    scores,
)
from outcomes.errors import Problem, listed
from outcomes.study import SesRule


def ses_group(indicators: pd.DataFrame, rule: SesRule) -> pd.Series:
    """Return the SES group of each row by ``rule``: ``low``, ``high`` or ``unknown`` (dtype string).

    ``indicators`` holds one column an indicator of the rule, with ``low``, ``high`` or a missing value.
    `hierarchy` takes the first known indicator in the rule's order. The counting rules are three-valued: a
    group is named only when no value of the missing indicators could change it. `index` takes the lowest on
    the index (`low_cut`); who has none is unknown.
    """
    known = indicators[list(rule.indicators)]
    if rule.rule in ("single", "hierarchy"):
        columns = [known[name].astype("string") for name in rule.indicators]
        first = reduce(lambda trusted, next_one: trusted.fillna(next_one), columns)
        return first.fillna("unknown").rename("ses")
    group = pd.Series("unknown", index=known.index, dtype="string", name="ses")
    if rule.rule == "index":
        index = ses_index(known, rule)
        cut = low_cut(index.to_numpy(), rule.low_share or 0.0)
        return group.mask(index <= cut, "low").mask(index > cut, "high")
    least = {"any": 1, "count": rule.at_least, "all": known.shape[1]}[rule.rule]
    lows = (known == "low").sum(axis=1)
    open_ = known.isna().sum(axis=1)
    return group.mask(lows >= least, "low").mask(lows + open_ < least, "high")


def ses_index(indicators: pd.DataFrame, rule: SesRule) -> pd.Series:
    """Return the continuous index of each row (float64, lower is lower SES); NaN where there is none.

    With another rule than `index` nobody has one. ``indicators`` as for `ses_group`.
    """
    if rule.rule != "index":
        return pd.Series(np.nan, index=indicators.index, dtype="float64", name="ses_index")
    lows = low_matrix(indicators, rule)
    found = scores(lows, index_of(lows), rule.at_least or len(rule.indicators))
    return pd.Series(found, index=indicators.index, name="ses_index")


def low_matrix(indicators: pd.DataFrame, rule: SesRule) -> np.ndarray:
    """Return people x indicators of ``rule``: 1 low, 0 high, NaN not known."""
    columns = [indicators[name].astype("string").eq("low") for name in rule.indicators]
    return np.column_stack([column.to_numpy(dtype=float, na_value=np.nan) for column in columns])


def index_problems(indicators: pd.DataFrame, rule: SesRule) -> list[Problem]:
    """Return why the index can't be made, or which indicators count the other way in it; none otherwise."""
    if rule.rule != "index":
        return []
    index = index_of(low_matrix(indicators, rule))
    where, names = "ses: rule", list(rule.indicators)
    if index.status != "ok":
        allowed, mend = _REMEDIES[index.status]
        return [Problem(where, f"`index`, but {index.status}", allowed, mend, code="ses-index")]
    turned = [name for name, loading in zip(names, index.loadings, strict=True) if loading < 0]
    if not turned:
        return []
    found = f"low on {listed(turned)} counts as high on the index, as the others go the other way"
    mend = "look whether `low` and `high` are turned, or take them out of `indicators`"
    allowed = "indicators that go together"
    return [Problem(where, found, allowed, mend, code="ses-index-turned", severity="warning")]


_OTHER_RULE = "use another rule, or other indicators"
_REMEDIES = {
    NO_PEOPLE: ("people with all indicators known", _OTHER_RULE),
    NO_VARIATION: ("indicators that are low for some people and high for others", _OTHER_RULE),
    NO_AXIS: ("indicators that go together", _OTHER_RULE),
    NO_DIRECTION: ("indicators that go together", _OTHER_RULE),
}
"""Status of an index to what is allowed and how to mend it."""
