"""Collections over the API: made by administrators, read by rules, shared row by row."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faces.native.strategies import TEXTS, bodies, queries
from tests.faces.native.test_fuzz import documented
from tests.faces.native.town import Client, Town, settle
from tests.searching import examples

from commonhold.core.query import And, Call, Compare, Filter, Fn, Not, Of, Op, Or, Some
from commonhold.faces.native.collections import TABLE
from commonhold.faces.native.records_shape import filter_of, written
from commonhold.http.face import Route
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import TestClock, make_core

AUTHORS = {"name": "authors", "key": "id", "fields": [{"name": "id", "type": "integer"}, {"name": "name"}]}
NOTES = {
    "name": "notes",
    "key": "id",
    "fields": [
        {"name": "id", "type": "integer"},
        {"name": "text", "nullable": False},
        {"name": "stars", "type": "integer"},
        {"name": "secret"},
        {"name": "author", "type": "integer"},
    ],
    "relations": [{"field": "author", "to": "authors", "reverse": "notes"}],
}
ROWS = [
    {"text": "one", "stars": 1, "secret": "s1", "author": 1},
    {"text": "two", "stars": 2, "secret": "s2", "author": 1},
    {"text": "three", "stars": 3, "secret": "s3"},
]
VIEW = ["read", "download", "comment"]


async def opened(path: Path) -> Town:
    """Settle the town in a database, and put up its collections."""
    clock = TestClock()
    town = await settle(make_core(store=SqliteStore(path, clock=clock), clock=clock))
    for collection in (AUTHORS, NOTES):
        await town.root.ok("POST", "/collections", collection)
    await town.root.ok("POST", "/collections/authors/rows", {"rows": [{"name": "Ada"}]})
    made = await town.root.ok("POST", "/collections/notes/rows", {"rows": ROWS})
    assert made == {"keys": [1, 2, 3]}
    return town


@pytest.fixture
async def town(empty_database: Path, tmp_path: Path) -> AsyncIterator[Town]:
    """The town with its collections."""
    found = await opened(Path(shutil.copy(empty_database, tmp_path / "town.db")))
    yield found
    await found.core.store.close()


async def rule(town: Town, **more: Any) -> Any:
    """Give alice a rule on notes."""
    return await town.root.ok("POST", "/rules", {"holder": "alice", "collection": "notes", "actions": VIEW, **more})


async def keys(client: Client, **query: Any) -> list[int]:
    """Return the keys of the notes that somebody can list."""
    found = await client.ok("GET", "/collections/notes/rows", params={"fields": "id", **query})
    return [row["id"] for row in found["data"]]


async def test_the_catalogue(town: Town) -> None:
    """Administrators make, change and drop collections; others see what they may read of them, or nothing."""
    shown = await town.root.ok("GET", "/collections/notes")
    assert [field["name"] for field in shown["fields"]] == ["id", "text", "stars", "secret", "author"]
    assert shown["relations"] == [{"field": "author", "to": "authors", "reverse": "notes"}]
    assert (await town.alice("GET", "/collections/notes")).problem == (404, "unknown_collection", None)
    assert (await town.alice.ok("GET", "/collections"))["data"] == []
    for method, path, body in (
        ("POST", "/collections", AUTHORS),
        ("DELETE", "/collections/notes", None),
        ("POST", "/collections/notes/fields", {"name": "x"}),
        ("DELETE", "/collections/notes/fields/text", None),
        ("DELETE", "/collections/notes/relations/author", None),
    ):
        assert (await town.alice(method, path, body)).problem[:2] == (403, "forbidden")

    await rule(town, fields=["id", "text"])
    (seen,) = (await town.alice.ok("GET", "/collections"))["data"]
    assert [field["name"] for field in seen["fields"]] == ["id", "text"]
    made = await town.root("POST", "/collections/notes/fields", {"name": "done", "type": "boolean", "default": False})
    assert made.status == 201
    assert made.headers["location"].endswith("/api/v1/collections/notes")
    await town.root.ok("POST", "/collections/notes/fields", {"name": "editor", "type": "integer"})
    await town.root.ok("POST", "/collections/notes/relations", {"field": "editor", "to": "authors"})
    await town.root.ok("DELETE", "/collections/notes/relations/editor")
    await town.root.ok("DELETE", "/collections/notes/fields/editor")
    assert (await town.root.ok("GET", "/collections/notes/rows/1"))["done"] is False
    await town.root.ok("DELETE", "/collections/notes")
    assert (await town.alice("GET", "/collections/notes/rows")).problem == (404, "unknown_collection", None)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"field": "stars", "op": "gt", "value": 1}, [2, 3]),
        ({"field": "text", "value": "two"}, [2]),
        ({"field": "author.name", "value": "Ada"}, [1, 2]),
        ({"field": "author", "op": "null"}, [3]),
        ({"some": "author", "where": {"field": "name", "op": "starts_with", "value": "A"}}, [1, 2]),
        ({"not": {"field": "stars", "op": "in", "value": [1, 2]}}, [3]),
        ({"and": [{"field": "stars", "op": "between", "value": [1, 2]}, {"field": "text", "value": "one"}]}, [1]),
        ({"or": []}, []),
    ],
)
async def test_filters(town: Town, where: dict[str, Any], found: list[int]) -> None:
    """Lists take filters: comparisons, over relations too, and what joins them."""
    assert await keys(town.root, filter=msgspec.json.encode(where).decode()) == found


@pytest.mark.parametrize(
    "where",
    ["", "[]", "{}", '{"field":"text"}', '{"field":"text","op":"null","value":1}',
     '{"field":"stars","op":"in","value":1}', '{"field":"stars","op":"between","value":[1]}',
     '{"and":[],"or":[]}', '{"not":{},"where":{}}', '{"colour":1}',
     '{"field":"text","value":{}}', '{"field":"nothing(text)","value":1}', '{"not":' * 40 + "{}" + "}" * 40,
     '{"some":"author","value":1}', '{"field":"author.","value":1}', '{"field":"stars","op":"contains","value":"x"}'],
)  # fmt: skip
async def test_filters_that_cannot_be_read(town: Town, where: str) -> None:
    """A filter that makes no sense is refused."""
    assert (await town.root("GET", "/collections/notes/rows", params={"filter": where})).problem[:2] == (
        400,
        "bad_query",
    )


@pytest.mark.parametrize(
    "where",
    [
        Or((Compare("text", Op.IN, ("a", "b")), Not(Compare("text", Op.NULL)))),
        And((Compare("stars", Op.BETWEEN, (1, 2)), Some("author"))),
        Some("author", Compare("name", Op.EQ, "Ada")),
        Compare(Of("author", Call(Fn.YEAR, "born")), Op.GT, 1),
    ],
)
def test_filters_are_written_as_they_are_read(where: Filter) -> None:
    """What rules show is what was given."""
    assert filter_of(msgspec.json.encode(written(where)).decode()) == where


async def test_pages_and_sums(town: Town) -> None:
    """Lists come sorted and in pages; rows are counted and added up."""
    query = {"sort": "-stars", "limit": 2, "fields": "id,author.name"}
    first = await town.root.ok("GET", "/collections/notes/rows", params=query)
    second = await town.root.ok("GET", "/collections/notes/rows", params={**query, "next": first["next"]})
    assert first["data"] == [{"id": 3, "author.name": None}, {"id": 2, "author.name": "Ada"}]
    assert second == {"data": [{"id": 1, "author.name": "Ada"}], "next": None}
    for odd in ("x", first["next"][:-2], "W10"):
        assert (await town.root("GET", "/collections/notes/rows", params={**query, "next": odd})).status == 400

    tally = await town.root.ok(
        "GET", "/collections/notes/tally", params={"measures": "count,sum:stars", "groups": "author"}
    )
    assert sorted(tally["data"], key=str) == [
        {"author": 1, "count": 2, "sum:stars": 3},
        {"author": None, "count": 1, "sum:stars": 3},
    ]
    assert (await town.root("GET", "/collections/notes/tally", params={"measures": "sum"})).status == 400


async def test_writing(town: Town) -> None:
    """Rows are changed and deleted by key, one or several; refusals name the field."""
    await town.root.ok("PATCH", "/collections/notes/rows/1", {"values": {"text": "uno"}})
    await town.root.ok("PATCH", "/collections/notes/rows", {"keys": [2, "3"], "values": {"stars": 9}})
    assert (await town.root.ok("GET", "/collections/notes/rows/1", params={"fields": "text"})) == {"text": "uno"}
    assert (await town.root.ok("POST", "/collections/notes/rows/delete", {"keys": [2, 3]})) == {"keys": [2, 3]}
    refused = await town.root("PATCH", "/collections/notes/rows/1", {"values": {"stars": "many"}})
    assert refused.problem == (400, "invalid_field", "stars")
    refused = await town.root("POST", "/collections/notes/rows", {"rows": [{"stars": 1}]})
    assert refused.problem == (400, "missing_field", "text")
    await town.root.ok("DELETE", "/collections/notes/rows/1")
    assert (await town.root("GET", "/collections/notes/rows/1")).problem[:2] == (404, "not_found")


async def test_told_again(town: Town) -> None:
    """A request sent again under its key adds its rows, and its rule, once."""
    head = {"headers": {"idempotency-key": "k1"}}
    for keyed in ([4], None):
        done = await town.root("POST", "/collections/notes/rows", {"rows": [{"text": "x"}]}, **head)
        assert (done.status, done.json["keys"]) == (201, keyed)
        assert "commonhold-revision" in done.headers
    head = {"headers": {"idempotency-key": "k2"}}
    body = {"holder": "alice", "collection": "notes", "actions": VIEW}
    first, again = [await town.root("POST", "/rules", body, **head) for _ in range(2)]
    assert first.json == again.json
    head = {"headers": {"idempotency-key": "k3"}}
    tags = {"name": "tags", "key": "slug", "fields": [{"name": "slug"}]}
    first, again = [await town.root("POST", "/collections", tags, **head) for _ in range(2)]
    assert first.json == again.json
    head = {"headers": {"idempotency-key": "k4"}}
    first, again = [await town.root("POST", "/collections/tags/fields", {"name": "more"}, **head) for _ in range(2)]
    assert first.json == again.json
    assert await keys(town.alice) == [1, 2, 3, 4]


async def test_told_again_of_what_is_gone(town: Town) -> None:
    """A rule that was taken away meanwhile is not told again as if it were there."""
    head = {"headers": {"idempotency-key": "k1"}}
    await town.root.ok("POST", "/rules", {"holder": "bob", "collection": "notes", "actions": VIEW})
    body = {"holder": "alice", "collection": "notes", "actions": VIEW}
    made = await town.root.ok("POST", "/rules", body, **head)
    await town.root.ok("DELETE", f"/rules/{made['uid']}")

    assert (await town.root("POST", "/rules", body, **head)).problem[:2] == (404, "not_found")


async def test_rules(town: Town) -> None:
    """Rules show rows and fields until they are taken away; the next request is refused."""
    where = {"field": "stars", "op": "lt", "value": 3}
    made = await rule(town, filter=where, fields=["id", "text"])
    assert (made["holder"]["name"], made["actions"], made["filter"]) == ("alice", VIEW, where)
    assert await keys(town.alice) == [1, 2]
    assert await town.alice.ok("GET", "/collections/notes/rows/1") == {"id": 1, "text": "one"}
    for query in ({"sort": "secret"}, {"fields": "secret"}, {"filter": '{"field":"secret","value":"s1"}'}):
        reply = await town.alice("GET", "/collections/notes/rows", params=query)
        assert reply.problem[:2] == (404, "unknown_column")
    assert (await town.root.ok("GET", "/rules", params={"collection": "notes"}))["data"] == [made]
    assert (await town.alice("GET", "/rules")).problem[:2] == (403, "forbidden")

    await town.root.ok("DELETE", f"/rules/{made['uid']}")
    assert (await town.alice("GET", "/collections/notes/rows")).problem[:2] == (404, "unknown_collection")


async def share(town: Town, name: str, key: Any, to: Any, **more: Any) -> Any:
    """Share a note, and return the pair."""
    body = {"items": [{"collection": "notes", "key": key}], "recipients": [to], **more}
    return (await town.clients[name].ok("POST", "/shares", body))["pairs"][0]


async def test_a_row_is_shared(town: Town) -> None:
    """A row is shared by collection and key, and read by its recipient, who sees nothing else of the collection."""
    pair = await share(town, "root", 1, "bob")
    assert pair["did"] == "created"
    assert await keys(town.bob) == [1]
    assert (await town.bob.ok("GET", "/collections/notes/rows/1"))["secret"] == "s1"
    assert (await town.bob("GET", "/collections/notes/rows/2")).problem[:2] == (404, "not_found")
    assert (await town.bob("GET", "/collections/authors/rows/1")).problem[:2] == (404, "unknown_collection")
    shown = await town.bob.ok("GET", f"/shares/{pair['share']}")
    item = await town.bob.ok("GET", f"/items/{shown['item']['uid']}")
    assert (item["kind"], item["type"], item["key"], item["name"]) == ("record", "notes", "1", "notes 1")

    await town.root.ok("DELETE", f"/shares/{pair['share']}")
    assert (await town.bob("GET", "/collections/notes/rows/1")).problem[:2] == (404, "unknown_collection")


async def test_a_link_to_a_row(town: Town) -> None:
    """Whoever opens a link reads its row with the pass, as far as the sharer sees it, until the link ends."""
    held = await rule(town, actions=[*VIEW, "share"], fields=["id", "text", "author"])
    pair = await share(town, "alice", "1", {"kind": "link"})
    holder = await town.open(pair["link"]["secret"])

    assert await holder.ok("GET", "/collections/notes/rows/1") == {"id": 1, "text": "one", "author": 1}
    assert await keys(holder) == [1]
    for path in ("/collections/notes/rows/2", "/collections/authors/rows/1", "/collections/authors/rows"):
        assert (await holder("GET", path)).status == 404
    for method, path, body in (
        ("PATCH", "/collections/notes/rows/1", {"values": {"text": "x"}}),
        ("DELETE", "/collections/notes/rows/1", None),
        ("POST", "/collections/notes/rows", {"rows": [{"text": "x"}]}),
    ):
        assert (await holder(method, path, body)).problem[:2] == (403, "forbidden")
    assert (await town.nobody("GET", "/collections/notes/rows/1")).status in (401, 404)

    await town.root.ok("DELETE", f"/rules/{held['uid']}")
    assert (await holder("GET", "/collections/notes/rows/1")).status in (401, 404)


@pytest.mark.parametrize("item", [{"collection": "notes", "key": "99"}, {"collection": "nothing", "key": "1"}])
async def test_rows_that_are_not_there(town: Town, item: dict[str, str]) -> None:
    """A row that is not there, and one that is not to be seen, are refused as an item that does not exist."""
    unseen = {"collection": "notes", "key": 1}
    for who, asked in ((town.root, item), (town.alice, unseen)):
        reply = await who("POST", "/shares", {"items": [asked], "recipients": ["bob"]})
        assert reply.problem == (404, "unknown_item", "items")


@pytest.mark.parametrize("item", [{}, {"collection": "notes"}, {"key": 1}, {"item": "x", "collection": "notes"}])
async def test_halves_of_references(town: Town, item: dict[str, Any]) -> None:
    """An item is named by its uid, or by collection and key: not by both, nor by half."""
    reply = await town.root("POST", "/shares", {"items": [item], "recipients": ["bob"]})
    assert reply.problem[:2] == (400, "missing_field")


NAMES = {"collection": "notes", "field": "text", "key": "1", "rule": "none"}
_VARIABLE = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def playground(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Town]]:
    """A town that random requests are sent to, on a loop of its own."""
    loop = asyncio.new_event_loop()
    path = Path(shutil.copy(empty_database, tmp_path_factory.mktemp("fuzz") / "town.db"))
    found = loop.run_until_complete(opened(path))
    yield loop, found
    loop.run_until_complete(found.core.store.close())
    loop.close()


@pytest.mark.parametrize("route", TABLE.routes, ids=[f"{one.method} {one.path}" for one in TABLE.routes])
def test_whatever_is_sent(route: Route, playground: tuple[Any, Town]) -> None:
    """Odd keys, filters, rows and rules are answered as documented, never by a mistake of ours."""
    loop, town = playground
    odd = st.one_of(TEXTS, st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.none(), st.booleans())
    row = st.dictionaries(st.sampled_from(["id", "text", "stars", "secret", "author", "x"]), odd, max_size=3)
    filters = st.recursive(
        st.fixed_dictionaries(
            {"field": st.sampled_from(["text", "stars", "author.name", "year(text)", "author.id.x", "notes"])},
            optional={"op": st.sampled_from(list(Op)), "value": st.one_of(odd, st.lists(odd, max_size=3))},
        ),
        lambda below: st.one_of(
            st.fixed_dictionaries({"and": st.lists(below, max_size=3)}),
            st.fixed_dictionaries({"some": st.sampled_from(["author", "notes", "text"]), "where": below}),
            st.fixed_dictionaries({"not": below}),
        ),
        max_leaves=4,
    )

    @settings(max_examples=examples(15, 60), deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def tried(data: st.DataObject) -> None:
        who = town.clients[data.draw(st.sampled_from(["root", "root", "alice", "nobody"]))]
        named = {name: data.draw(st.one_of(st.just(value), TEXTS)) for name, value in NAMES.items()}
        if route.method == "DELETE" and route.path.endswith(("{collection}", "{field}")):
            named["collection"] = "x"  # the others play on
        path = _VARIABLE.sub(lambda one: _quoted(named[one[1]]), route.path.removeprefix("/api/v1"))
        body = data.draw(bodies(route, {**NAMES, "user": "alice"}))
        if isinstance(body, dict) and "rows" in body:
            body["rows"] = data.draw(st.lists(row, max_size=2))
        if isinstance(body, dict) and "values" in body:
            body["values"] = data.draw(row)
        if isinstance(body, dict) and "filter" in body:
            body["filter"] = data.draw(filters)
        query = data.draw(queries(route, NAMES))
        if "filter" in query:
            query["filter"] = msgspec.json.encode(data.draw(filters)).decode()
        reply = loop.run_until_complete(who(route.method, path, body, params=query))
        assert reply.status < 500, (path, body, query, reply)
        assert documented(route, reply), (path, body, query, reply)

    tried()


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")) or "x"


async def test_who_sees_a_row(town: Town) -> None:
    """A row has its audience and its reasons: rules, administrators and shares; nobody owns it."""
    await rule(town)
    pair = await share(town, "root", 1, "bob")
    uid = (await town.bob.ok("GET", f"/shares/{pair['share']}"))["item"]["uid"]
    audience = await town.root.ok("GET", f"/items/{uid}/audience")
    reasons = {(one["by"], one["who"]["name"]) for one in audience["data"]}

    assert {("rule", "alice"), ("administrator", "root"), ("share", "bob")} <= reasons
    assert not [one for one in reasons if one[0] == "owner"]
    received = await town.bob.ok("GET", "/shares", params={"direction": "received"})
    assert [one["item"]["name"] for one in received["data"]] == ["notes 1"]
