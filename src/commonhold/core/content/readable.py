"""Everything in trees that somebody may read, for plain lists: his own, what is shared with him, what lies below."""

from collections.abc import Iterable
from typing import Final

from commonhold.core.content.levels import below
from commonhold.core.content.space import own_top
from commonhold.core.content.tree import Seen, get, see
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor
from commonhold.core.model import Item, Life
from commonhold.core.policy.allowed import ADMINISTRATION
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind
from commonhold.core.sharing.gathering import Which, gather

MOST: Final = 10_000  # items in one list: further ones are left out


async def readable(core: Core, actor: Actor, most: int = MOST) -> list[Seen]:
    """Return the items of trees that an actor may read, each once; records, and the tops of spaces, are none.

    A few readings for each level of folders and each page of shares.
    """
    found: dict[int, Seen] = {}
    for seen in (*await _opened(core, actor), *await _given(core, actor)):
        found.setdefault(seen.item.no, seen)
    folders = [seen for seen in found.values() if seen.item.kind is ItemKind.FOLDER]
    if folders:
        for seen in (await below(core, actor, folders, most=most)).items:
            found.setdefault(seen.item.no, seen)
    return [seen for seen in list(found.values())[:most] if _listed(seen)]


async def some_of(core: Core, actor: Actor, uids: Iterable[str]) -> list[Seen]:
    """Return those of some items, by their uids, that the actor may read."""
    wanted = tuple(dict.fromkeys(uids))
    judged = await judge(core, Look(actor, items=wanted, names=True))
    snapshot = judged.snapshot
    numbers = [snapshot.found_items[uid] for uid in wanted if uid in snapshot.found_items]
    rights = {no: judged.right(actor, no) for no in dict.fromkeys(numbers)}
    seen = [see(judged, actor, snapshot.items[no], right) for no, right in rights.items() if right.may(Action.READ)]
    return [one for one in seen if _listed(one)]


def _listed(seen: Seen) -> bool:
    """Tell whether an item is in lists: it lives, and is neither a record nor the top of a space."""
    item = seen.item
    top = item.kind is ItemKind.FOLDER and item.parent is None
    return seen.life is Life.LIVE and item.kind is not ItemKind.RECORD and not top


async def _opened(core: Core, actor: Actor) -> list[Seen]:
    """Return what the passes of an actor open."""
    if not actor.passes:
        return []
    judged = await judge(core, Look(actor, shares=tuple(held.share for held in actor.passes), names=True))
    shares = [judged.snapshot.shares[held.share] for held in actor.passes if held.share in judged.snapshot.shares]
    items = [judged.snapshot.items[share.item] for share in shares if share.item in judged.snapshot.items]
    rights = [(item, judged.right(actor, item.no)) for item in items if item.kind is not ItemKind.RECORD]
    return [see(judged, actor, item, right) for item, right in rights if right.may(Action.READ)]


async def _given(core: Core, actor: Actor) -> list[Seen]:
    """Return somebody's own folder and what is shared with him, or everybody's folders for an administrator."""
    if actor.user is None:
        return []
    judged = await judge(core, Look(actor))
    who = judged.snapshot.principals.get(actor.user)
    if who is None or not judged.snapshot.active(actor.user):
        return []
    if who.admin:
        return await _every_top(core, actor)
    found: list[Seen] = []
    for which in (Which.WITH, Which.PUBLIC):
        found += (await gather(core, actor, which)).items.values()
    try:
        found.append(await get(core, actor, await own_top(core, actor)))
    except Problem:  # an account without a space
        return found
    return found


async def _every_top(core: Core, actor: Actor) -> list[Seen]:
    """Return the top folders of all spaces, as the administrator of the installation sees them."""
    where = (Where("parent", "null"), Where("kind", "eq", ItemKind.FOLDER))
    found: list[Seen] = []
    after: tuple[int] | None = None
    while True:
        rows: list[Item] = await core.store.rows(allow(actor, ADMINISTRATION), Rows(Item, where, after=after))
        judged = await judge(core, Look(actor, items=tuple(row.no for row in rows), names=True))
        rights = [(row, judged.right(actor, row.no)) for row in rows]
        found += [see(judged, actor, row, right) for row, right in rights if right.may(Action.READ)]
        if len(rows) < LONGEST_PAGE or len(found) >= MOST:
            return found
        after = (rows[-1].no,)
