"""The town of all faces: furnished once for each process of tests, and copied for each test."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.loops import apart
from tests.postgres import Server, on_postgres
from tests.trust.town import Town, again, furnish, reopened, settle

from commonhold.store.postgres.store import PostgresStore
from commonhold.store.sqlite.ready import make_ready
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import CountedSecrets, TestClock, make_core

DATABASE = "town.db"


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Town, Path]:
    """The town in a file, as each test finds it."""
    path = tmp_path_factory.mktemp("trust") / DATABASE
    make_ready(path)

    async def build() -> Town:
        clock = TestClock()
        town = await furnish(await settle(make_core(store=SqliteStore(path, clock=clock), clock=clock)))
        await town.core.store.close()
        return town

    with ThreadPoolExecutor(1) as pool:  # a loop of its own, whether one runs here or not
        return pool.submit(lambda: asyncio.run(build())).result(), path


@pytest.fixture(scope="session")
def furnished_in_postgres(postgres: Server) -> tuple[Town, str]:
    """The town in a database of PostgreSQL, as each test finds it."""
    url = postgres.fresh()

    async def build() -> Town:
        clock = TestClock()
        town = await furnish(await settle(make_core(store=PostgresStore(url, clock=clock), clock=clock)))
        await town.core.store.close()
        return town

    return apart(build()), url


@pytest.fixture
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """The town, settled and furnished: in a file, or where a test is asked for on PostgreSQL, there."""
    if getattr(request, "param", "sqlite") == "postgres":
        first, url = request.getfixturevalue("furnished_in_postgres")
        clock = TestClock(first.clock())
        store = on_postgres(request, clock, url)
        secrets = CountedSecrets(b"later")
        town = again(first, make_core(store=store, clock=clock, blobs=first.core.blobs, secrets=secrets))
    else:
        first, path = request.getfixturevalue("furnished")
        town = reopened(first, Path(shutil.copy(path, tmp_path / DATABASE)))
    yield town
    await town.core.store.close()
