"""What people look like in this dialect."""

from typing import Any

from commonhold.core.directory.circles import Circle
from commonhold.core.directory.people import Person
from commonhold.core.model import State
from commonhold.core.roles import OrgRole
from commonhold.faces.arcgis.groups_shape import group_shape
from commonhold.faces.arcgis.ids import id_of
from commonhold.faces.arcgis.privileges import ROLES, VIEWER_ROLE, privileges_in


def full_name(person: Person) -> str:
    """Return how a person is called."""
    return " ".join(part for part in (person.first_name, person.last_name) if part) or person.name


def role_of(person: Person) -> dict[str, str]:
    """Return the role: built-in ones without an id, as clients take whoever has one for somebody special."""
    role = OrgRole.ADMINISTRATOR if person.admin else person.org_role
    special = {"roleId": VIEWER_ROLE} if role is OrgRole.VIEWER else {}
    return {"role": ROLES[role], **special}


def person_shape(person: Person, org: str | None) -> dict[str, Any]:
    """Return a person as lists and others see him; ``org``: the uid of his organisation."""
    kept = person.attributes or {}
    return {
        "username": person.name,
        "fullName": full_name(person),
        "firstName": person.first_name or "",
        "lastName": person.last_name or "",
        "description": kept.get("description"),
        "tags": kept.get("tags", []),
        "culture": kept.get("culture") or kept.get("locale"),
        "region": kept.get("region"),
        "units": kept.get("units") or "metric",
        "thumbnail": None,
        "access": "org",
        "created": person.made_at,
        "modified": person.made_at,
        "provider": "arcgis",
        "orgId": id_of(org) if org else None,
        **role_of(person),
    }


def user_shape(circle: Circle) -> dict[str, Any]:
    """Return a user with his groups; privileges, address and storage for himself and his administrators alone."""
    person = circle.person
    groups = [group_shape(group, circle.around, person.name) for group in circle.around.groups]
    shown = {**person_shape(person, circle.org), "groups": groups}
    if person.verified is None:
        return shown
    quota = circle.allowance.quota
    special = {"roleId": id_of(circle.preset)} if circle.preset is not None else {}
    return {
        **shown,
        **special,
        "email": person.email,
        "favGroupId": None,
        "preferredView": None,
        "privileges": list(privileges_in(circle)),
        "userType": "arcgisonly",
        "userLicenseTypeId": "viewerUT" if person.org_role is OrgRole.VIEWER else "creatorUT",
        "level": "1" if person.org_role is OrgRole.VIEWER else "2",
        "disabled": person.state is State.SUSPENDED,
        "idpUsername": None,
        "mfaEnabled": False,
        "lastLogin": -1,
        "storageUsage": circle.used,
        "storageQuota": -1 if quota is None else quota,
    }
