"""Workers on the embedded engine: two of them on one file, as two processes have it, and every mail once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from tests.core.notices.street import Street, address
from tests.databases import placed
from tests.work.peer import listening

from commonhold.core.core import Core
from commonhold.core.identity import Actor
from commonhold.core.sharing.managing import withdraw
from commonhold.settings import Settings
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import TestClock, make_core
from commonhold.work.sweeps import SWEEPS, sweep_all
from commonhold.work.worker import Worker


@pytest.fixture
async def cores(empty_database: Path, tmp_path: Path) -> AsyncIterator[tuple[Core, Core]]:
    """Two cores on one database file."""
    path = placed(empty_database, tmp_path)
    clock = TestClock()
    stores = [SqliteStore(path, clock=clock) for _ in range(2)]
    one = make_core(store=stores[0], clock=clock)
    yield one, msgspec.structs.replace(one, store=stores[1])
    for store in stores:
        await store.close()


async def test_two_workers_on_one_file(cores: tuple[Core, Core]) -> None:
    """Two workers on one file send every mail once, none of what was withdrawn, and tell every member of a group."""
    street = Street(cores[0])
    street.clock = cores[0].clock  # type: ignore[assignment]
    await street.build()
    people = [await street.person(f"p{n}", f"p{n}@example.org") for n in range(20)]
    team = await street.make.group("team", *people)
    await street.share(*people, files=street.files)
    gone = await street.share(address("gone@example.net"))
    await street.link("yan@example.net", files=street.files[:2])
    await street.share(team, files=street.files[:1])
    await withdraw(street.core, Actor(street.alice), [gone.pairs[0].no or 0])
    async with listening() as peer:
        settings = Settings(base_url="https://share.example.org", smtp=peer.smtp)
        workers = [Worker(core, settings) for core in cores]
        while any(await asyncio.gather(*(worker.turn() for worker in workers))):
            pass
        assert sorted(to for to, _ in peer.mails) == sorted(
            [*(f"p{n}@example.org" for n in range(20)), "yan@example.net"]
        )
    assert await street.waiting() == []
    for person in people:
        assert [line.count for line in await street.lines(person)] == [3, 1]
    assert (await sweep_all(cores[1])).keys() == {sweep.name for sweep in SWEEPS}
