"""The server goes away, comes back, or is in the way: what was told is there, and what was not is refused whole."""

import asyncio
import contextlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from tests.postgres import OwnServer

from commonhold.core.changes import Commit, CountUse, Put, Set
from commonhold.core.identity import Actor
from commonhold.core.model import Event, Instance, Setting
from commonhold.core.policy.require import machine
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Rows, Search, SharedWith
from commonhold.core.problems import Problem
from commonhold.store.postgres.store import PostgresStore
from commonhold.testing.build import Builder

pytestmark = pytest.mark.slow

WRITES = 1_000
SHARE = 5


@pytest.fixture
def own(postgres_seed: Path) -> Iterator[OwnServer]:
    """A server of one's own, which syncs its disk as any other."""
    server = OwnServer(postgres_seed, fsync="on", full_page_writes="on")
    server.start()
    yield server
    server.stop()


async def test_killed(own: OwnServer) -> None:
    """A server killed while 1,000 commits come in has every commit that was told, and each whole or not at all."""
    url = own.fresh()
    store = PostgresStore(url)
    told: list[Commit] = []
    keys: set[str] = set()
    quarter, half = asyncio.Event(), asyncio.Event()

    async def write(key: str) -> bool:
        commit = store.commit([Put(Setting(key, "")), Put(Event(-1, 0, "x", None, "t")), CountUse(SHARE, None, 0)])
        (done,) = await asyncio.gather(commit, return_exceptions=True)
        if not isinstance(done, Commit):
            assert done == Problem("unavailable")
            await asyncio.sleep(0.05)
            return False
        told.append(done)
        keys.add(key)
        (quarter if len(told) == WRITES // 4 else half if len(told) == WRITES // 2 else asyncio.Event()).set()
        return True

    async def client(number: int) -> None:
        for at in range(number, WRITES, 32):
            tries = count()
            while not await write(f"{at} {next(tries)}"):
                pass

    async def kill() -> None:
        for moment in (quarter, half):
            await moment.wait()
            await asyncio.to_thread(own.kill)
            await asyncio.to_thread(own.start)

    await asyncio.gather(kill(), *(client(number) for number in range(32)))
    await store.close()

    connection = await asyncpg.connect(url)
    settings = {name for (name,) in await connection.fetch("SELECT name FROM setting")}
    events = {no for (no,) in await connection.fetch("SELECT no FROM event")}
    used = await connection.fetchval("SELECT used FROM use")
    instance = Instance(*await connection.fetchrow("SELECT revision, people_at, tree_at, next_no FROM instance"))
    await connection.close()
    assert len(told) == WRITES
    assert keys <= settings
    assert {done.no(-1) for done in told} <= events
    assert len(settings) == len(events) == used == instance.revision
    assert len({done.revision for done in told}) == len(told)


async def test_away_and_back(own: OwnServer) -> None:
    """While there is no server every question and every commit is unavailable; then all goes on as before."""
    store = PostgresStore(own.fresh())
    await Builder(store).put(Setting("before", ""))
    await asyncio.to_thread(own.kill)

    for ask in (
        lambda: store.who(b""),
        lambda: store.look(Look(Actor())),
        lambda: store.rows(machine(), Rows(Setting)),
        lambda: store.shared_with(machine(), SharedWith(20)),
        lambda: store.search(machine(), Search(("a",))),
        lambda: store.commit([Put(Setting("during", ""))]),
        store.instance,
        store.records.catalog,
    ):
        with pytest.raises(Problem, match="unavailable"):
            await ask()
    await asyncio.to_thread(own.start)
    await Builder(store).put(Setting("after", ""))

    assert [row.name for row in await store.rows(machine(), Rows(Setting))] == ["after", "before"]
    await store.close()


async def test_idle_connections_that_were_ended(store: PostgresStore, postgres_database: str) -> None:
    """Connections that the server ended while nobody used them are opened anew, and nobody notices."""
    await Builder(store).put(Setting("a", ""))
    await store.look(Look(Actor()))
    await store.rows(machine(), Rows(Setting))
    connection = await asyncpg.connect(postgres_database)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()

    await store.look(Look(Actor()))
    await Builder(store).put(Setting("b", ""))

    assert [row.name for row in await store.rows(machine(), Rows(Setting))] == ["a", "b"]


async def test_a_deadlock_is_tried_again(store: PostgresStore, postgres_database: str) -> None:
    """A commit that the server breaks off, because somebody else's transaction stood in its way, is written again."""
    await Builder(store).put(Setting("a", "1"))
    other = await asyncpg.connect(postgres_database)
    await other.execute("BEGIN; SET LOCAL deadlock_timeout = '1h'; SELECT 1 FROM setting WHERE name = 'a' FOR UPDATE")
    commit = asyncio.create_task(store.commit([Set(Setting, ("a",), {"value": "2"})]))
    await asyncio.sleep(0.2)  # it holds the row of the installation, and waits for the setting
    held = asyncio.create_task(other.execute("SELECT 1 FROM instance FOR UPDATE"))
    await asyncio.sleep(1.5)  # the server found that they wait for one another
    await held
    await other.execute("COMMIT")

    assert (await commit).revision == 2
    await other.close()
    assert (await Builder(store).get(Setting, "a")).value == "2"


async def test_two_stores(store: PostgresStore, postgres_database: str) -> None:
    """Two processes write at the same time: no number or revision is given twice, and nothing is lost."""
    other = PostgresStore(postgres_database)
    commits = await asyncio.gather(
        *(
            one.commit([Put(Setting(f"{at} {n}", "")), Put(Event(-1, at, "x", None, "t")), CountUse(SHARE, None, at)])
            for at in range(100)
            for n, one in enumerate((store, other))
        )
    )
    await other.close()

    assert sorted(done.revision for done in commits) == list(range(1, 201))
    assert len({done.no(-1) for done in commits}) == 200


async def test_given_up(store: PostgresStore) -> None:
    """A question or commit that is given up in the middle leaves nothing behind that disturbs the next."""
    for _ in range(20):
        tasks = [asyncio.create_task(store.look(Look(Actor()))), asyncio.create_task(store.instance())]
        await asyncio.sleep(0.0005)
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    await Builder(store).put(Setting("a", ""))
    assert (await store.instance()).revision == 1
