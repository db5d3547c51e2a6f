"""Random requests: whatever a client sends is answered as documented, and never by a mistake of ours."""

import asyncio
import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faces.native.strategies import TEXTS, bodies, queries
from tests.faces.native.town import Reply, Town, settle

from commonhold.faces.native.face import FACE, ROUTES
from commonhold.http.face import Route
from commonhold.http.openapi import document, gives_of
from commonhold.http.statuses import STATUS
from commonhold.testing.core import make_core

_VARIABLE = re.compile(r"\{(\w+)\}")


class Playground:
    """A town that random requests of one example are sent to, on a loop of its own."""

    def __init__(self) -> None:
        """Settle the town."""
        self.loop = asyncio.new_event_loop()
        self.town: Town = self.loop.run_until_complete(settle(make_core()))
        self.names = self.loop.run_until_complete(self._scene())

    async def _scene(self) -> dict[str, str]:
        item = await self.town.file("alice", "private")
        link = await self.town.link("alice", item)
        return {"item": item, "share": link["share"], "secret": link["link"]["secret"], "user": "bob", "org": "Main"}

    def ask(self, who: str, route: Route, path: str, body: Any, query: dict[str, Any]) -> Reply:
        """Send a request."""
        client = self.town.clients[who]
        return self.loop.run_until_complete(client(route.method, path, body, params=query))


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


@pytest.mark.parametrize("examples", [6, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize("route", ROUTES, ids=[f"{route.method} {route.path}" for route in ROUTES])
def test_whatever_is_sent_is_answered_as_documented(route: Route, examples: int) -> None:
    """Odd paths, queries and bodies of anybody get what the route documents, or a problem that names its status."""
    place = Playground()

    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
    @given(data=st.data())
    def tried(data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(["alice", "root", "bob", "nobody"]))
        odd = {name: data.draw(st.one_of(st.just(value), TEXTS)) for name, value in place.names.items()}
        path = _VARIABLE.sub(lambda match: _quoted(odd.get(match[1], "x")), route.path.removeprefix("/api/v1"))
        reply = place.ask(
            who, route, path, data.draw(bodies(route, place.names)), data.draw(queries(route, place.names))
        )
        assert reply.status < 500, (who, path, reply)
        assert documented(route, reply), (who, path, reply)

    try:
        tried()
    finally:
        place.loop.close()


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
