"""Letters with a secret in them: asked for here, as a row without any text; the secret is made when one is sent."""

from typing import Final

from commonhold.core.changes import PeopleAt, Put, Set
from commonhold.core.core import Core, attempt
from commonhold.core.directory.addresses import address_key
from commonhold.core.directory.claims import add_claim, claimable, mail_of, sent_to
from commonhold.core.directory.credentials import Issued, issue, spend, spent
from commonhold.core.directory.digests import digest
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.passwords import account_of, hashed, password_of, set_hash
from commonhold.core.directory.reading import one
from commonhold.core.directory.standing import OPERATOR, stand
from commonhold.core.directory.throttle import count_try, limited
from commonhold.core.identity import Actor
from commonhold.core.model import CredentialKind, Member, Outbox, Principal, Profile, State
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind

# Kinds of ``Outbox`` rows that the directory writes.
VERIFY: Final = "verify"  # to a user: confirm that the address is yours
INVITE: Final = "invite"  # to an invited user: set a password
RESET: Final = "reset"  # to a user: set a new password
ENTRY: Final = "entry"  # to an address without account: come in as a guest
JOIN: Final = "join"  # to the owner of a group: somebody (facts: user, group) asks to join

_SECRETS: Final = {
    VERIFY: CredentialKind.VERIFY,
    ENTRY: CredentialKind.VERIFY,
    INVITE: CredentialKind.RESET,
    RESET: CredentialKind.RESET,
}


async def letter_secret(core: Core, kind: str, principal: int) -> str:
    """Make the one-time secret that a letter of this kind carries; for the worker, at sending.

    It counts only as long as the account has this address and this password.

    :raises Problem: not_found if there is nobody to write to any more
    """
    profile = await one(core, Profile, no=principal)
    address = profile and (profile.email if profile.kind is Kind.USER else profile.name)
    if not address:
        raise Problem("not_found")
    limits = core.limits
    draft = Draft(core, OPERATOR)
    kept = await password_of(core, principal)
    issued = issue(
        core,
        draft,
        _SECRETS[kind],
        principal,
        life=limits.reset_life if kind == RESET else limits.verify_life,
        state_at=kept.changed_at if kept else 0,
        family=digest(address_key(address)).hex(),
    )
    await draft.commit()
    return issued.secret


async def ask_reset(core: Core, name: str, address: str | None = None) -> None:
    """Have a letter with a one-time secret sent to whoever forgot his password; unknown names are told nothing.

    :raises Problem: too_many_requests
    """
    account = await account_of(core, name)
    who = account.user
    invited = who is not None and who.state is State.PENDING
    to = who.no if who is not None and (account.open or invited) else None
    await _ask(core, INVITE if invited else RESET, address_key(name), to, address)


async def ask_entry(core: Core, email: str, address: str | None = None) -> None:
    """Have a one-time link sent to an address that something was shared with and that has no account.

    :raises Problem: too_many_requests
    """
    mail = await mail_of(core, email)
    claimed = await one(core, Member, grp=mail or 0)
    await _ask(core, ENTRY, address_key(email), mail if claimed is None else None, address)


async def ask_verification(core: Core, actor: Actor) -> None:
    """Have a letter sent to one's own address that confirms it.

    :raises Problem: unauthenticated, bad_address if there is none, too_many_requests
    """
    standing = await stand(core, actor, actor.user or 0)
    person = standing.one(actor.user or 0, Kind.USER)
    email = standing.profile(person).email_key
    if email is None:
        raise Problem("bad_address", field="email")
    await _ask(core, VERIFY, email, person.no, actor.address)


async def _ask(core: Core, kind: str, what: str, to: int | None, address: str | None) -> None:
    """Count the request and, if there is somebody to write to, write the row of the letter with it.

    Whether there is one shows in nothing: it is one commit either way.
    """
    letter = (Put(Outbox(-1, kind, to, None, due_at=core.clock())),) if to is not None else ()
    await count_try(core, limited(core, "letter", what, address), *letter)


async def reset_password(
    core: Core, secret: str, password: str, face: str = "native", address: str | None = None
) -> Issued:
    """Set a new password by the secret of a letter, and log in; every session and token of before is dead.

    It proves the address too: an invited person becomes active and gets what was shared with it.

    :raises Problem: bad_token, password_too_short, password_too_long
    """
    await spend(core, secret, CredentialKind.RESET)  # before hashing: strangers make nobody work
    hash_ = await hashed(core, password)

    async def once() -> Issued:
        people_at = (await core.store.instance()).people_at
        held = await spend(core, secret, CredentialKind.RESET)
        user = held.principal
        profile = await one(core, Profile, no=user.no) if user is not None else None
        if user is None or profile is None or not sent_to(held.credential, profile):
            raise Problem("bad_token")
        draft = Draft(core, Actor(user.no, face=face, address=address))
        draft.add(*spent(held.credential))
        state_at = set_hash(draft, user.no, hash_, await password_of(core, user.no))
        if user.state is State.PENDING:
            draft.add(Set(Principal, (user.no,), {"state": State.ACTIVE}))
        if not profile.verified and profile.email and await claimable(core, user.no, profile.email):
            draft.add(Set(Profile, (user.no,), {"verified": True}))
            await add_claim(core, draft, user.no, profile.email)
        draft.note("password.changed", user.no)
        life = core.limits.session_life
        issued = issue(core, draft, CredentialKind.SESSION, user.no, life=life, state_at=state_at)
        return issued.numbered(await draft.commit(PeopleAt(people_at)))

    return await attempt(once)
