"""What is particular to SQLite: few statements, indexes used, adopted tables, and its own refusals made problems."""

import sqlite3
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    NEVER,
    And,
    Compare,
    Facts,
    Filter,
    Measure,
    Nest,
    Not,
    Op,
    Or,
    Page,
    Pick,
    Query,
    Some,
    Toward,
    within,
)
from commonhold.core.query import Aggregate as Totals
from commonhold.core.records.catalog import Catalog, Collection, Field, OnDelete, Relation
from commonhold.core.records.guard import guarded
from commonhold.core.records.kinds import Kind
from commonhold.core.records.ports import MOST_ROWS
from commonhold.core.records.reach import reach
from commonhold.core.records.rules import EVERYTHING, Access, narrowed
from commonhold.store.sources.dialects import Sqlite
from commonhold.store.sources.sqlite import SqliteSource
from commonhold.store.sources.sqlite_errors import mapped
from commonhold.store.sources.statements import Plans
from commonhold.testing.sample_records import sample_catalog, sample_rows

CATALOG = sample_catalog()
FACTS = Facts(0)
ID = Field("id", Kind.INTEGER, nullable=False)


@pytest.fixture
def source() -> Iterator[SqliteSource]:
    connection = sqlite3.connect(":memory:")
    Sqlite.prepare(connection)
    source = SqliteSource(connection, Plans(Sqlite()))
    source.reshape(Catalog(0), CATALOG)
    for collection, rows in sample_rows().items():
        source.insert(CATALOG, collection, rows)
    yield source
    connection.close()


def statements(source: SqliteSource, collection: str, query: Query) -> list[str]:
    """The statements that a reading runs."""
    seen: list[str] = []
    source.connection.set_trace_callback(seen.append)
    source.read(CATALOG, collection, query, FACTS)
    source.connection.set_trace_callback(None)
    return seen


def plan(source: SqliteSource, text: str) -> list[str]:
    """How SQLite goes about a statement whose values are written in."""
    return [row[3] for row in source.connection.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()]


NESTED = Query(
    (
        Pick("id"),
        Nest("author", "author", Query((Pick("name"),))),
        Nest("comments", "comments", Query((Pick("id"), Nest("replies", "replies", Query((Pick("id"),)))))),
    )
)


def test_statements_are_as_many_as_relations(source: SqliteSource) -> None:
    """One statement for the rows and one for each relation shown, whatever the number of rows."""
    one = replace(NESTED, filter=Compare("id", Op.EQ, 1))

    assert len(statements(source, "articles", one)) == 4
    assert len(statements(source, "articles", NESTED)) == 4
    assert len(statements(source, "articles", replace(NESTED, filter=NEVER))) == 1


def test_forms_are_compiled_once(source: SqliteSource) -> None:
    """Other values, late values and longer lists are the same statement; another form, or catalogue, is another one."""
    for value in (1, "7", None):
        source.read(CATALOG, "articles", Query(filter=Compare("views", Op.EQ, value)), FACTS)
    for values in ((), (1,), (1, 2, 3)):
        source.read(CATALOG, "articles", Query(filter=Compare("views", Op.IN, values)), FACTS)
    assert source.plans.compiled == 2

    source.read(Catalog(CATALOG.version + 1, CATALOG), "articles", Query(filter=Compare("views", Op.EQ, 1)), FACTS)
    assert source.plans.compiled == 3


def test_least_used_forms_are_forgotten(source: SqliteSource) -> None:
    """Only so many statements are kept; those in use stay."""
    source.plans = Plans(Sqlite(), most=2)
    for operand in ("id", "views", "id", "title", "id"):
        source.read(CATALOG, "articles", Query(filter=Compare(operand, Op.NNULL)), FACTS)
    assert source.plans.compiled == 3


