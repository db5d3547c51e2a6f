"""How long hypothesis searches: briefly in the quick suite, longer where every lane is run (``.ci/run``).

``COMMONHOLD_WHOLE=1``, as ``scripts/soak suite`` sets it, has everything tried that a test knows.
"""

import os
from typing import Final

WHOLE: Final = bool(os.environ.get("COMMONHOLD_WHOLE"))
LANES: Final = bool(os.environ.get("COMMONHOLD_NO_SKIP"))  # read here: lanes.py is a plugin, and is loaded as such
SHARE: Final = 4
"""The part of the whole that is tried where every lane is run; its examples are others in each run."""


def examples(quick: int, whole: int) -> int:
    """Return how many examples a test tries."""
    if WHOLE:
        return whole
    return max(quick, whole // SHARE) if LANES else quick
