"""How long hypothesis searches: briefly in the quick suite, thoroughly where every lane is run (``.ci/run``)."""

import os
from typing import Final

THOROUGH: Final = bool(os.environ.get("COMMONHOLD_NO_SKIP"))  # read here: lanes.py is a plugin, and is loaded as such


def examples(quick: int, thorough: int) -> int:
    """Return how many examples a test tries."""
    return thorough if THOROUGH else quick
