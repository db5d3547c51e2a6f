"""What groups look like in this dialect, and how what it says of one is kept."""

from collections.abc import Mapping
from typing import Any, Final

from commonhold.core.directory.circles import Around
from commonhold.core.directory.groups import Group
from commonhold.core.model import GroupTerms, Level
from commonhold.core.roles import Kind
from commonhold.faces.arcgis.ids import id_of
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.problems import ArcgisError
from commonhold.faces.arcgis.values import json_of, tags_of

UPDATE: Final = "updateitemcontrol"
ACCESS: Final = {"private": Kind.USER, "org": Kind.ORG, "public": Kind.EVERYONE}
ACCESS_WORDS: Final = {kind: word for word, kind in ACCESS.items()}

_TEXTS: Final = ("snippet", "description", "phone", "sortField", "sortOrder", "thumbnail")


def member_type(group: Group, around: Around) -> str:
    """Return what the person of ``around`` is in a group: owner, admin, member or none."""
    if around.whose is None:
        return "none"
    if group.owner == around.whose:
        return "owner"
    if group.level is Level.MANAGER:
        return "admin"
    return "member" if group.level is not None or group.no in around.inside else "none"


def group_shape(group: Group, around: Around, name: str | None) -> dict[str, Any]:
    """Return a group; ``name``: the log-in name of the person whose membership ``around`` holds."""
    terms, kept = group.terms, group.attributes
    texts = {field: kept.get(field) for field in _TEXTS}
    return {
        "id": id_of(group.uid),
        "title": group.title,
        "owner": around.owners.get(group.owner or 0),
        **texts,
        "tags": kept.get("tags", []),
        "typeKeywords": kept.get("typeKeywords", []),
        "access": ACCESS_WORDS.get(terms.visible, "org"),
        "isInvitationOnly": terms.joining == "invited",
        "autoJoin": terms.joining == "free",
        "isViewOnly": terms.view_only,
        "isReadOnly": False,
        "isFav": bool(kept.get("isFav")),
        "isOpenData": bool(kept.get("isOpenData")),
        "capabilities": [UPDATE] if terms.members_update else [],
        "membershipAccess": "org" if terms.org_only else kept.get("membershipAccess"),
        "hiddenMembers": terms.hidden_members,
        "leavingDisallowed": not terms.leaving,
        "protected": terms.protected,
        "displaySettings": kept.get("displaySettings") or {"itemTypes": ""},
        "provider": None,
        "providerGroupName": None,
        "notificationsEnabled": False,
        "created": group.made_at,
        "modified": kept.get("modified") or group.made_at,
        "orgId": id_of(around.orgs[group.org]) if group.org is not None and group.org in around.orgs else None,
        "userMembership": {"username": name, "memberType": member_type(group, around), "applications": 0},
    }


def terms_in(asked: Parameters) -> dict[str, Any]:
    """Return the columns of ``GroupTerms`` that parameters name, but for ``capabilities``, which never change.

    :raises ArcgisError: for an access that is none
    """
    found: dict[str, Any] = {}
    for field, column in (("isViewOnly", "view_only"), ("hiddenMembers", "hidden_members"), ("protected", "protected")):
        if (flag := asked.flag(field)) is not None:
            found[column] = flag
    if (flag := asked.flag("leavingDisallowed")) is not None:
        found["leaving"] = not flag
    if (access := asked.word("access")) is not None:
        if access.lower() not in ACCESS:
            raise ArcgisError(400, "Invalid access: use private, org or public.", "COM_0015")
        found["visible"] = ACCESS[access.lower()]
    if (membership := asked.word("membershipAccess")) is not None:
        found["org_only"] = membership.lower() == "org"
    return found


def joining_in(asked: Parameters, now: GroupTerms) -> str:
    """Return how one joins, as parameters say, on top of how one joins now."""
    invited, auto = asked.flag("isInvitationOnly"), asked.flag("autoJoin")
    if invited is None:
        invited = now.joining == "invited" if auto is not True else False
    if auto is None:
        auto = now.joining == "free"
    return "invited" if invited else "free" if auto else "asked"


def attributes_in(asked: Parameters) -> dict[str, Any]:
    """Return what else parameters say of a group; an empty text takes one away."""
    found: dict[str, Any] = {field: asked.word(field) for field in _TEXTS if field in asked and field != "thumbnail"}
    for field in ("tags", "typeKeywords"):
        if field in asked:
            found[field] = tags_of(asked, field) or None
    if (flag := asked.flag("isOpenData")) is not None:
        found["isOpenData"] = flag or None
    if (membership := asked.word("membershipAccess")) is not None:
        found["membershipAccess"] = membership.lower() if membership.lower() in ("collaboration", "none") else None
    if (settings := json_of(asked, "displaySettings")) is not None:
        found["displaySettings"] = settings if isinstance(settings, Mapping) else None
    return found
