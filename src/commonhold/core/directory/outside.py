"""Logging in by somebody else's word: an issuer (OpenID Connect) says who it is; whose account that is, is said here.

Its subject is known for good once it was linked. Before that, only an address that the issuer says was verified leads
to an account, and only to one whose address was verified here, too: else whoever registered a foreign address first, on
either side, would get what is another one's.
"""

import re
from typing import Final

import msgspec

from commonhold.core.changes import Drop, PeopleAt, Set, Upsert
from commonhold.core.core import Core, attempt
from commonhold.core.directory.addresses import address_key, is_address
from commonhold.core.directory.claims import add_claim, claimable, mail_of
from commonhold.core.directory.credentials import Issued, issue
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.passwords import state_of
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.reading import every, one
from commonhold.core.directory.standing import OPERATOR, stand
from commonhold.core.identity import Actor
from commonhold.core.model import CredentialKind, Member, OutsideLogin, Principal, Profile, State
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind

_NO_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_NAMES: Final = 20  # tries to find a free log-in name
_LONGEST: Final = 255  # characters of a subject: what OpenID Connect allows
_LONGEST_PART: Final = 200  # characters of a first or last name that are kept


class Outsider(msgspec.Struct, frozen=True):
    """Who somebody is by the word of an issuer. ``email`` counts only as far as it is ``verified`` there."""

    issuer: str
    subject: str
    email: str | None = None
    verified: bool = False
    name: str | None = None  # what he would like to be called at log-in
    first_name: str | None = None
    last_name: str | None = None


class Welcome(msgspec.Struct, frozen=True):
    """Who is let in that was not known before: ``create`` makes accounts; ``domains``: of mail, None are all."""

    create: bool = False
    domains: tuple[str, ...] = ()


CLOSED: Final = Welcome()
"""Nobody gets an account; whoever has one is let in."""


async def enter_outside(
    core: Core, who: Outsider, welcome: Welcome = CLOSED, face: str = "web", address: str | None = None
) -> Issued:
    """Log somebody in by an issuer's word: a subject that is known, else by his verified address, else a new account.

    :raises Problem: no_account, address_unverified, domain_not_allowed, account_inactive; address_taken by an account
        that never confirmed it, which its holder has to log in to and link
    """
    _refuse_odd(who)
    if await _known(core, who) is None and await _user_of(core, who, welcome) is None:
        await _make(core, who, face, address)

    async def once() -> Issued:
        people_at = (await core.store.instance()).people_at
        user = await _known(core, who)
        linked = user is not None
        if user is None:
            user = await _user_of(core, who, welcome)
        row = await one(core, Principal, no=user or 0)
        if row is None or user is None:
            raise Problem("no_account")
        draft = Draft(core, Actor(user, face=face, address=address))
        if row.state is State.PENDING:
            await _confirm(core, draft, row, who, welcome)
        elif row.state is not State.ACTIVE:
            raise Problem("account_inactive")
        if not linked:
            draft.add(Upsert(OutsideLogin(who.issuer, who.subject, user, draft.now)))
            draft.note("login.linked", user)
        draft.note("session.begun", user)
        life, state_at = core.limits.session_life, await state_of(core, user)
        issued = issue(core, draft, CredentialKind.SESSION, user, life=life, state_at=state_at)
        return issued.numbered(await draft.commit(PeopleAt(people_at)))

    return await attempt(once)


async def _known(core: Core, who: Outsider) -> int | None:
    row = await one(core, OutsideLogin, issuer=who.issuer, subject=who.subject)
    return row.user if row else None


def _refuse_odd(who: Outsider) -> None:
    if not who.issuer or not who.subject or len(who.subject) > _LONGEST or len(who.issuer) > _LONGEST:
        raise Problem("login_refused")


def _address(who: Outsider, welcome: Welcome) -> str:
    """Return the address by which somebody is known, as the issuer vouches for it.

    :raises Problem: no_account, address_unverified, domain_not_allowed
    """
    if not who.email or not is_address(who.email):
        raise Problem("no_account")
    if not who.verified:
        raise Problem("address_unverified")
    key = address_key(who.email)
    if welcome.domains and key.rpartition("@")[2] not in {name.lower() for name in welcome.domains}:
        raise Problem("domain_not_allowed")
    return key


