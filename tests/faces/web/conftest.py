"""The site on every engine that there is."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.faces.web.site import Site
from tests.postgres import POSTGRES, on_postgres

from commonhold.core.ports import Store
from commonhold.store.memory import MemoryStore
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import TestClock, make_core


@pytest.fixture(params=["memory", pytest.param("sqlite", marks=pytest.mark.slow), POSTGRES])
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    """The site on each engine."""
    clock = TestClock()
    store: Store = MemoryStore(clock())
    if request.param == "sqlite":
        empty = request.getfixturevalue("empty_database")
        store = SqliteStore(Path(shutil.copy(empty, tmp_path / "site.db")), clock=clock)
    elif request.param == "postgres":
        store = on_postgres(request, clock)
    core = make_core(store=store, clock=clock)
    yield await Site.found(core)
    await core.store.close()


@pytest.fixture
async def hut() -> Site:
    """The site in memory alone: for what no engine can change."""
    return await Site.found(make_core())
