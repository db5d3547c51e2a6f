"""Random requests: whatever a client sends is answered as documented, and never by a mistake of ours."""

import asyncio
import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faces.native.strategies import TEXTS, bodies, queries
from tests.faces.native.town import Reply, Town, again, settle
from tests.faces.towns import copied
from tests.loops import apart
from tests.searching import examples

from commonhold.blobs.memory import MemoryBlobs
from commonhold.faces.native.face import FACE, ROUTES
from commonhold.http.face import Route
from commonhold.http.openapi import document, gives_of
from commonhold.http.statuses import STATUS
from commonhold.testing.core import CountedSecrets, make_core

_VARIABLE = re.compile(r"\{(\w+)\}")


class Playground:
    """A town that random requests of one example are sent to, on a loop of its own."""

    def __init__(self, first: Town, names: dict[str, str]) -> None:
        """Move into a town like the first one, with these things in it."""
        self.loop = asyncio.new_event_loop()
        self.town = again(first, make_core(store=copied(first), blobs=MemoryBlobs(), secrets=CountedSecrets(b"later")))
        self.names = names

    def ask(self, who: str, route: Route, path: str, body: Any, query: dict[str, Any]) -> Reply:
        """Send a request."""
        client = self.town.clients[who]
        return self.loop.run_until_complete(client(route.method, path, body, params=query))


@pytest.fixture(scope="module")
def scene() -> tuple[Town, dict[str, str]]:
    """A town with something in it, and what it is called; it is copied, never changed."""

    async def settled() -> tuple[Town, dict[str, str]]:
        town = await settle(make_core())
        item = await town.file("alice", "private")
        link = await town.link("alice", item)
        named = {"item": item, "share": link["share"], "secret": link["link"]["secret"], "user": "bob", "org": "Main"}
        return town, named

    return apart(settled())


def documented(route: Route, reply: Reply) -> bool:
    """Whether a success has the shape that the route names, and a refusal the shape of problems."""
    if route.method == "HEAD":
        return not reply.body
    if reply.status >= 400:
        problem = msgspec.json.decode(reply.body)
        return STATUS[problem["code"]] == reply.status == problem["status"] and bool(problem["detail"])
    if not gives_of(route):
        return True
    return any(_fits(reply.body, kind) for kind in gives_of(route))


def _fits(body: bytes, kind: Any) -> bool:
    try:
        msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("route", ROUTES, ids=[f"{route.method} {route.path}" for route in ROUTES])
def test_whatever_is_sent_is_answered_as_documented(route: Route, scene: tuple[Town, dict[str, str]]) -> None:
    """Odd paths, queries and bodies of anybody get what the route documents, or a problem that names its status."""
    place = Playground(*scene)
    paths = st.tuples(*(_either(place.names.get(name)) for name in _VARIABLE.findall(route.path)))
    body, query = bodies(route, place.names), queries(route, place.names)

    @settings(max_examples=examples(6, 60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
    @given(data=st.data())
    def tried(data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(["alice", "root", "bob", "nobody"]))
        parts = iter(data.draw(paths))
        path = _VARIABLE.sub(lambda _: _quoted(next(parts)), route.path.removeprefix("/api/v1"))
        reply = place.ask(who, route, path, data.draw(body), data.draw(query))
        assert reply.status < 500, (who, path, reply)
        assert documented(route, reply), (who, path, reply)

    try:
        tried()
    finally:
        place.loop.close()


def _either(value: str | None) -> st.SearchStrategy[str]:
    return st.just("x") if value is None else st.one_of(st.just(value), TEXTS)


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")) or "x"


def test_the_document_is_whole() -> None:
    """The OpenAPI document names every route, declares each variable, and refers to nothing that is missing."""
    found = document(FACE.routes, STATUS, title="t", version="1", server="/")
    text = msgspec.json.encode(found).decode()
    refs = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert refs <= set(found["components"]["schemas"])
    operations = {(method, path): one for path, methods in found["paths"].items() for method, one in methods.items()}
    assert len(operations) == len(FACE.routes)
    assert len({one["operationId"] for one in operations.values()}) == len(operations)
    for (_, path), one in operations.items():
        named = {part["name"] for part in one.get("parameters", ()) if part["in"] == "path"}
        assert named == set(_VARIABLE.findall(path))
