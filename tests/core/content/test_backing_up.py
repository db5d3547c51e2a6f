"""The lease of a backup: as long as it is renewed, nothing is collected; one that was left ends by itself."""

import asyncio

from commonhold.core.changes import Upsert
from commonhold.core.content.backing_up import LEASE_MS, backed_up, reading_all
from commonhold.core.model import Setting
from commonhold.testing.core import TestClock, make_core


async def test_a_lease_is_renewed() -> None:
    """A backup that goes on is believed however long it takes; when it ends, so does its lease at once."""
    clock = TestClock()
    core = make_core(clock=clock)
    assert not await backed_up(core)
    async with reading_all(core, renewed=0.001):
        for _ in range(3):
            clock.advance(LEASE_MS + 1)
            async with asyncio.timeout(30):
                while not await backed_up(core):  # noqa: ASYNC110 - what it waits for is a row
                    await asyncio.sleep(0.001)
    assert not await backed_up(core)


async def test_two_backups() -> None:
    """The end of one backup does not end the lease of another."""
    core = make_core()
    async with reading_all(core):
        async with reading_all(core):
            pass
        assert await backed_up(core)
    assert not await backed_up(core)


async def test_a_clock_that_was_ahead() -> None:
    """A lease from a time that has not come yet, taken while the clock was years ahead, keeps nothing for years."""
    clock = TestClock()
    core = make_core(clock=clock)
    async with reading_all(core):
        clock.advance(-1_000_000_000)
        assert not await backed_up(core)


async def test_what_was_left() -> None:
    """The lease of a backup that was killed, and a setting that is no lease, count for nothing, and go."""
    clock = TestClock()
    core = make_core(clock=clock)
    await core.store.commit([Upsert(Setting("backup.killed", str(clock()))), Upsert(Setting("backup.odd", "{}"))])
    assert not await backed_up(core)
    async with reading_all(core):
        assert await backed_up(core)
    assert not await backed_up(core)
