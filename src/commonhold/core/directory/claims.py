"""Addresses and whose they are: a mail address is a principal, and verifying it writes one edge user → mail.

So all that was shared with the address is the user's at once, whatever the number of shares. As long as an address has
no account, its holder comes in as a guest: his actor is the mail principal, which owns nothing.
"""

from commonhold.core.changes import DropWhere, PeopleAt, Set, Upsert
from commonhold.core.core import Core, attempt
from commonhold.core.directory.addresses import address_key
from commonhold.core.directory.credentials import Issued, issue, spend, spent
from commonhold.core.directory.digests import digest
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.reading import every, one
from commonhold.core.directory.standing import stand
from commonhold.core.identity import Actor
from commonhold.core.model import Credential, CredentialKind, Member, Principal, Profile, State
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind


def new_mail(draft: Draft, address: str) -> int:
    """Add the principal of an address that nobody has met before; return its placeholder."""
    no, key = draft.no(), address_key(address)
    draft.put(Principal(no, draft.uid(), Kind.MAIL, external=True, made_at=draft.now), Profile(no, Kind.MAIL, key, key))
    return no


async def mail_of(core: Core, address: str) -> int | None:
    """Return the number of an address's principal, if anybody has named the address before."""
    found = await one(core, Profile, kind=Kind.MAIL, name_key=address_key(address))
    return found.no if found else None


async def claimable(core: Core, user: int | None, address: str) -> bool:
    """Tell whether no other account has verified this address."""
    mail = await mail_of(core, address)
    return mail is None or all(edge.member == user for edge in await every(core, Member, grp=mail))


async def add_claim(core: Core, draft: Draft, user: int, address: str) -> None:
    """Add what makes an address somebody's; guests who came in by it have to log in from now on.

    :raises Problem: address_taken
    """
    if not await claimable(core, user, address):
        raise Problem("address_taken", field="email")
    mail = await mail_of(core, address)
    if mail is None:
        mail = new_mail(draft, address)
    else:
        draft.add(DropWhere(Credential, "principal", mail))
    draft.add(Upsert(Member(user, mail, since=draft.now)))
    draft.note("address.claimed", user)


async def verify_address(core: Core, secret: str, face: str = "native", address: str | None = None) -> int:
    """Take the secret of a letter as proof that a user's address is his; return the user's number.

    The secret counts only for the address that it was sent to.

    :raises Problem: bad_token, address_taken
    """

    async def once() -> int:
        held = await spend(core, secret, CredentialKind.VERIFY)
        user = held.principal
        if user is None or user.kind is not Kind.USER:
            raise Problem("bad_token")
        actor = Actor(user.no, face=face, address=address)
        standing = await stand(core, actor, user.no)
        profile = standing.profile(standing.one(user.no, Kind.USER))
        if not sent_to(held.credential, profile):
            raise Problem("bad_token")
        draft = Draft(core, actor)
        draft.add(*spent(held.credential), Set(Profile, (user.no,), {"verified": True}))
        await add_claim(core, draft, user.no, profile.email or "")
        await draft.commit(standing.unchanged)
        return user.no

    return await attempt(once)


def sent_to(credential: Credential, profile: Profile) -> bool:
    """Tell whether a letter's secret was sent to the address that a user has now."""
    return profile.email_key is not None and credential.family == digest(profile.email_key).hex()


async def guest_entry(core: Core, secret: str, face: str = "web", address: str | None = None) -> Issued:
    """Take the one-time secret of a letter to an address without account, and begin a session of a guest.

    :raises Problem: bad_token; unauthenticated if the address has an account, which has to log in
    """

    async def once() -> Issued:
        people_at = (await core.store.instance()).people_at
        held = await spend(core, secret, CredentialKind.VERIFY)
        mail = held.principal
        if mail is None or mail.kind is not Kind.MAIL or mail.state is not State.ACTIVE:
            raise Problem("bad_token")
        if await one(core, Member, grp=mail.no):
            raise Problem("unauthenticated")
        draft = Draft(core, Actor(mail.no, face=face, address=address))
        draft.add(*spent(held.credential))
        issued = issue(core, draft, CredentialKind.SESSION, mail.no, life=core.limits.session_life)
        draft.note("session.begun", mail.no)
        return issued.numbered(await draft.commit(PeopleAt(people_at)))

    return await attempt(once)


async def claim(core: Core, actor: Actor, secret: str) -> None:
    """Add the address of a letter to the account of whoever is logged in: an invitation went to his other address.

    :raises Problem: bad_token, address_taken, unauthenticated
    """

    async def once() -> None:
        standing = await stand(core, actor, scope=Action.MANAGE)
        held = await spend(core, secret, CredentialKind.VERIFY)
        mail = held.principal
        if mail is None or mail.kind is not Kind.MAIL or actor.user is None:
            raise Problem("bad_token")
        profile = await one(core, Profile, no=mail.no)
        draft = Draft(core, actor)
        draft.add(*spent(held.credential))
        await add_claim(core, draft, actor.user, profile.name if profile else "")
        await draft.commit(standing.unchanged)

    await attempt(once)
