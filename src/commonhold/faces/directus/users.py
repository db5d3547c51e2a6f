"""``/users``: accounts with their role and a token of their own, made and changed by administrators; and oneself."""

import re
from collections.abc import Coroutine, Iterable
from typing import Any, Final

from msgspec import UNSET
from msgspec.structs import replace
from starlette.responses import Response

from commonhold.core.directory.accounts import UserChange, change_user, resume, set_password, suspend
from commonhold.core.directory.leaving import delete_user
from commonhold.core.directory.members import add_members, remove_members
from commonhold.core.directory.people import NewUser, Person, add_user, get_user
from commonhold.core.directory.roll import roll, with_numbers, with_uids
from commonhold.core.directory.tokens import refuse_token, set_token
from commonhold.core.model import Principal, State
from commonhold.core.problems import Problem
from commonhold.core.records.rules import WHOLE
from commonhold.core.records.shelf import Shelf
from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import get_share
from commonhold.faces.directus.listing import answer_one
from commonhold.faces.directus.parameters import asked_by
from commonhold.faces.directus.people import administer, answered, bodies, is_uid, keys_in, one_answered, written
from commonhold.faces.directus.problems import (
    failed_validation,
    forbidden,
    invalid_credentials,
    invalid_foreign_key,
    invalid_payload,
    not_unique,
    value_too_long,
)
from commonhold.faces.directus.registry import ADMINISTRATORS, BESIDE, KEPT, STARS, USERS, is_policy
from commonhold.faces.directus.replies import data_reply
from commonhold.faces.directus.routes import Table, fields
from commonhold.faces.directus.system import CATALOG, ground, rows
from commonhold.http.face import Call

TABLE = Table()

Json = Any

TOKEN: Final = "static token"  # noqa: S105 - a label
STATUSES: Final = ("active", "suspended", "archived", "invited", "unverified", "draft")
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")


# --- read


@TABLE.route("GET", "/users")
async def get_users(call: Call) -> Response:
    """List people."""
    return await answered(call, USERS)


@TABLE.route("SEARCH", "/users")
async def search_users(call: Call) -> Response:
    """List people, asked for in the body."""
    return await answered(call, USERS)


@TABLE.route("GET", "/users/me")
async def get_me(call: Call) -> Response:
    """Return who asks: a person as himself, or the share whose token this is."""
    if call.actor.user is None:
        return await _me_as_share(call)
    (me,) = (await with_numbers(call.core, call.actor, [call.actor.user])).values()
    shelf = Shelf(CATALOG, lambda names: rows(call, names), (await ground(call)).may.facts, WHOLE)
    return await answer_one(call, shelf, USERS, me.uid, asked_by(call))


async def _me_as_share(call: Call) -> Response:
    if not call.actor.passes:
        raise invalid_credentials()
    shown = await get_share(call.core, call.actor, call.actor.passes[0].share)
    return data_reply({"share": shown.share.uid})


@TABLE.route("GET", "/users/{key}")
async def get_one(call: Call) -> Response:
    """Return a person."""
    return await one_answered(call, USERS, call.params["key"])


# --- written


@TABLE.route("POST", "/users", needs="administration")
async def post_users(call: Call) -> Response:
    """Make an account, or several."""
    await administer(call, USERS)
    given, alone = await bodies(call)
    return await written(call, USERS, [await _make(call, body) for body in given], one=alone)


@TABLE.route("PATCH", "/users/me")
async def patch_me(call: Call) -> Response:
    """Change one's own names, address and description."""
    if call.actor.user is None:
        raise invalid_credentials()
    body = await fields(call)
    person = await get_user(call.core, call.actor, call.actor.user)
    await change_user(call.core, call.actor, person.no, _change(person, body))
    response: Response = await get_me(call)
    return response


@TABLE.route("PATCH", "/users/{key}", needs="administration")
async def patch_one(call: Call) -> Response:
    """Change an account."""
    await administer(call, USERS)
    await _patch(call, call.params["key"], await fields(call))
    return await one_answered(call, USERS, call.params["key"])


@TABLE.route("PATCH", "/users", needs="administration")
async def patch_many(call: Call) -> Response:
    """Change several accounts alike."""
    await administer(call, USERS)
    body = await fields(call)
    keys, data = body.get("keys"), body.get("data")
    if not isinstance(keys, list) or not isinstance(data, dict):
        raise invalid_payload('"keys" and "data" are required')
    for key in keys:
        await _patch(call, key, data)
    return await written(call, USERS, keys, one=False)


@TABLE.route("DELETE", "/users/{key}", needs="administration")
async def delete_one(call: Call) -> None:
    """Delete an account."""
    await administer(call, USERS)
    await _delete(call, call.params["key"])


@TABLE.route("DELETE", "/users", needs="administration")
async def delete_many(call: Call) -> None:
    """Delete several accounts."""
    await administer(call, USERS)
    for key in await keys_in(call):
        await _delete(call, key)


async def _person(call: Call, uid: Json) -> Person:
    found = (await with_uids(call.core, call.actor, [uid])).get(uid) if is_uid(uid) else None
    if found is None or found.kind is not Kind.USER:
        raise forbidden()
    return await get_user(call.core, call.actor, found.no)


async def _delete(call: Call, uid: Json) -> None:
    await delete_user(call.core, call.actor, (await _person(call, uid)).no)


