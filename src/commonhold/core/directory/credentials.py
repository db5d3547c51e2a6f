"""Opaque secrets handed out: made, found, spent, and turned into actors.

Only the digest of a secret is kept. Whether it still counts is asked with every request, by one read that brings the
credential, its principal, and the present state of password or share; so nothing handed out can outlive its end.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

import msgspec

from commonhold.core.changes import Change, Commit, Drop, Set
from commonhold.core.core import Core
from commonhold.core.directory.digests import digest
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.secret import Discreet
from commonhold.core.identity import Actor, Pass
from commonhold.core.model import Credential, CredentialKind, State
from commonhold.core.ports import Held
from commonhold.core.problems import Problem
from commonhold.core.roles import ALL, Action

ACTING: Final = (CredentialKind.SESSION, CredentialKind.TOKEN, CredentialKind.PASS)  # what a request may run as
WIDTH: Final = 64  # characters of a secret that is handed out with what renews it: 256 bits and more
RENEWS: Final = "renews:"
PASSES: Final = 20  # passes beside a session: what somebody has open at a time; each costs one read


class Issued(Discreet, frozen=True):
    """A credential at the moment it is handed out: the only one at which its secret exists here."""

    secrets: ClassVar = frozenset({"secret"})

    secret: str
    credential: Credential

    def numbered(self, commit: Commit) -> "Issued":
        """Return it with the number that the commit gave."""
        row = self.credential
        return Issued(self.secret, msgspec.structs.replace(row, no=commit.no(row.no)))


class Lives(msgspec.Struct, frozen=True):
    """How long what is handed out together lives, in milliseconds; ``refresh`` None: the access itself is renewed.

    ``actions``: what it may be used for at most.
    """

    access: int
    refresh: int | None = None
    actions: Action = ALL


class Handed(Discreet, frozen=True):
    """What is handed out together, renewed together and ended together: an access, and what renews it if that is apart.

    An access that renews itself has the mark ``RENEWS`` at the beginning of its family.
    """

    secrets: ClassVar = frozenset({"access", "refresh"})

    access: Issued
    refresh: Issued | None = None

    def numbered(self, commit: Commit) -> "Handed":
        """Return it with the numbers that the commit gave."""
        refresh = self.refresh.numbered(commit) if self.refresh else None
        return Handed(self.access.numbered(commit), refresh)


def hand_out(
    core: Core,
    draft: Draft,
    kind: CredentialKind,
    lives: Lives,
    *,
    principal: int | None = None,
    share: int | None = None,
    state_at: int = 0,
    actions: Action = ALL,
    until: int | None = None,
    family: str | None = None,
    secret: str | None = None,
) -> Handed:
    """Add an access of one kind to a draft, and what renews it; of a new family unless one is named."""
    if family is None:
        family = draft.uid() if lives.refresh is not None else RENEWS + draft.uid()
    whose: dict[str, Any] = {"principal": principal, "share": share, "state_at": state_at}
    whose["actions"] = actions & lives.actions
    whose |= {"until": until, "family": family}
    access = issue(core, draft, kind, life=lives.access, secret=secret or wide(core), **whose)
    if lives.refresh is None:
        return Handed(access)
    renewing = issue(core, draft, CredentialKind.REFRESH, life=lives.refresh, secret=wide(core), **whose)
    return Handed(access, renewing)


def wide(core: Core) -> str:
    """Return a random secret of ``WIDTH`` characters, as some clients expect them."""
    return "".join(core.secrets.token() for _ in range(3))[:WIDTH]


def issue(
    core: Core,
    draft: Draft,
    kind: CredentialKind,
    principal: int | None,
    *,
    secret: str | None = None,
    life: int | None = None,
    until: int | None = None,
    state_at: int = 0,
    actions: Action = ALL,
    label: str | None = None,
    family: str | None = None,
    share: int | None = None,
) -> Issued:
    """Add a new credential to a draft. It ends after ``life`` ms or at ``until``, whichever comes first, or never."""
    ends = [end for end in (until, draft.now + life if life is not None else None) if end is not None]
    secret = secret or core.secrets.token()
    row = Credential(
        no=draft.no(),
        uid=draft.uid(),
        digest=digest(secret),
        kind=kind,
        principal=principal,
        share=share,
        state_at=state_at,
        actions=actions,
        label=label,
        made_at=draft.now,
        until=min(ends, default=None),
        family=family,
    )
    draft.put(row)
    return Issued(secret, row)


def counts(held: Held, now: int) -> bool:
    """Tell whether a credential counts now: not over, its principal active, issued under the present state."""
    row = held.credential
    if row.until is not None and now >= row.until:
        return False
    if row.share is not None:
        return held.state_at == row.state_at
    if row.principal is None:
        return row.kind is CredentialKind.SETUP
    invited = row.kind is CredentialKind.RESET  # an invited person becomes active by it
    states = (State.ACTIVE, State.PENDING) if invited else (State.ACTIVE,)
    # Whoever has no password yet has the state 0.
    return held.principal is not None and held.principal.state in states and (held.state_at or 0) == row.state_at


async def actor_of(core: Core, secret: str, face: str = "native", address: str | None = None) -> Actor:
    """Return what a request with this secret runs as: a user, a guest by mail, or the holder of a pass.

    :raises Problem: bad_token
    """
    return await actor_by(core, digest(secret), face, address)


async def actor_by(core: Core, key: bytes, face: str, address: str | None) -> Actor:
    """Return what a request runs as whose credential is found by this digest.

    :raises Problem: bad_token; ``expired``, or ``ended`` of a share's pass, says that it was good once
    """
    held = await core.store.who(key)
    if held is None or held.credential.kind not in ACTING:
        raise Problem("bad_token")
    row, now = held.credential, core.clock()
    if not counts(held, now):
        if row.until is not None and now >= row.until:
            raise Problem("bad_token", expired=True)
        raise Problem("bad_token", **({"ended": True} if row.share is not None else {}))
    if row.kind is CredentialKind.PASS:
        return Actor(None, _passes(row), row.actions, row.no, face, address)
    return Actor(row.principal, (), row.actions, row.no, face, address)


def _passes(row: Credential) -> tuple[Pass, ...]:
    return (Pass(row.share, row.state_at),) if row.share is not None else ()


async def with_passes(core: Core, actor: Actor, secrets: Sequence[str]) -> Actor:
    """Return the actor with the links that he has opened beside; those that are over are left out.

    A pass never widens the scope of the credential that the actor came with.
    """
    passes = list(actor.passes)
    for secret in secrets[:PASSES]:
        held = await core.store.who(digest(secret))
        if held is not None and held.credential.kind is CredentialKind.PASS and counts(held, core.clock()):
            passes += _passes(held.credential)
    return msgspec.structs.replace(actor, passes=tuple(dict.fromkeys(passes)))


async def spend(core: Core, secret: str, kind: CredentialKind) -> Held:
    """Find a credential that counts once; ``spent`` goes into the commit of what it allows.

    :raises Problem: bad_token
    """
    held = await core.store.who(digest(secret))
    if held is None or held.credential.kind is not kind or not counts(held, core.clock()):
        raise Problem("bad_token")
    return held


def spent(credential: Credential) -> tuple[Change, Change]:
    """Return the changes that use a credential up: of two at the same time one alone finds the row."""
    return Set(Credential, (credential.no,), {"until": 0}), Drop(Credential, (credential.no,))
