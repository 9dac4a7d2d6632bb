"""Who gained more, by how much, and how sure? Draws the release table `forest`: the gap in gains by outcome.

The axis is the gap in scale points over the baseline SD of its outcome, so that one axis serves all scales
and the interval lies to the margin as it does in scale points, on which the verdict rests. (The standardised
columns of the table also carry the error of that SD; their intervals are a little wider.)
"""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from outcomes.columns import BETWEEN_ARMS
from outcomes.figure.sheet import BOUND, DOMAINS, INK, QUIET, is_synthetic, sheet
from outcomes.figure.standing import PASSED, SIGNS, is_unconfirmed, kind_of, standing
from outcomes.figure.words import decimals, gaps, number
from outcomes.study.stages import Drawing

_LABEL = 36
_WAY = 30
_LINE = 0.3
"""The height of a line of type, as a share of that of a row."""
_ROOM = 0.2
_CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}


def plot(table: pd.DataFrame, part: Drawing, title: str) -> Figure:
    """Return gaps with intervals, a row an outcome by domain; scale points and verdict at the right."""
    blocks = [(str(domain), rows) for domain, rows in table.groupby("domain", sort=False)]
    heading = 0.7 if len(blocks) > 1 else 0.0
    names = {outcome: _name(str(outcome), part) for outcome in table["outcome"]}
    extra = {outcome: _LINE * (len(name) - 1) for outcome, name in names.items()}
    lines = len(table) + heading * len(blocks) + sum(extra[outcome] for outcome in table["outcome"])
    ways = _ways(table, part)
    over = 0.16 * (sum(len(way) for way in ways) - 2)
    figure = sheet(title, 0.54 * lines + 1.5 + over, is_synthetic(table, part))
    axes, notes = figure.subplots(1, 2, width_ratios=(1.5, 1), sharey=True)
    top = 0.0
    for domain, rows in blocks:
        if heading:
            _write(axes, top + 0.45, DOMAINS[domain], weight="bold", color=QUIET)
        top += heading
        for _, row in rows.iterrows():
            more = extra[row["outcome"]]
            _write(axes, top + 0.27 + more / 2, "\n".join(names[row["outcome"]]), color=INK)
            _row(axes, row, top + more, part)
            _write(
                notes, top + 0.62 + more / 2, note(row, decimals(table["estimate"])), color=INK, is_note=True
            )
            top += 1 + more
    _frame(axes, notes, table, part, lines)
    _point(axes, ways)
    figure.legend(
        handles=_legend(table, part), loc="outside lower left", ncols=2, columnspacing=1.2, handletextpad=0.4
    )
    return figure


def _write(
    axes: Axes, at: float, words: str, *, color: str, weight: str = "normal", is_note: bool = False
) -> None:
    """Write words at the left of a row, clear of the zero line; a note takes the room that it needs."""
    axes.text(
        0,
        at,
        words,
        transform=axes.get_yaxis_transform(),
        va="center",
        color=color,
        weight=weight,
        bbox=_CLEAR,
        in_layout=is_note,
    )


def _name(outcome: str, part: Drawing) -> list[str]:
    """Return what an outcome is called, in lines."""
    worse = " (higher is worse)" if part.higher_is[outcome] == "worse" else ""
    return textwrap.wrap(part.outcomes[outcome] + worse, _LABEL) or [""]


def _row(axes: Axes, row: pd.Series, top: float, part: Drawing) -> None:
    """Draw one outcome: the gap with its interval, and its margin."""
    outcome = str(row["outcome"])
    if not _drawn(row):
        return
    sign, sd, at = SIGNS[standing(row, part)], row["baseline_sd"], top + 0.65
    axes.plot([row["low"] / sd, row["high"] / sd], [at, at], color=INK, linewidth=1.4)
    axes.plot(
        row["estimate"] / sd,
        at,
        marker=sign.marker,
        markersize=6,
        color=INK,
        markerfacecolor=sign.face,
        gid=outcome,
    )
    for margin in _margins(row, part):
        axes.plot([margin / sd] * 2, [at - 0.2, at + 0.2], color=BOUND, linewidth=2, gid="margin")


