"""What pydantic found wrong with a file, as problems that an officer can mend."""

from __future__ import annotations

import types
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from outcomes.errors import Problem, listed, nearest

_LONGEST = 60


def problems(error: ValidationError, model: type[BaseModel], where: str) -> list[Problem]:
    """Return one problem for each error of ``error``, which arose from building ``model`` from a file ``where``."""
    return [_problem(detail, model, where) for detail in error.errors(include_url=False)]


def _problem(detail: Any, model: type[BaseModel], where: str) -> Problem:
    path = _readable(detail["loc"])
    place = f"{where}: {path}" if path else where
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, detail["loc"][:-1])
        key = str(detail["loc"][-1])
        mend = nearest(key, known) or "take the key out"
        parent = _readable(detail["loc"][:-1])
        return Problem(f"{where}: {parent}" if parent else where, f"the key '{key}'", listed(known, 40), mend)
    if detail["type"] == "missing":
        return Problem(place, "no value", "a required key", "add it (docs/reference/config.md says what it holds)")
    if detail["type"] == "value_error":
        return Problem(place, "a contradiction", str(detail["ctx"]["error"]), "make the parts agree")
    return Problem(place, _shown(detail["input"]), _sentence(detail["msg"]), "mend the value")


def _shown(value: object) -> str:
    text = str(value)
    if isinstance(value, dict | list | tuple):
        return "a list or a mapping"
    return f"'{text[:_LONGEST]}'" + (" ..." if len(text) > _LONGEST else "")


def _sentence(message: str) -> str:
    return message[:1].lower() + message[1:]


def _readable(path: Sequence[str | int]) -> str:
    kinds = {"superiority", "non_inferiority", "floor"}
    words = [str(part) for n, part in enumerate(path) if not (part in kinds and n == 2 and path[0] == "hypotheses")]
    return ": ".join(words)


def _keys_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the keys that are known at ``path`` of ``model`` (aliases where a field has one)."""
    here: Iterable[Any] = [model]
    for part in path:
        here = [inner for annotation in here for inner in _inside(annotation, part)]
    models = [annotation for annotation in here if isinstance(annotation, type) and issubclass(annotation, BaseModel)]
    return [field.alias or name for found in models for name, field in found.model_fields.items()]


def _inside(annotation: Any, part: str | int) -> list[Any]:
    """Return the types that may stand at key ``part`` of a value of type ``annotation``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in (name, field.alias):
                return _alternatives(field.annotation)
        return [annotation] if _tag(annotation) == part else []
    arguments = get_args(annotation)
    return _alternatives(arguments[-1]) if get_origin(annotation) is dict else []


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("kind")
    return get_args(field.annotation)[0] if field is not None and get_args(field.annotation) else None


def _alternatives(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [inner for argument in get_args(annotation) for inner in _alternatives(argument)]
    return [annotation]
