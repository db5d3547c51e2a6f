"""Spaces: where somebody's items live, what they take up there, and how much they may."""

import msgspec

from commonhold.core.content.steps import Asked, ask, quota_of
from commonhold.core.core import Core, judge
from commonhold.core.directory.reading import every
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item, Space
from commonhold.core.policy.allowed import SELF
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Action


class Usage(msgspec.Struct, frozen=True):
    """A space, its top folder, and its bytes: all versions and the trash count; ``quota`` None is no bound."""

    space: Space
    top: Item
    used: int
    quota: int | None


async def usage(core: Core, actor: Actor, within: ItemRef | None = None) -> Usage:
    """Return the space of an item that the actor owns or administers, else his own.

    :raises Problem: unauthenticated, unknown_item, forbidden
    """
    top = await top_of(core, actor, within)
    return Usage(top.space, top.item, top.space.used, quota_of(core, top))


async def top_of(core: Core, actor: Actor, within: ItemRef | None = None) -> Asked:
    """Ask for the top folder of the space of an item, else of the actor's own, for those whose right is no share.

    :raises Problem: unauthenticated, unknown_item, forbidden
    """
    ref = await own_top(core, actor) if within is None else within
    seen = await judge(core, Look(actor, items=(ref,)))
    asked = ask(seen, actor, ref, Action.READ, in_trash=True)
    if not asked.right.own & Action.READ:
        raise Problem("forbidden", field="item")
    return ask(seen, actor, asked.space.root, Action.READ)


async def own_top(core: Core, actor: Actor) -> int:
    """Return the number of the top folder where the actor's paths begin: the one that was made for him.

    :raises Problem: unauthenticated, unknown_item
    """
    allow(actor, SELF)
    spaces = await every(core, Space, owner=actor.user)
    if not spaces:
        raise Problem("unknown_item", field="item")
    seen = await judge(core, Look(actor, items=tuple(space.root for space in spaces)))
    made = (space.root for space in spaces if seen.snapshot.items[space.root].created_by == actor.user)
    return next(made, spaces[0].root)
