"""People, roles, policies and permissions: everything by which a client sets up who may do what.

Making and changing is for administrators; what anybody else sees is what permissions on these collections say.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from msgspec import UNSET
from msgspec.json import decode
from starlette.responses import Response

from commonhold.core.directory.groups import GroupChange, NewGroup, add_group, change_group, delete_group, get_group
from commonhold.core.directory.members import add_members, remove_members
from commonhold.core.directory.roll import roll, with_uids
from commonhold.core.model import GroupTerms, Principal
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.faces.directus.listing import answer_many, answer_one, find_many, wanted
from commonhold.faces.directus.parameters import Asked, asked_by
from commonhold.faces.directus.problems import (
    ApiError,
    failed_validation,
    forbidden,
    invalid_foreign_key,
    invalid_payload,
    no_collection,
)
from commonhold.faces.directus.registry import (
    ACCESS,
    ADMINISTRATORS,
    KEPT,
    POLICIES,
    PUBLIC,
    ROLE_OF,
    ROLES,
    access_row,
    accesses,
    kept_in,
)
from commonhold.faces.directus.replies import data_reply
from commonhold.faces.directus.routes import NOTHING, Table, fields, payload
from commonhold.faces.directus.system import ground
from commonhold.http.face import Call

TABLE = Table()

Json = Any

_SHOWN: Final = {"icon", "description", "app_access"}
UNMADE: Final = frozenset({ADMINISTRATORS, PUBLIC, *ROLE_OF})
"""Roles and policies that no group is: they cannot be changed."""


# --- what all these collections have in common


async def answered(call: Call, collection: str) -> Response:
    """Answer a list of one of these collections."""
    return await answer_many(call, (await ground(call)).shelf, collection, await wanted(call))


async def one_answered(call: Call, collection: str, key: Json) -> Response:
    """Answer one row of these collections."""
    return await answer_one(call, (await ground(call)).shelf, collection, key, asked_by(call))


async def written(call: Call, collection: str, keys: Sequence[Json], *, one: bool) -> Response:
    """Answer what was written, as it is read."""
    if one:
        return await one_answered(call, collection, keys[0])
    asked = Asked(filter={"id": {"_in": list(keys)}}, limit=None, fields=asked_by(call).fields)
    return data_reply(await find_many((await ground(call)).shelf, collection, asked) if keys else [])


async def bodies(call: Call) -> tuple[list[dict[str, Json]], bool]:
    """Return one object or several, and whether it was one.

    :raises ApiError: INVALID_PAYLOAD
    """
    body = await payload(call)
    given = [{}] if body is NOTHING else body if isinstance(body, list) else [body]
    if not all(isinstance(one, dict) for one in given):
        raise invalid_payload("Each item must be of type object")
    return given, not isinstance(body, list)


async def keys_in(call: Call) -> list[Json]:
    """Return which rows a body means: an array of keys, or ``keys``.

    :raises ApiError: INVALID_PAYLOAD
    """
    body = await payload(call)
    keys = body.get("keys") if isinstance(body, dict) else body
    if not isinstance(keys, list):
        raise invalid_payload('"keys" must be an array')
    return keys


async def administer(call: Call, collection: str) -> None:
    """Refuse everybody but administrators, in the words for a collection that is not theirs.

    :raises ApiError: FORBIDDEN
    """
    if not (await ground(call)).may.whole:
        raise no_collection(collection)


async def principal(call: Call, uid: Json, kind: Kind) -> Principal:
    """Return the principal with this uid.

    :raises ApiError: FORBIDDEN
    """
    found = (await with_uids(call.core, call.actor, [uid])).get(uid) if is_uid(uid) else None
    if found is None or found.kind is not kind:
        raise forbidden()
    return found


def is_uid(value: Json) -> bool:
    """Tell whether a value is a UUID as it is kept."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def named(body: dict[str, Json], name: str = "name") -> str:
    """Return a text that must be given.

    :raises ApiError: FAILED_VALIDATION
    """
    value = body.get(name)
    if value is None or value == "":
        raise failed_validation(name, "nnull" if name in body else "required")
    if not isinstance(value, str):
        raise invalid_payload(f'"{name}" must be a string')
    return value


# --- roles and policies: groups


async def _make(call: Call, collection: str, body: dict[str, Json]) -> str:
    """Make a group, as a role or as a policy."""
    kept: dict[str, Json] = {name: body[name] for name in _SHOWN if body.get(name) is not None}
    if collection == POLICIES:
        if body.get("admin_access") in (True, "true", 1):
            raise invalid_payload('"admin_access" stands in the policy "Administrator" alone')
        kept["policy"] = True
    new = NewGroup(
        title=named(body),
        terms=GroupTerms(0, visible=Kind.USER),
        attributes={KEPT: kept},
        alike=True,
        owner_joins=False,
    )
    return (await add_group(call.core, call.actor, new)).uid


async def _known(call: Call, collection: str, keys: Sequence[Json]) -> None:
    """Refuse keys of what is not in a collection, before anything is done with them: a role is no policy.

    :raises ApiError: FORBIDDEN
    """
    if not all(map(is_uid, keys)):
        raise forbidden()
    asked = Asked(filter={"id": {"_in": list(keys)}}, limit=None, fields=("id",))
    found = await find_many((await ground(call)).shelf, collection, asked) if keys else []
    if {row["id"] for row in found} != set(keys):
        raise forbidden()


