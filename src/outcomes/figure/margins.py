"""What would other margins have decided? Draws the release table `margins`: p of a claim's test by margin.

One panel an outcome. The p axis is stretched near zero (square root), where the level lies. The smallest
margin that passes comes from the release table `verdicts`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter

from outcomes.figure.sheet import BOUND, INK, QUIET, is_synthetic, sheet
from outcomes.figure.words import decimals, number, shown
from outcomes.study.stages import Drawing

KINDS = {"non_inferiority": "non-inferiority", "equivalence": "equivalence"}
DECLARED = "1.00"
"""The multiple that is the declared margin."""

OFF = " (off the axis)"
AWAY = " \N{RIGHTWARDS ARROW}"
"""The same in a panel, which has no room for words."""

_PASSES = "#D9E8F5"
_COLUMNS = 2
_TITLE = 20
_TICKS = (0.1, 0.25, 0.5, 1.0)
_KEY = ["hypothesis", "outcome"]


def of(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the release table `margins` with the smallest margin that passes from `verdicts` beside it."""
    if "verdicts" not in tables:
        return tables["margins"].assign(margin_passing=np.nan)
    return tables["margins"].merge(tables["verdicts"][[*_KEY, "margin_passing"]], on=_KEY, how="left")


def plot(table: pd.DataFrame, part: Drawing, title: str) -> Figure:
    """Return small multiples: p against the margin in scale points, by claim and outcome."""
    claims = [
        (str(key), list(rows["outcome"].unique())) for key, rows in table.groupby("hypothesis", sort=False)
    ]
    lines = [-(-len(outcomes) // _COLUMNS) for _, outcomes in claims]
    heights = [2.15 * count + 0.35 for count in lines]
    figure = sheet(title, sum(heights) + 0.75, is_synthetic(table, part))
    figure.supxlabel("margin in scale points", fontsize=9, color=INK)
    stack = figure.subfigures(len(claims) + 1, 1, height_ratios=[0.5, *heights], squeeze=False)[:, 0]
    stack[0].legend(handles=_legend(), loc="upper left", ncols=2, columnspacing=1.2, handletextpad=0.5,
                    borderaxespad=0.0)  # fmt: skip
    for block, (key, outcomes), count in zip(stack[1:], claims, lines, strict=True):
        heading = f"{key}: {KINDS[part.hypotheses[key].kind]}"
        block.suptitle(heading, x=0.02, ha="left", fontsize=10, color=QUIET, weight="bold")
        panels = block.subplots(count, _COLUMNS, squeeze=False).flatten()
        of_claim = table[table["hypothesis"] == key]
        for axes, outcome in zip(panels, outcomes, strict=False):
            _panel(axes, of_claim[of_claim["outcome"] == outcome], part, decimals(table["margin_passing"]))
        for axes in panels[len(outcomes) :]:
            axes.remove()
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, part: Drawing, places: int) -> None:
    alpha = part.hypotheses[str(rows["hypothesis"].iloc[0])].alpha
    outcome = str(rows["outcome"].iloc[0])
    axes.set_title(textwrap.fill(part.outcomes[outcome], _TITLE), color=INK, weight="bold", pad=17)
    axes.annotate(
        passing(rows, places).replace(OFF, AWAY),
        (0, 1),
        (0, 4),
        "axes fraction",
        "offset points",
        fontsize=9,
        color=INK,
    )
    known = shown(rows).dropna(subset=["margin", "p_value"])
    if known.empty:
        why = "not estimable" if len(shown(rows)) else "not shown:\ntoo few people"
        axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center", color=INK)
        axes.set_xticks([])
        axes.set_yticks([])
        return
    top = 1.0 if known["p_value"].max() > 0.5 else 0.5
    axes.axhspan(0, alpha, color=_PASSES, linewidth=0, zorder=0)
    curve = known[known["p_value"].diff().ne(0) | (known["margin"] == known["margin"].max())]
    axes.plot(curve["margin"], curve["p_value"], color=INK, linewidth=1.6, gid=outcome)
    declared = known.loc[known["of_declared"] == DECLARED, "margin"]
    for at in declared:
        axes.axvline(at, color=BOUND, linewidth=2, gid="declared")
    least = known["margin_passing"].iloc[0]
    if pd.notna(least) and least <= known["margin"].max():
        axes.plot(least, alpha, marker="D", markersize=6, color=INK, markerfacecolor="white",
                  clip_on=False, zorder=5, gid="passing")  # fmt: skip
    axes.set_yscale("function", functions=(_root, np.square))
    axes.set_ylim(0, top)
    axes.set_xlim(0, known["margin"].max())
    axes.yaxis.set_major_locator(FixedLocator([0, alpha, *(tick for tick in _TICKS if tick <= top)]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.set_ylabel("p", color=QUIET)


def _root(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.clip(values, 0, None))


def passing(rows: pd.DataFrame, places: int) -> str:
    """Return from which margin on the outcome passes, in words, ``places`` decimals."""
    known = shown(rows).dropna(subset=["margin", "p_value"])
    if known.empty:
        return ""
    least = known["margin_passing"].iloc[0]
    if pd.isna(least):
        return "no margin passes"
    if least == 0:
        return "every margin passes"
    off = OFF if least > known["margin"].max() else ""
    return f"passes from {number(least, places)}{off}"


def _legend() -> list[Line2D | Patch]:
    return [
        Line2D([], [], color=INK, linewidth=1.6, label="p of the test"),
        Line2D([], [], color=BOUND, linewidth=2, label="declared margin"),
        Line2D([], [], color=INK, marker="D", linestyle="", markerfacecolor="white",
               label="smallest that passes"),
        Patch(color=_PASSES, label="p below the level: passes"),
    ]  # fmt: skip


def caption(table: pd.DataFrame, part: Drawing) -> str:
    """Return what the curve is, and by outcome the declared margin and the smallest that passes."""
    panels = table.groupby(_KEY, sort=False)
    hidden = [key for key, rows in panels if shown(rows).empty]
    left = f" {len(hidden)} of {panels.ngroups} outcomes can't be shown (too few people)." if hidden else ""
    levels = dict.fromkeys(
        f"{KINDS[claim.kind]} {100 * claim.alpha:g}%"
        for key, claim in part.hypotheses.items()
        if (table["hypothesis"] == key).any()
    )
    two = any(part.hypotheses[str(key)].kind == "equivalence" for key in table["hypothesis"].unique())
    larger = " Equivalence has two tests, one a side; the larger p is drawn." if two else ""
    return (
        "The one-sided p of each outcome by itself if the margin were another, from 0 to twice the declared "
        f"one (levels: {', '.join(levels)}).{larger} A margin passes where the curve lies in the shaded "
        f"band; the declared margin decides. {_margins(table, part)}{left}"
    )


def _margins(table: pd.DataFrame, part: Drawing) -> str:
    """Return declared and smallest passing margin by claim and outcome, in words."""
    places, of_declared = decimals(table["margin_passing"]), decimals(_declared(table)["margin"])
    told = []
    for (key, outcome), rows in table.groupby(_KEY, sort=False):
        at = _declared(shown(rows))["margin"].dropna()
        if len(at) and (words := passing(rows, places)):
            declared = number(at.iloc[0], of_declared)
            told.append(f"{key}, {part.outcomes[str(outcome)]}: {words}, declared {declared}.")
    return " ".join(told)


def _declared(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["of_declared"] == DECLARED]


def alt(table: pd.DataFrame, part: Drawing) -> str:
    """Return by outcome from which margin on the claim passes."""
    panels = len(table.drop_duplicates(_KEY))
    some = f"{panels} panel{'s' if panels > 1 else ''}"
    return f"Line charts of p against the margin, {some}. {_margins(table, part)}"
