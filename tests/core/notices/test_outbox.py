"""The outbox: leases, tries, and what several workers do at once."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.core.notices.street import Street

from commonhold.core.changes import Put, Set
from commonhold.core.model import Outbox
from commonhold.core.notices.outbox import LEASE, LONGEST_WAIT, MINUTE, TRIES, done, failed, take, wait_after
from commonhold.core.policy.allowed import Allowed
from commonhold.core.ports import Rows
from commonhold.store.memory import MemoryStore
from commonhold.testing.core import make_core


async def test_a_taken_row_is_nobody_elses(street: Street) -> None:
    """A row that a worker holds is not given to another one until the lease is over."""
    await street.share(street.bob)
    assert len(await take(street.core)) == 1
    assert await take(street.core) == []
    street.clock.advance(LEASE)
    assert len(await take(street.core)) == 1


async def test_what_is_done_stays_done(street: Street) -> None:
    """A row that was told is never given out again."""
    await street.share(street.bob)
    (row,) = await take(street.core)
    await done(street.core, row)
    street.clock.advance(10 * LEASE)
    assert await take(street.core) == []


async def test_oldest_first_and_bounded(street: Street) -> None:
    """Rows are given out in the order in which they are due, at most as many as asked for, none before its time."""
    now = street.clock()
    await street.make.put(*(Outbox(-n, "share", None, None, due_at=now + 5 - n) for n in range(1, 7)))
    assert [row.due_at for row in await take(street.core, 2)] == [now - 1, now]
    assert await take(street.core) == []


async def test_workers_at_once(street: Street) -> None:
    """However many workers take at the same time, each row is taken by exactly one of them."""
    await street.make.put(*(Outbox(-n, "share", None, None) for n in range(1, 31)))
    taken: list[int] = []

    async def worker() -> None:
        for _ in range(20):
            taken.extend(row.no for row in await take(street.core, 3))
            await asyncio.sleep(0)

    await asyncio.gather(*(worker() for _ in range(4)))
    assert sorted(taken) == sorted({row.no for row in await street.rows()})
    assert len(taken) == 30


class Slow(MemoryStore):
    """A store in which somebody else is always a little faster: he takes every row that was just read."""

    async def rows(self, allowed: Allowed, rows: Rows) -> list[Any]:
        """Return rows that are stale already."""
        found = await super().rows(allowed, rows)
        await self.commit([Set(Outbox, (row.no,), {"lease": 2**60}) for row in found if rows.table is Outbox])
        return found


async def test_the_slower_worker_gets_nothing() -> None:
    """Of two workers that read the same rows the one that is slower to take them gets none."""
    core = make_core(store=Slow())
    await core.store.commit([Put(Outbox(-1, "share", None, None))])
    assert await take(core) == []


async def test_a_late_worker_spoils_nothing(street: Street) -> None:
    """A worker whose lease ran out cannot mark what another one holds, neither as done nor as failed."""
    await street.share(street.bob)
    (late,) = await take(street.core)
    street.clock.advance(LEASE)
    (row,) = await take(street.core)
    await done(street.core, late)
    await failed(street.core, late, "timeout")
    (found,) = await street.waiting()
    assert (found.tries, found.lease) == (0, row.lease)


async def test_tries_back_off_and_end(street: Street) -> None:
    """After a failure a row waits longer each time; after the last try it is over, and the reason is kept."""
    await street.share(street.bob)
    waits = []
    for n in range(1, TRIES + 1):
        (row,) = await take(street.core)
        assert await failed(street.core, row, "unreachable") is (n < TRIES)
        assert await take(street.core) == []
        (row,) = await street.rows()
        waits.append(row.due_at - street.clock())
        street.clock.now = row.due_at
    assert waits == sorted(waits)
    assert (row.tries, row.failed, row.done_at is None) == (TRIES, "unreachable", False)
    assert await take(street.core) == []


async def test_hopeless_is_over_at_once(street: Street) -> None:
    """What can never be told is not tried again."""
    await street.share(street.bob)
    (row,) = await take(street.core)
    assert await failed(street.core, row, "refused", forever=True) is False
    assert await street.waiting() == []


@given(st.integers(1, 200))
def test_waits_grow_within_bounds(tries: int) -> None:
    """The wait is a minute at first, never shrinks, and is never longer than six hours."""
    assert MINUTE <= wait_after(tries) <= wait_after(tries + 1) <= LONGEST_WAIT == 6 * 60 * MINUTE
    assert wait_after(1) == MINUTE
