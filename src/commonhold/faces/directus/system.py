"""The collections that this dialect shows by itself: links, people, roles, policies, and who has which.

A role is a group, a policy a group above it that carries rules; both are groups like others everywhere else. Beside
them stand roles and policies that no group is: the administrators', the public one, and the roles that shares have.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from commonhold.core.directory.roll import roll
from commonhold.core.problems import Problem
from commonhold.core.records.beyond import Beyond, beyond
from commonhold.core.records.catalog import Catalog, Collection, Field, Relation
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rows import visible
from commonhold.core.records.shelf import Shelf
from commonhold.core.roles import Action
from commonhold.faces.directus.registry import (
    ACCESS,
    COLLECTIONS,
    PERMISSIONS,
    POLICIES,
    ROLES,
    SHARES,
    USERS,
    Row,
    accesses,
    permissions,
    policies,
    roles,
    shares,
    users,
)
from commonhold.http.face import Call


def _plain(*names: str, kind: Kind = Kind.STRING) -> tuple[Field, ...]:
    return tuple(Field(name, kind) for name in names)


_MOMENTS: Final = _plain("date_created", "date_start", "date_end", kind=Kind.TIMESTAMP)
_LISTS: Final = _plain("policies", kind=Kind.JSON)

CATALOG: Final = Catalog(
    0,
    (
        Collection(
            SHARES,
            "id",
            (
                *_plain("id", kind=Kind.UUID),
                *_plain("name", "collection", "item"),
                *_plain("role", kind=Kind.UUID),
                *_plain("password", kind=Kind.HASH),
                *_plain("user_created", kind=Kind.UUID),
                *_MOMENTS,
                *_plain("times_used", "max_uses", kind=Kind.INTEGER),
            ),
            (
                Relation(SHARES, "collection", (COLLECTIONS,)),
                Relation(SHARES, "role", (ROLES,)),
                Relation(SHARES, "user_created", (USERS,)),
            ),
        ),
        Collection(
            USERS,
            "id",
            (
                *_plain("id", kind=Kind.UUID),
                *_plain("first_name", "last_name", "email"),
                *_plain("password", kind=Kind.HASH),
                *_plain("location", "title", "description"),
                *_plain("tags", kind=Kind.JSON),
                *_plain("avatar", "language", "status"),
                *_plain("role", kind=Kind.UUID),
                *_plain("token", kind=Kind.HASH),
                *_plain("last_access", kind=Kind.TIMESTAMP),
                *_plain("provider", "external_identifier"),
                *_LISTS,
            ),
            (Relation(USERS, "role", (ROLES,), "users"),),
        ),
        Collection(
            ROLES,
            "id",
            (
                *_plain("id", kind=Kind.UUID),
                *_plain("name", "icon", "description"),
                *_plain("parent", kind=Kind.UUID),
                *_plain("children", "users", "policies", kind=Kind.ALIAS),
            ),
            (Relation(ROLES, "parent", (ROLES,), "children"),),
        ),
        Collection(
            POLICIES,
            "id",
            (
                *_plain("id", kind=Kind.UUID),
                *_plain("name", "icon", "description"),
                *_plain("ip_access", kind=Kind.JSON),
                *_plain("enforce_tfa", "admin_access", "app_access", kind=Kind.BOOLEAN),
                *_plain("permissions", "roles", kind=Kind.ALIAS),
            ),
        ),
        Collection(
            ACCESS,
            "id",
            (*_plain("id", "role", "user", "policy", kind=Kind.UUID), *_plain("sort", kind=Kind.INTEGER)),
            (
                Relation(ACCESS, "role", (ROLES,), "policies"),
                Relation(ACCESS, "user", (USERS,)),
                Relation(ACCESS, "policy", (POLICIES,), "roles"),
            ),
        ),
        Collection(
            PERMISSIONS,
            "id",
            (
                *_plain("id", kind=Kind.INTEGER),
                *_plain("policy", kind=Kind.UUID),
                *_plain("collection", "action"),
                *_plain("permissions", "validation", "presets", "fields", kind=Kind.JSON),
            ),
            (Relation(PERMISSIONS, "policy", (POLICIES,), "permissions"),),
        ),
        Collection(COLLECTIONS, "collection", _plain("collection")),
    ),
)


_NAMES: Final = tuple(one.name for one in CATALOG)
_KEPT: Final = "commonhold.directus.allowed"


async def allowed(call: Call, *, whose: bool = True) -> Beyond:
    """Return what the caller may do with these collections: found once for a request. ``whose``: as ``beyond``."""
    kept: dict[bool, Beyond] = call.request.scope.setdefault(_KEPT, {})
    found = kept.get(True) or kept.get(whose)
    if found is None:
        found = kept[whose] = await beyond(call.core, call.actor, _NAMES, whose=whose)
    return found


async def rows(call: Call, names: Iterable[str], links: Iterable[str] | None = None) -> dict[str, list[Row]]:
    """Return rows of these collections, before the caller's permissions on them; without a person who asks, none.

    ``links``: the shares that are asked for alone.
    """
    found: dict[str, list[Row]] = {}
    asked = set(names)
    if call.actor.user is None:
        return found
    people = asked & {USERS, ROLES, POLICIES, ACCESS}
    if people:
        listed = await roll(call.core, call.actor, users=bool(people & {USERS, ACCESS}))
        makers: dict[str, Any] = {USERS: users, ROLES: roles, POLICIES: policies, ACCESS: accesses}
        found |= {name: list(makers[name](listed)) for name in people}
    if SHARES in asked:
        found[SHARES] = await shares(call, links)
    if PERMISSIONS in asked:
        found[PERMISSIONS] = await _shown(call)
    if COLLECTIONS in asked:
        found[COLLECTIONS] = [{"collection": one.name} for one in await visible(call.core, call.actor)]
    return found


async def _shown(call: Call) -> list[Row]:
    """Return all permissions; whoever administers an organisation alone sees none: they are the installation's."""
    try:
        return await permissions(call)
    except Problem as problem:
        if problem.code != "forbidden":
            raise
        return []


# --- asked as everything else


class Ground(msgspec.Struct, frozen=True):
    """These collections as the caller may read them, and what else he may do with them."""

    shelf: Shelf
    may: Beyond

    def sees(self, collection: str) -> bool:
        """Tell whether he may read rows of a collection."""
        return self.shelf.view.sees(collection)


async def ground(call: Call, links: Iterable[str] | None = None, *, whose: bool = True) -> Ground:
    """Return the collections as the caller may read them; ``links``: those that are asked for alone.

    Nothing is read before a query says what it touches.
    """
    may = await allowed(call, whose=whose)

    async def load(names: frozenset[str]) -> dict[str, list[Row]]:
        return await rows(call, names if may.whole else names - {PERMISSIONS}, links)

    return Ground(Shelf(CATALOG, load, may.facts, may.access(Action.READ)), may)
