"""What every test shares: the lanes (what is skipped where), and how hypothesis searches."""

import gc

from hypothesis import settings
from tests.searching import examples

pytest_plugins = ["pytester", "tests.databases", "tests.lanes", "tests.loops", "tests.postgres"]

# No deadline: a test says what happens, never how fast; speed is measured in bench/.
settings.register_profile("commonhold", deadline=None, print_blob=True, max_examples=examples(30, 100))
settings.load_profile("commonhold")


def pytest_collection_finish() -> None:
    """Let the collector of garbage not look through fifteen thousand tests again and again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
