"""Make the tables that both engines fit: simulated mentees over four waves, the same in every run."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

SEED = 20261
SHARES = np.array([1.0, 0.84, 0.73, 0.43])
"""Share of mentees who answer at each wave."""
SKIPPED = 0.04
"""Share of later answers that are missing though the mentee answers afterwards or might have."""


def answered(people: int, random: np.random.Generator) -> np.ndarray:
    """Return who answers at which wave (people x waves): most who drop out stay away, a few skip a wave."""
    stay = random.random(people)[:, None] < np.minimum(SHARES / (1 - SKIPPED), 1)
    there = stay & (random.random((people, len(SHARES))) >= SKIPPED)
    there[:, 0] = True
    return there


def write(path: Path, people: int) -> int:
    """Write ``people`` mentees to ``path``, a row a mentee and wave, and return the number of rows."""
    random = np.random.default_rng([SEED, people])
    ses = random.choice(["high", "low"], people, p=[0.6, 0.4])
    gender = random.choice(["woman", "man", "other"], people, p=[0.55, 0.4, 0.05])
    eth = random.choice(["white", "asian", "black", "mixed", "other"], people, p=[0.5, 0.2, 0.15, 0.08, 0.07])
    age = random.normal(20, 2, people).round(1)
    grade = random.normal(65, 8, people).round()
    there = answered(people, random)
    person, wave = np.nonzero(there)
    low = ses[person] == "low"
    effects = random.normal(size=(people, 2)) * [0.8, 0.25]
    noise = random.normal(scale=0.7, size=len(person))
    score = 3 + 0.1 * wave - 0.2 * low + 0.05 * wave * low + 0.01 * (grade[person] - 65)
    score = score + effects[person, 0] + effects[person, 1] * wave + noise
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["mentee", "wave", "ses", "gender", "eth", "age", "grade", "y"])
        columns = (ses, gender, eth, age, grade)
        writer.writerows(
            zip(person, wave, *(column[person] for column in columns), score.round(6), strict=True)
        )
    return len(person)
