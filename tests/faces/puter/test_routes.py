"""A walk of every route: who guards it, what strangers get, and that nothing a client sends is a mistake of ours."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from tests.faces.puter.town import Client, Town, again
from tests.faces.towns import copied
from tests.searching import examples

from commonhold.faces.puter.face import CLAIMS, FACE
from commonhold.http.face import NEEDS, Route
from commonhold.settings.values import FaceSettings, Settings
from commonhold.testing.core import CountedSecrets, make_core

ROUTES = {f"{route.method} {route.path}": route for route in FACE.routes}
OPEN = {"/login", "/sharelink/check", "/token-read"}

# What the fields of bodies and queries may hold: names of things that exist, and whatever else JSON can say.
KEYS = (
    "recipients", "paths", "things", "shares", "items", "item", "path", "uid", "mode", "dry_run", "metadata", "access",
    "username", "access_level", "target_username", "permission", "permissions", "token", "tokenOrUuid", "all", "parent",
    "new_name", "source", "destination", "overwrite", "dedupe_name", "recursive", "cursor", "limit", "offset", "sortBy",
    "file", "byte_count", "auth_token", "expiresIn", "create_missing_parents", "descendants_only", "recipient", "depth",
)  # fmt: skip
TEXTS = st.sampled_from(
    (
        "/alice/a.txt", "/alice", "~", "~/docs", "/", "/alice/docs/../..", "bob", "alice", "bob@example.org", "read",
        "write", "fs:/alice/a.txt:read", "strict", "", "\0", "a\0b", "\u202e", "x" * 5_000, "app-x", "paint", "$dir_0",
        "24h", "W10",
    )
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.text(max_size=20)
)
VALUES = st.recursive(
    LEAVES,
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(st.sampled_from([*KEYS, "type", "name", "$", "email", "op"]), inside, max_size=4)
    ),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_says_what_it_needs(name: str) -> None:
    """A route names the decision that guards it, says what it does, and lies under one of the face's claims."""
    route = ROUTES[name]
    assert route.needs in NEEDS
    assert route.summary.endswith(".")
    assert any(route.path == claim or route.path.startswith(f"{claim}/") for claim in CLAIMS)


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("who", ["nobody", "guessed", "mallory"])
async def test_strangers_get_nothing(hamlet: Town, name: str, who: str) -> None:
    """Nobody, a wrong token, and an account without rights learn no uid, no byte and no name of others' things."""
    hamlet.clients["guessed"] = Client(hamlet.app, "guessed")
    for path in ("/alice/read.txt", "/alice/docs"):
        reply = await _send(hamlet.clients[who], ROUTES[name], _body(hamlet, path))
        assert reply.status < 500, reply
        secret = (hamlet.uid(path), hamlet.uid("/alice/docs/deep.txt"), "deep.txt", "hello")
        assert not any(one in reply.text for one in secret), reply
        if who != "mallory" and ROUTES[name].path not in OPEN:
            assert reply.status == 401, reply


def _body(town: Town, path: str) -> dict[str, Any]:
    """A body that names somebody's thing in every field."""
    named = ("path", "file", "source", "parent", "uid")
    return {
        **dict.fromkeys(named, path),
        "paths": [path],
        "recipients": ["bob"],
        "destination": "/mallory",
        "new_name": "mine",
        "username": "bob",
        "target_username": "bob",
        "permission": f"fs:{path}:read",
        "permissions": [f"fs:{path}:read"],
    }


async def _send(client: Client, route: Route, body: dict[str, Any]) -> Any:
    if route.method == "GET" or route.streams:
        texts = {key: value if isinstance(value, str) else str(value) for key, value in body.items()}
        return await client(route.method, route.path, params=texts)
    return await client(route.method, route.path, body)


