"""Reading rows: every global query parameter, by GET and by SEARCH."""

from typing import Any

import pytest
from tests.faces.directus.tables import cases
from tests.faces.directus.town import Town

from commonhold.core.model import EVERYONE
from commonhold.core.query import Compare, Op
from commonhold.core.records.catalog import Catalog
from commonhold.core.roles import Action
from commonhold.store.sources import statements
from commonhold.store.sources.dialects import Dialect
from commonhold.store.sources.shape import Flags, Form, Tally
from commonhold.store.sources.statements import Plan

CASES = cases("reading.jsonl")
FIRST = ("fields with commas", "deep filter", "groups", "limit text", "field unknown beyond")
"""Cases that stand for the rest in the quick suite."""


def named() -> list[object]:
    """The cases, of which most are slow."""
    return [name if name in FIRST else pytest.param(name, marks=pytest.mark.slow) for name in CASES]


@pytest.mark.parametrize("name", named())
async def test_read(hamlet: Town, name: str) -> None:
    """The list is this one, or it is refused with this reason."""
    case = CASES[name]
    params = {"params": case["params"]} if "params" in case else {}
    reply = await hamlet.editor("GET", f"/items/articles?{case['query']}".rstrip("?"), **params)
    if "data" in case:
        assert reply.data == case["data"]
    else:
        assert reply.status == case["status"]
        reason = reply.json["errors"][0]["extensions"]["reason"]
        assert reason == (case["reason"] or reason)


@pytest.mark.slow
async def test_search(hamlet: Town) -> None:
    """A SEARCH asks the same in its body; without one it lists, and other keys are refused."""
    body = {"query": {"fields": ["id"], "filter": {"views": {"_gt": 40}}, "sort": ["-id"], "limit": 5}}
    assert (await hamlet.editor("SEARCH", "/items/articles", body)).data == [{"id": 5}]
    assert len((await hamlet.editor("SEARCH", "/items/articles")).data) == 5
    assert (await hamlet.editor("SEARCH", "/items/articles?fields=id&limit=1", {"keys": [3]})).data == [{"id": 1}]
    reply = await hamlet.editor("SEARCH", "/items/articles", {"foo": 1})
    assert reply.refused == (400, "INVALID_PAYLOAD", 'Invalid payload. "foo" is not allowed.')
    reply = await hamlet.editor("SEARCH", "/items/articles", {"query": {"limit": "x"}})
    assert reply.refused == (400, "INVALID_QUERY", 'Invalid query. "limit" must be a number.')
    odds: tuple[Any, ...] = ([], {"query": 1}, b"{bad")
    for odd in odds:
        assert (await hamlet.editor("SEARCH", "/items/articles", odd)).refused[:2] == (400, "INVALID_PAYLOAD")


@pytest.mark.slow
async def test_meta(hamlet: Town) -> None:
    """The counts are of all rows that the caller may read, and of those that the filter leaves."""
    path = "/items/articles?fields=id&limit=1&filter[status]=published"
    reply = await hamlet.editor("GET", f"{path}&meta=*")
    assert reply.json == {"meta": {"total_count": 5, "filter_count": 4}, "data": [{"id": 1}]}
    reply = await hamlet.editor("GET", f"{path}&meta=filter_count&search=fifth")
    assert reply.json["meta"] == {"filter_count": 1}


async def test_one(hamlet: Town) -> None:
    """A row is asked for by its key, with its fields; filters and pages of lists mean nothing there."""
    reply = await hamlet.editor("GET", "/items/articles/2?fields=id,author.name&filter[id]=1&limit=0&sort=nope&page=9")
    assert reply.data == {"id": 2, "author": {"name": "Bob"}}
    for key in ("99", "abc", "1.5", "%20", "9" * 30):
        reply = await hamlet.editor("GET", f"/items/articles/{key}")
        assert reply.refused == (403, "FORBIDDEN", "You don't have permission to access this.")


async def test_what_may_not_be_read(town: Town) -> None:
    """Rows and fields that rules do not give are not there: in lists, wildcards, counts and related rows."""
    for reply in (await town.nobody("GET", "/items/articles"), await town.nobody("GET", "/items/nope/1")):
        assert reply.refused[:2] == (403, "FORBIDDEN")
    limited = Compare("status", Op.EQ, "draft")
    await town.rule(EVERYONE, "articles", Action.READ, limited, ("id", "title", "author", "comments"))
    reply = await town.nobody("GET", "/items/articles?fields=*,author.name,comments.text&meta=*")
    assert reply.json == {
        "meta": {"total_count": 1, "filter_count": 1},
        "data": [{"id": 2, "title": "Second", "author": 2}],
    }
    assert (await town.nobody("GET", "/items/articles?fields=status")).status == 403
    assert (await town.nobody("GET", "/items/articles?sort=status")).status == 403
    assert (await town.nobody("GET", "/items/articles/1?fields=id")).status == 403
    assert (await town.nobody("GET", "/items/articles?aggregate[count]=*")).data == [{"count": "1"}]


async def test_a_form_compiles_once(hamlet: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of a form seen before, with other values, compiles no SQL."""
    compiled: list[object] = []

    def noted(catalog: Catalog, dialect: Dialect, form: Form | Tally | Flags) -> Plan:
        compiled.append(form)
        return plain(catalog, dialect, form)

    plain = statements.compiled
    monkeypatch.setattr(statements, "compiled", noted)
    path = "/items/articles?fields=id,author.name,comments.text&filter[views][_gt]={}&filter[author][name][_eq]={}"
    first = await hamlet.editor("GET", path.format(5, "Ada"))
    before = len(compiled)
    second = await hamlet.editor("GET", path.format(15, "Bob"))
    assert ([row["id"] for row in first.data], [row["id"] for row in second.data]) == ([1, 3], [2])
    assert before > 0
    assert set(compiled[before:]) <= set(compiled[:before])  # a reader that steps in when one is slow has its own plans
