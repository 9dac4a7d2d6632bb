"""What do the released numbers look like?

In: release tables by name (suppressed rows carry no numbers) and the study's words. Out: one PNG a figure,
and the `figures` table with its title, its caption and its text for those who can't see it, made from the
same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from outcomes import tables as declared
from outcomes.columns import expect
from outcomes.figure import flow, forest, margins, standing, trajectories
from outcomes.figure.sheet import STYLE, png
from outcomes.study.stages import Drawing

Words = Callable[[pd.DataFrame, Drawing], str]


@dataclass(frozen=True)
class Entry:
    """One figure: the release table that it draws (its name), its title, its picture and its words."""

    name: str
    title: str
    plot: Callable[[pd.DataFrame, Drawing, str], Figure]
    caption: Words
    alt: Words
    of: Callable[[Mapping[str, pd.DataFrame]], pd.DataFrame] | None = None
    """Makes what is drawn of the release tables, where the table of its name is not all of it."""

    def drawn(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the rows that the picture and its words are made of."""
        return tables[self.name] if self.of is None else self.of(tables)


REGISTRY = (
    Entry("flow", "Who took part", flow.plot, flow.caption, flow.alt),
    Entry(
        "trajectories", "Average scores over time", trajectories.plot, trajectories.caption, trajectories.alt
    ),
    Entry("forest", "Gaps in gains", forest.plot, forest.caption, forest.alt, standing.of),
    Entry(
        "margins", "What other margins would have decided", margins.plot, margins.caption, margins.alt,
        margins.of,
    ),
)  # fmt: skip
"""Every figure, in the order of the report."""


def draw(tables: dict[str, pd.DataFrame], part: Drawing) -> tuple[dict[str, bytes], pd.DataFrame]:
    """Return the PNG of each figure by name, and the `figures` table: a row a figure, in the report's order.

    ``tables`` holds release tables by name, as declared in outcomes.tables.RELEASE. A figure whose table is
    absent or has no row is left out. The same tables give the same bytes.
    """
    present = [entry for entry in REGISTRY if entry.name in tables and len(tables[entry.name])]
    words = [
        {
            "name": entry.name,
            "title": entry.title,
            "caption": entry.caption(entry.drawn(tables), part),
            "alt": entry.alt(entry.drawn(tables), part),
        }
        for entry in present
    ]
    pictures = {}
    for entry in present:
        with matplotlib.rc_context(STYLE):
            pictures[entry.name] = png(entry.plot(entry.drawn(tables), part, entry.title))
    return pictures, expect(pd.DataFrame(words, columns=declared.FIGURES.names), declared.FIGURES)