@pytest.mark.parametrize("name", ROUTES)
@tuned(max_examples=examples(5, 30), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=BODIES)
async def test_nothing_that_is_sent_is_our_mistake(furnished: Town, name: str, body: dict[str, Any]) -> None:
    """Whatever JSON a client sends to a route, the answer is one of this dialect and no 5xx."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs, secrets=CountedSecrets(b"later"))
    town = again(furnished, core)
    body.pop("auth_token", None)
    reply = await _send(town.alice, ROUTES[name], body)
    assert reply.status < 500, reply
    if reply.status >= 400:
        assert {"code", "message"} <= msgspec.json.decode(reply.body).keys()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/share", {"code": "not_found", "message": "Not found."}),
        ("PUT", "/share", {"code": "not_found", "message": "Not found."}),
        ("GET", "/stat", {"code": "not_found", "message": "Not found."}),
        ("POST", "/share/none", {"message": "Not found."}),
        ("POST", "/fs/startBatchWrite", {"message": "Not found."}),
        ("GET", "/sharelink", {"message": "Not found."}),
    ],
)
async def test_what_is_no_route(hamlet: Town, method: str, path: str, body: dict[str, str]) -> None:
    """A path or method that is none is not found; a path without a code, so that the real client takes an older one."""
    reply = await hamlet.alice(method, path)
    assert (reply.status, reply.json) == (404, body)


async def test_the_same_key_shares_once(town: Town) -> None:
    """Under an Idempotency-Key a request of each form is done once and answered alike."""
    for at, body in enumerate(
        (
            {"recipients": ["bob", "zed"], "paths": ["/alice/a.txt"]},
            {"recipients": ["carol", "zed"], "items": ["/alice/b.txt"]},
        )
    ):
        key = {"idempotency-key": f"key-{at}-of-a-test"}
        first = await town.alice("POST", "/share", body, headers=key)
        second = await town.alice("POST", "/share", body, headers=key)
        assert second.headers["idempotency-replayed"] == "true"
        assert second.json == first.json


async def test_other_origins(furnished: Town) -> None:
    """Scripts of an origin that settings name may call with credentials, which the real client always sends."""
    origin = "https://app.example"
    named = Settings(faces={"puter": FaceSettings(origins=(origin,))})
    town = again(furnished, make_core(store=copied(furnished), blobs=furnished.core.blobs), named)
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    before = await town.nobody("OPTIONS", "/share", headers=asked)
    assert before.status == 204
    reply = await town.alice("POST", "/stat", {"path": "/alice/a.txt"}, headers={"origin": origin})
    for answer in (before, reply):
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
    other = await town.alice("POST", "/stat", {"path": "/alice/a.txt"}, headers={"origin": "https://else.example"})
    assert not any(re.match("access-control-allow", name) for name in other.headers)


OPERATIONS = st.lists(
    st.dictionaries(
        st.sampled_from(["op", "path", "parent", "name", "as", "overwrite", "dedupe_name", "create_missing_ancestors"]),
        st.sampled_from(["mkdir", "write", "/alice", "/alice/docs", "$dir_0/x", "dir_0", "a.txt", "x/y", ".."])
        | VALUES,
        max_size=6,
    ),
    max_size=5,
)


@tuned(max_examples=examples(20, 60), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(operations=OPERATIONS, files=st.lists(st.binary(max_size=8), max_size=4))
async def test_odd_batches(furnished: Town, operations: list[Any], files: list[bytes]) -> None:
    """Whatever a batch asks for, each operation is done or refused in its place."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs, secrets=CountedSecrets(b"later"))
    town = again(furnished, core)
    fields: list[tuple[str, tuple[str | None, bytes]]] = [
        ("operation", (None, msgspec.json.encode(one))) for one in operations
    ]
    fields += [("file", ("f.txt", data)) for data in files] or [("operation_id", (None, b"1"))]
    reply = await town.alice("POST", "/batch", None, files=fields)
    assert reply.status in (200, 218), reply
    results = reply.json["results"]
    assert len(results) == len(operations)
    assert (reply.status == 218) is any("error" in one for one in results)
