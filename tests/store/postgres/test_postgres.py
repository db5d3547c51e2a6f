"""The engine of PostgreSQL does what every engine does."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.standing import Standing

from commonhold.core.model import Row
from commonhold.core.ports import Store
from commonhold.store.postgres.store import PostgresStore
from commonhold.store.tables import UNTIL, columns_of_past
from commonhold.testing.store_contract import Past, Reopen, StoreContract

pytestmark = pytest.mark.slow


class TestPostgresStore(StoreContract):
    """The contract, in a database."""

    @pytest.fixture
    async def opened(self) -> AsyncIterator[list[PostgresStore]]:
        """Every store that the test opened; all are closed afterwards."""
        stores: list[PostgresStore] = []
        yield stores
        for store in stores:
            await store.close()

    @pytest.fixture
    def store(self, postgres_standing: Standing, opened: list[PostgresStore]) -> Store:
        """An empty store."""
        opened.append(postgres_standing.store())
        return opened[-1]

    @pytest.fixture
    def reopen(self, postgres_standing: Standing, opened: list[PostgresStore]) -> Reopen:
        """Open the database again."""

        async def again(store: Store) -> Store:
            await store.close()
            opened.append(postgres_standing.store())
            return opened[-1]

        return again

    @pytest.fixture
    def past(self, postgres_standing: Standing) -> Past:
        """Read the past tables."""

        async def read(store: Store, table: type[Row]) -> list[dict[str, Any]]:
            connection = await postgres_standing.connect(postgres_standing.url, {})
            names = ", ".join(columns_of_past(table))
            found = await connection.fetch(f"SELECT {names} FROM {table.past} ORDER BY {UNTIL}")
            await connection.close()
            return [dict(row) for row in found]

        return read
