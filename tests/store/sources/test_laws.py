"""Laws: whatever the rows and the question, SQL and the plain evaluation say the same."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.searching import examples
from tests.store.sources.strategies import CATALOG, STEPS, columns, filters, operands, queries, sorts, tables

from commonhold.core.problems import Problem
from commonhold.core.query import (
    NEVER,
    WITH_LIST,
    WITH_PAIR,
    WITHOUT_VALUE,
    Aggregate,
    Compare,
    Facts,
    Measure,
    Op,
    Page,
    Pick,
    Query,
)
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.guard import guarded
from commonhold.core.records.kinds import OPERATORS, Kind
from commonhold.core.records.rules import Access, Grant, either, rows_of, shown_on
from commonhold.store.sources.dialects import Sqlite
from commonhold.store.sources.sqlite import SqliteSource
from commonhold.store.sources.statements import Plans
from commonhold.testing.naive_query import NaiveSource

Tables = dict[str, list[dict[str, Any]]]
FACTS = Facts(1_709_251_199_999, {"user": 1})
PLANS = Plans(Sqlite())
COLLECTIONS = st.sampled_from(sorted(STEPS))
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
LAW = settings(max_examples=examples(15, 60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@contextmanager
def source_of(rows: Tables) -> Iterator[SqliteSource]:
    """A source with these rows."""
    connection = sqlite3.connect(":memory:")
    Sqlite.prepare(connection)
    source = SqliteSource(connection, PLANS)
    source.reshape(Catalog(0), CATALOG)
    for collection, found in rows.items():
        source.insert(CATALOG, collection, found)
    yield source
    connection.close()


@LAW
@given(tables(), st.data())
def test_filters(rows: Tables, data: st.DataObject) -> None:
    """A filter finds the same rows in a list, by key, and as a flag, and these are the rows for which it is true."""
    collection = data.draw(COLLECTIONS)
    where = data.draw(filters(collection))
    key = CATALOG.collection(collection).key
    naive = NaiveSource(CATALOG, rows, FACTS)
    expected = [row[key] for row in rows[collection] if naive.holds(collection, row, where)]

    with source_of(rows) as source:
        listed = source.read(CATALOG, collection, Query((Pick(key),), where), FACTS).rows
        flags = source.flags(CATALOG, collection, [row[key] for row in rows[collection]], [where], FACTS)

    assert expected == [row[key] for row in listed]
    assert {str(row[key]): (row[key] in expected,) for row in rows[collection]} == flags


@LAW
@given(tables(), st.data())
def test_queries(rows: Tables, data: st.DataObject) -> None:
    """Rows, their order, their page and what is nested in them are the same."""
    collection = data.draw(COLLECTIONS)
    query = data.draw(queries(collection))

    with source_of(rows) as source:
        found = source.read(CATALOG, collection, query, FACTS).rows

    assert NaiveSource(CATALOG, rows, FACTS).read(collection, query) == found


@LAW
@given(tables(), st.data())
def test_pages(rows: Tables, data: st.DataObject) -> None:
    """Reading on from the last row of each page shows every row once and in order, whatever is sorted by."""
    collection = data.draw(COLLECTIONS)
    sort, size = data.draw(sorts(collection)), data.draw(st.integers(1, 3))
    query = Query((Pick(CATALOG.collection(collection).key),), sort=sort)
    pages: list[dict[str, Any]] = []

    with source_of(rows) as source:
        whole = source.read(CATALOG, collection, query, FACTS).rows
        after: Any = None
        while after is not None or not pages:
            page = Query(query.fields, sort=sort, page=Page(size, after=after))
            found = source.read(CATALOG, collection, page, FACTS)
            pages.extend(found.rows)
            if (after := found.after) is None:
                break

    assert whole == pages


@LAW
@given(tables(), st.data())
def test_tallies(rows: Tables, data: st.DataObject) -> None:
    """Groups and their measures are the same."""
    collection = data.draw(COLLECTIONS)
    summed: list[str | None] = [
        name for name in columns(collection) if CATALOG.field(collection, name).kind is Kind.INTEGER
    ]
    ungrouped = (Kind.JSON, Kind.HASH)
    group = data.draw(operands(collection).filter(lambda one: CATALOG.kind(collection, one) not in ungrouped))
    measures = data.draw(st.lists(st.tuples(st.sampled_from(Measure), st.sampled_from(summed or [None])), min_size=1))
    fitting = tuple((measure if name else Measure.COUNT, name) for measure, name in measures)
    query = Query(filter=data.draw(filters(collection)), aggregate=Aggregate(fitting, (group,)))

    with source_of(rows) as source:
        found = source.tally(CATALOG, collection, query, FACTS)

    expected = NaiveSource(CATALOG, rows, FACTS).tally(collection, query)
    assert expected == {row[:1]: pytest.approx(row[1:]) for row in found}


def hidden_world(naive: NaiveSource, rows: Tables, access: Access) -> Tables:
    """The rows as somebody with this access sees them: the rest does not exist, and hidden fields are NULL."""
    return {
        collection: [
            {
                name: value if naive.holds(collection, row, shown_on(access.on(collection), name)) else None
                for name, value in row.items()
            }
            for row in found
            if naive.holds(collection, row, rows_of(access.on(collection)))
        ]
        for collection, found in rows.items()
    }


@st.composite
def accesses(draw: st.DrawFn) -> Access:
    """Two grants on each collection; the second one hides some plain fields, never keys and references."""
    grants = {}
    for collection in STEPS:
        every = [field.name for field in CATALOG.collection(collection).fields]
        plain = [name for name in columns(collection) if name != CATALOG.collection(collection).key]
        plain = [name for name in plain if not CATALOG.relation(collection, name) and name != "what"]
        hidden = draw(st.sets(st.sampled_from(plain))) if plain else set()
        wide = Grant(draw(filters(collection, 1).filter(lambda where: where != NEVER)))
        grants[collection] = either([wide, Grant(draw(filters(collection, 1)), frozenset(every) - hidden)])
    return Access(grants)


@LAW
@given(tables(), accesses(), st.data())
def test_guarded(rows: Tables, access: Access, data: st.DataObject) -> None:
    """A guarded question is answered as if the rest did not exist: no filter, sort or count tells more."""
    collection = data.draw(COLLECTIONS)
    query = data.draw(queries(collection))
    world = hidden_world(NaiveSource(CATALOG, rows, FACTS), rows, access)

    with source_of(rows) as source:
        found = source.read(CATALOG, collection, guarded(CATALOG, collection, query, access), FACTS).rows

    assert NaiveSource(CATALOG, world, FACTS).read(collection, query) == found


@LAW
@given(st.sampled_from(sorted(OPERATORS[Kind.STRING] - WITHOUT_VALUE - WITH_LIST - WITH_PAIR)), st.text())
@example(Op.EQ, "'; DROP TABLE r_authors; --")
@example(Op.IMATCHES, "\\%_[a]*?")
@example(Op.CONTAINS, "\0")
def test_hostile_values(op: Op, hostile: str) -> None:
    """Whatever text is compared, it stays a value: of a form seen before nothing is compiled, and it finds itself."""
    plans = Plans(Sqlite())
    with source_of({"authors": [{"name": "x"}]}) as source:
        source.plans = plans
        source.read(CATALOG, "authors", Query((), Compare("name", op, "x")), FACTS)
        with pytest.raises(Problem, match="invalid_field") if UNSTORABLE.search(hostile) else nullcontext():
            source.read(CATALOG, "authors", Query((), Compare("name", op, hostile)), FACTS)

    assert plans.compiled == 1
