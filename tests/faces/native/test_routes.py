"""A walk of every route of every face: who guards it, and what strangers get (invariant 5)."""

import itertools
import re

import pytest
from tests.faces.native.strategies import body_for, query_for
from tests.faces.native.town import Client, Town, actor_of, settle

from commonhold.core.directory.tokens import create_token
from commonhold.faces.native.face import FACE
from commonhold.http.face import NEEDS, Route
from commonhold.http.openapi import gives_of
from commonhold.testing.core import make_core

ROUTES = FACE.routes
NAMES = [f"{route.method} {route.path}" for route in ROUTES]
# No secrets.
PLAIN = {"user", "group", "org", "holder", "name", "version", "collection", "field", "key", "rule", "delivery"}
_VARIABLE = re.compile(r"\{(\w+)\}")

# What a stranger may be told of a route that is open to all: nothing of this is anybody's.
OPEN = {"/api/v1/openapi.json", "/api/v1/docs"}
# Asked by anybody: answered alike whether there is such an account or not; a link says that it has a password.
SILENT = {"/api/v1/password/forgotten", "/api/v1/entry/ask", "/api/v1/links/{secret}", "/api/v1/session"}


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_every_route_says_what_it_needs(route: Route) -> None:
    """A route names the decision that guards it, says what it does, and each POST can be told again."""
    assert route.needs in NEEDS
    assert route.summary.endswith(".")
    resumed = route.path.endswith("/uploads")  # tus has its own way: one that was begun in vain ends by itself
    told_again = route.again is not None or route.status == 204 or resumed
    assert route.method != "POST" or told_again, "a POST needs `again`, which renders its reply once more"


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
@pytest.mark.parametrize("who", ["nobody", "stranger", "mallory"])
async def test_strangers_get_nothing(route: Route, who: str) -> None:
    """Nobody, a wrong token, and an account without rights get no data of others, and no mistake of ours."""
    town, names = await _scene_once()
    if who == "mallory":  # she may have ended what she came with before
        issued = await create_token(town.core, actor_of(town, who))
        town.clients[who] = Client(town.app, issued.secret)
    path = _VARIABLE.sub(lambda match: names[match[1]], route.path.removeprefix("/api/v1"))
    sent = {"params": query_for(route, names), "headers": {"tus-resumable": "1.0.0"}}
    reply = await town.clients[who](route.method, path, body_for(route, names), **sent)
    assert reply.status < 500, reply
    secret = {uid for name, uid in names.items() if name not in PLAIN}
    assert not any(uid in reply.text for uid in secret), reply
    if who == "stranger":
        assert reply.status == 401 or route.path in OPEN
    elif who == "nobody":
        assert reply.status in (400, 401, 403, 404, 415) or route.path in OPEN | SILENT or route.method == "OPTIONS"
    elif route.needs == "administration":
        assert reply.status in (400, 403, 404), reply


_SCENES: list[tuple[Town, dict[str, str]]] = []


async def _scene_once() -> tuple[Town, dict[str, str]]:
    """The scene, made once: what strangers ask changes nothing of it, which is the point."""
    if not _SCENES:
        town = await settle(make_core())
        town.clients["stranger"] = Client(town.app, "guessed")
        _SCENES.append((town, await _scene(town)))
    return _SCENES[0]


async def _scene(town: Town) -> dict[str, str]:
    """Everything that a path or body can name, all of it alice's."""
    item = await town.file("alice", "private")
    link = await town.link("alice", item, password="sesame")
    token = await town.alice.ok("POST", "/tokens", {})
    await town.alice.ok("POST", "/groups", {"title": "Secret", "terms": {"visible": "user"}})
    hook = await town.root.ok("POST", "/webhooks", {"url": "https://hooks.example.org/", "org": "Main"})
    headers = {"tus-resumable": "1.0.0", "upload-length": "5", "upload-metadata": "filename YS50eHQ="}
    upload = await town.alice("POST", f"/items/{await town.home('alice')}/uploads", headers=headers)
    return {
        "upload": upload.headers["location"].rpartition("/")[2],
        "item": item,
        "share": link["share"],
        "secret": link["link"]["secret"],
        "token": token["uid"],
        "user": "alice",
        "group": "Secret",
        "org": "Main",
        "holder": "user:alice",
        "name": "theme",
        "version": "1",
        "collection": "notes",
        "field": "text",
        "key": "1",
        "rule": "none",
        "webhook": hook["webhook"]["uid"],
        "delivery": "1",
    }


def test_what_gives_data_is_guarded() -> None:
    """Each route that gives a struct is guarded, or belongs to log-in, links and documentation."""
    free = {route.path for route in ROUTES if route.needs == "public" and gives_of(route)}
    assert free == {
        f"/api/v1{path}"
        for path in (
            "/session",
            "/password/reset",
            "/entry",
            "/setup",
            "/links/{secret}",
            "/links/{secret}/open",
            "/shares/{share}/open",
        )
    }


def test_operations_have_names_of_their_own() -> None:
    """No two routes have the same method and path."""
    pairs = [(route.method, route.path) for route in ROUTES]
    assert not [one for one, count in itertools.groupby(sorted(pairs)) if len(list(count)) > 1]
