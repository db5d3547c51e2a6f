"""What is asked of every source: operators (a data file), filters, queries and measures over ``sample_records``."""

import json
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any, Final

import pytest_asyncio

from commonhold.core.query import (
    ALWAYS,
    NEVER,
    Aggregate,
    And,
    Back,
    Call,
    Compare,
    Current,
    Facts,
    Filter,
    Fn,
    Given,
    Measure,
    Nest,
    Not,
    Now,
    Of,
    Op,
    Or,
    Page,
    Pick,
    Query,
    Some,
    Sort,
    Toward,
    within,
)
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.kinds import Kind
from commonhold.core.records.ports import Source
from commonhold.testing.sample_records import sample_catalog, sample_rows

FACTS: Final = Facts(1_709_251_199_999, {"user": "Ada", "groups": ("a", "b"), "none": None})
CASES: Final[list[dict[str, Any]]] = json.loads(
    files("commonhold.testing").joinpath("cases/operators.json").read_text(encoding="utf-8")
)
KEY: Final = (Pick("id"),)

FILTERS: Final[list[tuple[str, Filter, list[int]]]] = [
    ("always", ALWAYS, [1, 2, 3, 4, 5]),
    ("never", NEVER, []),
    ("not unknown is unknown", Not(Compare("views", Op.GT, 10)), [1, 3]),
    ("unknown or true", Or((Compare("views", Op.GT, 10), Compare("id", Op.EQ, 5))), [2, 5]),
    ("not (unknown and false)", Not(And((Compare("views", Op.GT, 0), Compare("id", Op.EQ, 1)))), [2, 3, 4, 5]),
    ("up", Some("author", Compare("name", Op.EQ, "Ada")), [1, 3]),
    ("not up", Not(Some("author", Compare("name", Op.EQ, "Ada"))), [2, 4, 5]),
    ("value above", Compare(Of("author", "name"), Op.NULL), [4, 5]),
    ("value above negated", Compare(Of("category", "name"), Op.NEQ, "x"), [2, 3]),
    ("function above", Compare(Of("author", Call(Fn.YEAR, "born")), Op.EQ, 1815), [1, 3]),
    ("down", Some("comments", Compare("text", Op.CONTAINS, "two")), [1]),
    ("none down", Not(Some("comments")), [2, 4, 5]),
    ("down unknown", Not(Some("comments", Compare("answers", Op.GT, 0))), [2, 3, 4, 5]),
    ("down and down", within(("comments", "replies"), Compare("id", Op.EQ, 2)), [1]),
    ("many to many", within(("tags", "tag"), Compare("label", Op.EQ, "Aa")), [1, 2]),
    ("one of several kinds", within(("blocks", Toward("item", "tags")), Compare("label", Op.EQ, "One")), [1]),
    ("the other kind", within(("blocks", Toward("item", "comments")), ALWAYS), [1]),
    ("there and back", within(("author", Back("articles", "author")), Compare("id", Op.EQ, 3)), [1, 3]),
    ("counted where", Compare(Call(Fn.COUNT, "comments", Compare("answers", Op.NULL)), Op.EQ, 1), [1, 3]),
    ("given", Compare(Given("views", Compare("public", Op.EQ, True)), Op.GT, 0), [1]),
    ("not given is nothing", Compare(Given("views", Compare("public", Op.EQ, True)), Op.NULL), [2, 3, 4, 5]),
    ("now", Compare("made", Op.EQ, Now()), [1]),
    ("an hour later", Compare("made", Op.LT, Now(plus=3_600_000)), [1, 4]),
    ("months ago", Compare("made", Op.GT, Now(months=-1)), [1]),
    ("today", Compare("day", Op.EQ, Now()), [1]),
    ("whoever asks", Some("author", Compare("name", Op.EQ, Current("user"))), [1, 3]),
    ("in his groups", within(("tags",), Compare("tag", Op.IN, Current("groups"))), [1, 2]),
    ("in a list with his groups", within(("tags",), Compare("tag", Op.IN, ("z", Current("groups")))), [1, 2]),
    ("an unknown fact", Compare("title", Op.EQ, Current("nobody")), []),
]

REFUSED: Final[list[tuple[str, Filter]]] = [
    ("unknown_column", Compare("nothing", Op.EQ, 1)),
    ("unknown_column", Compare("comments", Op.EQ, 1)),
    ("unknown_column", Some("title")),
    ("unknown_column", Some("author", Compare("nothing", Op.EQ, 1))),
    ("bad_query", Compare("views", Op.CONTAINS, "1")),
    ("bad_query", Compare("secret", Op.EQ, "s")),
    ("bad_query", Compare("views", Op.EQ, (1, 2))),
    ("bad_query", Compare("views", Op.BETWEEN, (1,))),
    ("bad_query", Compare("title", Op.EQ, Current("groups"))),
    ("bad_query", Compare(Call(Fn.YEAR, "title"), Op.EQ, 1)),
    ("invalid_field", Compare("views", Op.EQ, "many")),
    ("invalid_field", Compare("made", Op.EQ, "yesterday")),
    ("invalid_field", Compare("token", Op.EQ, "x' OR 1=1")),
    ("value_out_of_range", Compare("views", Op.EQ, 2**31)),
    ("value_out_of_range", Compare("size", Op.IN, (2**63,))),
]

