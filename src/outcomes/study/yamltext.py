"""YAML as the officer typed it: every scalar stays text, and nothing can hide in it.

``no``, ``007`` and ``12:30`` are not turned into False, 7 and 750: the models declare where a number is wanted.
Aliases, tags and repeated keys are refused, and so are files that are too large or too deep to be a study.
"""

from __future__ import annotations

from typing import Any

import yaml

from outcomes.errors import Problem, StudyError

MOST_BYTES = 1_000_000
MOST_DEPTH = 12


class _TextLoader(yaml.BaseLoader):
    """PyYAML's BaseLoader (all scalars are text) without aliases, tags and repeated keys."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "an alias (*name)", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise yaml.composer.ComposerError(None, None, "a tag (!name)", event.start_mark)
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise yaml.composer.ComposerError(None, None, f"more than {MOST_DEPTH} levels", event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key that is not a word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' a second time", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def parse(text: str, where: str) -> dict[str, Any]:
    """Return the mapping that a YAML text holds; scalars are str, containers are dict and list.

    Raises StudyError when the text is not YAML, is not a mapping, or uses what is refused here.
    """
    if len(text.encode()) > MOST_BYTES:
        raise _refused(where, "a file of more than 1 MB", "at most 1 MB")
    try:
        loaded = _TextLoader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise _refused(where + line, error.problem or "no YAML", "plain keys, lists and text") from None
    except yaml.YAMLError:
        raise _refused(where, "characters that YAML does not know", "plain keys, lists and text") from None
    if not isinstance(loaded, dict):
        raise _refused(where, "no keys", "a mapping of keys to values")
    return loaded


def _refused(where: str, found: str, allowed: str) -> StudyError:
    return StudyError([Problem(where, found, allowed, "mend the file by the pages in docs/reference/config.md")])
