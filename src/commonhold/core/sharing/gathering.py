"""Whole lists of shares with the items they stand on: with somebody, by somebody, with everyone.

For clients that take such a list at once and as a tree. It is read in a few readings for each page of rows, never one
for each row.
"""

import enum
from collections.abc import Sequence
from typing import Final

import msgspec

from commonhold.core.content.tree import Seen, see
from commonhold.core.core import Core, judge
from commonhold.core.directory.standing import stand
from commonhold.core.identity import Actor
from commonhold.core.model import EVERYONE, Life, Share
from commonhold.core.policy.allowed import ADMINISTRATION, SELF, Allowed
from commonhold.core.policy.decide import Judge, Right, needs_pass
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Rows, SharedWith, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind, Kind
from commonhold.core.sharing.finding import Shown, newest, notes_of, show
from commonhold.core.sharing.managing import visible
from commonhold.core.sharing.moments import last_event, last_moment, newest_events

MOST: Final = 10_000  # shares in one list: further ones are left out


class Which(enum.StrEnum):
    """Which shares are listed."""

    WITH = "with"  # those that reach a person, what everyone gets left aside, and what he made himself
    BY = "by"  # those that a person made, over or not
    PUBLIC = "public"  # those with everyone


class Gathered(msgspec.Struct):
    """Shares, newest first, and by number the items that the reader may read among those they stand on.

    In lists for recipients an item comes without what lies above, with the right that the list's shares give.

    ``moved``: the moment at which this list last changed, in milliseconds; None: it may change at any time.
    """

    shares: list[Shown] = []
    items: dict[int, Seen] = {}
    moved: int | None = 0
    met: set[int] = set()  # numbers of all shares that a decision has looked at, and of items on their chains
    places: set[int] = set()


async def gather(core: Core, actor: Actor, which: Which, user: int | None = None) -> Gathered:
    """Return the shares with or by somebody (the actor, unless ``user`` says otherwise), or with everyone.

    :raises Problem: unauthenticated; for another person's shares forbidden, unless the actor administers the
        installation, and unknown_user
    """
    whose = actor.user if user is None else user
    allowed = allow(actor, SELF) if whose == actor.user else await _administers(core, actor, whose or 0)
    found = Gathered()
    events = await newest_events(core, allowed)
    numbers = await _numbers(core, allowed, which, whose or 0)
    for at in range(0, len(numbers), LONGEST_PAGE):
        await _add(core, actor, found, numbers[at : at + LONGEST_PAGE], received=which is not Which.BY)
    if found.moved is not None:
        found.moved = max(found.moved, last_event(events, found.places, found.met))
    return found


async def _administers(core: Core, actor: Actor, user: int) -> Allowed:
    standing = await stand(core, actor, user)
    standing.need_admin()
    standing.one(user, Kind.USER)
    return standing.allowed(ADMINISTRATION)


async def _numbers(core: Core, allowed: Allowed, which: Which, user: int) -> list[int]:
    """Read the numbers of all shares of a list, page by page."""
    found: list[int] = []
    while len(found) < MOST:
        page = await _page(core, allowed, which, user, found[-1] if found else None)
        found += page
        if len(page) < LONGEST_PAGE:
            break
    return found


async def _page(core: Core, allowed: Allowed, which: Which, user: int, after: int | None) -> Sequence[int]:
    if which is Which.WITH:
        return await core.store.shared_with(allowed, SharedWith(user, after, LONGEST_PAGE))
    column, value = ("made_by", user) if which is Which.BY else ("recipient", EVERYONE)
    rows: Rows = newest((Where(column, "eq", value),), after, LONGEST_PAGE)
    shares: list[Share] = await core.store.rows(allowed, rows)
    return [share.no for share in shares]


async def _add(core: Core, actor: Actor, found: Gathered, numbers: Sequence[int], *, received: bool) -> None:
    """Decide over a page of shares in one look, and add those that the actor may know of."""
    judged = await judge(core, Look(actor, shares=tuple(numbers), names=True))
    shares = []
    for no in numbers:
        try:
            shares.append(visible(judged, actor, no))
        except Problem:
            continue
    notes = await notes_of(core, actor, [share.no for share in shares])
    shown = [show(judged, actor, share, notes.get(share.no), received=received) for share in shares]
    found.shares += shown
    for one in shown:
        (_add_given if received else _add_seen)(judged, actor, found, one)
    found.met.update(judged.snapshot.shares)
    found.places.update(judged.snapshot.items)
    sure = found.moved is not None and not any(_unsure(judged, share) for share in shares)
    found.moved = max(found.moved or 0, last_moment(judged)) if sure else None


def _add_seen(judged: Judge, actor: Actor, found: Gathered, shown: Shown) -> None:
    """Add the item of a share as the actor sees it, by whatever right."""
    item = shown.item
    right = judged.right(actor, item.no)
    if right.may(Action.READ) and item.no not in found.items:
        found.items[item.no] = see(judged, actor, item, right)


def _add_given(judged: Judge, actor: Actor, found: Gathered, shown: Shown) -> None:
    """Add the item of a share that gives something now, with what the shares of this list give on it, and no more.

    What somebody may do besides is not asked for each row of a long list: rights are asked for when he does it.
    """
    item, share = shown.item, shown.share
    if shown.state != "open" or needs_pass(share):
        return
    actions = judged.gives(share, item.no).actions & actor.actions
    before = found.items.get(item.no)
    if before is not None:
        actions |= before.right.actions
    if actions & Action.READ:
        owner = judged.snapshot.spaces[item.space].owner
        profile = judged.snapshot.profiles.get(owner)
        name = profile.name if profile else None
        found.items[item.no] = Seen(item, Right(item.no, actions), owner, name, Life.LIVE, None)


def _unsure(judged: Judge, share: Share) -> bool:
    """Tell whether a share may come or go without any row or event: by an allowance's time, or a record's rules."""
    record = judged.snapshot.items[share.item].kind is ItemKind.RECORD
    return record or judged.gives(share, share.item).missing == "life_too_long"


async def invited(core: Core, actor: Actor, no: int) -> str:
    """Return the address that stands for a recipient by mail: for sharers who invited it, its owner, administrators.

    :raises Problem: unauthenticated, unknown_recipient
    """
    standing = await stand(core, actor, no)
    seen = standing.seen
    row, profile = seen.principals.get(no), seen.profiles.get(no)
    if row is None or profile is None or row.kind is not Kind.MAIL:
        raise Problem("unknown_recipient")
    if not standing.admin and no not in seen.set_of(actor.user):
        where = (Where("recipient", "eq", no), Where("made_by", "eq", actor.user))
        if not await core.store.rows(standing.allowed(SELF), Rows(Share, where, limit=1)):
            raise Problem("unknown_recipient")
    return profile.name
