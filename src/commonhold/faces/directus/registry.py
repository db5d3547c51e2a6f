"""The rows of the collections that this dialect shows by itself, made of what the core knows."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from commonhold.core.directory.roll import Entry, Roll, with_numbers
from commonhold.core.model import EVERYONE, State, attributes_of
from commonhold.core.records.ruling import list_rules
from commonhold.core.roles import ItemKind, Role
from commonhold.core.sharing.ours import Link, links_of
from commonhold.faces.directus.permitting import permission_rows
from commonhold.http.face import Call

Row = dict[str, Any]

SHARES: Final = "directus_shares"
USERS: Final = "directus_users"
ROLES: Final = "directus_roles"
POLICIES: Final = "directus_policies"
ACCESS: Final = "directus_access"
PERMISSIONS: Final = "directus_permissions"
COLLECTIONS: Final = "directus_collections"

STARS: Final = "**********"
KEPT: Final = "directus"
"""Name among the attributes of a group under which this face keeps what it alone knows of it."""


def _fixed(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


ADMINISTRATORS: Final = _fixed(0xA0)
"""Role, and policy, of everybody who administers the installation."""
PUBLIC: Final = _fixed(EVERYONE)
"""Policy of everyone, also of who is not logged in: the uid of that principal."""
OURS: Final = {role: _fixed(0xB0 + at) for at, role in enumerate(Role)}
"""Roles of shares that no group is."""
ROLE_OF: Final = {uid: role for role, uid in OURS.items()}


COLLECTION_OF: Final = {
    ItemKind.FILE: "commonhold_files",
    ItemKind.FOLDER: "commonhold_folders",
    ItemKind.APP: "commonhold_apps",
    ItemKind.ENTRY: "commonhold_entries",
    ItemKind.RECORD: "",
}
"""Collections in which things that are no records stand."""


# --- links


async def shares(call: Call, uids: Iterable[str] | None = None) -> list[Row]:
    """Return the links that the caller manages, or some of them."""
    links = await links_of(call.core, call.actor, None if uids is None else {*uids})
    people = await _uids(call, {no for link in links for no in _named(link)})
    return [share_row(link, people) for link in links if link.share.acts_as is None or link.share.acts_as in people]


def _named(link: Link) -> Iterable[int]:
    yield link.share.made_by
    if link.share.acts_as is not None:
        yield link.share.acts_as


async def _uids(call: Call, numbers: set[int]) -> dict[int, str]:
    found = await with_numbers(call.core, call.actor, sorted(numbers)) if numbers else {}
    return {no: row.uid for no, row in found.items()}


def share_row(link: Link, people: dict[int, str]) -> Row:
    """Return a link as a row; ``people``: uids by number, of who is there still."""
    share, item = link.share, link.item
    role = None
    if share.acts_as is not None:
        role = None if share.acts_as == EVERYONE else people.get(share.acts_as)
    else:
        role = ADMINISTRATORS if share.role is None else OURS[share.role]
    return {
        "id": share.uid,
        "name": link.note,
        "collection": item.collection if item.kind is ItemKind.RECORD else COLLECTION_OF[item.kind],
        "item": item.ref if item.kind is ItemKind.RECORD else item.uid,
        "role": role,
        "password": STARS if share.password is not None else None,
        "user_created": people.get(share.made_by),
        "date_created": share.made_at,
        "date_start": share.starts,
        "date_end": share.until,
        "times_used": link.used,
        "max_uses": share.max_uses,
    }


# --- people


def kept_of(entry: Entry) -> dict[str, Any]:
    """Return what this face keeps beside a group."""
    return kept_in(attributes_of(entry.profile))


def kept_in(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what this face keeps among the attributes of a group."""
    found = attributes.get(KEPT)
    return found if isinstance(found, dict) else {}


def is_policy(entry: Entry) -> bool:
    """Tell whether a group was made as a policy."""
    return kept_of(entry).get("policy") is True


def role_of_user(listed: Roll, user: Entry) -> str | None:
    """Return the role of a person: the administrators', else the first group that he is directly in."""
    if user.row.admin:
        return ADMINISTRATORS
    for no, group in listed.groups.items():
        if user.row.no in listed.members.get(no, ()) and not is_policy(group):
            return group.row.uid
    return None


