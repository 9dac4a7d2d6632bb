"""Does what docs/how-to/new-study.md shows work as it stands there?"""

from __future__ import annotations

import re
import shutil

import pandas as pd
import pytest
import table
from problem_codes import ROOT

from outcomes import files
from outcomes.clean.codebook import read_codebook
from outcomes.study import Loaded, load_study
from outcomes.study.stages import Cleaning

PAGE = (ROOT / "docs" / "how-to" / "new-study.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> Loaded:
    [text] = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    config = tmp_path_factory.mktemp("project") / "config"
    shutil.copytree(ROOT / "config", config)
    (config / "studies" / "mentoring_2026.yaml").write_text(text, encoding="utf-8")
    return load_study("mentoring_2026", config, files.read_text)


def test_the_study_file_can_be_followed_and_says_the_words_that_the_page_explains(loaded):
    study = loaded.study
    assert (study.origin, study.ids) == ("real", "pseudonyms")
    assert study.identity.shape == "AA-9999"
    assert study.waves["end"].consent is not None
    assert study.withdrawn is not None
    assert study.drop


def test_the_codebook_says_what_it_seems_to_say(loaded):
    [drawn] = re.findall(r"^\| wave \| column .*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line.strip().strip("|") for line in drawn.splitlines() if not line.startswith("|---")]
    book = table.table("\n".join(lines))
    book.index = pd.RangeIndex(2, 2 + len(book), name="row")
    columns, problems = read_codebook(book, "codebook.csv", Cleaning.of(loaded).items)
    assert problems == []
    assert columns["start"]["gse_1"].column == "Q3_1"
    entry = columns["end"]["gse_2"]
    assert entry.codes == {"1": 1.0, "2": 2.0, "7": 3.0, "8": 4.0}
    assert "9" in entry.missing
