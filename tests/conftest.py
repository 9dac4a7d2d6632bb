"""The slowest files first, so that no worker is left alone with one; the same examples in every run.

Raw files are the same after all tests as before them.
"""

import pytest
from hypothesis import settings
from raw_digests import changed, digests

SLOWEST = ("test_workflow", "test_front_door", "test_study_refusals", "test_recovery")


def pytest_collection_modifyitems(items):
    """Order the tests by file: the slowest files, then the others as they stand."""
    items.sort(key=lambda item: SLOWEST.index(item.path.stem) if item.path.stem in SLOWEST else len(SLOWEST))


settings.register_profile("same_examples", derandomize=True, deadline=None)
settings.load_profile("same_examples")


BEFORE = pytest.StashKey()


def pytest_sessionstart(session):
    """Note what the raw files hold, once: not in each worker."""
    if not hasattr(session.config, "workerinput"):
        session.config.stash[BEFORE] = digests()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """Let the tests fail where one of them wrote to a raw file."""
    before = session.config.stash.get(BEFORE, None)
    if before is not None and (names := changed(before, digests())):
        print(f"\ntests changed raw files: {', '.join(names)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
