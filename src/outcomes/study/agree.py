"""What contradicts what between a study and the instruments that it names?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from outcomes.errors import Problem, listed
from outcomes.study.instrument import Instrument, Scale
from outcomes.study.part import strays
from outcomes.study.questions import Floor, SdMargin, Superiority
from outcomes.study.study import Study

SLOPE_NEEDS = 4
"""Fewest waves for a random slope: with 3 it is barely told from the residual."""


def disagreements(study: Study, instruments: Mapping[str, Instrument]) -> Iterator[Problem]:
    """Yield a problem for each contradiction; the place is the key in the study file.

    ``instruments`` may lack some that the study names (those that could not be read).
    """
    scales: dict[str, Scale] = {}
    for name, outcome in study.outcomes.items():
        if outcome.instrument in instruments:
            known = instruments[outcome.instrument].scales
            yield from strays(f"outcomes: {name}: scale", [outcome.scale], known)
            scales |= {name: known[outcome.scale]} if outcome.scale in known else {}
    yield from _kinds(study, scales)
    yield from _benefits(study, scales)
    yield from _margins(study, instruments, scales)
    yield from _slopes(study, scales)
    yield from _shared_items(study, scales)
    for name, instrument in instruments.items():
        for value in filter(instrument.answers.allows, study.missing):
            found = f"'{value}', which `{name}` allows as an answer"
            yield Problem(
                "missing", found, "values that are no answers", "take it out or correct the instrument"
            )


def _kinds(study: Study, scales: Mapping[str, Scale]) -> Iterator[Problem]:
    """Yield hypotheses whose kind does not suit an outcome: a floor needs a share, the others a gain."""
    for name, hypothesis in study.hypotheses.items():
        for outcome in hypothesis.outcomes:
            if outcome in scales and (hypothesis.kind == "floor") != (scales[outcome].scoring == "share"):
                found = f"`{hypothesis.kind}` on '{outcome}', which is scored as `{scales[outcome].scoring}`"
                allowed = "`floor` on a share, the other kinds on any other score"
                yield Problem(
                    f"hypotheses: {name}: outcomes", found, allowed, "take the outcome out or change the kind"
                )


def _benefits(study: Study, scales: Mapping[str, Scale]) -> Iterator[Problem]:
    """Yield hypotheses that call a benefit what the instrument calls a harm."""
    for name, hypothesis in study.hypotheses.items():
        if isinstance(hypothesis, Floor) or hypothesis.benefit is None:
            continue
        for outcome in (outcome for outcome in hypothesis.outcomes if outcome in scales):
            if (hypothesis.benefit == "higher") != (scales[outcome].higher_is == "better"):
                found = f"'{hypothesis.benefit}' on '{outcome}', where higher is {scales[outcome].higher_is}"
                mend = "correct it, take it out, or claim such outcomes in a hypothesis of their own"
                yield Problem(f"hypotheses: {name}: benefit", found, "the direction of the instrument", mend)


def _margins(
    study: Study, instruments: Mapping[str, Instrument], scales: Mapping[str, Scale]
) -> Iterator[Problem]:
    """Yield margins that no gap could exceed: as wide as the scale itself, or wider.

    A margin in the study's own SD is as wide as it can be where half of the people score lowest and half
    highest: that SD is half the scale (Popoviciu 1935).
    """
    for name, hypothesis in study.hypotheses.items():
        if isinstance(hypothesis, Superiority | Floor):
            continue
        for outcome in (outcome for outcome in hypothesis.outcomes if outcome in scales):
            least, most = instruments[study.outcomes[outcome].instrument].bounds(scales[outcome])
            width, said = _width(hypothesis.margin, outcome, most - least)
            if width >= most - least:
                found = f"{said} on '{outcome}', which runs from {least:g} to {most:g}"
                allowed = f"less than {most - least:g} points"
                mend = "give the margin in score points"
                yield Problem(f"hypotheses: {name}: margin", found, allowed, mend)


def _width(margin: float | SdMargin, outcome: str, span: float) -> tuple[float, str]:
    """Return how wide a margin can be in score points on a scale of ``span`` points, and how it is said."""
    if not isinstance(margin, SdMargin):
        return margin, f"{margin:g} points"
    if not margin.reference:
        return margin.sd * span / 2, f"{margin.sd:g} SD (up to {margin.sd * span / 2:g} points)"
    width = margin.sd * margin.reference.get(outcome, 0.0)
    return width, f"{margin.sd:g} SD ({width:g} points)"


def _slopes(study: Study, scales: Mapping[str, Scale]) -> Iterator[Problem]:
    """Yield outcomes that are asked too seldom for the random slope that the study declares."""
    if study.model.structure != "slope":
        return
    for outcome, scale in scales.items():
        waves = len(study.asked(outcome))
        if scale.scoring != "share" and waves < SLOPE_NEEDS:
            found = f"slope, with '{outcome}' asked at {waves} wave{'s' if waves > 1 else ''}"
            allowed = f"slope where every modelled outcome is asked at {SLOPE_NEEDS} waves or more"
            yield Problem("model: structure", found, allowed, "use unstructured or intercept")


def _shared_items(study: Study, scales: Mapping[str, Scale]) -> Iterator[Problem]:
    """Yield items that scales of two instruments share by name: a wave has one column for each."""
    owners: dict[str, dict[str, None]] = {}
    for name, scale in scales.items():
        for item in scale.items:
            owners.setdefault(item, {})[study.outcomes[name].instrument] = None
    for item, names in owners.items():
        if len(names) > 1:
            found = f"the item '{item}' in {listed(names)}"
            yield Problem("outcomes", found, "each item id in one instrument", "rename it in one of them")
