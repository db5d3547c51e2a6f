"""Writing rows: one and several, related rows within them, and what is refused."""

from typing import Any

import pytest
from tests.faces.directus.town import Town

from commonhold.core.query import Compare, Now, Op
from commonhold.core.records.catalog import Collection, Field, OnDelete, Relation
from commonhold.core.records.catalogs import add_collection
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rows import insert_rows
from commonhold.core.records.rules import Preset
from commonhold.core.records.ruling import NewRule, add_rule
from commonhold.core.roles import ALL, Action

NUMBER = Field("id", Kind.INTEGER)
MORE = (
    Collection("tags", "slug", (Field("slug"), Field("label"))),
    Collection(
        "articles_tags",
        "id",
        (NUMBER, Field("article", Kind.INTEGER), Field("tag"), Field("rank", Kind.INTEGER)),
        (
            Relation("articles_tags", "article", ("articles",), "tags", junction="tag", on_delete=OnDelete.DELETE),
            Relation("articles_tags", "tag", ("tags",), junction="article"),
        ),
    ),
    Collection("blocks", "id", (NUMBER, Field("page", Kind.INTEGER), Field("item"), Field("what"))),
    Collection("logins", "id", (NUMBER, Field("name", nullable=False, length=5), Field("secret", Kind.HASH))),
)


async def extend(town: Town) -> None:
    """Add collections for m2m, for relations with several targets, and one with a secret."""
    root = town.actor("admin")
    *plain, blocks, logins = MORE
    for collection in (*plain, logins):
        await add_collection(town.core, root, collection)
    page = Relation("blocks", "page", ("articles",), "blocks")
    item = Relation("blocks", "item", ("comments", "tags"), kind_field="what")
    await add_collection(town.core, root, Collection("blocks", "id", blocks.fields, (page, item)))
    await insert_rows(town.core, root, "tags", [{"slug": "a", "label": "Aa"}])


async def test_one_and_many(town: Town) -> None:
    """A row is added from an object, several from an array; both are told with the fields that are asked for."""
    assert (await town.admin("POST", "/items/unrelated?fields=title", {"title": "x"})).data == {"title": "x"}
    assert (await town.admin("POST", "/items/unrelated?fields=id", [{"title": "y"}, {}])).data == [{"id": 3}, {"id": 4}]
    assert (await town.admin("POST", "/items/unrelated")).data == {"id": 5, "title": None}
    assert (await town.admin("POST", "/items/unrelated", [])).data == []
    assert (await town.admin("POST", "/items/unrelated", {"id": 77, "title": 7, "nope": 1})).data == {
        "id": 77,
        "title": "7",
    }
    assert (await town.admin("PATCH", "/items/unrelated/77?fields=id,title", {"title": "z", "id": 1})).data == {
        "id": 77,
        "title": "z",
    }
    assert (await town.admin("PATCH", "/items/unrelated/77?fields=title", {})).data == {"title": "z"}


@pytest.mark.slow
async def test_several_at_once(town: Town) -> None:
    """Several rows are changed by keys, by a query, or one by one; and deleted by keys or a query."""
    path = "/items/articles?fields=id,views"
    same = {"views": 1}
    assert (await town.admin("PATCH", path, {"keys": [1, 2], "data": same})).data == [
        {"id": 1, "views": 1},
        {"id": 2, "views": 1},
    ]
    reply = await town.admin("PATCH", path, {"query": {"filter": {"views": 1}}, "data": {"views": 2}})
    assert [row["id"] for row in reply.data] == [1, 2]
    assert (await town.admin("PATCH", path, [{"id": 1, "views": 3}, {"id": 5, "views": 4}])).data == [
        {"id": 1, "views": 3},
        {"id": 5, "views": 4},
    ]
    assert (await town.admin("PATCH", path, {"keys": [], "data": same})).data == []
    assert (await town.admin("DELETE", "/items/articles", [1])).status == 204
    assert (await town.admin("DELETE", "/items/articles", {"keys": [2]})).status == 204
    assert (await town.admin("DELETE", "/items/articles", {"query": {"filter": {"id": {"_lt": 5}}}})).status == 204
    assert (await town.admin("DELETE", "/items/articles", [])).status == 204
    assert (await town.admin("GET", path)).data == [{"id": 5, "views": 4}]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "body", "reason"),
    [
        ("PATCH", {}, '"data" is required'),
        ("PATCH", {"data": 1}, '"data" must be of type object'),
        ("PATCH", {"data": {}}, '"value" must contain at least one of [query, keys]'),
        (
            "PATCH",
            {"keys": [1], "query": {}, "data": {}},
            '"value" contains a conflict between exclusive peers [query, keys]',
        ),
        ("PATCH", {"keys": 1, "data": {}}, '"keys" must be an array'),
        ("PATCH", {"keys": [{}], "data": {}}, '"keys[0]" must be one of [string, number]'),
        ("PATCH", {"keys": [1], "data": {}, "foo": 1}, '"foo" is not allowed'),
        ("PATCH", [{"title": "x"}], "Item in update misses primary key"),
        ("PATCH", [1], '"value" must be of type object'),
        ("DELETE", None, '"value" must contain at least one of [query, keys]'),
        ("DELETE", {"query": 1}, '"query" must be of type object'),
        ("POST", [1], '"value" must be of type object'),
        ("POST", {"title": {}}, '"title" must be a valid string'),
        ("POST", {"title": "a\0b"}, "A text contains NUL"),
        ("POST", {"views": "many"}, '"views" must be a valid integer'),
        ("POST", {"comments": 1}, '"comments" must be an array, or have create, update and delete'),
        ("POST", {"comments": {"add": []}}, '"add" is not allowed'),
        ("POST", {"comments": {"create": {}}}, '"comments.create" must be an array'),
        ("POST", {"comments": ["x"]}, '"id" is no key of "comments"'),
        ("POST", {"comments": [None]}, '"id" is required'),
    ],
)  # fmt: skip
async def test_odd_bodies(hamlet: Town, method: str, body: Any, reason: str) -> None:
    """A body that says nothing clear is refused with this reason."""
    reply = await hamlet.admin(method, "/items/articles", body)
    assert reply.refused == (400, "INVALID_PAYLOAD", f"Invalid payload. {reason}.")


