"""Rows in memory that are asked as the rows of collections are: the same queries, the same answers.

For what the server knows by itself (people, shares) and no table of records holds: lists of some hundreds.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec.structs import replace

from commonhold.core import cost
from commonhold.core.query import (
    ALWAYS,
    Aggregate,
    And,
    Call,
    Facts,
    Filter,
    Given,
    Nest,
    Not,
    Of,
    Operand,
    Or,
    Query,
    Scalar,
    Some,
    Step,
    all_of,
)
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.evaluate import Evaluator, Row
from commonhold.core.records.guard import guarded
from commonhold.core.records.rules import WHOLE, Access
from commonhold.core.records.view import View

Tables: TypeAlias = Mapping[str, Sequence[Row]] | Callable[[frozenset[str]], Awaitable[Mapping[str, Sequence[Row]]]]


class Shelf:
    """Collections whose rows are at hand, asked by somebody (``core.records.reading.Ground``)."""

    def __init__(self, catalog: Catalog, tables: Tables, facts: Facts, access: Access = WHOLE) -> None:
        """Take the rows of each collection, or what loads those that a query touches; what is not named is empty."""
        self.view = View(catalog, access)
        self._tables = tables
        self._facts = facts
        self._access = access

    async def rows(self, collection: str, query: Query, only: Filter = ALWAYS) -> list[dict[str, Any]]:
        """Return the rows of a query, for which this filter of ours holds, too.

        :raises Problem: unknown_collection, unknown_column, bad_query, query_too_costly, invalid_field
        """
        asked, query = await self._guarded(collection, query)
        return asked.read(collection, replace(query, filter=all_of(only, query.filter)))

    async def tally(self, collection: str, query: Query) -> list[tuple[Scalar, ...]]:
        """Return the lines of an aggregate, ordered by their groups.

        :raises Problem: as ``rows``
        """
        asked, query = await self._guarded(collection, query)
        return asked.lines(collection, query)

    async def _guarded(self, collection: str, query: Query) -> tuple[Evaluator, Query]:
        cost.check(query)
        query = guarded(self.view.catalog, collection, query, self._access)
        tables = self._tables
        if not isinstance(tables, Mapping):
            tables = await tables(touched(self.view.catalog, collection, query))
        return Evaluator(self.view.catalog, tables, self._facts), query


def touched(catalog: Catalog, collection: str, query: Query) -> frozenset[str]:
    """Return the collections whose rows a query needs."""
    found = {collection}
    _Touching(catalog, found).query(collection, query)
    return frozenset(found)


class _Touching:
    """Walks a query and notes where it leads."""

    def __init__(self, catalog: Catalog, found: set[str]) -> None:
        self.catalog = catalog
        self.found = found

    def beyond(self, here: str, over: Step) -> str:
        there = self.catalog.hop(here, over).there
        self.found.add(there)
        return there

    def query(self, here: str, query: Query) -> None:
        self.filter(here, query.filter)
        for shown in query.fields:
            if isinstance(shown, Nest):
                self.filter(here, shown.given)
                self.query(self.beyond(here, shown.over), shown.query)
            else:
                self.operand(here, shown.operand)
        aggregate = query.aggregate or Aggregate(())
        for operand in (
            *(of for _, of in aggregate.measures if of),
            *aggregate.groups,
            *(s.operand for s in query.sort),
        ):
            self.operand(here, operand)

    def filter(self, here: str, node: Filter) -> None:
        if isinstance(node, And | Or):
            for part in node.parts:
                self.filter(here, part)
        elif isinstance(node, Not):
            self.filter(here, node.part)
        elif isinstance(node, Some):
            self.filter(self.beyond(here, node.over), node.where)
        else:
            self.operand(here, node.operand)

    def operand(self, here: str, operand: Operand) -> None:
        if isinstance(operand, Of):
            self.operand(self.beyond(here, operand.over), operand.operand)
        elif isinstance(operand, Given):
            self.operand(here, operand.operand)
            self.filter(here, operand.where)
        elif isinstance(operand, Call) and self.catalog.relation(here, operand.field):
            self.filter(self.beyond(here, operand.field), operand.where)
