"""Rows in memory that are asked as collections are."""

from typing import Any

import pytest

from commonhold.core.problems import Problem
from commonhold.core.query import (
    Aggregate,
    Back,
    Call,
    Compare,
    Facts,
    Fn,
    Given,
    Measure,
    Nest,
    Not,
    Of,
    Op,
    Or,
    Page,
    Pick,
    Query,
    Some,
    Sort,
)
from commonhold.core.records.memo import Memo
from commonhold.core.records.reading import how_many, row_of
from commonhold.core.records.rules import WHOLE, Access, Grant
from commonhold.core.records.shelf import Shelf, touched
from commonhold.core.records.view import View
from commonhold.testing.sample_records import sample_catalog, sample_rows

CATALOG = sample_catalog()
FACTS = Facts(0)
TITLED = Query((Pick("title"),), sort=(Sort("id"),), page=Page(2))


async def test_rows_and_keys() -> None:
    """A shelf answers lists, single rows and counts; a filter of the server's own holds beside that of the query."""
    shelf = Shelf(CATALOG, sample_rows(), FACTS)
    assert await shelf.rows("articles", TITLED) == [{"title": "First"}, {"title": "Second"}]
    assert await shelf.rows("articles", TITLED, Compare("id", Op.EQ, 2)) == [{"title": "Second"}]
    assert await row_of(shelf, "articles", "3", TITLED) == {"title": "ÉTÉ"}
    assert await how_many(shelf, "articles", Compare("author", Op.EQ, 1)) == 2
    assert await Shelf(CATALOG, {}, FACTS).rows("articles", TITLED) == []
    for key in ("99", "x", None):
        with pytest.raises(Problem, match="not_found"):
            await row_of(shelf, "articles", key, TITLED)


async def test_guarded() -> None:
    """What an access does not give is not there."""
    some = Access({"articles": (Grant(Compare("id", Op.EQ, 1), frozenset({"id", "title"})),)})
    shelf = Shelf(CATALOG, sample_rows(), FACTS, some)
    assert await shelf.rows("articles", Query()) == [{}]
    assert await shelf.rows("articles", Query((Pick("*"),))) == [{"id": 1, "title": "First"}]
    for query in (Query((Pick("body"),)), Query(filter=Compare("body", Op.NULL))):
        with pytest.raises(Problem, match="unknown_column"):
            await shelf.rows("articles", query)
    with pytest.raises(Problem, match="unknown_collection"):
        await shelf.tally("authors", Query())


async def test_groups_in_order() -> None:
    """Groups come in the order asked for, nothing greatest, in pages; by another operand they are not sorted."""
    shelf = Shelf(CATALOG, sample_rows(), FACTS)
    counted = Aggregate(((Measure.COUNT, None),), ("category",))
    query = Query(aggregate=counted, sort=(Sort("category", descending=True),), page=Page(2, 1))
    assert await shelf.tally("articles", query) == [(2, 1), (1, 2)]
    assert await shelf.tally("articles", Query(aggregate=counted)) == [(1, 2), (2, 1), (None, 2)]
    with pytest.raises(Problem, match="bad_query"):
        await shelf.tally("articles", Query(aggregate=counted, sort=(Sort("title"),)))


@pytest.mark.parametrize(
    ("query", "more"),
    [
        (Query(), set()),
        (Query((Pick(Of("author", "name")),)), {"authors"}),
        (Query((Nest("comments", "c", Query((Nest("answers", "a", Query()),))),)), {"comments"}),
        (Query((Nest("tags", "t", Query((Pick(Of("tag", "label")),))),)), {"articles_tags", "tags"}),
        (
            Query(filter=Not(Or((Some("blocks"), Compare(Call(Fn.COUNT, "comments"), Op.GT, 1))))),
            {"blocks", "comments"},
        ),
        (Query(filter=Some(Back("comments", "article"))), {"comments"}),
        (Query((Pick(Given("title", Some("category"))),)), {"categories"}),
        (Query(sort=(Sort(Of("category", "name")),)), {"categories"}),
        (Query(aggregate=Aggregate(((Measure.COUNT, Of("author", "name")),))), {"authors"}),
    ],
)
async def test_only_what_is_touched_is_loaded(query: Query, more: set[str]) -> None:
    """A query names the collections whose rows it needs, and these alone are loaded."""
    asked: list[frozenset[str]] = []

    async def load(names: frozenset[str]) -> dict[str, list[dict[str, Any]]]:
        asked.append(names)
        return {name: rows for name, rows in sample_rows().items() if name in names}

    assert touched(CATALOG, "articles", query) == {"articles", *more}
    shelf = Shelf(CATALOG, load, FACTS)
    await (shelf.tally if query.aggregate else shelf.rows)("articles", query)
    assert asked == [frozenset({"articles", *more})]


def test_view() -> None:
    """A view shows those collections, fields and relations that an access gives."""
    whole = View(CATALOG, WHOLE)
    assert whole.sees("articles")
    assert not whole.sees("nope")
    assert whole.field("nope", "id") is None
    assert whole.fields("nope") == []
    assert whole.names("articles") is None
    assert "comments" in [field.name for field in whole.fields("articles")]
    some = View(CATALOG, Access({"articles": (Grant(fields=frozenset({"id", "author"})),)}))
    assert [field.name for field in some.fields("articles")] == ["id", "author"]
    assert some.relation("articles", "author") is not None
    assert some.relation("articles", "category") is None
    assert not some.sees("authors")


def test_memo() -> None:
    """What was made is found by the very values that it was made of, the newest alone."""
    memo = Memo[str](2)
    one, two, three = [1], [1], [1]
    assert memo.put("one", one) == "one"
    memo.put("two", two)
    assert memo.get(one) == "one"
    memo.put("three", three)
    assert [memo.get(value) for value in (one, two, three, [1])] == ["one", None, "three", None]
