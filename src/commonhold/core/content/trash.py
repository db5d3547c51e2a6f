"""The trash: what is thrown away stays for a while, out of reach of all shares, and can be brought back or ended.

The same name made again is a new item: shares of the one in the trash, or of an earlier one, do not reach it.
"""

from typing import Any, Final

from commonhold.core.content.ending import clear, end_items
from commonhold.core.content.names import name_key
from commonhold.core.content.space import top_of
from commonhold.core.content.steps import Asked, ask, free_name, movable
from commonhold.core.content.tree import set_item
from commonhold.core.core import Core, attempt, judge
from commonhold.core.directory.reading import After, Page, page_of
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item, Life
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action

AT_ONCE: Final = 5  # pages of a purged folder that are cleared out at once; the worker does the rest


async def trash(core: Core, actor: Actor, ref: ItemRef, *, if_stamp: int | None = None) -> Item:
    """Throw an item away, with everything below it, into the trash of its space.

    :raises Problem: unknown_item, forbidden, in_trash, protected, not_for_items, precondition_failed
    """

    async def once() -> Item:
        asked = ask(await judge(core, Look(actor, items=(ref,))), actor, ref, Action.DELETE)
        movable(asked)
        if asked.item.protected:
            raise Problem("protected", field="item")
        values = {"life": Life.TRASHED, "name_key": None, "trashed_at": asked.judge.now, "trashed_by": actor.user}
        return await set_item(core, actor, asked, values, "item.trashed", if_stamp)

    return await attempt(once)


async def trashed(
    core: Core,
    actor: Actor,
    within: ItemRef | None = None,
    *,
    after: After = None,
    limit: int = LONGEST_PAGE,
) -> Page[Item]:
    """List what was thrown away, newest first: in the space of an item that the actor owns or administers, or his own.

    :raises Problem: unauthenticated, unknown_item, forbidden
    """
    top = await top_of(core, actor, within)
    where = (Where("space", "eq", top.space.no), Where("life", "eq", Life.TRASHED))
    return await page_of(core, top.allowed, Item, where, order=("-trashed_at",), after=after, limit=limit)


async def restore(core: Core, actor: Actor, ref: ItemRef, *, if_stamp: int | None = None) -> Item:
    """Bring an item back to where it was, else to the top of its space; as ``name (2)`` if its name is taken.

    Its owner may, and who administers his organisation: what shares gave ended when it was thrown away.

    :raises Problem: unknown_item, forbidden, not_in_trash, precondition_failed
    """

    async def once() -> Item:
        asked = _in_trash(ask(await judge(core, Look(actor, items=(ref,))), actor, ref, Action.CREATE, in_trash=True))
        values = await _way_back(core, actor, asked, if_stamp)
        return await set_item(core, actor, asked, values, "item.restored", if_stamp)

    return await attempt(once)


def _in_trash(asked: Asked) -> Asked:
    if asked.item.life is not Life.TRASHED:
        raise Problem("not_in_trash", field="item")
    return asked


async def _way_back(core: Core, actor: Actor, asked: Asked, if_stamp: int | None) -> dict[str, Any]:
    """Return the columns that bring an item back."""
    asked.only_if(if_stamp)
    item, parent, name = asked.item, asked.item.parent, asked.item.name or ""
    if parent is None or asked.judge.snapshot.life(parent) is not Life.LIVE:
        parent = asked.space.root
    there = await judge(core, Look(actor, items=(parent,), occupied=((parent, name_key(name)),)))
    if there.snapshot.occupied:
        name = await free_name(core, actor, parent, name)
    back = {"life": Life.LIVE, "name": name, "name_key": name_key(name), "trashed_at": None, "trashed_by": None}
    return back if parent == item.parent else {**back, "parent": parent}


async def purge(core: Core, actor: Actor, ref: ItemRef, *, if_stamp: int | None = None) -> None:
    """End something in the trash for good, with everything below it; its number and uid are never used again.

    :raises Problem: unknown_item, forbidden, not_in_trash, precondition_failed
    """

    async def once() -> int:
        seen = await judge(core, Look(actor, items=(ref,)))
        asked = ask(seen, actor, ref, Action.DELETE, in_trash=True)
        if seen.snapshot.life(asked.item.no) is not Life.TRASHED:
            raise Problem("not_in_trash", field="item")
        asked.only_if(if_stamp)
        await end_items(core, actor, asked.allowed, [asked.item], seen.now)
        return seen.now

    await clear(core, await attempt(once), AT_ONCE)


async def empty(core: Core, actor: Actor, within: ItemRef | None = None) -> int:
    """End everything in the trash of a space for good; returns how many things it held.

    :raises Problem: unauthenticated, unknown_item, forbidden
    """
    count = 0
    place = within  # what names the space may be in the trash itself, and is gone after the first page of it

    async def once() -> int:
        nonlocal place
        top = await top_of(core, actor, place)
        place = top.item.no
        if not top.right.may(Action.DELETE):
            raise Problem("forbidden", field="item")
        page = await trashed(core, actor, top.item.no)
        await end_items(core, actor, top.allowed, page.rows, top.judge.now)
        return len(page.rows)

    while found := await attempt(once):
        count += found
    await clear(core, core.clock(), AT_ONCE)
    return count
