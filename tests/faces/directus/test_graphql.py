"""GraphQL over the collections of records: what is asked in one document, and what is refused."""

from typing import Any

import pytest
from tests.faces.directus.town import Client, Reply, Town

from commonhold.core.model import EVERYONE
from commonhold.core.query import Compare, Op
from commonhold.core.roles import Action

pytestmark = pytest.mark.slow

SCHEMA = "{ __schema { queryType { fields { name } } mutationType { fields { name } } types { name } } }"


async def ask(who: Client, query: str, scope: str = "", /, **variables: Any) -> Reply:
    """Send a document."""
    return await who("POST", f"/graphql{scope}", {"query": query, "variables": variables})


async def data(who: Client, query: str, scope: str = "", /, **variables: Any) -> Any:
    """Send a document, and return the data of an answer without errors."""
    reply = await ask(who, query, scope, **variables)
    assert "errors" not in reply.json, reply
    return reply.data


async def names(who: Client) -> dict[str, set[str]]:
    """Return what somebody's schema has at its top."""
    found = (await data(who, SCHEMA))["__schema"]
    return {
        kind: {one["name"] for one in (found[kind] or {"fields": []})["fields"]} for kind in found if kind != "types"
    }


async def test_lists(hamlet: Town) -> None:
    """Rows with what is nested in them, filtered, sorted, paged, under other names, with parts of fragments."""
    query = """query($views: GraphQLStringOrFloat, $short: Boolean!) {
      articles(filter: {views: {_gt: $views}, author: {name: {_eq: "Ada"}}}, sort: ["-views"], limit: 1, offset: 0) {
        ...card  id @skip(if: $short)
        said: comments(filter: {text: {_contains: "third"}}) { text }
        all: comments { __typename id }
        comments_func { count }
      }
    }
    fragment card on articles { headline: title author { name } }"""
    found = await data(hamlet.editor, query, views=15, short=True)
    row = {
        "headline": "Third",
        "author": {"name": "Ada"},
        "said": [{"text": "c on third"}],
        "all": [{"__typename": "comments", "id": "3"}],
        "comments_func": {"count": 1},
    }
    assert found == {"articles": [row]}


async def test_single_rows(hamlet: Town) -> None:
    """A row by its key; one that is not there is refused beside the data; a page of one is asked by number."""
    query = "{ articles_by_id(id: 1) { id title category { name } } b: articles(page: 2, limit: 2) { id } }"
    found = await data(hamlet.editor, query)
    assert found == {
        "articles_by_id": {"id": "1", "title": "First", "category": None},
        "b": [{"id": "3"}, {"id": "4"}],
    }
    reply = await ask(hamlet.editor, "{ articles_by_id(id: 99) { id } }")
    assert reply.json == {
        "data": {"articles_by_id": None},
        "errors": [
            {
                "message": "You don't have permission to access this.",
                "extensions": {"code": "FORBIDDEN"},
                "locations": [{"line": 1, "column": 3}],
                "path": ["articles_by_id"],
            }
        ],
    }


async def test_aggregates(hamlet: Town) -> None:
    """Groups with their measures; without groups one line."""
    query = """{ articles_aggregated(groupBy: ["status"], sort: ["status"]) {
      group countAll count { id author } countDistinct { author } sum { views } max { views } avg { views } } }"""
    found = (await data(hamlet.editor, query))["articles_aggregated"]
    assert found[0] == {
        "group": {"status": "draft"},
        "countAll": 1,
        "count": {"id": 1, "author": 1},
        "countDistinct": {"author": 1},
        "sum": {"views": 20.0},
        "max": {"views": 20.0},
        "avg": {"views": 20.0},
    }
    assert found[1]["countAll"] == 4
    assert (await data(hamlet.editor, "{ comments_aggregated { countAll } }")) == {
        "comments_aggregated": [{"countAll": 3}]
    }


async def test_writes(town: Town) -> None:
    """Rows are added, changed and deleted, and shown as they are then."""
    made = await data(
        town.admin,
        "mutation($d: [create_authors_input!]) { create_authors_items(data: $d) { id name } }",
        d=[{"name": "Cy"}],
    )
    assert made == {"create_authors_items": [{"id": "3", "name": "Cy"}]}
    one = await data(town.admin, 'mutation { create_authors_item(data: {name: "Di"}) { id } }')
    assert one == {"create_authors_item": {"id": "4"}}
    query = """mutation { a: update_authors_item(id: 3, data: {phone: "3"}) { phone }
      b: update_authors_items(ids: [3, 4], data: {phone: "4"}) { id phone }
      c: update_authors_batch(data: [{id: 4, phone: "5"}]) { id phone } }"""
    assert await data(town.admin, query) == {
        "a": {"phone": "3"},
        "b": [{"id": "3", "phone": "4"}, {"id": "4", "phone": "4"}],
        "c": [{"id": "4", "phone": "5"}],
    }
    gone = "mutation { delete_authors_item(id: 4) { id } delete_authors_items(ids: [3]) { ids } }"
    assert await data(town.admin, gone) == {"delete_authors_item": {"id": "4"}, "delete_authors_items": {"ids": ["3"]}}
    assert await data(town.admin, "{ authors { id } }") == {"authors": [{"id": "1"}, {"id": "2"}]}


