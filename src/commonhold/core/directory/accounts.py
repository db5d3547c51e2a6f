"""What happens to accounts: their data, state, password and role."""

from typing import Any

import msgspec

from commonhold.core.changes import Drop, Set, Upsert
from commonhold.core.core import Core, attempt
from commonhold.core.directory.addresses import address_key, address_of
from commonhold.core.directory.administrators import keep_one
from commonhold.core.directory.attributes import merged
from commonhold.core.directory.claims import add_claim, mail_of
from commonhold.core.directory.credentials import Issued, issue
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.letters import VERIFY
from commonhold.core.directory.names import part_of_name, user_name
from commonhold.core.directory.passwords import fits, hashed, password_of, set_hash
from commonhold.core.directory.people import Person, get_user, refuse_taken
from commonhold.core.directory.reading import every
from commonhold.core.directory.spaces import hand_over, new_space
from commonhold.core.directory.standing import Standing, a, stand
from commonhold.core.directory.throttle import count_try, forgiven, limited
from commonhold.core.identity import Actor, Named, RecipientRef
from commonhold.core.keys import person_key
from commonhold.core.model import CredentialKind, Member, Principal, Profile, Space, State
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind, OrgRole

UNSET = msgspec.UNSET
Unset = msgspec.UnsetType


class UserChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of a user; UNSET stays. The first four are his own to change, the rest his administrators'."""

    email: str | Unset | None = UNSET
    first_name: str | Unset | None = UNSET
    last_name: str | Unset | None = UNSET
    attributes: dict[str, Any] | Unset = UNSET  # merged; None takes one away
    name: str | Unset = UNSET
    verified: bool | Unset = UNSET
    org_role: OrgRole | Unset = UNSET
    org: RecipientRef | Unset | None = UNSET  # None: a guest; administrators of the installation only
    admin: bool | Unset = UNSET  # administrators of the installation only


async def change_user(core: Core, actor: Actor, ref: RecipientRef, change: UserChange) -> Person:
    """Change a user: himself his names, address and attributes; an administrator the rest too.

    A new address has to be verified anew, and what was shared with the old one is no longer his.

    :raises Problem: unknown_user, forbidden, bad_name, name_taken, bad_address, address_taken, unknown_org,
        last_administrator
    """
    ref = a(Kind.USER, ref)
    org = a(Kind.ORG, change.org) if isinstance(change.org, int | Named) else 0

    async def once() -> int:
        standing = await stand(core, actor, ref, org, scope=Action.MANAGE)
        person = standing.one(ref, Kind.USER)
        _refuse(standing, person, change)
        draft = Draft(core, actor)
        await _change_names(core, standing, draft, person, change)
        await _change_address(core, standing, draft, person, change)
        await _change_rank(core, draft, person, change)
        if change.org is not UNSET:
            to = standing.one(org, Kind.ORG, "org").no if change.org is not None else None
            await _change_org(core, draft, person, to, change.org_role)
        draft.note("user.changed", person.no)
        await draft.commit(standing.unchanged)
        return person.no

    return await get_user(core, actor, await attempt(once))


def _refuse(standing: Standing, person: Principal, change: UserChange) -> None:
    """Refuse what is not the actor's to change.

    :raises Problem: forbidden
    """
    standing.need_over(person, or_self=not _given(change, "name", "verified", "org_role", "org", "admin"))
    if _given(change, "org", "admin"):
        standing.need_admin()


def _given(change: UserChange, *names: str) -> bool:
    return any(getattr(change, name) is not UNSET for name in names)


async def _change_names(core: Core, standing: Standing, draft: Draft, person: Principal, change: UserChange) -> None:
    values: dict[str, Any] = {}
    if isinstance(change.name, str):
        await refuse_taken(core, name=user_name(change.name), user=person.no)
        values |= {"name": change.name, "name_key": person_key(change.name)}
    for field in ("first_name", "last_name"):
        if _given(change, field):
            values[field] = part_of_name(getattr(change, field), field)
    if isinstance(change.attributes, dict):
        values["attributes"] = merged(standing.profile(person), change.attributes)
    if values:
        draft.add(Set(Profile, (person.no,), values))


async def _change_address(core: Core, standing: Standing, draft: Draft, person: Principal, change: UserChange) -> None:
    """Add what a new address, or another word about the old one, writes."""
    profile = standing.profile(person)
    email = profile.email if isinstance(change.email, Unset) else change.email
    email = address_of(email) if email else None
    key = address_key(email) if email else None
    moved = key != profile.email_key
    verified = change.verified if isinstance(change.verified, bool) else profile.verified and not moved
    if verified and key is None:
        raise Problem("bad_address", field="email")
    if (email, verified) == (profile.email, profile.verified):
        return
    if moved and email:
        await refuse_taken(core, email=email, user=person.no)
    draft.add(Set(Profile, (person.no,), {"email": email, "email_key": key, "verified": verified}))
    draft.add(Set(Principal, (person.no,), {"state": person.state}))  # moves people_at: a letter under way has to lose
    if profile.email_key and (moved or not verified):
        draft.add(Drop(Member, (person.no, await mail_of(core, profile.email_key) or 0)))
    if verified and email and (moved or not profile.verified):
        await add_claim(core, draft, person.no, email)
    elif moved and email:
        draft.tell(VERIFY, person.no)


