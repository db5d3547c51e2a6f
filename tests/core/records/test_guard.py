"""The guard: what may not be read is neither shown nor told, and is refused in the words of what does not exist."""

import pytest

from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    NEVER,
    Aggregate,
    Back,
    Call,
    Compare,
    Filter,
    Fn,
    Given,
    Measure,
    Nest,
    Not,
    Of,
    Op,
    Operand,
    Or,
    Pick,
    Query,
    Some,
    Sort,
    Toward,
    all_of,
    any_of,
    label,
)
from commonhold.core.records.catalog import Field
from commonhold.core.records.changes import with_field
from commonhold.core.records.guard import guarded
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rules import EVERYTHING, WHOLE, Access, Grant
from commonhold.testing.sample_records import sample_catalog

CATALOG = sample_catalog()
OPEN: Filter = Compare("public", Op.EQ, True)
MINE: Filter = Compare("author", Op.EQ, 1)
NAMED: Filter = Compare("name", Op.NNULL)
ADA: Filter = Compare("name", Op.EQ, "Ada")

# Open articles with title and author, those of author 1 entirely; authors with a name, by name; comments entirely.
ACCESS = Access(
    {
        "articles": (Grant(OPEN, frozenset(["id", "title", "author", "comments"])), Grant(MINE)),
        "authors": (Grant(NAMED, frozenset(["name"])),),
        "comments": EVERYTHING,
    }
)
ROWS = any_of(OPEN, MINE)


def ask(query: Query, access: Access = ACCESS, collection: str = "articles") -> Query:
    return guarded(CATALOG, collection, query, access)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("title", "title"),
        ("views", Given("views", MINE)),
        (Call(Fn.YEAR, "made"), Given(Call(Fn.YEAR, "made"), MINE)),
        (Call(Fn.COUNT, "comments", ADA), None),
        (Of("author", "name"), Of("author", Given("name", NAMED))),
        (Given("views", OPEN), Given(Given("views", MINE), Compare(Given("public", MINE), Op.EQ, True))),
        (Call(Fn.COUNT, "extra"), Given(Call(Fn.COUNT, "extra"), MINE)),
    ],
)
def test_operands(asked: Operand, expected: Operand | None) -> None:
    """A field readable on some rows only is NULL on the others, wherever it stands; so are fields of hidden rows."""
    if expected is None:
        with pytest.raises(Problem, match="unknown_column"):
            ask(Query((Pick(asked),)))
        return
    measured = Query(aggregate=Aggregate(((Measure.COUNT, None), (Measure.MIN, asked)), (asked,)))

    assert ask(Query((Pick(asked, "x"),))).fields == (Pick(expected, "x"),)
    assert ask(Query(sort=(Sort(asked),))).sort == (Sort(expected),)
    assert ask(Query(filter=Compare(asked, Op.NULL))).filter == all_of(ROWS, Compare(expected, Op.NULL))
    assert ask(measured).aggregate == Aggregate(((Measure.COUNT, None), (Measure.MIN, expected)), (expected,))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Some("author", ADA), Some("author", all_of(NAMED, ADA))),
        (Not(Some("author")), Not(Some("author", NAMED))),
        (Some("comments"), Some("comments")),
        (Or((ALWAYS, NEVER)), Or((ALWAYS, NEVER))),
    ],
)
def test_filters(asked: Filter, expected: Filter) -> None:
    """Only rows that may be read are there to be found, on every side of every relation."""
    assert ask(Query(filter=asked)).filter == all_of(ROWS, expected)


def test_partly_readable_relations() -> None:
    """A relation whose field may be read on some rows only is not there on the others."""
    access = Access({"articles": (Grant(OPEN, frozenset(["id"])), Grant(MINE)), "authors": EVERYTHING})
    query = ask(Query((Nest("author", "author", Query()),), Some("author")), access)

    assert query.filter == all_of(ROWS, all_of(MINE, Some("author")))
    assert query.fields == (Nest("author", "author", Query(), given=MINE),)


