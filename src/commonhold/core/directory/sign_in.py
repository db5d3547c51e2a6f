"""Logging in with name and password, and out again."""

from commonhold.core.changes import Drop, DropWhere
from commonhold.core.core import Core
from commonhold.core.directory.addresses import address_key
from commonhold.core.directory.credentials import Handed, Issued, Lives, hand_out, issue
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.passwords import account_of, fits
from commonhold.core.directory.standing import a, stand
from commonhold.core.directory.throttle import count_try, forgiven, limited
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.keys import person_key
from commonhold.core.model import Credential, CredentialKind
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind


async def sign_in(
    core: Core,
    name: str,
    password: str,
    address: str | None = None,
    face: str = "native",
    *,
    kind: CredentialKind = CredentialKind.SESSION,
    life: int | None = None,
    label: str | None = None,
) -> Issued:
    """Log in with a name or mail address, and begin a session of ``life`` ms (``limits.session_life``).

    Unknown names, wrong passwords and inactive accounts are told apart by nothing, time included.

    :raises Problem: bad_credentials, too_many_requests
    """
    draft, user, state_at = await _checked(core, name, password, address, face)
    life = core.limits.session_life if life is None else life
    issued = issue(core, draft, kind, user, life=life, state_at=state_at, label=label)
    return issued.numbered(await draft.commit())


async def log_in(
    core: Core, name: str, password: str, lives: Lives, address: str | None = None, face: str = "native"
) -> Handed:
    """Log in as ``sign_in`` does, and begin a session that can be renewed (``directory.renewing``).

    :raises Problem: bad_credentials, too_many_requests
    """
    draft, user, state_at = await _checked(core, name, password, address, face)
    handed = hand_out(core, draft, CredentialKind.SESSION, lives, principal=user, state_at=state_at)
    return handed.numbered(await draft.commit())


async def _checked(core: Core, name: str, password: str, address: str | None, face: str) -> tuple[Draft, int, int]:
    """Check name and password; return the draft of a new session, whose it is, and under which state.

    :raises Problem: bad_credentials, too_many_requests
    """
    key = address_key(name) if "@" in name else person_key(name)
    counters = limited(core, "account", key, address)
    await count_try(core, counters)
    account = await account_of(core, name)
    good = await fits(core, account.password, password)
    user = account.user
    draft = Draft(core, Actor(user.no if user and good else None, face=face, address=address))
    if user is None or account.password is None or not good or not account.open:
        draft.note("session.refused", user.no if user else None)
        await draft.commit()
        raise Problem("bad_credentials")
    draft.add(*forgiven(core, counters, draft.now))
    draft.note("session.begun", user.no)
    return draft, user.no, account.password.changed_at


async def sign_out(core: Core, actor: Actor) -> None:
    """End the credential that the actor came with; nothing happens if there is none."""
    if actor.credential is None:
        return
    draft = Draft(core, actor)
    draft.add(Drop(Credential, (actor.credential,)))
    draft.note("session.ended", actor.user)
    await draft.commit()


async def sign_out_everywhere(core: Core, actor: Actor, user: RecipientRef | None = None) -> None:
    """End every session and token of oneself, or of a user whom the actor administers.

    :raises Problem: unknown_user, forbidden
    """
    ref = a(Kind.USER, user if user is not None else actor.user or 0)
    standing = await stand(core, actor, ref, scope=Action.MANAGE)
    person = standing.one(ref, Kind.USER)
    standing.need_over(person, or_self=True)
    draft = Draft(core, actor)
    draft.add(DropWhere(Credential, "principal", person.no))
    draft.note("session.ended", person.no)
    await draft.commit()
