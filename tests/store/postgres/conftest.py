"""A store of one's own in PostgreSQL."""

from collections.abc import AsyncIterator

import pytest
from tests.standing import Standing

from commonhold.store.postgres.store import PostgresStore


@pytest.fixture
async def store(postgres_standing: Standing) -> AsyncIterator[PostgresStore]:
    """A store of one's own, closed afterwards."""
    found = postgres_standing.store()
    yield found
    await found.close()
