"""What a job says: one log a stage, one line on the terminal, and a refusal as sentences and not as a trace.

Logs hold counts and sentences, never a person's id or answer.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from outcomes import files
from outcomes.errors import Refused

MARK = "outcomes: "
"""What a line on the terminal begins with, so that `outcomes run` can tell ours from Snakemake's."""


class JobLog:
    """Gathers what a stage says; the last sentence said is the one on the terminal."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, sentence: str) -> None:
        """Note a sentence about what was done: counts and names, never a person's value."""
        self.lines.append(sentence)


@contextmanager
def opened(path: str, stage: str) -> Iterator[JobLog]:
    """Give the log of a stage's job; write it to ``path`` when the job ends, and say one line on the
    terminal.

    A refusal (Refused) is written as its sentences and ends the job with exit code 1; any other error is a
    fault of ours: its trace goes to the log, its kind to the terminal.
    """
    log, began = JobLog(), time.monotonic()
    try:
        yield log
    except Refused as refused:
        log.lines += [f"ERROR {problem}" for problem in refused.problems]
        _tell(f"{stage:<9} stopped: {_problems(len(refused.problems))}")
        sys.exit(1)
    except Exception as error:
        log.lines.append(f"FAULT {type(error).__name__} in stage {stage}")
        log.lines += traceback.format_tb(error.__traceback__)
        _tell(f"{stage:<9} failed: {type(error).__name__}, see {path}")
        sys.exit(1)
    else:
        _tell(f"{stage:<9} {log.lines[-1] if log.lines else 'done'} ({time.monotonic() - began:.1f} s)")
    finally:
        files.write_text("".join(f"{line}\n" for line in log.lines), path)


def _problems(n: int) -> str:
    return "1 problem" if n == 1 else f"{n} problems"


def _tell(line: str) -> None:
    print(f"{MARK}{line}", file=sys.stderr, flush=True)
