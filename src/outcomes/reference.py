"""The reference pages, written from the same declarations that the code checks by.

`python -m outcomes.reference` writes docs/reference/; a test fails when the pages and the code differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outcomes import files
from outcomes.columns import Table
from outcomes.study import Instrument, Profile, Study
from outcomes.study.part import Part
from outcomes.tables import FIGURES, RELEASE, RESTRICTED

_FILES: dict[type[Part], tuple[str, str, str]] = {
    Study: ("study", "config/studies/<study>.yaml", "One evaluation: the officer's whole surface."),
    Instrument: (
        "instrument",
        "config/instruments/<instrument>.yaml",
        "One published scale, shared by studies.",
    ),
    Profile: ("profile", "config/disclosure/<profile>.yaml", "The rules that decide what may be shown."),
}
_MADE = "<!-- Written by `make reference` from the code; edit the code, not this page. -->\n"


def pages() -> dict[str, str]:
    """Return the text of each reference page by its file name in docs/reference/."""
    schemas = {
        f"{name}.schema.json": json.dumps(_schema(model), indent=1, ensure_ascii=False) + "\n"
        for model, (name, _, _) in _FILES.items()
    }
    return {"config.md": _config_page(), "tables.md": _tables_page(), **schemas}


def _schema(model: type[Part]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _config_page() -> str:
    lines = [
        "# What a study can say", "", _MADE,
        "Files are YAML. Every value is kept as typed (`no` and `007` stay text) and turned into a number or",
        "a yes/no only where this page says so. Unknown or repeated keys, aliases and tags are refused.", "",
        "An editor that knows JSON Schema completes and checks the files: put, for example,",
        "`# yaml-language-server: $schema=../../docs/reference/study.schema.json` on the first line.", "",
    ]  # fmt: skip
    for model, (_, path, words) in _FILES.items():
        lines += [f"## `{path}`", "", words, ""]
        schema = _schema(model)
        for title, part in [("", schema), *schema.get("$defs", {}).items()]:
            if "properties" in part:
                lines += [*([f"### {title}", "", *_lead(part)] if title else []), *_keys(part, schema), ""]
    return "\n".join(lines).rstrip() + "\n"


def _lead(part: dict[str, Any]) -> list[str]:
    words = str(part.get("description", "")).split("\n\n")[0].replace("\n", " ")
    return [words, ""] if words else []


def _keys(part: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in part["properties"].items():
        default = "required" if name in part.get("required", ()) else _default(field)
        meaning = field.get("description") or "".join(_lead(_target(field, schema)))
        yield f"| `{name}` | {_kind(field)} | {default} | {_plain(meaning)} |"


def _target(field: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the part that a key refers to, whose description stands for a key's that has none of its own."""
    return dict(schema["$defs"][field["$ref"].rsplit("/", 1)[1]]) if "$ref" in field else {}


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    return "-" if value in (None, [], {}) else f"`{json.dumps(value, ensure_ascii=False)}`"


def _kind(field: dict[str, Any]) -> str:
    """Return in words what a key may hold."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if options := field.get("anyOf") or field.get("oneOf"):
        return " or ".join(_kind(option) for option in options if option.get("type") != "null")
    if "const" in field or "enum" in field:
        return ", ".join(f"`{word}`" for word in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_kind(field['items'])}" if "items" in field else "list of values"
    if field.get("type") == "object":
        inner = field.get("additionalProperties") or next(
            iter(field.get("patternProperties", {}).values()), None
        )
        return f"names to {_kind(inner)}" if isinstance(inner, dict) else "keys"
    words = {"integer": "whole number", "boolean": "yes or no", "string": "text"}
    return words.get(str(field.get("type")), str(field.get("type", "value"))) + _limits(field)


def _limits(field: dict[str, Any]) -> str:
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    said = [f"{word} {field[key]:g}" for key, word in words.items() if key in field]
    return f" ({', '.join(said)})" if said else ""


def _plain(words: str) -> str:
    return words.replace("\n", " ").replace("|", "\\|")


def _tables_page() -> str:
    lines = [
        "# The tables between stages", "", _MADE,
        "CSV, UTF-8, line feeds, one header row; an empty cell is a missing value. Restricted tables are",
        "person-level or unrounded and stay in `results/<study>/restricted/<stage>/`; release tables passed",
        "`disclose` and lie in `results/<study>/release/tables/`.", "",
    ]  # fmt: skip
    for title, chosen in (("Restricted", RESTRICTED.values()), ("Release", [*RELEASE.values(), FIGURES])):
        lines += [f"## {title}", ""]
        for table in chosen:
            lines += [*_table(table), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name} ({table.stage})"
    yield ""
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    yield f"One row {table.row}.{key}"
    yield ""
    yield "| column | kind | may be empty | meaning |"
    yield "|---|---|---|---|"
    for column in table.columns:
        among = f" One of: {', '.join(column.among)}." if column.among else ""
        may_be_empty = "yes" if column.empty else "no"
        yield f"| `{column.name}` | {column.kind} | {may_be_empty} | {_plain(column.meaning)}{among} |"
    if table.more is not None:
        yield f"| ... | {table.more} | yes | {table.more_means} |"


def write(folder: Path) -> None:
    """Write every reference page below ``folder``."""
    for name, text in pages().items():
        files.write_text(text, folder / name)


if __name__ == "__main__":
    write(Path("docs/reference"))
