"""A store of one's own in PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from commonhold.store.postgres.store import PostgresStore


@pytest.fixture
async def store(postgres_database: str) -> AsyncIterator[PostgresStore]:
    """A store of one's own, closed afterwards."""
    found = PostgresStore(postgres_database)
    yield found
    await found.close()
