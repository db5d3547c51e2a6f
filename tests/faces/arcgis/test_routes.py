"""A walk of every route: who guards it, what strangers get, and that nothing a client sends is a mistake of ours."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from tests.faces.arcgis.town import Client, Town, again
from tests.faces.towns import copied
from tests.searching import examples

from commonhold.core.model import GroupTerms
from commonhold.core.roles import Kind
from commonhold.faces.arcgis.face import CLAIMS, FACE
from commonhold.http.face import NEEDS, Route
from commonhold.testing.core import CountedSecrets, make_core

pytestmark = pytest.mark.slow

ROUTES = {f"{route.method} {route.path}": route for route in FACE.routes}
LOGGING_IN = ("/generateToken", "/authorize", "/signin", "/token", "/revokeToken", "/approval")
_VARIABLE = re.compile(r"\{(\w+)(?::path)?\}")

KEYS = (
    "f", "token", "everyone", "org", "account", "groups", "items", "confirmItemControl", "q", "filter", "start", "num",
    "sortField", "sortOrder", "bbox", "title", "type", "tags", "text", "url", "folder", "folderId", "folderName",
    "users", "admins", "role", "expiration", "access", "capabilities", "isInvitationOnly", "autoJoin", "username",
    "password", "client_id", "redirect_uri", "response_type", "state", "oauth_state", "code", "grant_type",
    "refresh_token", "auth_token", "targetUsername", "targetFoldername", "displaySettings", "privileges", "name",
    "description", "id", "user", "multipart", "filename", "partNum", "size", "extent", "typeKeywords", "properties",
    "clearEmptyFields", "overwrite", "async", "fullName", "email", "overrideTitle", "membershipAccess",
    "relationshipType",
)  # fmt: skip
TEXTS = (
    st.sampled_from(
        (
            "true", "false", "", " ", ",", "owner", "member", "zed", "org", "public", "0", "-1", "99999999999999999999",
            "html", "pjson", "json", "Web Map", "File", "map.json", "../x", "a/b", "{", "[]", "null", "[1,2]",
            '{"privileges": 1}', "owner:(", 'title:"', "created:[0 TO", "*", "NOT", "a\0b", "\u202e", "x" * 3_000,
            "0" * 32, "updateitemcontrol", "1,2,3,4", "code", "authorization_code", "group_admin",
        )
    )
    | st.text(max_size=20)
)  # fmt: skip
ASKED = st.dictionaries(st.sampled_from(KEYS), TEXTS, max_size=6)


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_says_what_it_needs(name: str) -> None:
    """A route names the decision that guards it, says what it does, and lies under one of the face's claims."""
    route = ROUTES[name]
    assert route.needs in NEEDS
    assert route.summary.endswith(".")
    assert any(route.path == claim or route.path.startswith(f"{claim}/") for claim in CLAIMS)


@pytest.mark.parametrize("name", [name for name in ROUTES if name.startswith("POST")])
async def test_operations_are_posted(hamlet: Town, name: str) -> None:
    """What changes something is refused as GET, in the envelope; what is read answers both."""
    route = ROUTES[name]
    if f"GET {route.path}" not in ROUTES:
        path = _path(route, {"group": hamlet.groups["club"], "user": "owner", "item": hamlet.id("/owner/map.json")})
        reply = await hamlet.owner("GET", path, params={"f": "json"})
        assert (reply.status, reply.code) == (200, (405, "GWM_0005"))


def _path(route: Route, names: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda match: names.get(match[1], "x"), route.path)


async def _secrets(town: Town) -> dict[str, str]:
    """Make a group that nobody but its owner learns of; return names for paths that lead to what is his."""
    await town.group("hush", "stranger", (), GroupTerms(0, visible=Kind.USER))
    return {"group": town.groups["hush"], "user": "stranger", "item": town.id("/stranger/own.txt"), "org": "self"}


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("who", ["nobody", "guessed", "external"])
async def test_strangers_get_nothing(hamlet: Town, name: str, who: str) -> None:
    """Nobody, a wrong token, and somebody of another organisation learn no byte, no title and no name of a group."""
    names = await _secrets(hamlet)
    hamlet.clients["guessed"] = Client(hamlet.app, "guessed")
    route = ROUTES[name]
    sent: dict[str, Any] = {"params" if route.method == "GET" else "data": {"q": "*", "users": "external"}}
    reply = await hamlet.clients[who](route.method, _path(route, names), **sent)
    assert reply.status < 500, reply
    assert not any(one in reply.text for one in ("own.txt", "hush", "hello")), reply
    if who == "guessed" and not route.path.endswith(LOGGING_IN):
        assert reply.code == (498, None), reply
    if who == "nobody" and route.needs not in ("right", "public"):
        assert reply.code == (499, "GWM_0003"), reply


@pytest.mark.parametrize("name", ROUTES)
@tuned(max_examples=examples(2, 30), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(asked=ASKED, who=st.sampled_from(["owner", "admin", "viewer", "nobody"]), query=st.booleans())
async def test_nothing_that_is_sent_is_our_mistake(
    furnished: Town, name: str, asked: dict[str, str], who: str, query: bool
) -> None:
    """Whatever a client sends to a route, the answer is one of this dialect and no 5xx."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs, secrets=CountedSecrets(b"later"))
    town, route = again(furnished, core), ROUTES[name]
    names = {"group": town.groups["club"], "user": "owner", "item": town.id("/owner/map.json"), "org": "self"}
    where = "params" if query or route.method == "GET" else "data"
    reply = await town.clients[who](route.method, _path(route, names), **{where: asked})
    assert reply.status < 500, reply
    if reply.headers["content-type"].startswith("application/json") and reply.status == 200 and reply.body:
        assert reply.error == {} or {"code", "message", "details"} <= reply.error.keys()
