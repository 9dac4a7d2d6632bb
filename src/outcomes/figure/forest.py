"""Who gained more, by how much, and how sure? Draws the release table `forest`: the gap in gains by outcome.

The axis is the gap in scale points over the baseline SD of its outcome, so that one axis serves all scales
and the interval lies to the margin as it does in scale points, on which the verdict rests. (The standardised
columns of the table also carry the error of that SD; their intervals are a little wider.)
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from outcomes.columns import BETWEEN_ARMS
from outcomes.figure.sheet import BOUND, DOMAINS, INK, QUIET, is_synthetic, sheet
from outcomes.figure.words import decimals, gaps, number
from outcomes.study.stages import Drawing

_LABEL = 44
_ROOM = 0.2
_CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}


@dataclass(frozen=True)
class Sign:
    """How a verdict is marked: its marker, the marker's face, and what it means."""

    marker: str
    face: str
    means: str


SIGNS = {
    "supported": Sign("o", INK, "claim supported"),
    "inconclusive": Sign("o", "white", "inconclusive"),
    "by itself": Sign("o", "#AAAAAA", "passes by itself, the claim as a whole does not"),
    "contradicted": Sign("X", INK, "claim contradicted"),
    "": Sign("D", "#AAAAAA", "no hypothesis"),
}
"""What a verdict says of its claim to its mark; empty where no hypothesis is about the outcome."""

PASSED = ("superior", "non-inferior", "equivalent")
HIDDEN = "not shown"
"""The verdict on a whole that can't be shown."""


