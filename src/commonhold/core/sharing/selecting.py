"""Choosing among somebody's shares: by end, person, item, openness and use; in several orders, page by page by key."""

import enum
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, ItemRef, RecipientRef
from commonhold.core.model import Share, Use
from commonhold.core.policy.allowed import SELF, Allowed
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Rows, SharedWith, Where
from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import Shown, page_of_shares

ROUNDS: Final = 10  # readings for one page: a page may be short, and goes on

Cursor = tuple[int, ...]
"""Where a list goes on: the number of the last share seen, after its end where that is the order."""


class Order(enum.StrEnum):
    """In which order shares are listed."""

    NEWEST = "newest"
    OLDEST = "oldest"
    ENDING = "ending"  # the one that ends first; those without an end last, the newest first


class Choice(msgspec.Struct, frozen=True):
    """Which shares are wanted: all that hold for every field that is given.

    ``links``: only links, or (False) all but links; ``public``: what is open to whoever has the link, or to everyone,
    without a password; ``ends_before``: what ends by a moment, and is not over; ``who``: whom it is with, or (received)
    who shared it; ``unused``: links that nobody has opened.
    """

    links: bool | None = None
    public: bool = False
    ends_before: int | None = None
    who: RecipientRef | None = None
    item: ItemRef | None = None
    unused: bool = False
    order: Order = Order.NEWEST


class Selected(msgspec.Struct, frozen=True):
    """A page of shares; ``next`` continues it, also where decisions made it short or empty."""

    shares: tuple[Shown, ...] = ()
    next: Cursor | None = None


Step = Callable[[Cursor | None, int], Awaitable[tuple[list[Share], Cursor | None]]]


async def made(
    core: Core, actor: Actor, wanted: Choice, after: Cursor | None = None, limit: int = LONGEST_PAGE
) -> Selected:
    """List the live shares that the actor made and that are wanted.

    :raises Problem: unauthenticated
    """
    allowed = allow(actor, SELF)
    where = await _conditions(core, actor, wanted, "recipient")
    if where is None:
        return Selected()
    where = (Where("made_by", "eq", actor.user), *where)

    async def step(after: Cursor | None, many: int) -> tuple[list[Share], Cursor | None]:
        found = await _page(core, allowed, where, wanted.order, after, many)
        further = _place(found[-1], wanted.order) if len(found) == many else None
        return (await _unused(core, allowed, found) if wanted.unused else found), further

    numbers, further = await _gather(step, after, limit)
    page = await page_of_shares(core, actor, numbers, limit)
    return Selected(page.shares, further)


async def received(
    core: Core, actor: Actor, wanted: Choice, after: Cursor | None = None, limit: int = LONGEST_PAGE
) -> Selected:
    """List the live shares that reach the actor and are wanted, newest first, without those that give nothing now.

    :raises Problem: unauthenticated
    """
    allowed = allow(actor, SELF)
    where = await _conditions(core, actor, wanted, "made_by")
    if where is None:
        return Selected()

    async def step(after: Cursor | None, many: int) -> tuple[list[Share], Cursor | None]:
        before = after[0] if after else None
        numbers = await core.store.shared_with(allowed, SharedWith(actor.user or 0, before, many))
        rows = Rows(Share, (Where("no", "in", tuple(numbers)), *where), ("-no",))
        found: list[Share] = await core.store.rows(allowed, rows) if numbers else []
        return found, (numbers[-1],) if len(numbers) == many else None

    numbers, further = await _gather(step, after, limit)
    page = await page_of_shares(core, actor, numbers, limit)
    kept = tuple(one for one in page.shares if one.state == "open" or one.share.password or one.used)
    return Selected(kept, further)


async def _conditions(core: Core, actor: Actor, wanted: Choice, person: str) -> tuple[Where, ...] | None:
    """Return the conditions on shares; None if somebody or something is named that is not there.

    Links are told by their kind: to ask for their recipient would lead engines through the links of everybody.
    """
    where: list[Where] = []
    if wanted.links is not None:
        where.append(Where("kind", "eq" if wanted.links else "ne", Kind.LINK))
    if wanted.public:
        where += (Where("kind", "in", (Kind.EVERYONE, Kind.LINK)), Where("password", "null"))
    if wanted.ends_before is not None:
        where += (Where("until", "ge", core.clock()), Where("until", "lt", wanted.ends_before))
    if wanted.who is not None or wanted.item is not None:
        people = () if wanted.who is None else (wanted.who,)
        items = () if wanted.item is None else (wanted.item,)
        seen = (await judge(core, Look(actor, items=items, recipients=people))).snapshot
        for column, no in (
            *((person, seen.found_recipients.get(one)) for one in people),
            *(("item", seen.found_items.get(one)) for one in items),
        ):
            if no is None:
                return None
            where.append(Where(column, "eq", no))
    return tuple(where)


async def _gather(step: Step, after: Cursor | None, limit: int) -> tuple[list[int], Cursor | None]:
    """Read on until a page is full, the list is over, or it has been long enough."""
    found: list[int] = []
    limit = max(1, min(limit, LONGEST_PAGE))
    for _ in range(ROUNDS):
        some, after = await step(after, limit - len(found))
        found += [share.no for share in some]
        if after is None or len(found) >= limit:
            break
    return found, after


async def _page(
    core: Core, allowed: Allowed, where: tuple[Where, ...], order: Order, after: Cursor | None, many: int
) -> list[Share]:
    async def rows(order: str, after: Cursor | None, many: int, *more: Where) -> list[Share]:
        place = (*after, after[0]) if after is not None and len(after) == 1 else after
        found: list[Share] = await core.store.rows(allowed, Rows(Share, (*where, *more), (order,), place, many))
        return found

    if order is Order.NEWEST:
        return await rows("-no", after, many)
    if order is Order.OLDEST:
        return await rows("no", after, many)
    found: list[Share] = []
    if after is None or len(after) > 1:
        found = await rows("until", after, many, Where("until", "notnull"))
        after = None
    if len(found) < many:
        found += await rows("-no", after, many - len(found), Where("until", "null"))
    return found


def _place(share: Share, order: Order) -> Cursor:
    return (share.until, share.no) if order is Order.ENDING and share.until is not None else (share.no,)


async def _unused(core: Core, allowed: Allowed, shares: Sequence[Share]) -> list[Share]:
    """Return those of some shares that count their uses, and were never used."""
    if not shares:
        return []
    uses: list[Use] = await core.store.rows(allowed, Rows(Use, (Where("no", "in", tuple(one.no for one in shares)),)))
    used = {use.no for use in uses if use.used}
    return [one for one in shares if one.no not in used and (one.kind is Kind.LINK or one.max_uses is not None)]
