"""How often do the study's decision rules claim what is not true?

In: cohorts whose truth sits where a rule errs most. Out: whether each cohort led to a false claim, by the
rules of the model stage on estimates, standard errors and degrees of freedom of fitted cohorts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.calibration.cohorts import PAIR, WAVES, Population
from outcomes.calibration.fitting import fitted
from outcomes.calibration.gates import Gate, Rate
from outcomes.model.estimates import Estimate
from outcomes.model.verdicts import Judging
from outcomes.study import Equivalence, Family, Hypothesis, Model, NonInferiority, Superiority
from outcomes.study.stages import Modelled, Modelling
from outcomes.tables import RESTRICTED

PEOPLE = 60
ICC = 0.5
MARGIN = 1.0
"""The margin of the claims with one, in baseline SDs: nearly four standard errors, so that they can pass."""
FAR = 1.5
"""A true gap that is all but always found, in baseline SDs."""
OUTCOMES = ("first", "second", "third", "fourth")
CLAIM = "the claim"
FAMILY = "family"
METHOD = "satterthwaite"
"""The df method that `auto` takes with 60 people a group."""


@dataclass(frozen=True)
class Rule:
    """A claim, the truth in which it is tried, and the verdicts that are false there."""

    name: str
    truth: str
    gaps: tuple[float, ...]
    """True gap in gains by outcome, in baseline SDs."""
    claim: Hypothesis
    false: frozenset[tuple[str, str]]
    """Outcome (or `all`) and verdict: any of them in a cohort is an error."""
    bound: float
    """The most that the rule may err."""
    times: int = 1

    @property
    def label(self) -> str:
        """The rule in words."""
        return f"{self.name}, {self.truth}"

    @property
    def gate(self) -> Gate:
        """Where the rate of errors must lie."""
        return Gate(most=self.bound)

    @cached_property
    def population(self) -> Population:
        """The mentees that the rule is tried on."""
        return Population(PEOPLE, "unequal and decaying", ICC, self.gaps)

    def run(self, seeds: Sequence[np.random.SeedSequence], first: int = 0) -> pd.DataFrame:
        """Return the table of `fitted`, a row a cohort and outcome; `error`: a false claim in the cohort."""
        cohorts = [self.population.cohort(seed) for seed in seeds]
        flat = fitted([rows for cohort in cohorts for rows in cohort], "unstructured")
        used = flat[flat["asked"] == METHOD].sort_values("fit", ignore_index=True)
        width = len(self.gaps)
        names = np.array(OUTCOMES)[used["fit"] % width]
        used = used.assign(cohort=first + used["fit"] // width, outcome=names)
        errors = [self.errs(used[place : place + width]) for place in range(0, len(used), width)]
        return used.assign(error=np.repeat(errors, width))

    def errs(self, gaps: pd.DataFrame) -> bool:
        """Say whether verdicts on the ``gaps`` of a cohort (rows of `fitted`) hold an error."""
        judging = Judging(contrasts(gaps), {}, pd.DataFrame(), pd.DataFrame(), self._part)
        return any((row["outcome"], row["verdict"]) in self.false for row in judging.verdicts())

    @cached_property
    def _part(self) -> Modelling:
        outcome = Modelled(domain="other", higher_is="better", is_share=False, waves=WAVES)
        return Modelling(
            waves=WAVES, months=tuple(map(float, range(len(WAVES)))),
            outcomes=dict.fromkeys(self.claim.outcomes, outcome), covariates={},
            hypotheses={CLAIM: self.claim}, families={FAMILY: Family(purpose="confirmatory")},
            model=Model(), reproduction=None,
        )  # fmt: skip


class Judged(NamedTuple):
    """How often a rule erred."""

    rule: Rule
    rate: Rate
    fell_back: int
    """Fits given up for a fall-back."""
    none: int
    """Fits without an estimate, on which nothing is claimed."""


def judged(rule: Rule, table: pd.DataFrame) -> Judged:
    """Return what was counted in ``table``, which is that of ``rule``."""
    errors = table.groupby("cohort")["error"].first()
    none, fell_back = table["std_error"].isna(), table["fall_back"] != ""
    return Judged(
        rule, Rate(int(errors.sum()), len(errors), rule.gate), int(fell_back.sum()), int(none.sum())
    )


def contrasts(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps of a cohort as the model stage writes them into `contrasts`."""
    rows = []
    for outcome, estimate, std_error, df, status, method in zip(
        gaps["outcome"], gaps["estimate"], gaps["std_error"], gaps["df"], gaps["status"], gaps["df_method"],
        strict=True,
    ):  # fmt: skip
        there = bool(np.isfinite(estimate) and np.isfinite(std_error))
        found = Estimate(estimate if there else None, std_error if there else None, status, df, method)
        rows.append({
            "outcome": outcome, "contrast": "gap", "group": " - ".join(PAIR), "arm": None, "wave": WAVES[-1],
            "adjusted": False, "n": 2 * PEOPLE, "structure": "unstructured over waves", "df_method": method,
            "status": status, **found.inference(0.95),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=RESTRICTED["contrasts"].names)


def rules() -> list[Rule]:
    """Return every rule with the truths in which it is tried."""
    three, four = OUTCOMES[:3], OUTCOMES
    holm = Superiority.model_validate(_words("superiority", three))
    together = NonInferiority.model_validate({**_words("non_inferiority", four), "margin": MARGIN})
    loose = together.model_copy(update={"margin": FAR})
    alike = Equivalence.model_validate({**_words("equivalence", three[:1]), "margin": MARGIN})
    passed, equal = frozenset({("all", "non-inferior")}), frozenset({("all", "equivalent")})
    better = frozenset((outcome, "superior") for outcome in four)
    on_each, afterwards = (
        "non-inferiority on each of 4 outcomes",
        "superiority after it, Holm over 4 outcomes",
    )
    on_holm, some = "superiority, Holm over 3 outcomes", (FAR, 0.0, 0.0)
    one, far = (-MARGIN, FAR, FAR, FAR), "one at -margin, the others far above"
    return [
        Rule(on_holm, "no gap on any", (0.0,) * 3, holm, _either(three), holm.alpha),
        Rule(on_holm, f"a gap of {FAR:g} SD on one", some, holm, _either(three[1:]), holm.alpha),
        Rule(on_each, far, one, together, passed, together.alpha),
        Rule(on_each, "all at -margin", (-MARGIN,) * 4, together, passed, together.alpha),
        Rule(afterwards, "no gap on any", (0.0,) * 4, loose, better, loose.alpha),
        Rule("equivalence", "gap at the margin", (MARGIN,), alike, equal, alike.alpha),
        Rule("equivalence", "gap at -margin", (-MARGIN,), alike, equal, alike.alpha),
    ]


def _words(kind: str, outcomes: Sequence[str]) -> dict[str, object]:
    """Return what every claim says, as a study file would; the level is the default one."""
    return {"claim": CLAIM, "kind": kind, "outcomes": outcomes, "wave": WAVES[-1], "family": FAMILY,
            "focal": PAIR[0], "reference": PAIR[1]}  # fmt: skip


def _either(outcomes: Sequence[str]) -> frozenset[tuple[str, str]]:
    return frozenset((outcome, verdict) for outcome in outcomes for verdict in ("superior", "inferior"))