_STATUS: Final = {State.ACTIVE: "active", State.PENDING: "invited", State.SUSPENDED: "suspended"}


def users(listed: Roll) -> Iterable[Row]:
    """Yield people."""
    first: dict[int, str] = {}
    for no, group in sorted(listed.groups.items()):
        if not is_policy(group):
            for member in listed.members.get(no, ()):
                first.setdefault(member, group.row.uid)
    for no, entry in listed.users.items():
        role = ADMINISTRATORS if entry.row.admin else first.get(no)
        yield user_row(entry, role)


def user_row(entry: Entry, role: str | None) -> Row:
    """Return a person."""
    beside = attributes_of(entry.profile).get(KEPT)
    shown = beside if isinstance(beside, dict) else {}
    return {
        "id": entry.row.uid,
        "first_name": entry.profile.first_name,
        "last_name": entry.profile.last_name,
        "email": entry.profile.email,
        "password": STARS,
        **{name: shown.get(name) for name in BESIDE},
        "status": _STATUS.get(entry.row.state, "archived"),
        "role": role,
        "token": STARS if shown.get("token") else None,
        "last_access": None,
        "provider": "default",
        "external_identifier": None,
        "policies": [],
    }


BESIDE: Final = ("location", "title", "description", "tags", "avatar", "language")
"""What this face keeps of a person as it was given."""


def roles(listed: Roll) -> Iterable[Row]:
    """Yield roles: the administrators', those of shares, and groups."""
    yield {"id": ADMINISTRATORS, "name": "Administrator", "icon": "verified", "description": None, "parent": None}
    for role, uid in OURS.items():
        yield {"id": uid, "name": role.value, "icon": "share", "description": None, "parent": None}
    for entry in listed.groups.values():
        if not is_policy(entry):
            yield role_row(entry)


def role_row(entry: Entry) -> Row:
    """Return a group as a role."""
    kept = kept_of(entry)
    return {
        "id": entry.row.uid,
        "name": entry.profile.name,
        "icon": kept.get("icon") or "supervised_user_circle",
        "description": kept.get("description"),
        "parent": None,
    }


def policies(listed: Roll) -> Iterable[Row]:
    """Yield policies: the administrators', the public one, and groups made as such."""
    plain = {"icon": "badge", "description": None, "ip_access": None, "enforce_tfa": False}
    yield {"id": ADMINISTRATORS, "name": "Administrator", **plain, "admin_access": True, "app_access": True}
    yield {"id": PUBLIC, "name": "Public", **plain, "icon": "public", "admin_access": False, "app_access": False}
    for entry in listed.groups.values():
        if is_policy(entry):
            yield policy_row(entry)


def policy_row(entry: Entry) -> Row:
    """Return a group as a policy."""
    kept = kept_of(entry)
    return {
        "id": entry.row.uid,
        "name": entry.profile.name,
        "icon": kept.get("icon") or "badge",
        "description": kept.get("description"),
        "ip_access": None,
        "enforce_tfa": False,
        "admin_access": False,
        "app_access": kept.get("app_access") is True,
    }


def accesses(listed: Roll) -> Iterable[Row]:
    """Yield which roles and people have which policies."""
    for no, entry in listed.groups.items():
        if not is_policy(entry):
            continue
        for child in listed.nested.get(no, ()):
            if not is_policy(listed.groups[child]):
                yield access_row(entry.row.uid, role=listed.groups[child].row.uid)
        for member in listed.members.get(no, ()):
            if member in listed.users:
                yield access_row(entry.row.uid, user=listed.users[member].row.uid)


def access_row(policy: str, role: str | None = None, user: str | None = None) -> Row:
    """Return that a role or a person has a policy; its id follows from both."""
    ident = uuid.uuid5(uuid.UUID(policy), role or user or "")
    return {"id": str(ident), "role": role, "user": user, "policy": policy, "sort": None}


async def permissions(call: Call) -> list[Row]:
    """Return all permissions, for administrators."""
    return [row for held in await list_rules(call.core, call.actor) for row in permission_rows(held)]
