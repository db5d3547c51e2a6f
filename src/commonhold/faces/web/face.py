"""The web UI as a face: it owns every path that no other face claims, and words what is refused as pages."""

from commonhold.faces.web import entering, links, own
from commonhold.faces.web.pages import problem_page
from commonhold.http.face import Face

FACE = Face(
    name="web",
    claims=("/",),
    routes=tuple(route for part in (own, links, entering) for route in part.TABLE.routes),
    word=problem_page,
    pages=True,
)
