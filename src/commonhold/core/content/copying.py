"""Copying: new items that name the same bytes, which never change (``docs/decisions``: copies share their bytes)."""

import msgspec

from commonhold.core.changes import Broken, Change, Charge, Guard, Put, StampIs
from commonhold.core.content.making import echo, new_item, still
from commonhold.core.content.names import canonical, name_key
from commonhold.core.content.steps import Asked, Collision, ask, ask_folder, quota_of, settle, with_numbers, write
from commonhold.core.content.subtree import rows_in
from commonhold.core.content.walking import descend
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item, Version
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind


async def copy(
    core: Core,
    actor: Actor,
    ref: ItemRef,
    parent: ItemRef,
    *,
    name: str | None = None,
    on_collision: Collision = Collision.REFUSE,
) -> Item:
    """Copy an item, with whatever of it the actor may download, into a folder. No bytes are copied.

    The copy is a new item: no share reaches it that does not reach its folder. Folders that take nothing from above
    are so again where the actor may say so.

    :raises Problem: unknown_item, forbidden, not_a_folder, in_trash, into_itself, not_for_items, name_*,
        name_collides, tree_too_deep, not_allowed, too_many_items, quota_exceeded
    """

    async def once() -> Item:
        seen = await judge(core, Look(actor, items=(ref,)))
        asked = ask(seen, actor, ref, Action.READ | Action.DOWNLOAD)
        if asked.item.kind is ItemKind.RECORD:
            raise Problem("not_for_items", field="item")
        found = await _gather(core, actor, asked)
        new = canonical(asked.item.name or "" if name is None else name, core.limits)
        into = await _target(core, actor, parent, new, asked, found)
        free = await settle(core, actor, into, parent, new, on_collision)
        return echo(await _write_copy(core, actor, into, free, found), into, new)

    return await attempt(once)


async def _gather(core: Core, actor: Actor, asked: Asked) -> list[tuple[int, Item]]:
    """Return what is to be copied, each with its depth below the first, parents before children."""
    found = [(0, asked.item)]
    if asked.item.kind is ItemKind.FOLDER:
        async for path, seen in descend(core, actor, asked.item.no):
            found.append((path.count("/") + 1, seen.item))
            if len(found) > core.limits.copy_rows:
                raise Problem("too_many_items", field="item", limit=core.limits.copy_rows)
    return found


async def _target(
    core: Core, actor: Actor, parent: ItemRef, name: str, asked: Asked, found: list[tuple[int, Item]]
) -> Asked:
    """Ask for the folder that takes the copy."""
    seen = await judge(core, Look(actor, items=(parent,), occupied=((parent, name_key(name)),)))
    into = ask_folder(seen, actor, parent, core.limits)
    if asked.item.no in into.chain:
        raise Problem("into_itself", field="parent")
    if len(into.chain) + 1 + max(depth for depth, _ in found) > core.limits.depth:
        raise Problem("tree_too_deep", field="parent", limit=core.limits.depth)
    return into


async def _write_copy(core: Core, actor: Actor, into: Asked, name: str, found: list[tuple[int, Item]]) -> Item:
    """Write the rows of a copy. The guards keep each source, and so its bytes, alive until then."""
    sources = [item for _, item in found]
    contents = await _contents(core, into, sources)
    number, places, rows = Placeholders(), dict[int | None, int](), list[Item]()
    changes: list[Change] = []
    for source in sources:
        row = _copied(core, actor, into, source, number(), name if not rows else source.name or "")
        row = msgspec.structs.replace(row, parent=places.get(source.parent, into.item.no))
        content = contents.get(source.no)
        if content is not None:
            row = msgspec.structs.replace(row, version=number())
            made = {"no": row.version, "item": row.no, "ordinal": 1, "made_by": actor.user, "made_at": row.made_at}
            changes.append(Put(msgspec.structs.replace(content, **made)))
        places[source.no] = row.no
        rows.append(row)
    size = sum(content.size for content in contents.values())
    changes += [Put(row) for row in rows]
    changes.append(Charge(into.item.space, size, quota_of(core, into)))
    changes.append(happened(number(), into.judge.now, actor, "item.copied", item=rows[0].no, source=sources[0].no))
    guards: list[Guard] = [still(into), *(StampIs(source.no, source.stamp) for source in sources if source.version)]
    return with_numbers(await write(core, changes, guards), rows[0])


async def _contents(core: Core, into: Asked, sources: list[Item]) -> dict[int, Version]:
    """Return the content of each file among the sources, by the file's number.

    :raises Broken: one of them got another content meanwhile
    """
    wanted = [source.version for source in sources if source.version is not None]
    found = {row.item: row async for row in rows_in(core, into.allowed, Version, "no", wanted)}
    if len(found) < len(wanted):
        raise Broken
    return found


def _copied(core: Core, actor: Actor, into: Asked, source: Item, no: int, name: str) -> Item:
    """Return the row of a copy, the place left aside."""
    return new_item(
        core,
        actor,
        into,
        no,
        source.kind,
        name,
        inherits=source.inherits or not into.right.may(Action.MANAGE),
        size=source.size,
        media=source.media,
        sha256=source.sha256,
        collection=source.collection,
        ref=source.ref,
        url=source.url,
        attributes=source.attributes,
    )
