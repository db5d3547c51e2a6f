"""Folders at a path below another one, made as far as they are not there: for whoever sends a tree of files."""

from collections.abc import Sequence

from commonhold.core.content.making import make_folder
from commonhold.core.content.names import canonical, name_key
from commonhold.core.content.steps import ask, ask_folder
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item, Life
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind


async def make_path(core: Core, actor: Actor, parent: ItemRef, names: Sequence[str]) -> Item:
    """Return the folder at the path ``names`` below a folder, in which the actor may make more.

    Whoever may not see what is there gets new folders, as with ``make_folder``.

    :raises Problem: name_*, unknown_item, forbidden, not_a_folder, in_trash, name_collides, tree_too_deep, not_allowed
    """
    folder: Item | None = None
    for name in names:
        above = parent if folder is None else folder.no
        folder = await _step(core, actor, above, canonical(name, core.limits, "path"))
    if folder is not None:
        return folder
    return ask_folder(await judge(core, Look(actor, items=(parent,))), actor, parent, core.limits).item


async def _step(core: Core, actor: Actor, parent: ItemRef, name: str) -> Item:
    found = await _there(core, actor, parent, name)
    if found is not None:
        return found
    try:
        return await make_folder(core, actor, parent, name)
    except Problem as problem:
        found = await _there(core, actor, parent, name) if problem.code == "name_collides" else None
        if found is None:
            raise
        return found  # somebody else was faster


async def _there(core: Core, actor: Actor, parent: ItemRef, name: str) -> Item | None:
    """Return a folder of this name that the actor may see."""
    seen = await judge(core, Look(actor, items=(parent,)))
    asked = ask(seen, actor, parent, Action.NONE, "parent")
    if not asked.right.may(Action.READ):
        return None
    at = (Where("parent", "eq", asked.item.no), Where("name_key", "eq", name_key(name)))
    live = (Where("life", "eq", Life.LIVE), Where("kind", "eq", ItemKind.FOLDER))
    found: list[Item] = await core.store.rows(asked.allowed, Rows(Item, (*at, *live), limit=1))
    if not found or found[0].inherits:
        return found[0] if found else None
    apart = await judge(core, Look(actor, items=(found[0].no,)))
    return found[0] if apart.right(actor, found[0].no).may(Action.READ) else None
