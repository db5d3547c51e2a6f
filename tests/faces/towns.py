"""A dialect's town on every engine that there is: furnished once on each, and copied for each test.

A dialect's ``conftest.py`` takes the fixtures from here and says in ``plan`` how its town is built.
"""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.databases import placed
from tests.loops import apart
from tests.postgres import POSTGRES, Server, on_postgres

from commonhold.core.core import Core
from commonhold.core.ports import Store
from commonhold.store.memory import MemoryStore
from commonhold.store.postgres.store import PostgresStore
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import CountedSecrets, TestClock, make_core

__all__ = ["Plan", "copied", "furnished", "furnished_in_file", "furnished_in_postgres", "hamlet", "town"]

DATABASE = "town.db"


class Plan(msgspec.Struct, frozen=True):
    """How a dialect's town is built: people ``settle``, it is furnished, and stands ``again`` over another core."""

    settle: Callable[[Core], Awaitable[Any]]
    furnish: Callable[[Any], Awaitable[Any]]
    again: Callable[[Any, Core], Any]

    def built(self, store: Callable[[], Store] | None = None) -> Any:
        """Build a town over a new store, or in memory; a store that was given is closed again."""

        async def build() -> Any:
            town = await self.furnish(await self.settle(make_core(store=store()) if store else make_core()))
            if store is not None:
                await town.core.store.close()
            return town

        return apart(build())


@pytest.fixture(scope="session")
def furnished(plan: Plan) -> Any:
    """The town in memory, as each test finds it."""
    return plan.built()


@pytest.fixture(scope="session")
def furnished_in_file(plan: Plan, empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """The town in a file, as each test finds it."""
    path = placed(empty_database, tmp_path_factory.mktemp("town"), DATABASE)
    return plan.built(lambda: SqliteStore(path, clock=TestClock())), path


@pytest.fixture(scope="session")
def furnished_in_postgres(plan: Plan, postgres: Server) -> tuple[Any, str]:
    """The town in a database of PostgreSQL, as each test finds it."""
    url = postgres.fresh()
    return plan.built(lambda: PostgresStore(url, clock=TestClock())), url


@pytest.fixture(params=["memory", pytest.param("sqlite", marks=pytest.mark.slow), POSTGRES])
async def town(request: pytest.FixtureRequest, plan: Plan, tmp_path: Path) -> AsyncIterator[Any]:
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
    yield plan.again(first, core)
    await core.store.close()


@pytest.fixture
async def hamlet(plan: Plan, furnished: Any) -> Any:
    """The town in memory alone: for what no engine can change."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs, secrets=CountedSecrets(b"later"))
    return plan.again(furnished, core)


def copied(town: Any) -> Store:
    """Return a store that holds what the town's store in memory holds."""
    assert isinstance(town.core.store, MemoryStore)
    return town.core.store.twin()
