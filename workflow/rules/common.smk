# The study, and where things lie; no study logic here.
import os
import sys
from pathlib import Path

os.environ.update(PYTHONPATH=f"{workflow.basedir}/src", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
sys.path.insert(0, f"{workflow.basedir}/src")

from outcomes.errors import Refused
from outcomes.joblog import MARK
from outcomes.project import Project, modules
from outcomes.tables import RELEASED_FROM

ROOT = Path(workflow.basedir)


def tell(sentences):
    for sentence in sentences:
        print(f"{MARK}{sentence}", file=sys.stderr, flush=True)


try:
    project = Project.open(ROOT, config.get("study"))
    raw_files = project.raw_paths()
except Refused as refused:
    tell(f"ERROR {problem}" for problem in refused.problems)
    sys.exit(1)


def part(stage):
    return project.part(stage).model_dump(mode="json", by_alias=True)


def code(stage):
    return modules(ROOT, stage)