@pytest.mark.slow
async def test_rows_that_refer_to_it(town: Town) -> None:
    """An array says which rows stand in a to-many relation: by key, changed or new; others are let go."""
    body = {"comments": [3, {"id": 2, "text": "changed"}, {"text": "new"}]}
    reply = await town.admin("PATCH", "/items/articles/1?fields=comments.id,comments.text", body)
    assert reply.data == {
        "comments": [{"id": 2, "text": "changed"}, {"id": 3, "text": "c on third"}, {"id": 4, "text": "new"}]
    }
    assert (await town.admin("GET", "/items/comments/1?fields=article")).data == {"article": None}
    steps = {"create": [{"text": "c"}], "update": [{"id": 4, "text": "u"}], "delete": [2, 1]}
    reply = await town.admin("PATCH", "/items/articles/1?fields=comments.id,comments.text", {"comments": steps})
    assert reply.data == {"comments": [{"id": 3, "text": "c on third"}, {"id": 4, "text": "u"}, {"id": 5, "text": "c"}]}


@pytest.mark.slow
async def test_rows_that_it_refers_to(town: Town) -> None:
    """An object in a to-one field is a row to be made or changed; with a key that no row has it is made."""
    path = "/items/articles?fields=author.*"
    assert (await town.admin("POST", path, {"author": {"name": "Cy"}})).data == {
        "author": {"id": 3, "name": "Cy", "phone": None}
    }
    changed = {"author": {"id": 3, "phone": "333"}}
    assert (await town.admin("POST", path, changed)).data["author"] == {"id": 3, "name": "Cy", "phone": "333"}
    named = {"author": {"id": 50, "name": "Di"}}
    assert (await town.admin("POST", path, named)).data["author"] == {"id": 50, "name": "Di", "phone": None}
    assert (await town.admin("POST", path, {"author": {"id": 50}})).data["author"]["name"] == "Di"
    deep = {"article": {"title": "T", "author": {"name": "Ed"}, "comments": [{"text": "within"}]}, "text": "outer"}
    reply = await town.admin(
        "POST", "/items/comments?fields=text,article.title,article.author.name,article.comments.text", deep
    )
    assert reply.data == {
        "text": "outer",
        "article": {"title": "T", "author": {"name": "Ed"}, "comments": [{"text": "within"}, {"text": "outer"}]},
    }


@pytest.mark.slow
async def test_rows_that_refer_to_rows_beside_them(town: Town) -> None:
    """A row and those of the same collection that it refers to, or that refer to it, are written in the right order."""
    note, reply_to = Field("text"), Field("answers", Kind.INTEGER)
    answers = Relation("notes", "answers", ("notes",), "replies")
    await add_collection(
        town.core, town.actor("admin"), Collection("notes", "id", (NUMBER, note, reply_to), (answers,))
    )
    body = {"text": "c", "answers": {"text": "b", "answers": {"text": "a"}}, "replies": [{"text": "d"}, {"text": "e"}]}
    reply = await town.admin("POST", "/items/notes?fields=text,answers.text,answers.answers.text,replies.text", body)
    assert reply.data == {
        "text": "c",
        "answers": {"text": "b", "answers": {"text": "a"}},
        "replies": [{"text": "d"}, {"text": "e"}],
    }


