"""Small scores, people and studies for the tests of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes.columns import DTYPES
from outcomes.study import (
    Equivalence,
    Family,
    Floor,
    Hypothesis,
    Model,
    NonInferiority,
    Reproduction,
    SdMargin,
    Superiority,
)
from outcomes.study.stages import Modelled, Modelling

WAVES = ("start", "middle", "end")
PARTICIPATION = pd.DataFrame(
    {"step": "registered", "label": "Registered", "group": ["low", "high", "unknown"], "n": [40, 60, 5]}
)


def outcome(
    waves: Sequence[str] = WAVES,
    *,
    higher_is: str = "better",
    is_share: bool = False,
    domain: str = "other",
    structure: str = "intercept",
) -> Modelled:
    return Modelled(
        domain=domain, higher_is=higher_is, is_share=is_share, waves=tuple(waves), structure=structure
    )


def superiority(
    *outcomes: str,
    wave: str = "end",
    family: str = "first",
    alpha: float = 0.05,
    sides: int = 2,
    pair: tuple[str, str] = ("low", "high"),
) -> Superiority:
    return Superiority(
        claim="gains more", kind="superiority", outcomes=outcomes, wave=wave, family=family, alpha=alpha,
        sides=sides, focal=pair[0], reference=pair[1],
    )  # fmt: skip


def non_inferiority(
    *outcomes: str,
    margin: float | SdMargin = 0.5,
    wave: str = "end",
    alpha: float = 0.025,
    family: str = "second",
    pair: tuple[str, str] = ("low", "high"),
) -> NonInferiority:
    return NonInferiority(
        claim="no less", kind="non_inferiority", outcomes=outcomes, wave=wave, family=family,
        margin=margin, alpha=alpha, focal=pair[0], reference=pair[1],
    )  # fmt: skip


def equivalence(
    *outcomes: str, margin: float | SdMargin = 0.5, wave: str = "end", alpha: float = 0.05
) -> Equivalence:
    return Equivalence(
        claim="alike", kind="equivalence", outcomes=outcomes, wave=wave, family="fourth", margin=margin,
        alpha=alpha,
    )  # fmt: skip


def floor(
    *outcomes: str, least: float = 0.5, wave: str = "end", alpha: float = 0.025, focal: str = "low"
) -> Floor:
    return Floor(
        claim="still", kind="floor", outcomes=outcomes, wave=wave, family="third", floor=least, alpha=alpha,
        focal=focal,
    )  # fmt: skip


def study(
    outcomes: Mapping[str, Modelled],
    *,
    waves: Sequence[str] = WAVES,
    covariates: Mapping[str, tuple[str, ...]] | None = None,
    adjust: Sequence[str] = (),
    unknown: str = "third_level",
    hypotheses: Mapping[str, Hypothesis] | None = None,
    families: Mapping[str, str] | None = None,
    reproduction: Reproduction | None = None,
) -> Modelling:
    claims = dict(hypotheses or {})
    purposes = dict.fromkeys((claim.family for claim in claims.values()), "confirmatory") | dict(
        families or {}
    )
    return Modelling(
        waves=tuple(waves), months=tuple(4.0 * place for place in range(len(waves))), outcomes=dict(outcomes),
        covariates=dict(covariates or {}), hypotheses=claims,
        families={name: Family(purpose=purpose) for name, purpose in purposes.items()},
        model=Model(covariates=tuple(adjust), ses_unknown=unknown), reproduction=reproduction,
    )  # fmt: skip


def people(ses: Sequence[str], **attributes: Sequence[str | None]) -> pd.DataFrame:
    """Return the people p000, p001 ... of the SES groups ``ses``, all of the population."""
    frame = pd.DataFrame({"person": [f"p{place:03d}" for place in range(len(ses))], "ses": list(ses)})
    return frame.assign(cohort=None, in_population=True, **attributes).astype(
        dict.fromkeys(["person", "cohort", "ses", *attributes], "string")
    )


def scores(name: str, values: np.ndarray, waves: Sequence[str] = WAVES) -> pd.DataFrame:
    """Return the scores of the outcome ``name``: ``values`` is people x waves, NaN where there is none."""
    n, width = values.shape
    frame = pd.DataFrame(
        {
            "person": np.repeat([f"p{place:03d}" for place in range(n)], width),
            "wave": list(waves) * n,
            "outcome": name,
            "score": values.ravel().astype(float),
            "n_answered": 1,
            "n_items": 1,
        }
    )
    text = dict.fromkeys(["person", "wave", "outcome"], DTYPES["text"])
    return frame.astype({**text, "n_answered": DTYPES["count"], "n_items": DTYPES["count"]})


def cohort(seed: int, n: int = 90, gap: float = 0.4) -> tuple[np.ndarray, list[str]]:
    """Return scores (n x 3 waves, a fifth of the later ones missing) and SES of people whose gains differ."""
    random = np.random.default_rng(seed)
    ses = np.where(random.random(n) < 0.4, "low", "high")
    growth = 0.3 + gap * (ses == "low")
    values = 3 + random.normal(size=(n, 1)) + np.outer(growth, np.arange(3)) + random.normal(size=(n, 3))
    values[:, 1:][random.random((n, 2)) < 0.2] = np.nan
    return values, list(ses)
