"""While a backup reads, the collector of bytes takes nothing: leases of backups, as rows that every process sees.

A backup takes its lease before it reads the rows, so whatever the collector asked about before has no row in the backup
either; and what it asks about later it leaves, as long as there is a lease. A backup that was killed is forgotten when
its lease is over.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Final

from commonhold.core.changes import Drop, Upsert
from commonhold.core.core import Core
from commonhold.core.model import Setting
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem

LEASE_MS: Final = 10 * 60_000
"""How long a backup is believed to go on without a word from it, in milliseconds."""

RENEWED: Final = 60.0
"""Seconds between two words of a backup that goes on."""

_PREFIX: Final = "backup."


async def backed_up(core: Core) -> bool:
    """Tell whether a backup reads now."""
    now = core.clock()  # a lease that ends later than any can is one of a clock that was ahead
    return any(now < _ends(row) <= now + 2 * LEASE_MS for row in await _leases(core))


@contextlib.asynccontextmanager
async def reading_all(core: Core, renewed: float = RENEWED) -> AsyncIterator[None]:
    """Keep every content that has a row now, or until the end of the block, from being collected.

    ``renewed``: seconds between two words of this backup.
    """
    name = f"{_PREFIX}{secrets.token_hex(8)}"
    over = [row.name for row in await _leases(core) if _ends(row) <= core.clock()]
    await core.store.commit([*(Drop(Setting, (each,)) for each in over), _lease(core, name)])
    renewing = asyncio.create_task(_renew(core, name, renewed))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        await core.store.commit([Drop(Setting, (name,))])


async def _leases(core: Core) -> list[Setting]:
    return await core.store.rows(machine(), Rows(Setting, (Where("name", "prefix", _PREFIX),)))


def _ends(row: Setting) -> int:
    """Return when a lease ends; what is none has ended."""
    return int(row.value) if row.value.isdecimal() else 0


def _lease(core: Core, name: str) -> Upsert:
    return Upsert(Setting(name, str(core.clock() + LEASE_MS)))


async def _renew(core: Core, name: str, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        with contextlib.suppress(Problem):  # a database that is away for a moment: the lease is longer than that
            await core.store.commit([_lease(core, name)])
