"""Permissions: what policies let people do with rows, kept as rules of the core."""

from typing import Any

from starlette.responses import Response

from commonhold.core.identity import RecipientRef
from commonhold.core.model import EVERYONE
from commonhold.core.records.authority import records_of
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.ruling import Held, NewRule, add_rules, change_rule, drop_rules, list_rules
from commonhold.core.roles import Action, Kind
from commonhold.faces.directus.people import (
    administer,
    answered,
    bodies,
    is_uid,
    keys_in,
    one_answered,
    principal,
    written,
)
from commonhold.faces.directus.permitting import ACTIONS, new_rule, permission_rows, rule_and_action
from commonhold.faces.directus.problems import ApiError, forbidden, invalid_foreign_key, no_collection
from commonhold.faces.directus.registry import PERMISSIONS, PUBLIC
from commonhold.faces.directus.routes import Table, fields
from commonhold.faces.directus.system import CATALOG
from commonhold.http.face import Call

TABLE = Table()

Json = Any


async def _holder(call: Call, body: dict[str, Json]) -> RecipientRef:
    """Return who holds a permission: the group that its policy is, or everyone.

    :raises ApiError: INVALID_FOREIGN_KEY
    """
    value = body.get("policy")
    value = value.get("id") if isinstance(value, dict) else value
    if value == PUBLIC:
        return EVERYONE
    try:
        return (await principal(call, value, Kind.GROUP)).no
    except ApiError:
        raise invalid_foreign_key(PERMISSIONS, "policy", value if is_uid(value) else None) from None


async def _catalog(call: Call, collection: Json) -> Catalog:
    """Return the catalogue that a collection stands in.

    :raises ApiError: FORBIDDEN for one that does not exist
    """
    named = isinstance(collection, str)
    catalog = CATALOG if named and collection in CATALOG else await records_of(call.core).catalog()
    if named and collection and collection not in catalog:
        raise no_collection(collection)
    return catalog


async def _read(call: Call, body: dict[str, Json]) -> NewRule:
    return new_rule(await _catalog(call, body.get("collection")), await _holder(call, body), body)


@TABLE.route("GET", "/permissions")
async def get_permissions(call: Call) -> Response:
    """List permissions."""
    return await answered(call, PERMISSIONS)


@TABLE.route("SEARCH", "/permissions")
async def search_permissions(call: Call) -> Response:
    """List permissions, asked for in the body."""
    return await answered(call, PERMISSIONS)


@TABLE.route("GET", "/permissions/{key}")
async def get_permission(call: Call) -> Response:
    """Return a permission."""
    return await one_answered(call, PERMISSIONS, call.params["key"])


@TABLE.route("POST", "/permissions", needs="administration")
async def post_permissions(call: Call) -> Response:
    """Make a permission, or several in one transaction."""
    await administer(call, PERMISSIONS)
    given, alone = await bodies(call)
    made = await add_rules(call.core, call.actor, [await _read(call, body) for body in given], CATALOG)
    return await written(call, PERMISSIONS, [_ident(held, body) for held, body in zip(made, given)], one=alone)  # noqa: B905


def _ident(held: Held, body: dict[str, Json]) -> int:
    return next(int(row["id"]) for row in permission_rows(held) if row["action"] == body.get("action"))


@TABLE.route("PATCH", "/permissions/{key}", needs="administration")
async def patch_permission(call: Call) -> Response:
    """Change a permission."""
    await administer(call, PERMISSIONS)
    held, action = await _found(call, call.params["key"])
    now = next(row for row in permission_rows(held) if row["action"] == action)
    body = {**now, **await fields(call), "action": action}
    new = await _read(call, body)
    others = held.rule.actions & ~ACTIONS[action]
    if others & ~Action.DOWNLOAD:  # a rule with several actions, which another face made
        await change_rule(call.core, call.actor, held.rule.no, _with(held, others), CATALOG)
        made = (await add_rules(call.core, call.actor, (new,), CATALOG))[0]
    else:
        made = await change_rule(call.core, call.actor, held.rule.no, new, CATALOG)
    return await one_answered(call, PERMISSIONS, str(_ident(made, body)))


def _with(held: Held, actions: Action) -> NewRule:
    rule = held.rule
    names = ("*",) if rule.fields is None else tuple(sorted(rule.fields))
    return NewRule(rule.principal, rule.collection, actions, rule.filter, names, rule.check, rule.presets)


async def _found(call: Call, key: Json) -> tuple[Held, str]:
    if not (isinstance(key, int) or (isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 18)):
        raise forbidden()
    no, action = rule_and_action(int(key))
    for held in await list_rules(call.core, call.actor):
        if held.rule.no == no and held.rule.actions & ACTIONS[action] & ~Action.DOWNLOAD:
            return held, action
    raise forbidden()


@TABLE.route("DELETE", "/permissions/{key}", needs="administration")
async def delete_permission(call: Call) -> None:
    """Take a permission away."""
    await administer(call, PERMISSIONS)
    await _drop(call, call.params["key"])


@TABLE.route("DELETE", "/permissions", needs="administration")
async def delete_permissions(call: Call) -> None:
    """Take several permissions away."""
    await administer(call, PERMISSIONS)
    for key in await keys_in(call):
        await _drop(call, key)


async def _drop(call: Call, key: Json) -> None:
    held, action = await _found(call, key)
    others = held.rule.actions & ~ACTIONS[action]
    if others & ~Action.DOWNLOAD:
        await change_rule(call.core, call.actor, held.rule.no, _with(held, others), CATALOG)
    else:
        await drop_rules(call.core, call.actor, (held.rule.no,))
