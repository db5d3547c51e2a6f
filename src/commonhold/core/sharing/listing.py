"""Whole lists of shares: page by page, on behalf of somebody, of everyone's, and of the installation."""

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from commonhold.core.core import Core, judge
from commonhold.core.directory.reading import by_no
from commonhold.core.directory.standing import stand
from commonhold.core.identity import Actor, ShareRef
from commonhold.core.model import EVERYONE, LINK, Profile, Share
from commonhold.core.policy.allowed import ADMINISTRATION, PUBLIC, SELF, Allowed
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.require import allow, allow_administration
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import Shares, Shown, notes_of, page_of_shares, show
from commonhold.core.sharing.managing import visible

Fetch = Callable[[int | None], Awaitable[Shares]]
"""One page of a listing, after the number of the last share seen."""


class Wanted(msgspec.Struct, frozen=True):
    """Which shares of the installation are asked for; all, where nothing is said.

    ``public``: whoever comes along gets them, by a link or without; ``ends_before`` names a moment: their end lies
    between now and then; ``face``: by which they were made.
    """

    made_by: int | None = None
    recipient: int | None = None
    item: int | None = None
    face: str | None = None
    public: bool = False
    ends_before: int | None = None


async def every(fetch: Fetch) -> list[Shown]:
    """Return all pages of a listing as one; its cost grows with its rows."""
    found: list[Shown] = []
    after: int | None = None
    while True:
        page = await fetch(after)
        found += page.shares
        after = page.next
        if after is None:
            return found


async def several(core: Core, actor: Actor, refs: Sequence[ShareRef]) -> dict[ShareRef, Shown]:
    """Return shares by reference, in one reading; those that the actor may not know of are left out.

    Of names there are those of addresses and of accounts from outside alone, which no number stands for elsewhere.
    """
    judged = await judge(core, Look(actor, shares=tuple(dict.fromkeys(refs))))
    rows: dict[ShareRef, Share] = {}
    for ref in refs:
        with contextlib.suppress(Problem):
            rows[ref] = visible(judged, actor, ref)
    if not rows:
        return {}
    await _name_those_outside(core, actor, judged, rows.values())
    notes = await notes_of(core, actor, [row.no for row in rows.values()])
    shown = {row.no: row for row in rows.values()}
    seen = {no: show(judged, actor, row, notes.get(no)) for no, row in shown.items()}
    return {ref: seen[row.no] for ref, row in rows.items()}


async def _name_those_outside(core: Core, actor: Actor, judged: Judge, rows: Iterable[Share]) -> None:
    seen = judged.snapshot
    people = {row.recipient: seen.principals.get(row.recipient) for row in rows if row.kind in (Kind.MAIL, Kind.USER)}
    wanted = tuple(no for no, row in people.items() if row is not None and row.external and no not in seen.profiles)
    seen.profiles |= await by_no(core, allow(actor, PUBLIC), Profile, wanted)


async def on_behalf(core: Core, actor: Actor, user: int) -> Actor:
    """Return the actor himself, or, for administrators of the installation, somebody else to look as.

    :raises Problem: forbidden, unknown_user
    """
    if actor.user == user:
        return actor
    standing = await stand(core, actor, user)
    standing.need_admin()
    return Actor(standing.one(user, Kind.USER).no, actions=actor.actions, face=actor.face, address=actor.address)


async def shares_with_everyone(core: Core, actor: Actor, after: int | None = None, limit: int = LONGEST_PAGE) -> Shares:
    """List what everyone may see now, newest first.

    :raises Problem: unauthenticated
    """
    allowed = allow(actor, SELF)
    page = await _page(core, actor, allowed, Wanted(recipient=EVERYONE), after, limit)
    return msgspec.structs.replace(page, shares=tuple(one for one in page.shares if one.state == "open"))


async def shares_of_all(
    core: Core, actor: Actor, wanted: Wanted, after: int | None = None, limit: int = LONGEST_PAGE
) -> Shares:
    """List live shares, newest first; those whose time is over too.

    For administrators of the installation all; for those of an organisation what stands on its items, page by page: a
    page may be short, or empty, and have a ``next``.

    :raises Problem: unauthenticated, forbidden
    """
    standing = await stand(core, actor)
    if standing.org is None:
        standing.need_admin()
    within = None if standing.admin else standing.org
    return await _page(core, actor, standing.allowed(ADMINISTRATION), wanted, after, limit, within=within)


async def administration(core: Core, actor: Actor) -> Allowed:
    """Return the proof that the actor administers the installation.

    :raises Problem: unauthenticated, forbidden
    """
    return allow_administration(await judge(core, Look(actor)), actor)


async def _page(
    core: Core,
    actor: Actor,
    allowed: Allowed,
    wanted: Wanted,
    after: int | None,
    limit: int,
    *,
    within: int | None = None,
) -> Shares:
    where = tuple(
        Where(column, "eq", value)
        for column in ("made_by", "recipient", "item", "face")
        if (value := getattr(wanted, column)) is not None
    )
    if wanted.public:
        where += (Where("recipient", "in", (EVERYONE, LINK)),)
    if wanted.ends_before is not None:
        where += (Where("until", "gt", core.clock()), Where("until", "lt", wanted.ends_before))
    rows: list[Share] = await core.store.rows(
        allowed, Rows(Share, where, ("-no",), None if after is None else (after, after), limit)
    )
    return await page_of_shares(core, actor, [share.no for share in rows], limit, within=within)
