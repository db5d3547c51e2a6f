"""The web UI as a face: it owns every path that no other face claims, and words what is refused as pages."""

from itertools import chain
from typing import Final

from commonhold.faces.web import entering, links, own
from commonhold.faces.web.account.parts import PARTS as ACCOUNT
from commonhold.faces.web.items.parts import PARTS as ITEMS
from commonhold.faces.web.pages import problem_page
from commonhold.faces.web.people.parts import PARTS as PEOPLE
from commonhold.faces.web.sharing.parts import PARTS as SHARING
from commonhold.http.face import Face

_TABLES: Final = (own.TABLE, links.TABLE, entering.TABLE, *ITEMS, *SHARING, *PEOPLE, *ACCOUNT)

FACE = Face(
    name="web",
    claims=("/",),
    routes=tuple(chain.from_iterable(table.routes for table in _TABLES)),
    word=problem_page,
    pages=True,
)
