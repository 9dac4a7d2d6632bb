"""Damage exports at random and clean them: no traceback, no hang, nothing told, nothing read otherwise.

    python run.py python tests/fuzzing.py --number 20000 --seed 2026 --out failures
    python run.py python tests/fuzzing.py --replay failures/csv-000123.csv

In: the exports of fuzz_seeds, damaged as fuzz_mutations does. Each is cleaned in a worker process with a
limit of time and memory. Out: a table by kind of damage, and each file that shows a fault, for replay.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import platform
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from fuzz_mutations import Case, made
from fuzz_reference import difference
from fuzz_seeds import SEEDS, Seed, part, planted, raw
from strict_parser import NotStrict, Unreadable

from outcomes.clean import Cleaned, clean
from outcomes.errors import DataError, Problem

Reader = Callable[..., Cleaned]

REFUSED, ACCEPTED, ALONE = "refused", "accepted", "accepted, other reader fails"
TRACE, HANG, DIED, LEAK, DIFFERENT = "traceback", "hang", "died", "told", "read otherwise"
FAULTS = (TRACE, HANG, DIED, LEAK, DIFFERENT)

SECONDS = 10.0
MEMORY = 2 * 2**30
"""Bytes of memory that a worker may use, as private pages."""
FRAGMENT = 6
"""Signs of a planted word that make it known."""


@dataclass(frozen=True)
class Verdict:
    """What became of a damaged file; ``detail`` says of a fault what it was."""

    word: str
    detail: str = ""


# One file.


def judge(seed: Seed, content: bytes, reader: Reader = clean) -> Verdict:
    """Clean the study of ``seed`` with ``content`` as its damaged file."""
    try:
        found = reader(raw(seed) | {seed.file: content}, part(seed))
    except DataError as refused:
        told = leaks(refused.problems)
        return Verdict(LEAK, told) if told else Verdict(REFUSED)
    except (Exception, RecursionError) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return Verdict(
            TRACE, f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {error}"[:500]
        )
    if told := leaks(found.warnings) or leaks(found.files):
        return Verdict(LEAK, told)
    try:
        wrong = difference(found, seed, content)
    except Unreadable:
        return Verdict(ALONE)
    except NotStrict as refusal:
        wrong = f"accepted, though {refusal}"
    return Verdict(DIFFERENT, wrong) if wrong else Verdict(ACCEPTED)


def leaks(said: Sequence[Problem | str]) -> str:
    """The first sentence that holds a part of an id or of free text."""
    for one in said:
        text = f"{one} {getattr(one, 'column', '')}".casefold()
        if any(fragment in text for fragment in _fragments()):
            return str(one)
    return ""


@functools.cache
def _fragments() -> frozenset[str]:
    words = [word.casefold() for word in planted()]
    return frozenset(word[at : at + FRAGMENT] for word in words for at in range(len(word) - FRAGMENT + 1))


# Many files, in workers.


def _work(pipe: Connection, seed: int, reader: Reader, memory: int) -> None:
    """Judge the cases whose numbers come through the pipe."""
    if platform.system() == "Linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while (number := pipe.recv()) is not None:
        case = made(number, seed)
        pipe.send((number, case.kind, judge(case.seed, case.content, reader)))


class Worker:
    """A process that judges one case at a time."""

    def __init__(self, seed: int, reader: Reader, memory: int) -> None:
        self._make = lambda: self._started(seed, reader, memory)
        self.number = -1
        self._make()

    def _started(self, seed: int, reader: Reader, memory: int) -> None:
        context = multiprocessing.get_context("fork" if platform.system() == "Linux" else "spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_work, args=(other, seed, reader, memory), daemon=True)
        self.process.start()
        other.close()

    def give(self, number: int) -> None:
        self.number, self.began = number, time.monotonic()
        self.pipe.send(number)

    def again(self) -> None:
        """Kill the process and start another."""
        self.stop()
        self._make()

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def results(
    number: int,
    seed: int,
    reader: Reader = clean,
    *,
    workers: int = 2,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Iterator[tuple[int, str, Verdict]]:
    """Yield number, kind and verdict of each case, as they come."""
    todo = iter(range(number))
    crew = [Worker(seed, reader, memory) for _ in range(workers)]
    busy = [worker for worker in crew if _next(worker, todo)]
    while busy:
        ready = wait([worker.pipe for worker in busy], timeout=0.2)
        for worker in list(busy):
            if worker.pipe in ready:
                try:
                    yield worker.pipe.recv()
                except EOFError:
                    yield worker.number, made(worker.number, seed).kind, Verdict(DIED, "the process ended")
                    worker.again()
            elif time.monotonic() - worker.began > seconds:
                yield worker.number, made(worker.number, seed).kind, Verdict(HANG, f"over {seconds:g} s")
                worker.again()
            else:
                continue
            if not _next(worker, todo):
                busy.remove(worker)
    for worker in crew:
        worker.stop()


def _next(worker: Worker, todo: Iterator[int]) -> bool:
    """Give a worker the next case; return whether there was one."""
    number = next(todo, None)
    if number is not None:
        worker.give(number)
    return number is not None


def table(counts: Mapping[tuple[str, str], int]) -> str:
    """The outcomes by kind of damage, as a Markdown table."""
    words = (REFUSED, ACCEPTED, ALONE, *FAULTS)
    kinds = [*sorted({kind for kind, _ in counts}), "all"]
    lines = [f"| damage | {' | '.join(('files', *words))} |", "|---" * (len(words) + 2) + "|"]
    for kind in kinds:
        numbers = [
            sum(n for (of, said), n in counts.items() if said == word and kind in (of, "all"))
            for word in words
        ]
        lines.append(f"| {' | '.join([kind, *(f'{n:,}' for n in (sum(numbers), *numbers))])} |")
    return "\n".join(lines)


def name(case: Case, number: int) -> str:
    """The name under which a damaged file is kept: the export it was, and its number."""
    return f"{case.seed.name}-{number:06d}.{case.seed.form}"


def main(arguments: list[str] | None = None) -> int:
    """Run the cases, print the table, keep the files that show a fault; return 1 if there is one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--number", type=int, default=20_000, help="how many files")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--out", type=Path, default=Path("results/fuzzing"), help="where files that show a fault are kept"
    )
    parser.add_argument("--replay", type=Path, help="one kept file, judged here and now")
    asked = parser.parse_args(arguments)
    if asked.replay:
        verdict = judge(SEEDS[asked.replay.name.split("-")[0]], asked.replay.read_bytes())
        print(verdict.word, verdict.detail)
        return int(verdict.word in FAULTS)
    counts: Counter[tuple[str, str]] = Counter()
    began = time.monotonic()
    for number, kind, verdict in results(asked.number, asked.seed, workers=asked.workers):
        counts[kind, verdict.word] += 1
        if verdict.word in FAULTS:
            case = made(number, asked.seed)
            asked.out.mkdir(parents=True, exist_ok=True)
            (asked.out / name(case, number)).write_bytes(case.content)
            print(
                f"{name(case, number)}: {kind}: {verdict.word}: {verdict.detail}", file=sys.stderr, flush=True
            )
    faults = sum(n for (_, word), n in counts.items() if word in FAULTS)
    print(table(counts))
    minutes = (time.monotonic() - began) / 60
    print(f"\nSeed {asked.seed}, {asked.number:,} files, {minutes:.1f} minutes, {faults} faults.")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
