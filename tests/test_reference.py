"""The generated pages say what the code does."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from outcomes.reference import pages
from outcomes.tables import RELEASE, RESTRICTED

ROOT = Path(__file__).parents[1]
KINDS = {"study": "studies", "instrument": "instruments", "profile": "disclosure"}


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_is_as_the_code_says(name):
    kept = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert kept == pages()[name], "run `make reference`"


def test_no_page_is_left_over():
    assert {path.name for path in (ROOT / "docs" / "reference").iterdir()} == set(pages())


@pytest.mark.parametrize("kind", KINDS)
def test_an_editor_accepts_every_file_of_the_project(kind):
    schema = json.loads(pages()[f"{kind}.schema.json"])
    for path in (ROOT / "config" / KINDS[kind]).glob("*.yaml"):
        content = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))
        jsonschema.validate(content, schema)


def test_an_editor_refuses_an_unknown_key():
    schema = json.loads(pages()["study.schema.json"])
    content = yaml.safe_load((ROOT / "config" / "studies" / "star.yaml").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content | {"modle": {}}, schema)


def test_every_table_and_column_is_described():
    page = pages()["tables.md"]
    for table in (*RESTRICTED.values(), *RELEASE.values()):
        assert f"### {table.name} ({table.stage})" in page
        for column in table.columns:
            assert f"| `{column.name}` | {column.kind} |" in page
            assert column.meaning.endswith(".")
