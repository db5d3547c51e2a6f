"""A walk of every route: who guards it, what strangers get, and that nothing a client sends is a mistake of ours."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from tests.faces.filr.town import Client, Reply, Town, again
from tests.faces.towns import copied
from tests.searching import examples

from commonhold.faces.filr.face import CLAIMS, FACE
from commonhold.http.face import NEEDS, Route
from commonhold.settings.values import FaceSettings, Settings
from commonhold.testing.core import CountedSecrets, make_core

ROUTES = {f"{route.method} {route.path}": route for route in FACE.routes}
HOLE = re.compile(r"\{(\w+)\}")
GIVEN = ("POST", "PUT")


def test_every_route_says_what_it_needs() -> None:
    """A route names the decision that guards it, says what it does, and lies under one of the face's claims."""
    for name, route in ROUTES.items():
        assert route.needs in NEEDS, name
        assert route.summary.endswith("."), name
        assert any(route.path == claim or route.path.startswith(f"{claim}/") for claim in CLAIMS), name


def path_of(town: Town, route: Route, item: str = "/alice/docs") -> str:
    """The path of a route, with things of Alice's in its holes."""
    no, uid = str(town.no(item)), town.items["/alice/b.txt"].uid
    if "/files/{id}" in route.path:
        no = uid
    if "with_user" in route.path or "by_user" in route.path or "/users/" in route.path:
        no = str(town.no("alice"))
    fill = {"id": no, "key": "key", "word": "publicLink", "name": "b.txt", "number": "1"}
    return HOLE.sub(lambda hole: fill[hole[1]], route.path).removeprefix("/rest")


BODY: dict[str, Any] = {
    "title": "mine",
    "name": "mine",
    "recipient": {"type": "public"},
    "access": {"role": "VIEWER"},
    "comment": "x",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("who", ["nobody", "guessed", "mallory"])
async def test_strangers_get_nothing(hamlet: Town, name: str, who: str) -> None:
    """Nobody, a wrong password, and an account without rights learn no uid, no byte and no name of others' things."""
    route = ROUTES[name]
    hamlet.clients["guessed"] = Client(hamlet.app, "alice", "guessed")
    for item in ("/alice/docs", "/alice/b.txt"):
        reply = await _send(hamlet.clients[who], route, path_of(hamlet, route, item), BODY)
        assert reply.status < 500, reply
        secret = (hamlet.items["/alice/b.txt"].uid, "d.txt", "hello", "docs")
        assert not any(one in reply.text.replace("read.txt", "") for one in secret), reply
        if who != "mallory" and route.needs != "public":
            assert (reply.status, reply.headers["www-authenticate"][:5]) == (401, "Basic"), reply
    for item in ("/alice/docs", "/alice/b.txt"):
        assert (await hamlet.alice("GET", hamlet.shares_of(item))).data["items"] == []


async def _send(client: Client, route: Route, path: str, body: Any = None, **more: Any) -> Reply:
    whole = client.http.base_url.join(path) if path.startswith("/ssf") else path
    if route.streams and route.method == "POST":
        more["content"] = b"bytes"
        more["headers"] = {"content-type": "application/octet-stream", **more.get("headers", {})}
        body = None
    return await client(route.method, str(whole), body if route.method in GIVEN else None, **more)


TEXTS = st.sampled_from(
    ("", "\0", "a\0b", "\u202e", "x" * 5_000, "..", "a/b", "VIEWER", "user", "public_link", "2016-03-05T06:24:57Z",
     "-1", "1e400", "NaN", "true", "99999999999999999999", "bob@example.org", "%00", "\ud7ff")
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
NAMES = ("title", "name", "recipient", "access", "sharing", "type", "id", "email", "role", "comment", "expiration",
         "days_to_expire", "mode", "email_list", "principal", "items", "internal")  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inside, max_size=4),
    max_leaves=10,
)
QUERY = st.dictionaries(
    st.sampled_from(
        ["first", "count", "title", "file_name", "hidden", "unhidden", "recursive", "keyword", "since", "notify",
         "name", "notify_address", "last_version", "force_overwrite", "overwrite_existing", "purge", "shared_by",
         "shared_with", "include_expired", "library_info", "include_groups", "id"]
    ),
    TEXTS | st.integers().map(str),
    max_size=4,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUTES)
@tuned(max_examples=examples(3, 15), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=VALUES, query=QUERY, form=st.sampled_from(["json", "xml"]), xml=st.booleans())
async def test_nothing_that_is_sent_is_our_mistake(
    furnished: Town,
    name: str,
    body: Any,
    query: dict[str, str],
    form: str,
    xml: bool,
) -> None:
    """Whatever a client sends to a route, as JSON or XML, the answer is one of this dialect and no 5xx."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs, secrets=CountedSecrets(b"later"))
    town, route = again(furnished, core), ROUTES[name]
    for who in ("alice", "root"):
        content = msgspec.json.encode(body) if not xml else b"<share>" + repr(body).encode() + b"</share>"
        sent = {"headers": {"content-type": "application/xml" if xml else "application/json"}}
        reply = await _send(
            town.clients[who].speaking(form), route, path_of(town, route), content, params=query, **sent
        )
        assert reply.status < 500, reply
        if reply.status >= 400:
            assert reply.refusal[1].isupper(), reply


@pytest.mark.parametrize(
    ("who", "method", "path", "status"),
    [
        ("nobody", "GET", "/nothing", 401),
        ("alice", "GET", "/nothing", 404),
        ("alice", "PUT", "/self", 405),
        ("nobody", "PUT", "/self", 401),
        ("nobody", "GET", "/info", 404),
        ("nobody", "GET", "/services", 404),
        ("alice", "PUT", "/shares/1", 405),
    ],
)
async def test_what_is_no_route(hamlet: Town, who: str, method: str, path: str, status: int) -> None:
    """Below ``/rest`` nobody learns which routes there are; what other servers' clients probe for is not found."""
    reply = await hamlet.clients[who](method, path)
    assert reply.status == status, reply
    assert ("www-authenticate" in reply.headers) is (status == 401)


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE x [<!ENTITY a 'b'>]><share>&a;</share>", b"<share>" * 99, b"<share", b"\0"]
)
async def test_hostile_xml(hamlet: Town, body: bytes) -> None:
    """Entities, documents nested too deep, and what is no XML are bad input."""
    reply = await hamlet.alice("POST", "/self/my_files/library_folders", body, headers={"content-type": "text/xml"})
    assert reply.refusal == (400, "BAD_INPUT")


async def test_a_prefix(furnished: Town) -> None:
    """Under a prefix of the settings the links stay relative to the root, and public addresses hold the prefix."""
    named = Settings(faces={"filr": FaceSettings(prefix="/filr")})
    town = again(furnished, make_core(store=copied(furnished), blobs=furnished.core.blobs), named)
    found = await town.alice("GET", "http://filr.example/filr/rest/self/my_files/library_files?count=1")
    assert (found.status, found.data["next"]) == (200, "/self/my_files/library_files?first=1&count=1")
    content = found.data["items"][0]["permalinks"][0]["href"]
    assert (await town.alice("GET", content)).text == "hello"
