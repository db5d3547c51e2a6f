"""The world that the tests of content begin with."""

import pytest
from tests.core.content.world import World


@pytest.fixture
async def world() -> World:
    """Ann and Bob, each with an empty space."""
    return await World.open()
