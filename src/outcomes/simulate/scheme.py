"""What the invented scheme recorded: who was eligible, who mentored whom, who took part in what."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from outcomes.simulate.design import Design

SECTORS = ("Finance", "Technology", "Health", "Law", "Public sector", "Media", "Engineering", "Charity")
MENTOR_ATTRIBUTES: Mapping[str, tuple[tuple[str, ...], tuple[float, ...]]] = {
    "mentor_type": (("employer", "alumnus"), (0.55, 0.45)),
    "mentor_sector": (SECTORS, (0.20, 0.18, 0.13, 0.12, 0.13, 0.08, 0.10, 0.06)),
    "mentor_gender": (("woman", "man", ""), (0.51, 0.43, 0.06)),
    "mentor_ethnicity": (
        ("White", "Asian", "Black", "Mixed", "Other", ""),
        (0.66, 0.13, 0.06, 0.04, 0.02, 0.09),
    ),
    "mentor_class_origin": (("professional", "intermediate", "working class", ""), (0.40, 0.17, 0.25, 0.18)),
}
"""Attribute of a mentor to its values and their shares; the empty value is unknown."""

ACTIVITIES: Mapping[str, tuple[float, tuple[float, ...]]] = {
    "meeting": (5.0, (0.5, 1.0, 1.5)),
    "workshop": (1.6, (1.5, 2.0, 3.0)),
    "networking": (0.9, (2.0, 2.5)),
    "bursary": (0.15, ()),
}
"""Activity to its mean number of events a mentee and the hours that one takes."""

BURSARY_TILT = 0.9
"""Effect of a SD of disadvantage on the log of the number of bursaries."""


def draw_ids(
    mentees: pd.DataFrame, others: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both frames with a `student_id` such as S240017: S, year of intake, place in a shuffled list."""
    every = pd.concat([mentees, others], ignore_index=True)
    ids = np.empty(len(every), dtype=object)
    for intake, rows in every.groupby("intake", observed=True).indices.items():
        places = rng.permutation(len(rows)) + 1
        ids[rows] = [f"S{str(intake)[2:]}{place:04d}" for place in places]
    every.insert(0, "student_id", ids)
    return every.iloc[: len(mentees)].copy(), every.iloc[len(mentees) :].copy()


def draw_matches(mentees: pd.DataFrame, design: Design, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row a match: student_id, mentor_id, the mentor's attributes, matched_on, ended_on."""
    places, known = [], 0
    active = np.array([], dtype=int)
    for intake, rows in mentees.groupby("intake", observed=True).indices.items():
        returning = active[rng.random(len(active)) < design.mentor_returns]
        slots = _slots(returning, known, 2 * len(rows), design, rng)[: len(rows)]
        active, known = np.unique(slots), max(known, slots.max() + 1)
        frame = pd.DataFrame(
            {"student_id": mentees["student_id"].to_numpy()[rows], "mentor": rng.permutation(slots)}
        )
        places.append(_spans(frame, str(intake), active, design, rng))
    matches = pd.concat(places, ignore_index=True)
    mentors = _mentors(known, rng)
    joined = matches.merge(mentors, left_on="mentor", right_index=True, how="left", validate="many_to_one")
    columns = ["student_id", "mentor_id", *MENTOR_ATTRIBUTES, "matched_on", "ended_on"]
    return joined.sort_values(["matched_on", "student_id"])[columns].reset_index(drop=True)


def _slots(
    returning: np.ndarray, known: int, new: int, design: Design, rng: np.random.Generator
) -> np.ndarray:
    """Return mentors in order, each as often as they take mentees; returning mentors first."""
    mentors = np.concatenate([returning, known + np.arange(new)])
    takes = rng.choice(np.arange(1, len(design.capacities) + 1), p=design.capacities, size=len(mentors))
    return np.repeat(mentors, takes)


def _spans(
    frame: pd.DataFrame, intake: str, active: np.ndarray, design: Design, rng: np.random.Generator
) -> pd.DataFrame:
    """Add when each match began and ended; a few ended in February and were followed by another."""
    opened = pd.Timestamp(f"{intake}-10-24")
    frame["matched_on"] = opened + pd.to_timedelta(rng.integers(0, 28, size=len(frame)), unit="D")
    frame["ended_on"] = pd.Timestamp(f"{int(intake) + 1}-06-30")
    left = rng.random(len(frame)) < design.rematched
    second = frame[left].copy()
    frame.loc[left, "ended_on"] = pd.Timestamp(f"{int(intake) + 1}-02-10")
    second["matched_on"] = pd.Timestamp(f"{int(intake) + 1}-02-20")
    second["mentor"] = [rng.choice(active[active != first]) for first in second["mentor"]]
    return pd.concat([frame, second], ignore_index=True)


def _mentors(number: int, rng: np.random.Generator) -> pd.DataFrame:
    drawn = {
        name: rng.choice(np.array(values, dtype=object), p=shares, size=number)
        for name, (values, shares) in MENTOR_ATTRIBUTES.items()
    }
    return pd.DataFrame({"mentor_id": [f"M{place + 1:04d}" for place in range(number)], **drawn})


def draw_engagement(mentees: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row an event: student_id, activity, date, hours (missing for a bursary)."""
    events = []
    for activity, (mean, lengths) in ACTIVITIES.items():
        tilt = np.exp(BURSARY_TILT * mentees["disadvantage"]) if activity == "bursary" else 1.0
        times = rng.poisson(mean * tilt, size=len(mentees))
        rows = mentees.loc[mentees.index.repeat(times), ["student_id", "intake"]]
        day = rng.integers(0, 215, size=len(rows))
        began = pd.to_datetime(rows["intake"].astype(str) + "-11-14")
        hours = rng.choice(lengths, size=len(rows)) if lengths else np.full(len(rows), np.nan)
        events.append(
            pd.DataFrame(
                {
                    "student_id": rows["student_id"],
                    "activity": activity,
                    "date": began + pd.to_timedelta(day, unit="D"),
                    "hours": hours,
                }
            )
        )
    log = pd.concat(events, ignore_index=True)
    return log.sort_values(["date", "student_id", "activity"], kind="stable").reset_index(drop=True)
