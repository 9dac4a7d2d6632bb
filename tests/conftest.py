"""The slowest files first, so that no worker is left alone with one; the same examples in every run."""

from hypothesis import settings

SLOWEST = ("test_workflow", "test_front_door", "test_study_refusals", "test_recovery")


def pytest_collection_modifyitems(items):
    """Order the tests by file: the slowest files, then the others as they stand."""
    items.sort(key=lambda item: SLOWEST.index(item.path.stem) if item.path.stem in SLOWEST else len(SLOWEST))


settings.register_profile("same_examples", derandomize=True, deadline=None)
settings.load_profile("same_examples")
