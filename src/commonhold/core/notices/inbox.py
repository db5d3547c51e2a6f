"""Notifications of a person: listed with the names that he may see now, and marked as seen."""

from collections.abc import Sequence

import msgspec

from commonhold.core.changes import Set
from commonhold.core.core import Core, judge
from commonhold.core.directory.reading import After, Page, page_of
from commonhold.core.identity import Actor
from commonhold.core.model import Notification
from commonhold.core.notices.letters import name_of
from commonhold.core.policy.allowed import SELF
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action

UNSEEN = Where("seen_at", "null")


class Line(msgspec.Struct, frozen=True):
    """A line in somebody's notifications. ``item`` and ``name`` are None once he may not see the item any more.

    ``count``: how many items came at once; ``item`` is the first of them. ``share`` is its number, which opens nothing.
    """

    no: int
    kind: str
    at: int
    seen: bool
    count: int
    by: str | None = None
    item: str | None = None
    name: str | None = None
    share: int | None = None


async def notifications(
    core: Core, actor: Actor, *, unseen: bool = False, after: After = None, limit: int = 50
) -> Page[Line]:
    """List the actor's notifications, newest first.

    :raises Problem: unauthenticated
    """
    user, allowed = _user(actor), allow(actor, SELF)
    where = (Where("user", "eq", user), *([UNSEEN] if unseen else []))
    page = await page_of(core, allowed, Notification, where, order=("-no",), after=after, limit=limit)
    items = tuple({row.item for row in page.rows if row.item is not None})
    people = tuple({row.by for row in page.rows if row.by is not None})
    judged = await judge(core, Look(actor, items=items, recipients=people, names=True))

    def line(row: Notification) -> Line:
        told = Line(row.no, row.kind, row.at, row.seen_at is not None, row.count, share=row.share)
        by = name_of(judged.snapshot.profiles.get(row.by)) if row.by is not None else None
        item = judged.snapshot.items.get(row.item) if row.item is not None else None
        if item is None or not judged.right(actor, item.no).may(Action.READ):
            return msgspec.structs.replace(told, by=by)
        return msgspec.structs.replace(told, by=by, item=item.uid, name=item.name)

    return Page(tuple(line(row) for row in page.rows), page.next)


async def see(core: Core, actor: Actor, numbers: Sequence[int] | None = None) -> int:
    """Mark notifications of the actor as seen, all (a page of them) if none is named; return how many were not yet.

    :raises Problem: unauthenticated, too_many_items
    """
    if numbers is not None and len(numbers) > LONGEST_PAGE:
        raise Problem("too_many_items", field="notifications", limit=LONGEST_PAGE)
    where = [Where("user", "eq", _user(actor)), UNSEEN]
    if numbers is not None:
        where.append(Where("no", "in", tuple(numbers)))
    found: list[Notification] = await core.store.rows(allow(actor, SELF), Rows(Notification, tuple(where)))
    now = core.clock()
    if found:
        await core.store.commit([Set(Notification, (row.no,), {"seen_at": now}) for row in found])
    return len(found)


def _user(actor: Actor) -> int:
    """Return whose notifications these are.

    :raises Problem: unauthenticated
    """
    if actor.user is None:
        raise Problem("unauthenticated")
    return actor.user
