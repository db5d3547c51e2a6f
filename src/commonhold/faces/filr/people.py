"""People: users, groups and principals, as far as the caller may see them."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from commonhold.core.directory.groups import Group as OurGroup
from commonhold.core.directory.groups import get_group, list_groups
from commonhold.core.directory.members import groups_of, list_members, list_nested
from commonhold.core.directory.orgs import get_org
from commonhold.core.directory.people import Person, get_user, list_users
from commonhold.core.directory.reading import After, Page
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.gathering import invited
from commonhold.faces.filr.content_shapes import Group, User
from commonhold.faces.filr.problems import missing
from commonhold.faces.filr.routes import Table, id_of, query_of
from commonhold.faces.filr.shapes import Link, LongIdLinkPair, SearchResultList, listed
from commonhold.http.face import Call

TABLE = Table()

USER_GONE: Final = "USER_NOT_FOUND"
GROUP_GONE: Final = "GROUP_NOT_FOUND"
PRINCIPAL_GONE: Final = "PRINCIPAL_NOT_FOUND"
MOST: Final = 1_000

T = TypeVar("T")


class Wanted(msgspec.Struct):
    """Whom a list is about: ``keyword`` begins the name, ``name`` is the whole of it."""

    keyword: str = ""
    name: str | None = None
    include_groups: bool = False
    first: Annotated[int, Meta(ge=0, le=2**31)] = 0
    count: Annotated[int, Meta(ge=1, le=2**31)] = 100


async def administers(call: Call) -> bool:
    """Tell whether the caller administers the installation."""
    return (await get_user(call.core, call.actor, call.actor.user or 0)).admin


def user_of(person: Person, *, shares: bool, href: str | None = None) -> User:
    """Return a user; ``shares``: whether the caller may know what he shares, and gets."""
    here = f"/users/{person.no}"
    links = [Link(rel="self", href=href or here)]
    if shares:
        links.append(Link(rel="shares_with", href=f"/shares/with_user/{person.no}"))
        links.append(Link(rel="shares_by", href=f"/shares/by_user/{person.no}"))
    title = " ".join(filter(None, (person.first_name, person.last_name))) or person.name
    return User(
        href=href or here,
        links=links,
        doc_type="user",
        entity_type="user",
        id=person.no,
        name=person.name,
        title=title,
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
        person=True,
        disabled=person.state in ("suspended", "deleted"),
    )


def group_of(no: int, title: str, *, members: bool = True) -> Group:
    """Return a group; ``members``: whether the caller may see who is in it."""
    here = f"/groups/{no}"
    links = [Link(rel="self", href=here), *([Link(rel="members", href=f"{here}/members")] if members else [])]
    return Group(
        href=here, links=links, doc_type="group", entity_type="group", id=no, name=title, title=title, person=False
    )


def _group(one: OurGroup) -> Group:
    return group_of(one.no, one.title, members=not one.terms.hidden_members)


async def groups_with(call: Call, no: int) -> list[LongIdLinkPair]:
    """Return the groups that somebody is in, nested ones included."""
    found, after = list[LongIdLinkPair](), None
    while True:
        page = await groups_of(call.core, call.actor, no, after=after)
        found += [LongIdLinkPair(id=group.no, href=f"/groups/{group.no}") for group in page.rows]
        after = page.next
        if after is None:
            return found


@TABLE.route("GET", "/users/{id}", thing=USER_GONE)
async def read_user(call: Call) -> User:
    """Return a user; or an address that the caller has shared something with, which is nobody's yet."""
    no = id_of(call, USER_GONE)
    try:
        user = await _user(call, no)
    except Problem as problem:
        if problem.code != "unknown_user":
            raise
        return await _address(call, no)
    user.groups = await groups_with(call, no) if query_of(call, Wanted).include_groups else None
    return user


async def _user(call: Call, no: int) -> User:
    person = await get_user(call.core, call.actor, no)
    return user_of(person, shares=no == call.actor.user or await administers(call))


async def _address(call: Call, no: int) -> User:
    try:
        address = await invited(call.core, call.actor, no)
    except Problem as problem:
        raise (missing(USER_GONE) if problem.code == "unknown_recipient" else problem) from None
    here = f"/users/{no}"
    return User(
        href=here,
        links=[Link(rel="self", href=here)],
        doc_type="user",
        entity_type="user",
        id=no,
        name=address,
        title=address,
        email=address,
        person=True,
        disabled=False,
    )