@pytest.mark.slow
async def test_many_to_many(town: Town) -> None:
    """Rows of a junction are written with the rows on its other side; taken off, they are deleted."""
    await extend(town)
    path = "/items/articles/1?fields=tags.id,tags.rank,tags.tag.*"
    body = {"tags": [{"rank": 1, "tag": "a"}, {"rank": 2, "tag": {"slug": "b", "label": "Bb"}}]}
    assert (await town.admin("PATCH", path, body)).data["tags"] == [
        {"id": 1, "rank": 1, "tag": {"slug": "a", "label": "Aa"}},
        {"id": 2, "rank": 2, "tag": {"slug": "b", "label": "Bb"}},
    ]
    body = {"tags": [{"id": 2, "tag": {"slug": "b", "label": "Cc"}}]}
    assert (await town.admin("PATCH", path, body)).data["tags"] == [
        {"id": 2, "rank": 2, "tag": {"slug": "b", "label": "Cc"}}
    ]
    assert (await town.admin("GET", "/items/articles_tags?fields=id")).data == [{"id": 2}]


@pytest.mark.slow
async def test_many_to_any(town: Town) -> None:
    """A field that refers to rows of several collections takes them in place, and shows them by collection."""
    await extend(town)
    body = {
        "blocks": [{"what": "comments", "item": {"text": "in"}}, {"what": "tags", "item": {"slug": "n", "label": "N"}}]
    }
    path = "/items/articles/1?fields=blocks.what,blocks.item:comments.text,blocks.item:tags.*"
    assert (await town.admin("PATCH", path, body)).data["blocks"] == [
        {"what": "comments", "item": {"text": "in"}},
        {"what": "tags", "item": {"slug": "n", "label": "N"}},
    ]
    reply = await town.admin("GET", "/items/blocks?fields=item:tags.label")
    assert reply.data == [{"item": "4"}, {"item": {"label": "N"}}]
    reply = await town.admin("GET", "/items/blocks?fields=item.text&filter[item:tags][label]=N")
    assert reply.data == [{"item": {}}]
    odd = {"what": "articles", "item": {"title": "x"}}
    reply = await town.admin("POST", "/items/blocks", odd)
    assert reply.refused == (400, "INVALID_PAYLOAD", 'Invalid payload. "what" must be one of [comments, tags].')


@pytest.mark.slow
async def test_all_or_nothing(town: Town) -> None:
    """What is refused in one row changes nothing in any."""
    rows = [{"title": "ok"}, {"title": "bad", "author": 99}]
    reply = await town.admin("POST", "/items/articles", rows)
    assert reply.refused == (
        400,
        "INVALID_FOREIGN_KEY",
        'Invalid foreign key "99" for field "author" in collection "articles".',
    )
    nested = {
        "title": "ok",
        "author": {"name": "Cy"},
        "comments": [{"text": "x"}, {"id": 9, "nope": 1}],
        "category": 99,
    }
    assert (await town.admin("POST", "/items/articles", nested)).status == 400
    reply = await town.admin("GET", "/items/articles?aggregate[count]=*")
    assert (reply.data, (await town.admin("GET", "/items/authors?aggregate[count]=*")).data) == (
        [{"count": "5"}],
        [{"count": "2"}],
    )


@pytest.mark.slow
async def test_values(town: Town) -> None:
    """Values that a field cannot hold are refused by name; a secret is never shown, and kept by its stars."""
    await extend(town)
    refusals = {
        "FAILED_VALIDATION": ({}, 'Validation failed for field "name". Value is required.'),
        "VALUE_TOO_LONG": ({"name": "toolong"}, 'Value "toolong" for field "name" in collection "logins" is too long.'),
        "INVALID_PAYLOAD": ({"name": "x", "secret": {}}, 'Invalid payload. "secret" must be a string.'),
    }
    for code, (body, message) in refusals.items():
        assert (await town.admin("POST", "/items/logins", body)).refused == (400, code, message)
    reply = await town.admin("POST", "/items/logins", {"name": None})
    assert reply.refused[2] == 'Validation failed for field "name". Value can\'t be null.'
    reply = await town.admin("POST", "/items/articles", {"views": 2**40})
    assert reply.refused[:2] == (400, "VALUE_OUT_OF_RANGE")
    reply = await town.admin("POST", "/items/articles", {"id": 1})
    assert reply.refused[2] == 'Value "1" for field "id" in collection "articles" has to be unique.'
    assert (await town.admin("POST", "/items/logins", {"name": "x", "secret": "s"})).data["secret"] == "*" * 10
    assert (await town.admin("PATCH", "/items/logins/1", {"secret": "*" * 10})).data["secret"] == "*" * 10
    assert (await town.admin("GET", "/items/logins?filter[secret][_nnull]=true")).data[0]["name"] == "x"
    assert (await town.admin("PATCH", "/items/logins/1", {"secret": ""})).data["secret"] is None


