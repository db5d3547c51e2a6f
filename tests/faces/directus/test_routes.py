"""A walk of every route: who guards it, what strangers get, and that nothing a client sends is a mistake of ours."""

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from tests.faces.directus.conftest import DATABASE
from tests.faces.directus.strategies import ANY_BODY, ANY_QUERY, bodies, queries
from tests.faces.directus.town import COLLECTIONS, Client, Reply, Town, again
from tests.searching import examples

from commonhold.blobs.memory import MemoryBlobs
from commonhold.core.records.catalogs import add_collection, add_relation, drop_collection
from commonhold.core.records.rows import insert_rows
from commonhold.faces.directus.face import CLAIMS, FACE
from commonhold.http.face import NEEDS, Route
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import CountedSecrets, TestClock, make_core
from commonhold.testing.sample_records import COLLECTIONS as SAMPLE_COLLECTIONS
from commonhold.testing.sample_records import RELATIONS, sample_rows

ROUTES = {f"{route.method} {route.path}": route for route in FACE.routes}
SECRETS = ("first body", "second body", "c on first", "Ada", "222", "admin@example.com")
_VARIABLE = re.compile(r"\{(\w+)(?::path)?\}")
TUNED: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}

SAMPLES = sorted(sample_rows())
BRACKETS = st.text("fields[]ilter_eqd0", max_size=20) | st.sampled_from(
    (
        "filter[id][_eq]",
        "fields[]",
        "sort[0][1]",
        "deep[a][b][",
        "filter[",
        "]",
        "filter[_or][][id]",
        "aggregate[count][]",
    )
)
KEYS = st.sampled_from(
    (
        "articles",
        "unrelated",
        "nope",
        "directus_users",
        "1",
        "99",
        "abc",
        "id",
        "me",
        "title",
        "author",
        "x" * 100,
        " ",
        "é",
    )
)


class Playground:
    """A town that random requests are sent to, on a loop of its own."""

    def __init__(self, first: Town, path: Path, folder: Path) -> None:
        """Copy the town's database into a folder."""
        self.loop = asyncio.new_event_loop()
        clock = TestClock()
        store = SqliteStore(Path(shutil.copy(path, folder / DATABASE)), clock=clock)
        secrets = CountedSecrets(b"random")
        self.town = again(first, make_core(store=store, clock=clock, blobs=MemoryBlobs(clock), secrets=secrets))
        self.loop.run_until_complete(self.furnish())

    async def furnish(self) -> None:
        """Put the sample collections, which have every kind of field and relation, in the place of the town's."""
        core, root = self.town.core, self.town.actor("admin")
        for collection in COLLECTIONS:
            await drop_collection(core, root, collection.name)
        for sample in SAMPLE_COLLECTIONS:
            await add_collection(core, root, sample)
        for relation in RELATIONS:
            await add_relation(core, root, relation)
        for name, rows in sample_rows().items():
            await insert_rows(core, root, name, rows)

    def ask(self, who: str, method: str, path: str, body: Any = None) -> Reply:
        """Send a request."""
        return self.loop.run_until_complete(self.town.clients[who](method, path, body))

    def close(self) -> None:
        """Close the store and the loop."""
        self.loop.run_until_complete(self.town.core.store.close())
        self.loop.close()


