"""How does a clean checkout come to run a study or its tests, with Python alone?

    python run.py report [STUDY]         from raw waves to the report (`outcomes run`, its exit code kept)
    python run.py test [ARGUMENT ...]    the tests; the arguments go to pytest
    python run.py python ARGUMENT ...    the environment's own Python, for `make lint` and the like

Reads locks/*.txt and pyproject.toml; keeps the environment in `.venv`, which belongs to this script: whenever
it is unfinished, outdated, moved or broken, it is made again from nothing. A stamp with the hash of all that
it depends on is written last. The package index is whichever one the user's own pip settings name.

Python 2.7 can read this file (types in comments, no f-strings), so that an older Python gets a sentence.
"""

import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
PROGRAMS = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(PROGRAMS, "python.exe" if os.name == "nt" else "python")
STAMP = os.path.join(VENV, "installed")
LOG = os.path.join(VENV, "setup.log")
USAGE = "run.py knows `report [STUDY]`, `test [pytest arguments]` and `python ARGUMENT ...`."

# These would lead its Python to modules elsewhere, or its pip to install elsewhere or otherwise.
FOREIGN = ["PYTHONHOME", "PYTHONPATH", "PIP_CONSTRAINT", "PIP_NO_BINARY", "PIP_ONLY_BINARY", "PIP_PREFIX"]
FOREIGN += ["PIP_REQUIRE_VIRTUALENV", "PIP_ROOT", "PIP_TARGET"]

# A test file stays on one worker, and files are dealt out in the order that tests/conftest.py gives them.
FILES_APART = ["--dist", "loadfile", "--no-loadscope-reorder"]

# What pip and Python write when a step fails for want of room, of the pinned file, or of the network.
FULL_DISK = ["No space left on device", "Disk quota exceeded"]
OTHER_FILE = ["DO NOT MATCH THE HASHES"]
NO_INDEX = ["No matching distribution", "connection error", "Connection broken", "Max retries", "timed out"]


class SetupError(Exception):
    """The environment cannot be made; the text is one sentence that says why and how to mend it."""


def say(text):
    # type: (str) -> None
    """Show progress at once, also through a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(sentence):
    # type: (str) -> int
    """Print the sentence on stderr and return the exit code of a failure."""
    sys.stderr.write(sentence + "\n")
    return 1


def read(*names):
    # type: (*str) -> bytes
    """Return the bytes of a file of the project."""
    with open(os.path.join(HERE, *names), "rb") as file:
        return file.read()


def fingerprint(kind):
    # type: (str) -> str
    """Return one hash of what the environment depends on: this Python, this place, the locks, the project."""
    import tomllib

    pyproject = tomllib.loads(read("pyproject.toml").decode())
    project = [pyproject["project"], pyproject["build-system"], pyproject.get("tool", {}).get("setuptools")]
    parts = [sys.version, sys.base_prefix, HERE, json.dumps(project, sort_keys=True)]
    locks = [read("locks", name + ".txt") for name in ("build", kind)]
    return hashlib.sha256(b"\n".join([os.fsencode(part) for part in parts] + locks)).hexdigest()


def installed():
    # type: () -> str
    """Return the fingerprint of the finished environment in `.venv`, empty where there is none."""
    if not (os.path.exists(PYTHON) and os.path.isfile(STAMP)):
        return ""
    return read(STAMP).decode()


def is_ready(kind):
    # type: (str) -> bool
    """Tell whether `.venv` serves this kind of run; the test environment serves a report too."""
    return installed() in {fingerprint(kind), fingerprint("test")}


def environment():
    # type: () -> dict[str, str]
    """Return the variables for its programs: one BLAS thread, so that every machine adds up alike."""
    settings = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    path = os.pathsep.join([PROGRAMS, os.environ.get("PATH", os.defpath)])
    settings.update(VIRTUAL_ENV=VENV, PATH=path, PIP_USER="0", PIP_NO_INPUT="1")
    settings.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    return settings


def take_turn(descriptor):
    # type: (int) -> None
    """Lock the open file once no other run holds it; closing it, or any end of this process, unlocks it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run is setting up the environment; waiting for it ...")
            fcntl.flock(descriptor, fcntl.LOCK_EX)


def diagnose(log, free, lock):
    # type: (str, int, str) -> str
    """Return the sentence for a failed step, from its log, the free bytes on the disk and the lock's name."""
    if free < 50e6 or any(sign in log for sign in FULL_DISK):
        cause = "the disk is full: free about 1 GB"
    elif any(sign in log for sign in OTHER_FILE):
        cause = "the package index sent another file than {} pins: name an index that has the original"
    elif any(sign in log for sign in NO_INDEX):
        cause = "no package index was reached that has what {} pins: check the network and your pip settings"
    else:
        cause = "installing {} failed: mend what the log says"
    return (
        "The environment cannot be made, because " + cause.format(lock) + ", then run the same command again "
        "(the log is .venv/setup.log)."
    )