async def _user_of(core: Core, who: Outsider, welcome: Welcome) -> int | None:
    """Return whose account a verified address leads to; None: nobody's, and one may be made.

    :raises Problem: as ``enter_outside``
    """
    key = _address(who, welcome)
    profile = await one(core, Profile, kind=Kind.USER, email_key=key)
    if profile is not None:
        row = await one(core, Principal, no=profile.no)
        if not profile.verified and (row is None or row.state is not State.PENDING):
            raise Problem("address_taken", field="email")
        return profile.no
    mail = await mail_of(core, key)
    for edge in await every(core, Member, grp=mail) if mail is not None else ():
        return edge.member
    if not welcome.create:
        raise Problem("no_account")
    return None


async def _confirm(core: Core, draft: Draft, row: Principal, who: Outsider, welcome: Welcome) -> None:
    """Make an invited person active: that the address of the invitation is his, the issuer vouches for.

    :raises Problem: as ``_address``; account_inactive if the invitation went to another address
    """
    profile = await one(core, Profile, no=row.no)
    if profile is None or profile.email_key != _address(who, welcome):
        raise Problem("account_inactive")
    draft.add(Set(Principal, (row.no,), {"state": State.ACTIVE}))
    if not profile.verified and profile.email and await claimable(core, row.no, profile.email):
        draft.add(Set(Profile, (row.no,), {"verified": True}))
        await add_claim(core, draft, row.no, profile.email)


async def _make(core: Core, who: Outsider, face: str, address: str | None) -> None:
    """Make an account for a verified address; it is found by that address afterwards.

    :raises Problem: address_taken
    """
    wanted = _NO_NAME.sub("-", who.name or (who.email or "").partition("@")[0]).strip("-.")[:48] or "user"
    operator = msgspec.structs.replace(OPERATOR, face=face, address=address)
    first, last = (_part(text) for text in (who.first_name, who.last_name))
    for number in range(1, _NAMES + 1):
        name = wanted if number == 1 else f"{wanted}-{number}"
        new = NewUser(name=name, email=who.email, verified=True, first_name=first, last_name=last)
        try:
            await add_user(core, operator, new)
            return
        except Problem as problem:
            if problem.code != "name_taken" or number == _NAMES:
                raise


def _part(text: str | None) -> str | None:
    """Return a part of a name without signs that names may not have."""
    return "".join(sign for sign in text if sign.isprintable())[:_LONGEST_PART].strip() or None if text else None


async def link_outside(core: Core, actor: Actor, who: Outsider) -> None:
    """Let an issuer's word log in to the account of whoever is logged in.

    :raises Problem: unauthenticated, forbidden for guests and narrow scopes, login_taken by another account
    """
    _refuse_odd(who)

    async def once() -> None:
        standing = await stand(core, actor, actor.user or 0, scope=Action.MANAGE)
        user = standing.one(actor.user or 0, Kind.USER).no
        known = await _known(core, who)
        if known == user:
            return
        if known is not None:
            raise Problem("login_taken")
        draft = Draft(core, actor)
        draft.add(Upsert(OutsideLogin(who.issuer, who.subject, user, draft.now)))
        draft.note("login.linked", user)
        draft.add(Set(Principal, (user,), {"state": State.ACTIVE}))  # moves people_at: of two at once one looks again
        await draft.commit(standing.unchanged)

    await attempt(once)


async def outside_logins(core: Core, actor: Actor) -> tuple[OutsideLogin, ...]:
    """Return whose words log in to one's own account.

    :raises Problem: unauthenticated
    """
    standing = await stand(core, actor, actor.user or 0)
    return tuple(await every(core, OutsideLogin, user=standing.one(actor.user or 0, Kind.USER).no))


async def unlink_outside(core: Core, actor: Actor, issuer: str) -> None:
    """Let an issuer's word log in to one's account no more; what was logged in by it stays until it ends.

    :raises Problem: unauthenticated, forbidden, not_found
    """
    standing = await stand(core, actor, actor.user or 0, scope=Action.MANAGE)
    user = standing.one(actor.user or 0, Kind.USER).no
    rows = [row for row in await every(core, OutsideLogin, user=user) if row.issuer == issuer]
    if not rows:
        raise Problem("not_found")
    draft = Draft(core, actor)
    draft.add(*(Drop(OutsideLogin, (row.issuer, row.subject)) for row in rows))
    draft.note("login.unlinked", user)
    await draft.commit()
