"""What is the verdict on each hypothesis, and at which margins would it be another?

In: contrasts (the gaps in gains), the SDs at the baseline, scores and people (for floors). Out: rows of
verdicts and of margins. The verdict is `not estimable` wherever there is no estimate to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from outcomes.model import judge
from outcomes.model.estimates import Row
from outcomes.model.families import (
    Gap,
    Place,
    Test,
    adjusted,
    arm_of,
    estimated,
    places,
    primary_rows,
    sizes,
)
from outcomes.model.floor import floor_test
from outcomes.model.margins import GRID, Bound, bound, kind_of
from outcomes.model.standardised import Spread
from outcomes.study import Equivalence, Floor, Hypothesis, NonInferiority, Superiority
from outcomes.study.stages import Modelling

ON_SHARES = "Wilson interval"
PASSED = ("non-inferior", "equivalent")


@dataclass(frozen=True)
class Judging:
    """The gaps, SDs, scores and claims that verdicts are made of."""

    contrasts: pd.DataFrame
    spreads: Mapping[str, Spread | None]
    """Outcome to the SD at the baseline and its df."""
    scores: pd.DataFrame
    people: pd.DataFrame
    part: Modelling

    @cached_property
    def rows(self) -> dict[Place, Row]:
        """The primary gaps as contrasts has them."""
        return primary_rows(self.contrasts, self.part)

    @cached_property
    def gaps(self) -> dict[Place, Gap]:
        """Those that have an estimate."""
        return estimated(self.rows)

    def verdicts(self) -> list[Row]:
        """Return the verdicts by hypothesis and outcome; claims with a margin end with a row for `all`.

        Estimates and limits are in scale points, focal minus reference group (or a share). p values are
        adjusted within families: each outcome of superiority and of a floor is a test, each claim with a
        margin one test as a whole.
        """
        judged = {name: self._judged(name, claim) for name, claim in self.part.hypotheses.items()}
        tests: dict[Test, float | None] = {
            (row["hypothesis"], row["outcome"]): row.get("p_value")
            for rows in judged.values()
            for row in rows
            if row["outcome"] == "all" or row["kind"] in ("superiority", "floor")
        }
        p_adjusted = adjusted(tests, self.part)
        decided = []
        for name, claim in self.part.hypotheses.items():
            decided += self._decided(claim, judged[name], p_adjusted)
        return decided

    def margins(self) -> Iterator[Row]:
        """Yield p and verdict of each claim with a margin, by outcome, over the grid of margins."""
        for name, claim in self.part.hypotheses.items():
            if not isinstance(claim, NonInferiority | Equivalence):
                continue
            for place in places(claim, self.part):
                limit, gap = self._bound(claim, place), self.gaps.get(place)
                row: Row = dict(zip(("outcome", "wave", "group", "arm"), place, strict=True))
                row |= {"hypothesis": name, "arm": place[3] or None}
                for factor in GRID:
                    of_margin: Row = {
                        "n": self._n(place),
                        "of_declared": f"{factor:.2f}",
                        "verdict": "not estimable",
                    }
                    if limit is not None:
                        tried = limit.times(factor)
                        of_margin["margin"] = tried.points
                        if gap is not None:
                            of_margin |= judge.against(claim, gap, tried, self._benefit(place[0]))
                    yield row | of_margin

    def _judged(self, name: str, claim: Hypothesis) -> list[Row]:
        """Return the rows of a claim before the adjustment."""
        tests = sizes(self.part)[claim.family]
        if isinstance(claim, Floor):
            return [
                self._base(name, claim, outcome, ON_SHARES)
                | {"margin": claim.floor}
                | floor_test(claim, outcome, self.scores, self.people, self.part, tests)
                for outcome in claim.outcomes
            ]
        rows = []
        for place in places(claim, self.part):
            row = self._base(name, claim, place[0], self._basis(place)) | {"n": self._n(place)}
            gap = self.gaps.get(place)
            if isinstance(claim, NonInferiority | Equivalence):
                row["margin_kind"], limit = kind_of(claim.margin), self._bound(claim, place)
                row["margin"] = None if limit is None else limit.points
                if gap is not None and limit is not None:
                    row |= judge.with_margin(claim, gap, limit, self._benefit(place[0]))
            elif gap is not None:
                row |= judge.superiority(gap, claim, self._benefit(place[0]))
            if row.get("estimate") is not None and gap is not None:
                wide = judge.interval(gap, 1 - (1 - claim.confidence) / tests)
                row |= {"simultaneous_low": wide["low"], "simultaneous_high": wide["high"]}
            rows.append(row)
        return rows if isinstance(claim, Superiority) else [*rows, self._all(name, claim, rows)]

    def _all(self, name: str, claim: Hypothesis, rows: Sequence[Row]) -> Row:
        basis = "; ".join(dict.fromkeys(row["basis"] for row in rows))
        return self._base(name, claim, "all", basis) | judge.every(claim.kind, rows)

    def _decided(self, claim: Hypothesis, rows: list[Row], p_adjusted: Mapping[Test, float]) -> list[Row]:
        """Return the rows of a claim with the p values that decide and the verdicts that follow from them.

        A claim with a margin on one outcome is decided as a whole: that outcome's row says the same.
        """
        for row in rows:
            test = (row["hypothesis"], row["outcome"])
            if test not in p_adjusted or row.get("p_value") is None:
                continue
            row["p_adjusted"] = p = p_adjusted[test]
            if isinstance(claim, Superiority):
                benefit = self._benefit(row["outcome"])
                row["verdict"] = judge.superior(row["estimate"], p, claim, benefit)
            elif row["verdict"] in (*PASSED, "floor met") and p >= claim.alpha:
                row["verdict"] = "inconclusive"
        if isinstance(claim, NonInferiority | Equivalence) and len(rows) == 2:
            rows[0] |= {key: rows[1][key] for key in ("p_adjusted", "verdict") if key in rows[1]}
        if isinstance(claim, NonInferiority) and rows[-1]["verdict"] == "non-inferior":
            there = places(claim, self.part)
            found = judge.then_superior(
                claim, [self.gaps[place] for place in there], [self._benefit(place[0]) for place in there]
            )
            return [*(row | more for row, more in zip(rows[:-1], found, strict=True)), rows[-1]]
        return rows

    def _base(self, name: str, claim: Hypothesis, outcome: str, basis: str) -> Row:
        return {
            "hypothesis": name, "outcome": outcome, "kind": claim.kind, "family": claim.family,
            "group": claim.focal if isinstance(claim, Floor) else claim.pair,
            "arm": arm_of(claim, self.part) or None, "wave": str(claim.wave),
            "verdict": "not estimable", "plan": "exploratory", "basis": basis,
        }  # fmt: skip

    def _basis(self, place: Place) -> str:
        """Return covariance and degrees of freedom behind a gap, in words."""
        if place not in self.rows:
            return "no gap"
        row = self.rows[place]
        return f"{row['structure']}, t, {row['df_method']}"

    def _bound(self, claim: NonInferiority | Equivalence, place: Place) -> Bound | None:
        return bound(claim.margin, place[0], self.spreads.get(place[0]))

    def _n(self, place: Place) -> int:
        return int(self.rows[place]["n"]) if place in self.rows else 0

    def _benefit(self, outcome: str) -> int:
        """Return 1 where a higher score is a benefit, -1 where it is a harm."""
        return 1 if self.part.outcomes[outcome].higher_is == "better" else -1
