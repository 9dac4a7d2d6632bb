"""What contradicts what between a study and the instruments that it names?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from outcomes.errors import Problem, listed
from outcomes.study.instrument import Instrument, Scale
from outcomes.study.part import strays
from outcomes.study.study import Study


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
    yield from _margins(study, instruments, scales)
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


def _margins(
    study: Study, instruments: Mapping[str, Instrument], scales: Mapping[str, Scale]
) -> Iterator[Problem]:
    """Yield margins that no gap could exceed: as wide as the scale itself, or wider."""
    for name, hypothesis in study.hypotheses.items():
        if hypothesis.kind != "non_inferiority":
            continue
        for outcome in (outcome for outcome in hypothesis.outcomes if outcome in scales):
            least, most = instruments[study.outcomes[outcome].instrument].bounds(scales[outcome])
            if hypothesis.margin >= most - least:
                found = f"{hypothesis.margin:g} points on '{outcome}', which runs from {least:g} to {most:g}"
                allowed = f"less than {most - least:g} points"
                yield Problem(
                    f"hypotheses: {name}: margin", found, allowed, "give the margin in score points"
                )


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
