"""The town on every engine that there is."""

from typing import Any

import pytest
from tests.faces.native.town import Town, again, settle
from tests.faces.towns import Plan, furnished, furnished_in_file, furnished_in_postgres, hamlet, town

__all__ = ["furnished", "furnished_in_file", "furnished_in_postgres", "hamlet", "town"]


@pytest.fixture(scope="session")
def plan() -> Plan:
    """How the town is built: of people alone."""

    async def bare(town: Town) -> Any:
        return town

    return Plan(settle, bare, again)
