"""Several workers on one database: each row is told by one of them, and none waits for another."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from commonhold.core.changes import TakeDue
from commonhold.core.core import Core
from commonhold.core.model import Outbox
from commonhold.core.notices.outbox import LEASE, done, take
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.settings import load
from commonhold.store.postgres.store import PostgresStore
from commonhold.testing.build import Builder
from commonhold.testing.core import TestClock, make_core
from commonhold.work.worker import Worker

pytestmark = pytest.mark.slow

ROWS = 120
SOON = 20.0  # seconds: far longer than anything here takes, far shorter than waiting for a lock that nobody gives up


@pytest.fixture
async def cores(store: PostgresStore, postgres_database: str) -> AsyncIterator[list[Core]]:
    """Two cores, as two processes have them, and rows that are due."""
    clock, other = TestClock(), PostgresStore(postgres_database)
    await Builder(store).put(*(Outbox(-n, f"row {n}", None, None) for n in range(1, ROWS + 1)))
    yield [make_core(store=one, clock=clock) for one in (store, other)]
    await other.close()


async def test_each_row_once(cores: list[Core]) -> None:
    """Two workers that take and settle at the same time tell every row exactly once."""
    told: list[int] = []

    async def work(core: Core) -> None:
        while rows := await take(core, 7):
            for row in rows:
                told.append(row.no)
                await done(core, row)

    await asyncio.gather(*(work(core) for core in cores for _ in range(2)))
    assert len(told) == len(set(told)) == ROWS
    rows: list[Outbox] = await cores[0].store.rows(machine(), Rows(Outbox))
    assert all(row.done_at is not None for row in rows)


async def test_two_workers(cores: list[Core], tmp_path: Path) -> None:
    """Two real workers leave nothing to do, and each row was settled by one of them."""
    workers = [Worker(core, load({}, {"data": str(tmp_path)})) for core in cores]

    async def run(worker: Worker) -> int:
        count = 0
        while took := await worker.turn():
            count += took
        return count

    assert sum(await asyncio.gather(*map(run, workers))) == ROWS
    rows: list[Outbox] = await cores[0].store.rows(machine(), Rows(Outbox))
    assert all(row.done_at is not None for row in rows)


async def test_nobody_waits(cores: list[Core], postgres_database: str) -> None:
    """While one worker takes rows, and somebody commits for long, another one gets the next rows at once."""
    other = await asyncpg.connect(postgres_database)
    await other.execute("BEGIN; SELECT 1 FROM instance FOR UPDATE")
    held = await other.fetch("SELECT no FROM outbox ORDER BY due_at, no LIMIT 5 FOR UPDATE")

    async with asyncio.timeout(SOON):
        rows = await take(cores[0], 5)

    await other.execute("ROLLBACK")
    await other.close()
    assert len(rows) == 5
    assert not {row.no for row in rows} & {no for (no,) in held}


async def test_what_is_settled_is_not_taken(cores: list[Core]) -> None:
    """A row whose lease ends while its worker settles it is his: nobody takes it in between."""
    clock = cores[0].clock
    (row,) = await take(cores[0], 1)
    assert isinstance(clock, TestClock)
    clock.advance(LEASE)
    first, (second,) = await asyncio.gather(
        done(cores[0], row), _gave(cores[1].store.commit([TakeDue(clock(), clock() + LEASE, 1)]))
    )
    assert first is None
    (found,) = [one for one in await cores[0].store.rows(machine(), Rows(Outbox)) if one.no == row.no]
    assert (found.done_at is not None) != (second.no == row.no and found.lease == clock() + LEASE)


async def _gave(commit: object) -> list[Outbox]:
    found: list[Outbox] = (await commit).gave[0]  # type: ignore[misc]
    return found
