"""The reference engine does what every engine does."""

from typing import Any

import pytest

from commonhold.core.model import Row
from commonhold.core.ports import Store
from commonhold.store.memory import MemoryStore
from commonhold.store.tables import UNTIL
from commonhold.testing.store_contract import Past, Reopen, StoreContract


class TestMemoryStore(StoreContract):
    """The contract, in memory: nothing outlives the process, so opening again goes on with the same tables."""

    @pytest.fixture
    def store(self) -> Store:
        """An empty store."""
        return MemoryStore()

    @pytest.fixture
    def reopen(self) -> Reopen:
        """Open again what is in memory."""

        async def again(store: Store) -> Store:
            assert isinstance(store, MemoryStore)
            await store.close()
            return store.open_again()

        return again

    @pytest.fixture
    def past(self) -> Past:
        """Read the past tables."""

        async def read(store: Store, table: type[Row]) -> list[dict[str, Any]]:
            assert isinstance(store, MemoryStore)
            return sorted((row for kind, row in store.past if kind is table), key=lambda row: row[UNTIL])

        return read
