"""How did the average scores move? Draws the release table `trajectories`: marginal means by group and wave.

One panel an outcome, grouped by domain. Every panel shows the same share of its scale's range, so that slopes
compare between outcomes of different scales.
"""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from outcomes.columns import GROUPS
from outcomes.figure.sheet import DOMAINS, INK, MARKS, QUIET, is_synthetic, sheet
from outcomes.figure.words import called, count, decimals, gaps, is_share, mentored, points, shown
from outcomes.study.stages import Drawing

_SHARES = (0.25, 0.35, 0.5, 0.75, 1.0)
_ROOM = 1.1
_COLUMNS = 2
_DODGE = 0.025
_TITLE = 24


def plot(table: pd.DataFrame, part: Drawing, title: str) -> Figure:
    """Return small multiples: means over planned months with intervals, one line an SES group.

    Of two arms the mentored are drawn.
    """
    table = mentored(table)
    blocks = {domain: list(rows["outcome"].unique()) for domain, rows in table.groupby("domain", sort=False)}
    rows = [-(-len(outcomes) // _COLUMNS) for outcomes in blocks.values()]
    headed = len(blocks) > 1
    heights = [1.75 * lines + 0.35 * headed for lines in rows]
    figure = sheet(title, sum(heights) + 0.3, is_synthetic(table, part), _legend(table, part))
    figure.supxlabel(
        f"Months since the first wave ({next(iter(part.waves.values()))})", fontsize=9, color=INK
    )
    share = window(table, part)
    stack = figure.subfigures(len(blocks), 1, height_ratios=heights, squeeze=False)[:, 0]
    for block, (domain, outcomes), lines in zip(stack, blocks.items(), rows, strict=True):
        if headed:
            block.suptitle(DOMAINS[str(domain)], x=0.02, ha="left", fontsize=10, color=QUIET, weight="bold")
        panels = block.subplots(lines, _COLUMNS, squeeze=False).flatten()
        for axes, outcome in zip(panels, outcomes, strict=False):
            _panel(axes, table[table["outcome"] == outcome], outcome, part, share)
        for axes in panels[len(outcomes) :]:
            axes.remove()
    return figure


def _known(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that may be shown and have an estimate with its interval."""
    return shown(rows).dropna(subset=["estimate", "low", "high"])


def window(table: pd.DataFrame, part: Drawing) -> float:
    """Return the share of its scale's range that a panel shows: the least of a few that holds all."""
    widest = 0.0
    for outcome, rows in _known(table).groupby("outcome"):
        least, most = part.bounds[str(outcome)]
        widest = max(widest, (rows["high"].max() - rows["low"].min()) / (most - least))
    return next((share for share in _SHARES if share >= _ROOM * widest), 1.0)


def limits(low: float, high: float, bounds: tuple[float, float], share: float) -> tuple[float, float]:
    """Return the part of ``bounds`` of width ``share``, centred on ``low`` to ``high`` where it can be."""
    least, most = bounds
    width = share * (most - least)
    bottom = min(max((low + high - width) / 2, least), most - width)
    return bottom, bottom + width


def _panel(axes: Axes, rows: pd.DataFrame, outcome: str, part: Drawing, share: float) -> None:
    months = list(part.months.values())
    span = max(months) - min(months)
    groups = [group for group in GROUPS if (rows["group"] == group).any()]
    for place, group in enumerate(reversed(groups)):
        _line(
            axes, rows[rows["group"] == group], group, part, (place - (len(groups) - 1) / 2) * _DODGE * span
        )
    axes.set_title(textwrap.fill(part.outcomes[outcome], _TITLE), color=INK, weight="bold")
    axes.set_xticks(months)
    axes.set_xlim(min(months) - 0.08 * span, max(months) + 0.08 * span)
    if len(visible := _known(rows)):
        bottom, top = limits(visible["low"].min(), visible["high"].max(), part.bounds[outcome], share)
        axes.set_ylim(bottom - 0.03 * (top - bottom), top + 0.03 * (top - bottom))
    else:
        why = "no estimate" if len(shown(rows)) else "not shown:\ntoo few people"
        axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center", color=INK)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    if is_share(outcome, part):
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_ylabel("share", color=QUIET)
    else:
        least, most = part.bounds[outcome]
        axes.set_ylabel(f"scale {least:g} to {most:g}", color=QUIET)


def _line(axes: Axes, rows: pd.DataFrame, group: str, part: Drawing, shift: float) -> None:
    """Draw the means of a group at the waves' months; a suppressed wave breaks the line."""
    by_wave = rows.set_index("wave").reindex([wave for wave in part.waves if wave in set(rows["wave"])])
    hidden = by_wave["disclosure"] != "shown"
    means, lows, highs = (by_wave[name].mask(hidden).astype(float) for name in ("estimate", "low", "high"))
    mark = MARKS[group]
    axes.errorbar(
        [part.months[str(wave)] + shift for wave in by_wave.index], means, yerr=[means - lows, highs - means],
        color=mark.colour, marker=mark.marker, linestyle=mark.line, linewidth=mark.width, markersize=4,
        elinewidth=0.6 * mark.width, capsize=2, label=called(group, part),
    )  # fmt: skip


def _legend(table: pd.DataFrame, part: Drawing) -> list[Line2D]:
    return [
        Line2D(
            [], [], color=MARKS[group].colour, marker=MARKS[group].marker, linestyle=MARKS[group].line,
            linewidth=MARKS[group].width, markersize=5, label=called(group, part),
        )
        for group in GROUPS
        if (table["group"] == group).any()
    ]  # fmt: skip


def caption(table: pd.DataFrame, part: Drawing) -> str:
    """Return what is drawn, the waves, how much of a scale a panel shows, and the people behind the means."""
    others = len(table) > len(table := mentored(table))
    arm = " Only the mentored are drawn; the comparison group stands in the table." if others else ""
    waves = "; ".join(f"{label}: month {part.months[name]:g}" for name, label in part.waves.items())
    behind = []
    for group in GROUPS:
        n = table.loc[table["group"] == group, "n"].dropna()
        if len(n):
            behind.append(f"{called(group, part)} {count(n.min())} to {count(n.max())}")
    share = window(table, part)
    shares = (
        ", shares as observed" if any(is_share(str(one), part) for one in table["outcome"].unique()) else ""
    )
    cut = "its whole scale" if share == 1 else f"{share:.0%} of its scale's range"
    return (
        "Average scores by group with their intervals, as the model without covariates estimates them"
        f"{shares} ({waves}). Each panel shows {cut}, so that slopes can be compared. "
        f"{part.wording.people.capitalize()} behind an average: {', '.join(behind)}.{arm}"
        f"{gaps(table, 'averages')}"
    )


def alt(table: pd.DataFrame, part: Drawing) -> str:
    """Return the first and last average of each outcome and group in words."""
    table = mentored(table)
    places = decimals(table["estimate"])
    panels = table["outcome"].nunique()
    lines = []
    for outcome, rows in _known(table).groupby("outcome", sort=False):
        name = str(outcome)
        moves = []
        for group in GROUPS:
            means = rows.loc[rows["group"] == group, "estimate"]
            if len(means):
                ends = (points(mean, name, part, places) for mean in (means.iloc[0], means.iloc[-1]))
                moves.append(f"{called(group, part)} from {' to '.join(ends)}")
        lines.append(f"{part.outcomes[name]}: {', '.join(moves)}.")
    return (
        f"Line charts, {panels} panels, from the first to the last wave that asks the outcome. "
        + " ".join(lines)
    )