@pytest.mark.parametrize("collection", ["articles", "authors", "comments", "blocks", "tags", "articles_tags"])
def test_reach_is_searched_by_indexes(source: SqliteSource, collection: str) -> None:
    """A list in reach of a row starts from that row: no table is read through, with statistics or without."""
    reached = reach(CATALOG, "articles", "1")
    access = Access({name: narrowed(EVERYTHING, where) for name, where in reached.items()})
    query = guarded(CATALOG, collection, Query(page=Page(25)), access)

    (text,) = statements(source, collection, query)
    assert not [step for step in plan(source, text) if step.startswith("SCAN t")]

    count = "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
    for table in ("authors(id)", "articles(id, author)", "comments(id, article)", "tags(slug)"):
        source.connection.execute(f"{count} INSERT INTO r_{table} SELECT i{', i' * table.count(',')} FROM n")
    source.connection.execute("ANALYZE")
    assert not [step for step in plan(source, text) if step.startswith("SCAN t0")]


def test_one_row_is_searched_by_its_key(source: SqliteSource) -> None:
    """A question about one row does work for that row alone, on both sides of every relation."""
    steps: tuple[Filter, ...] = (
        Some("author", Compare("name", Op.EQ, "Ada")),
        within(("comments", "replies"), ALWAYS),
        within(("blocks", Toward("item", "comments")), ALWAYS),
    )
    where = And((Compare("id", Op.EQ, 1), *steps))

    (text,) = statements(source, "articles", Query(filter=where))

    assert not [step for step in plan(source, text) if "SCAN" in step]


def test_deep_relations_in_lists(source: SqliteSource) -> None:
    """In a list relations may be as deep as they like: they stand one after the other."""
    deep = within(("comments", "replies") + ("answers", "replies") * 20, ALWAYS)
    assert source.read(CATALOG, "articles", Query(filter=Not(deep)), FACTS).rows


def test_what_sqlite_cannot_parse(source: SqliteSource) -> None:
    """A question nested beyond what this SQLite parses is a problem; one that can parse it answers. It is no error."""
    deep: Filter = Compare("id", Op.EQ, 1)
    for _ in range(60):
        deep = Not(Or((And((deep, Compare("id", Op.NNULL))), Compare("id", Op.NULL))))

    def answer() -> object:
        try:
            return source.flags(CATALOG, "articles", [1], [deep], FACTS)
        except Problem as problem:
            return problem

    assert answer() in ({"1": (True,)}, Problem("query_too_costly", limit="nesting"))


def test_too_many_rows(source: SqliteSource) -> None:
    """A reading of more rows than one reply may hold is refused; a page of them is not."""
    source.connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO r_settings (name, value) SELECT 'n' || i, '' FROM n",
        (MOST_ROWS,),
    )
    assert len(source.read(CATALOG, "settings", Query((Pick("id"),), page=Page(7)), FACTS).rows) == 7
    with pytest.raises(Problem) as raised:
        source.read(CATALOG, "settings", Query((Pick("id"),)), FACTS)

    assert Problem("query_too_costly", limit="rows", allowed=MOST_ROWS) == raised.value


def test_sums_out_of_range(source: SqliteSource) -> None:
    """A sum beyond 64 bits is a problem."""
    source.insert(CATALOG, "articles", [{"size": 2**63 - 1}, {"size": 2**63 - 1}])
    with pytest.raises(Problem, match="value_out_of_range"):
        source.tally(CATALOG, "articles", Query(aggregate=Totals(((Measure.SUM, "size"),))), FACTS)