def _side(outcome: str, part: Drawing) -> int:
    """Return the side of zero on which the focal group does worse, where the margin lies."""
    return -1 if part.higher_is[outcome] == "better" else 1


def _drawn(row: pd.Series) -> bool:
    numbers = row[["estimate", "low", "high", "baseline_sd"]]
    return bool(row["disclosure"] == "shown" and numbers.notna().all() and row["baseline_sd"] > 0)


def _margins(row: pd.Series, part: Drawing) -> list[float]:
    """Return where the margin lies in scale points: on the worse side of zero, or on either (equivalence)."""
    if pd.isna(row["margin"]):
        return []
    sides = (-1, 1) if kind_of(row, part) == "equivalence" else (_side(str(row["outcome"]), part),)
    return [side * float(row["margin"]) for side in sides]


def note(row: pd.Series, places: int) -> str:
    """Return the gap of a row in scale points with its interval, and the verdict, on up to three lines."""
    if row["disclosure"] != "shown":
        return "not shown:\ntoo few people"
    if pd.isna(row["estimate"]):
        return "not estimable"
    low, high = (number(row[name], places, signed=True) for name in ("low", "high"))
    lines = [number(row["estimate"], places, signed=True), f"({low} to {high})"]
    if pd.notna(row["hypothesis"]) and pd.notna(row["verdict"]):
        alone = row["verdict"] in PASSED and is_unconfirmed(row)
        lines.append(f"{row['hypothesis']}: {'passes by itself' if alone else row['verdict']}")
    return "\n".join(lines)


