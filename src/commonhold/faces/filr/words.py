"""Roles, recipients, flags and things as this dialect names them, from the core's words and back."""

import functools
from typing import Final

from commonhold.core.model import EVERYONE, Item, Principal, Share
from commonhold.core.roles import ROLE_ACTIONS, Action, ItemKind, Kind, Role, role_for
from commonhold.faces.filr.shapes import EntityId, LongIdLinkPair, ShareRecipient, SharingPermission

ROLES: Final = {"VIEWER": Role.VIEWER, "EDITOR": Role.EDITOR, "CONTRIBUTOR": Role.CONTRIBUTOR}
"""Roles that a share may be given."""

NAMES: Final = frozenset({*ROLES, "NONE", "ACCESS"})
"""Every role that the dialect has a name for and takes."""

_SHOWN: Final = {Role.MANAGER: "CONTRIBUTOR", **{role: name for name, role in ROLES.items()}}

INTERNAL: Final = Kind.USER | Kind.GROUP | Kind.ORG
FLAGS: Final = {"internal": INTERNAL, "external": Kind.MAIL, "public": Kind.EVERYONE, "public_link": Kind.LINK}
"""The flags that a share carries, with the kinds of recipients that each lets it be passed on to."""


def role_name(role: Role | None) -> str:
    """Return the name of a share's role; ``CUSTOM`` where the dialect has none."""
    return _SHOWN.get(role, "CUSTOM") if role is not None else "CUSTOM"


def rights_name(actions: Action) -> str:
    """Return the name of the widest role that is in a right."""
    role = role_for(actions)
    if role is None or not actions & ROLE_ACTIONS[role]:
        return "NONE"
    return role_name(role)


@functools.lru_cache(256)
def sharing(mask: Kind, *, wide: bool = False, max_role: str | None = None) -> SharingPermission:
    """Return a mask as flags; ``wide``: with those for everybody inside and outside, which no share carries."""
    internal, external, public = bool(mask & INTERNAL), bool(mask & Kind.MAIL), bool(mask & Kind.EVERYONE)
    return SharingPermission(
        internal=internal,
        external=external,
        all_internal=wide and bool(mask & Kind.ORG),
        all_external=wide and external,
        public=public,
        public_link=bool(mask & Kind.LINK),
        grant_reshare=internal or external or public,
        max_role=max_role,
    )


def thing(item: Item) -> EntityId:
    """Return a reference to an item: a file is known by its entry, which has the item's number."""
    if item.kind is ItemKind.FOLDER:
        return EntityId(type="folder", id=item.no, href=f"/folders/{item.no}")
    kind = "folderEntry" if item.kind is ItemKind.FILE else "entry"
    return EntityId(type=kind, id=item.no, href=f"/folder_entries/{item.no}")


@functools.lru_cache(4096)
def person(no: int) -> LongIdLinkPair:
    """Return a reference to a user."""
    return LongIdLinkPair(id=no, href=f"/users/{no}")


def recipient(share: Share, row: Principal | None, name: str | None, email: str | None) -> ShareRecipient:
    """Return to whom a share is; everybody inside is a group, an address a user from outside."""
    no = share.recipient
    if share.kind is Kind.LINK:
        return ShareRecipient(type="public_link")
    if no == EVERYONE:
        return ShareRecipient(type="public")
    if share.kind in (Kind.GROUP, Kind.ORG):
        return ShareRecipient(type="group", id=no, href=f"/groups/{no}")
    if share.kind is Kind.MAIL:
        return ShareRecipient(type="external_user", id=no, email=name, href=f"/users/{no}")
    if row is not None and row.external:
        return ShareRecipient(type="external_user", id=no, email=email, href=f"/users/{no}")
    return ShareRecipient(type="user", id=no, href=f"/users/{no}")
