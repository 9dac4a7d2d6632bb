"""Which id stands in each row of a file, written in one way?

In: the id column of a file (or the elements of a self-generated code). Out: the id a row; what was changed
and what is wrong with ids goes to the file's book-keeping, never an id itself where they are personal data.
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
        return _identified(source, wave.person, part), nothing
    elements = pd.DataFrame(
        {name: source.text(column).str.casefold() for name, column in wave.elements.items()}
    )
    known = elements.notna().any(axis=1)
    joined = elements.fillna("").astype("string").agg(JOINT.join, axis=1).where(known, "")
    reading = read_ids(
        joined.astype("category"),
        part.identity,
        source.place(", ".join(wave.elements.values())),
        missing=source.missing,
    )
    return _noted(source, ", ".join(wave.elements.values()), reading, part), elements


def identified(source: Source, column: str, part: Cleaning) -> IdReading:
    """Return the ids in one column of a file that is no wave; what is wrong with them is noted."""
    reading = _identified(source, column, part)
    note_faults(source, reading)
    if reading.is_test.any():
        rows = reading.is_test.index[reading.is_test]
        found, mend = "the id of somebody who tried the survey (test, preview)", "take the rows out"
        source.problems.append(
            source.place(column).problem("id-test", found, "ids of mentees", mend, rows=rows)
        )
    return reading


def _identified(source: Source, column: str, part: Cleaning) -> IdReading:
    reading = read_ids(source.raw(column), part.identity, source.place(column), missing=source.missing)
    return _noted(source, column, reading, part)


def note_faults(source: Source, reading: IdReading, blank: str = "refuse") -> None:
    """Note what is wrong with the ids of the rows that are still in use; tests aside."""
    for problem in reading.problems_among(source.live, but=("id-test",)):
        kept = problem.code == "id-blank" and blank == "keep"
        source.problems.append(replace(problem, severity="warning") if kept else problem)


def _noted(source: Source, column: str, reading: IdReading, part: Cleaning) -> IdReading:
    """Note the changes; an id is in the ledger only where ids are public."""
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