@TABLE.route("GET", "/groups/{id}", thing=GROUP_GONE)
async def read_group(call: Call) -> Group:
    """Return a group; everybody inside an organisation is one, too."""
    return await _read_group(call, id_of(call, GROUP_GONE))


async def _read_group(call: Call, no: int) -> Group:
    try:
        return _group(await get_group(call.core, call.actor, no))
    except Problem as problem:
        if problem.code != "unknown_group":
            raise
    try:
        org = await get_org(call.core, call.actor, no)
    except Problem as problem:
        raise (missing(GROUP_GONE) if problem.code == "unknown_org" else problem) from None
    return group_of(org.no, org.title, members=False)


@TABLE.route("GET", "/groups/{id}/members", thing=GROUP_GONE)
async def members(call: Call) -> SearchResultList:
    """List users and groups that are directly in a group."""
    no = id_of(call, GROUP_GONE)
    people = await every(lambda after: list_members(call.core, call.actor, no, after=after))
    nested = await every(lambda after: list_nested(call.core, call.actor, no, after=after))
    found: list[Any] = [LongIdLinkPair(id=one.no, href=f"/users/{one.no}") for one in people]
    found += [
        LongIdLinkPair(id=one.no, href=f"/{'groups' if one.kind is Kind.GROUP else 'users'}/{one.no}") for one in nested
    ]
    return listed(found)


async def every(read: Callable[[After], Awaitable[Page[T]]], most: int = MOST) -> list[T]:
    """Read a listing to its end, or until there is enough of it."""
    found: list[T] = []
    after: After = None
    while len(found) < most:
        page = await read(after)
        found += page.rows
        after = page.next
        if after is None:
            break
    return found[:most]


@TABLE.route("GET", "/principals/{id}", thing=PRINCIPAL_GONE)
async def read_principal(call: Call) -> User | Group:
    """Return a user or a group."""
    no = id_of(call, PRINCIPAL_GONE)
    try:
        return await _user(call, no)
    except Problem as problem:
        if problem.code != "unknown_user":
            raise
        return await _read_group(call, no)


@TABLE.route("GET", "/users")
async def users(call: Call) -> SearchResultList:
    """List users by log-in name."""
    return await _listed(call, _users)


@TABLE.route("GET", "/groups")
async def groups(call: Call) -> SearchResultList:
    """List groups by title, those that the caller may learn of."""
    return await _listed(call, _groups)


@TABLE.route("GET", "/principals")
async def principals(call: Call) -> SearchResultList:
    """List users, and then groups."""
    return await _listed(call, _users, _groups)


async def _users(call: Call, begins: str, most: int) -> list[Any]:
    found = await every(lambda after: list_users(call.core, call.actor, begins, after=after), most)
    everybody = await administers(call)
    return [user_of(one, shares=everybody or one.no == call.actor.user) for one in found]


async def _groups(call: Call, begins: str, most: int) -> list[Any]:
    found = await every(lambda after: list_groups(call.core, call.actor, begins, after=after), most)
    return [_group(one) for one in found]


async def _listed(call: Call, *kinds: Callable[[Call, str, int], Awaitable[list[Any]]]) -> SearchResultList:
    """Return a page of people; lists are read up to the end of the page, and one further."""
    wanted = query_of(call, Wanted)
    begins = wanted.keyword.rstrip("*") if wanted.name is None else wanted.name
    last = min(wanted.first + min(wanted.count, MOST), 10 * MOST)
    found: list[Any] = []
    for kind in kinds:
        if len(found) <= last:
            found += await kind(call, begins, 10 * MOST if wanted.name is not None else last + 1 - len(found))
    if wanted.name is not None:
        found = [one for one in found if one.name.lower() == wanted.name.lower()]
    page = found[wanted.first : last]
    further = None
    if len(found) > last:
        path = str(call.request.scope["path"]).partition("/rest")[2]
        further = f"{path}?first={last}&count={wanted.count}"
    total = None if further is not None else len(found)
    return SearchResultList(first=wanted.first, count=len(page), total=total, next=further, items=page)
