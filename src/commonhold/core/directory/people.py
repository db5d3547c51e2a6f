"""People: accounts are made here, found, and shown as far as the one who asks may see them."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from commonhold.core.changes import Change
from commonhold.core.core import Core, attempt
from commonhold.core.directory.addresses import address_key, address_of
from commonhold.core.directory.administrators import active_administrators
from commonhold.core.directory.attributes import encoded
from commonhold.core.directory.claims import add_claim
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.letters import INVITE, VERIFY
from commonhold.core.directory.names import part_of_name, title, user_name
from commonhold.core.directory.passwords import hashed, set_hash
from commonhold.core.directory.reading import After, Page, by_no, equal, one, page_of
from commonhold.core.directory.secret import Discreet
from commonhold.core.directory.spaces import new_space
from commonhold.core.directory.standing import OPERATOR, Standing, a, stand
from commonhold.core.identity import Actor, Named, RecipientRef
from commonhold.core.keys import person_key
from commonhold.core.model import MAIN_ORG, Member, Principal, Profile, State, attributes_of
from commonhold.core.policy.allowed import DIRECTORY
from commonhold.core.ports import Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind, OrgRole


class NewUser(Discreet, frozen=True, kw_only=True):
    """A user to be made. ``external``: a guest, without organisation and space; ``invited``: sets a password first."""

    secrets: ClassVar = frozenset({"password"})

    name: str
    email: str | None = None
    password: str | None = None
    admin: bool = False
    external: bool = False
    verified: bool = False
    invited: bool = False
    org: RecipientRef | None = None  # None: the administrator's own, or the main one; a new title makes one
    org_role: OrgRole = OrgRole.USER
    first_name: str | None = None
    last_name: str | None = None
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)


class Person(msgspec.Struct, frozen=True):
    """A user as somebody sees him. ``email``, ``verified`` and attributes: for himself and his administrators only."""

    no: int
    uid: str
    name: str
    first_name: str | None
    last_name: str | None
    state: State
    org: int | None
    org_role: OrgRole
    admin: bool
    external: bool
    made_at: int
    email: str | None = None
    verified: bool | None = None
    attributes: dict[str, Any] | None = None


def person_of(row: Principal, profile: Profile, *, whole: bool) -> Person:
    """Return a user as his rows say, ``whole`` or as everybody logged in sees him."""
    return Person(
        no=row.no,
        uid=row.uid,
        name=profile.name,
        first_name=profile.first_name,
        last_name=profile.last_name,
        state=row.state,
        org=row.org,
        org_role=row.org_role,
        admin=row.admin,
        external=row.external,
        made_at=row.made_at,
        email=profile.email if whole else None,
        verified=profile.verified if whole else None,
        attributes=attributes_of(profile) if whole else None,
    )


def seen_by(standing: Standing, row: Principal, profile: Profile) -> Person:
    """Return a user as the actor sees him."""
    return person_of(row, profile, whole=standing.is_self(row) or standing.over(row))


async def add_user(core: Core, actor: Actor, new: NewUser) -> Person:
    """Make a user, his space, and, with a verified address, the edge by which all that was shared with it is his.

    :raises Problem: forbidden unless the actor administers the installation or the organisation; bad_name, name_taken,
        bad_address, address_taken, password_too_short, password_too_long, unknown_org
    """
    return await _make(core, actor, new)


async def add_first(core: Core, new: NewUser, *beside: Change) -> Person:
    """Make the first administrator, with ``beside`` in the same commit. For set-up alone: nobody is asked.

    :raises Problem: already_set_up, and what ``add_user`` raises
    """
    return await _make(core, OPERATOR, msgspec.structs.replace(new, admin=True), beside, first=True)


async def _make(
    core: Core, actor: Actor, new: NewUser, beside: Sequence[Change] = (), *, first: bool = False
) -> Person:
    hash_ = await hashed(core, new.password) if new.password is not None else None

    async def once() -> Person:
        ref = a(Kind.ORG, new.org) if new.org is not None else MAIN_ORG
        standing = await stand(core, actor, ref, scope=Action.MANAGE)
        if first and await active_administrators(core, 1):
            raise Problem("already_set_up")
        draft = Draft(core, actor)
        draft.add(*beside)
        org = _org_for(standing, draft, new, ref)
        return await _add(core, standing, draft, new, org, hash_)

    return await attempt(once)


def _org_for(standing: Standing, draft: Draft, new: NewUser, ref: RecipientRef) -> int | None:
    """Return the organisation of a new user; one that does not exist is made, for administrators."""
    if new.external or new.admin:
        standing.need_admin()
    if new.external:
        return None
    if new.org is None:
        return MAIN_ORG if standing.admin else _own_org(standing)
    no = standing.seen.found_recipients.get(ref)
    if not standing.admin and _own_org(standing) != no:
        raise Problem("forbidden", field="org")
    if no is not None:
        return standing.one(ref, Kind.ORG, "org").no
    if not isinstance(ref, Named):
        raise Problem("unknown_org", field="org")
    return new_org(draft, ref.text)


def _own_org(standing: Standing) -> int:
    if standing.org is None:
        raise Problem("forbidden")
    return standing.org


def new_org(draft: Draft, name: str, attributes: str = "{}") -> int:
    """Add an organisation to a draft; return its placeholder.

    :raises Problem: name_empty, name_too_long, name_forbidden
    """
    no, name = draft.no(), title(name)
    draft.put(Principal(no, draft.uid(), Kind.ORG, made_at=draft.now))
    draft.put(Profile(no, Kind.ORG, name, person_key(name), attributes=attributes))
    draft.note("org.added", no)
    return no


async def refuse_taken(
    core: Core, *, name: str | None = None, email: str | None = None, user: int | None = None
) -> None:
    """Refuse a log-in name or address that somebody other than ``user`` has.

    :raises Problem: name_taken, address_taken
    """
    if name is not None:
        found = await one(core, Profile, kind=Kind.USER, name_key=person_key(name))
        if found is not None and found.no != user:
            raise Problem("name_taken", field="name")
    if email is not None:
        found = await one(core, Profile, kind=Kind.USER, email_key=address_key(email))
        if found is not None and found.no != user:
            raise Problem("address_taken", field="email")


async def _add(
    core: Core, standing: Standing, draft: Draft, new: NewUser, org: int | None, hash_: str | None
) -> Person:
    name = user_name(new.name)
    email = address_of(new.email) if new.email else None
    await refuse_taken(core, name=name, email=email)
    verified = new.verified and email is not None
    no = draft.no()
    state = State.PENDING if new.invited and hash_ is None else State.ACTIVE
    role = OrgRole.USER if org is None else new.org_role
    row = Principal(no, draft.uid(), Kind.USER, state, org, role, new.admin, new.external, made_at=draft.now)
    profile = Profile(
        no,
        Kind.USER,
        name,
        person_key(name),
        email,
        address_key(email) if email else None,
        verified,
        part_of_name(new.first_name, "first_name"),
        part_of_name(new.last_name, "last_name"),
        encoded(new.attributes),
    )
    draft.put(row, profile)
    if org is not None:
        draft.put(Member(no, org, since=draft.now))
        new_space(draft, no, org)
    if hash_ is not None:
        set_hash(draft, no, hash_, None)
    if verified and email is not None:
        await add_claim(core, draft, no, email)
    elif email is not None:
        draft.tell(INVITE if state is State.PENDING else VERIFY, no)
    draft.note("user.added", no)
    commit = await draft.commit(standing.unchanged)
    numbered = msgspec.structs.replace(row, no=commit.no(no), org=commit.no(org) if org is not None else None)
    return person_of(numbered, profile, whole=True)


async def get_user(core: Core, actor: Actor, ref: RecipientRef) -> Person:
    """Return one user, by number, name, or uid; by mail address for himself and his administrators only.

    :raises Problem: unknown_user, unauthenticated
    """
    by_address = isinstance(ref, Named) and "@" in ref.text
    if isinstance(ref, Named) and by_address:
        profile = await one(core, Profile, kind=Kind.USER, email_key=address_key(ref.text))
        ref = profile.no if profile else 0
    ref = a(Kind.USER, ref)
    standing = await stand(core, actor, ref)
    row = standing.one(ref, Kind.USER)
    whole = standing.is_self(row) or standing.over(row)
    if by_address and not whole:
        raise Problem("unknown_user")
    return person_of(row, standing.profile(row), whole=whole)


async def list_users(
    core: Core, actor: Actor, starts_with: str = "", *, after: After = None, limit: int = 200
) -> Page[Person]:
    """List users by log-in name; for everybody who is logged in, as far as he may see them.

    :raises Problem: unauthenticated
    """
    standing = await stand(core, actor)
    where = equal(kind=Kind.USER)
    if starts_with:
        where += (Where("name_key", "prefix", person_key(starts_with)),)
    allowed = standing.allowed(DIRECTORY)
    page = await page_of(core, allowed, Profile, where, order=("name_key",), after=after, limit=limit)
    rows = await by_no(core, allowed, Principal, tuple(profile.no for profile in page.rows))
    found = (seen_by(standing, rows[profile.no], profile) for profile in page.rows if profile.no in rows)
    return Page(tuple(found), page.next)
