"""Uploads in pieces: begun, continued, looked after, ended; policy is asked at every step.

Pieces are durable before their count is written, and the count before the answer. The last piece makes the file as
``put`` does, in one transaction with the note that the upload became it.
"""

from collections.abc import AsyncIterator, Collection
from typing import Final

import msgspec

from commonhold.core.changes import Change, Drop, Put, Set
from commonhold.core.content.files import put
from commonhold.core.content.names import canonical
from commonhold.core.content.steps import Asked, Collision, ask_folder, quota_of
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item, Upload
from commonhold.core.policy.allowed import PUBLIC
from commonhold.core.policy.require import allow, machine
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.staging import Staging

PATIENCE: Final = 25.0  # seconds: longer than the request of a client that is gone keeps its upload
TOLD_CHARS: Final = 4_096  # of what a sender says of an upload


class Progress(msgspec.Struct, frozen=True):
    """How far an upload is, and the file that it became, once it did in this very step."""

    row: Upload
    item: Item | None = None


async def begin(
    core: Core,
    actor: Actor,
    parent: ItemRef,
    name: str,
    *,
    size: int | None,
    media: str | None = None,
    on_collision: Collision = Collision.REFUSE,
    told: str = "",
) -> Progress:
    """Begin an upload into a folder; ``size`` None: it is told later. An empty file is done at once.

    :raises Problem: name_*, unknown_item, forbidden, not_a_folder, in_trash, tree_too_deep, not_allowed, too_large,
        quota_exceeded, too_many_uploads, invalid_field
    """
    name = canonical(name, core.limits)
    into = await _into(core, actor, parent)
    _weigh(core, into, size)
    if len(told) > TOLD_CHARS:
        raise Problem("invalid_field", field="metadata", limit=TOLD_CHARS)
    share = actor.passes[0].share if actor.user is None and actor.passes else None
    if len(await _under_way(core, actor.user, share)) >= core.limits.uploads:
        raise Problem("too_many_uploads", limit=core.limits.uploads)
    now = core.clock()
    row = Upload(
        no=-1,
        uid=core.secrets.uid(),
        user=actor.user,
        share=share,
        parent=into.item.no,
        name=name,
        media=media,
        size=size,
        offset=0,
        collision=on_collision,
        told=told,
        made_at=now,
        until=now + core.limits.upload_life,
    )
    commit = await core.store.commit([Put(row)])
    row = msgspec.structs.replace(row, no=commit.no(row.no))
    if size == 0:
        async with _staging(core).hold(row.uid) as piece:
            return await _finish(core, actor, row, piece.read(0))
    return Progress(row)


async def progress(core: Core, actor: Actor, uid: str) -> Upload:
    """Return an upload of the actor's, who may still put it where it goes, as it is once nobody sends a piece of it.

    A client whose connection broke asks this while the server may still be busy with what came by the old one. Whoever
    is told that all is there sends nothing more: where the server ended before it made the file, it is made now.

    :raises Problem: unknown_upload, upload_busy, and what ``begin`` and ``put`` raise
    """
    await _mine(core, actor, uid)
    async with _staging(core).hold(uid, PATIENCE) as piece:
        row = await _mine(core, actor, uid)
        if row.item is None and row.offset == row.size:
            return (await _finish(core, actor, row, piece.read(row.size))).row
        return row


async def append(
    core: Core,
    actor: Actor,
    uid: str,
    offset: int,
    chunks: AsyncIterator[bytes],
    *,
    size: int | None = None,
    whole: bool = False,
) -> Progress:
    """Add what ``chunks`` yields from ``offset`` on; the last byte makes the file. ``size``: of the whole, if now told.

    What arrived before a problem of ``chunks`` counts, unless the piece has to be ``whole``; then it is raised.

    :raises Problem: as ``progress`` and ``put``; wrong_offset (``offset`` says where it is), upload_busy, too_large
    """
    await _mine(core, actor, uid)
    async with _staging(core).hold(uid, PATIENCE) as piece:
        row = await _mine(core, actor, uid)
        if offset != row.offset:
            raise Problem("wrong_offset", field="offset", offset=row.offset)
        if row.item is not None:
            return Progress(row)
        row = await _sized(core, actor, row, size)
        limit = (core.limits.upload if row.size is None else row.size) - row.offset
        added = await piece.append(offset, chunks, limit=limit, whole=whole)
        if added.size:
            row = await _keep(core, row, offset=row.offset + added.size, until=core.clock() + core.limits.upload_life)
        if added.failed is not None:
            raise added.failed
        if row.offset == row.size:
            return await _finish(core, actor, row, piece.read(row.size))
    return Progress(row)


