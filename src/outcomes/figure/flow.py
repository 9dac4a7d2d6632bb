"""Who took part, step by step? Draws the release table `flow`: people by step and SES group."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outcomes.columns import GROUPS
from outcomes.figure.sheet import INK, MARKS, QUIET, is_synthetic, sheet
from outcomes.figure.words import called, count, gaps
from outcomes.study.stages import Drawing

_BAR = 0.78
_GAP = 1.1


def plot(table: pd.DataFrame, part: Drawing, title: str) -> Figure:
    """Return bars of the released counts: a block a step from the top, a bar an SES group."""
    steps = table.drop_duplicates("step")
    groups = _groups(table)
    block = len(groups) + _GAP
    figure = sheet(title, 0.1 + 0.235 * block * len(steps), is_synthetic(table, part))
    axes = figure.subplots()
    for at, (step, label) in enumerate(zip(steps["step"], steps["label"], strict=True)):
        axes.text(0, at * block - 0.85, label, ha="left", va="center", weight="bold", color=INK)
        _bars(axes, table[table["step"] == step], groups, at * block)
    axes.set_xlim(0, 1.2 * float(table["n"].max()) if table["n"].notna().any() else 1)
    axes.set_ylim(block * len(steps) - _GAP, -_GAP - 0.3)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    axes.spines[["bottom", "left"]].set_visible(False)
    places = [at * block + line for at in range(len(steps)) for line in range(len(groups))]
    axes.set_yticks(places, [called(group, part) for _ in range(len(steps)) for group in groups], color=QUIET)
    return figure


def _bars(axes: Axes, rows: pd.DataFrame, groups: list[str], top: float) -> None:
    for line, group in enumerate(groups):
        of_group = rows.loc[rows["group"] == group, "n"]
        n = of_group.iloc[0] if len(of_group) else pd.NA
        length = 0.0 if pd.isna(n) else float(n)
        mark = MARKS[group]
        axes.barh(
            top + line, length, height=_BAR, color=mark.colour, hatch=mark.hatch, edgecolor="white",
            linewidth=0, gid=group,
        )  # fmt: skip
        axes.annotate(
            count(n), (length, top + line), xytext=(4, 0), textcoords="offset points", va="center", color=INK
        )


def _groups(table: pd.DataFrame) -> list[str]:
    return [group for group in GROUPS if (table["group"] == group).any()]


def caption(table: pd.DataFrame, part: Drawing) -> str:
    """Return what the figure shows: the counts of the first and of the last step."""
    steps = list(table["step"].drop_duplicates())
    first, last = (_counts(table[table["step"] == step], part) for step in (steps[0], steps[-1]))
    return (
        f"Number of {part.wording.people} by group at each step, from '{first[0]}' ({first[1]}) to "
        f"'{last[0]}' ({last[1]}). Counts are rounded.{gaps(table, 'counts')}"
    )


def alt(table: pd.DataFrame, part: Drawing) -> str:
    """Return all counts in words, step by step."""
    steps = table["step"].drop_duplicates()
    lines = (_counts(table[table["step"] == step], part) for step in steps)
    return "Bar chart of the participant flow. " + " ".join(f"{label}: {counts}." for label, counts in lines)


def _counts(rows: pd.DataFrame, part: Drawing) -> tuple[str, str]:
    """Return the step in words, and its count for each group."""
    by_group = zip(rows["group"], rows["n"], strict=True)
    return str(rows["label"].iloc[0]), ", ".join(f"{called(group, part)} {count(n)}" for group, n in by_group)
