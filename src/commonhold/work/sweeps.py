"""Sweeps: what is over and counts for nothing is removed, in bounded batches, from time to time.

None of them changes what anybody may do: rights are derived from live rows whose terms hold, swept or not.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from commonhold import logs
from commonhold.core.audit.sealing import forget_origins, head_of, retire, seal_next
from commonhold.core.changes import Broken, Change, Drop, LeaseIs, Set, ShareIs
from commonhold.core.content.sweeping import sweep as sweep_content
from commonhold.core.content.uploading import sweep_uploads
from commonhold.core.core import Core
from commonhold.core.directory.sweeping import sweep_credentials
from commonhold.core.limits import DAY
from commonhold.core.model import Idempotency, Outbox, Share
from commonhold.core.notices.outbox import LEASE, LONGEST_WAIT
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.sharing.rows import end
from commonhold.core.webhooks.kinds import NEVER
from commonhold.settings.values import Audit

HOUR: Final = 3_600_000
KEPT_DAYS: Final = 30  # how long the outbox shows what was told and what could not be
BATCHES: Final = 100  # of each sweep at a time

log = logs.get("work.sweeps")

Step = Callable[[Core], Awaitable[int]]
"""Removes one batch and returns how many it removed; 0: there is nothing left."""


class Sweep(msgspec.Struct, frozen=True):
    """A sweep: its name, how often (milliseconds), and one step of it."""

    name: str
    every: int
    step: Step


async def content(core: Core) -> int:
    """Remove what was in the trash too long, what lay in deleted folders, and bytes without a row."""
    done = await sweep_content(core, core.clock())
    return done.purged + done.cleared + done.blobs if done.more else 0


async def early(core: Core) -> int:
    """Bring forward what waits for a time that nobody waits for: it was written while the clock was ahead."""
    now = core.clock()
    waiting = (Where("done_at", "null"), Where("due_at", "gt", now + 2 * LONGEST_WAIT), Where("due_at", "lt", NEVER))
    leased = (Where("done_at", "null"), Where("lease", "gt", now + 2 * LEASE))
    rows = {row.no: row for where in (waiting, leased) for row in await core.store.rows(machine(), Rows(Outbox, where))}
    changes = [Set(Outbox, (no,), {"due_at": min(row.due_at, now), "lease": 0}) for no, row in rows.items()]
    if changes:
        await core.store.commit(changes, [LeaseIs(row.no, row.lease) for row in rows.values()])
    return len(changes)


async def idempotency(core: Core) -> int:
    """Remove reports to keys that are over."""
    old = (Where("at", "lt", core.clock() - core.limits.idempotency_life),)
    found: list[Idempotency] = await core.store.rows(machine(), Rows(Idempotency, old))
    return await _drop(core, [Drop(Idempotency, (row.actor, row.name)) for row in found])


async def previews(core: Core) -> int:
    """Remove pictures of contents that were drawn long ago: those of contents that are gone among them."""
    return 0 if core.previews is None else await core.previews.sweep(now=core.clock())


async def outbox(core: Core) -> int:
    """Remove what was told long ago."""
    old = (Where("done_at", "lt", core.clock() - KEPT_DAYS * DAY),)
    found: list[Outbox] = await core.store.rows(machine(), Rows(Outbox, old))
    return await _drop(core, [Drop(Outbox, (row.no,)) for row in found])


async def orphans(core: Core) -> int:
    """Remove shares that hang on one that was withdrawn: they never live again."""
    removed, after = 0, None
    hanging = (Where("hangs_on", "notnull"),)
    while page := await core.store.rows(machine(), Rows(Share, hanging, ("hangs_on",), after)):
        above = tuple({share.hangs_on for share in page})
        there = {share.no for share in await core.store.rows(machine(), Rows(Share, (Where("no", "in", above),)))}
        removed += await _end(core, [share for share in page if share.hangs_on not in there])
        after = (page[-1].hangs_on, page[-1].no)
        await asyncio.sleep(0)
    return removed


async def seals(core: Core) -> int:
    """Seal what happened, and tell the log where the chain ends: a witness outside of the database."""
    sealed = await seal_next(core)
    if sealed:
        log.info("audit.sealed", events=sealed, head=str(await head_of(core)))
    return sealed


async def _end(core: Core, shares: list[Share]) -> int:
    changes: list[Change] = []
    for share in shares:
        end(changes, share)
    if changes:
        await core.store.commit(changes, [ShareIs(share.no, share.version) for share in shares])
    return len(shares)


async def _drop(core: Core, changes: list[Change]) -> int:
    if changes:
        await core.store.commit(changes)
    return len(changes)


MINUTE: Final = 60_000

SWEEPS: Final = (
    Sweep("seals", MINUTE, seals),
    Sweep("credentials", HOUR, sweep_credentials),
    Sweep("uploads", HOUR, sweep_uploads),
    Sweep("idempotency", HOUR, idempotency),
    Sweep("content", HOUR, content),
    Sweep("previews", HOUR, previews),
    Sweep("early", HOUR, early),
    Sweep("outbox", DAY, outbox),
    Sweep("orphans", DAY, orphans),
)


def sweeps_for(audit: Audit) -> tuple[Sweep, ...]:
    """Return all sweeps, with those of the audit as the settings say."""
    return (
        *SWEEPS,
        Sweep("events", HOUR, lambda core: retire(core, audit.keep)),
        Sweep("origins", HOUR, lambda core: forget_origins(core, audit.addresses)),
    )


async def sweep_all(core: Core, sweeps: tuple[Sweep, ...] = SWEEPS) -> dict[str, int]:
    """Run every sweep once; return what each removed. One that cannot be done now is left for the next time."""
    removed = {}
    for sweep in sweeps:
        try:
            removed[sweep.name] = await _run(core, sweep)
        except (Problem, Broken) as error:
            log.warning("sweep.postponed", sweep=sweep.name, reason=str(error))
        except Exception:  # a mistake of ours in one sweep must stop neither mail nor others
            log.exception("sweep.mistake", sweep=sweep.name)
    return removed


async def _run(core: Core, sweep: Sweep) -> int:
    removed = 0
    for _ in range(BATCHES):
        found = await sweep.step(core)
        removed += found
        if not found:
            break
        await asyncio.sleep(0)
    if removed:
        log.info("sweep.done", sweep=sweep.name, removed=removed)
    return removed


async def keep_sweeping(
    core: Core, stop: asyncio.Event, sweeps: tuple[Sweep, ...] = SWEEPS, *, look: float = 30.0
) -> None:
    """Run each sweep when it is due, until ``stop`` is set; the first time soon after the start.

    ``look``: seconds between two looks at what is due.
    """
    due = {sweep.name: core.clock() + random.randrange(60_000) for sweep in sweeps}  # noqa: S311 - to spread the load
    while not await stopped(stop, look):
        now = core.clock()
        # what is due later than it can be was put off by a clock that was ahead
        ready = tuple(sweep for sweep in sweeps if not now < due[sweep.name] <= now + sweep.every + MINUTE)
        await sweep_all(core, ready)
        due.update((sweep.name, now + sweep.every) for sweep in ready)


async def stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for ``stop`` at most so long; tell whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
