"""What does the report know: the release tables, the figures, the study's words, and how a number is written?

A release table is rounded already; `Facts.written` is the one function that turns one of its cells into text,
by the decimals of the disclosure profile. Prose and tables both go through it, so that a number reads alike
everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.study.stages import Reporting

Row = Mapping[str, Any]
"""A row of a release table, None where a cell is empty."""

MINUS = "\N{MINUS SIGN}"
SUPPRESSED = ".."
EMPTY = "\N{EN DASH}"
COUNTS = ("n", "n_items")
P_VALUES = ("p_value", "p_adjusted", "p_superiority")
RATIOS = (
    "r2",
    "r2_adjusted",
    "r2_added",
    "r2_added_low",
    "r2_added_high",
    "r2_marginal",
    "r2_conditional",
    "icc",
)
RATIO_DECIMALS = 3
FINER = 2
"""More decimals than those of a mean for the margins of a grid."""
SHARES = ("estimate", "low", "high", "mean", "margin")
"""Columns that are percentages where the outcome is a share."""


@dataclass(frozen=True)
class Facts:
    """Everything that a section may draw on."""

    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, bytes]
    index: pd.DataFrame
    part: Reporting
    versions: Mapping[str, str]

    @property
    def synthetic(self) -> bool:
        """Whether the study, or any row of any table, says that the data are invented."""
        origins = (table["origin"] for table in self.tables.values())
        return self.part.drawing.synthetic or any((origin == "synthetic").any() for origin in origins)

    def has(self, name: str) -> bool:
        """Return whether the release table is there and has a row."""
        return name in self.tables and len(self.tables[name]) > 0

    def is_share(self, outcome: object) -> bool:
        """Return whether a mean of the outcome is a share of people."""
        return outcome in self.part.scales and self.part.scales[str(outcome)][1].scoring == "share"

    def outcome(self, name: object) -> str:
        """Return an outcome in words."""
        return "all outcomes" if name == "all" else self.part.drawing.outcomes.get(str(name), str(name))

    def wave(self, name: object) -> str:
        """Return a wave in words."""
        return self.part.drawing.waves.get(str(name), str(name))

    def group(self, name: object) -> str:
        """Return an SES group, or a contrast of two, in words."""
        groups = {str(group): label for group, label in self.part.drawing.groups.items()}
        if " - " in str(name):
            return " minus ".join(groups.get(group, group) for group in str(name).split(" - "))
        return "all groups" if name == "all" else groups.get(str(name), str(name))

    @property
    def people(self) -> str:
        """What the people of the study are called."""
        return self.part.drawing.wording.people

    @property
    def is_adjusted(self) -> bool:
        """Whether the models with covariates decide."""
        return bool(self.part.model.covariates)

    def written(self, row: Row, column: str, *, signed: bool = False, size: bool = False) -> str:
        """Return a cell as text: ``..`` where suppressed, a dash where there is nothing to say.

        ``row`` is a row of a release table. A mean or share has the profile's decimals (a share in per cent),
        a p value below its last decimal reads ``< 0.001``. ``signed`` adds a plus; ``size`` leaves the sign
        out.
        """
        value = row[column]
        if value is None:
            return EMPTY if row["disclosure"] == "shown" else SUPPRESSED
        if isinstance(value, str):
            return value
        if column == "margin" and (exact := self._finer_margin(row, value)):
            return exact
        number = abs(value) if size else value + 0.0  # so that -0.0 reads 0.00
        sign = "+" if signed else ""
        if column in COUNTS:
            return f"{value:,}"
        if column in P_VALUES:
            return self._p_value(number)
        if column == "df":
            return f"{number:,.{1 if self.part.profile.count_base == 1 else 0}f}"
        if column in SHARES and self.is_share(row.get("outcome")):
            text = f"{100 * number:{sign}.{self.part.profile.decimals_share}f}%"
        else:
            decimals = RATIO_DECIMALS if column in RATIOS else self.part.profile.decimals_mean
            decimals += FINER if column == "margin" and "of_declared" in row else 0
            text = f"{number:{sign},.{decimals}f}"
        return text.replace("-", MINUS)

    def _finer_margin(self, row: Row, shown: float) -> str:
        """Return a margin declared in scale points as declared, where rounding took digits from it."""
        declared = getattr(self.part.hypotheses.get(str(row.get("hypothesis"))), "margin", None)
        if not isinstance(declared, float) or "of_declared" in row:
            return ""
        half = 0.5 * 10.0**-self.part.profile.decimals_mean
        return f"{declared:,g}" if 1e-9 < abs(declared - shown) <= half + 1e-9 else ""

    def _p_value(self, number: float) -> str:
        decimals = self.part.profile.decimals_p
        least = 10.0**-decimals
        return f"< {least:.{decimals}f}" if number < least else f"{number:.{decimals}f}"

    def interval(self, row: Row, low: str = "low", high: str = "high") -> str:
        """Return two limits as ``0.20 to 0.64``; one mark where both are empty."""
        ends = self.written(row, low), self.written(row, high)
        return ends[0] if ends[0] == ends[1] and ends[0] in (EMPTY, SUPPRESSED) else " to ".join(ends)


def rows(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table as plain mappings, with None for empty cells."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def listed(words: list[str]) -> str:
    """Return words as they stand in a sentence: ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def opened(label: str) -> str:
    """Return a label as it opens a sentence: its first letter large."""
    return label[:1].upper() + label[1:]


def within(label: str) -> str:
    """Return a label as it stands in a sentence: its first letter small, unless it opens an abbreviation."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
