"""Finding shares: one, those on an item, by me, with me; and asking who may what and why."""

from collections.abc import Iterable, Sequence

import msgspec

from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, ItemRef, ShareRef
from commonhold.core.model import Item, Note, Principal, Profile, Share
from commonhold.core.policy.allowances import shareable
from commonhold.core.policy.allowed import PUBLIC, SELF, Allowed
from commonhold.core.policy.audience import Reason, audience, why
from commonhold.core.policy.decide import Judge, Right
from commonhold.core.policy.manage import may_change, may_end
from commonhold.core.policy.require import allow, require
from commonhold.core.policy.snapshot import START, Look, Part, Place
from commonhold.core.ports import Rows, SharedWith, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind
from commonhold.core.sharing.managing import visible


class Shown(msgspec.Struct, frozen=True):
    """A share as its reader may see it. ``state``: open, or why it gives nothing now.

    ``manages``: the reader may end it; ``changes``: he may change it, and is the one to whom a link is shown.
    """

    share: Share
    item: Item
    state: str
    recipient: Principal | None
    name: str | None  # of the recipient
    sharer: str | None
    note: str | None
    used: int
    manages: bool
    changes: bool
    path: tuple[str, ...] = ()
    owner: str | None = None  # of the space that the item lives in
    email: str | None = None  # of a recipient from outside, for whoever may change the share
    reaches: bool = False  # the reader is among its recipients
    mask: Kind = Kind.NONE  # kinds that it may be passed on to, as far as anybody here may share with them


class Shares(msgspec.Struct, frozen=True):
    """A page of shares; ``next`` continues it, also where decisions made it short or empty."""

    shares: tuple[Shown, ...]
    next: int | None = None
    revision: int = 0


class Answer(msgspec.Struct, frozen=True):
    """What somebody may do with an item, with every reason; ``profiles`` names the principals in the reasons."""

    item: Item
    right: Right
    reasons: tuple[Reason, ...]
    profiles: dict[int, Profile]
    items: dict[int, Item]
    shares: dict[int, Share]
    total: int | None = None  # reasons in the whole audience, if that was asked for


async def get_share(core: Core, actor: Actor, ref: ShareRef) -> Shown:
    """Return one share that the actor may know of.

    :raises Problem: unknown_share
    """
    judged = await judge(core, Look(actor, shares=(ref,), names=True))
    share = visible(judged, actor, ref)
    notes = await notes_of(core, actor, [share.no])
    return show(judged, actor, share, notes.get(share.no))


def show(judged: Judge, actor: Actor, share: Share, note: str | None, *, received: bool = False) -> Shown:
    """Shape a share for its reader; ``received``: in a list for its recipients, who are not asked what else they may.

    A long list takes half the time so.
    """
    seen = judged.snapshot
    changes = not received and bool(may_change(judged, actor, share))
    gift = judged.gives(share, share.item)
    state = "open" if gift.actions else (gift.missing or "no_right")
    used = seen.used.get(share.no, 0)
    if state == "open" and share.max_uses is not None and used >= share.max_uses:
        state = "used_up"
    if seen.life(share.item) != "live":
        state = "in_trash"
    item = seen.items[share.item]
    if state not in ("open", "used_up") and _was_received(judged, actor, share):
        item = nameless(item)
    return Shown(
        share,
        item,
        state,
        seen.principals.get(share.recipient),
        _name(seen.profiles.get(share.recipient)),
        _name(seen.profiles.get(share.made_by)),
        note,
        used,
        changes or (not received and bool(may_end(judged, actor, share))),
        changes,
        () if received else names_above(judged, actor, share.item),
        _owner(judged, share.item),
        _email(judged, share.recipient) if changes else None,
        judged.receives(actor, share),
        share.mask & shareable(seen) if share.mask else Kind.NONE,
    )


