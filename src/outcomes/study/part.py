"""What all parts of a study share: frozen, closed to unknown keys, and words that can't be paths or code."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Part(BaseModel):
    """A part of a study file: frozen, self-checking; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A name of ours (study, wave, outcome, item ...): small letters, digits, `_` and `-`."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""Words for a reader; shown as text, never run."""

Column = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
"""A column heading as it stands in a raw file."""

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}$")]
"""The name of a file in data/raw/<study>/: no folder, no leading dot."""

Value = Annotated[str, StringConstraints(max_length=200)]
"""A cell of a raw file, as text."""

Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
"""A share between 0 and 1, both excluded."""
