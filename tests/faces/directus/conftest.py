"""The town on the engines that keep records: furnished once on each, and copied for each test."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.databases import placed
from tests.faces.directus.town import Town, again, furnish, settle
from tests.loops import apart
from tests.postgres import POSTGRES, Server, on_postgres

from commonhold.blobs.memory import MemoryBlobs
from commonhold.core.ports import Store
from commonhold.store.postgres.store import PostgresStore
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import CountedSecrets, TestClock, make_core

DATABASE = "town.db"


def _built(store: Callable[[], Store]) -> Town:
    async def build() -> Town:
        town = await furnish(await settle(make_core(store=store())))
        await town.core.store.close()
        return town

    return apart(build())


@pytest.fixture(scope="session")
def furnished(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Town, Path]:
    """The town in a file, as each test finds it."""
    path = placed(empty_database, tmp_path_factory.mktemp("directus"), DATABASE)
    return _built(lambda: SqliteStore(path, clock=TestClock())), path


@pytest.fixture(scope="session")
def furnished_in_postgres(postgres: Server) -> tuple[Town, str]:
    """The town in a database of PostgreSQL, as each test finds it."""
    url = postgres.fresh()
    return _built(lambda: PostgresStore(url, clock=TestClock())), url


@pytest.fixture(params=["sqlite", POSTGRES])
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """The town, settled and furnished."""
    clock = TestClock()
    if request.param == "postgres":
        first, url = request.getfixturevalue("furnished_in_postgres")
        store: Store = on_postgres(request, clock, url)
    else:
        first, path = request.getfixturevalue("furnished")
        store = SqliteStore(Path(shutil.copy(path, tmp_path / DATABASE)), clock=clock)
    core = make_core(store=store, clock=clock, blobs=MemoryBlobs(clock), secrets=CountedSecrets(b"later"))
    yield again(first, core)
    await core.store.close()


@pytest.fixture(scope="module")
def shared_path(furnished: tuple[Town, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the file for tests of one module that change nothing."""
    return Path(shutil.copy(furnished[1], tmp_path_factory.mktemp("reading") / DATABASE))


@pytest.fixture(params=["sqlite", POSTGRES])
async def hamlet(request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """The town for tests that only read: no copy is made of it for each."""
    clock = TestClock()
    if request.param == "postgres":
        first, url = request.getfixturevalue("furnished_in_postgres")
        store: Store = on_postgres(request, clock, url)
    else:
        first, path = request.getfixturevalue("furnished")[0], request.getfixturevalue("shared_path")
        store = SqliteStore(path, clock=clock)
    core = make_core(store=store, clock=clock, secrets=CountedSecrets(b"reading"))
    yield again(first, core)
    await core.store.close()