def _was_received(judged: Judge, actor: Actor, share: Share) -> bool:
    """Tell whether all that a reader has to do with a share, and with its item, is that it reaches him."""
    return may_end(judged, actor, share) in (None, "recipient") and not judged.right(actor, share.item).actions


def nameless(item: Item) -> Item:
    """Return an item for one who knows of a share of it that gives nothing now: not what it is called today."""
    return msgspec.structs.replace(item, name=None, name_key=None, url=None, media=None, size=0, attributes="{}")


def _email(judged: Judge, recipient: int) -> str | None:
    row, profile = judged.snapshot.principals.get(recipient), judged.snapshot.profiles.get(recipient)
    return profile.email if row is not None and row.external and profile is not None else None


def _owner(judged: Judge, item: int) -> str | None:
    space = judged.snapshot.spaces.get(judged.snapshot.items[item].space)
    return _name(judged.snapshot.profiles.get(space.owner)) if space else None


def _name(profile: Profile | None) -> str | None:
    return profile.name if profile else None


def names_above(judged: Judge, actor: Actor, item: int) -> tuple[str, ...]:
    """Return the names from below the top folder down to the item; none for those who may not see all of them."""
    names = []
    for no in judged.snapshot.chain(item):
        if not judged.right(actor, no).may(Action.READ):
            return ()
        names.append(judged.snapshot.items[no].name or "")
    return tuple(name for name in reversed(names) if name)


async def notes_of(core: Core, actor: Actor, shares: Sequence[int]) -> dict[int, str]:
    """Return the notes of shares that the actor was found to know of: as a user, or by a link that he opened."""
    if not shares:
        return {}
    found: list[Note] = await core.store.rows(allow(actor, PUBLIC), Rows(Note, (Where("no", "in", tuple(shares)),)))
    return {note.no: note.text for note in found}


async def note_of(core: Core, allowed: Allowed, share: Share) -> str | None:
    """Return what the sharer wrote, for whoever may look at the share."""
    found: list[Note] = await core.store.rows(allowed, Rows(Note, (Where("no", "eq", share.no),)))
    return found[0].text if found else None


async def shares_on(
    core: Core, actor: Actor, item: ItemRef, after: int | None = None, limit: int = 50, *, own: bool = False
) -> Shares:
    """List the live shares that stand on an item: all for those who manage it, else (or ``own``) those he made.

    :raises Problem: unknown_item
    """
    judged = await judge(core, Look(actor, items=(item,), names=True))
    allowed, _ = require(judged, actor, judged.snapshot.found_items.get(item), Action.READ)
    where: tuple[Where, ...] = (Where("item", "eq", allowed.item),)
    where += (Where("made_by", "eq", actor.user),) if own else ()
    limit = min(limit, core.limits.page)
    return await _page(core, actor, await core.store.rows(allowed, newest(where, after, limit)), limit)


async def shares_by(core: Core, actor: Actor, after: int | None = None, limit: int = 50) -> Shares:
    """List the live shares that the actor made, newest first.

    :raises Problem: unauthenticated
    """
    allowed = allow(actor, SELF)
    where = (Where("made_by", "eq", actor.user),)
    limit = min(limit, core.limits.page)
    return await _page(core, actor, await core.store.rows(allowed, newest(where, after, limit)), limit)


async def shares_with(
    core: Core, actor: Actor, after: int | None = None, limit: int = 50, *, everyone: bool = False
) -> Shares:
    """List the live shares that reach the actor, newest first, without those that give nothing now.

    :raises Problem: unauthenticated
    """
    allowed = allow(actor, SELF)
    limit = min(limit, core.limits.page)
    page = SharedWith(actor.user or 0, after, limit, everyone)
    numbers = await core.store.shared_with(allowed, page)
    found = await page_of_shares(core, actor, numbers, limit)
    kept = tuple(shown for shown in found.shares if shown.state in ("open", "used_up"))
    return msgspec.structs.replace(found, shares=kept)


