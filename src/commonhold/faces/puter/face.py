"""The Puter dialect as a face."""

from commonhold.faces.puter import share
from commonhold.faces.puter.credentials import find
from commonhold.faces.puter.problems import STATUS, word
from commonhold.http.face import Face

_PARTS = (share,)

ROUTES = tuple(route for part in _PARTS for route in part.TABLE.routes)

FACE = Face(
    name="puter",
    claims=("/share",),
    routes=ROUTES,
    word=word,
    statuses=STATUS,
    find=find,
)
