"""The answers that one item can have in one column: which cell is which, and what is wrong with the others.

In: the distinct cells of a column, and what codebook, study and instrument say about it. Out: what each means
(`Meant`), and the problems of those that mean nothing. Kept apart from `cells`, which reads whole columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from outcomes.clean.codebook import ItemColumn
from outcomes.clean.reading import NO_ANSWER, NUMBER, VARIANT, Column, Meant, Missing, Place
from outcomes.clean.text import by_fold, canonical, damage, fold, number, refused, tidied_by, tidy
from outcomes.errors import Problem, listed

OUTSIDE = "outside the scale, taken as no answer"
RECODED = "recoded by the codebook"
WITH_WORDING = "code with wording"
WORDING_AS_CODE = "wording read as a code"
CODE_IN_WORDING = "code read in a column of wording"

_CODE_FIRST = re.compile(r"([+-]?[0-9]{1,4})\s*[-\u2013\u2014:.=)]\s*(\S.*)")
_CODE_LAST = re.compile(r"(.*\S)\s*[(\[]\s*([+-]?[0-9]{1,4})\s*[)\]]")
_TRUTH = frozenset(("true", "false", "yes", "no", "y", "n", "t", "f"))
_MANY_CELLS, _MANY_SHARE = 5, 0.05
_EITHER = "declare `answers_as: either` for the wave if both are meant; otherwise correct the cells"
_MISSING = "correct the cell, or list the value under `missing` in the study file"
_TRUE = "declare `answers_as` as the file has it, or say in the codebook (label, meaning) what the word means"
_HISTORY = (
    "so many cells have it that it means an answer: survey tools number answers by the history of editing "
    "(1, 2, 4, 7), so compare with the label export and say in the codebook (code, label, meaning) what "
    "each means"
)


@dataclass(frozen=True)
class Choices:
    """How the cells of one item are read."""

    entry: ItemColumn
    answers_as: Literal["codes", "labels", "either"]
    decimal: Literal[".", ","]
    none: Missing
    out_of_range: Literal["refuse", "missing"]

    @cached_property
    def wordings(self) -> dict[str, float]:
        """Tidy wording to the instrument's code."""
        return {tidy(label): code for label, code in self.entry.labels.items()}

    @cached_property
    def folded(self) -> dict[str, str]:
        """Folded wording to the one wording, of an answer or of no answer, that it fits."""
        return by_fold([*self.wordings, *self.none.words])

    @property
    def form(self) -> Literal["codes", "labels", "either"]:
        """The form that is expected; a column whose answers have no wording holds numbers."""
        return self.answers_as if self.wordings else "codes"

    @property
    def allowed(self) -> list[str]:
        """What is allowed, for messages."""
        labels = list(self.wordings)
        if self.form == "labels":
            return labels
        return [*self._numbers(), *(labels if self.form == "either" else [])]

    def _numbers(self) -> list[str]:
        answers, codes = self.entry.answers, self.entry.codes
        if codes and any(float(code) != meaning for code, meaning in codes.items()):
            return list(codes)
        span = f"{'whole ' if answers.whole else ''}numbers from {answers.low:g} to {answers.high:g}"
        whole = answers.high - answers.low + 1
        return list(codes) if codes and len(codes) < whole else [span]

    def code(self, value: float) -> float | None:
        """Return the instrument's code of a number in a cell, None where it is not allowed."""
        if self.entry.codes:
            return self.entry.codes.get(canonical(value))
        return value if self.entry.answers.allows(canonical(value)) else None

    def meaning(self, cell: str) -> Meant:
        """Return what a cell means in whichever form it is; `settled` holds it to the declared form."""
        if (absent := self.none.meant(cell, self.folded)) is not None:
            return absent
        text, rule = tidy(cell), tidied_by(cell)
        value = number(text, self.decimal)
        if value is not None and not (self.form == "labels" and text in self.wordings):
            return self._numeric(text, value, rule)
        if (code := self.wordings.get(text)) is not None:
            return Meant(code, canonical(code), rule, form="wording", varied=bool(rule))
        if (code := self.wordings.get(self.folded.get(fold(text), ""))) is not None:
            return Meant(code, canonical(code), VARIANT, form="wording", varied=True)
        return self._both(text) or Meant(problem=damage(text, self.decimal) or "not-allowed")

    def _numeric(self, text: str, value: float, rule: str) -> Meant:
        code = self.code(value)
        if code is None:
            return Meant(problem=refused(value) or ("outside" if self._beyond(value) else "not-allowed"))
        if code != value:
            rule = RECODED
        elif text.replace(self.decimal, ".") != canonical(value):
            rule = NUMBER
        return Meant(code, canonical(code), rule, form="code")

    def _beyond(self, value: float) -> bool:
        """Return whether a number that is not allowed is a code outside the scale, not a fraction in it."""
        known = [float(code) for code in self.entry.codes] or [
            self.entry.answers.low, self.entry.answers.high,
        ]  # fmt: skip
        return value.is_integer() or not min(known) < value < max(known)

    def _both(self, text: str) -> Meant | None:
        """Return what a cell such as `2 - Agree` or `Agree (2)` means; None where it is no such cell."""
        matched = _CODE_FIRST.fullmatch(text)
        written, wording = matched.groups() if matched else ("", "")
        if not matched and (matched := _CODE_LAST.fullmatch(text)):
            wording, written = matched.groups()
        known = self.folded.get(fold(wording)) if matched else None
        if known is None:
            return None
        if known in self.none.words:
            absent = canonical(float(written)) in self.none.numbers
            return Meant(rule=NO_ANSWER) if absent else Meant(problem="code-not-wording")
        code = self.wordings[known]
        if self.code(float(written)) != code:
            return Meant(problem="code-not-wording")
        return Meant(code, canonical(code), WITH_WORDING, form="both")

    def settled(self, column: Column, meant: Sequence[Meant]) -> list[Meant]:
        """Return ``meant`` held to the declared form and to what is to become of codes outside the scale."""
        times = {form: sum(int(column.counts[n]) for n, one in enumerate(meant) if one.form == form)
                 for form in ("code", "wording")}  # fmt: skip
        other = "wording" if times["code"] >= times["wording"] else "code"
        minor = WORDING_AS_CODE if other == "wording" else CODE_IN_WORDING
        wrong = {"codes": ("wording", "both"), "labels": ("code", "both"), "either": ()}[self.form]
        taken = self.out_of_range == "missing" and self.form != "labels" and not self._many(column, meant)
        settled = []
        for one in meant:
            if one.form in wrong:
                one = replace(one, value=None, problem="wrong-form")
            elif one.problem == "outside" and taken:
                one = Meant(rule=OUTSIDE)
            elif self.form == "either" and one.form == other and one.rule != RECODED:
                one = replace(one, rule=minor)
            settled.append(one)
        return settled

    def _many(self, column: Column, meant: Sequence[Meant]) -> bool:
        """Return whether codes outside the scale are too many to be slips: 5 cells and 5 % of the answers."""
        outside = sum(int(column.counts[n]) for n, one in enumerate(meant) if one.problem == "outside")
        filled = sum(int(column.counts[n]) for n, one in enumerate(meant) if one.form or one.problem)
        return outside >= _MANY_CELLS and outside >= _MANY_SHARE * filled

    def problems(self, column: Column, meant: Sequence[Meant], place: Place) -> list[Problem]:
        """Return the problems of settled cells, but for the kinds that `Column.common` tells."""
        kinds: dict[str, list[int]] = {}
        for n, one in enumerate(meant):
            truth = one.problem == "not-allowed" and fold(column.distinct[n]) in _TRUTH
            kinds.setdefault("truth" if truth else one.problem or one.rule, []).append(n)
        many = self._many(column, meant)
        code = "recode-history" if many and self.out_of_range == "missing" else "not-allowed"
        allowed = self.allowed
        found = self._wrong_form(column, meant, kinds.get("wrong-form", []), place)
        found += column.strange(
            kinds.get("outside", []), code, allowed, _HISTORY if many else _MISSING, place
        )
        found += column.strange(kinds.get("truth", []), "not-allowed", allowed, _TRUE, place)
        found += column.strange(kinds.get("not-allowed", []), "not-allowed", allowed, _MISSING, place)
        return [*found, *column.variants(meant, place), *self._taken(column, kinds.get(OUTSIDE, []), place)]

    def _wrong_form(
        self, column: Column, meant: Sequence[Meant], wrong: list[int], place: Place
    ) -> list[Problem]:
        """Return the one problem of cells that are answers, but not in the declared form."""
        if not wrong:
            return []
        said, other = ("the wording of answers", "labels") if self.form == "codes" else ("codes", "codes")
        whole = not any(one.form and not one.problem for one in meant)
        both = any(meant[n].form == "both" for n in wrong)
        mend = f"declare `answers_as: {other}` for the wave" if whole and not both else _EITHER
        return [place.problem("wrong-form", said, listed(self.allowed, 20), mend, column.rows(wrong))]

    def _taken(self, column: Column, outside: list[int], place: Place) -> list[Problem]:
        if not outside:
            return []
        said = listed(f"{column.shown(n, ())} ({column.counts[n]})" for n in outside)
        mend = "look at these rows; as declared, they count as no answer, and the ledger lists each"
        found, rows = f"codes outside the scale: {said}", column.rows(outside)
        return [place.problem("outside-scale", found, listed(self.allowed, 20), mend, rows, "warning")]
