"""Letters: what is told to an address, decided when it is sent and from what holds then.

A row of the outbox holds numbers. Everything else is read here: whether the share still gives anything to this
recipient, names, the note, and the secret that the letter carries; so nothing that was withdrawn is ever mailed.
"""

from typing import Any, ClassVar, Final

import msgspec

from commonhold.core.core import Core, judge
from commonhold.core.directory.letters import ENTRY, INVITE, JOIN, RESET, VERIFY, letter_secret
from commonhold.core.directory.reading import one
from commonhold.core.directory.secret import Discreet
from commonhold.core.identity import NOBODY
from commonhold.core.model import LINK as LINK_HOLDER
from commonhold.core.model import Life, Note, Outbox, Profile, Share, State
from commonhold.core.notices.changes import LINK, SHARE
from commonhold.core.notices.reading import all_of
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.ports import Where
from commonhold.core.roles import Action, Kind
from commonhold.core.sharing.links import secret_of

LISTED: Final = 10  # items that a letter names; the others are counted


class Offer(Discreet, frozen=True):
    """One item of a letter: its name, and the page where it opens (a name of ``settings.PAGES``), if it has its own."""

    secrets: ClassVar = frozenset({"part"})

    name: str
    page: str | None = None
    part: str | None = None  # a link's secret, or the item's uid


class Letter(Discreet, frozen=True):
    """One message to one address. Texts are as their authors wrote them: whoever renders them makes them harmless.

    ``page`` and ``part`` name what the letter's button opens, if not each item opens by itself.
    """

    secrets: ClassVar = frozenset({"part"})

    no: int  # of its row in the outbox: the same letter sent twice has the same number
    kind: str
    address: str
    sharer: str | None = None
    subject_of: str | None = None  # the title of the group that it is about
    offers: tuple[Offer, ...] = ()
    more: int = 0
    note: str | None = None
    starts: int | None = None
    until: int | None = None
    password: bool = False
    page: str | None = None
    part: str | None = None


async def letter(core: Core, row: Outbox) -> Letter | None:
    """Return the letter that a row stands for, as things are now; None if there is nothing to tell any more."""
    if row.kind in (SHARE, LINK):
        return await _of_shares(core, row)
    if row.kind == JOIN:
        return await _of_join(core, row)
    return await _of_account(core, row)


async def _of_shares(core: Core, row: Outbox) -> Letter | None:
    """Tell of the shares that came of one request, as far as they still give something to this recipient."""
    to = row.principal
    shares = await shares_of(core, row)
    if not shares or to is None:
        return None
    look = Look(NOBODY, shares=tuple(share.no for share in shares), recipients=(to,), subjects=(to,), names=True)
    judged = await judge(core, look)
    seen = judged.snapshot
    address = address_of(seen, to)
    alive = [share for share in shares if gives(judged, share)]
    if address is None or not alive:
        return None
    first = alive[0]
    by_mail = first.kind is Kind.MAIL and to not in seen.claimed
    note = await one(core, Note, no=first.no)
    return Letter(
        no=row.no,
        kind=row.kind,
        address=address,
        sharer=name_of(seen.profiles.get(first.made_by)),
        offers=tuple(_offer(core, seen, share, own_page=not by_mail) for share in alive[:LISTED]),
        more=max(0, len(alive) - LISTED),
        note=note.text if note else None,
        starts=first.starts if first.starts is not None and first.starts > judged.now else None,
        until=first.until,
        password=first.password is not None,
        page="enter" if by_mail else None,
        part=await letter_secret(core, ENTRY, to) if by_mail else None,
    )


async def shares_of(core: Core, row: Outbox) -> list[Share]:
    """Return the shares that a row tells of, as far as they are there still.

    One commit numbers what it writes in one run, and a row of the outbox comes last: so whatever has this recipient
    between the first share and the row came of the same request. A row with an event tells of one share again.
    """
    if row.event is not None:
        return await all_of(core, Share, Where("no", "eq", row.share))
    recipient = LINK_HOLDER if row.kind == LINK else row.principal
    run = (Where("no", "ge", row.share or row.no), Where("no", "lt", row.no))
    return await all_of(core, Share, Where("recipient", "eq", recipient), *run)


def gives(judged: Judge, share: Share) -> bool:
    """Tell whether a share gives something, now or once it begins."""
    seen = judged.snapshot
    now = seen.shares.get(share.no)
    if now is None or share.item not in seen.items or seen.life(share.item) is not Life.LIVE:
        return False
    if now.max_uses is not None and seen.used.get(now.no, 0) >= now.max_uses:
        return False
    opens = judged.now if now.starts is None else max(judged.now, now.starts)
    return bool(Judge(seen, opens).gives(now, now.item).actions & ~Action.SHARE)


def _offer(core: Core, seen: Snapshot, share: Share, *, own_page: bool) -> Offer:
    item = seen.items[share.item]
    name = item.name or str(item.kind)
    if share.kind is Kind.LINK:
        return Offer(name, "link", secret_of(core, seen.shares[share.no]))
    return Offer(name, "item", item.uid) if own_page else Offer(name)


def address_of(seen: Snapshot, principal: int) -> str | None:
    """Return where mail for a principal goes: a person's verified address, or the address that it is."""
    profile = seen.profiles.get(principal)
    if profile is None or not seen.active(principal):
        return None
    if profile.kind is Kind.MAIL:
        return profile.name
    return profile.email if profile.kind is Kind.USER and profile.verified else None


def name_of(profile: Profile | None) -> str | None:
    """Return what a person is called in a letter."""
    if profile is None:
        return None
    full = " ".join(part for part in (profile.first_name, profile.last_name) if part)
    return full or profile.name


async def _of_join(core: Core, row: Outbox) -> Letter | None:
    """Tell the owner of a group that somebody asks to join."""
    facts: dict[str, Any] = msgspec.json.decode(row.facts)
    user, group, to = facts["user"], facts["group"], row.principal or 0
    seen = (await judge(core, Look(NOBODY, recipients=(user, group, to), names=True))).snapshot
    address, who, what = address_of(seen, to), seen.profiles.get(user), seen.profiles.get(group)
    if address is None or who is None or what is None or not (seen.active(user) and seen.active(group)):
        return None
    part = seen.principals[group].uid
    return Letter(row.no, JOIN, address, name_of(who), what.name, page="group", part=part)


# Letters that carry a secret: the page that takes it, and whether an account of this state and address still needs one.
_PAGES: Final = {VERIFY: "verify", RESET: "reset", INVITE: "reset", ENTRY: "enter"}
_STATES: Final = {VERIFY: State.ACTIVE, RESET: State.ACTIVE, INVITE: State.PENDING, ENTRY: State.ACTIVE}


async def _of_account(core: Core, row: Outbox) -> Letter | None:
    """Send somebody the secret that he asked for, to the address that he has now."""
    if row.kind not in _PAGES or row.principal is None:
        return None
    seen = (await judge(core, Look(NOBODY, recipients=(row.principal,), names=True))).snapshot
    who, profile = seen.principals.get(row.principal), seen.profiles.get(row.principal)
    if who is None or profile is None or who.state is not _STATES[row.kind]:
        return None
    address = profile.name if profile.kind is Kind.MAIL else profile.email
    if address is None or (row.kind == VERIFY and profile.verified):
        return None
    secret = await letter_secret(core, row.kind, row.principal)
    return Letter(row.no, row.kind, address, page=_PAGES[row.kind], part=secret)
