"""The next content of a file in numbered parts, which come in any order and at the same time; joined when all are here.

Each part is an upload of its own (``content.uploading``), named after the file and its number; sent again, it replaces
the one before. The bytes of a part are durable before its row is written.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from commonhold.core.changes import Change, Drop, Put
from commonhold.core.content.files import put_content
from commonhold.core.content.steps import Asked, Collision
from commonhold.core.content.versions import file_to_write
from commonhold.core.core import Core, judge
from commonhold.core.directory.reading import page_of
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item, Upload
from commonhold.core.policy.require import machine
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Where
from commonhold.core.problems import Problem
from commonhold.core.staging import Staging

PARTS: Final = 10_000  # numbers of parts


async def put_part(core: Core, actor: Actor, ref: ItemRef, number: int, chunks: AsyncIterator[bytes]) -> int:
    """Keep one part of a file's next content; returns its size in bytes.

    :raises Problem: unknown_item, forbidden, not_a_file, in_trash, invalid_field, too_large, storage_full, unavailable
    """
    if not 1 <= number <= PARTS:
        raise Problem("invalid_field", field="part", limit=PARTS)
    asked, staging = await _asked(core, actor, ref), _staging(core)
    known = await _rows(core, actor, asked.item)
    older = [row for row in known if _number(row) == number]
    room = core.limits.upload - sum(row.offset for row in known if row not in older)
    uid, now = core.secrets.uid(), core.clock()
    async with staging.hold(uid) as piece:
        added = await piece.append(0, chunks, limit=max(room, 0), whole=True)
        if added.failed is not None:
            raise added.failed
    row = Upload(
        no=-1,
        uid=uid,
        user=actor.user,
        share=None,
        parent=asked.item.parent or 0,
        name=asked.item.name or "",
        media=asked.item.media,
        size=added.size,
        offset=added.size,
        collision=Collision.VERSION,
        told=f"{_mark(asked.item)}{number}",
        made_at=now,
        until=now + core.limits.upload_life,
    )
    await _forget(core, older, Put(row))
    return added.size


async def parts_of(core: Core, actor: Actor, ref: ItemRef) -> list[int]:
    """Return the numbers of the parts that are here.

    :raises Problem: unknown_item, forbidden, not_a_file, in_trash
    """
    asked = await _asked(core, actor, ref)
    return sorted(_number(row) for row in await _rows(core, actor, asked.item))


async def join_parts(core: Core, actor: Actor, ref: ItemRef) -> Item:
    """Give a file the content that its parts make, in the order of their numbers; without parts it stays as it is.

    :raises Problem: as ``put_content``; unavailable
    """
    asked = await _asked(core, actor, ref)
    rows = sorted(await _rows(core, actor, asked.item), key=_number)
    if not rows:
        return asked.item
    item = await put_content(core, actor, ref, _joined(_staging(core), rows))
    await _forget(core, rows)
    return item


async def drop_parts(core: Core, actor: Actor, ref: ItemRef) -> None:
    """Let go of all parts that are here.

    :raises Problem: unknown_item, forbidden, not_a_file, in_trash
    """
    asked = await _asked(core, actor, ref)
    await _forget(core, await _rows(core, actor, asked.item))


async def _joined(staging: Staging, rows: Sequence[Upload]) -> AsyncIterator[bytes]:
    for row in rows:
        async with staging.hold(row.uid) as piece:
            async for chunk in piece.read(row.offset):
                yield chunk


async def _asked(core: Core, actor: Actor, ref: ItemRef) -> Asked:
    return file_to_write(await judge(core, Look(actor, items=(ref,))), actor, ref, None)


def _mark(item: Item) -> str:
    return f"part {item.uid} "


def _number(row: Upload) -> int:
    return int(row.told.rpartition(" ")[2])


async def _rows(core: Core, actor: Actor, item: Item) -> list[Upload]:
    """Return the parts of a file that somebody has sent."""
    where = (Where("user", "eq", actor.user), Where("told", "prefix", _mark(item)))
    found: list[Upload] = []
    after = None
    while True:
        page = await page_of(core, machine(), Upload, where, after=after)
        found += page.rows
        after = page.next
        if after is None:
            return found


async def _forget(core: Core, rows: Sequence[Upload], *more: Change) -> None:
    changes: list[Change] = [*(Drop(Upload, (row.no,)) for row in rows), *more]
    if changes:
        await core.store.commit(changes)
    if rows:
        await _staging(core).drop([row.uid for row in rows])


def _staging(core: Core) -> Staging:
    if core.staging is None:
        raise Problem("unavailable", reason="uploads in pieces are not taken here")
    return core.staging
