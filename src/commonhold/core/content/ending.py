"""Ending items for good: a tombstone keeps number and uid; names, contents and shares go, and the bytes are given back.

A folder's tombstone puts everything below out of reach at once. While it has ``trashed_at``, what is below has still
to be cleared out, a bounded batch at a time; each folder met there gets the same mark.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from commonhold.core.changes import Change, Charge, DropWhere, Guard, Set, StampIs
from commonhold.core.content.steps import write
from commonhold.core.content.subtree import rows_in
from commonhold.core.core import Core, Placeholders, attempt, happened
from commonhold.core.identity import Actor
from commonhold.core.model import Item, Life, Share, Version
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.require import machine
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.roles import ItemKind
from commonhold.core.sharing.rows import end


async def end_items(core: Core, actor: Actor, allowed: Allowed, items: Sequence[Item], now: int) -> None:
    """Commit the end of at most a page of items, and record it.

    :raises Broken: one of them changed meanwhile
    """
    number = Placeholders()
    events = [happened(number(), now, actor, "item.purged", item=item.no) for item in items]
    changes, guards = await _endings(core, allowed, items, now)
    await write(core, [*changes, *events], guards)


async def _endings(core: Core, allowed: Allowed, items: Sequence[Item], now: int) -> tuple[list[Change], list[Guard]]:
    """Return what ends items, and the guards that nothing was put into them meanwhile."""
    spaces = {item.no: item.space for item in items if item.kind is ItemKind.FILE}
    freed = Counter[int]()
    async for version in rows_in(core, allowed, Version, "item", spaces):
        freed[spaces[version.item]] += version.size
    changes: list[Change] = [Set(Item, (item.no,), _erased(item, now)) for item in items]
    changes += [DropWhere(Version, "item", no) for no in spaces]
    changes += [Charge(space, -size) for space, size in freed.items()]
    async for share in rows_in(core, allowed, Share, "item", [item.no for item in items]):
        end(changes, share)
    return changes, [StampIs(item.no, item.stamp) for item in items]


def _erased(item: Item, now: int) -> dict[str, Any]:
    """Return the columns of a tombstone: nothing in it tells what it was called or held."""
    return {
        "life": Life.DELETED,
        "name": None,
        "name_key": None,
        "size": 0,
        "media": None,
        "sha256": None,
        "version": None,
        "ref": None,
        "url": None,
        "attributes": "{}",
        "stamp": item.stamp + 1,
        "changed_at": now,
        "trashed_at": now if item.kind is ItemKind.FOLDER else None,
        "trashed_by": None,
    }


async def clear(core: Core, now: int, batches: int) -> int:
    """Clear out deleted folders, at most ``batches`` commits; returns how many were made: fewer when all is done."""
    for done in range(batches):
        if not await attempt(lambda: _clear_one(core, now)):
            return done
    return batches


async def _clear_one(core: Core, now: int) -> bool:
    """End a page of what lies in one deleted folder; the last page takes its mark away."""
    allowed = machine()
    marked = (Where("life", "eq", Life.DELETED), Where("trashed_at", "notnull"))
    folders: list[Item] = await core.store.rows(allowed, Rows(Item, marked, ("trashed_at",), limit=1))
    if not folders:
        return False
    folder = folders[0]
    inside = (Where("parent", "eq", folder.no), Where("life", "ne", Life.DELETED))
    items: list[Item] = await core.store.rows(allowed, Rows(Item, inside))
    changes, guards = await _endings(core, allowed, items, now)
    if len(items) < LONGEST_PAGE:
        changes.append(Set(Item, (folder.no,), {"trashed_at": None}))
    await write(core, changes, guards)
    return True
