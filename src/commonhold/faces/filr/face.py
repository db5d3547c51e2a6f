"""The Filr dialect as a face."""

from commonhold.faces.filr.access import TABLE as ACCESS
from commonhold.faces.filr.admin import TABLE as ADMIN
from commonhold.faces.filr.changes import TABLE as CHANGES
from commonhold.faces.filr.files import TABLE as FILES
from commonhold.faces.filr.folders import TABLE as FOLDERS
from commonhold.faces.filr.giving import TABLE as GIVING
from commonhold.faces.filr.listing import TABLE as LISTING
from commonhold.faces.filr.people import TABLE as PEOPLE
from commonhold.faces.filr.problems import STATUS, word
from commonhold.faces.filr.public_links import TABLE as PUBLIC_LINKS
from commonhold.faces.filr.shares import TABLE as SHARES
from commonhold.faces.filr.start import TABLE as START
from commonhold.http.credentials import present_basic
from commonhold.http.face import Face

TABLES = (SHARES, GIVING, ACCESS, ADMIN, START, LISTING, CHANGES, FOLDERS, FILES, PEOPLE, PUBLIC_LINKS)

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
    pages=True,  # a browser, too, is asked who it is before it is told which paths there are
)
