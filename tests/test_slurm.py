"""Does Slurm get every job of the workflow, and is each one told how much memory and time it needs?

A dry run, by the Python that OUTCOMES_SLURM_PYTHON names: one with locks/slurm.txt, as .ci/run makes it.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[1]
# Snakemake prints a job's resources only where its rule has no message; its log records always have them.
PLAN = """
import json, logging, sys
from snakemake.cli import main
def show(record):
    if getattr(record, "resources", None) is not None:
        print(json.dumps([record.rule_name, dict(record.resources)]), flush=True)
    return True
logging.getLogger("snakemake.logging").addFilter(show)
main(sys.argv[1:])
"""


@pytest.mark.slurm
def test_every_job_asks_slurm_for_memory_and_time(tmp_path: Path) -> None:
    for name in ("workflow", "config", "profiles", "src", "data/raw/star"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    shutil.copy(PROJECT / "Snakefile", tmp_path)
    arguments = ["--dry-run", "--workflow-profile", "profiles/slurm", "--config", "study=star"]
    done = subprocess.run(
        [os.environ["OUTCOMES_SLURM_PYTHON"], "-c", PLAN, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    jobs = dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith('["'))
    assert jobs.keys() == {"clean", "score", "model", "disclose", "figure", "report", "all"}
    del jobs["all"]
    for resources in jobs.values():
        assert resources["mem_mb"] >= 1000
        assert resources["runtime"] >= 5


def test_the_slurm_profile_keeps_the_settings_of_the_default_one() -> None:
    default, slurm = (
        yaml.safe_load((PROJECT / f"profiles/{name}/config.yaml").read_text())
        for name in ("default", "slurm")
    )
    assert slurm["executor"] == "slurm"
    assert default.items() <= slurm.items()
