"""Links as those see them who may manage them: all of them for administrators, for others those that they made."""

from collections.abc import Collection, Sequence
from typing import Final, TypeVar

import msgspec

from commonhold.core.core import Core, judge
from commonhold.core.directory.reading import page_of
from commonhold.core.identity import Actor
from commonhold.core.model import LINK, Item, Note, Row, Share, Use
from commonhold.core.policy.allowed import ADMINISTRATION, SELF, Allowed
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.records.items import administers
from commonhold.core.roles import Action

MOST: Final = 10_000  # links that are looked at for one list

R = TypeVar("R", bound=Row)


class Link(msgspec.Struct, frozen=True):
    """A link with the small rows beside it."""

    share: Share
    item: Item
    note: str | None
    used: int


async def links_of(core: Core, actor: Actor, uids: Collection[str] | None = None) -> list[Link]:
    """Return the links that the actor manages, or those of them that are asked for; others are left out.

    :raises Problem: query_too_costly beyond ``MOST`` of them
    """
    judged = await judge(core, Look(actor))
    if actor.user is None or not judged.snapshot.active(actor.user) or not actor.actions & Action.SHARE:
        return []
    where: tuple[Where, ...] = (Where("recipient", "eq", LINK),)
    all_of_them = administers(judged.snapshot.principals.get(actor.user))
    if not all_of_them:
        where += (Where("made_by", "eq", actor.user),)
    allowed = allow(actor, ADMINISTRATION if all_of_them else SELF)
    shares = await (_every(core, allowed, where) if uids is None else _some(core, allowed, where, sorted(uids)))
    numbers = [share.no for share in shares]
    items = {one.no: one for one in await _by_no(core, allowed, Item, [share.item for share in shares])}
    notes = {one.no: one.text for one in await _by_no(core, allowed, Note, numbers)}
    used = {one.no: one.used for one in await _by_no(core, allowed, Use, numbers)}
    return [
        Link(share, items[share.item], notes.get(share.no), used.get(share.no, 0))
        for share in shares
        if share.item in items
    ]


async def _every(core: Core, allowed: Allowed, where: tuple[Where, ...]) -> list[Share]:
    found: list[Share] = []
    after = None
    while True:
        page = await page_of(core, allowed, Share, where, after=after)
        found += page.rows
        after = page.next
        if after is None:
            return found
        if len(found) >= MOST:
            raise Problem("query_too_costly", limit="shares", allowed=MOST)


async def _some(core: Core, allowed: Allowed, where: tuple[Where, ...], uids: Sequence[str]) -> list[Share]:
    found: list[Share] = []
    for at in range(0, len(uids), LONGEST_PAGE):
        asked = Where("uid", "in", tuple(uids[at : at + LONGEST_PAGE]))
        found += await core.store.rows(allowed, Rows(Share, (asked, *where)))
    return found


async def _by_no(core: Core, allowed: Allowed, table: type[R], numbers: Sequence[int]) -> list[R]:
    found: list[R] = []
    some = list(dict.fromkeys(numbers))
    for at in range(0, len(some), LONGEST_PAGE):
        found += await core.store.rows(allowed, Rows(table, (Where("no", "in", tuple(some[at : at + LONGEST_PAGE])),)))
    return found
