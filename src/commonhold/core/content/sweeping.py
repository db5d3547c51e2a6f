"""What the worker clears away: what was in the trash too long, what lay in deleted folders, and bytes without a row."""

from collections.abc import Collection
from typing import Final

import msgspec

from commonhold.core.content.backing_up import backed_up
from commonhold.core.content.ending import clear, end_items
from commonhold.core.content.subtree import rows_in
from commonhold.core.core import Core, attempt
from commonhold.core.identity import Actor
from commonhold.core.limits import DAY
from commonhold.core.model import Item, Life, Version
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where

WORKER: Final = Actor(face="worker")


class Swept(msgspec.Struct, frozen=True):
    """What one sweep did: items whose time in the trash was over, commits that cleared folders out, bytes removed.

    ``more``: there was more to do than one sweep does; sweep again soon.
    """

    purged: int
    cleared: int
    blobs: int
    more: bool


async def sweep(core: Core, now: int, *, batches: int = 100) -> Swept:
    """Clear away what nobody can reach any more, in at most ``batches`` commits of each kind.

    During a backup all bytes stay.
    """
    purged = pages = 0
    while pages < batches and (found := await attempt(lambda: _purge_page(core, now))):
        purged, pages = purged + found, pages + 1
    cleared = await clear(core, now, batches)

    async def known(keys: Collection[str]) -> Collection[str]:
        """Tell which keys of bytes a content names, copies name the same ones; all that a backup may still read."""
        named = {version.blob async for version in rows_in(core, machine(), Version, "blob", keys)}
        return keys if await backed_up(core) else named  # asked last: a backup that begins later reads later rows

    return Swept(purged, cleared, await core.blobs.sweep(known, now=now), batches in (pages, cleared))


async def _purge_page(core: Core, now: int) -> int:
    """End a page of what was thrown away more than ``limits.trash_days`` ago."""
    over = (Where("trashed_at", "lt", now - core.limits.trash_days * DAY), Where("life", "eq", Life.TRASHED))
    found: list[Item] = await core.store.rows(machine(), Rows(Item, over, ("trashed_at",)))
    if found:
        await end_items(core, WORKER, machine(), found, now)
    return len(found)
