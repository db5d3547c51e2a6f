"""The town on every engine that there is: furnished once, and copied for each test."""

import asyncio
import copy
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.faces.arcgis.town import Town, again, furnish, settle
from tests.postgres import POSTGRES, Server, on_postgres

from commonhold.core.ports import Store
from commonhold.store.memory import MemoryStore
from commonhold.store.postgres.store import PostgresStore
from commonhold.store.sqlite.ready import make_ready
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import CountedSecrets, TestClock, make_core

DATABASE = "town.db"


def apart(build: Callable[[], Coroutine[Any, Any, Town]]) -> Town:
    """Run a coroutine in a loop of its own, whether one runs here or not."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(build())).result()


@pytest.fixture(scope="session")
def furnished() -> Town:
    """The town in memory, as each test finds it."""

    async def build() -> Town:
        return await furnish(await settle(make_core()))

    return apart(build)


@pytest.fixture(scope="session")
def furnished_in_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Town, Path]:
    """The town in a database, as each test finds it."""
    path = tmp_path_factory.mktemp("arcgis") / DATABASE
    make_ready(path)

    async def build() -> Town:
        town = await furnish(await settle(make_core(store=SqliteStore(path, clock=TestClock()))))
        await town.core.store.close()
        return town

    return apart(build), path


@pytest.fixture(scope="session")
def furnished_in_postgres(postgres: Server) -> tuple[Town, str]:
    """The town in a database of PostgreSQL, as each test finds it."""
    url = postgres.fresh()

    async def build() -> Town:
        town = await furnish(await settle(make_core(store=PostgresStore(url, clock=TestClock()))))
        await town.core.store.close()
        return town

    return apart(build), url


@pytest.fixture(params=["memory", pytest.param("sqlite", marks=pytest.mark.slow), POSTGRES])
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """The town, settled and furnished."""
    clock = TestClock()
    if request.param == "sqlite":
        first, path = request.getfixturevalue("furnished_in_file")
        store: Store = SqliteStore(Path(shutil.copy(path, tmp_path / DATABASE)), clock=clock)
    elif request.param == "postgres":
        first, url = request.getfixturevalue("furnished_in_postgres")
        store = on_postgres(request, clock, url)
    else:
        first = request.getfixturevalue("furnished")
        store = copied(first)
    core = make_core(store=store, clock=clock, blobs=first.core.blobs, secrets=CountedSecrets(b"later"))
    yield again(first, core)
    await core.store.close()


def copied(town: Town) -> Store:
    """Return a store that holds what the town's store in memory holds."""
    assert isinstance(town.core.store, MemoryStore)
    return copy.deepcopy(town.core.store)


@pytest.fixture
async def hamlet(furnished: Town) -> Town:
    """The town in memory alone: for what no engine can change."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs, secrets=CountedSecrets(b"later"))
    return again(furnished, core)
