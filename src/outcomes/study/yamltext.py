"""YAML as the officer typed it: every scalar stays text, and nothing can hide in it.

``no``, ``007`` and ``12:30`` do not become False, 7 and 750: the models declare where a number is wanted.
Aliases, tags and repeated keys are refused, and so are files that are too large or too deep to be a study.
"""

from __future__ import annotations

import unicodedata
from typing import Any, NoReturn

import yaml

from outcomes.errors import Problem, StudyError

MOST_BYTES = 1_000_000
MOST_DEPTH = 12


class _Refused(yaml.MarkedYAMLError):
    """Something that YAML knows and a study file must not use."""


class _TextLoader(yaml.BaseLoader):
    """PyYAML's BaseLoader (all scalars are text) without aliases, tags and repeated keys."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            _stop("an alias (*name)", event)
        if getattr(event, "tag", None) is not None:
            _stop("a tag (!name)", event)
        self.depth += 1
        if self.depth > MOST_DEPTH:
            _stop(f"more than {MOST_DEPTH} levels", event)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                _stop("a key that is not a word", key)
            if key.value in seen:
                _stop(f"the key '{key.value[:60]}' a second time", key)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _stop(found: str, at: Any) -> NoReturn:
    raise _Refused(None, None, found, at.start_mark)


def parse(text: str, where: str) -> dict[str, Any]:
    """Return the mapping that a YAML text holds; scalars are str (NFC), containers dict and list.

    Raises StudyError when the text is not YAML, is not a mapping, or uses what is refused here.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise _refused(where, "a file of more than 1 MB", "at most 1 MB")
    try:
        loaded = _TextLoader(unicodedata.normalize("NFC", text)).get_single_data()
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        found = error.problem if isinstance(error, _Refused) else f"no YAML ({error.problem})"
        raise _refused(where + line, str(found), "plain keys, lists and text") from None
    except (yaml.YAMLError, ValueError, OverflowError):
        raise _refused(where, "characters that YAML does not know", "plain keys, lists and text") from None
    if not isinstance(loaded, dict):
        raise _refused(where, "no keys", "a mapping of keys to values")
    return loaded


def _refused(where: str, found: str, allowed: str) -> StudyError:
    return StudyError(
        [Problem(where, found, allowed, "mend the file by the pages in docs/reference/config.md")]
    )
