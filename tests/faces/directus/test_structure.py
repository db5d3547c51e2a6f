"""Collections, fields and relations by the API: made and dropped by administrators, shown as far as one may read."""

from typing import Any

import pytest
from tests.faces.directus.giving import inside, reads, role, share
from tests.faces.directus.town import Town

pytestmark = pytest.mark.slow

DENIED = (403, "FORBIDDEN")
KEY = {"field": "id", "type": "integer", "schema": {"is_primary_key": True, "has_auto_increment": True}}


async def test_made_used_and_dropped(town: Town) -> None:
    """A collection with fields of every kind, a relation and its other side; rows; and all of it dropped again."""
    kinds = ("string", "text", "integer", "bigInteger", "float", "decimal", "boolean", "timestamp", "dateTime", "date",
             "time", "uuid", "json", "csv", "hash")  # fmt: skip
    given = [KEY, *({"field": f"f_{kind}", "type": kind} for kind in kinds), {"field": "article", "type": "integer"}]
    made = await town.admin("POST", "/collections", {"collection": "notes", "schema": {}, "meta": {}, "fields": given})
    assert (made.data["collection"], made.data["schema"]["name"]) == ("notes", "notes")
    shown = {one["field"]: one for one in await town.admin.get("/fields/notes")}
    assert shown["id"]["schema"]["is_primary_key"] is True
    assert {name: one["type"] for name, one in shown.items() if name == f"f_{one['type']}"} == {
        f"f_{kind}": kind for kind in kinds if kind != "csv"
    }
    relation = {
        "collection": "notes",
        "field": "article",
        "related_collection": "articles",
        "meta": {"one_field": "notes"},
        "schema": {"on_delete": "CASCADE"},
    }
    told = (await town.admin("POST", "/relations", relation)).data
    assert (told["schema"]["on_delete"], told["meta"]["one_field"]) == ("CASCADE", "notes")
    assert await town.admin.get("/relations/notes/article") == told
    assert [one["field"] for one in await town.admin.get("/relations/notes")] == ["article"]
    assert (await town.admin.get("/fields/articles/notes"))["meta"]["special"] == ["o2m"]

    extra = {"field": "mark", "type": "string", "schema": {"max_length": 5, "default_value": "x", "is_nullable": False}}
    field = (await town.admin("POST", "/fields/notes", extra)).data
    assert (field["schema"]["max_length"], field["schema"]["default_value"], field["meta"]["required"]) == (
        5,
        "x",
        True,
    )
    row = (await town.admin("POST", "/items/notes", {"f_string": "a", "article": 1})).data
    assert (row["mark"], row["id"]) == ("x", 1)
    for path in ("/collections/notes", "/fields/notes/mark", "/relations/notes/article"):
        assert (await town.admin("PATCH", path, {"meta": {"icon": "x"}})).status == 200

    assert (await town.admin("DELETE", "/relations/notes/article")).status == 204
    assert (await town.admin("DELETE", "/fields/notes/mark")).status == 204
    assert (await town.admin("GET", "/fields/notes/mark")).refused[:2] == DENIED
    assert (await town.admin("GET", "/relations/notes/article")).refused[:2] == DENIED
    assert (await town.admin("DELETE", "/collections/notes")).status == 204
    assert (await town.admin("GET", "/collections/notes")).refused[:2] == DENIED


async def test_a_relation_to_several_collections(town: Town) -> None:
    """Its field keeps keys, another one names the collection; it is told as such."""
    given = [{"field": "item", "type": "string"}, {"field": "kind", "type": "string"}]
    await town.admin("POST", "/collections", {"collection": "blocks", "fields": given})
    meta = {"one_allowed_collections": ["articles", "authors"], "one_collection_field": "kind"}
    told = (await town.admin("POST", "/relations", {"collection": "blocks", "field": "item", "meta": meta})).data
    assert (told["related_collection"], told["schema"]) == (None, None)
    assert told["meta"]["one_allowed_collections"] == ["articles", "authors"]
    assert (await town.admin.get("/fields/blocks/id"))["schema"]["is_primary_key"] is True


