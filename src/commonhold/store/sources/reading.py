"""Rows of collections, read from any database that knows SQL: what is asked, and how answers are put together.

Written to be awaited, as some databases are; whoever never waits runs it by ``now``.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    And,
    Compare,
    Facts,
    Filter,
    Given,
    Nest,
    Op,
    Operand,
    Page,
    Pick,
    Query,
    Scalar,
    Value,
    all_of,
    label,
)
from commonhold.core.records.catalog import Catalog, Field, Hop
from commonhold.core.records.ports import MOST_ROWS, Row, Rows
from commonhold.store.sources.shape import Flags, Form, Lifter, Tally
from commonhold.store.sources.statements import Plan, Plans, bound

T = TypeVar("T")

Run = Callable[[str, list[Any]], Awaitable[Sequence[Sequence[Any]]]]


def now(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end what never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        found: T = done.value
        return found
    work.close()
    raise RuntimeError("this waits for something")


class Reading:
    """Reads collections; see ``core.records.ports.Source`` for what the methods promise."""

    def __init__(self, plans: Plans, run: Run) -> None:
        """``run`` runs a statement with its values, in their order, to its end."""
        self.plans = plans
        self._run = run

    async def read(self, catalog: Catalog, collection: str, query: Query, facts: Facts) -> Rows:
        """Read rows and what is nested in them, with one statement per relation shown."""
        return await _Level(self, catalog, collection, query, facts).top()

    async def tally(self, catalog: Catalog, collection: str, query: Query, facts: Facts) -> list[tuple[Scalar, ...]]:
        """Compute the aggregate of a query: per group its operands, then the measures."""
        if query.aggregate is None:
            raise Problem("bad_query", collection=collection)
        lifter = Lifter()
        lifter.slot(_capped(query.page.limit))
        if query.page.offset:
            lifter.slot(query.page.offset)
        aggregate = lifter.aggregate(query.aggregate)
        form = Tally(
            collection, aggregate, lifter.filter(query.filter), lifter.sort(query.sort), bool(query.page.offset)
        )
        return [tuple(row) for row in await self.rows(self.plans.of(catalog, form), lifter.values, facts)]

    async def flags(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], filters: Sequence[Filter], facts: Facts
    ) -> dict[str, tuple[bool, ...]]:
        """Tell which of the filters hold for each of the rows, by key as text; rows that do not exist are left out."""
        lifter = Lifter()
        lifter.slot(tuple(_castable(catalog.field(collection, catalog.collection(collection).key), keys)))
        form = Flags(collection, tuple([lifter.filter(where) for where in filters]))
        rows = await self.rows(self.plans.of(catalog, form), lifter.values, facts)
        return {row[0]: tuple(row[1:]) for row in rows}

    async def matching(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], only: Filter, facts: Facts | None
    ) -> list[Scalar]:
        """Return the keys of those rows that exist and for which the filter holds."""
        lifter = Lifter()
        key = catalog.collection(collection).key
        known = _castable(catalog.field(collection, key), keys)
        lifter.slot(len(known))
        lifter.slot(tuple(known))
        form = Form(collection, (key,), lifter.filter(only), link=key)
        return [row[0] for row in await self.rows(self.plans.of(catalog, form), lifter.values, facts or Facts(0))]

    async def rows(self, plan: Plan, values: Sequence[Value], facts: Facts) -> list[list[Any]]:
        """Run a statement to its end and read its columns."""
        values = bound(self.plans.dialect, plan, values, facts)
        rows = [list(row) for row in await self._run(plan.text, list(values))]
        for n, decode in enumerate(plan.columns):
            if decode is not None:
                for row in rows:
                    row[n] = None if row[n] is None else decode(row[n])
        return rows


class _Level:
    """One collection of a query: its own statement, then one for each relation shown."""

    def __init__(self, source: Reading, catalog: Catalog, collection: str, query: Query, facts: Facts) -> None:
        self.source = source
        self.catalog = catalog
        self.collection = catalog.collection(collection)
        self.query = query
        self.facts = facts
        self.picks = [shown for shown in query.fields if isinstance(shown, Pick)]
        self.nests = [shown for shown in query.fields if isinstance(shown, Nest)]
        self.hops = [catalog.hop(collection, nest.over) for nest in self.nests]
        parts = query.filter.parts if isinstance(query.filter, And) else (query.filter,)
        key = self.collection.key
        self.alone = any(isinstance(one, Compare) and one.op is Op.EQ and one.operand == key for one in parts)

    async def top(self) -> Rows:
        """Read the rows of the query, and where its next page begins."""
        page = self.query.page
        orders = self._orders() if page.limit else []
        found = await self._select(orders, page)
        rows = await self._shown(found)
        full = page.limit is not None and 0 < page.limit <= len(rows)
        return Rows(rows, tuple(found[-1][-len(orders) :]) if full else None)

    async def under(self, link: str, keys: Sequence[Scalar], *, alone: bool) -> dict[str, list[Row]]:
        """Read the rows whose column is one of the keys, by that column as text; ``alone``: of one row."""
        found = await self._select([link], self.query.page, link, keys, alone=alone) if keys else []
        by_key: dict[str, list[Row]] = {}
        for raw, row in zip(found, await self._shown(found), strict=True):
            by_key.setdefault(str(raw[-1]), []).append(row)
        return by_key

    def _orders(self) -> list[Operand]:
        """Return what the rows are sorted by, the key included."""
        operands = [sort.operand for sort in self.query.sort]
        return operands if self.collection.key in operands else [*operands, self.collection.key]

    async def _select(
        self,
        more: Sequence[Operand],
        page: Page,
        link: str | None = None,
        keys: Sequence[Scalar] = (),
        *,
        alone: bool = False,
    ) -> list[list[Any]]:
        """Run the statement: columns of the fields, then of the links to what is nested, then ``more``."""
        lifter = Lifter()
        each = link is not None and (len(keys) != 1 or not alone or page.offset > 0)  # a page for each key by itself
        lifter.slot(_capped(None if each else page.limit))
        if link:
            lifter.slot(tuple(keys))
        if limited := each and page.limit is not None:
            lifter.slot(page.limit)
        if page.offset:
            lifter.slot(page.offset)
        for value in page.after or ():
            if value is not None:
                lifter.slot(value)
        columns = [pick.operand for pick in self.picks]
        columns.extend(near for nest, hop in zip(self.nests, self.hops, strict=True) for near in _near(nest, hop))
        form = Form(
            self.collection.name,
            tuple([lifter.operand(column) for column in (*columns, *more)]),
            lifter.filter(self.query.filter),
            lifter.sort(self.query.sort),
            link,
            limited,
            bool(page.offset),
            None if page.after is None else tuple([value is not None for value in page.after]),
        )
        rows = await self.source.rows(self.source.plans.of(self.catalog, form), lifter.values, self.facts)
        if len(rows) > MOST_ROWS:
            raise Problem("query_too_costly", limit="rows", allowed=MOST_ROWS)
        return rows

    async def _shown(self, found: list[list[Any]]) -> list[Row]:
        """Make the rows as they are shown, with what is nested in them."""
        names = [label(pick) for pick in self.picks]
        rows = [dict(zip(names, raw, strict=False)) for raw in found]
        place = len(names)
        for nest, hop in zip(self.nests, self.hops, strict=True):
            width = len(_near(nest, hop))
            await self._nest(nest, hop, rows, [_link(raw[place : place + width], hop) for raw in found])
            place += width
        return rows

    async def _nest(self, nest: Nest, hop: Hop, rows: list[Row], links: list[Scalar]) -> None:
        """Read what is nested in the rows and put it there."""
        keys = _castable(self.catalog.field(hop.there, hop.far), links)
        level = _Level(self.source, self.catalog, hop.there, _of_kind(nest, hop, self.collection.name), self.facts)
        by_key = await level.under(hop.far, keys, alone=self.alone)
        for row, link in zip(rows, links, strict=True):
            found: list[Any] = by_key.get(str(link), [])
            found = [next(iter(inner.values())) for inner in found] if nest.flat else found
            if hop.many:
                row[nest.name] = found
            else:
                row[nest.name] = found[0] if found else row.get(nest.name)


def _near(nest: Nest, hop: Hop) -> list[Operand]:
    """Return the columns on this side of a step: the link, shown only where the nest is given, and its kind."""
    link: Operand = hop.near if nest.given == ALWAYS else Given(hop.near, nest.given)
    return [link, hop.near_kind] if hop.near_kind else [link]


def _link(columns: Sequence[Scalar], hop: Hop) -> Scalar:
    """Return the value to look for on the other side; none where the row refers to another collection."""
    return columns[0] if len(columns) == 1 or columns[1] == hop.there else None


def _castable(field: Field, values: Sequence[Scalar]) -> list[Scalar]:
    """Return the different values that a field can hold: no row has any other."""
    found: dict[Scalar, None] = {}
    for value in dict.fromkeys(values):
        try:
            found[field.cast(value)] = None
        except Problem:
            continue
    found.pop(None, None)
    return list(found)


def _of_kind(nest: Nest, hop: Hop, here: str) -> Query:
    """Return the query of a nest; rows that may refer to several collections must refer to this one."""
    if hop.far_kind is None:
        return nest.query
    return replace(nest.query, filter=all_of(nest.query.filter, Compare(hop.far_kind, Op.EQ, here)))


def _capped(limit: int | None) -> int:
    """Return how many rows are asked for: one more than allowed tells that there are too many."""
    return MOST_ROWS + 1 if limit is None else min(limit, MOST_ROWS + 1)
