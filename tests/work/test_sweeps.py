"""Sweeps: what is over is removed, what counts stays, and no decision changes by it."""

import asyncio
from typing import Any

import pytest
from tests.core.notices.street import Street

from commonhold.core.audit.verifying import verify
from commonhold.core.core import Core
from commonhold.core.identity import Actor
from commonhold.core.limits import DAY
from commonhold.core.model import (
    Credential,
    CredentialKind,
    Event,
    Idempotency,
    Item,
    Outbox,
    Seal,
    Share,
    Throttle,
    Use,
)
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import decide
from commonhold.core.sharing.managing import withdraw
from commonhold.core.webhooks.kinds import NEVER
from commonhold.settings.values import Audit
from commonhold.work.sweeps import KEPT_DAYS, SWEEPS, Sweep, keep_sweeping, sweep_all, sweeps_for


@pytest.fixture
async def street() -> Street:
    """Everybody moved in, nothing shared."""
    return await Street().build()


async def left(street: Street, table: type[Any]) -> list[Any]:
    """Sweep, and return the rows that are left."""
    await sweep_all(street.core)
    return await street.rows(table)


async def test_old_reports_and_counters(street: Street) -> None:
    """Reports to keys that are over and counters of past windows go; those that count stay."""
    now, limits = street.clock(), street.core.limits
    await street.make.put(
        Idempotency(1, "old", b"", b"", now - limits.idempotency_life - 1),
        Idempotency(1, "new", b"", b"", now - limits.idempotency_life),
        Throttle("old", now - limits.login_window - 1, 3),
        Throttle("new", now, 3),
    )
    assert [row.name for row in await left(street, Idempotency)] == ["new"]
    assert [row.subject for row in await left(street, Throttle)] == ["new"]


async def test_old_letters(street: Street) -> None:
    """What was told long ago goes; what was told lately, and what still waits however old it is, stays."""
    old, lately = street.clock() - KEPT_DAYS * DAY - 1, street.clock() - DAY
    rows = [Outbox(-n, "share", None, None, done_at=at, failed="x") for n, at in enumerate((old, lately, None), 1)]
    await street.make.put(*rows)
    assert [row.done_at for row in await left(street, Outbox)] == [lately, None]


async def test_expired_credentials(street: Street) -> None:
    """Credentials that are over go, all others stay."""
    now = street.clock()
    ends = (now - 1, now + 1, None)
    rows = [
        Credential(-n, f"u{n}", bytes([n]), CredentialKind.SESSION, street.bob, until=at)
        for n, at in enumerate(ends, 1)
    ]
    await street.make.put(*rows)
    assert [row.until for row in await left(street, Credential)] == [now + 1, None]


async def test_orphans(street: Street) -> None:
    """What hangs on a withdrawn share, at whatever depth, is removed with its small rows; nobody's right changes."""
    make, file = street.make, street.files[0]
    first = await make.share(file, street.bob, mask=Kind(63))
    second = await make.share(file, street.carol, mask=Kind(63), hangs_on=first, stands_on=street.bob)
    third = await make.share(file, street.dan, hangs_on=second, stands_on=street.carol)
    other = await make.share(street.files[1], street.bob, mask=Kind(63))
    kept = await make.share(street.files[1], street.carol, hangs_on=other, stands_on=street.bob)
    await make.put(Use(third, 2))
    assert {row.no for row in await left(street, Share)} == {first, second, third, other, kept}
    await withdraw(street.core, Actor(street.alice), [first])
    with pytest.raises(Problem, match="unknown_item"):
        await decide(street.core, Actor(street.dan), file)
    assert {row.no for row in await left(street, Share)} == {other, kept}
    assert (await decide(street.core, Actor(street.carol), street.files[1])).actions


