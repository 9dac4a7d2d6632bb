"""Count errors of the model and the rules over invented cohorts: `python -m outcomes.calibration`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from outcomes import files
from outcomes.calibration.battery import battery
from outcomes.calibration.bounds import Rule, judged, rules
from outcomes.calibration.cells import Cell, given_up, lines, own_cells, wrong_cell
from outcomes.calibration.page import Calibration, page
from outcomes.simulate import SEED

COHORTS = 2_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the battery, print and write its page; return 1 if a gate does not hold."""
    parser = argparse.ArgumentParser(prog="python -m outcomes.calibration", description=__doc__)
    parser.add_argument("--cohorts", type=int, default=COHORTS, help="cohorts a cell")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=Path("docs/calibration.md"))
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    counted = count(asked.cohorts, asked.seed)
    text = page(counted, asked, time.monotonic() - began)
    files.write_text(text, asked.out)
    print(text)
    return 1 if counted.failed else 0


def count(cohorts: int, seed: int) -> Calibration:
    """Return what is counted over ``cohorts`` cohorts in each cell and for each rule."""
    cells, claims = [*own_cells(), wrong_cell()], rules()
    jobs: list[Cell | Rule] = [*cells, *claims]
    tables = battery(jobs, cohorts, seed, partial(print, flush=True))
    of_cells, of_rules = tables[: len(cells)], tables[len(cells) :]
    return Calibration(
        [line for cell, table in zip(cells, of_cells, strict=True) for line in lines(cell, table)],
        [judged(rule, table) for rule, table in zip(claims, of_rules, strict=True)],
        given_up((job.label, table) for job, table in zip(jobs, tables, strict=True)),
    )


if __name__ == "__main__":
    sys.exit(main())