def test_nested_queries() -> None:
    """What is nested is guarded by the grants of its own collection."""
    (nest,) = ask(Query((Nest("author", "by", Query((Pick("name"),), ADA)),))).fields

    assert nest == Nest("author", "by", Query((Pick("name", "name"),), all_of(NAMED, ADA)))


def test_back_and_toward() -> None:
    """A step back needs the field that refers; a step toward one of several collections needs both."""
    blocks = Access({"blocks": EVERYTHING, "comments": EVERYTHING})

    assert ask(Query(filter=Some(Back("comments", "article"))), WHOLE).filter == Some(Back("comments", "article"))
    asked = Query(filter=Some(Toward("item", "comments")))
    assert ask(asked, blocks, "blocks").filter == Some(Toward("item", "comments"))
    with pytest.raises(Problem, match="unknown_collection"):
        ask(Query(filter=Some(Toward("item", "tags"))), blocks, "blocks")
    with pytest.raises(Problem, match="unknown_column"):
        ask(Query(filter=Some(Back("articles", "author"))), Access(rest=(Grant(ALWAYS, frozenset(["id"])),)), "authors")


def test_every_field() -> None:
    """A star stands for the fields that may be read, to-many relations as keys; nothing is shown twice."""
    fields = ask(Query((Pick("*"), Nest("author", "author", Query((Pick("name"),)))))).fields

    names = [label(shown) for shown in fields]
    assert names == list(dict.fromkeys(names))
    assert {"id", "title", "views", "comments", "author"} <= set(names)
    assert not {"tags", "blocks"} & set(names)
    assert Nest("comments", "comments", Query((Pick("id", "id"),)), flat=True) in fields
    assert Pick(Given("views", MINE), "views") in fields


def test_every_field_of_a_narrow_grant() -> None:
    """A star leaves out, without a word, what may not be read."""
    narrow = Access({"articles": (Grant(ALWAYS, frozenset(["id", "title", "comments"])),)})
    assert ask(Query((Pick("*"),)), narrow).fields == (Pick("id", "id"), Pick("title", "title"))


def test_fields_for_show_are_not_there() -> None:
    """A field without column and relation has nothing to show: a star leaves it out, by name it is refused."""
    catalog = with_field(CATALOG, "tags", Field("divider", Kind.ALIAS))

    fields = guarded(catalog, "tags", Query((Pick("*"),)), WHOLE).fields
    assert [label(shown) for shown in fields] == ["slug", "label", "articles"]
    with pytest.raises(Problem, match="unknown_column"):
        guarded(catalog, "tags", Query((Pick("divider"),)), WHOLE)


@pytest.mark.parametrize(
    "query",
    [
        Query((Pick("born"),)),
        Query(filter=Compare("born", Op.NULL)),
        Query(sort=(Sort("born"),)),
        Query((Pick("no_such_field"),)),
        Query((Nest("no_such_field", "x", Query()),)),
    ],
)
def test_hidden_is_missing(query: Query) -> None:
    """A field that may never be read is refused like one that does not exist."""
    with pytest.raises(Problem) as raised:
        ask(query, collection="authors")

    named = "born" if "born" in str(query) else "no_such_field"
    assert Problem("unknown_column", collection="authors", field=named) == raised.value


@pytest.mark.parametrize("collection", ["tags", "no_such_collection"])
def test_hidden_collections_are_missing(collection: str) -> None:
    """A collection of which no row may be read is refused like one that does not exist."""
    with pytest.raises(Problem) as raised:
        ask(Query(), collection=collection)

    assert Problem("unknown_collection", collection=collection) == raised.value


def test_administrators_ask_as_they_like() -> None:
    """For an administrator nothing is added."""
    query = Query((Pick("title", "t"),), Some("author", ADA), (Sort(Of("author", "name")),))
    assert query == ask(query, WHOLE)
