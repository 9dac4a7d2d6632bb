"""The tables between stages: what each one holds and who may see it."""

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
from outcomes.tables.released import FIGURES, RELEASE, RELEASED_FROM
from outcomes.tables.restricted import (
    ANSWERS,
    ENGAGEMENT,
    FLOW,
    LEDGER,
    MATCHES,
    PARTICIPATION,
    PEOPLE,
    RELIABILITY,
    RESTRICTED,
    ROWS,
    SCORES,
)

__all__ = [
    "ANSWERS",
    "COMPONENTS",
    "CONTRASTS",
    "ENGAGEMENT",
    "FIGURES",
    "FITS",
    "FLOW",
    "FOREST",
    "GAINS",
    "LEDGER",
    "MARGINS",
    "MATCHES",
    "MEANS",
    "OLS",
    "PARTICIPATION",
    "PEOPLE",
    "RELEASE",
    "RELEASED_FROM",
    "RELIABILITY",
    "RESTRICTED",
    "ROWS",
    "SCORES",
    "VERDICTS",
]
