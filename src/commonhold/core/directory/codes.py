"""Log-in for a program: its code is turned into a session once, and the session is renewed by a secret of its own.

The page on which somebody logs in hands out the code (``sign_in`` with ``CredentialKind.CODE``), bound to what the
program said of itself; whoever finds the code can do nothing with it without saying the same.
"""

from collections.abc import Callable

import msgspec

from commonhold.core.changes import Broken
from commonhold.core.core import Core
from commonhold.core.directory.credentials import Issued, issue, spend, spent
from commonhold.core.directory.draft import Draft
from commonhold.core.identity import Actor
from commonhold.core.model import CredentialKind
from commonhold.core.problems import Problem


class Opened(msgspec.Struct, frozen=True):
    """A session, whose it is, and the secret that renews it (None: it was there already)."""

    session: Issued
    refresh: Issued | None = None

    @property
    def user(self) -> int:
        """Whose session it is."""
        return self.session.credential.principal or 0


async def redeem(
    core: Core,
    code: str,
    bound: Callable[[str], bool],
    life: int,
    refresh_life: int,
    face: str,
    address: str | None = None,
) -> Opened:
    """Turn a code into a session of ``life`` ms; ``bound`` tells whether the code belongs to the one who shows it.

    :raises Problem: bad_token
    """
    held = await spend(core, code, CredentialKind.CODE)
    row = held.credential
    if not bound(row.label or ""):
        raise Problem("bad_token")
    draft = Draft(core, Actor(row.principal, face=face, address=address))
    draft.add(*spent(row))
    family = draft.uid()
    session = issue(core, draft, CredentialKind.SESSION, row.principal, life=life, state_at=row.state_at, family=family)
    refresh = issue(
        core, draft, CredentialKind.REFRESH, row.principal, life=refresh_life, state_at=row.state_at, family=family
    )
    draft.note("session.begun", row.principal)
    try:
        commit = await draft.commit()
    except Broken:  # of two at the same time one alone finds the code
        raise Problem("bad_token") from None
    return Opened(session.numbered(commit), refresh.numbered(commit))


async def renewed(core: Core, secret: str, life: int, face: str, address: str | None = None) -> Opened:
    """Begin another session by the secret that renews it, which goes on counting until it is over itself.

    :raises Problem: bad_token
    """
    row = (await spend(core, secret, CredentialKind.REFRESH)).credential
    if row.share is not None or row.principal is None:
        raise Problem("bad_token")
    draft = Draft(core, Actor(row.principal, face=face, address=address))
    session = issue(
        core,
        draft,
        CredentialKind.SESSION,
        row.principal,
        life=life,
        until=row.until,
        state_at=row.state_at,
        actions=row.actions,
        family=row.family,
    )
    draft.note("session.renewed", row.principal)
    return Opened(session.numbered(await draft.commit()))