REFUSED: list[tuple[str, str, Any, tuple[int, str]]] = [
    ("POST", "/collections", {}, (400, "INVALID_PAYLOAD")),
    ("POST", "/collections", {"collection": "x", "fields": 1}, (400, "INVALID_PAYLOAD")),
    ("POST", "/collections", {"collection": "x", "fields": ["y"]}, (400, "INVALID_PAYLOAD")),
    ("POST", "/collections", {"collection": "x", "fields": [{"field": "a", "type": "odd"}]}, (400, "INVALID_PAYLOAD")),
    ("POST", "/collections", {"collection": "articles"}, (400, "INVALID_PAYLOAD")),
    ("POST", "/collections", {"collection": "a b"}, (400, "INVALID_PAYLOAD")),
    ("POST", "/fields/articles", {"field": "title"}, (400, "INVALID_PAYLOAD")),
    ("POST", "/fields/articles", {"field": "x", "schema": 1}, (400, "INVALID_PAYLOAD")),
    ("POST", "/fields/nope", {"field": "x"}, DENIED),
    ("DELETE", "/fields/articles/id", None, (400, "INVALID_PAYLOAD")),
    ("DELETE", "/fields/articles/nope", None, DENIED),
    ("POST", "/relations", {"collection": "articles", "field": "title"}, (400, "INVALID_PAYLOAD")),
    ("POST", "/relations", {"collection": "articles", "field": "nope", "related_collection": "authors"}, DENIED),
    (
        "POST",
        "/relations",
        {"collection": "articles", "field": "views", "related_collection": "authors", "schema": {"on_delete": "x"}},
        (400, "INVALID_PAYLOAD"),
    ),
    ("DELETE", "/relations/articles/title", None, DENIED),
    ("DELETE", "/collections/nope", None, DENIED),
]


@pytest.mark.parametrize(("method", "path", "body", "refused"), REFUSED)
async def test_what_is_refused(hamlet: Town, method: str, path: str, body: Any, refused: tuple[int, str]) -> None:
    """What cannot be is refused in the words of the dialect; who is no administrator changes nothing."""
    assert (await hamlet.admin(method, path, body)).refused[:2] == refused
    assert (await hamlet.editor(method, path, body)).status in (400, 403)
    assert (await hamlet.nobody(method, path, body)).status in (400, 403)


async def test_who_is_no_administrator_makes_nothing(hamlet: Town) -> None:
    """A good request of somebody else is refused."""
    for who in (hamlet.editor, hamlet.nobody):
        assert (await who("POST", "/collections", {"collection": "mine"})).refused[:2] == DENIED
        assert (await who("POST", "/fields/articles", {"field": "mine"})).refused[:2] == DENIED
        assert (await who("DELETE", "/collections/articles")).refused[:2] == DENIED


async def test_a_share_shows_what_it_reads(town: Town) -> None:
    """Collections, fields and relations within the role's fields and the share's reach; nothing else exists."""
    few = await role(town, *reads("articles", fields=("id", "title", "author")), *reads("authors", "unrelated"))
    reader = await inside(town, await share(town, role=few))
    assert {one["collection"] for one in await reader.get("/collections")} == {"articles", "authors"}
    assert [one["field"] for one in await reader.get("/fields/articles")] == ["id", "title", "author"]
    assert {one["collection"] for one in await reader.get("/fields")} == {"articles", "authors"}
    assert [(one["collection"], one["field"]) for one in await reader.get("/relations")] == [("articles", "author")]
    for path in ("/collections/unrelated", "/fields/unrelated", "/fields/articles/body", "/relations/comments"):
        assert (await reader("GET", path)).refused[:2] == DENIED
    for path, body in (("/collections", {"collection": "x"}), ("/fields/articles", {"field": "x"})):
        assert (await reader("POST", path, body)).refused[:2] == DENIED
    assert await town.nobody.get("/collections") == []