async def cancel(core: Core, actor: Actor, uid: str) -> None:
    """End an upload; its pieces go. What it became stays.

    :raises Problem: unknown_upload, upload_busy
    """
    row = await _own(core, actor, uid)
    async with _staging(core).hold(uid, PATIENCE):
        await core.store.commit([Drop(Upload, (row.no,))])
        await _staging(core).drop((uid,))


async def sweep_uploads(core: Core) -> int:
    """Clear away one batch of uploads whose time is over, and pieces that no upload knows; returns how many."""
    if core.staging is None:
        return 0
    now = core.clock()
    over: list[Upload] = await core.store.rows(machine(), Rows(Upload, (Where("until", "le", now),), ("until",)))
    if over:
        changes: list[Change] = [Drop(Upload, (row.no,)) for row in over]
        await core.store.commit(changes)
        await core.staging.drop([row.uid for row in over])

    async def known(uids: Collection[str]) -> Collection[str]:
        rows: list[Upload] = await core.store.rows(machine(), Rows(Upload, (Where("uid", "in", tuple(uids)),)))
        return [row.uid for row in rows]

    return len(over) + await core.staging.sweep(known, now=now, older_than_ms=core.limits.upload_life)


def _staging(core: Core) -> Staging:
    if core.staging is None:
        raise Problem("unavailable", reason="uploads in pieces are not taken here")
    return core.staging


async def _into(core: Core, actor: Actor, parent: ItemRef) -> Asked:
    return ask_folder(await judge(core, Look(actor, items=(parent,))), actor, parent, core.limits)


def _weigh(core: Core, into: Asked, size: int | None) -> None:
    """Refuse at once what could never be kept.

    :raises Problem: too_large, quota_exceeded
    """
    if size is None:
        return
    if size > core.limits.upload:
        raise Problem("too_large", limit=core.limits.upload)
    quota = quota_of(core, into)
    if quota is not None and into.space.used + size > quota:
        raise Problem("quota_exceeded", field="content")


async def _mine(core: Core, actor: Actor, uid: str) -> Upload:
    """Return an upload of the actor's, if he may still put it where it goes."""
    row = await _own(core, actor, uid)
    if row.item is None:
        await _into(core, actor, row.parent)
    return row


async def _own(core: Core, actor: Actor, uid: str) -> Upload:
    """Return an upload that the actor began: as the same user, or as holder of a pass for the same link.

    :raises Problem: unknown_upload
    """
    rows: list[Upload] = await core.store.rows(allow(actor, PUBLIC), Rows(Upload, (Where("uid", "eq", uid),)))
    for row in rows:
        if _is_own(actor, row) and core.clock() < row.until:
            return row
    raise Problem("unknown_upload", field="upload")


def _is_own(actor: Actor, row: Upload) -> bool:
    if row.user is not None:
        return row.user == actor.user
    return row.share is None or row.share in [held.share for held in actor.passes]


async def _under_way(core: Core, user: int | None, share: int | None) -> list[Upload]:
    """Return what one user has under way, or whoever came by one link, or everybody without either."""
    whose = (("user", user), ("share", share))
    own = [Where(name, "null") if no is None else Where(name, "eq", no) for name, no in whose]
    own.append(Where("item", "null"))
    return await core.store.rows(machine(), Rows(Upload, tuple(own), limit=core.limits.uploads))


async def _sized(core: Core, actor: Actor, row: Upload, size: int | None) -> Upload:
    """Return the upload with the size that its sender tells now.

    :raises Problem: invalid_field where another one was told; too_large, quota_exceeded
    """
    if size is None or size == row.size:
        return row
    if row.size is not None or size < row.offset:
        raise Problem("invalid_field", field="size")
    _weigh(core, await _into(core, actor, row.parent), size)
    return await _keep(core, row, size=size)


async def _keep(core: Core, row: Upload, **values: int) -> Upload:
    await core.store.commit([Set(Upload, (row.no,), values)])
    return msgspec.structs.replace(row, **values)


async def _finish(core: Core, actor: Actor, row: Upload, chunks: AsyncIterator[bytes]) -> Progress:
    """Make the file, and note in the same transaction that the upload became it."""

    def became(item: int) -> list[Change]:
        return [Set(Upload, (row.no,), {"item": item})]

    collision = Collision(row.collision)
    item = await put(core, actor, row.parent, row.name, chunks, media=row.media, on_collision=collision, also=became)
    await _staging(core).drop((row.uid,))
    return Progress(msgspec.structs.replace(row, item=item.no), item)