def of(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the release table `forest` with `whole` and `further` from `verdicts` beside it.

    ``whole`` is the verdict on all outcomes of the row's claim, empty where the claim has just this one;
    ``further`` says whether another claim is about the outcome.
    """
    table = tables["forest"]
    if "verdicts" not in tables:
        return table.assign(whole=None, further=False)
    verdicts = tables["verdicts"]
    single = verdicts[verdicts["outcome"] != "all"]
    several = single["hypothesis"].value_counts().loc[lambda counts: counts > 1].index
    whole = verdicts[(verdicts["outcome"] == "all") & verdicts["hypothesis"].isin(several)]
    verdict_of = dict(zip(whole["hypothesis"], whole["verdict"].fillna(HIDDEN), strict=True))
    claims = single.groupby("outcome")["hypothesis"].agg(set).to_dict()
    keys = list(table["hypothesis"].fillna(""))
    return table.assign(
        whole=table["hypothesis"].map(verdict_of).astype("string"),
        further=[
            bool(claims.get(name, set()) - {key}) for name, key in zip(table["outcome"], keys, strict=True)
        ],
    )


def plot(table: pd.DataFrame, part: Drawing, title: str) -> Figure:
    """Return gaps with intervals, a row an outcome by domain; scale points and verdict at the right."""
    blocks = [(str(domain), rows) for domain, rows in table.groupby("domain", sort=False)]
    heading = 0.7 if len(blocks) > 1 else 0.0
    lines = len(table) + heading * len(blocks)
    figure = sheet(title, 0.54 * lines + 1.5, is_synthetic(table, part))
    axes, notes = figure.subplots(1, 2, width_ratios=(1.5, 1), sharey=True)
    top = 0.0
    for domain, rows in blocks:
        if heading:
            _write(axes, top + 0.45, DOMAINS[domain], weight="bold", color=QUIET)
        for place, (_, row) in enumerate(rows.iterrows()):
            _row(axes, row, top + heading + place, part)
            _write(notes, top + heading + place + 0.62, note(row, decimals(table["estimate"])), color=INK)
        top += heading + len(rows)
    _frame(axes, notes, table, part, lines)
    figure.legend(
        handles=_legend(table, part), loc="outside lower left", ncols=2, columnspacing=1.2, handletextpad=0.4
    )
    return figure


def _write(axes: Axes, at: float, words: str, *, color: str, weight: str = "normal") -> None:
    """Write words at the left of a row, clear of the zero line."""
    axes.text(
        0,
        at,
        words,
        transform=axes.get_yaxis_transform(),
        va="center",
        color=color,
        weight=weight,
        bbox=_CLEAR,
    )


def _row(axes: Axes, row: pd.Series, top: float, part: Drawing) -> None:
    """Draw one outcome: its name, the gap with its interval, and its margin."""
    outcome = str(row["outcome"])
    worse = " (higher is worse)" if part.higher_is[outcome] == "worse" else ""
    name = textwrap.shorten(part.outcomes[outcome] + worse, _LABEL, placeholder=" ...")
    _write(axes, top + 0.27, name, color=INK)
    if not _drawn(row):
        return
    sign, sd, at = SIGNS[_standing(row, part)], row["baseline_sd"], top + 0.65
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


def _standing(row: pd.Series, part: Drawing) -> str:
    """Return what the verdict says of the claim, as a key of SIGNS: a gain that is better is not alike."""
    if pd.isna(row["verdict"]) or pd.isna(row["hypothesis"]):
        return ""
    contradicted = ("inferior", "superior") if _kind(row, part) == "equivalence" else ("inferior",)
    if row["verdict"] in contradicted:
        return "contradicted"
    if row["verdict"] not in PASSED:
        return "inconclusive"
    return "by itself" if _is_unconfirmed(row) else "supported"


def _is_unconfirmed(row: pd.Series) -> bool:
    """Return whether the row's claim has several outcomes and did not pass as a whole."""
    whole = row.get("whole")
    return bool(pd.notna(whole) and whole not in ("non-inferior", "equivalent"))


def _kind(row: pd.Series, part: Drawing) -> str:
    """Return the kind of the row's claim, empty where there is none."""
    claim = None if pd.isna(row["hypothesis"]) else part.hypotheses.get(str(row["hypothesis"]))
    return "" if claim is None else claim.kind


def _margins(row: pd.Series, part: Drawing) -> list[float]:
    """Return where the margin lies in scale points: on the worse side of zero, or on either (equivalence)."""
    if pd.isna(row["margin"]):
        return []
    sides = (-1, 1) if _kind(row, part) == "equivalence" else (_side(str(row["outcome"]), part),)
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
        alone = "\nby itself" if row["verdict"] in PASSED and _is_unconfirmed(row) else ""
        lines.append(f"{row['hypothesis']}: {row['verdict']}{alone}")
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
    _point(axes, 0, 18, "left", f"\N{LEFTWARDS ARROW} {part.groups['high']} gained more")
    _point(axes, 1, 5, "right", f"{part.groups['low']} gained more \N{RIGHTWARDS ARROW}")
    notes.set_axis_off()


def _point(axes: Axes, side: float, up: float, align: str, words: str) -> None:
    """Write which way is which, ``up`` points above the axes."""
    axes.annotate(
        words, (side, 1), (0, up), "axes fraction", "offset points", ha=align, fontsize=9, color=QUIET
    )


def _legend(table: pd.DataFrame, part: Drawing) -> list[Line2D]:
    drawn = table[[_drawn(row) for _, row in table.iterrows()]]
    signs = dict.fromkeys(SIGNS[_standing(row, part)] for _, row in drawn.iterrows())
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


def caption(table: pd.DataFrame, part: Drawing) -> str:
    """Return what the axis means, how many intervals lie on either side of zero, and what is left out."""
    low, high = part.groups["low"], part.groups["high"]
    drawn = table[[_drawn(row) for _, row in table.iterrows()]]
    right, left = int((drawn["low"] > 0).sum()), int((drawn["high"] < 0).sum())
    turned = [part.outcomes[name] for name in drawn["outcome"] if part.higher_is[name] == "worse"]
    note_ = f" A higher score is worse for: {', '.join(turned)}." if turned else ""
    margin = " A coloured tick is the margin of a claim." if drawn["margin"].notna().any() else ""
    waves = ", ".join(dict.fromkeys(part.waves[wave] for wave in table["wave"]))
    beyond = [part.outcomes[str(name)] for name in table.loc[table["arm"] == BETWEEN_ARMS, "outcome"]]
    arms = f" Minus the same gap in the comparison group for: {', '.join(beyond)}." if beyond else ""
    open_ = (
        " A claim that did not pass as a whole confirms none of its single outcomes."
        if any(_standing(row, part) == "by itself" for _, row in drawn.iterrows())
        else ""
    )
    return (
        f"Gap in gains ({low} minus {high}) from the first wave to: {waves}. Each gap is divided by the "
        f"outcome's standard deviation at the first wave; scale points stand at the right. Of {len(drawn)} "
        f"intervals {right} lie wholly to the right of zero ({low} gained more) and {left} wholly to the "
        f"left ({high} gained more).{arms}{margin}{open_}{note_}{gaps(table, 'gaps')}"
    )


def alt(table: pd.DataFrame, part: Drawing) -> str:
    """Return each gap in scale points with its interval and verdict in words."""
    places = decimals(table["estimate"])
    lines = (f"{part.outcomes[row['outcome']]}: {note(row, places)}." for _, row in table.iterrows())
    return f"Forest plot of {len(table)} gaps in gains. " + " ".join(
        line.replace("\n", " ") for line in lines
    )
