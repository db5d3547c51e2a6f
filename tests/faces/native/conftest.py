"""The town on every engine that there is."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.faces.native.town import Town, settle
from tests.postgres import POSTGRES, on_postgres

from commonhold.core.ports import Store
from commonhold.store.memory import MemoryStore
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import TestClock, make_core


@pytest.fixture(params=["memory", pytest.param("sqlite", marks=pytest.mark.slow), POSTGRES])
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """The town, settled."""
    clock = TestClock()
    store: Store = MemoryStore(clock())
    if request.param == "sqlite":
        empty = request.getfixturevalue("empty_database")
        store = SqliteStore(Path(shutil.copy(empty, tmp_path / "town.db")), clock=clock)
    elif request.param == "postgres":
        store = on_postgres(request, clock)
    core = make_core(store=store, clock=clock)
    yield await settle(core)
    await core.store.close()


@pytest.fixture
async def hamlet() -> Town:
    """The town in memory alone: for what no engine can change."""
    return await settle(make_core())