async def test_the_trash(street: Street) -> None:
    """The trash is emptied of what lay there too long."""
    await street.make.set(Item, street.files[0], life="trashed", trashed_at=street.clock(), name_key=None)
    assert (await street.make.get(Item, street.files[0])).life == "trashed"
    street.clock.advance((street.core.limits.trash_days + 1) * DAY)
    await sweep_all(street.core)
    assert (await street.make.get(Item, street.files[0])).life == "deleted"


async def test_one_bad_sweep(street: Street) -> None:
    """A sweep that stumbles, or meets a database that does not answer, keeps no other from its work."""

    async def stumble(core: Core) -> int:
        raise KeyError("x")

    async def refuse(core: Core) -> int:
        raise Problem("unavailable")

    ran = []

    async def run(core: Core) -> int:
        ran.append(1)
        return 1 if len(ran) < 3 else 0

    found = await sweep_all(street.core, (Sweep("a", 1, stumble), Sweep("b", 1, refuse), Sweep("c", 1, run)))
    assert found == {"c": 2}


async def test_each_in_its_time(street: Street) -> None:
    """A sweep runs soon after the start, and again when its time has passed."""
    stop, ran = asyncio.Event(), asyncio.Semaphore(0)

    async def run(core: Core) -> int:
        ran.release()
        return 0

    running = asyncio.create_task(keep_sweeping(street.core, stop, (Sweep("a", DAY, run),), look=0.001))
    for passed in (60_000, DAY):
        await asyncio.sleep(0.01)
        assert ran.locked()
        street.clock.advance(passed)
        await ran.acquire()
    stop.set()
    await running


async def test_a_clock_that_was_ahead(street: Street) -> None:
    """What was put off by a clock that was years ahead waits no longer; what waits as it should goes on."""
    now = street.clock()
    await street.make.put(
        Outbox(101, "x", 1, None, due_at=now + 10 * 365 * DAY),
        Outbox(102, "x", 1, None, due_at=now, lease=now + 10 * 365 * DAY),
        Outbox(103, "x", 1, None, due_at=now + 1000, lease=now + 1000),
        Outbox(104, "x", 1, None, due_at=NEVER),
    )
    await sweep_all(street.core)
    rows = {row.no: (row.due_at, row.lease) for row in await street.rows(Outbox)}
    assert {no: rows[no] for no in (101, 102, 103, 104)} == {
        101: (now, 0), 102: (now, 0), 103: (now + 1000, now + 1000), 104: (NEVER, 0),
    }  # fmt: skip


async def test_sweeps_when_the_clock_is_set_back(street: Street) -> None:
    """A sweep that was put off by a clock that was ahead is made at once, not years later."""
    ran, stop = asyncio.Semaphore(0), asyncio.Event()

    async def run(_: Core) -> int:
        ran.release()
        return 0

    running = asyncio.create_task(keep_sweeping(street.core, stop, (Sweep("a", DAY, run),), look=0.001))
    await asyncio.sleep(0)  # it begins, by the clock that is ahead
    street.clock.advance(-10 * 365 * DAY)
    await ran.acquire()
    stop.set()
    await running


async def test_it_stops(street: Street) -> None:
    """Sweeping ends when it is told to."""
    stop = asyncio.Event()
    running = asyncio.create_task(keep_sweeping(street.core, stop, SWEEPS))
    await asyncio.sleep(0)
    stop.set()
    await running


async def test_what_the_audit_keeps_is_a_setting(street: Street) -> None:
    """Events are sealed; after as many days as settings say they go, and addresses before them."""
    core = street.core
    await street.share(street.bob)
    events = await street.rows(Event)
    assert (await sweep_all(core, sweeps_for(Audit())))["seals"] == len(events) > 0
    street.clock.advance(3 * DAY)
    await sweep_all(core, sweeps_for(Audit(keep=5)))
    assert len(await street.rows(Event)) == len(events)
    await sweep_all(core, sweeps_for(Audit(keep=1, addresses=1)))
    assert len(await street.rows(Seal)) == 2
    assert await street.rows(Event) == []
    assert (await verify(core)).finding is None
