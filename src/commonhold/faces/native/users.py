"""Users: listed, made, changed, suspended and deleted; and what they may do at all."""

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from commonhold.core.directory import accounts, allowances, leaving, people
from commonhold.core.directory.members import groups_of
from commonhold.core.identity import RecipientRef
from commonhold.core.model import EVERYONE, Allowance
from commonhold.core.problems import Problem
from commonhold.core.roles import OrgRole
from commonhold.faces.native.account import Secret
from commonhold.faces.native.users_shape import GroupShape, PersonShape, group_shape, person_shape
from commonhold.faces.native.words import (
    KindWord,
    Label,
    Listing,
    Paging,
    cursor,
    kind_mask,
    kinds_of,
    org_ref,
    place_of,
    user_ref,
)
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table("/api/v1")


class StartsWith(Paging, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The beginning of a name."""

    starts_with: Label = ""


class NewUserIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A user to be made. ``external``: a guest; ``invited``: a letter lets him set his password."""

    name: Label
    email: Label | None = None
    password: Secret | None = None
    admin: bool = False
    external: bool = False
    verified: bool = False
    invited: bool = False
    org: Label | None = None
    org_role: OrgRole = OrgRole.USER
    first_name: Label | None = None
    last_name: Label | None = None
    attributes: dict[str, Any] = {}


class UserEdit(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change of a user; what is left out stays. Some of it is for administrators."""

    name: Label | UnsetType = UNSET
    email: Label | UnsetType | None = UNSET
    verified: bool | UnsetType = UNSET
    first_name: Label | UnsetType | None = UNSET
    last_name: Label | UnsetType | None = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET
    org: Label | UnsetType | None = UNSET
    org_role: OrgRole | UnsetType = UNSET
    admin: bool | UnsetType = UNSET


class NewPassword(Struct, forbid_unknown_fields=True, frozen=True):
    """A password that an administrator sets."""

    password: Secret


class Taker(Struct, forbid_unknown_fields=True, frozen=True):
    """Who gets everything that a user owns."""

    to: Label


class Leaving(Struct, forbid_unknown_fields=True, frozen=True):
    """Who gets what a deleted user owned; nobody: it is deleted with him."""

    transfer_to: Label | None = None


class AllowanceShape(Struct, forbid_unknown_fields=True, frozen=True):
    """Limits of what somebody may do at all; null: no limit. ``longest``: the longest life of his shares, in ms."""

    make: bool = True
    kinds: tuple[KindWord, ...] = ("user", "group", "org", "everyone", "link", "mail")
    longest: int | None = None
    link_password: bool = False
    domains: tuple[Label, ...] | None = None
    quota: int | None = None


async def user_again(call: Call) -> PersonShape:
    """Render a user who was made or changed as he is now."""
    ref = call.kept.made("principal") or call.params["user"]
    return person_shape(await people.get_user(call.core, call.actor, user_ref(ref)))


@TABLE.route("GET", "/users", needs="directory", problems="unauthenticated bad_cursor")
async def users(call: Call, query: StartsWith) -> Listing[PersonShape]:
    """List users by name."""
    page = await people.list_users(
        call.core, call.actor, query.starts_with, after=place_of(query.next), limit=query.limit
    )
    return Listing([person_shape(one) for one in page.rows], cursor(page.next))


@TABLE.route(
    "POST",
    "/users",
    needs="administration",
    status=201,
    again=user_again,
    problems="forbidden bad_name name_taken bad_address address_taken password_too_short",
)
async def add_user(call: Call, body: NewUserIn) -> PersonShape:
    """Make a user."""
    given = msgspec.structs.asdict(body)
    given["org"] = org_ref(body.org) if body.org is not None else None
    return person_shape(await people.add_user(call.core, call.actor, people.NewUser(**given)))


@TABLE.route("GET", "/users/{user}", needs="directory", problems="unauthenticated unknown_user")
async def user(call: Call) -> PersonShape:
    """Return a user, by name or uid."""
    return person_shape(await people.get_user(call.core, call.actor, user_ref(call.params["user"])))


@TABLE.route(
    "PATCH", "/users/{user}", needs="administration", problems="unknown_user forbidden name_taken address_taken"
)
async def edit_user(call: Call, body: UserEdit) -> PersonShape:
    """Change a user: oneself, or (administrators) anybody."""
    given = msgspec.structs.asdict(body)
    if body.org is not UNSET and body.org is not None:
        given["org"] = org_ref(body.org)
    change = accounts.UserChange(**given)
    return person_shape(await accounts.change_user(call.core, call.actor, user_ref(call.params["user"]), change))


@TABLE.route("DELETE", "/users/{user}", needs="administration", problems="unknown_user forbidden last_administrator")
async def delete_user(call: Call, query: Leaving) -> None:
    """Delete a user, and give what he owns to somebody else, or delete it with him."""
    to = user_ref(query.transfer_to) if query.transfer_to else None
    await leaving.delete_user(call.core, call.actor, user_ref(call.params["user"]), to)


@TABLE.route(
    "POST", "/users/{user}/suspend", needs="administration", again=user_again, problems="unknown_user forbidden"
)
async def suspend(call: Call) -> PersonShape:
    """Suspend a user: nothing that he was handed out counts, and what he shared is shut."""
    return person_shape(await accounts.suspend(call.core, call.actor, user_ref(call.params["user"])))


@TABLE.route(
    "POST", "/users/{user}/resume", needs="administration", again=user_again, problems="unknown_user forbidden"
)
async def resume(call: Call) -> PersonShape:
    """End a suspension."""
    return person_shape(await accounts.resume(call.core, call.actor, user_ref(call.params["user"])))


@TABLE.route("PUT", "/users/{user}/password", needs="administration", problems="unknown_user forbidden")
async def set_password(call: Call, body: NewPassword) -> None:
    """Set a user's password; every session and token of before is dead."""
    await accounts.set_password(call.core, call.actor, user_ref(call.params["user"]), body.password)


@TABLE.route("POST", "/users/{user}/transfer", needs="administration", status=204, problems="unknown_user forbidden")
async def transfer(call: Call, body: Taker) -> None:
    """Give everything that a user owns to another one."""
    await leaving.transfer_everything(call.core, call.actor, user_ref(call.params["user"]), user_ref(body.to))


@TABLE.route("GET", "/users/{user}/groups", needs="directory", problems="unknown_user unauthenticated")
async def user_groups(call: Call, query: Paging) -> Listing[GroupShape]:
    """List the groups that a user is in, nested ones included."""
    ref = user_ref(call.params["user"])
    page = await groups_of(call.core, call.actor, ref, after=place_of(query.next), limit=query.limit)
    return Listing([group_shape(one) for one in page.rows], cursor(page.next))


@TABLE.route("GET", "/users/{user}/allowance", needs="self", problems="unknown_user forbidden")
async def effective(call: Call) -> AllowanceShape:
    """Say what a user may do at all now: the narrowest of all limits that apply to him."""
    return _allowance(await allowances.effective_allowance(call.core, call.actor, user_ref(call.params["user"])))


def _allowance(row: Allowance) -> AllowanceShape:
    domains = None if row.domains is None else tuple(msgspec.json.decode(row.domains, type=list[str]))
    return AllowanceShape(row.make, kinds_of(row.kinds), row.longest, row.link_password, domains, row.quota)


def _holder(call: Call) -> RecipientRef:
    """Return whose allowance a path means: ``everyone``, ``user:<name>`` or ``org:<title>``."""
    kind, colon, name = call.params["holder"].partition(":")
    if kind == "everyone" and not colon:
        return EVERYONE
    if kind in ("user", "org") and name:
        return user_ref(name) if kind == "user" else org_ref(name)
    raise Problem("unknown_user", field="holder")


@TABLE.route("GET", "/allowances/{holder}", needs="administration", problems="unknown_user forbidden")
async def get_allowance(call: Call) -> AllowanceShape:
    """Return the limits of everyone, of a user or of an organisation; all open where nothing is set."""
    row = await allowances.get_allowance(call.core, call.actor, _holder(call))
    return AllowanceShape() if row is None else _allowance(row)


@TABLE.route("PUT", "/allowances/{holder}", needs="administration", problems="unknown_user forbidden invalid_field")
async def set_allowance(call: Call, body: AllowanceShape) -> AllowanceShape:
    """Set the limits of everyone, of a user or of an organisation."""
    domains = None if body.domains is None else msgspec.json.encode(body.domains).decode()
    row = Allowance(0, body.make, kind_mask(body.kinds), body.longest, body.link_password, domains, body.quota)
    return _allowance(await allowances.set_allowance(call.core, call.actor, _holder(call), row))


@TABLE.route("DELETE", "/allowances/{holder}", needs="administration", problems="unknown_user forbidden")
async def drop_allowance(call: Call) -> None:
    """Take limits away."""
    await allowances.drop_allowance(call.core, call.actor, _holder(call))
