"""The form of a query without its values, which is the key under which its statement is kept.

A ``Lifter`` takes the values out, in order, and leaves numbered slots; a statement is compiled once per form. Late
values (``Now``, ``Current``) are values like others: they never reach the key.
"""

import msgspec

from commonhold.core.problems import Problem
from commonhold.core.query import (
    WITH_LIST,
    WITH_PAIR,
    WITHOUT_VALUE,
    Aggregate,
    And,
    Call,
    Compare,
    Filter,
    Given,
    Not,
    Of,
    Operand,
    Or,
    Slot,
    Some,
    Sort,
    Value,
)


class Form(msgspec.Struct, frozen=True):
    """A statement that reads rows, without its values: first the limit, then what the flags say, then the query's own.

    ``link`` names the column that must be among keys given (rows nested in others), ``limited`` that these are limited
    per key; ``skipping`` says that there is an offset, ``after`` which of the values to read on from are not NULL.
    """

    collection: str
    columns: tuple[Operand, ...]
    filter: Filter
    sort: tuple[Sort, ...] = ()
    link: str | None = None
    limited: bool = False
    skipping: bool = False
    after: tuple[bool, ...] | None = None


class Tally(msgspec.Struct, frozen=True):
    """A statement that computes measures of groups, without its values."""

    collection: str
    aggregate: Aggregate
    filter: Filter
    sort: tuple[Sort, ...] = ()
    skipping: bool = False


class Flags(msgspec.Struct, frozen=True):
    """A statement that tells which filters hold for rows, without its values."""

    collection: str
    filters: tuple[Filter, ...]


class Lifter:
    """Collects values while it replaces them by slots."""

    def __init__(self) -> None:
        """Begin without values."""
        self.values: list[Value] = []

    def slot(self, value: Value) -> Slot:
        """Keep a value and return its place."""
        self.values.append(value)
        return Slot(len(self.values) - 1)

    def filter(self, node: Filter) -> Filter:
        """Lift the values out of a filter."""
        if isinstance(node, Compare):
            return Compare(self.operand(node.operand), node.op, self._value(node))
        if isinstance(node, And | Or):
            return type(node)(tuple([self.filter(part) for part in node.parts]))
        if isinstance(node, Some):
            return Some(node.over, self.filter(node.where))
        return Not(self.filter(node.part))

    def operand(self, operand: Operand) -> Operand:
        """Lift the values out of an operand."""
        if isinstance(operand, str):
            return operand
        if isinstance(operand, Call):
            return Call(operand.fn, operand.field, self.filter(operand.where))
        if isinstance(operand, Of):
            return Of(operand.over, self.operand(operand.operand))
        return Given(self.operand(operand.operand), self.filter(operand.where))

    def aggregate(self, aggregate: Aggregate) -> Aggregate:
        """Lift the values out of measures and groups."""
        measures = [(measure, of if of is None else self.operand(of)) for measure, of in aggregate.measures]
        return Aggregate(tuple(measures), tuple([self.operand(group) for group in aggregate.groups]))

    def sort(self, sort: tuple[Sort, ...]) -> tuple[Sort, ...]:
        """Lift the values out of what is sorted by."""
        return tuple([Sort(self.operand(one.operand), one.descending) for one in sort])

    def _value(self, node: Compare) -> Value:
        if node.op in WITHOUT_VALUE:
            return None
        if node.op in WITH_PAIR:
            if not isinstance(node.value, tuple) or len(node.value) != 2:
                raise Problem("bad_query", operator=node.op.value)
            return (self.slot(node.value[0]), self.slot(node.value[1]))
        if isinstance(node.value, tuple) and node.op not in WITH_LIST:
            raise Problem("bad_query", operator=node.op.value)
        return self.slot(node.value)
