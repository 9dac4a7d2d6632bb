"""What pydantic found wrong with a file, as problems that an officer can mend."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from outcomes.errors import Problem, listed, nearest
from outcomes.study.part import PATTERNS

_LONGEST = 60
_KINDS = {"superiority", "non_inferiority", "equivalence", "floor"}
_FORMS = {"number", "SdMargin"}
"""Tags of the forms that a margin can have."""
_WORDS = {
    "string_type": "text",
    "tuple_type": "a list, such as [one, two]",
    "model_type": "keys and their values",
    "dict_type": "names and what they hold",
    "model_attributes_type": "keys and their values, `kind` among them",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of a usual size",
    "bool_parsing": "yes or no",
    "bool_type": "yes or no",
}
"""Error types of pydantic to what is allowed; the others say it well enough themselves."""


def problems(error: ValidationError, model: type[BaseModel], where: str) -> list[Problem]:
    """Return the problems of ``error``, which arose from building ``model`` from the file ``where``."""
    details = error.errors(include_url=False)
    return [problem for detail in details for problem in _problems(detail, model, where)]


def _problems(detail: Any, model: type[BaseModel], where: str) -> Iterator[Problem]:
    kind, path, context = detail["type"], detail["loc"], detail.get("ctx", {})
    if kind == "value_error":
        for fault in context["error"].args:
            yield replace(fault, where=_place(where, (*path, *fault.where.split(": "))))
    elif kind == "extra_forbidden":
        known, key = _keys_at(model, path[:-1]), shown(path[-1])
        yield Problem(
            _place(where, path[:-1]),
            f"the key '{key}'",
            listed(known, 40),
            nearest(key, known) or "take the key out",
        )
    elif kind in ("missing", "union_tag_not_found"):
        absent = (*path, "kind") if kind == "union_tag_not_found" else path
        mend = "add it (docs/reference/config.md says what it holds)"
        yield Problem(_place(where, absent), "no value", "a required key", mend)
    elif kind in ("literal_error", "union_tag_invalid"):
        found = context["tag"] if kind == "union_tag_invalid" else detail["input"]
        words = re.findall(r"'([^']*)'", context.get("expected_tags") or context["expected"])
        mend = nearest(str(found), words) or "use one of these"
        yield Problem(_place(where, path), _quoted(found), listed(words), mend)
    elif kind == "too_short":
        least = context["min_length"]
        found = str(context["actual_length"])
        yield Problem(_place(where, path), found, f"at least {least}", "add what lacks")
    else:
        allowed = PATTERNS.get(context.get("pattern")) or _WORDS.get(kind) or _sentence(detail["msg"])
        yield Problem(_place(where, path), _quoted(detail["input"]), allowed, "mend the value")


def _place(where: str, path: Sequence[str | int]) -> str:
    """Return the file and the keys that lead to a value, without what only pydantic puts there."""
    keys = [shown(key) for n, key in enumerate(path) if key not in ("", "[key]") and not _is_kind(path, n)]
    return ": ".join([where, *keys])


def _is_kind(path: Sequence[str | int], n: int) -> bool:
    if n == 2:
        return path[0] == "hypotheses" and path[n] in _KINDS
    return n > 2 and path[n - 1] == "margin" and path[n] in _FORMS


def _quoted(value: object) -> str:
    return "a list or a mapping" if isinstance(value, dict | list | tuple) else f"'{shown(value)}'"


def shown(value: object) -> str:
    """Return a word of a study file so that it fits on one line: cut, what can't be printed escaped."""
    text = str(value)
    signs = (sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text[:_LONGEST])
    return "".join(signs) + (" ..." if len(text) > _LONGEST else "")


def _sentence(message: str) -> str:
    said = message.removeprefix("Input should be ").removeprefix("Value should ")
    return said[:1].lower() + said[1:]


def _keys_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the keys that are known at ``path`` of ``model`` (aliases where a field has one)."""
    here: Iterable[Any] = [model]
    for part in path:
        here = [inner for annotation in here for inner in _inside(annotation, part)]
    models = [
        annotation
        for annotation in here
        if isinstance(annotation, type) and issubclass(annotation, BaseModel)
    ]
    return [field.alias or name for found in models for name, field in found.model_fields.items()]


def _inside(annotation: Any, part: str | int) -> list[Any]:
    """Return the types that may stand at key ``part`` of a value of type ``annotation``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in (name, field.alias):
                return _alternatives(field.annotation)
        return [annotation] if part in (_tag(annotation), annotation.__name__) else []
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
