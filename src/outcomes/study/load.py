"""From a study's name to the study: its file, the instruments and the disclosure profile that it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from outcomes.errors import Problem, StudyError, listed, nearest
from outcomes.study.agree import disagreements
from outcomes.study.explain import problems, shown
from outcomes.study.instrument import Instrument
from outcomes.study.loaded import Loaded, Profile
from outcomes.study.part import NAME, PATTERNS, Part
from outcomes.study.study import Study
from outcomes.study.yamltext import parse

Kind = TypeVar("Kind", bound=Part)
Reader = Callable[[Path], str]


def load_study(name: str, config: Path, read: Reader) -> Loaded:
    """Return the study ``name`` from the folder ``config``; ``read`` turns a path into text.

    Raises StudyError with every problem found in the study, its instruments and its profile.
    """
    study = _part(Study, "study", name, config / "studies", read)
    found: list[Problem] = []
    instruments = {}
    for instrument in dict.fromkeys(outcome.instrument for outcome in study.outcomes.values()):
        try:
            instruments[instrument] = _part(
                Instrument, "instrument", instrument, config / "instruments", read
            )
        except StudyError as refused:
            found.extend(refused.problems)
    try:
        profile = _part(Profile, "profile", study.disclosure.profile, config / "disclosure", read)
    except StudyError as refused:
        found.extend(refused.problems)
    where = f"{config.name}/studies/{name}.yaml"
    found.extend(
        replace(fault, where=f"{where}: {fault.where}") for fault in disagreements(study, instruments)
    )
    if found:
        raise StudyError(found)
    return Loaded(study=study, instruments=instruments, profile=profile)


def study_names(config: Path) -> list[str]:
    """Return the names of the studies in ``config``, sorted."""
    return _names(config / "studies")


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml"))


def _part(model: type[Kind], kind: str, name: str, folder: Path, read: Reader) -> Kind:
    path = folder / f"{name}.yaml"
    where = f"{folder.parent.name}/{folder.name}/{name}.yaml"
    if not re.fullmatch(NAME, name):
        raise StudyError([Problem(f"{kind} name", f"'{shown(name)}'", PATTERNS[NAME], "use the plain name")])
    if not path.is_file() or path.resolve().parent != folder.resolve():
        known = _names(folder)
        mend = nearest(name, known) or f"add {where}"
        raise StudyError([Problem(f"{kind} '{name}'", f"no file {where}", listed(known), mend)])
    try:
        part = model.model_validate(parse(read(path), where))
    except ValidationError as error:
        raise StudyError(problems(error, model, where)) from None
    said = getattr(part, kind)
    if said != name:
        raise StudyError([Problem(f"{where}: {kind}", f"'{said}'", name, "call it like its file")])
    return part
