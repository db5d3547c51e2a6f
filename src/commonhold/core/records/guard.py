"""Policy's filters put into a query, before any source sees it.

After ``guarded`` a query can neither show nor tell anything that may not be read: hidden rows are left out on every
side of every relation, and a field that is readable on some rows only is NULL on the others, wherever it is used
(shown, compared, sorted by, counted). Naming a field that may not be read is refused in the same words as one that
does not exist; ``*`` stands for those that may be read.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    NEVER,
    And,
    Back,
    Call,
    Compare,
    Fields,
    Filter,
    Given,
    Nest,
    Not,
    Of,
    Operand,
    Or,
    Pick,
    Query,
    Some,
    Step,
    Toward,
    all_of,
    label,
)
from commonhold.core.records.catalog import Catalog, unknown_column
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rules import Access, rows_of, shown_on

EVERY: Final = "*"


def guarded(catalog: Catalog, collection: str, query: Query, access: Access) -> Query:
    """Return the query as somebody with this access may ask it.

    :raises Problem: ``unknown_collection``, ``unknown_column`` for what does not exist or may not be read
    """
    return _Guard(catalog, access, collection).query(query)


class _Guard:
    """Rewrites what is asked of one collection; of another one by a guard of its own."""

    def __init__(self, catalog: Catalog, access: Access, collection: str) -> None:
        self.catalog = catalog
        self.access = access
        self.collection = catalog.collection(collection)
        self.grants = access.on(collection)
        self.rows = rows_of(self.grants)
        if self.rows == NEVER:
            raise Problem("unknown_collection", collection=collection)

    def beyond(self, over: Step) -> "_Guard":
        """Make the guard of the other side of a step."""
        return _Guard(self.catalog, self.access, self.catalog.hop(self.collection.name, over).there)

    def query(self, query: Query) -> Query:
        where = all_of(self.rows, self.filter(query.filter))
        sort = tuple(replace(one, operand=self.operand(one.operand)) for one in query.sort)
        aggregate = query.aggregate and replace(
            query.aggregate,
            measures=tuple((fn, of and self.operand(of)) for fn, of in query.aggregate.measures),
            groups=tuple(self.operand(group) for group in query.aggregate.groups),
        )
        return replace(query, fields=self.fields(query.fields), filter=where, sort=sort, aggregate=aggregate)

    def fields(self, fields: Fields) -> Fields:
        """Guard what is shown; ``*`` gives way to what is asked for by name besides."""
        named = {label(shown) for shown in fields}
        found: list[Pick | Nest] = []
        for shown in fields:
            if isinstance(shown, Nest):
                found.append(self.nest(shown))
            elif shown.operand == EVERY:
                found.extend(one for one in self.every() if one.name not in named)
            else:
                found.append(self.pick(shown))
        return tuple(found)

    def every(self) -> Iterator[Pick | Nest]:
        """Show every field that may be read; of to-many relations the keys, where these may be read."""
        for field in self.collection.fields:
            relation = self.catalog.relation(self.collection.name, field.name)
            try:
                if field.kind is not Kind.ALIAS or relation:
                    yield self.pick(Pick(field.name, field.name))
            except Problem:
                continue

    def pick(self, pick: Pick) -> Pick | Nest:
        """Guard one operand; the other side of a to-many relation is shown as the list of its keys."""
        operand = pick.operand
        name = label(pick)
        if isinstance(operand, str) and self.catalog.field(self.collection.name, operand).kind is Kind.ALIAS:
            key = self.catalog.collection(self.catalog.hop(self.collection.name, operand).there).key
            return self.nest(Nest(operand, name, Query(fields=(Pick(key, key),)), flat=True))
        return Pick(self.operand(operand), name)

    def nest(self, nest: Nest) -> Nest:
        shown, given = self.over(nest.over), self.filter(nest.given)
        given = given if shown == self.rows else all_of(shown, given)
        return replace(nest, query=self.beyond(nest.over).query(nest.query), given=given)

    def operand(self, operand: Operand) -> Operand:
        if isinstance(operand, str):
            return self.masked(operand, self.field(operand))
        if isinstance(operand, Given):
            return Given(self.operand(operand.operand), self.filter(operand.where))
        if isinstance(operand, Call):
            return self.masked(self.call(operand), self.field(operand.field))
        beyond = self.beyond(operand.over)
        inner = beyond.operand(operand.operand)
        inner = inner if beyond.rows == ALWAYS else Given(inner, beyond.rows)
        return self.masked(Of(operand.over, inner), self.over(operand.over))

    def call(self, call: Call) -> Call:
        """Count those rows alone that may be read."""
        if self.catalog.relation(self.collection.name, call.field) is None:
            return call
        beyond = self.beyond(call.field)
        return replace(call, where=all_of(beyond.rows, beyond.filter(call.where)))

    def filter(self, node: Filter) -> Filter:
        if isinstance(node, And | Or):
            return type(node)(tuple(self.filter(part) for part in node.parts))
        if isinstance(node, Not):
            return Not(self.filter(node.part))
        if isinstance(node, Compare):
            return replace(node, operand=self.operand(node.operand))
        shown = self.over(node.over)
        beyond = self.beyond(node.over)
        some = Some(node.over, all_of(beyond.rows, beyond.filter(node.where)))
        return some if shown == self.rows else all_of(shown, some)

    def field(self, name: str) -> Filter:
        """Return on which rows a field may be read; on none is refused."""
        self.catalog.field(self.collection.name, name)
        shown = shown_on(self.grants, name)
        if shown == NEVER:
            raise unknown_column(self.collection.name, name)
        return shown

    def over(self, over: Step) -> Filter:
        """Return on which rows a relation may be followed: those whose field may be read."""
        if isinstance(over, Back):
            _Guard(self.catalog, self.access, over.collection).field(over.field)
            return self.rows
        return self.field(over.field if isinstance(over, Toward) else over)

    def masked(self, operand: Operand, shown: Filter) -> Operand:
        """Show an operand only where it may be read; nothing is added where that is every row of the query."""
        return operand if shown == self.rows else Given(operand, shown)
