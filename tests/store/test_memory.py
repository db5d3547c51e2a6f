"""The reference engine does what every engine does."""

from typing import Any

import pytest

from commonhold.core.model import Profile, Row
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Store
from commonhold.store.memory import MemoryStore
from commonhold.store.tables import UNTIL
from commonhold.testing.build import Builder
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


async def test_a_twin_goes_its_own_way() -> None:
    """A twin holds what the store held; what is written to one of them later is not in the other."""
    store = MemoryStore()
    await Builder(store).user("ada")
    twin = store.twin()
    await Builder(store).user("first alone")
    await Builder(twin).user("twin alone")
    named = [{row.name for row in await one.rows(machine(), Rows(Profile))} for one in (store, twin)]
    assert named[0] - named[1] == {"first alone"}
    assert named[1] - named[0] == {"twin alone"}
    assert "ada" in named[0] & named[1]
    assert (await store.instance()).revision == (await twin.instance()).revision
