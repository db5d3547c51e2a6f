"""Contents of a file over time: each is a row that names the key of its bytes, which never change."""

from collections.abc import Sequence
from typing import Any

from commonhold.core.blobs import Blob
from commonhold.core.changes import Change, Charge, Drop, Put, Set
from commonhold.core.content.steps import Asked, ask, changed, quota_of, write
from commonhold.core.content.subtree import rows_in
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item, Version
from commonhold.core.policy.allowed import SELF, Allowed
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind


def file_to_write(seen: Judge, actor: Actor, ref: ItemRef, if_stamp: int | None) -> Asked:
    """Ask whether a file may be written.

    :raises Problem: unknown_item, forbidden, in_trash, not_a_file, precondition_failed
    """
    asked = ask(seen, actor, ref, Action.WRITE)
    if asked.item.kind is not ItemKind.FILE:
        raise Problem("not_a_file", field="item")
    asked.only_if(if_stamp)
    return asked


async def _file(core: Core, actor: Actor, ref: ItemRef, if_stamp: int | None = None) -> Asked:
    return file_to_write(await judge(core, Look(actor, items=(ref,))), actor, ref, if_stamp)


async def keep_version(
    core: Core,
    actor: Actor,
    asked: Asked,
    blob: Blob,
    media: str | None,
    kind: str,
    also: Sequence[Change] = (),
) -> Item:
    """Write the rows of a file's next content, and let go of the oldest ones beyond the limit; and ``also`` this."""
    number, now, item = Placeholders(), asked.judge.now, asked.item
    kept = await versions_of(core, asked.allowed, item.no)
    content: dict[str, Any] = {"size": blob.size, "sha256": blob.sha256, "media": media}
    ordinal = kept[0].ordinal + 1 if kept else 1
    version = Version(number(), item.no, ordinal, blob.key, made_by=actor.user, made_at=now, **content)
    dropped = kept[max(core.limits.versions - 1, 0) :]
    values = {**content, "version": version.no, **asked.touch(actor)}
    growth = blob.size - sum(old.size for old in dropped)
    changes: list[Change] = [
        Put(version),
        Set(Item, (item.no,), values),
        Charge(item.space, growth, quota_of(core, asked) if growth > 0 else None),
        happened(number(), now, actor, kind, item=item.no, size=blob.size, ordinal=ordinal),
        *(Drop(Version, (old.no,)) for old in dropped),
        *also,
    ]
    return changed(item, values, await write(core, changes, [asked.only_if(None)]))


async def versions_of(core: Core, allowed: Allowed, item: int) -> list[Version]:
    """Return the contents of a file, newest first."""
    return await core.store.rows(allowed, Rows(Version, (Where("item", "eq", item),), ("-ordinal",)))


async def restore_version(core: Core, actor: Actor, ref: ItemRef, ordinal: int, *, if_stamp: int | None = None) -> Item:
    """Make an older content of a file its newest one again; the same bytes, in a new row.

    :raises Problem: unknown_item, forbidden, not_a_file, in_trash, precondition_failed, not_found, quota_exceeded
    """

    async def once() -> Item:
        asked = await _file(core, actor, ref, if_stamp)
        old = _chosen(await versions_of(core, asked.allowed, asked.item.no), ordinal)
        blob = Blob(old.blob, old.size, old.sha256)
        return await keep_version(core, actor, asked, blob, old.media, "version.restored")

    return await attempt(once)


async def delete_version(core: Core, actor: Actor, ref: ItemRef, ordinal: int, *, if_stamp: int | None = None) -> None:
    """Let go of an older content of a file for good; the newest one goes with the file only.

    :raises Problem: unknown_item, forbidden, not_a_file, in_trash, precondition_failed, not_found, invalid_field
    """

    async def once() -> None:
        asked = await _file(core, actor, ref, if_stamp)
        if not asked.right.may(Action.DELETE):
            raise Problem("forbidden", field="item")
        old = _chosen(await versions_of(core, asked.allowed, asked.item.no), ordinal)
        if old.no == asked.item.version:
            raise Problem("invalid_field", field="version")
        changes: list[Change] = [
            Drop(Version, (old.no,)),
            Set(Item, (asked.item.no,), asked.touch(actor)),  # a copy under way must not take up its bytes
            Charge(asked.item.space, -old.size),
            happened(-1, asked.judge.now, actor, "version.deleted", item=asked.item.no, ordinal=ordinal),
        ]
        await write(core, changes, [asked.only_if(None)])

    return await attempt(once)


async def versions(core: Core, actor: Actor, ref: ItemRef) -> list[Version]:
    """List the contents of a file, newest first. What was replaced is seen by those who may replace it.

    :raises Problem: unknown_item, forbidden, not_a_file, in_trash
    """
    asked = await _file(core, actor, ref)
    return await versions_of(core, asked.allowed, asked.item.no)


async def ordinals(core: Core, actor: Actor, items: Sequence[Item]) -> dict[int, int]:
    """Return which content of each file is its present one, by the file's number, for files that the actor has read.

    :raises Problem: unauthenticated
    """
    wanted = [item.version for item in items if item.version is not None]
    return {row.item: row.ordinal async for row in rows_in(core, allow(actor, SELF), Version, "no", wanted)}


def _chosen(kept: list[Version], ordinal: int) -> Version:
    for version in kept:
        if version.ordinal == ordinal:
            return version
    raise Problem("not_found", field="version")
