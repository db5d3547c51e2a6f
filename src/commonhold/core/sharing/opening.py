"""Opening a link: what its page may show, and the pass that a POST hands out."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from commonhold.core.changes import Change, CountUse, ShareIs, UsedUp
from commonhold.core.core import Core, attempt, happened, judge
from commonhold.core.directory.credentials import Handed, Lives, hand_out, issue
from commonhold.core.directory.digests import digest
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.throttle import count_try, forgiven, limited, limited_link
from commonhold.core.identity import NOBODY, Actor, LinkRef, Pass, ShareRef
from commonhold.core.model import Credential, CredentialKind, Item, Profile, Share
from commonhold.core.policy.allowed import PUBLIC, Allowed
from commonhold.core.policy.decide import Judge, Right, needs_pass
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind

# Why a link gives nothing now → what its holder is told; everything else is told as if it had never existed.
CLOSED: Final = {"not_yet": "link_not_yet", "ended": "link_ended", "empty": "link_ended", "life_too_long": "link_ended"}


class Peek(msgspec.Struct, frozen=True):
    """What the page of a link may show before it is opened: nothing of the item while a password is needed.

    ``actor`` may read at once where opening asks for nothing and counts nothing; else it is None.
    """

    share: Share
    allowed: Allowed
    state: str  # open, not_yet, ended or used_up
    password: bool
    uses_left: int | None
    item: Item | None = None
    sharer: Profile | None = None
    actor: Actor | None = None


class Opened(msgspec.Struct, frozen=True):
    """A pass, and what it opens. ``secret`` is told once and kept nowhere, as is ``refresh``, which renews it."""

    secret: str
    share: Share
    item: Item
    actor: Actor
    right: Right
    until: int
    credential: int
    refresh: str | None = None
    made_at: int = 0


def by_secret(secret: str) -> LinkRef:
    """Name a link by its secret."""
    return LinkRef(digest(secret))


def actor_for(share: Share, actor: Actor = NOBODY) -> Actor:
    """Return an actor that holds a pass for this share, besides what it was before."""
    held = Pass(share.no, share.state_at)
    return msgspec.structs.replace(actor, passes=(*(p for p in actor.passes if p.share != share.no), held))


def _link(judged: Judge, ref: ShareRef, actor: Actor) -> Share:
    """Return a share that this reference opens: a link for anybody, another one that needs a pass for its recipient.

    Whoever knows the uid of a link may open it, as long as it was not given a new secret: then only that one opens it.

    :raises Problem: unknown_share
    """
    no = judged.snapshot.found_shares.get(ref)
    share = judged.snapshot.shares.get(no) if no is not None else None
    if share is None or not needs_pass(share):
        raise Problem("unknown_share")
    if share.kind is Kind.LINK and share.generation > 1 and isinstance(ref, str):
        raise Problem("unknown_share")
    if share.kind is not Kind.LINK and share.recipient not in judged.snapshot.set_of(actor.user):
        raise Problem("unknown_share")
    return share


def _state(judged: Judge, share: Share, *, empty: bool = False) -> str:
    """Return whether a link is open; one without backing is told as unknown (``empty``: not one without content).

    :raises Problem: unknown_share
    """
    gift = judged.gives(share, share.item)
    if gift.missing in CLOSED:
        return "not_yet" if gift.missing == "not_yet" else "ended"
    bare = empty and gift.missing == "no_right"
    if not (gift.actions or bare) or judged.snapshot.life(share.item) != "live":
        raise Problem("unknown_share")
    if share.max_uses is not None and judged.snapshot.used.get(share.no, 0) >= share.max_uses:
        return "used_up"
    return "open"


async def peek(core: Core, actor: Actor, ref: ShareRef) -> Peek:
    """Look at a link without opening it: counts no use, hands out nothing (safe for GET, previews and bots).

    :raises Problem: unknown_share
    """
    judged = await judge(core, Look(actor, shares=(ref,), names=True))
    share = _link(judged, ref, actor)
    state = _state(judged, share)
    used = judged.snapshot.used.get(share.no, 0)
    left = None if share.max_uses is None else max(0, share.max_uses - used)
    found = Peek(share, allow(actor, PUBLIC), state, share.password is not None, left)
    opened = any(held.share == share.no and held.state_at == share.state_at for held in actor.passes)
    if state in ("not_yet", "ended"):
        return found
    if not opened and (state != "open" or share.password is not None):
        return found
    free = share.max_uses is None or opened
    return msgspec.structs.replace(
        found,
        state="open",
        item=judged.snapshot.items[share.item],
        sharer=judged.snapshot.profiles.get(share.made_by),
        actor=actor_for(share, actor) if free else None,
    )


async def open_share(
    core: Core,
    actor: Actor,
    ref: ShareRef,
    password: str | None = None,
    lives: Lives | None = None,
    *,
    empty: bool = False,
) -> Opened:
    """Open a link and hand out a pass: exactly ``max_uses`` of them, under any concurrency.

    ``lives``: it can be renewed (``sharing.renewing``). ``empty``: a backed link opens whose role shows nothing now.

    :raises Problem: unknown_share, link_not_yet, link_ended, link_used_up, password_required, wrong_password,
        too_many_requests
    """
    look = Look(actor, shares=(ref,))
    seen = [await judge(core, look)]
    beside = await _check_password(core, actor, ref, seen[0], password, empty=empty)

    async def once() -> Opened:
        judged = seen.pop() if seen else await judge(core, look)
        share = _link(judged, ref, actor)
        _refuse_closed(judged, share, empty=empty)
        return await _hand_out(core, actor, judged, share, lives, beside)

    return await attempt(once)


def _refuse_closed(judged: Judge, share: Share, *, empty: bool = False) -> None:
    state = _state(judged, share, empty=empty)
    if state != "open":
        raise Problem({"not_yet": "link_not_yet", "ended": "link_ended", "used_up": "link_used_up"}[state])


async def _hand_out(
    core: Core, actor: Actor, judged: Judge, share: Share, lives: Lives | None, beside: Sequence[Change]
) -> Opened:
    draft = Draft(core, actor)
    handed = pass_for(core, draft, share, lives)
    draft.add(
        *beside,
        CountUse(share.no, share.max_uses, draft.now),
        happened(draft.no(), draft.now, actor, "share.opened", item=share.item, share=share.no),
    )
    try:
        commit = await draft.commit(ShareIs(share.no, share.version))
    except UsedUp:
        raise Problem("link_used_up") from None
    holder, access = actor_for(share, actor), handed.access
    return Opened(
        access.secret,
        share,
        judged.snapshot.items[share.item],
        holder,
        judged.right(holder, share.item),
        access.credential.until or 0,
        commit.no(access.credential.no),
        handed.refresh.secret if handed.refresh else None,
        access.credential.made_at,
    )


def pass_for(core: Core, draft: Draft, share: Share, lives: Lives | None, **how: Any) -> Handed:
    """Add a pass for a share to a draft; with ``lives`` one that can be renewed."""
    whose: dict[str, Any] = {"share": share.no, "state_at": share.state_at, "until": share.until}
    if lives is not None:
        return hand_out(core, draft, CredentialKind.PASS, lives, **whose, **how)
    return Handed(issue(core, draft, CredentialKind.PASS, None, life=core.limits.pass_life, **whose))


async def still_open(core: Core, credential: Credential) -> int | None:
    """Return when the share ends whose pass somebody wants to renew; its uses count no more.

    :raises Problem: bad_token, if it gives nothing now
    """
    judged = await judge(core, Look(NOBODY, shares=(credential.share or 0,)))
    share = judged.snapshot.shares.get(credential.share or 0)
    if share is None or not _gives(judged, share):
        raise Problem("bad_token")
    return share.until


def _gives(judged: Judge, share: Share) -> bool:
    try:
        return _state(judged, share, empty=True) in ("open", "used_up")
    except Problem:
        return False


def is_open(judged: Judge, share: Share) -> bool:
    """Tell whether a link could be opened now, by whoever has its password."""
    try:
        return _state(judged, share, empty=True) == "open"
    except Problem:
        return False


async def open_quietly(
    core: Core, actor: Actor, ref: ShareRef, password: str | None = None, lives: Lives | None = None
) -> Opened:
    """Open a link as ``open_share`` does, for whoever asks by its uid: every refusal is the same, time included.

    Refused tries are counted per share and per address, whether there is such a share or not.

    :raises Problem: bad_credentials, too_many_requests
    """
    try:
        return await open_share(core, actor, ref, password, lives, empty=True)
    except Problem as problem:
        if problem.code in ("too_many_requests", "conflict", "unavailable"):
            raise
        if problem.code != "wrong_password":
            await core.hasher.verify(None, password or "")
        await count_try(core, limited(core, "share", str(ref), actor.address, core.limits.link_tries))
        raise Problem("bad_credentials") from None


async def _check_password(
    core: Core, actor: Actor, ref: ShareRef, judged: Judge, password: str | None, *, empty: bool = False
) -> list[Change]:
    """Check a link's password, and return what gives a good try back. A wrong one counts no use.

    Tries are counted per share and address before the password is looked at: those at the same time
    cannot slip through.

    The hash that was checked is the one that counts: ``once`` refuses a share whose state moved meanwhile by its
    version, and looks again.
    """
    share = _link(judged, ref, actor)
    _refuse_closed(judged, share, empty=empty)
    if share.password is None:
        return []
    if not password:
        raise Problem("password_required", field="password")
    counters = limited_link(core, share.no, actor.address)
    await count_try(core, counters)
    if not await core.hasher.verify(share.password, password):
        told = happened(-1, core.clock(), actor, "share.refused", item=share.item, share=share.no)
        await core.store.commit([told])
        raise Problem("wrong_password", field="password")
    return forgiven(core, counters, core.clock())
