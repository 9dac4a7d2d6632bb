"""What is the verdict on each hypothesis?

In: contrasts (the gaps in gains), scores and people (for floors). Out: verdicts, and the p values of the gaps after
Holm. Every verdict is provisional: a person intercept with Wald z, not yet the covariance and df of the final model.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from outcomes.model.contrasts import Row
from outcomes.model.design import FOCAL
from outcomes.model.floor import floor_test
from outcomes.study import Floor, Hypothesis, NonInferiority, Superiority
from outcomes.study.stages import Modelling

BASIS = {
    "superiority": "person intercept, Wald z, provisional",
    "non_inferiority": "person intercept, Wald z, provisional",
    "floor": "Wilson interval, provisional",
}

Gap = tuple[str, str]
"""Outcome and wave."""


def primary_gaps(contrasts: pd.DataFrame, part: Modelling) -> dict[Gap, Row]:
    """Return the gaps in gains of the primary model (adjusted where the model has covariates) by outcome and wave."""
    gaps = contrasts[(contrasts["contrast"] == "gap") & (contrasts["adjusted"] == bool(part.model.covariates))]
    return {(row["outcome"], row["wave"]): dict(row) for row in gaps.to_dict("records")}


def holm(gaps: dict[Gap, Row], part: Modelling) -> dict[str, dict[Gap, float]]:
    """Return family to gap to its two-sided p after Holm (1979), over the superiority hypotheses of the family.

    A gap that could not be estimated stays in the count of its family with p = 1, and has no adjusted p of its own.
    """
    adjusted = {}
    for family in dict.fromkeys(claim.family for claim in _superiority(part)):
        tests = list(dict.fromkeys(gap for claim in _superiority(part) if claim.family == family for gap in _gaps(claim)))
        p_values = [gaps[gap]["p_value"] if _estimated(gaps, gap) else 1.0 for gap in tests]
        corrected = multipletests(p_values, method="holm")[1]
        adjusted[family] = {
            gap: float(p) for gap, p in zip(tests, corrected, strict=True) if _estimated(gaps, gap)
        }  # fmt: skip
    return adjusted


def with_holm(contrasts: pd.DataFrame, part: Modelling) -> pd.DataFrame:
    """Return ``contrasts`` with p_adjusted on the gaps that decide a superiority hypothesis, the primary model only.

    A gap that two families claim carries the larger p.
    """
    adjusted: dict[Gap, float] = {}
    for of_family in holm(primary_gaps(contrasts, part), part).values():
        adjusted |= {gap: max(p, adjusted.get(gap, 0.0)) for gap, p in of_family.items()}
    primary = (contrasts["contrast"] == "gap") & (contrasts["adjusted"] == bool(part.model.covariates))
    found = [
        adjusted.get((outcome, wave)) if is_primary else None
        for outcome, wave, is_primary in zip(contrasts["outcome"], contrasts["wave"], primary, strict=True)
    ]
    return contrasts.assign(p_adjusted=pd.Series(found, index=contrasts.index, dtype="float64"))


def verdicts(contrasts: pd.DataFrame, scores: pd.DataFrame, people: pd.DataFrame, part: Modelling) -> Iterator[Row]:
    """Yield the verdicts, hypothesis by hypothesis; a non-inferiority hypothesis ends with its row `all`."""
    gaps = primary_gaps(contrasts, part)
    adjusted = holm(gaps, part)
    for name, claim in part.hypotheses.items():
        if isinstance(claim, Superiority):
            rows = [_superior(name, claim, gap, gaps, adjusted[claim.family], part) for gap in _gaps(claim)]
        elif isinstance(claim, NonInferiority):
            rows = [_non_inferior(name, claim, gap, gaps, part) for gap in _gaps(claim)]
            rows.append(_every(name, claim, rows))
        else:
            rows = [_floor(name, claim, outcome, scores, people, part) for outcome in claim.outcomes]
        yield from rows


def _superior(
    name: str, claim: Superiority, gap: Gap, gaps: dict[Gap, Row], adjusted: dict[Gap, float], part: Modelling
) -> Row:
    """Two-sided test of no gap at the declared level after Holm; the direction is that of the benefit."""
    if not _estimated(gaps, gap):
        return _base(name, claim, gap, gaps.get(gap))
    found = gaps[gap]
    verdict = "inconclusive"
    if adjusted[gap] < claim.alpha:
        verdict = "superior" if float(found["estimate"]) * _benefit(gap, part) > 0 else "inferior"
    decided = {"p_value": found["p_value"], "p_adjusted": adjusted[gap], "verdict": verdict}
    return _base(name, claim, gap, found) | _interval(found, 1 - claim.alpha) | decided


def _non_inferior(name: str, claim: NonInferiority, gap: Gap, gaps: dict[Gap, Row], part: Modelling) -> Row:
    """One-sided test of a benefit of at most -margin; the interval is two-sided at 1 - 2 alpha."""
    found = gaps.get(gap)
    base = _base(name, claim, gap, found) | {"margin": claim.margin}
    if found is None or not _estimated(gaps, gap):
        return base
    interval = _interval(found, 1 - 2 * claim.alpha)
    low, high = sorted(_benefit(gap, part) * interval[limit] for limit in ("low", "high"))
    verdict = "non-inferior" if low > -claim.margin else "inferior" if high < -claim.margin else "inconclusive"
    above = (_benefit(gap, part) * interval["estimate"] + claim.margin) / float(found["std_error"])
    p_value = float(norm.sf(above))
    return base | interval | {"p_value": p_value, "p_adjusted": p_value, "verdict": verdict}


def _every(name: str, claim: NonInferiority, rows: list[Row]) -> Row:
    """Return the verdict on all outcomes together: intersection-union (Berger 1982), hence the largest p, unadjusted.

    It has no estimate: the outcomes have none in common. Its n is the smallest of theirs.
    """
    found = {row["verdict"] for row in rows}
    verdict = next(word for word in ("inferior", "not estimable", "inconclusive", "non-inferior") if word in found)
    p_value = None if "not estimable" in found else max(float(row["p_value"]) for row in rows)
    n = min(int(row["n"]) for row in rows)
    base = _base(name, claim, ("all", str(claim.wave)), None) | {"n": n, "margin": claim.margin}
    return base | {"p_value": p_value, "p_adjusted": p_value, "verdict": verdict}


def _floor(
    name: str, claim: Floor, outcome: str, scores: pd.DataFrame, people: pd.DataFrame, part: Modelling
) -> Row:
    base = _base(name, claim, (outcome, str(claim.wave)), None) | {"margin": claim.floor}
    return base | floor_test(claim, outcome, scores, people, part)


def _base(name: str, claim: Hypothesis, gap: Gap, found: Row | None) -> Row:
    """Return a row whose claim could not be tested: what a tested one says comes on top."""
    return {
        "hypothesis": name, "outcome": gap[0], "kind": claim.kind, "family": claim.family, "wave": gap[1],
        "n": found["n"] if found else 0, "margin": None, "estimate": None, "low": None, "high": None,
        "p_value": None, "p_adjusted": None, "verdict": "not estimable", "plan": "exploratory",
        "basis": BASIS[claim.kind],
    }  # fmt: skip


def _interval(found: Row, confidence: float) -> dict[str, float]:
    estimate, half = float(found["estimate"]), norm.ppf(0.5 + confidence / 2) * float(found["std_error"])
    return {"estimate": estimate, "low": estimate - half, "high": estimate + half}


def _superiority(part: Modelling) -> list[Superiority]:
    return [claim for claim in part.hypotheses.values() if isinstance(claim, Superiority)]


def _gaps(claim: Superiority | NonInferiority) -> list[Gap]:
    return [(outcome, str(claim.wave)) for outcome in claim.outcomes]


def _estimated(gaps: dict[Gap, Row], gap: Gap) -> bool:
    return gap in gaps and bool(pd.notna(gaps[gap]["p_value"]))


def _benefit(gap: Gap, part: Modelling) -> int:
    """Return 1 where a higher score is a benefit, -1 where it is a harm."""
    return 1 if part.outcomes[gap[0]].higher_is == "better" else -1
