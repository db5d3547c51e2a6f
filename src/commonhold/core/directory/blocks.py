"""Blocks: a user takes no shares from somebody, or from anybody. Read when a share is made."""

import msgspec

from commonhold.core.changes import Drop, Upsert
from commonhold.core.core import Core
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.reading import After, Page, by_no, equal, page_of
from commonhold.core.directory.standing import a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import EVERYONE, Block, Profile
from commonhold.core.policy.allowed import SELF
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind


class Blocked(msgspec.Struct, frozen=True):
    """Whom a user takes no shares from; ``no`` ``EVERYONE``: from nobody."""

    no: int
    name: str | None
    since: int


async def block(core: Core, actor: Actor, ref: RecipientRef) -> None:
    """Take no new shares from a user, or, with ``EVERYONE``, from anybody.

    :raises Problem: unknown_user, invalid_field for oneself
    """
    user, other, draft = await _edge(core, actor, ref)
    if user == other:
        raise Problem("invalid_field", field="user")
    draft.add(Upsert(Block(user, other, draft.now)))
    draft.note("block.added", other)
    await draft.commit()


async def unblock(core: Core, actor: Actor, ref: RecipientRef) -> None:
    """Take shares from somebody again.

    :raises Problem: unknown_user
    """
    user, other, draft = await _edge(core, actor, ref)
    draft.add(Drop(Block, (user, other)))
    draft.note("block.dropped", other)
    await draft.commit()


async def _edge(core: Core, actor: Actor, ref: RecipientRef) -> tuple[int, int, Draft]:
    ref = a(Kind.USER, ref)
    standing = await stand(core, actor, ref, scope=Action.MANAGE)
    if actor.user is None:
        raise Problem("unauthenticated")
    other = EVERYONE if ref == EVERYONE else standing.one(ref, Kind.USER).no
    return actor.user, other, Draft(core, actor)


async def list_blocks(core: Core, actor: Actor, *, after: After = None, limit: int = 200) -> Page[Blocked]:
    """List whom the actor takes no shares from, by number.

    :raises Problem: unauthenticated
    """
    standing = await stand(core, actor)
    allowed = standing.allowed(SELF)
    where = equal(user=actor.user or 0)
    page = await page_of(core, allowed, Block, where, order=("blocked",), after=after, limit=limit)
    names = await by_no(core, allowed, Profile, tuple(row.blocked for row in page.rows))
    found = ((row, names.get(row.blocked)) for row in page.rows)
    return Page(tuple(Blocked(row.blocked, name.name if name else None, row.since) for row, name in found), page.next)
