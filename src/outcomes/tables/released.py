"""The release tables: what passed `disclose`, made of the restricted tables that are meant for readers."""

from __future__ import annotations

from dataclasses import replace

from outcomes.columns import Column, Table
from outcomes.tables.modelled import (
    COMPONENTS,
    CONTRASTS,
    FITS,
    FOREST,
    GAINS,
    MARGINS,
    MEANS,
    OLS,
    VERDICTS,
)
from outcomes.tables.restricted import FLOW, RELIABILITY, ROWS

_MARKS = (
    Column("disclosure", "text", "`shown`, or `suppressed` and why."),
    Column(
        "origin",
        "text",
        "`synthetic` (invented data), `open` or `real`.",
        among=("synthetic", "open", "real"),
    ),
)


def _released(table: Table, *, without: tuple[str, ...] = (), name: str | None = None) -> Table:
    """Return the table as it is released: without what may not be shown, with the decision on each row."""
    hidden = ("count", "number")
    columns = tuple(
        replace(
            column,
            empty=column.empty or column.kind in hidden or column.name == "verdict",
            among=_seen(column),
        )
        for column in table.columns
        if column.name not in without
    )
    return replace(
        table, name=name or table.name, tree="release", stage="disclose", columns=(*columns, *_MARKS)
    )


def _seen(column: Column) -> tuple[str, ...]:
    return () if column.name == "verdict" else column.among


RELEASE = {
    table.name: table
    for table in (
        _released(FLOW),
        _released(ROWS, name="left_out"),
        _released(RELIABILITY),
        _released(MEANS, name="trajectories"),
        _released(GAINS),
        _released(CONTRASTS),
        _released(VERDICTS),
        _released(MARGINS),
        _released(FOREST),
        _released(OLS, without=("df",)),
        _released(FITS, without=("n_rows", "baseline_df")),
        _released(COMPONENTS),
    )
}
"""The release tables by name: release/tables/<name>.csv."""

RELEASED_FROM = {name: {"trajectories": "means", "left_out": "rows"}.get(name, name) for name in RELEASE}
"""Release table to the restricted table that it is made of."""

FIGURES = Table(
    "figures", "release", "figure", "a figure", key=("name",),
    columns=(
        Column("name", "text", "The figure's name; it draws tables/<name>.csv as figures/<name>.png."),
        Column("title", "text", "Its title."),
        Column("caption", "text", "What it shows, made from its numbers."),
        Column("alt", "text", "The same for those who can't see it."),
    ),
)  # fmt: skip
