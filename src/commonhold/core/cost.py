"""What a query may cost: each limit has a name and a reason; the filters that policy adds do not count.

A query is measured before it is run; what is over a limit is ``query_too_costly`` with the limit's name.
"""

from typing import Final

import msgspec

from commonhold.core.problems import Problem
from commonhold.core.query import And, Call, Compare, Filter, Given, Nest, Not, Of, Op, Operand, Or, Query, Some, Value


class Cost(msgspec.Struct, frozen=True):
    """The size of a query, or, as ``LIMITS``, the largest one that is run."""

    depth: int = 0  # relations one behind another
    relations: int = 0  # relations in all: each is one more search
    conditions: int = 0  # comparisons
    nesting: int = 0  # and, or, not within one another: databases parse with a bounded stack
    fields: int = 0  # columns shown, sorted and grouped by
    values: int = 0  # values in one list
    text: int = 0  # characters in one text: patterns are matched in more than linear time
    wildcards: int = 0  # signs * and ? in one pattern, for the same reason


LIMITS: Final = Cost(
    depth=6, relations=40, conditions=200, nesting=10, fields=500, values=5_000, text=10_000, wildcards=8
)


def depth(query: Query) -> int:
    """Return how many relations stand one behind another."""
    return measure(query).depth


def measure(query: Query) -> Cost:
    """Return the size of a query."""
    meter = _Meter()
    meter.query(query, 0)
    return Cost(**meter.found)


def check(query: Query, limits: Cost = LIMITS) -> None:
    """Refuse a query that is larger than allowed.

    :raises Problem: ``query_too_costly`` with ``limit`` (its name), ``allowed`` and ``found``
    """
    cost = measure(query)
    for name in Cost.__struct_fields__:
        found, allowed = getattr(cost, name), getattr(limits, name)
        if found > allowed:
            raise Problem("query_too_costly", limit=name, allowed=allowed, found=found)


class _Meter:
    """Walks a query and adds up."""

    def __init__(self) -> None:
        self.found = dict.fromkeys(Cost.__struct_fields__, 0)

    def at_least(self, name: str, value: int) -> None:
        self.found[name] = max(self.found[name], value)

    def query(self, query: Query, deep: int) -> None:
        self.filter(query.filter, deep, 0)
        for shown in query.fields:
            if isinstance(shown, Nest):
                self.step(deep)
                self.filter(shown.given, deep, 0)
                self.query(shown.query, deep + 1)
            else:
                self.operand(shown.operand, deep)
        for sort in query.sort:
            self.operand(sort.operand, deep)
        if query.aggregate:
            measured = [operand for _, operand in query.aggregate.measures if operand is not None]
            for operand in (*measured, *query.aggregate.groups):
                self.operand(operand, deep)

    def step(self, deep: int) -> None:
        self.found["relations"] += 1
        self.at_least("depth", deep + 1)

    def filter(self, node: Filter, deep: int, nested: int) -> None:
        self.at_least("nesting", nested)
        if isinstance(node, And | Or):
            for part in node.parts:
                self.filter(part, deep, nested + 1)
        elif isinstance(node, Not):
            self.filter(node.part, deep, nested + 1)
        elif isinstance(node, Some):
            self.step(deep)
            self.filter(node.where, deep + 1, nested + 1)
        else:
            self.compare(node, deep, nested)

    def compare(self, node: Compare, deep: int, nested: int) -> None:
        self.found["conditions"] += 1
        self.operand(node.operand, deep, nested)
        self.value(node.value)
        if node.op is Op.IMATCHES and isinstance(node.value, str):
            self.at_least("wildcards", node.value.count("*") + node.value.count("?"))

    def value(self, value: Value) -> None:
        if isinstance(value, tuple):
            self.at_least("values", len(value))
            for one in value:
                self.value(one)
        elif isinstance(value, str):
            self.at_least("text", len(value))

    def operand(self, operand: Operand, deep: int, nested: int = 0) -> None:
        self.found["fields"] += 1
        if isinstance(operand, Call):
            self.step(deep)
            self.filter(operand.where, deep + 1, nested + 1)
        elif isinstance(operand, Of):
            self.step(deep)
            self.operand(operand.operand, deep + 1, nested + 1)
        elif isinstance(operand, Given):
            self.operand(operand.operand, deep, nested + 1)
            self.filter(operand.where, deep, nested + 1)
