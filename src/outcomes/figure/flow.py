"""Who took part, step by step? Draws the release table `flow`: people by step and SES group."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory
from pandas.api.typing import NAType

from outcomes.figure.sheet import INK, MARKS, QUIET, is_synthetic, sheet
from outcomes.figure.words import called, count, gaps
from outcomes.study.stages import Drawing

_BAR = 0.78
_GAP = 1.1
_LABEL = 44
_GROUP = 26
_LINE = 0.66
"""The height of a line of type, as a share of that of a bar with its gap."""


def plot(table: pd.DataFrame, part: Drawing, title: str) -> Figure:
    """Return bars of the released counts: a block a step from the top, a bar an SES group with a count."""
    filled = table[table["n"].fillna(1) != 0]
    blocks = [rows for _, rows in filled.groupby("step", sort=False)]
    heads = [textwrap.wrap(str(rows["label"].iloc[0]), _LABEL) or [""] for rows in blocks]
    names = {group: textwrap.wrap(called(str(group), part), _GROUP) for group in filled["group"].unique()}
    tall = {group: max(1.0, _LINE * len(name) + 0.2) for group, name in names.items()}
    lines = sum(
        sum(tall[group] for group in rows["group"]) + _GAP + _LINE * (len(head) - 1)
        for rows, head in zip(blocks, heads, strict=True)
    )
    figure = sheet(title, 0.1 + 0.235 * lines, is_synthetic(table, part))
    axes = figure.subplots()
    top = 0.0
    places: dict[float, str] = {}
    for rows, head in zip(blocks, heads, strict=True):
        _head(figure, axes, top - 0.1, "\n".join(head))
        top += _GAP + _LINE * (len(head) - 1) - 0.5
        for group, n in zip(rows["group"], rows["n"], strict=True):
            at = top + tall[group] / 2
            _bar(axes, at, str(group), n)
            places[at] = "\n".join(names[group])
            top += tall[group]
        top += 0.5
    axes.set_xlim(0, 1.25 * float(table["n"].fillna(0).max()) or 1)
    axes.set_ylim(lines, -0.3)
    axes.set_xticks([])
    axes.set_yticks(list(places), list(places.values()), color=QUIET)
    axes.tick_params(axis="y", length=0)
    axes.spines[["bottom", "left"]].set_visible(False)
    return figure


def _head(figure: Figure, axes: Axes, top: float, words: str) -> None:
    """Write what a step is called, from the left edge of the figure."""
    edge = blended_transform_factory(figure.transFigure, axes.transData)
    axes.text(0.02, top, words, transform=edge, va="top", weight="bold", color=INK).set_in_layout(False)


def _bar(axes: Axes, at: float, group: str, n: int | NAType) -> None:
    """Draw a count as a bar with the number beside it; a suppressed one as the mark alone."""
    length = 0 if isinstance(n, NAType) else n
    mark = MARKS[group]
    axes.barh(
        at,
        length,
        height=_BAR,
        color=mark.colour,
        hatch=mark.hatch,
        edgecolor="white",
        linewidth=0,
        gid=group,
    )
    axes.annotate(count(n), (length, at), xytext=(4, 0), textcoords="offset points", va="center", color=INK)


def caption(table: pd.DataFrame, part: Drawing) -> str:
    """Return what the figure shows: the counts of the first and of the last step."""
    steps = list(table["step"].drop_duplicates())
    first, last = (_counts(table[table["step"] == step], part) for step in (steps[0], steps[-1]))
    zero = " A group with a count of 0 is not drawn." if (table["n"] == 0).any() else ""
    return (
        f"Number of {part.wording.people} by group at each step, from '{first[0]}' ({first[1]}) to "
        f"'{last[0]}' ({last[1]}). Counts are rounded.{zero}{gaps(table, 'counts')}"
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
