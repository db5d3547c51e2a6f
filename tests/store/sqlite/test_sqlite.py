"""The embedded engine does what every engine does."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from commonhold.core.model import Row
from commonhold.core.ports import Store
from commonhold.store.sqlite.store import SqliteStore
from commonhold.store.tables import UNTIL, columns_of_past
from commonhold.testing.store_contract import Past, Reopen, StoreContract


class TestSqliteStore(StoreContract):
    """The contract, in a file."""

    @pytest.fixture
    async def opened(self) -> AsyncIterator[list[SqliteStore]]:
        """Every store that the test opened; all are closed afterwards."""
        stores: list[SqliteStore] = []
        yield stores
        for store in stores:
            await store.close()

    @pytest.fixture
    def store(self, database: Path, opened: list[SqliteStore]) -> Store:
        """An empty store."""
        opened.append(SqliteStore(database))
        return opened[-1]

    @pytest.fixture
    def reopen(self, database: Path, opened: list[SqliteStore]) -> Reopen:
        """Open the file again."""

        async def again(store: Store) -> Store:
            await store.close()
            opened.append(SqliteStore(database))
            return opened[-1]

        return again

    @pytest.fixture
    def past(self, database: Path) -> Past:
        """Read the past tables."""

        async def read(store: Store, table: type[Row]) -> list[dict[str, Any]]:
            names = columns_of_past(table)
            connection = sqlite3.connect(database)
            found = connection.execute(f"SELECT {', '.join(names)} FROM {table.past} ORDER BY {UNTIL}").fetchall()
            connection.close()
            return [dict(zip(names, row, strict=True)) for row in found]

        return read
