"""On which engines the cases stand: all on SQLite; on PostgreSQL those that rest on what a database does by itself.

With ``COMMONHOLD_WHOLE`` set, as ``scripts/soak suite`` does, every case stands on both.
"""

import os
from typing import Final

import pytest

STORE: Final = ("test_25_", "test_32_", "test_42_", "test_49_", "test_50_", "test_53_invitations_")
"""Cases about names that begin alike, letters, counting at the same time, and what is read after a change."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask for the town on every engine that a case is to stand on."""
    if "town" not in metafunc.fixturenames:
        return
    both = os.environ.get("COMMONHOLD_WHOLE") or metafunc.function.__name__.startswith(STORE)
    metafunc.parametrize("town", ["sqlite", "postgres"] if both else ["sqlite"], indirect=True)