async def _make(call: Call, body: dict[str, Json]) -> str:
    email = _text(body, "email")
    if email is None:
        raise failed_validation("email")
    role = await _role(call, body.get("role"))
    secret = _secret(body)
    _refuse_odd_status(body)
    if secret is not None:  # before anything is made: what is refused leaves nothing behind
        await _told(refuse_token(call.core, secret))
    new = NewUser(
        name=await _free_name(call, email),
        email=email,
        password=_text(body, "password"),
        admin=role == ADMINISTRATORS,
        verified=True,
        first_name=_text(body, "first_name"),
        last_name=_text(body, "last_name"),
        attributes={KEPT: _beside({}, body)},
    )
    try:
        person = await add_user(call.core, call.actor, new)
    except Problem as problem:
        raise _worded(problem, email) from None
    if isinstance(role, Principal):
        await add_members(call.core, call.actor, role.no, [person.no])
    await _status(call, person, body)
    if secret is not None:
        await _set_token(call, person.no, secret)
    return person.uid


async def _patch(call: Call, uid: Json, body: dict[str, Json]) -> None:
    person = await _person(call, uid)
    _refuse_odd_status(body)
    role = await _role(call, body.get("role")) if "role" in body else UNSET
    change = _change(person, body)
    if role is not UNSET:
        change = replace(change, admin=role == ADMINISTRATORS)
    try:
        await change_user(call.core, call.actor, person.no, change)
    except Problem as problem:
        raise _worded(problem, _text(body, "email")) from None
    if role is not UNSET:
        await _move(call, person, role if isinstance(role, Principal) else None)
    await _status(call, person, body)
    password = _text(body, "password")
    if password is not None and password != STARS:
        await set_password(call.core, call.actor, person.no, password)
    if "token" in body and body["token"] != STARS:
        await _set_token(call, person.no, _secret(body))


async def _set_token(call: Call, user: int, secret: str | None) -> None:
    await _told(set_token(call.core, call.actor, user, secret, TOKEN))


async def _told(about_token: Coroutine[Any, Any, None]) -> None:
    try:
        await about_token
    except Problem as problem:
        if problem.code == "not_unique":
            raise not_unique(USERS, "token") from None
        raise


async def _move(call: Call, person: Person, to: Principal | None) -> None:
    """Take a person out of the groups that were his role, and put him into the one that is."""
    listed = await roll(call.core, call.actor, users=False)
    for no, group in listed.groups.items():
        mine = person.no in listed.members.get(no, ())
        if mine and not is_policy(group) and (to is None or no != to.no):
            await remove_members(call.core, call.actor, no, [person.no])
    if to is not None:
        await add_members(call.core, call.actor, to.no, [person.no])


def _worded(problem: Problem, email: str | None) -> Exception:
    return not_unique(USERS, "email", email) if problem.code == "address_taken" else problem


def _refuse_odd_status(body: dict[str, Json]) -> None:
    if body.get("status") not in (None, *STATUSES):
        raise invalid_payload(f'"status" must be one of [{", ".join(STATUSES)}]')


async def _status(call: Call, person: Person, body: dict[str, Json]) -> None:
    """Suspend a person, or resume him; the other words of the original mean nothing here."""
    status = body.get("status")
    if status == "active" and person.state is State.SUSPENDED:
        await resume(call.core, call.actor, person.no)
    elif status in ("suspended", "archived") and person.state is State.ACTIVE:
        await suspend(call.core, call.actor, person.no)


async def _role(call: Call, value: Json) -> Principal | str | None:
    """Return the group that a role is, or the administrators' id.

    :raises ApiError: INVALID_FOREIGN_KEY
    """
    uid = value.get("id") if isinstance(value, dict) else value
    if uid is None or uid == ADMINISTRATORS:
        return uid
    found = (await with_uids(call.core, call.actor, [uid])).get(uid) if is_uid(uid) else None
    if found is None or found.kind is not Kind.GROUP:
        raise invalid_foreign_key(USERS, "role", uid if isinstance(uid, str) else None)
    return found


def _text(body: dict[str, Json], name: str) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise invalid_payload(f'"{name}" must be a string')
    if len(value) > 255 and name != "password":
        raise value_too_long(USERS, name, value)
    return value


def _secret(body: dict[str, Json]) -> str | None:
    """Return the token that is chosen for somebody; the ten stars are none."""
    found = _text(body, "token")
    return None if found == STARS else found


def _beside(known: dict[str, Json], body: dict[str, Json]) -> dict[str, Json]:
    kept: dict[str, Json] = {**known, **{name: body[name] for name in BESIDE if name in body}}
    if "token" in body and body["token"] != STARS:
        kept["token"] = body["token"] is not None and body["token"] != ""
    return {name: value for name, value in kept.items() if value is not None}


def _change(person: Person, body: dict[str, Json]) -> UserChange:
    known = (person.attributes or {}).get(KEPT)
    beside = _beside(known if isinstance(known, dict) else {}, body)
    given: dict[str, Any] = {name: _text(body, name) for name in ("first_name", "last_name", "email") if name in body}
    return UserChange(**given, attributes={KEPT: beside})


async def _free_name(call: Call, email: str) -> str:
    """Return a log-in name for an address: what stands before the sign, with a number where that is taken."""
    base = _ODD.sub("-", email.partition("@")[0])[:48].strip(".-") or "user"
    taken = {
        entry.profile.name.lower()
        for entry in (await roll(call.core, call.actor, groups=False, edges=False)).users.values()
    }
    return next(name for name in _names(base) if name.lower() not in taken)


def _names(base: str) -> Iterable[str]:
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1
