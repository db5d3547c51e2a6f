"""Roles and privileges as clients of this dialect know them: what an allowance lets somebody do, in their words."""

from typing import Final

from commonhold.core.directory.circles import Circle
from commonhold.core.model import Allowance
from commonhold.core.roles import Kind, OrgRole

ROLES: Final = {
    OrgRole.ADMINISTRATOR: "org_admin",
    OrgRole.PUBLISHER: "org_publisher",
    OrgRole.USER: "org_user",
    OrgRole.VIEWER: "org_user",
}
"""The word of ``role``; a viewer is told by his ``roleId``."""

VIEWER_ROLE: Final = "iAAAAAAAAAAAAAAA"
UPDATE_GROUPS: Final = "portal:admin:createUpdateCapableGroup"

_EVERYBODY: Final = (
    "portal:user:joinGroup",
    "portal:user:viewOrgGroups",
    "portal:user:viewOrgItems",
    "portal:user:viewOrgUsers",
)
_MAKERS: Final = ("portal:user:createGroup", "portal:user:createItem")
_SHARING: Final = {
    Kind.GROUP: ("portal:user:shareToGroup",),
    Kind.ORG: ("portal:user:shareGroupToOrg", "portal:user:shareToOrg"),
    Kind.EVERYONE: ("portal:user:shareGroupToPublic", "portal:user:shareToPublic"),
}
_PUBLISHERS: Final = (
    "features:user:edit",
    "portal:publisher:publishFeatures",
    "portal:publisher:publishScenes",
    "portal:publisher:publishTiles",
)
_ADMINISTRATORS: Final = (
    "portal:admin:assignToGroups",
    UPDATE_GROUPS,
    "portal:admin:deleteGroups",
    "portal:admin:deleteItems",
    "portal:admin:deleteUsers",
    "portal:admin:disableUsers",
    "portal:admin:inviteUsers",
    "portal:admin:manageRoles",
    "portal:admin:reassignGroups",
    "portal:admin:reassignItems",
    "portal:admin:shareToGroup",
    "portal:admin:shareToOrg",
    "portal:admin:shareToPublic",
    "portal:admin:updateGroups",
    "portal:admin:updateItems",
    "portal:admin:updateUsers",
    "portal:admin:viewGroups",
    "portal:admin:viewItems",
    "portal:admin:viewUsers",
)


def privileges_of(role: OrgRole, allowance: Allowance) -> tuple[str, ...]:
    """Return the privileges of somebody by his role and by what he may do at all, sorted."""
    found = set(_EVERYBODY)
    if allowance.make:
        found.update(_MAKERS)
    for kind, words in _SHARING.items():
        if allowance.kinds & kind:
            found.update(words)
    if role in (OrgRole.PUBLISHER, OrgRole.ADMINISTRATOR) and allowance.make:
        found.update(_PUBLISHERS)
    if role is OrgRole.ADMINISTRATOR:
        found.update(_ADMINISTRATORS)
    return tuple(sorted(found))


def privileges_in(circle: Circle) -> tuple[str, ...]:
    """Return the privileges of a person; whoever administers the installation has all of them."""
    person = circle.person
    return privileges_of(OrgRole.ADMINISTRATOR if person.admin else person.org_role, circle.allowance)