async def _change(call: Call, uid: str, body: dict[str, Json]) -> None:
    group = await principal(call, uid, Kind.GROUP)
    title = named(body) if "name" in body else UNSET
    listed = await roll(call.core, call.actor, users=False, edges=False)
    kept = dict(_kept(listed.groups[group.no].profile.attributes))
    kept |= {name: body[name] for name in _SHOWN if name in body}
    await change_group(call.core, call.actor, group.no, GroupChange(title=title, attributes={KEPT: kept}))


def _kept(attributes: str) -> dict[str, Json]:
    found = decode(attributes).get(KEPT)
    return found if isinstance(found, dict) else {}


def _routes(path: str, collection: str) -> None:
    """Add the routes of roles, or of policies."""

    async def many(call: Call) -> Response:
        """List them."""
        return await answered(call, collection)

    async def one(call: Call) -> Response:
        """Return one of them."""
        return await one_answered(call, collection, call.params["key"])

    async def post(call: Call) -> Response:
        """Make one, or several."""
        await administer(call, collection)
        given, alone = await bodies(call)
        return await written(call, collection, [await _make(call, collection, body) for body in given], one=alone)

    async def patch(call: Call) -> Response:
        """Change one of them."""
        await administer(call, collection)
        await _known(call, collection, [call.params["key"]])
        await _change(call, call.params["key"], await fields(call))
        return await one_answered(call, collection, call.params["key"])

    async def delete(call: Call) -> None:
        """Delete one of them: what was given by it is gone."""
        await administer(call, collection)
        await _known(call, collection, [call.params["key"]])
        await _delete(call, call.params["key"])

    async def delete_many(call: Call) -> None:
        """Delete several of them."""
        await administer(call, collection)
        keys = await keys_in(call)
        await _known(call, collection, keys)
        for key in keys:
            await _delete(call, key)

    TABLE.route("GET", path)(many)
    TABLE.route("SEARCH", path)(many)
    TABLE.route("GET", path + "/{key}")(one)
    TABLE.route("POST", path, needs="administration")(post)
    TABLE.route("PATCH", path + "/{key}", needs="administration")(patch)
    TABLE.route("DELETE", path + "/{key}", needs="administration")(delete)
    TABLE.route("DELETE", path, needs="administration")(delete_many)


async def _delete(call: Call, uid: Json) -> None:
    await delete_group(call.core, call.actor, (await principal(call, uid, Kind.GROUP)).no)


_routes("/roles", ROLES)
_routes("/policies", POLICIES)


# --- which roles and people have which policies


@TABLE.route("GET", "/access")
async def get_accesses(call: Call) -> Response:
    """List which roles and people have which policies."""
    return await answered(call, ACCESS)


@TABLE.route("GET", "/access/{key}")
async def get_access(call: Call) -> Response:
    """Return that a role or a person has a policy."""
    return await one_answered(call, ACCESS, call.params["key"])


@TABLE.route("POST", "/access", needs="administration")
async def post_access(call: Call) -> Response:
    """Give a role or a person a policy."""
    await administer(call, ACCESS)
    given, alone = await bodies(call)
    return await written(call, ACCESS, [await _attach(call, body) for body in given], one=alone)


async def _attach(call: Call, body: dict[str, Json]) -> str:
    policy = await _referred(call, body, "policy", Kind.GROUP)
    column, kind = ("user", Kind.USER) if body.get("user") is not None else ("role", Kind.GROUP)
    if body.get(column) is None:
        raise invalid_payload('Permissions of everyone stand in the policy "Public" alone')
    holder = await _referred(call, body, column, kind)
    group = await get_group(call.core, call.actor, policy.no)
    if not kept_in(group.attributes).get("policy"):  # a role, or a group of another face: nothing is given by it here
        raise invalid_foreign_key(ACCESS, "policy", policy.uid)
    edited = await add_members(call.core, call.actor, policy.no, [holder.no])
    if edited.refused:
        raise Problem(edited.refused[0].code)
    return str(access_row(policy.uid, **{column: holder.uid})["id"])


async def _referred(call: Call, body: dict[str, Json], name: str, kind: Kind) -> Principal:
    value = body.get(name)
    value = value.get("id") if isinstance(value, dict) else value
    try:
        return await principal(call, value, kind)
    except ApiError:
        raise invalid_foreign_key(ACCESS, name, value if isinstance(value, str) else None) from None


@TABLE.route("DELETE", "/access/{key}", needs="administration")
async def delete_access(call: Call) -> None:
    """Take a policy from a role or a person."""
    await administer(call, ACCESS)
    await _detach(call, [call.params["key"]])


@TABLE.route("DELETE", "/access", needs="administration")
async def delete_accesses(call: Call) -> None:
    """Take several policies away."""
    await administer(call, ACCESS)
    await _detach(call, await keys_in(call))


async def _detach(call: Call, keys: Sequence[Json]) -> None:
    known = {row["id"]: row for row in accesses(await roll(call.core, call.actor))}
    for key in keys:
        row = known.get(key) if isinstance(key, str) else None
        if row is None:
            raise forbidden()
        policy = await principal(call, row["policy"], Kind.GROUP)
        holder = await principal(call, row["role"] or row["user"], Kind.GROUP if row["role"] else Kind.USER)
        await remove_members(call.core, call.actor, policy.no, [holder.no])
