"""Which SES group is a person in, when several markers disagree or are missing?

In: one column an indicator, each cell ``low``, ``high`` or empty. Out: ``low``, ``high`` or ``unknown``.
Unknown is a group of its own and never becomes high by silence (Harrison & Hatt 2009: non-answers come more
often from deprived areas).
"""

from __future__ import annotations

from functools import reduce

import pandas as pd

from outcomes.study import SesRule


def ses_group(indicators: pd.DataFrame, rule: SesRule) -> pd.Series:
    """Return the SES group of each row by ``rule``: ``low``, ``high`` or ``unknown`` (dtype string).

    ``indicators`` holds one column an indicator of the rule, with ``low``, ``high`` or a missing value.
    `hierarchy` takes the first known indicator in the rule's order. The counting rules are three-valued: a
    group is named only when no value of the missing indicators could change it.
    """
    known = indicators[list(rule.indicators)]
    if rule.rule in ("single", "hierarchy"):
        columns = [known[name].astype("string") for name in rule.indicators]
        first = reduce(lambda trusted, next_one: trusted.fillna(next_one), columns)
        return first.fillna("unknown").rename("ses")
    least = {"any": 1, "count": rule.at_least, "all": known.shape[1]}[rule.rule]
    lows = (known == "low").sum(axis=1)
    open_ = known.isna().sum(axis=1)
    group = pd.Series("unknown", index=known.index, dtype="string", name="ses")
    return group.mask(lows >= least, "low").mask(lows + open_ < least, "high")
