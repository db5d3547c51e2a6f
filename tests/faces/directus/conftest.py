"""The town in SQLite, which keeps records: furnished once, and copied for each test."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.faces.directus.town import Town, again, furnish, settle

from commonhold.blobs.memory import MemoryBlobs
from commonhold.store.sqlite.ready import make_ready
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import CountedSecrets, TestClock, make_core

DATABASE = "town.db"

R = TypeVar("R")


def apart(build: Callable[[], Coroutine[Any, Any, R]]) -> R:
    """Run a coroutine in a loop of its own, whether one runs here or not."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(build())).result()


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Town, Path]:
    """The town in a database, as each test finds it."""
    path = tmp_path_factory.mktemp("directus") / DATABASE
    make_ready(path)

    async def build() -> Town:
        town = await furnish(await settle(make_core(store=SqliteStore(path, clock=TestClock()))))
        await town.core.store.close()
        return town

    return apart(build), path


@pytest.fixture
async def town(furnished: tuple[Town, Path], tmp_path: Path) -> AsyncIterator[Town]:
    """The town, settled and furnished."""
    first, path = furnished
    clock = TestClock()
    store = SqliteStore(Path(shutil.copy(path, tmp_path / DATABASE)), clock=clock)
    core = make_core(store=store, clock=clock, blobs=MemoryBlobs(clock), secrets=CountedSecrets(b"later"))
    yield again(first, core)
    await core.store.close()


@pytest.fixture(scope="module")
def shared_path(furnished: tuple[Town, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the database for tests of one module that change nothing."""
    return Path(shutil.copy(furnished[1], tmp_path_factory.mktemp("reading") / DATABASE))


@pytest.fixture
async def hamlet(furnished: tuple[Town, Path], shared_path: Path) -> AsyncIterator[Town]:
    """The town for tests that only read: no copy is made."""
    clock = TestClock()
    core = make_core(store=SqliteStore(shared_path, clock=clock), clock=clock, secrets=CountedSecrets(b"reading"))
    yield again(furnished[0], core)
    await core.store.close()
