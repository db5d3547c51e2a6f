"""What a query means, in plain Python: slow, obvious, and the measure of every source.

Rows are dictionaries in lists, by collection. A filter is True, False or None (unknown), as in SQL; nothing is
optimised.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from fnmatch import translate
from functools import cmp_to_key
from re import match
from typing import Any

from commonhold.core.query import (
    Aggregate,
    And,
    Back,
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
    Some,
    Step,
    Toward,
    label,
    resolve,
)
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.kinds import Kind, cast

Row = Mapping[str, Any]
Truth = bool | None


class NaiveSource:
    """Evaluates queries over rows in memory."""

    def __init__(self, catalog: Catalog, tables: Mapping[str, Sequence[Row]], facts: Facts) -> None:
        """Take the rows of each collection, as the core sees their values."""
        self.catalog = catalog
        self.tables = tables
        self.facts = facts

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
        if isinstance(over, Toward):
            relation = self.catalog.relation(collection, over.field)
            wanted = relation and row[relation.kind_field or ""] == over.collection and row[over.field]
            key = self.catalog.collection(over.collection).key
            return over.collection, [one for one in self.tables[over.collection] if wanted and str(one[key]) == wanted]
        found = self.catalog.relation(collection, over) if isinstance(over, str) else None
        if found and (found.collection, found.field) == (collection, over):
            key = self.catalog.collection(found.targets[0]).key
            return found.targets[0], [one for one in self.tables[found.targets[0]] if one[key] == row[found.field]]
        back = over if isinstance(over, Back) else Back(found.collection, found.field) if found else None
        assert back is not None
        return back.collection, [one for one in self.tables[back.collection] if self.refers(one, back, collection, row)]

    def refers(self, one: Row, back: Back, collection: str, row: Row) -> bool:
        """Tell whether a row refers to another by a field."""
        relation = self.catalog.relation(back.collection, back.field)
        key = row[self.catalog.collection(collection).key]
        if relation and relation.kind_field:
            return bool(one[relation.kind_field] == collection and one[back.field] == str(key))
        return bool(one[back.field] == key)

    def value(self, collection: str, row: Row, operand: Operand) -> Any:
        """Return the value of an operand."""
        if isinstance(operand, Given):
            shown = self.holds(collection, row, operand.where)
            return self.value(collection, row, operand.operand) if shown else None
        if isinstance(operand, Of):
            there, rows = self.follow(collection, row, operand.over)
            return self.value(there, rows[0], operand.operand) if rows else None
        if isinstance(operand, Call):
            return self.call(collection, row, operand)
        return row[operand]

    def call(self, collection: str, row: Row, call: Call) -> int | None:
        """Return the value of a function."""
        kind = self.catalog.field(collection, call.field).kind
        if kind is Kind.ALIAS:
            there, rows = self.follow(collection, row, call.field)
            return sum(1 for one in rows if self.holds(there, one, call.where))
        value = row[call.field]
        if value is None:
            return None
        if call.fn is Fn.COUNT:
            return len(value) if isinstance(value, list) else 0
        return _part(call.fn, kind, value)

    def compare(self, collection: str, row: Row, node: Compare) -> Truth:
        """Compare an operand with a value."""
        found = self.value(collection, row, node.operand)
        kind = self.catalog.kind(collection, node.operand)
        negated = node.op.value.startswith("n") and node.op is not Op.NULL
        op = Op(node.op.value[negated:])
        if op is Op.NULL:
            truth: Truth = found is None
        elif op is Op.EMPTY:
            truth = found is None or found == ""
        else:
            wanted = [_comparable(kind, one) for one in self.late(kind, node.value)]
            truth = _compare(op, _comparable(kind, found), wanted)
        return _not(truth) if negated else truth

    def late(self, kind: Kind, value: Any) -> list[Any]:
        """Return the values compared with, late ones resolved."""
        found: list[Any] = []
        for one in value if isinstance(value, tuple) else (value,):
            meant = resolve(one, self.facts)
            found.extend(meant if isinstance(meant, tuple) else (meant,))
        return [cast(kind, one) for one in found]

    def read(self, collection: str, query: Query, rows: Sequence[Row] | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query as they are shown."""
        found = self.tables[collection] if rows is None else rows
        found = [row for row in found if self.holds(collection, row, query.filter)]
        found = self.ordered(collection, query, found)
        if query.page.after is not None:
            found = [row for row in found if self.order(collection, query, row, query.page.after) > 0]
        end = None if query.page.limit is None else query.page.offset + query.page.limit
        return [self.shown(collection, query, row) for row in found[query.page.offset : end]]

    def ordered(self, collection: str, query: Query, rows: Sequence[Row]) -> list[Row]:
        """Return rows in the order of a query."""

        def compare(one: Row, other: Row) -> int:
            return self.order(collection, query, one, self.sort_values(collection, query, other))

        return sorted(rows, key=cmp_to_key(compare))

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

    def tally(self, collection: str, query: Query) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return the measures of a query by group."""
        aggregate = query.aggregate or Aggregate(())
        groups: dict[tuple[Any, ...], list[Row]] = {} if aggregate.groups else {(): []}
        for row in self.tables[collection]:
            if self.holds(collection, row, query.filter):
                group = tuple(self.value(collection, row, operand) for operand in aggregate.groups)
                groups.setdefault(group, []).append(row)
        return {
            group: tuple(self.measure(collection, rows, *measure) for measure in aggregate.measures)
            for group, rows in groups.items()
        }

    def measure(self, collection: str, rows: Sequence[Row], measure: Measure, operand: Operand | None) -> Any:
        """Return one measure of the rows of a group."""
        if operand is None:
            return len(rows)
        values = [self.value(collection, row, operand) for row in rows]
        values = [value for value in values if value is not None]
        name, _, distinct = measure.value.partition("_")
        values = list(dict.fromkeys(values)) if distinct else values
        if name == "count":
            return len(values)
        if not values:
            return None
        if name in ("min", "max"):
            return min(values) if name == "min" else max(values)
        return sum(values) / len(values) if name == "avg" else sum(values)


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _and(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return False if False in found else None if None in found else True


def _comparable(kind: Kind, value: Any) -> Any:
    return float(value) if kind is Kind.DECIMAL and value is not None else value


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
    relations: dict[Op, Callable[[], bool]] = {
        Op.EQ: lambda: one == other,
        Op.LT: lambda: one < other,
        Op.LTE: lambda: one <= other,
        Op.GT: lambda: one > other,
        Op.GTE: lambda: one >= other,
        Op.CONTAINS: lambda: other in one,
        Op.STARTS_WITH: lambda: one.startswith(other),
        Op.ENDS_WITH: lambda: one.endswith(other),
        Op.IMATCHES: lambda: match(translate(other.replace("[", "[[]")), one) is not None,
    }
    return relations[op]()


def _part(fn: Fn, kind: Kind, value: Any) -> int:
    """Return a part of a date or time."""
    if kind is Kind.TIME:
        return int(getattr(time.fromisoformat(value), fn.value))
    moment = datetime.fromtimestamp(value // 1000, UTC) if kind is Kind.TIMESTAMP else datetime.fromisoformat(value)
    if fn is Fn.WEEK:
        return moment.isocalendar().week
    return moment.isoweekday() % 7 if fn is Fn.WEEKDAY else int(getattr(moment, fn.value))
