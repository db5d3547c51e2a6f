"""The village in which the verbs of sharing are tested."""

import pytest
from tests.core.sharing.village import Village


@pytest.fixture
async def village() -> Village:
    """A new village in memory."""
    return await Village.found()
