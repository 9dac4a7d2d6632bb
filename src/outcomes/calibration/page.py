"""What is told of a calibration: docs/calibration.md.

In: what was counted. Out: the page, every cell on it.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import pandas as pd

from outcomes.calibration.bounds import ICC, PEOPLE, Judged
from outcomes.calibration.cells import GENERATED, Line
from outcomes.calibration.fitting import METHODS
from outcomes.calibration.gates import ERRORS, Rate

TOLD = 5
"""Cohorts told by number of each reason for giving a fit up."""
LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels")


@dataclass(frozen=True)
class Calibration:
    """All that was counted."""

    lines: Sequence[Line]
    judged: Sequence[Judged]
    gone: pd.DataFrame
    """The fits that were given up, as `cells.given_up` returns them."""

    @property
    def rates(self) -> list[Rate]:
        """Every rate that has a gate."""
        return [line.rate for line in self.lines] + [each.rate for each in self.judged]

    @property
    def failed(self) -> list[str]:
        """The gates that do not hold, by name and rate."""
        names = [
            f"{line.event}, {line.fitted}, {METHODS[line.asked]}; {line.cell.label}" for line in self.lines
        ]
        names += [each.rule.label for each in self.judged]
        return [
            f"{name}: {100 * rate.share:.2f} %, gate {rate.gate.words}"
            for name, rate in zip(names, self.rates, strict=True)
            if not rate.holds
        ]


def page(counted: Calibration, asked: argparse.Namespace, seconds: float) -> str:
    """Return docs/calibration.md: the result, the command, what it ran on, every cell, what was given up."""
    own = [line for line in counted.lines if line.cell.population.structure in GENERATED]
    wrong = [line for line in counted.lines if line.cell.population.structure not in GENERATED]
    left = [line.left for line in counted.lines]
    failed = [f"- {name}" for name in counted.failed]
    return _PAGE.format(
        held=len(counted.rates) - len(failed), gates=len(counted.rates), cohorts=f"{asked.cohorts:,}",
        plain=asked.cohorts, seed=asked.seed, out=asked.out.as_posix(), today=datetime.now(UTC).date(),
        minutes=max(1, round(seconds / 60)), errors=f"{ERRORS:g}", least=f"{100 * min(left):.0f}",
        most=f"{100 * max(left):.0f}", icc=f"{ICC:g}", people=PEOPLE,
        failed="\n".join(["", "These do not hold:", "", *failed, ""]) if failed else "",
        versions=", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in LIBRARIES)]
        ),
        own=_table(_OWN, _pairs(own)), wrong=_table(_WRONG, [_of_wrong(line) for line in wrong]),
        bounds=_table(_RULES, [_of_rule(each) for each in counted.judged]), gone=_named(counted.gone),
    )  # fmt: skip


def _pairs(own: Sequence[Line]) -> list[list[str]]:
    """Return a row a cell and df method, with type-I error and coverage side by side."""
    found: dict[tuple[object, ...], dict[str, Line]] = {}
    for line in own:
        population = line.cell.population
        key = population.structure, population.level, population.people, line.asked
        found.setdefault(key, {})[line.event] = line
    return [
        [str(structure), f"{level:g}", str(people), METHODS[str(asked)], *_of_pair(of_event)]
        for (structure, level, people, asked), of_event in found.items()
    ]


def _of_pair(of_event: dict[str, Line]) -> list[str]:
    null, gap = of_event["type-I error"], of_event["coverage"]
    boundary, fell_back, none = (
        null.boundary + gap.boundary,
        null.fell_back + gap.fell_back,
        null.none + gap.none,
    )
    cohorts = null.rate.cohorts + gap.rate.cohorts + none
    return [
        *_of_rate(null.rate), *_of_rate(gap.rate), f"{null.miss:+.1f}, {gap.miss:+.1f}", f"{null.df:.0f}",
        f"{100 * boundary / cohorts:.1f}", f"{fell_back}", f"{none}",
    ]  # fmt: skip


def _of_wrong(line: Line) -> list[str]:
    cohorts = f"{line.rate.cohorts:,}"
    return [line.fitted, METHODS[line.asked], *_of_rate(line.rate), line.rate.gate.words, cohorts,
            f"{line.fell_back}", f"{line.none}"]  # fmt: skip


def _of_rule(each: Judged) -> list[str]:
    rule, rate = each.rule, each.rate
    return [rule.name, rule.truth, *_of_rate(rate), rate.gate.words, f"{rate.cohorts:,}", f"{each.fell_back}",
            f"{each.none}"]  # fmt: skip


def _of_rate(rate: Rate) -> list[str]:
    return [f"{100 * rate.share:.2f}", f"{100 * rate.error:.2f}", "yes" if rate.holds else "NO"]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)


def _named(gone: pd.DataFrame) -> str:
    """Return which fits were given up, by cell and reason, with the numbers of the first few cohorts."""
    if gone.empty:
        return "None: every fit converged and was identified."
    rows = []
    for (cell, why, method), group in gone.groupby(["cell", "why", "df_method"], sort=False):
        numbers = ", ".join(map(str, group["cohort"].head(TOLD)))
        rows.append([str(cell), str(why), str(method), f"{len(group)}", numbers])
    return _table(["cell", "why", "df then", "fits", f"cohorts (the first {TOLD})"], rows)


_OWN = [
    "generated and fitted", "ICC", "people a group", "df", "type-I error, %", "its error", "holds",
    "coverage, %", "its error", "holds", "misses", "median df", "boundary, %", "fell back", "no estimate",
]  # fmt: skip
_WRONG = [
    "fitted", "df", "type-I error, %", "its error", "holds", "gate, %", "cohorts", "fell back", "no estimate"
]  # fmt: skip
_RULES = [
    "rule", "truth", "false claims, %", "its error", "holds", "gate, %", "cohorts", "fell back",
    "no estimate",
]  # fmt: skip

_PAGE = """# Are p values and intervals what they say?

