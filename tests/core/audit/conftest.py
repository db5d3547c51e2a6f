"""A town on each engine, with somebody who writes past the program."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.core.audit.tampering import InMemory, Intruder, in_postgres, in_sqlite
from tests.core.audit.town import Town
from tests.postgres import POSTGRES

from commonhold.store.memory import MemoryStore
from commonhold.store.postgres.store import PostgresStore
from commonhold.store.sqlite.ready import make_ready
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import START

ENGINES = ["memory", pytest.param("sqlite", marks=pytest.mark.slow), POSTGRES]


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the program makes it."""
    path = tmp_path_factory.mktemp("empty") / "commonhold.db"
    make_ready(path)
    return path


@pytest.fixture(params=ENGINES)
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """A town with twelve events under three seals, and two more."""
    store: MemoryStore | SqliteStore | PostgresStore
    if request.param == "memory":
        store = MemoryStore(START)
        intruder: Intruder = InMemory(store)
    elif request.param == "sqlite":
        path = Path(shutil.copy(request.getfixturevalue("empty"), tmp_path / "commonhold.db"))
        store, intruder = SqliteStore(path), in_sqlite(path)
    else:
        url = request.getfixturevalue("postgres_database")
        store, intruder = PostgresStore(url), in_postgres(url)
    found = Town(store, intruder)
    await found.live(14)
    yield found
    await store.close()
