"""How do all figures look alike: size, type, colours, and the strip that says that data are invented?"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from outcomes.study.stages import Drawing

WIDTH = 4.8
"""Inches; a phone shows it 360 points wide, so that 9 point type stays above 9 pixels."""

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans", "font.size": 9.5, "axes.titlesize": 9.5, "axes.labelsize": 9.0,
    "xtick.labelsize": 9.0, "ytick.labelsize": 9.0, "legend.fontsize": 9.0, "legend.frameon": False,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#555555",
    "axes.titlelocation": "left", "text.parse_math": False, "figure.facecolor": "white",
    "savefig.facecolor": "white", "figure.dpi": 200, "savefig.dpi": "figure", "savefig.bbox": "standard",
}  # fmt: skip
"""Settings for matplotlib.rc_context; a dollar sign in a label is a dollar sign."""

DOMAINS = {
    "psychosocial": "Psychosocial outcomes",
    "career": "Career-development outcomes",
    "mechanism": "Relationship, feelings and aspirations",
    "other": "Other outcomes",
}
"""Domain to its heading."""

INK = "#222222"
QUIET = "#595959"
BOUND = "#B2477F"
"""The colour of a declared margin."""
STRIP = "SYNTHETIC DATA: invented people, not a finding"

_STRIP_INCHES = 0.28
_TITLE_INCHES = 0.36
_KEYS_INCHES = 0.3
_LINE_INCHES = 0.16
_KEYS_ROOM = 52
"""Characters that fit beside each other in the legend, each key taking `_KEY` more for its mark."""
_KEY = 7
_KEY_LABEL = 46


@dataclass(frozen=True)
class Mark:
    """How a group is drawn: in colour (Okabe & Ito 2008), and in grey by marker and line."""

    colour: str
    marker: str
    line: Literal["-", "--", ":"]
    hatch: str
    width: float


MARKS = {
    "low": Mark("#D55E00", "o", "-", "", 1.8),
    "high": Mark("#0072B2", "s", "--", "////", 1.8),
    "unknown": Mark("#8C8C8C", "^", ":", "....", 1.1),
}
"""SES group to its mark, the same in every figure."""


def is_synthetic(table: pd.DataFrame, part: Drawing) -> bool:
    """Return whether the numbers come from invented data, as the study or any row of the table says."""
    return part.synthetic or bool((table["origin"] == "synthetic").any())


def sheet(title: str, inches: float, synthetic: bool, keys: Sequence[Line2D] = ()) -> Figure:
    """Return an empty figure with ``inches`` of height for its content.

    From the top: the strip if the data are ``synthetic``, the title, and the legend of ``keys``, if there are
    any.
    """
    strip = _STRIP_INCHES if synthetic else 0.0
    columns, deep = _stacked(keys)
    head = strip + _TITLE_INCHES + deep
    height = inches + head
    figure = Figure(figsize=(WIDTH, height))
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - head / height), h_pad=0.05, w_pad=0.05)
    if synthetic:
        figure.add_artist(Rectangle((0, 1 - strip / height), 1, strip / height, color=INK))
        middle = 1 - strip / height / 2
        figure.text(
            0.5, middle, STRIP, ha="center", va="center", color="white", weight="bold", in_layout=False
        )
    top = 1 - (strip + 0.1) / height
    figure.text(0.02, top, title, va="top", fontsize=12, weight="bold", color=INK, in_layout=False)
    if keys:
        below = (0.0, 1 - (strip + _TITLE_INCHES) / height)
        figure.legend(
            handles=keys,
            loc="upper left",
            bbox_to_anchor=below,
            ncols=columns,
            handlelength=2.6,
            columnspacing=1.0,
        ).set_in_layout(False)
    return figure


def _stacked(keys: Sequence[Line2D]) -> tuple[int, float]:
    """Return how many columns the legend has and its inches; labels that don't fit beside each other wrap."""
    if not keys:
        return 1, 0.0
    if sum(len(str(key.get_label())) + _KEY for key in keys) <= _KEYS_ROOM + _KEY:
        return len(keys), _KEYS_INCHES
    lines = 0
    for key in keys:
        wrapped = textwrap.wrap(str(key.get_label()), _KEY_LABEL)
        key.set_label("\n".join(wrapped))
        lines += len(wrapped)
    return 1, _KEYS_INCHES + _LINE_INCHES * (lines - 1) + 0.06 * (len(keys) - 1)


def png(figure: Figure) -> bytes:
    """Return ``figure`` as PNG; the same figure gives the same bytes (no date and no version inside)."""
    page = io.BytesIO()
    figure.savefig(page, format="png", metadata={"Software": None})
    return page.getvalue()