{held} of {gates} gates hold, each counted over {cohorts} invented cohorts or more whose truth is known.
{failed}
```
python -m outcomes.calibration --cohorts {plain} --seed {seed} --out {out}
```

`make calibration` runs this and fails if a gate does not hold. Made on {today} in {minutes} minutes (two
processes), with {versions}.
Every cohort has a random stream of its own, spawned from the seed.

A cohort has two groups, three waves and dropout that depends on the last score seen: low scorers leave
sooner, nobody comes back, and {least} to {most} % (by cell) have left by the last wave. The model is
wave x group by REML; what is counted is the gap in gains at the last wave. *Type-I error*: the true gap is 0
and p is below 5 %. *Coverage*: the true gap is 0.3 baseline SD, half of it by the middle wave, so that
dropout differs between the groups, and the 95 % interval holds it. Each is counted in cohorts of its own.

A gate *holds* where the rate lies within it, give or take {errors} Monte-Carlo errors at its limits; *its
error* is that of the rate itself. *Misses* are mean estimates less the truth, without and with a gap, in
Monte-Carlo errors; they are told, not gated. Fits at the boundary (no variance between people) stay in. One
that does not converge or is not identified is replaced by the tool's own fall-back, counted and named at the
end. A cohort without any estimate would be left out of the rate and counted as such.

## The right model

Scores come from a person intercept, or from unequal variances with correlations that decay over the waves
and have the ICC as their mean (unstructured); the model fitted is the one that they come from. Gates: with 20
people a group or more, type-I error 4 to 6 % and coverage 94 to 96 %; with 10, 2.5 to 7.5 % and 92.5 to
97.5 %.

{own}

## The wrong model

People differ in their slopes (SD 0.5 a wave; intercept SD 1, residual SD 1; 60 people a group) and a person
intercept alone is fitted: its type-I error must be seen to exceed 6.5 %, by {errors} Monte-Carlo errors. The
unstructured covariance must be right in the same cohorts.

{wrong}

## The decision rules

False claims by the rules of the model stage, on unstructured fits with Satterthwaite's df: {people} people a
group, mean correlation of waves {icc}, outcomes correlated .5. These gates are bounds: a rule may err less
often than its level, never more (but for {errors} Monte-Carlo errors). The margin is 1 baseline SD;
superiority after non-inferiority is tried with one of 1.5, so that non-inferiority all but always passes. A
cohort errs if any of its verdicts is false; a fit without an estimate claims nothing.

{bounds}

## Fits that were given up

{gone}
"""