async def _change_rank(core: Core, draft: Draft, person: Principal, change: UserChange) -> None:
    values: dict[str, Any] = {}
    if isinstance(change.org_role, OrgRole):
        values["org_role"] = change.org_role
    if isinstance(change.admin, bool):
        values["admin"] = change.admin
        if not change.admin:
            await keep_one(core, person)
    if values:
        draft.add(Set(Principal, (person.no,), values))


async def _change_org(core: Core, draft: Draft, person: Principal, to: int | None, role: OrgRole | Unset) -> None:
    """Add what moves a person with his spaces into another organisation, or makes him a guest.

    What he was in the old one he is not in the new one, unless it is said.
    """
    if to == person.org:
        return
    if person.org is not None:
        draft.add(Drop(Member, (person.no, person.org)))
    draft.add(Set(Principal, (person.no,), {"org": to, "external": to is None}))
    if isinstance(role, Unset):
        draft.add(Set(Principal, (person.no,), {"org_role": OrgRole.USER}))
    spaces = await every(core, Space, owner=person.no)
    hand_over(draft, spaces, person.no, to)
    if to is not None:
        draft.add(Upsert(Member(person.no, to, since=draft.now)))
        if not spaces:
            new_space(draft, person.no, to)


async def suspend(core: Core, actor: Actor, ref: RecipientRef) -> Person:
    """Suspend a user: the next request with anything he was handed out is refused, and what he shared is shut.

    :raises Problem: unknown_user, forbidden, last_administrator
    """
    return await _change_state(core, actor, ref, State.SUSPENDED, "user.suspended")


async def resume(core: Core, actor: Actor, ref: RecipientRef) -> Person:
    """End a suspension; what he shared, and what was shared with him, is open again.

    :raises Problem: unknown_user, forbidden
    """
    return await _change_state(core, actor, ref, State.ACTIVE, "user.resumed")


async def _change_state(core: Core, actor: Actor, ref: RecipientRef, state: State, event: str) -> Person:
    ref = a(Kind.USER, ref)

    async def once() -> int:
        standing = await stand(core, actor, ref, scope=Action.MANAGE)
        person = standing.one(ref, Kind.USER)
        standing.need_over(person)
        if state is not State.ACTIVE:
            await keep_one(core, person)
        draft = Draft(core, actor)
        draft.add(Set(Principal, (person.no,), {"state": state}))
        draft.note(event, person.no)
        await draft.commit(standing.unchanged)
        return person.no

    return await get_user(core, actor, await attempt(once))


async def set_password(core: Core, actor: Actor, ref: RecipientRef, password: str) -> None:
    """Set a user's password as an administrator; every session and token of before is dead.

    :raises Problem: unknown_user, forbidden, password_too_short, password_too_long
    """
    ref = a(Kind.USER, ref)
    hash_ = await hashed(core, password)

    async def once() -> None:
        standing = await stand(core, actor, ref, scope=Action.MANAGE)
        person = standing.one(ref, Kind.USER)
        standing.need_over(person)
        draft = Draft(core, actor)
        set_hash(draft, person.no, hash_, await password_of(core, person.no))
        if person.state is State.PENDING:
            draft.add(Set(Principal, (person.no,), {"state": State.ACTIVE}))
        draft.note("password.changed", person.no)
        await draft.commit(standing.unchanged)

    await attempt(once)


async def change_password(core: Core, actor: Actor, old: str, new: str) -> Issued:
    """Change one's own password, and begin a new session: every session and token of before is dead.

    :raises Problem: unauthenticated, wrong_password, too_many_requests, password_too_short, password_too_long
    """
    standing = await stand(core, actor, actor.user or 0, scope=Action.MANAGE)
    person = standing.one(actor.user or 0, Kind.USER)
    counters = limited(core, "account", standing.profile(person).name_key, actor.address)
    await count_try(core, counters)
    kept = await password_of(core, person.no)
    if not await fits(core, kept, old):
        raise Problem("wrong_password", field="old")
    hash_ = await hashed(core, new)
    draft = Draft(core, actor)
    draft.add(*forgiven(core, counters, draft.now))
    state_at = set_hash(draft, person.no, hash_, kept)
    draft.note("password.changed", person.no)
    life = core.limits.session_life
    issued = issue(core, draft, CredentialKind.SESSION, person.no, life=life, state_at=state_at)
    return issued.numbered(await draft.commit())