async def test_by_get(hamlet: Town) -> None:
    """A document is sent by GET as well, unless it writes."""
    reply = await hamlet.editor(
        "GET", "/graphql", params={"query": "query a($n: Int) { authors(limit: $n) { name } }", "variables": '{"n":1}'}
    )
    assert reply.data == {"authors": [{"name": "Ada"}]}
    reply = await hamlet.admin("GET", "/graphql", params={"query": "mutation { delete_authors_item(id: 1) { id } }"})
    assert reply.refused == (405, "METHOD_NOT_ALLOWED", 'Invalid method "GET" used. Should be one of "POST".')
    assert reply.json["errors"][0]["extensions"]["allowed"] == ["POST"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Invalid payload. Must provide query string."),
        ({"query": ""}, "Invalid payload. Must provide query string."),
        ({"query": 7}, 'Invalid payload. "query" must be a string.'),
        ({"query": "{ authors { id } }", "variables": [1]}, 'Invalid payload. "variables" must be of type object.'),
        ({"query": "{ authors { id } }", "variables": "{"}, "Invalid payload. Variables are invalid JSON."),
        ({"query": "{ authors { id } }", "operationName": 1}, 'Invalid payload. "operationName" must be a string.'),
    ],
)
async def test_bodies_that_ask_nothing(hamlet: Town, body: dict[str, Any], message: str) -> None:
    """A body without a document, or with variables that are none, is refused in words."""
    assert (await hamlet.editor("POST", "/graphql", body)).refused == (400, "INVALID_PAYLOAD", message)
    assert (await hamlet.editor("GET", "/graphql")).refused[1] == "INVALID_PAYLOAD"


def _deep(levels: int) -> str:
    return "{ articles" + " { comments { article" * levels + " { id }" + " } }" * levels + " }"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ authors { nope } }", 'Cannot query field "nope" on type "authors".'),
        ("{ authors {", "Syntax Error: Expected Name, found <EOF>."),
        ("{ directus_users { id } }", 'Cannot query field "directus_users" on type "Query".'),
        ("{ authors(limit: true) { id } }", "Int cannot represent non-integer value: true"),
        ("query($a: Int!) { authors(limit: $a) { id } }", 'Variable "$a" has invalid value'),
        ("query a { authors { id } } query b { authors { id } }", "Must provide operation name"),
        ("subscription { authors { id } }", "subscription"),
        (_deep(10), "its depth are"),
        ("{" + " ".join(f"a{n}: authors {{ id }}" for n in range(51)) + "}", "fields at the top"),
        (
            "{ ...a } "
            + "".join(f"fragment {a} on Query {{ ...{b} ...{b} ...{b} ...{b} }} " for a, b in ("ab", "bc", "cd"))
            + "fragment d on Query { authors { id } }",
            "fields at the top",
        ),
        ("{ authors { " + " ".join(["id"] * 9_000) + " } }", "Syntax Error: Document contains more"),
        ("{ a " * 3_000, "nested too deeply"),
        ("{ ...a } fragment a on Query { ...a }", "Cannot spread fragment"),
    ],
    ids=lambda one: one[:25],
)
async def test_documents_that_are_refused(hamlet: Town, query: str, said: str) -> None:
    """What does not fit the schema, or is too large, is refused as a whole."""
    reply = await ask(hamlet.editor, query)
    assert reply.refused == (400, "GRAPHQL_VALIDATION", "GraphQL validation error.")
    errors = reply.json["errors"][0]["extensions"]["errors"]
    assert any(said in one["message"] for one in errors), errors


async def test_too_costly(hamlet: Town) -> None:
    """What a document asks of the collections has the limits of every query."""
    reply = await ask(hamlet.editor, _deep(4))
    assert reply.json["errors"][0]["extensions"]["code"] == "INVALID_QUERY"
    for arguments in ('sort: ["nope"]', 'filter: {title: {_eq: ""}}', "limit: -2", 'filter: {views: {_gt: "x"}}'):
        reply = await ask(hamlet.editor, f"{{ articles({arguments}) {{ id }} }}")
        assert reply.status == 200, reply
        assert reply.json["data"] is None or reply.json["data"] == {"articles": None}
        assert reply.json["errors"][0]["extensions"]["code"] in ("INVALID_QUERY", "FORBIDDEN")


async def test_schemas_show_what_may_be_seen(town: Town) -> None:
    """Everybody's schema has what he may read and write, and changes with the rules."""
    admin, editor, nobody = [await names(who) for who in (town.admin, town.editor, town.nobody)]
    assert {"articles", "articles_by_id", "articles_aggregated", "articles_by_version"} <= admin["queryType"]
    assert {"create_unrelated_item", "delete_authors_items", "update_articles_batch"} <= admin["mutationType"]
    assert "unrelated" in editor["queryType"]
    assert "create_unrelated_item" not in editor["mutationType"]
    assert "create_articles_item" in editor["mutationType"]
    assert nobody == {"queryType": {"_empty"}, "mutationType": set()}

    await town.rule("blind", "unrelated", Action.WRITE)
    assert (await names(town.blind))["mutationType"] == {
        "update_unrelated_item",
        "update_unrelated_items",
        "update_unrelated_batch",
    }


async def test_rules_of_fields_and_rows(town: Town) -> None:
    """A schema has the fields that may be read, lists the rows that may be, whoever asked for the same before."""
    await town.rule(EVERYONE, "articles", Action.READ, Compare("status", Op.EQ, "draft"), ("id", "title"))
    for _ in range(2):
        assert await data(town.nobody, "{ articles { id title } }") == {"articles": [{"id": "2", "title": "Second"}]}
        assert len((await data(town.editor, "{ articles { id title } }"))["articles"]) == 5
        reply = await ask(town.nobody, "{ articles { id views } }")
        assert reply.refused[1] == "GRAPHQL_VALIDATION"
        assert "views" in await _type(town.editor, "articles")
        assert await _type(town.nobody, "articles") == ["id", "title"]


async def _type(who: Client, name: str) -> list[str]:
    query = f'{{ __type(name: "{name}") {{ fields {{ name }} }} }}'
    return [one["name"] for one in (await data(who, query))["__type"]["fields"]]