def newest(where: tuple[Where, ...], after: int | None, limit: int) -> Rows:
    """Ask for a page of shares, newest first; ``after`` is the number of the last one seen."""
    return Rows(Share, where, ("-no",), None if after is None else (after, after), limit)


async def _page(core: Core, actor: Actor, rows: Iterable[Share], limit: int) -> Shares:
    return await page_of_shares(core, actor, [share.no for share in rows], limit)


async def page_of_shares(
    core: Core, actor: Actor, numbers: Sequence[int], limit: int, *, within: int | None = None
) -> Shares:
    """Decide over a page of shares in one look, and show those that the actor may know of.

    ``within``: of these, what stands on items of this organisation.
    """
    judged = await judge(core, Look(actor, shares=tuple(numbers), names=True))
    shares = []
    for no in numbers:
        try:
            shares.append(visible(judged, actor, no))
        except Problem:
            continue
    if within is not None:
        shares = [share for share in shares if _org(judged, share) == within]
    notes = await notes_of(core, actor, [share.no for share in shares])
    shown = tuple(show(judged, actor, share, notes.get(share.no)) for share in shares)
    further = numbers[-1] if numbers and len(numbers) >= limit else None
    return Shares(shown, further, judged.snapshot.revision)


def _org(judged: Judge, share: Share) -> int | None:
    space = judged.snapshot.spaces.get(judged.snapshot.items[share.item].space)
    return space.org if space is not None else None


async def decide(core: Core, actor: Actor, item: ItemRef) -> Right:
    """Return what the actor may do with an item; nothing, if there is none.

    :raises Problem: unknown_item
    """
    judged = await judge(core, Look(actor, items=(item,)))
    no = judged.snapshot.found_items.get(item)
    if no is None or not (right := judged.right(actor, no)).actions:
        raise Problem("unknown_item")
    return right


async def explain(core: Core, actor: Actor, item: ItemRef, subject: int | None = None) -> Answer:
    """Say what somebody may do with an item, and every reason: oneself, or (for its managers) anybody.

    :raises Problem: unknown_item, forbidden, unknown_user
    """
    subjects = () if subject is None else (subject,)
    judged = await judge(core, Look(actor, items=(item,), subjects=subjects, names=True))
    no = judged.snapshot.found_items.get(item)
    if subject is None or subject == actor.user:
        _, right = require(judged, actor, no, Action.READ)
        return _answer(judged, actor, right)
    allowed, _ = require(judged, actor, no, Action.MANAGE)
    who = judged.snapshot.principals.get(subject)
    if who is None or (who.kind is not Kind.USER and who.kind is not Kind.MAIL):
        raise Problem("unknown_user")
    other = Actor(subject)
    return _answer(judged, other, judged.right(other, allowed.item or 0))


def _answer(judged: Judge, whose: Actor, right: Right) -> Answer:
    seen = judged.snapshot
    reasons = tuple(why(judged, whose, right.item))
    return Answer(seen.items[right.item], right, reasons, seen.profiles, seen.items, seen.shares)


async def audience_of(
    core: Core, actor: Actor, item: ItemRef, after: Place = START, limit: int = 50, *, total: bool = False
) -> tuple[Answer, Place | None]:
    """Tell everybody an item reaches, with reasons, page by page; for those who manage it.

    With ``total`` the answer says how many reasons there are in all.

    :raises Problem: unknown_item, forbidden
    """
    limit = min(limit, core.limits.page)
    look = Look(actor, items=(item,), audience=Part(after, limit + 1, total), names=True)
    judged = await judge(core, look)
    seen = judged.snapshot
    _, right = require(judged, actor, seen.found_items.get(item), Action.MANAGE)
    told = list(audience(judged, right.item))
    found = [reason for reason in told if reason.at > after]
    page = tuple(found[:limit])
    count = None if seen.total is None else seen.total + sum(reason.share is None for reason in told)
    answer = Answer(seen.items[right.item], right, page, seen.profiles, seen.items, seen.shares, count)
    return answer, page[-1].at if len(found) > limit else None
