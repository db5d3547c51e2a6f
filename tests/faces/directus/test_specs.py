"""What is told to programs about routes and collections; whatever is made of it is answered without a mistake."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faces.directus.town import Town, again
from tests.faces.native.strategies import ODD, TEXTS
from tests.searching import examples

from commonhold.faces.directus.face import FACE
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import CountedSecrets, TestClock, make_core

pytestmark = pytest.mark.slow

_VARIABLE = re.compile(r"\{(\w+)\}")
KNOWN = {"collection": "articles", "key": "1", "id": "1", "field": "title", "name": "a.txt"}


async def test_the_document(hamlet: Town) -> None:
    """Every route is described once; rows of collections as far as the caller reads them; nothing refers to nothing."""
    found = (await hamlet.admin("GET", "/server/specs/oas")).json
    text = msgspec.json.encode(found).decode()
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) <= set(found["components"]["schemas"])
    operations = [one for methods in found["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    for path, methods in found["paths"].items():
        for one in methods.values():
            assert {part["name"] for part in one["parameters"] if part["in"] == "path"} == set(_VARIABLE.findall(path))
    told = {(method.upper(), path) for path, methods in found["paths"].items() for method in methods}
    routes = {(one.method, one.path.replace(":path", "")) for one in FACE.routes if one.method != "SEARCH"}
    assert {one for one in routes if not one[1].startswith("/items/{collection}")} <= told
    assert ("PATCH", "/items/articles/{key}") in told
    assert "author" in found["components"]["schemas"]["Itemsarticles"]["properties"]
    assert found["components"]["schemas"]["Itemsarticles"]["properties"]["views"] == {"type": ["integer", "null"]}

    nobody = (await hamlet.nobody("GET", "/server/specs/oas")).json
    assert "Itemsarticles" not in nobody["components"]["schemas"]
    assert not any(path.startswith("/items") for path in nobody["paths"])


class Ground:
    """The town on a loop of its own, and the operations that its document describes to the administrator."""

    def __init__(self, furnished: Any, path: Any) -> None:
        """Open the town."""
        self.loop = asyncio.new_event_loop()
        self.town: Town = self.loop.run_until_complete(self._open(furnished, path))
        document = self.loop.run_until_complete(self.town.admin("GET", "/server/specs/oas")).json
        self.operations = [
            (method.upper(), path, one)
            for path, methods in document["paths"].items()
            for method, one in methods.items()
        ]

    async def _open(self, furnished: Any, path: Any) -> Town:
        clock = TestClock()
        return again(
            furnished, make_core(store=SqliteStore(path, clock=clock), clock=clock, secrets=CountedSecrets(b"f"))
        )


@pytest.fixture(scope="module")
def ground(furnished: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The ground of all examples."""
    found = Ground(furnished[0], shutil.copy(furnished[1], tmp_path_factory.mktemp("fuzz") / "town.db"))
    yield found
    found.loop.run_until_complete(found.town.core.store.close())
    found.loop.close()


@settings(max_examples=examples(60, 600), suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_whatever_is_sent(ground: Ground, data: st.DataObject) -> None:
    """Odd paths, parameters and bodies of anybody get an answer or a refusal in the form that is described."""
    method, path, told = data.draw(st.sampled_from(ground.operations))
    who = data.draw(st.sampled_from(("admin", "editor", "outsider", "nobody")))
    filled = _VARIABLE.sub(lambda match: _quoted(data.draw(st.one_of(st.just(KNOWN.get(match[1], "1")), TEXTS))), path)
    names = [one["name"] for one in told["parameters"] if one["in"] == "query"]
    values = st.one_of(TEXTS, ODD.map(lambda one: msgspec.json.encode(one).decode()), st.sampled_from(VALUES))
    query = data.draw(st.dictionaries(st.sampled_from(names), values, max_size=3)) if names else {}
    body = data.draw(st.one_of(st.none(), ODD, st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=4)))
    sent = {} if body is None else {"json": body}
    reply = ground.loop.run_until_complete(_ask(ground.town, who, method, filled, query, sent))
    assert reply.status < 500, (who, method, filled, query, body, reply)
    if reply.status >= 400 and reply.headers.get("content-type", "").startswith("application/json"):
        errors = reply.json["errors"]
        assert errors
        assert all(one["message"] and one["extensions"]["code"] for one in errors)


VALUES = ("*", "*.*.*", "-1", "0", '{"_and":[{"id":{"_eq":1}}]}', '{"count":"*"}', "csv", "xml", "yaml", "author.name")
FIELDS = (
    "collection", "item", "fields", "field", "type", "schema", "meta", "query", "variables", "share", "password",
    "keys", "data", "name", "title", "author", "id", "role", "policy", "action", "permissions", "email", "token",
)  # fmt: skip


async def _ask(town: Town, who: str, method: str, path: str, query: dict[str, str], sent: dict[str, Any]) -> Any:
    return await town.clients[who](method, path, sent.get("json"), params=query)


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")) or "x"


def test_by_schemathesis(ground: Ground) -> None:
    """The tool that tests servers by their documents finds no mistake of ours, and no refusal that is not described."""
    schemathesis = pytest.importorskip("schemathesis", reason="the group of packages `fuzz` is not installed")
    document = ground.loop.run_until_complete(ground.town.admin("GET", "/server/specs/oas")).json
    schema = schemathesis.openapi.from_dict(document)

    @settings(max_examples=examples(40, 400), suppress_health_check=list(HealthCheck), deadline=None)
    @given(data=st.data())
    def tried(data: st.DataObject) -> None:
        found = data.draw(st.sampled_from([one.ok() for one in schema.get_all_operations()]))
        case = data.draw(found.as_strategy())
        sent = {} if case.body is None or not isinstance(case.body, dict | list) else {"json": case.body}
        query = {name: str(value) for name, value in (case.query or {}).items()}
        path = _VARIABLE.sub(lambda match: _quoted(str((case.path_parameters or {})[match[1]])), found.path)
        reply = ground.loop.run_until_complete(_ask(ground.town, "admin", found.method.upper(), path, query, sent))
        assert reply.status < 500, (found.label, query, case.body, reply)

    tried()
