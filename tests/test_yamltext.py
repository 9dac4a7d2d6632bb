"""A study file says what was typed, and nothing can hide in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.errors import StudyError
from outcomes.study.yamltext import MOST_BYTES, MOST_DEPTH, parse


@pytest.mark.parametrize(
    "word",
    [
        "no",
        "on",
        "Yes",
        "007",
        "12:30",
        "1e5",
        "null",
        "~",
        "0x1F",
        "0o17",
        "2026-11-22",
        "1_000",
        ".inf",
        "<<",
        "=",
    ],
)
def test_words_stay_as_they_were_typed(word):
    assert parse(f"key: {word}\n{word}: key\nlist: [{word}]", "x.yaml") == {
        "key": word,
        word: "key",
        "list": [word],
    }


def test_text_is_normalised_so_that_equal_looking_words_are_equal():
    assert parse("key: Cafe\u0301", "x.yaml") == {"key": "Caf\u00e9"}


REFUSED = {
    "alias": ("a: &x 1\nb: *x", "line 2: found an alias"),
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "line 2: found an alias"),
    "merge by alias": ("a: &a {x: 1}\nb:\n  <<: *a", "line 3: found an alias"),
    "tag of Python": ("a: !!python/object/apply:os.system ['true']", "line 1: found a tag"),
    "tag of YAML": ("a: !!int 3", "found a tag"),
    "bare tag": ("a: ! 3", "found a tag"),
    "tag on the whole": ("!!map\na: 1", "found a tag"),
    "key twice": ("a: 1\nb: 2\na: 3", "line 3: found the key 'a' a second time"),
    "key twice below": ("a:\n  b: 1\n  b: 1", "line 3: found the key 'b' a second time"),
    "key twice in flow": ("{a: 1, a: 2}", "found the key 'a' a second time"),
    "key that is a list": ("? [a, b]\n: 1", "found a key that is not a word"),
    "too deep": ("a: " + "[" * MOST_DEPTH + "]" * MOST_DEPTH, f"found more than {MOST_DEPTH} levels"),
    "bottomless": ("a: " + "[" * 100_000, f"found more than {MOST_DEPTH} levels"),
    "too large": ("a: " + "x" * MOST_BYTES, "found a file of more than 1 MB"),
    "too large in another alphabet": ("a: " + "ж" * (MOST_BYTES // 2), "found a file of more than 1 MB"),
    "two documents": ("a: 1\n---\nb: 2", "found no YAML"),
    "empty": ("", "found no keys"),
    "comment only": ("# nothing\n", "found no keys"),
    "list": ("- a\n- b", "found no keys"),
    "word": ("study", "found no keys"),
    "tab": ("a:\n\tb: 1", "line 2: found no YAML"),
    "unclosed": ("a: [1, 2", "found no YAML"),
    "colon in a value": ("title: Gains: low and high", "line 1: found no YAML"),
    "NUL": ("a: x\x00y", "found characters that YAML does not know"),
    "lone surrogate": ("a: \ud800", "found characters that YAML does not know"),
    "escape beyond Unicode": ('a: "\\UFFFFFFFF"', "found characters that YAML does not know"),
    "other version": ("%YAML 2.0\n---\na: 1", "found no YAML"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_hide_something_is_refused(case):
    text, words = REFUSED[case]
    with pytest.raises(StudyError) as refused:
        parse(text, "config/studies/x.yaml")
    (problem,) = refused.value.problems
    assert words in str(problem)
    assert str(problem).startswith("config/studies/x.yaml")
    assert "\n" not in str(problem)


@given(
    st.text(
        alphabet=st.one_of(st.sampled_from("ab:-[]{}&*!|>'\"\\#%@`,?~ \n\t0uU"), st.characters()), max_size=60
    )
)
def test_any_text_is_read_or_refused(text):
    try:
        found = parse(text, "x.yaml")
    except StudyError as refused:
        found = {"refused": refused.problems}
    assert isinstance(found, dict)
