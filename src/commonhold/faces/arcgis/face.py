"""The ArcGIS dialect as a face."""

from typing import Final

from commonhold.faces.arcgis import (
    adding,
    changing,
    content,
    groups,
    info,
    invitations,
    items,
    login,
    memberships,
    portal,
    roles,
    searching,
    sharing,
    uploading,
    users,
)
from commonhold.faces.arcgis.credentials import find
from commonhold.faces.arcgis.problems import STATUS, word
from commonhold.http.face import Face

_PARTS: Final = (
    info,
    login,
    portal,
    roles,
    users,
    groups,
    memberships,
    invitations,
    items,
    sharing,
    content,
    adding,
    changing,
    uploading,
    searching,
)

CLAIMS: Final = ("/sharing/rest", "/sharing/oauth2")

ROUTES = (*(route for part in _PARTS for route in part.TABLE.routes), *login.PAGES.routes)

# No cookie is a credential here, so scripts of any origin may call, as they may at a portal.
FACE = Face(
    name="arcgis",
    claims=CLAIMS,
    routes=ROUTES,
    word=word,
    statuses=STATUS,
    find=find,
    origins=("*",),
    doubled=True,
)