def _frame(axes: Axes, notes: Axes, table: pd.DataFrame, part: Drawing, lines: float) -> None:
    """Set the limits, the zero line, and the words that say which way is which."""
    ends = [0.0]
    for _, row in table.iterrows():
        if _drawn(row):
            in_points = (row["low"], row["high"], *_margins(row, part))
            ends += [points / row["baseline_sd"] for points in in_points]
    span = max(ends) - min(ends) or 1.0
    axes.set_xlim(min(min(ends) - 0.06 * span, -_ROOM * span), max(max(ends) + 0.06 * span, _ROOM * span))
    axes.set_ylim(lines, 0)
    axes.axvline(0, color=INK, linewidth=0.9, zorder=0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("gap in standard deviations")
    notes.set_title("gap in scale points\n(interval)", fontsize=9, color=QUIET)
    notes.set_axis_off()


def _ways(table: pd.DataFrame, part: Drawing) -> tuple[list[str], list[str]]:
    """Return what left and right of zero mean, each in lines."""
    low, high = part.groups["low"], part.groups["high"]
    left, right = "\N{LEFTWARDS ARROW} ", " \N{RIGHTWARDS ARROW}"
    if len(table) and (table["arm"].fillna("") == BETWEEN_ARMS).all():
        said = f"{left}larger effect in {high}", f"larger effect in {low}{right}"
    else:
        said = f"{left}{high} gained more", f"{low} gained more{right}"
    return textwrap.wrap(said[0], _WAY), textwrap.wrap(said[1], _WAY)


def _point(axes: Axes, ways: tuple[list[str], list[str]]) -> None:
    """Write above the axes which way is which, the left above the right."""
    left, right = ways
    for lines, side, align, up in ((left, 0, "left", 5 + 13 * len(right)), (right, 1, "right", 5)):
        axes.annotate(
            "\n".join(lines), (side, 1), (0, up), "axes fraction", "offset points", ha=align, fontsize=9,
            va="bottom", color=QUIET, multialignment=align,
        )  # fmt: skip


def _legend(table: pd.DataFrame, part: Drawing) -> list[Line2D]:
    drawn = table[[_drawn(row) for _, row in table.iterrows()]]
    signs = dict.fromkeys(SIGNS[standing(row, part)] for _, row in drawn.iterrows())
    handles = [
        Line2D(
            [], [], color=INK, marker=sign.marker, markerfacecolor=sign.face, markersize=6, label=sign.means
        )
        for sign in signs
    ]
    if drawn["margin"].notna().any():
        handles.append(
            Line2D(
                [],
                [],
                color=BOUND,
                marker="|",
                linestyle="",
                markersize=9,
                markeredgewidth=2,
                label="margin",
            )
        )
    return handles


def _sides(drawn: pd.DataFrame, places: int, part: Drawing) -> str:
    """Return how many intervals lie on either side of zero, by their limits as the figure shows them."""
    low, high = (drawn[name].astype(float).round(places) for name in ("low", "high"))
    is_right, is_left = low > 0, high < 0
    touching = int(((low == 0) | (high == 0)).sum())
    right, left = (f"{part.groups[side]} gained more" for side in ("low", "high"))
    if len(drawn) == 1:
        where = "touches zero" if touching else "holds zero"
        if is_right.any() or is_left.any():
            side, more = ("right", right) if is_right.any() else ("left", left)
            where = f"lies wholly to the {side} of zero ({more})"
        return f"The interval {where}."
    touch = f"; {touching} touch{'es' if touching == 1 else ''} zero" if touching else ""
    return (
        f"Of {len(drawn)} intervals {_lie(is_right)} wholly to the right of zero ({right}) and "
        f"{_lie(is_left)} wholly to the left ({left}){touch}."
    )


def _lie(which: pd.Series) -> str:
    return f"{int(which.sum())} {'lies' if which.sum() == 1 else 'lie'}"


def caption(table: pd.DataFrame, part: Drawing) -> str:
    """Return what the axis means, how many intervals lie on either side of zero, and what is left out."""
    low, high = part.groups["low"], part.groups["high"]
    drawn = table[[_drawn(row) for _, row in table.iterrows()]]
    turned = [part.outcomes[name] for name in drawn["outcome"] if part.higher_is[name] == "worse"]
    note_ = f" A higher score is worse for: {', '.join(turned)}." if turned else ""
    margin = " A coloured tick is the margin of a claim." if drawn["margin"].notna().any() else ""
    waves = ", ".join(dict.fromkeys(part.waves[wave] for wave in table["wave"]))
    beyond = [part.outcomes[str(name)] for name in table.loc[table["arm"] == BETWEEN_ARMS, "outcome"]]
    arms = f" Minus the same gap in the comparison group for: {', '.join(beyond)}." if beyond else ""
    again = table[table["further"].astype(bool)] if "further" in table else table.iloc[:0]
    more = [part.outcomes[str(name)] for name in again["outcome"]]
    further = f" Further claims are in the claims section for: {', '.join(more)}." if more else ""
    open_ = (
        " A claim that did not pass as a whole confirms none of its single outcomes."
        if any(standing(row, part) == "by itself" for _, row in drawn.iterrows())
        else ""
    )
    return (
        f"Gap in gains ({low} minus {high}) from the first wave to: {waves}. Each gap is divided by the "
        f"outcome's standard deviation at the first wave; scale points stand at the right. "
        f"{_sides(drawn, decimals(table['estimate']), part)}{arms}{margin}{open_}{note_}{further}"
        f"{gaps(table, 'gaps')}"
    )


def alt(table: pd.DataFrame, part: Drawing) -> str:
    """Return each gap in scale points with its interval and verdict in words."""
    places = decimals(table["estimate"])
    lines = (f"{part.outcomes[row['outcome']]}: {note(row, places)}." for _, row in table.iterrows())
    return f"Forest plot of {len(table)} gaps in gains. " + " ".join(
        line.replace("\n", " ") for line in lines
    )