QUERIES: Final[dict[str, Query]] = {
    "columns of every kind": Query(
        tuple(Pick(field.name) for field in sample_catalog().collection("articles").fields[:15])
    ),
    "under other names": Query((Pick("title", "name"), Pick(Call(Fn.YEAR, "made")), Pick(Of("author", "name"), "by"))),
    "given": Query((Pick("id"), Pick(Given("title", Compare("views", Op.GT, 10)), "title"))),
    "sorted": Query(KEY, sort=(Sort("views"),)),
    "sorted downwards": Query(KEY, sort=(Sort("views", descending=True), Sort("id", descending=True))),
    "sorted by what is above": Query(KEY, sort=(Sort(Of("author", "name"), descending=True), Sort("title"))),
    "a page": Query(KEY, page=Page(2, 1)),
    "an empty page": Query(KEY, page=Page(0)),
    "from an offset on": Query(KEY, page=Page(offset=3)),
    "up": Query((Pick("id"), Nest("author", "author", Query((Pick("name"),))))),
    "up, filtered": Query((Nest("author", "by", Query((Pick("name"),), Compare("name", Op.EQ, "Bob"))),)),
    "down": Query((Nest("comments", "comments", Query((Pick("id"), Pick("text")), sort=(Sort("id", True),))),)),
    "down, a page each": Query((Pick("id"), Nest("comments", "c", Query(KEY, page=Page(1, 1))))),
    "down, from an offset on": Query((Pick("id"), Nest("comments", "c", Query(KEY, page=Page(offset=1))))),
    "keys alone": Query((Pick("id"), Nest("comments", "comments", Query(KEY), flat=True))),
    "only where given": Query((Pick("id"), Nest("comments", "c", Query(KEY), given=Compare("views", Op.GT, 10)))),
    "three levels": Query((Nest("tags", "tags", Query((Pick("rank"), Nest("tag", "tag", Query((Pick("label"),)))))),)),
    "several kinds": Query(
        (
            Nest(
                "blocks",
                "blocks",
                Query(
                    (
                        Pick("id"),
                        Nest(Toward("item", "comments"), "item", Query((Pick("text"),))),
                        Nest(Toward("item", "tags"), "item", Query((Pick("label"),))),
                    )
                ),
            ),
        )
    ),
    "nothing shown": Query(()),
}

TALLIES: Final[list[Query]] = [
    Query(aggregate=Aggregate(((Measure.COUNT, None),))),
    Query(filter=within(("tags",), ALWAYS), aggregate=Aggregate(((Measure.COUNT, None), (Measure.COUNT, "title")))),
    Query(filter=NEVER, aggregate=Aggregate(((Measure.COUNT, None), (Measure.MAX, "views")))),
    Query(aggregate=Aggregate(tuple((measure, "views") for measure in Measure))),
    Query(aggregate=Aggregate(tuple((measure, "score") for measure in Measure))),
    Query(aggregate=Aggregate(((Measure.COUNT_DISTINCT, "author"), (Measure.MIN, "title")), ("author",))),
    Query(aggregate=Aggregate(((Measure.COUNT, None),), (Call(Fn.YEAR, "made"), Of("author", "name")))),
    Query(aggregate=Aggregate(((Measure.SUM, Given("views", Compare("id", Op.LT, 3))),), ("public",))),
]


@pytest_asyncio.fixture(name="filled")
async def filled_source(source: Source) -> AsyncIterator[tuple[Source, Catalog]]:
    """Return the source with the sample catalogue and its rows."""
    catalog = sample_catalog()
    await source.reshape(Catalog(0), catalog)
    for collection, rows in sample_rows().items():
        await source.insert(catalog, collection, rows)
    yield source, catalog


Filled = tuple[Source, Catalog]


async def ids(filled: Filled, where: Filter) -> list[Any]:
    """Return the ids of the articles for which a filter holds."""
    source, catalog = filled
    found = await source.read(catalog, "articles", Query(KEY, where), FACTS)
    return [row["id"] for row in found.rows]


async def row_of(filled: Filled, collection: str, key: Any) -> dict[str, Any] | None:
    """Return a row with all of its columns."""
    source, catalog = filled
    fields = tuple(Pick(field.name) for field in catalog.collection(collection).fields if field.kind is not Kind.ALIAS)
    where = Compare(catalog.collection(collection).key, Op.EQ, key)
    found = await source.read(catalog, collection, Query(fields, where), FACTS)
    return found.rows[0] if found.rows else None
