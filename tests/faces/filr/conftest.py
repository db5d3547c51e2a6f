"""The town of this dialect, on every engine that there is."""

import pytest
from tests.faces.filr.town import again, furnish, settle
from tests.faces.towns import Plan, furnished, furnished_in_file, furnished_in_postgres, hamlet, town

__all__ = ["furnished", "furnished_in_file", "furnished_in_postgres", "hamlet", "town"]


@pytest.fixture(scope="session")
def plan() -> Plan:
    """How the town is built."""
    return Plan(settle, furnish, again)


@pytest.fixture(params=["json", "xml"])
def form(request: pytest.FixtureRequest) -> str:
    """How bodies are sent and asked for."""
    return str(request.param)
