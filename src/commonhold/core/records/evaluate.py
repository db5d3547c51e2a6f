"""What a query means, in plain Python, over rows in memory: said once in plain words, and the measure of every source.

A filter is True, False or None (unknown), as in SQL. Values are those of ``core.records.kinds``; JSON is decoded.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from fnmatch import translate
from functools import cmp_to_key
from re import match
from typing import Any, Final, TypeAlias

from commonhold.core.problems import Problem
from commonhold.core.query import (
    WITH_LIST,
    WITH_PAIR,
    Aggregate,
    And,
    Call,
    Compare,
    Facts,
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
    Query,
    Scalar,
    Some,
    Step,
    label,
    resolve,
)
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.kinds import CLOCKS, DAYS, NUMBERS, OPERATORS, TEXTS, Kind, cast

Row: TypeAlias = Mapping[str, Any]
Truth: TypeAlias = bool | None

_UNSORTED: Final = frozenset((Kind.JSON, Kind.HASH, Kind.ALIAS))
_RANGED: Final = NUMBERS | DAYS | CLOCKS | TEXTS
_MEASURES: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "min": min,
    "max": max,
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
}


class Evaluator:
    """Evaluates queries that are guarded already."""

    def __init__(self, catalog: Catalog, tables: Mapping[str, Sequence[Row]], facts: Facts) -> None:
        """Take the rows of each collection."""
        self.catalog = catalog
        self.tables = tables
        self.facts = facts
        self._found: dict[tuple[str, str], dict[str, list[Row]]] = {}

    # filters

    def holds(self, collection: str, row: Row, node: Filter) -> Truth:
        """Tell whether a filter is true, false or unknown for a row."""
        if isinstance(node, And):
            return _and(self.holds(collection, row, part) for part in node.parts)
        if isinstance(node, Or):
            return _not(_and(_not(self.holds(collection, row, part)) for part in node.parts))
        if isinstance(node, Not):
            return _not(self.holds(collection, row, node.part))
        if isinstance(node, Some):
            there, rows = self.follow(collection, row, node.over)
            return any(self.holds(there, one, node.where) for one in rows)
        return self.compare(collection, row, node)

    def follow(self, collection: str, row: Row, over: Step) -> tuple[str, list[Row]]:
        """Return the collection and the rows on the other side of a relation."""
        hop = self.catalog.hop(collection, over)
        value = row.get(hop.near)
        if value is None or (hop.near_kind and row.get(hop.near_kind) != hop.there):
            return hop.there, []
        found = self._by(hop.there, hop.far).get(str(value), [])
        return hop.there, [one for one in found if hop.far_kind is None or one.get(hop.far_kind) == collection]

    def _by(self, collection: str, field: str) -> dict[str, list[Row]]:
        """Return the rows of a collection by a field, as text."""
        found = self._found.get((collection, field))
        if found is None:
            found = self._found[collection, field] = {}
            for row in self.tables.get(collection, ()):
                if row.get(field) is not None:
                    found.setdefault(str(row[field]), []).append(row)
        return found

    def value(self, collection: str, row: Row, operand: Operand) -> Any:
        """Return the value of an operand."""
        if isinstance(operand, Given):
            shown = self.holds(collection, row, operand.where)
            return self.value(collection, row, operand.operand) if shown else None
        if isinstance(operand, Of):
            there, rows = self.follow(collection, row, operand.over)
            return self.value(there, rows[0], operand.operand) if rows else None
        return self.call(collection, row, operand) if isinstance(operand, Call) else row.get(operand)

    def call(self, collection: str, row: Row, call: Call) -> int | None:
        """Return the value of a function."""
        self.catalog.kind(collection, call)
        kind = self.catalog.field(collection, call.field).kind
        if kind is Kind.ALIAS:
            there, rows = self.follow(collection, row, call.field)
            return sum(1 for one in rows if self.holds(there, one, call.where))
        value = row.get(call.field)
        if value is None:
            return None
        if call.fn is Fn.COUNT:
            return len(value) if isinstance(value, list) else 0
        return _part(call.fn, kind, value)

    def compare(self, collection: str, row: Row, node: Compare) -> Truth:
        """Compare an operand with a value."""
        kind = self.catalog.kind(collection, node.operand)
        if node.op not in OPERATORS[kind]:
            raise Problem("bad_query", collection=collection, operator=node.op.value, type=kind.value)
        found = self.value(collection, row, node.operand)
        negated = node.op.value.startswith("n") and node.op is not Op.NULL
        op = Op(node.op.value[negated:])
        if op is Op.NULL:
            truth: Truth = found is None
        elif op is Op.EMPTY:
            truth = found is None or found == ""
        else:
            truth = _compare(op, _comparable(kind, found), [_comparable(kind, one) for one in self.late(kind, node)])
        return _not(truth) if negated else truth

    def late(self, kind: Kind, node: Compare) -> list[Any]:
        """Return the values compared with, late ones resolved."""
        found: list[Any] = []
        for one in node.value if isinstance(node.value, tuple) else (node.value,):
            meant = resolve(one, self.facts)
            found.extend(meant if isinstance(meant, tuple) else (meant,))
        if node.op not in WITH_LIST and len(found) != 1 + (node.op in WITH_PAIR):
            raise Problem("bad_query", operator=node.op.value)
        return [cast(kind, one) for one in found]

    # rows

    def read(self, collection: str, query: Query, rows: Sequence[Row] | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query as they are shown."""
        found = self.tables.get(collection, ()) if rows is None else rows
        found = [row for row in found if self.holds(collection, row, query.filter)]
        found = self.ordered(collection, query, found)
        if query.page.after is not None:
            found = [row for row in found if self.order(collection, query, row, query.page.after) > 0]
        end = None if query.page.limit is None else query.page.offset + query.page.limit
        return [self.shown(collection, query, row) for row in found[query.page.offset : end]]

    def ordered(self, collection: str, query: Query, rows: Sequence[Row]) -> list[Row]:
        """Return rows in the order of a query."""
        for one in query.sort:
            self.sortable(collection, one.operand)

        def compare(one: Row, other: Row) -> int:
            return self.order(collection, query, one, self.sort_values(collection, query, other))

        return sorted(rows, key=cmp_to_key(compare))

    def sortable(self, collection: str, operand: Operand) -> Kind:
        """Return the kind of what rows are sorted or grouped by."""
        kind = self.catalog.kind(collection, operand)
        if kind in _UNSORTED:
            raise Problem("bad_query", collection=collection, type=kind.value)
        return kind

    def sort_values(self, collection: str, query: Query, row: Row) -> tuple[Any, ...]:
        """Return what a row is sorted by, its key at the end."""
        key = self.catalog.collection(collection).key
        operands = [sort.operand for sort in query.sort]
        operands = operands if key in operands else [*operands, key]
        return tuple(self.value(collection, row, operand) for operand in operands)

    def order(self, collection: str, query: Query, row: Row, values: Sequence[Any]) -> int:
        """Return whether a row comes before (-1) or after (1) sort values; NULL is the greatest."""
        descending = [sort.descending for sort in query.sort] + [False]
        kinds = [self.catalog.kind(collection, sort.operand) for sort in query.sort] + [Kind.STRING]
        pairs = zip(kinds, self.sort_values(collection, query, row), values, descending, strict=False)
        for kind, mine, theirs, down in pairs:
            one, other = _comparable(kind, mine), _comparable(kind, theirs)
            if one != other:
                less = one is not None and (other is None or one < other)
                return -1 if less != down else 1
        return 0

    def shown(self, collection: str, query: Query, row: Row) -> dict[str, Any]:
        """Return a row as it is shown."""
        found: dict[str, Any] = {}
        for shown in query.fields:
            if isinstance(shown, Nest):
                self.nest(collection, shown, row, found)
            else:
                found[label(shown)] = self.value(collection, row, shown.operand)
        return found

    def nest(self, collection: str, nest: Nest, row: Row, found: dict[str, Any]) -> None:
        """Show the rows on the other side of a relation."""
        there, rows = self.follow(collection, row, nest.over)
        inner: list[Any] = self.read(there, nest.query, rows) if self.holds(collection, row, nest.given) else []
        if nest.flat:
            inner = [next(iter(one.values())) for one in inner]
        if self.catalog.hop(collection, nest.over).many:
            found[nest.name] = inner
        else:
            found[nest.name] = inner[0] if inner else found.get(nest.name)

    # aggregates

    def tally(self, collection: str, query: Query) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return the measures of a query by group."""
        aggregate = query.aggregate or Aggregate(())
        for operand in aggregate.groups:
            self.sortable(collection, operand)
        groups: dict[tuple[Any, ...], list[Row]] = {} if aggregate.groups else {(): []}
        for row in self.tables.get(collection, ()):
            if self.holds(collection, row, query.filter):
                group = tuple(self.value(collection, row, operand) for operand in aggregate.groups)
                groups.setdefault(group, []).append(row)
        return {
            group: tuple(self.measure(collection, rows, *measure) for measure in aggregate.measures)
            for group, rows in groups.items()
        }

    def lines(self, collection: str, query: Query) -> list[tuple[Scalar, ...]]:
        """Return groups and measures in order, as many as the page says."""
        aggregate = query.aggregate or Aggregate(())
        places = {operand: place for place, operand in enumerate(aggregate.groups)}
        if any(one.operand not in places for one in query.sort):
            raise Problem("bad_query", collection=collection, sort=True)
        found = [(*group, *measures) for group, measures in self.tally(collection, query).items()]
        order = [(places[one.operand], one.descending) for one in query.sort]
        order += [(place, False) for place in places.values() if all(place != other for other, _ in order)]
        for place, down in reversed(order):
            found.sort(key=lambda line, at=place: (line[at] is None, 0 if line[at] is None else line[at]), reverse=down)  # type: ignore[misc]
        end = None if query.page.limit is None else query.page.offset + query.page.limit
        return found[query.page.offset : end]

    def measure(self, collection: str, rows: Sequence[Row], measure: Measure, operand: Operand | None) -> Any:
        """Return one measure of the rows of a group."""
        if operand is None:
            return len(rows)
        kind, (name, _, distinct) = self.catalog.kind(collection, operand), measure.value.partition("_")
        if name != "count" and kind not in (_RANGED if name in ("min", "max") else NUMBERS):
            raise Problem("bad_query", collection=collection, function=measure.value, type=kind.value)
        values = [self.value(collection, row, operand) for row in rows]
        values = [_comparable(kind, value) for value in values if value is not None]
        values = list(dict.fromkeys(values)) if distinct else values
        if name == "count":
            return len(values)
        if not values:
            return None
        found = _MEASURES[name](values)
        return cast(kind, found) if kind is Kind.DECIMAL else found


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _and(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return False if False in found else None if None in found else True


def _comparable(kind: Kind, value: Any) -> Any:
    return Decimal(value) if kind is Kind.DECIMAL and value is not None else value


def _compare(op: Op, found: Any, wanted: Sequence[Any]) -> Truth:
    if op is Op.IN:
        equal = [_relate(Op.EQ, found, one) for one in wanted]
        return _not(_and(_not(one) for one in equal))
    if op is Op.BETWEEN:
        return _and((_relate(Op.GTE, found, wanted[0]), _relate(Op.LTE, found, wanted[1])))
    return _relate(op, found, wanted[0])


def _relate(op: Op, one: Any, other: Any) -> Truth:
    """Compare two values; with nothing the answer is unknown."""
    if one is None or other is None:
        return None
    if op.value.startswith("i"):
        one, other, op = one.lower(), other.lower(), Op(op.value[1:]) if op is not Op.IMATCHES else op
    return _RELATIONS[op](one, other)


def _matches(text: str, pattern: str) -> bool:
    return match(translate(pattern.replace("[", "[[]")), text) is not None


_RELATIONS: Final[dict[Op, Callable[[Any, Any], bool]]] = {
    Op.EQ: lambda one, other: bool(one == other),
    Op.LT: lambda one, other: bool(one < other),
    Op.LTE: lambda one, other: bool(one <= other),
    Op.GT: lambda one, other: bool(one > other),
    Op.GTE: lambda one, other: bool(one >= other),
    Op.CONTAINS: lambda one, other: other in one,
    Op.STARTS_WITH: lambda one, other: bool(one.startswith(other)),
    Op.ENDS_WITH: lambda one, other: bool(one.endswith(other)),
    Op.IMATCHES: _matches,
}


def _part(fn: Fn, kind: Kind, value: Any) -> int:
    """Return a part of a date or time."""
    if kind is Kind.TIME:
        return int(getattr(time.fromisoformat(value), fn.value))
    moment = datetime.fromtimestamp(value // 1000, UTC) if kind is Kind.TIMESTAMP else datetime.fromisoformat(value)
    if fn is Fn.WEEK:
        return moment.isocalendar().week
    return moment.isoweekday() % 7 if fn is Fn.WEEKDAY else int(getattr(moment, fn.value))
