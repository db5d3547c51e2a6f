"""The Directus dialect as a face.

A new module of routes has a ``TABLE`` of its own and stands once in ``_PARTS``.
"""

from commonhold.faces.directus import (
    auth,
    files,
    graphql,
    items,
    me,
    people,
    permissions,
    shares,
    specs,
    structure,
    users,
)
from commonhold.faces.directus.accountability import find
from commonhold.faces.directus.options import options
from commonhold.faces.directus.problems import STATUS, word
from commonhold.http.face import Face

_PARTS = (shares, auth, items, graphql, files, structure, users, people, permissions, me, specs)

CLAIMS = (
    "/shares", "/auth", "/items", "/users", "/roles", "/policies", "/permissions", "/access", "/collections",
    "/fields", "/relations", "/files", "/assets", "/server", "/graphql", "/translations",
    *(f"/{name}" for name in me.ABSENT),
)  # fmt: skip

ROUTES = tuple(route for part in _PARTS for route in part.TABLE.routes)

FACE = Face(
    name="directus",
    claims=CLAIMS,
    routes=ROUTES,
    word=word,
    statuses=STATUS,
    find=find,
    options=options,
    slashes=True,
)