def step(command, lock):
    # type: (list[str], str) -> None
    """Run one command of the set-up, its words kept in the log; raise SetupError where it fails."""
    with open(LOG, "a+b") as log:
        start = log.seek(0, os.SEEK_END)
        code = subprocess.call(
            command,
            cwd=HERE,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            close_fds=False,
        )
        log.seek(start)
        words = log.read().decode("utf-8", "replace")
    if code != 0:
        raise SetupError(diagnose(words, shutil.disk_usage(VENV).free, lock))


def missing_module():
    # type: () -> str
    """Return which of the modules that make an environment this Python lacks (Debian packs them apart)."""
    for name in ("venv", "ensurepip"):
        try:
            importlib.import_module(name)
        except ImportError:
            return name
    return ""


def make_empty():
    # type: () -> None
    """Put a new environment in the place of whatever `.venv` is; raise SetupError if this Python cannot."""
    missing = missing_module()
    if missing:
        raise SetupError(
            "{} lacks the module {}, which makes environments: install it (on Debian and Ubuntu with "
            "`apt install python3-venv`), then run the same command again.".format(sys.executable, missing)
        )
    if os.path.isdir(VENV) and not os.path.islink(VENV):
        shutil.rmtree(VENV)
    elif os.path.lexists(VENV):
        os.remove(VENV)
    os.mkdir(VENV)
    # Where run.py was started by .venv's own Python, sys.executable has just been removed.
    step([getattr(sys, "_base_executable", sys.executable), "-m", "venv", VENV], "Python's own pip")


def install(kind):
    # type: (str) -> None
    """Install the build backend, the lock of this kind and the project itself, then compile to bytecode."""
    # Without isolation, as a build of an sdist in isolation would fetch a backend that no hash pins.
    options = ["--no-deps", "--no-compile", "--no-build-isolation", "--use-pep517"]
    pip = [PYTHON, "-m", "pip", "install"] + options
    for name in ("build", kind):
        lock = "locks/{}.txt".format(name)
        say("  installing what {} pins ...".format(lock))
        step(pip + ["--require-hashes", "-r", lock], lock)
    step(pip + ["--editable", "."], "pyproject.toml")
    say("  compiling ...")
    # The packages' own tests are left out; -j 0 takes every core, where pip's own compiling takes one.
    step([PYTHON, "-m", "compileall", "-q", "-j", "0", "-x", r"[/\\]tests?[/\\]", VENV], "bytecode")


def prepare(kind):
    # type: (str) -> None
    """Make `.venv` serve this kind of run; raise SetupError with the sentence where that cannot be."""
    if is_ready(kind):
        return
    with open(VENV + ".lock", "w") as turn:
        take_turn(turn.fileno())
        # A step that outlives a killed run keeps the lock with it.
        os.set_inheritable(turn.fileno(), True)
        if is_ready(kind):
            return
        say("Setting up the environment in .venv (once, a minute or two) ...")
        adds_to_runtime = installed() == fingerprint("runtime")
        if os.path.lexists(STAMP):
            os.remove(STAMP)
        if not adds_to_runtime:
            make_empty()
        install(kind)
        with open(STAMP + ".new", "w") as file:
            file.write(fingerprint(kind))
        os.replace(STAMP + ".new", STAMP)


def start(command):
    # type: (list[str]) -> int
    """Become the command, so that signals and exit codes are its own; on Windows, return its exit code."""
    os.chdir(HERE)
    if os.name == "nt":
        return subprocess.call(command, env=environment())
    os.execve(command[0], command, environment())


def main(arguments):
    # type: (list[str]) -> int
    """Run `report`, `test` or `python` as the arguments say, or return 1 after one sentence on stderr."""
    verb, rest = (arguments[0] if arguments else ""), arguments[1:]
    if sys.version_info < OLDEST:
        return complain(
            "Python 3.11 or newer is needed and {} is {}: install one and name it, "
            "as in `make report PYTHON=python3.12`.".format(sys.executable, sys.version.split()[0])
        )
    if verb == "report" and len(rest) <= 1:
        studies = [study for study in rest if study]
        kind, command = "runtime", [os.path.join(PROGRAMS, "outcomes"), "run"] + studies
    elif verb == "test":
        kind, command = "test", [PYTHON, "-m", "pytest", "-n", "logical"] + FILES_APART + rest
    elif verb == "python" and rest:
        kind, command = "test", [PYTHON] + rest
    else:
        return complain(USAGE)
    try:
        prepare(kind)
    except SetupError as error:
        return complain(str(error))
    except OSError as error:
        return complain(
            "The environment in .venv cannot be made or read ({}: {}): mend that, "
            "then run the same command again.".format(error.strerror, error.filename)
        )
    except KeyboardInterrupt:
        return complain("Stopped while setting up the environment: run the same command again to finish it.")
    return start(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