@pytest.fixture
def adopted(source: SqliteSource) -> Catalog:
    """Two tables of somebody else, with names of their own, and constraints."""
    source.connection.executescript(
        """PRAGMA foreign_keys = ON;
        CREATE TABLE "Kunden (alt)" ("Kunden-Nr" INTEGER PRIMARY KEY, "a; 'b'" TEXT CHECK (length("a; 'b'") < 9));
        CREATE TABLE "order" (id INTEGER PRIMARY KEY, kunde INTEGER REFERENCES "Kunden (alt)");
        INSERT INTO "Kunden (alt)" VALUES (1, 'Ada'), (2, 'Bob');
        INSERT INTO "order" VALUES (1, 2);"""
    )
    fields = (replace(ID, column="Kunden-Nr"), Field("name", column="a; 'b'"))
    customers = Collection("customers", "id", fields, table="Kunden (alt)")
    relation = Relation("orders", "customer", ("customers",), reverse="orders", on_delete=OnDelete.REFUSE)
    customers = replace(customers, fields=(*customers.fields, Field("orders", Kind.ALIAS)))
    fields = (ID, Field("customer", Kind.INTEGER, column="kunde"))
    return Catalog(99, [customers, Collection("orders", "id", fields, (relation,), table="order")])


def test_adopted_tables_are_read(source: SqliteSource, adopted: Catalog) -> None:
    """Tables and columns of any name are read under ours."""
    where = Some("customer", Compare("name", Op.EQ, "Bob"))
    fields = (Pick("id"), Nest("customer", "customer", Query((Pick("name"),))))

    found = source.read(adopted, "orders", Query(fields, where), FACTS).rows

    assert found == [{"id": 1, "customer": {"name": "Bob"}}]
    assert source.read(adopted, "customers", Query(filter=Some("orders"), fields=(Pick("id"),)), FACTS).rows == [
        {"id": 2}
    ]


def test_adopted_tables_are_written(source: SqliteSource, adopted: Catalog) -> None:
    """Rows of tables that may be written are; what their own constraints refuse is a problem."""
    assert source.insert(adopted, "customers", [{"name": "Cyd"}, {}]) == [3, 4]
    assert source.update(adopted, "customers", [3], {"name": "Eve"}) == [3]
    with pytest.raises(Problem, match="invalid_field"):
        source.update(adopted, "customers", [3], {"name": "longer than eight"})
    with pytest.raises(Problem, match="bad_reference"):
        source.delete(adopted, "customers", [2])


def test_their_references_are_kept(source: SqliteSource, adopted: Catalog) -> None:
    """A reference that only the adopted table knows of is kept, too."""
    customers = replace(adopted.collection("customers"), fields=adopted.collection("customers").fields[:2])
    with pytest.raises(Problem, match="bad_reference"):
        source.delete(Catalog(100, [customers]), "customers", [2])


def test_adopted_tables_stay(source: SqliteSource, adopted: Catalog) -> None:
    """Tables of somebody else are neither made, changed nor dropped."""
    both = Catalog(100, [*CATALOG, *adopted])
    source.reshape(CATALOG, both)
    source.reshape(both, CATALOG)

    assert len(source.read(adopted, "customers", Query((Pick("id"),)), FACTS).rows) == 2


def test_sources_that_may_only_be_read(source: SqliteSource, adopted: Catalog) -> None:
    """Nothing is written to a collection that may only be read."""
    closed = Catalog(100, [replace(collection, read_only=True) for collection in adopted])
    with pytest.raises(Problem) as raised:
        source.insert(closed, "customers", [{}])
    assert Problem("read_only", collection="customers") == raised.value
    with pytest.raises(Problem, match="read_only"):
        source.update(closed, "customers", [1], {})
    with pytest.raises(Problem, match="read_only"):
        source.delete(closed, "orders", [1])


@pytest.mark.parametrize("text", ["SELECT * FROM nowhere", "INSERT INTO r_settings VALUES (1, 2)"])
def test_mistakes_are_no_problems(source: SqliteSource, text: str) -> None:
    """A mistake of ours is left to the store as it is."""
    with pytest.raises(sqlite3.OperationalError), mapped():
        source.connection.execute(text)


def test_other_constraints_are_no_problems(source: SqliteSource) -> None:
    """A constraint that none of our tables has is left to the store as it is."""
    source.connection.executescript("CREATE TRIGGER t BEFORE DELETE ON r_settings BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(sqlite3.IntegrityError):
        source.delete(CATALOG, "settings", [1])
