"""The town of this dialect, on every engine that there is."""

import pytest
from tests.faces.puter.town import again, furnish, settle
from tests.faces.towns import Plan, furnished, furnished_in_file, furnished_in_postgres, hamlet, town

__all__ = ["furnished", "furnished_in_file", "furnished_in_postgres", "hamlet", "town"]


@pytest.fixture(scope="session")
def plan() -> Plan:
    """How the town is built."""
    return Plan(settle, furnish, again)
