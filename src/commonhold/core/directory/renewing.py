"""What is handed out together, renewed together and ended together: sessions of people, and passes of links.

With a secret of its own for renewing (``Lives.refresh``), that one is used up by it and a new one comes in its place;
the access before it counts until it is over. An access that renews itself has one successor, the same for whoever asks
again within a grace, as several pages of a browser do at the same time; then it is over.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from commonhold.core.changes import Change, Drop, DropWhere, Set
from commonhold.core.core import Core, attempt
from commonhold.core.directory.credentials import (
    RENEWS,
    WIDTH,
    Handed,
    Issued,
    Lives,
    counts,
    hand_out,
    spent,
)
from commonhold.core.directory.digests import digest
from commonhold.core.directory.draft import Draft
from commonhold.core.identity import Actor
from commonhold.core.model import Credential, CredentialKind
from commonhold.core.problems import Problem

GRACE: Final = 10_000  # milliseconds for which an access that renewed itself counts still

Check: TypeAlias = Callable[[Credential], Awaitable[int | None]]
"""Asked before a pass is renewed: its share must be open still; returns when that ends."""


async def renew(core: Core, secret: str, lives: Lives, check: Check, face: str, address: str | None = None) -> Handed:
    """Renew what somebody was handed out. ``check`` refuses a pass whose share gives nothing any more.

    :raises Problem: bad_token, and what ``check`` raises
    """

    async def once() -> Handed:
        held = await core.store.who(digest(secret))
        if held is None or not counts(held, core.clock()) or not _renewable(held.credential, lives):
            raise Problem("bad_token")
        row = held.credential
        until = await check(row) if row.share is not None else None
        draft = Draft(core, Actor(row.principal, face=face, address=address))
        if row.kind is CredentialKind.REFRESH:
            draft.add(*spent(row))
            handed = _next(core, draft, row, lives, until)
        else:
            again = _successor(core, row)
            known = await core.store.who(digest(again))
            if known is not None and counts(known, draft.now):
                return Handed(Issued(again, known.credential))
            draft.add(Set(Credential, (row.no,), {"until": min(row.until or draft.now, draft.now + GRACE)}))
            handed = _next(core, draft, row, lives, until, again)
        draft.note("session.renewed", row.principal)
        return handed.numbered(await draft.commit())

    return await attempt(once)


def _renewable(row: Credential, lives: Lives) -> bool:
    """Tell whether a credential is what renews in this way: a secret of its own for it, or an access by itself."""
    if (row.kind is CredentialKind.REFRESH) is (lives.refresh is None):
        return False
    if row.kind is CredentialKind.REFRESH:
        return True
    own = row.kind in (CredentialKind.SESSION, CredentialKind.PASS)
    return own and (row.family or "").startswith(RENEWS)


def _next(
    core: Core, draft: Draft, row: Credential, lives: Lives, until: int | None, secret: str | None = None
) -> Handed:
    kind = CredentialKind.SESSION if row.share is None else CredentialKind.PASS
    return hand_out(
        core,
        draft,
        kind,
        lives,
        principal=row.principal,
        share=row.share,
        state_at=row.state_at,
        actions=row.actions,
        until=until,
        family=row.family,
        secret=secret,
    )


def _successor(core: Core, row: Credential) -> str:
    """Compute the secret that follows an access: it can be told again, though it is kept nowhere."""
    return "".join(core.secrets.link(f"renewed:{row.uid}:{part}") for part in range(3))[:WIDTH]


async def end(core: Core, secret: str, face: str, address: str | None = None) -> None:
    """End what somebody was handed out, with everything that came of it; a secret that nobody has ends nothing."""
    held = await core.store.who(digest(secret))
    if held is None or not _endable(held.credential):
        return
    row = held.credential
    draft = Draft(core, Actor(row.principal, face=face, address=address))
    change: Change = DropWhere(Credential, "family", row.family) if row.family else Drop(Credential, (row.no,))
    draft.add(change)
    draft.note("session.ended", row.principal)
    await draft.commit()


def _endable(row: Credential) -> bool:
    """Tell whether logging out ends a credential: a token lives until its owner ends it."""
    return row.kind in (CredentialKind.SESSION, CredentialKind.PASS, CredentialKind.REFRESH)
