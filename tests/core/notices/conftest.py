"""A street, ready to share in."""

import pytest
from tests.core.notices.street import Street


@pytest.fixture
async def street() -> Street:
    """Everybody moved in, nothing shared."""
    return await Street().build()
