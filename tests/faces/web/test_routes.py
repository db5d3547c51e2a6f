"""A walk of every route of the pages: who guards it, and what others get (invariant 5)."""

import re

import pytest
from tests.faces.web.site import Site

from commonhold.core.content.tree import children
from commonhold.core.identity import Named
from commonhold.core.roles import Kind, Role
from commonhold.faces.web.face import FACE
from commonhold.http.face import NEEDS, Route
from commonhold.settings.values import PAGES
from commonhold.testing.core import make_core

ROUTES = FACE.routes
NAMES = [f"{route.method} {route.path}" for route in ROUTES]
_VARIABLE = re.compile(r"\{(\w+)\}")
SECRET = ("private.txt", "for my eyes", "Hidden", "a note of hers")


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_every_route_says_what_it_needs(route: Route) -> None:
    """A route names the decision that guards it, and says what it does."""
    assert route.needs in NEEDS
    assert route.summary.endswith(".")
    assert route.streams, "a page, or bytes: never JSON"


def test_messages_point_to_pages_that_exist() -> None:
    """Each address that a mail or a terminal shows is a page of this face, and one that GET may open."""
    templates = [_VARIABLE.sub("{}", route.path) for route in ROUTES if route.method == "GET"]
    assert set(PAGES.values()) <= set(templates)


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
@pytest.mark.parametrize("who", ["nobody", "mallory", "another link"])
async def test_others_get_nothing(route: Route, who: str) -> None:
    """Nobody, an account without rights, and the holder of another link are told nothing of a protected thing.

    Whatever they send, nothing of ours breaks, and nothing is stored or counted.
    """
    site = await Site.found(make_core())
    folder = await site.folder("Hidden")
    file = await site.file("private.txt", b"for my eyes", folder.no)
    link = await site.link(folder, Role.CONTRIBUTOR, password="pw", note="a note of hers")
    share = await site.share(file, Named("root", Kind.USER), password="pw")
    other = await site.link(await site.folder("Elsewhere"), Role.CONTRIBUTOR)
    visitor = site.visitor()
    if who == "mallory":
        await visitor.sign_in("bob")
    secret = (other if who == "another link" else link).removeprefix("/s/")
    known = {
        "secret": secret,
        "item": file.uid,
        "share": str(share.no) if "{share}/" in route.path else share.uid,
        "group": "unknown",
        "name": "x.css",
        "edition": "x",
        "upload": "unknown",
        "ordinal": "1",
        "credential": "1",
    }
    path = _VARIABLE.sub(lambda match: known.get(match[1], "unknown"), route.path)
    replies = [await visitor.get(path)] if route.method == "GET" else []
    if route.method == "POST":
        replies += [await visitor.post(path, {"password": "guess"}), await visitor.send(path, ("x.txt", b"x"))]
    if route.method not in ("GET", "POST"):
        replies.append(await visitor.http.request(route.method, path, headers={"tus-resumable": "1.0.0"}))
    for reply in replies:
        assert reply.status_code < 500
        assert not [word for word in SECRET if word in reply.text]
    assert [seen.item.name for seen in (await children(site.core, site.alice, folder.no)).items] == ["private.txt"]
    assert await site.uses() == (1 if (route.path, who) == ("/s/{secret}", "another link") and replies[1:] else 0)