async def test_who_may_write(town: Town) -> None:
    """Nobody writes what no rule gives: not the collection, not the row, not the field, nor in related rows."""
    denied = 'You don\'t have permission to access collection "articles" or it does not exist. Queried in root.'
    for method, path, body in (
        ("POST", "/items/articles", {"title": "x"}),
        ("PATCH", "/items/articles/1", {"title": "x"}),
        ("PATCH", "/items/articles", {"keys": [1], "data": {"title": "x"}}),
        ("DELETE", "/items/articles/1", None),
        ("DELETE", "/items/articles", [1]),
    ):
        for client in (town.outsider, town.nobody):
            assert (await client(method, path, body)).refused == (403, "FORBIDDEN", denied)
    drafts = Compare("status", Op.EQ, "draft")
    await town.rule("outsider", "articles", Action.WRITE | Action.DELETE, drafts, ("title", "author"))
    assert (await town.outsider("PATCH", "/items/articles/2?fields=title", {"title": "x"})).data == {"title": "x"}
    plain = (403, "FORBIDDEN", "You don't have permission to access this.")
    assert (await town.outsider("PATCH", "/items/articles/1", {"title": "x"})).refused == plain
    assert (await town.outsider("PATCH", "/items/articles/99", {"title": "x"})).refused == plain
    assert (await town.outsider("PATCH", "/items/articles", {"keys": [1, 2], "data": {"title": "x"}})).refused == plain
    assert (await town.outsider("DELETE", "/items/articles", [1, 2])).refused == plain
    assert (await town.outsider("DELETE", "/items/articles/99")).refused == plain
    for name in ("views", "nope"):
        reply = await town.outsider("PATCH", "/items/articles/2", {name: 1})
        assert reply.refused[:2] == (403, "FORBIDDEN")
    reply = await town.outsider("PATCH", "/items/articles/2", {"author": {"id": 1, "name": "x"}})
    assert 'collection "authors"' in reply.refused[2]
    assert (await town.admin("GET", "/items/authors/1?fields=name")).data == {"name": "Ada"}


@pytest.mark.slow
async def test_written_and_not_readable(town: Town) -> None:
    """Whoever may write and not read is told nothing."""
    await town.rule("blind", "unrelated", Action.CREATE | Action.WRITE)
    await add_collection(town.core, town.actor("admin"), Collection("drops", "id", (NUMBER, Field("text"))))
    await town.rule("blind", "drops", Action.CREATE)
    for body in ({"text": "x"}, [{"text": "y"}]):
        reply = await town.blind("POST", "/items/drops", body)
        assert (reply.status, reply.body) == (204, b"")


@pytest.mark.slow
async def test_rules_give_and_demand(town: Town) -> None:
    """Presets give what is not given; what validation does not allow is refused with its field."""
    root = town.actor("admin")
    await add_collection(
        town.core,
        root,
        Collection("notes", "id", (NUMBER, Field("text"), Field("at", Kind.TIMESTAMP), Field("size", Kind.INTEGER))),
    )
    given = (Preset("text", '"preset"'), Preset("at", late=Now()))
    rule = NewRule(town.numbers["outsider"], "notes", ALL, check=Compare("size", Op.LT, 10), presets=given)
    await add_rule(town.core, root, rule)
    assert (await town.outsider("POST", "/items/notes?fields=text,at,size", {"size": 5})).data == {
        "text": "preset",
        "at": "2027-01-15T08:00:00.000Z",
        "size": 5,
    }
    reply = await town.outsider("POST", "/items/notes", {"size": 50})
    assert reply.refused[:2] == (400, "FAILED_VALIDATION")
    assert reply.json["errors"][0]["extensions"]["field"] == "size"


@pytest.mark.slow
async def test_too_many_rows(hamlet: Town) -> None:
    """A request writes a thousand rows at most."""
    reply = await hamlet.admin("POST", "/items/unrelated", [{}] * 1_001)
    assert reply.refused == (400, "INVALID_PAYLOAD", "Invalid payload. More than 1000 rows at once.")
