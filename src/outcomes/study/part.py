"""What all parts of a study share: frozen, self-checking, closed; and words that can't be paths or code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from outcomes.errors import Problem, listed, nearest


class Part(BaseModel):
    """A part of a study file: frozen, self-checking; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if faults := tuple(self._faults()):
            raise ValueError(*faults)
        return self

    def _faults(self) -> Iterator[Problem]:
        """Yield what contradicts what in this part; the place of each is the key below the part."""
        yield from ()


def strays(key: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each of ``names`` at ``key`` that is not among ``known``."""
    known = list(known)
    for name in names:
        if name not in known:
            mend = nearest(name, known) or ("use one of these" if known else "declare it or take it out")
            yield Problem(key, f"'{name}'", listed(known) or "none, as none is declared", mend)


def repeats(key: str, names: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each of ``names`` that stands at ``key`` more than once."""
    for name, times in Counter(names).items():
        if times > 1:
            yield Problem(key, f"'{name}' {times} times", "each once", "remove the others")


NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
HYPOTHESIS = r"^[A-Za-z][A-Za-z0-9_-]{0,15}$"
FILE = r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}$"
SHAPE = r"^[A9 _-]{2,40}$"
LABEL = r"^[^\x00-\x1f\x7f-\x9f]+$"

PATTERNS = {
    NAME: "a name of small letters, digits, _ and -, at most 64",
    HYPOTHESIS: "a short name such as H1: a letter, then letters, digits, _ and -, at most 16",
    FILE: "the plain name of a file (letters, digits, blanks, ., _ and -), without a folder",
    SHAPE: "a shape such as AA-9999 (A a letter, 9 a digit, blanks, hyphens and underscores as they stand)",
    LABEL: "words on one line",
}
"""What each pattern means, for messages."""

Name = Annotated[str, StringConstraints(pattern=NAME)]
"""A name of ours (study, wave, outcome, item ...): small letters, digits, `_` and `-`."""

HypothesisName = Annotated[str, StringConstraints(pattern=HYPOTHESIS)]
"""The name of a hypothesis, as shown: H1, H2a."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=LABEL)]
"""Words for a reader; shown as text, never run."""

Column = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
"""A column heading as it stands in a raw file."""

Shape = Annotated[str, StringConstraints(pattern=SHAPE)]
"""The shape of an id: `A` a letter, `9` a digit."""

FileName = Annotated[str, StringConstraints(pattern=FILE)]
"""The name of a file in data/raw/<study>/: no folder, no leading dot."""

Value = Annotated[str, StringConstraints(max_length=200)]
"""A cell of a raw file, as text."""

Level = Annotated[float, Field(gt=0, le=0.2, allow_inf_nan=False)]
"""A level of significance: above 0, at most 0.2."""

Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
"""A share between 0 and 1, both excluded."""

PEOPLE = ("person", "cohort", "ses", "ses_index", "in_population", "arm")
ANSWERS = ("person", "wave", "answered_on")
MATCHES = ("person", "mentor", "from", "to", "sector", "mentor_type")
"""Columns that people, answers and matches always have; a study can't give their names to its own."""


def taken(key: str, names: Iterable[str], columns: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each of ``names`` at ``key`` that is a column which our tables always have."""
    for name in names:
        if name in columns:
            yield Problem(
                key,
                f"the name '{name}'",
                f"any but {listed(columns)}",
                "use another name, the label may stay",
            )
