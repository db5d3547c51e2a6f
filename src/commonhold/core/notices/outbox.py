"""The outbox: rows that wait to be told, taken under a lease, done or tried again later.

A row is written in the transaction of its cause (``notices.changes``, ``directory.letters``), so it exists exactly if
its cause does. A worker that dies keeps its lease for ``LEASE`` and then another one takes the row: what was sent in
between is sent twice, never not at all.
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonhold.core.changes import Broken, Change, LeaseIs, Set, TakeDue
from commonhold.core.core import Core
from commonhold.core.model import Outbox
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where

MINUTE: Final = 60_000
LEASE: Final = 5 * MINUTE  # several times what sending one message may take
TRIES: Final = 12  # with the waits below: given up after a good twenty hours
LONGEST_WAIT: Final = 360 * MINUTE


def wait_after(tries: int) -> int:
    """Return how long to wait after this many failures: a minute, doubled each time, six hours at most."""
    return min(MINUTE << (tries - 1), LONGEST_WAIT)


async def take(core: Core, limit: int = 10) -> list[Outbox]:
    """Take rows that are due, for ``LEASE`` ms; nobody else gets them meanwhile. Looked at first: mostly nothing is."""
    now = core.clock()
    due = (Where("done_at", "null"), Where("due_at", "le", now), Where("lease", "le", now))
    if not await core.store.rows(machine(), Rows(Outbox, due, ("due_at",), limit=1)):
        return []
    commit = await core.store.commit([TakeDue(now, now + LEASE, limit)])
    taken: list[Outbox] = commit.gave[0]
    return taken


async def done(core: Core, row: Outbox) -> None:
    """Mark a taken row as told, or as not to be told any more."""
    await settle(core, row, {"done_at": core.clock()})


async def failed(core: Core, row: Outbox, reason: str, *, forever: bool = False) -> bool:
    """Note why a taken row could not be told, in a word of ours; tell whether it will be tried again."""
    now, tries = core.clock(), row.tries + 1
    values = {"tries": tries, "failed": reason, "lease": 0, "due_at": now + wait_after(tries)}
    over = forever or tries >= TRIES
    await settle(core, row, {**values, "done_at": now} if over else values)
    return not over


async def settle(core: Core, row: Outbox, values: Mapping[str, Any], more: Sequence[Change] = ()) -> None:
    """Write what became of a row, and what comes with it, unless its lease ran out and another worker has it."""
    with contextlib.suppress(Broken):
        await core.store.commit([*more, Set(Outbox, (row.no,), values)], [LeaseIs(row.no, row.lease)])
