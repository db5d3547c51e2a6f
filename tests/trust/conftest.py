"""The town of all faces: furnished once for each process of tests, and copied for each test."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.trust.town import Town, furnish, reopened, settle

from commonhold.store.sqlite.ready import make_ready
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import TestClock, make_core

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


@pytest.fixture
async def town(furnished: tuple[Town, Path], tmp_path: Path) -> AsyncIterator[Town]:
    """The town, settled and furnished."""
    first, path = furnished
    town = reopened(first, Path(shutil.copy(path, tmp_path / DATABASE)))
    yield town
    await town.core.store.close()