@pytest.fixture(scope="module")
def playground(furnished: tuple[Town, Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A town for random requests; they may change it."""
    place = Playground(*furnished, tmp_path_factory.mktemp("random"))
    yield place
    place.close()


def answered(reply: Reply) -> bool:
    """Tell whether an answer is none of our mistakes, and a refusal has the shape of this dialect."""
    if reply.status < 400:
        return True
    errors = msgspec.json.decode(reply.body)["errors"]
    return reply.status < 500 and all(one["message"] and one["extensions"]["code"] for one in errors)


def written(query: dict[str, Any]) -> str:
    """Write a query as a query string; what is no text as JSON."""
    pairs = [
        (name, value if isinstance(value, str) else msgspec.json.encode(value).decode())
        for name, value in query.items()
    ]
    return urlencode(pairs, errors="replace")


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_says_what_it_needs(name: str) -> None:
    """A route names the decision that guards it, says what it does, and lies under one of the face's claims."""
    route = ROUTES[name]
    assert route.needs in NEEDS
    assert route.summary.endswith(".")
    assert any(route.path == claim or route.path.startswith(f"{claim}/") for claim in CLAIMS)


def _path(route: Route, *names: str) -> str:
    rest = iter(names)
    return _VARIABLE.sub(lambda _: next(rest), route.path)


@pytest.mark.slow
@pytest.mark.parametrize("who", ["nobody", "stranger"])
async def test_strangers_get_nothing(town: Town, who: str) -> None:
    """Nobody, and an account without a rule, learn nothing of rows and people, and change nothing, on any route."""
    body = {"email": "stranger@example.com", "password": "a password", "token": "t" * 32}
    assert (await town.admin("POST", "/users", body)).status in (200, 204)
    for name, route in ROUTES.items():
        path = _path(route, "articles", "1", "title")
        app = again(town, town.core).app  # nothing that it keeps, and no limit, goes on to the next route
        client = Client(app, "t" * 32 if who == "stranger" else None)
        before = (await town.core.store.instance()).revision
        reply = await client(route.method, path, {} if route.method not in ("GET", "DELETE") else None)
        assert reply.status < 500, (name, reply)
        assert not any(secret in reply.text for secret in SECRETS), (name, reply)
        assert (await town.core.store.instance()).revision == before or name == "PATCH /users/me", (name, reply)
    own = Client(town.app, "t" * 32)
    assert (await own("GET", "/users/me")).status == 200


@pytest.mark.slow
@tuned(max_examples=examples(25, 300), **TUNED)
@given(data=st.data(), collection=st.sampled_from(SAMPLES), how=st.booleans())
def test_whatever_is_asked(playground: Playground, data: st.DataObject, collection: str, how: bool) -> None:
    """Whatever is asked by the global query parameters is answered or refused, in a query string and in a SEARCH."""
    query = data.draw(queries(collection))
    if how:
        reply = playground.ask("admin", "SEARCH", f"/items/{collection}", msgspec.json.encode({"query": query}))
    else:
        reply = playground.ask("admin", "GET", f"/items/{collection}?{written(query)}")
    assert answered(reply), (collection, query, reply)


@tuned(max_examples=examples(10, 100), **TUNED)
@given(query=queries("articles"), path=st.sampled_from(("/shares", "/users", "/roles", "/policies", "/permissions")))
def test_whatever_is_asked_of_lists_in_memory(playground: Playground, query: dict[str, Any], path: str) -> None:
    """Whatever is asked of what is no table is answered or refused."""
    reply = playground.ask("admin", "SEARCH", path, msgspec.json.encode({"query": query}))
    assert answered(reply), (path, query, reply)


@tuned(max_examples=examples(25, 200), **TUNED)
@given(pairs=st.lists(st.tuples(BRACKETS, st.text(max_size=5)), max_size=6))
def test_odd_brackets(playground: Playground, pairs: list[tuple[str, str]]) -> None:
    """Whatever brackets a query string has, it is answered or refused."""
    reply = playground.ask("admin", "GET", f"/items/articles?{urlencode(pairs, errors='replace')}")
    assert answered(reply), (pairs, reply)


@pytest.mark.slow
@tuned(max_examples=examples(20, 300), **TUNED)
@given(
    data=st.data(),
    method=st.sampled_from(("POST", "PATCH", "DELETE")),
    key=st.sampled_from(("", "/1", "/5", "/x")),
    name=st.sampled_from(SAMPLES),
)
def test_whatever_is_written(playground: Playground, data: st.DataObject, method: str, key: str, name: str) -> None:
    """Whatever is written to rows is done or refused."""
    body = data.draw(bodies(name))
    reply = playground.ask(
        "admin", method, f"/items/{name}{key if method != 'POST' else ''}", msgspec.json.encode(body)
    )
    assert answered(reply), (method, key, body, reply)


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUTES)
@tuned(max_examples=examples(3, 25), **TUNED)
@given(data=st.data())
def test_whatever_is_sent(playground: Playground, name: str, data: st.DataObject) -> None:
    """Whatever is sent to any route, by anybody, is answered or refused in the shape of this dialect."""
    route: Route = ROUTES[name]
    who = data.draw(st.sampled_from(("admin", "editor", "nobody")))
    path = _VARIABLE.sub(lambda _: quote(data.draw(KEYS), safe=""), route.path)
    body = None if route.method == "GET" else msgspec.json.encode(data.draw(ANY_BODY))
    reply = playground.ask(who, route.method, f"{path}?{written(data.draw(ANY_QUERY))}", body)
    assert answered(reply), (who, name, path, body, reply)
