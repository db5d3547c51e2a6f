"""Moving: into another folder, one row whatever lies below; and into another space, with the bytes."""

from typing import Any

from commonhold.core.changes import Change, Charge, Guard, MoveSpace, Set, TreeAt
from commonhold.core.content.making import still
from commonhold.core.content.names import canonical, name_key
from commonhold.core.content.steps import Asked, ask, ask_folder, changed, movable, quota_of, write
from commonhold.core.content.subtree import height_within, size_of
from commonhold.core.content.tree import set_item
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Action


async def move(
    core: Core,
    actor: Actor,
    ref: ItemRef,
    parent: ItemRef,
    *,
    name: str | None = None,
    if_stamp: int | None = None,
) -> Item:
    """Put an item, with everything below it, into another folder, also of another space; one row inside a space.

    Needs DELETE where it is and CREATE where it goes (in the folder where it is: RENAME). Into another space it takes
    its bytes along, at most ``limits.move_rows`` items; what is protected stays in its space.

    :raises Problem: unknown_item, forbidden, not_a_folder, in_trash, into_itself, name_*, name_collides, protected,
        precondition_failed, tree_too_deep, not_allowed, move_too_large, quota_exceeded,
        not_for_items
    """
    given = canonical(name, core.limits) if name is not None else None

    async def once() -> Item:
        seen = await judge(core, Look(actor, items=(ref, parent)))
        asked = ask(seen, actor, ref, Action.NONE)
        stays = asked.item.parent == seen.snapshot.found_items.get(parent)
        asked = ask(seen, actor, ref, Action.RENAME if stays else Action.DELETE)
        movable(asked)
        new = given or asked.item.name or ""
        values = {"name": new, "name_key": name_key(new)}
        if stays:
            return await set_item(core, actor, asked, values, "item.renamed", if_stamp, unique="name")
        return await _move(core, actor, asked, ask_folder(seen, actor, parent, core.limits), values, if_stamp)

    return await attempt(once)


async def _move(
    core: Core, actor: Actor, asked: Asked, into: Asked, values: dict[str, Any], if_stamp: int | None
) -> Item:
    item, seen = asked.item, asked.judge
    guards: list[Guard] = [asked.only_if(if_stamp), still(into), TreeAt(seen.snapshot.tree_at)]
    if item.no in into.chain:
        raise Problem("into_itself", field="parent")
    if len(into.chain) >= len(asked.chain):  # upwards it fits as it fitted before
        await height_within(core, asked, core.limits.depth - len(into.chain))
    number = Placeholders()
    values = {**values, "parent": into.item.no, **asked.touch(actor)}
    changes: list[Change] = [
        *(await _leave(core, asked, into) if item.space != into.item.space else ()),
        Set(Item, (item.no,), values),
        happened(number(), seen.now, actor, "item.moved", item=item.no, origin=item.parent, to=into.item.no),
    ]
    commit = await write(core, changes, guards, unique="name")
    return changed(item, {**values, "space": into.item.space}, commit)


async def _leave(core: Core, asked: Asked, into: Asked) -> list[Change]:
    """Return what takes an item, and its bytes, from its space into another one."""
    item = asked.item
    if item.protected:
        raise Problem("protected", field="item")
    size = await size_of(core, asked, core.limits.move_rows)
    return [
        MoveSpace(item.no, into.item.space, core.limits.move_rows),
        Charge(item.space, -size),
        Charge(into.item.space, size, quota_of(core, into)),
    ]
