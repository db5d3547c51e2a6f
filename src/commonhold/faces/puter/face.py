"""The Puter dialect as a face."""

from commonhold.faces.puter import account, batch, files, grants, links, listing, share, shares
from commonhold.faces.puter.credentials import find
from commonhold.faces.puter.problems import STATUS, word
from commonhold.http.face import Face

_PARTS = (share, shares, grants, links, files, listing, batch, account)

# Whole paths rather than beginnings of them: other dialects have routes beside ours.
CLAIMS = (
    "/share", "/sharelink", "/stat", "/read", "/token-read", "/readdir", "/fs", "/batch", "/mkdir", "/rename",
    "/delete", "/move", "/copy", "/df", "/login", "/logout", "/whoami", "/rao", "/auth/grant-user-user",
    "/auth/revoke-user-user", "/auth/list-permissions", "/auth/create-access-token", "/auth/revoke-access-token",
)  # fmt: skip

ROUTES = tuple(route for part in _PARTS for route in part.TABLE.routes)

FACE = Face(
    name="puter",
    claims=CLAIMS,
    routes=ROUTES,
    word=word,
    statuses=STATUS,
    find=find,
)
