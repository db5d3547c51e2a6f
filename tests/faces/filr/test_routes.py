"""A walk of every route: who guards it, what strangers get, and that nothing a client sends is a mistake of ours."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from tests.faces.filr.conftest import copied
from tests.faces.filr.town import FORMS, Client, Reply, Town, again
from tests.searching import examples

from commonhold.faces.filr.face import CLAIMS, FACE
from commonhold.http.face import NEEDS, Route
from commonhold.settings.values import FaceSettings, Settings
from commonhold.testing.core import CountedSecrets, make_core

ROUTES = {f"{route.method} {route.path}": route for route in FACE.routes}
WRITING = {name: route for name, route in ROUTES.items() if route.method != "GET"}

KEYS = (
    "recipient", "type", "id", "email", "access", "role", "sharing", "internal", "external", "public", "public_link",
    "grant_reshare", "comment", "days_to_expire", "expiration", "principal", "mode", "email_list", "domain_list",
    "items", "sharing_permissions", "external_restrictions", "title", "name", "links", "overwrite_existing",
)  # fmt: skip
TEXTS = st.sampled_from(
    (
        "user", "group", "external_user", "public", "public_link", "team", "VIEWER", "EDITOR", "NONE", "nan", "-1",
        "x@outside.example", "whitelist", "blacklist", "true", "2030-01-01T00:00:00Z", "1e308", "9" * 30, "", "a\0b",
        "\u202e", "x" * 5_000, "0001-01-01T00:00:00+23:59", "../x", "a/b",
    )
)  # fmt: skip
NUMBERS = st.integers(-5, 120) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | st.text(max_size=10),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inside, max_size=5),
    max_leaves=10,
)
SHARES = st.fixed_dictionaries(
    {},
    optional={
        "recipient": st.fixed_dictionaries({}, optional={"type": TEXTS, "id": NUMBERS | TEXTS, "email": TEXTS}),
        "access": st.fixed_dictionaries({}, optional={"role": TEXTS, "sharing": VALUES}),
        "expiration": VALUES,
        "days_to_expire": NUMBERS,
        "comment": VALUES,
        "principal": VALUES,
        "title": VALUES,
        "mode": TEXTS,
    },
)
QUERY = st.dictionaries(
    st.sampled_from(
        (
            "notify", "notify_address", "first", "count", "since", "recursive", "shared_by", "include_expired", "title",
            "file_name", "overwrite_existing", "keyword", "hidden", "parent_binder_paths", "purge", "name",
        )
    ),
    TEXTS | NUMBERS.map(str),
    max_size=3,
)  # fmt: skip


def path_of(town: Town, route: Route, path: str, **values: str) -> str:
    """Return the path of a route, about something that there is."""
    found = route.path
    for name, value in {"id": str(town.no(path)), "key": "1", "word": "publicLink", "name": "x", **values}.items():
        found = found.replace(f"{{{name}}}", value)
    return found.replace("{number}", "1").removeprefix("/rest")


async def send(client: Client, route: Route, path: str, body: Any = None, **more: Any) -> Reply:
    """Send a request to a route."""
    if body is not None and route.streams:
        more |= {"content": b"x", "headers": {"content-type": "application/octet-stream"}}
        body = None
    return await client(route.method, path, body, **more)


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_says_what_it_needs(name: str) -> None:
    """A route names the decision that guards it, says what it does, and lies under one of the face's claims."""
    route = ROUTES[name]
    assert route.needs in NEEDS
    assert route.summary.endswith(".")
    assert any(route.path == claim or route.path.startswith(f"{claim}/") for claim in CLAIMS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("who", ["nobody", "guessed", "mallory"])
async def test_strangers_get_nothing(hamlet: Town, name: str, who: str) -> None:
    """Nobody, a wrong password, and an account without rights learn no uid, no byte and no name of others' things."""
    hamlet.clients["guessed"] = Client(hamlet.app, "alice", "guessed")
    route, body = ROUTES[name], {"recipient": hamlet.user("dave"), "access": {"role": "VIEWER"}, "title": "x"}
    for path in ("/alice/read.txt", "/alice/docs", "/alice/docs/deep/d.txt"):
        for ident in (str(hamlet.no(path)), hamlet.items[path].uid, str(hamlet.no("alice"))):
            reply = await send(
                hamlet.clients[who],
                route,
                path_of(hamlet, route, path, id=ident),
                body if route.method in ("POST", "PUT") else None,
            )
            assert reply.status < 500, reply
            secrets = (*(hamlet.items[one].uid for one in hamlet.items if "alice" in one), "d.txt", "hello")
            if ident not in secrets:
                assert not any(one in reply.text for one in secrets), reply
            if who != "mallory" and route.needs != "public":
                assert reply.refusal[0] == 401, reply
            if route.needs == "administration" and who == "mallory":
                assert reply.refusal == (403, "ACCESS_DENIED"), reply


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", WRITING)
@tuned(max_examples=examples(3, 20), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=SHARES | VALUES, query=QUERY, path=st.sampled_from(["/alice/a.txt", "/alice/docs", "/alice/read.txt"]))
async def test_no_body_is_our_mistake(
    furnished: Town, name: str, form: str, body: Any, query: dict[str, str], path: str
) -> None:
    """Whatever JSON or XML a client sends to a route, the answer is one of this dialect and no 5xx."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs, secrets=CountedSecrets(b"later"))
    town = again(furnished, core)
    route = ROUTES[name]
    for who in ("alice", "root"):
        reply = await send(town.clients[who].speaking(form), route, path_of(town, route, path), body, params=query)
        assert reply.status < 500, reply
        if reply.status >= 400:
            assert {"code", "message"} <= reply.data.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ROUTES if name not in WRITING])
@tuned(max_examples=examples(5, 30), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(query=QUERY, ident=st.sampled_from(["0", "-1", "x", "9" * 25, "%00", "..", "٣"]) | st.integers(1, 120).map(str))
async def test_no_query_is_our_mistake(hamlet: Town, name: str, query: dict[str, str], ident: str) -> None:
    """Whatever a path or a query holds, the answer is no 5xx."""
    route = ROUTES[name]
    reply = await send(hamlet.alice, route, path_of(hamlet, route, "/alice/docs", id=ident), params=query)
    assert reply.status < 500, reply


async def test_what_is_no_route(hamlet: Town) -> None:
    """A path or method that is none is refused in the words of this dialect."""
    assert (await hamlet.alice("GET", "/nowhere")).refusal == (404, "NOT_FOUND")
    reply = await hamlet.alice("PUT", "/shares/1", {})
    assert reply.refusal == (405, "METHOD_NOT_ALLOWED")
    assert reply.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, POST"


async def test_under_a_prefix(furnished: Town) -> None:
    """Under a prefix paths stay relative to the root of the API; public addresses have the prefix."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs)
    town = again(furnished, core, Settings(faces={"filr": FaceSettings(prefix="/filr")}))
    body = msgspec.json.encode({"recipient": {"type": "public_link"}})
    whole = f"http://filr.example/filr/rest{town.shares_of('/alice/a.txt')}"
    reply = await town.alice("POST", whole, content=body, headers={"content-type": "application/json"})
    assert reply.status == 200, reply
    assert reply.data["href"] == f"/shares/{reply.data['id']}"
    url = reply.data["permalinks"][0]["href"]
    assert url.startswith("http://filr.example/filr/ssf/s/readFile/share/")
    assert (await town.nobody("GET", url)).body == b"hello"
    assert (await town.nobody("GET", "http://filr.example/filr/rest/info")).status == 404
    challenged = await town.nobody("GET", "http://filr.example/filr/rest/nowhere")
    assert challenged.refusal == (401, "UNAUTHENTICATED_ACCESS")


async def test_a_key_that_is_used_twice(town: Town) -> None:
    """Under an Idempotency-Key a share is made once."""
    body = msgspec.json.encode({"recipient": town.user("bob"), "access": {"role": "VIEWER"}})
    headers = {"idempotency-key": "key-of-a-test", "content-type": "application/json"}
    first = await town.alice("POST", town.shares_of("/alice/a.txt"), content=body, headers=headers)
    second = await town.alice("POST", town.shares_of("/alice/a.txt"), content=body, headers=headers)
    assert (first.status, second.status) == (200, 200)
    assert second.headers["idempotency-replayed"] == "true"
    assert (await town.alice.get(f"/shares/{first.data['id']}"))["id"] == first.data["id"]
