"""Which id stands in each row of a file, written in one way?

In: the id column of a file (or the elements of a self-generated code). Out: the id a row; what was changed and
what is wrong with ids goes to the file's book-keeping, never an id itself where they are personal data.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from outcomes.clean.ids import IdReading, read_ids
from outcomes.clean.source import Source
from outcomes.study import Wave
from outcomes.study.stages import Cleaning

JOINT = "|"
"""What stands between the elements of a self-generated code."""


def identify(source: Source, wave: Wave, part: Cleaning) -> tuple[IdReading, pd.DataFrame]:
    """Return the ids of a wave's rows, and the elements of which they are made (no columns without any).

    Without all of its elements a code can still be linked; without any it is no id.
    """
    if wave.person is not None:
        nothing = pd.DataFrame(index=source.live)
        return identified(source, wave.person, part, blank=part.responses.blank_ids), nothing
    elements = pd.DataFrame(
        {name: source.text(column).str.casefold() for name, column in wave.elements.items()}
    )
    known = elements.notna().any(axis=1)
    joined = elements.fillna("").astype("string").agg(JOINT.join, axis=1).where(known, "")
    reading = read_ids(joined.astype("category"), part.identity, source.place(", ".join(wave.elements.values())))
    return _noted(source, ", ".join(wave.elements.values()), reading, part, part.responses.blank_ids), elements


def identified(source: Source, column: str, part: Cleaning, *, blank: str = "refuse") -> IdReading:
    """Return the ids in one column of a file."""
    reading = read_ids(source.raw(column), part.identity, source.place(column))
    return _noted(source, column, reading, part, blank)


def _noted(source: Source, column: str, reading: IdReading, part: Cleaning, blank: str) -> IdReading:
    """Note problems and changes; an id is in the ledger only where ids are public."""
    problems = reading.problems
    if blank == "keep":
        problems = [
            replace(problem, severity="warning") if problem.code == "id-blank" else problem
            for problem in problems
        ]
    source.problems += problems
    changed = reading.changed.dropna()
    if not changed.empty:
        before = source.raw(column).astype("string") if column in source.columns else source.none()
        shown = part.ids == "public"
        source.changes.append(
            pd.DataFrame(
                {
                    "row": changed.index,
                    "column": column,
                    "before": before.loc[changed.index].array if shown else pd.NA,
                    "after": reading.values.loc[changed.index].array if shown else pd.NA,
                    "rule": changed.array,
                }
            )
        )
    return reading
