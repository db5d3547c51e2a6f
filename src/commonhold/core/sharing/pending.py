"""Shares with mail addresses that wait for their owner: shown by the secret of a letter, taken over, asked for."""

import enum

import msgspec

from commonhold.core.changes import Put
from commonhold.core.core import Core, judge
from commonhold.core.directory.credentials import spend
from commonhold.core.directory.reading import one
from commonhold.core.directory.throttle import count_try, limited
from commonhold.core.identity import Actor
from commonhold.core.model import CredentialKind, Notification, Profile, Share
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.require import machine
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind

ASKED = "share_asked"  # kind of the notification to a sharer: somebody wants to open what went to an address


class Waits(enum.StrEnum):
    """What a share with an address is to somebody."""

    YOURS = "yours"  # he has confirmed the address: it is open to him
    UNCONFIRMED = "unconfirmed"  # the address is his, but he has not confirmed it
    OTHERS = "others"


class Invitation(msgspec.Struct, frozen=True):
    """The newest share with an address, and the address."""

    share: str
    address: str


async def invitation(core: Core, secret: str) -> Invitation:
    """Return what the secret of a letter to an address stands for; the secret counts afterwards as before.

    :raises Problem: bad_token
    """
    held = await spend(core, secret, CredentialKind.VERIFY)
    mail = held.principal
    profile = await one(core, Profile, no=mail.no) if mail is not None and mail.kind is Kind.MAIL else None
    if mail is None or profile is None:
        raise Problem("bad_token")
    where = (Where("recipient", "eq", mail.no),)
    found: list[Share] = await core.store.rows(machine(), Rows(Share, where, ("-no",), limit=1))
    if not found:
        raise Problem("bad_token")
    return Invitation(found[0].uid, profile.name)


async def waits_for(core: Core, actor: Actor, share: str) -> Waits:
    """Say whether a share with an address is the actor's.

    :raises Problem: unknown_share, unauthenticated
    """
    judged, row = await _look(core, actor, share)
    return _waits(judged, actor, row)


async def _look(core: Core, actor: Actor, share: str) -> tuple[Judge, Share]:
    if actor.user is None:
        raise Problem("unauthenticated")
    judged = await judge(core, Look(actor, shares=(share,), names=True))
    no = judged.snapshot.found_shares.get(share)
    row = judged.snapshot.shares[no] if no is not None else None
    if row is None or row.kind is not Kind.MAIL or not judged.gives(row, row.item).actions:
        raise Problem("unknown_share")
    return judged, row


def _waits(judged: Judge, actor: Actor, row: Share) -> Waits:
    seen = judged.snapshot
    if row.recipient in seen.set_of(actor.user):
        return Waits.YOURS
    address, own = seen.profiles.get(row.recipient), seen.profiles.get(actor.user or 0)
    if address is not None and own is not None and own.email_key == address.name_key and not own.verified:
        return Waits.UNCONFIRMED
    return Waits.OTHERS


async def ask_for(core: Core, actor: Actor, share: str) -> Waits:
    """Tell the sharer that the actor wants to open what was shared with an address; nothing, if it is his already.

    :raises Problem: unknown_share, unauthenticated, too_many_requests
    """
    judged, row = await _look(core, actor, share)
    found = _waits(judged, actor, row)
    if found is not Waits.YOURS:
        line = Notification(-1, row.made_by, ASKED, actor.user, row.no, row.item, 1, judged.now)
        await count_try(core, limited(core, "share.asked", f"{row.no}:{actor.user}", actor.address), Put(line))
    return found
