"""The Filr dialect as a face."""

from commonhold.faces.filr.problems import STATUS, word
from commonhold.faces.filr.shares import TABLE as SHARES
from commonhold.http.credentials import present_basic
from commonhold.http.face import Face

TABLES = (SHARES,)

CLAIMS = ("/rest", "/ssf/s/readFile")

ROUTES = tuple(route for table in TABLES for route in table.routes)

FACE = Face(
    name="filr",
    claims=CLAIMS,
    routes=ROUTES,
    word=word,
    statuses=STATUS,
    find=present_basic,
    exposes=("Last-Modified",),
)
