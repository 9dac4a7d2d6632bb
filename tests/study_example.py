"""A config folder with the tiny study, its instrument and a share; what is said when a word is changed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import tiny

from outcomes import files
from outcomes.errors import StudyError
from outcomes.study import Loaded, load_study

ROOT = Path(__file__).parents[1]
FILE = "config/studies/tiny.yaml"
JOB = "  job: {label: Job, instrument: job, scale: top, domain: other}\n"
SHARE = """\
instrument: job
title: Aspired job
citation: invented
licence: CC0
key: invented
answers: {low: 1, high: 3, labels: {1: Manager, 2: Clerk, 3: Labourer}}
items: [job]
scales:
  top: {label: Top job, items: [job], scoring: share, members: [1], higher_is: better}
"""


def config_folder(parent: Path) -> Path:
    """Write a config folder into ``parent`` and return it; the disclosure profile is the project's own."""
    folder = parent / "config"
    for name, text in (
        ("studies/tiny", tiny.STUDY),
        ("instruments/calm", tiny.INSTRUMENT),
        ("instruments/job", SHARE),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "config" / "disclosure", folder / "disclosure")
    return folder


def replace(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def load(folder: Path, name: str = "tiny") -> Loaded:
    return load_study(name, folder, files.read_text)


def refusal(folder: Path, name: str = "tiny") -> list[str]:
    """The sentences that a study is refused with."""
    with pytest.raises(StudyError) as refused:
        load(folder, name)
    sentences = [str(problem) for problem in refused.value.problems]
    assert not [sentence for sentence in sentences if "\n" in sentence or not re.search(r"[.?]$", sentence)]
    return sentences
