"""Files that shared rows name: whoever reads a row by a link reads the file whose uid stands in one of its fields.

The file comes with the row, so it needs no share of its own; but it is given by the link's backer, who must have a
right of his own on it: he owns it, or administers where it lies. A file that was only shared with him is not passed on
so.
"""

from typing import Final

from msgspec.structs import replace

from commonhold.core.content.opening import Content, open_content
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, Pass
from commonhold.core.model import Share
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.query import Compare, Op, Page, Pick, Query, any_of
from commonhold.core.records.authority import authority
from commonhold.core.records.kinds import Kind, cast
from commonhold.core.records.reading import Reading
from commonhold.core.roles import Action

MOST: Final = 50  # collections that are looked through: each is a statement
HAVE: Final = Action.READ | Action.DOWNLOAD


async def open_attached(core: Core, actor: Actor, uid: str) -> Content:
    """Open a file that a row names which the actor reads by a link.

    :raises Problem: unknown_item
    """
    for held in actor.passes:
        backer = await _given_by(core, replace(actor, user=None, passes=(held,)), held, uid)
        if backer is not None:
            return await open_content(core, Actor(backer, actions=HAVE, face=actor.face), uid)
    raise Problem("unknown_item", field="item")


async def _given_by(core: Core, actor: Actor, held: Pass, uid: str) -> int | None:
    """Return who backs the link by which a row is read that names the file, if he may give it."""
    try:
        wanted = cast(Kind.UUID, uid)
    except Problem:
        return None
    asked = await authority(core, actor, HAVE)
    share = asked.judge.snapshot.shares.get(held.share)
    backer = asked.judge.backer(share) if share is not None else None
    if not isinstance(share, Share) or backer is None or not await _owns(core, backer, uid):
        return None
    ground, left = Reading(core, asked), MOST
    for collection in asked.catalog:
        fields = [one.name for one in ground.view.fields(collection.name) if one.kind is Kind.UUID]
        if fields and left:
            left -= 1
            where = any_of(*(Compare(name, Op.EQ, wanted) for name in fields))
            if await ground.rows(collection.name, Query((Pick(fields[0]),), where, page=Page(1))):
                return backer
    return None


async def _owns(core: Core, user: int, uid: str) -> bool:
    """Tell whether somebody has a right of his own on a file, which he may share."""
    judged = await judge(core, Look(Actor(user), items=(uid,)))
    no = judged.snapshot.found_items.get(uid)
    needed = HAVE | Action.SHARE
    return no is not None and judged.right(Actor(user), no).own & needed == needed
