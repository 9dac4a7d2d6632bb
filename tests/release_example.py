"""Small made-up release tables for both studies: the shape of what `disclose` writes, not its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from scipy.stats import norm

from outcomes import files, tables
from outcomes.columns import DTYPES, Table, expect
from outcomes.study import Loaded, load_study
from outcomes.study.stages import Drawing, Modelling, Reporting

CONFIG = Path(__file__).parents[1] / "config"
STUDIES = ("career_mentoring", "star")
SUPPRESSED = "suppressed: average on fewer than 8 people"
VERSIONS = {"Python": "3.11.7", "outcomes": "0.1.0", "pandas": "3.1.1", "statsmodels": "0.15.0"}

STRUCTURE = "unstructured over waves"
BASIS = f"{STRUCTURE}, t, Satterthwaite"
CROSS_CHECK = "the dense criterion has the same value; 5 of 5 other starts end there, none higher"
_D = {"d_ppc2": 0.4, "d_ppc2_low": 0.1, "d_ppc2_high": 0.7}
_GAPS = (0.42, 0.08, 0.9, -0.02, 0.05, -0.31, 0.11, 0.2, -0.2, 0.1, 0.3, 1.25, -0.12, 0.0)
_STEPS = (("registered", "On the register", 1.0), ("start", "Answered at the first wave", 0.9),
          ("end", "Answered at the last wave", 0.6), ("analysed", "In the analysis", 0.85))  # fmt: skip
_SIZES = {"low": 220, "high": 400, "unknown": 55}


@dataclass(frozen=True)
class Example:
    """A study and release tables of the declared shape."""

    loaded: Loaded
    tables: dict[str, pd.DataFrame]

    @property
    def drawing(self) -> Drawing:
        return Drawing.of(self.loaded)

    @property
    def reporting(self) -> Reporting:
        return Reporting.of(self.loaded)


def example(study: str) -> Example:
    """Return made-up release tables for ``study`` as config/ declares it."""
    loaded = load_study(study, CONFIG, files.read_text)
    part = Modelling.of(loaded)
    rows = {
        "flow": _flow(part),
        "left_out": [
            {"file": "wave_1.csv", "wave": part.waves[0], "reason": reason, "n": n}
            for reason, n in (("used", 600), ("identical duplicate", 5))
        ],
        "reliability": _reliability(loaded),
        "trajectories": _trajectories(part, loaded),
        "gains": _gains(part),
        "contrasts": _contrasts(part),
        "verdicts": _verdicts(part),
        "forest": _forest(part),
        "ols": _ols(part),
        "fits": _fits(part),
        "components": _components(part),
        "margins": _margins(part),
    }
    origin = loaded.study.origin
    return Example(
        loaded, {name: _table(cells, tables.RELEASE[name], origin) for name, cells in rows.items()}
    )


def with_cell(frame: pd.DataFrame, where: Mapping[str, object], **cells: object) -> pd.DataFrame:
    """Return a copy of ``frame`` with ``cells`` set in the rows that have the values of ``where``."""
    changed = frame.copy()
    rows = pd.Series(True, index=frame.index)
    for column, value in where.items():
        rows &= (frame[column] == value).fillna(False).astype(bool)
    for column, value in cells.items():
        changed.loc[rows, column] = value
    return changed


def suppressed(frame: pd.DataFrame, where: Mapping[str, object], reason: str = SUPPRESSED) -> pd.DataFrame:
    """Return a copy of ``frame`` whose rows ``where`` have lost numbers and verdict, as `disclose` does."""
    gone = [name for name in frame.columns if str(frame[name].dtype) == "float64" or name == "verdict"]
    return with_cell(frame, where, **dict.fromkeys(gone, None), disclosure=reason)


def _table(rows: Iterable[Mapping[str, object]], table: Table, origin: str) -> pd.DataFrame:
    marks = {"disclosure": "shown", "origin": origin}
    filled = [{name: {**marks, **row}.get(name) for name in table.names} for row in rows]
    frame = pd.DataFrame(filled, columns=table.names)
    return expect(frame.astype({column.name: DTYPES[column.kind] for column in table.columns}), table)


def _flow(part: Modelling) -> list[dict[str, object]]:
    return [
        {"step": step, "label": label, "group": group, "n": round(size * share / 5) * 5}
        for step, label, share in _STEPS
        for group, size in _SIZES.items()
    ]


def _reliability(loaded: Loaded) -> list[dict[str, object]]:
    rows = []
    for name, (_, scale) in loaded.scales.items():
        for wave in loaded.study.asked(name):
            row: dict[str, object] = {"outcome": name, "wave": wave, "group": "all", "n": 600}
            row |= {"n_items": len(scale.items), "status": "not applicable: one item or a given score"}
            if scale.has_alpha:
                row |= {"alpha": 0.81, "low": 0.79, "high": 0.84, "status": "ok"}
            rows.append(row)
    return rows


def _trajectories(part: Modelling, loaded: Loaded) -> list[dict[str, object]]:
    rows = []
    for number, (name, outcome) in enumerate(part.outcomes.items()):
        least, most = loaded.scales[name][0].bounds(loaded.scales[name][1])
        span = most - least
        for place, group in enumerate(_SIZES):
            for step, wave in enumerate(outcome.waves):
                mean = round(least + span * (0.5 + 0.02 * place + 0.03 * step + 0.005 * (number % 4)), 2)
                error = round(span * 0.01 * (1 + place), 2)
                row = {"outcome": name, "domain": outcome.domain, "group": group, "wave": wave}
                row |= {
                    "n": _SIZES[group] - 10 * step,
                    "mean": mean,
                    "sd": round(span / 6, 2),
                    "estimate": mean,
                }
                row |= {
                    "std_error": error,
                    "low": round(mean - 2 * error, 2),
                    "high": round(mean + 2 * error, 2),
                }
                rows.append(row)
    return rows


def _unit(part: Modelling) -> float:
    """Return a size in scale points: 1 where the margin is that of the default study."""
    return (
        next((one.margin for one in part.hypotheses.values() if one.kind == "non_inferiority"), 0.25) / 0.25
    )


def _gaps(part: Modelling) -> dict[str, tuple[str, float]]:
    """Return outcome to its domain and gap in gains, for outcomes that have a gain."""
    return {
        name: (outcome.domain, round(_GAPS[number % len(_GAPS)] * _unit(part), 2))
        for number, (name, outcome) in enumerate(part.outcomes.items())
        if not outcome.is_share and part.waves[0] in outcome.waves
    }


def _around(middle: float, half: float) -> dict[str, object]:
    return {"estimate": middle, "low": round(middle - half, 2), "high": round(middle + half, 2)}


def _numbers(gap: float, part: Modelling, n: int) -> dict[str, object]:
    unit = _unit(part)
    return {
        "n": n, **_around(gap, 0.22 * unit), "std_error": round(0.11 * unit, 2), "statistic": 3.82,
        "df": 515.0, "df_method": "Satterthwaite", "p_value": 0.012, "standardised": round(gap / unit, 2),
        "standardised_low": 0.1, "standardised_high": 0.6, "structure": STRUCTURE, "status": "ok",
        "simultaneous_low": round(gap - 0.27 * unit, 2), "simultaneous_high": round(gap + 0.27 * unit, 2),
    }  # fmt: skip


def _gains(part: Modelling) -> list[dict[str, object]]:
    return [
        {"outcome": name, "domain": domain, "contrast": "gain", "group": group, "wave": wave,
         "adjusted": adjusted, **_numbers(round(gap + 0.2, 2), part, _SIZES[group])}
        for name, (domain, gap) in _gaps(part).items()
        for adjusted in ((False, True) if part.model.covariates else (False,))
        for wave in part.waves[1:]
        for group in _SIZES
    ]  # fmt: skip


def _contrasts(part: Modelling) -> list[dict[str, object]]:
    return [
        {"outcome": name, "domain": domain, "contrast": contrast, "group": "low - high", "wave": wave,
         "adjusted": adjusted, **_numbers(gap, part, 620), **(_D if contrast == "gap" else {})}
        for name, (domain, gap) in _gaps(part).items()
        for adjusted in ((False, True) if part.model.covariates else (False,))
        for contrast in ("gap", "difference")
        for wave in part.waves[1:]
    ]  # fmt: skip


def _verdict(kind: str, low: float, high: float, margin: float) -> str:
    if kind == "floor":
        return "floor met"
    if kind == "superiority":
        return "superior" if low > 0 else "inferior" if high < 0 else "inconclusive"
    return "non-inferior" if low > -margin else "inconclusive"


def _verdicts(part: Modelling) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for key, hypothesis in part.hypotheses.items():
        bound = getattr(hypothesis, "margin", getattr(hypothesis, "floor", None))
        common: dict[str, object] = {
            "hypothesis": key, "kind": hypothesis.kind, "family": hypothesis.family, "wave": hypothesis.wave,
            "group": hypothesis.focal if hypothesis.kind == "floor" else hypothesis.pair,
            "plan": "exploratory", "basis": BASIS, "margin": bound,
        }  # fmt: skip
        if hypothesis.kind == "non_inferiority":
            common["margin_kind"] = "points"
        verdicts = []
        for name in hypothesis.outcomes:
            floor = hypothesis.kind == "floor"
            limits = _around(0.71, 0.08) if floor else _around(_gaps(part)[name][1], 0.22 * _unit(part))
            verdicts.append(_verdict(hypothesis.kind, limits["low"], limits["high"], bound or 0))
            common_p: dict[str, object] = {"p_value": 0.0, "p_adjusted": 0.004, "verdict": verdicts[-1]}
            if hypothesis.kind == "non_inferiority":
                common_p["margin_passing"] = max(-limits["low"], 0.0)
            if not floor:
                wide = _around(_gaps(part)[name][1], 0.3 * _unit(part))
                common_p |= {"simultaneous_low": wide["low"], "simultaneous_high": wide["high"]}
            rows.append(common | limits | common_p | {"outcome": name, "n": 390})
        if hypothesis.kind == "non_inferiority":
            verdict = "non-inferior" if set(verdicts) == {"non-inferior"} else "inconclusive"
            rows.append(common | {"outcome": "all", "n": 390, "p_adjusted": 0.31, "verdict": verdict})
    return rows


def _forest(part: Modelling) -> list[dict[str, object]]:
    deciding = {name: (key, one) for key, one in part.hypotheses.items() for name in one.outcomes}
    rows = []
    for name, (domain, gap) in _gaps(part).items():
        row: dict[str, object] = {"outcome": name, "domain": domain, "wave": part.waves[-1]}
        row |= _numbers(gap, part, 390) | {"baseline_sd": round(0.8 * _unit(part), 2)}
        if name in deciding:
            key, hypothesis = deciding[name]
            margin = getattr(hypothesis, "margin", None)
            verdict = _verdict(hypothesis.kind, row["low"], row["high"], margin or 0)
            row |= {"hypothesis": key, "margin": margin, "verdict": verdict}
        rows.append(row)
    return rows


def _ols(part: Modelling) -> list[dict[str, object]]:
    if part.reproduction is None:
        return []
    return [
        {"outcome": name, "domain": domain, "wave": part.waves[-1], **_numbers(gap, part, 370), "r2": 0.14,
         "r2_adjusted": 0.12, "r2_added": round(0.02 + abs(gap) / 10, 3), "r2_added_low": 0.01,
         "r2_added_high": 0.2}
        for name, (domain, gap) in _gaps(part).items()
    ]  # fmt: skip


def _fits(part: Modelling) -> list[dict[str, object]]:
    return [
        {"outcome": name, "adjusted": False, "structure": STRUCTURE, "method": "REML", "n": 640,
         "df_method": "Satterthwaite", "log_likelihood": -1234.5, "icc": 0.62, "r2_marginal": 0.081,
         "r2_conditional": 0.655, "baseline_sd": round(0.8 * _unit(part), 2), "status": "ok",
         "cross_check": CROSS_CHECK}
        for name in _gaps(part)
    ]  # fmt: skip


def _components(part: Modelling) -> list[dict[str, object]]:
    return [
        {"outcome": name, "adjusted": False, "component": "variance", "wave": wave, "other_wave": wave,
         "n": 640, "estimate": 0.64}
        for name in _gaps(part)
        for wave in part.outcomes[name].waves
    ]  # fmt: skip


def _margins(part: Modelling) -> list[dict[str, object]]:
    """Return a curve whose p falls to the level of 0.025 at the limit of the outcome's interval."""
    rows: list[dict[str, object]] = []
    for key, claim in part.hypotheses.items():
        if claim.kind not in ("non_inferiority", "equivalence"):
            continue
        unit = _unit(part)
        for name in claim.outcomes:
            for step in range(41):
                margin = round(0.25 * unit * step / 20, 4)
                p = round(float(norm.sf((_gaps(part)[name][1] + margin) / (0.22 * unit / 1.96))), 3)
                rows.append(
                    {"hypothesis": key, "outcome": name, "group": claim.pair, "wave": claim.wave, "n": 390,
                     "of_declared": f"{step / 20:.2f}", "margin": margin, "p_value": p,
                     "verdict": "non-inferior" if p < claim.alpha else "inconclusive"}
                )  # fmt: skip
    return rows
