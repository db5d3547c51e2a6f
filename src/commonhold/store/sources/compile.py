"""The query tree, made into SQL text: names are quoted, values bound, and nothing else of a request reaches the text.

A relation in a filter is a sub-query in one of two forms, chosen per statement. Where one row is asked about, by its
key, it is correlated (``EXISTS``), so that work is in proportion to that row. In a list it stands before the statement
as a set of keys (``WITH … IN``), so that the database can start from the few rows that match, and so that relations of
any depth stay flat: SQLite's parser takes a nesting of some eight sub-queries, and no more.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    NEVER,
    Aggregate,
    And,
    Call,
    Compare,
    Filter,
    Fn,
    Given,
    Measure,
    Not,
    Op,
    Operand,
    Or,
    Slot,
    Some,
    Sort,
    Step,
    Value,
)
from commonhold.core.records.catalog import Catalog, Collection, Hop, unknown_column
from commonhold.core.records.kinds import CLOCKS, DAYS, NUMBERS, OPERATORS, TEXTS, Kind
from commonhold.store.sources.dialects import Dialect, literal, quoted
from commonhold.store.sources.places import place_of

_SIGNS: Final = {Op.EQ: "=", Op.NEQ: "<>", Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}
_TESTS: Final = {
    Op.CONTAINS: "contains",
    Op.STARTS_WITH: "starts",
    Op.ENDS_WITH: "ends",
    Op.IEQ: "equals",
    Op.IMATCHES: "matches",
}
_UNSORTED: Final = frozenset((Kind.JSON, Kind.HASH, Kind.ALIAS))  # a secret's place among others would tell of it
_RANGED: Final = NUMBERS | DAYS | CLOCKS | TEXTS


class Bound(msgspec.Struct, frozen=True):
    """How a value is bound: as which kind, one or a list, or as a pattern."""

    kind: Kind
    many: bool = False
    pattern: bool = False


class Expression(msgspec.Struct, frozen=True):
    """An expression in SQL, and what is known about it."""

    text: str
    kind: Kind
    nullable: bool = True
    scale: int | None = None


class Here(msgspec.Struct, frozen=True):
    """The rows a piece of the statement is about: a collection under an alias; ``by_row`` chooses the form."""

    alias: str
    collection: Collection
    by_row: bool


class Compiler:
    """Compiles one statement: collects its sets of keys and how each slot is bound."""

    def __init__(self, catalog: Catalog, dialect: Dialect) -> None:
        """Begin a statement."""
        self.catalog = catalog
        self.dialect = dialect
        self.bound: dict[int, Bound] = {}
        self.sets: list[str] = []
        self._aliases = 0

    def here(self, collection: str, *, by_row: bool) -> Here:
        """Take the next alias for rows of a collection."""
        self._aliases += 1
        return Here(f"t{self._aliases - 1}", self.catalog.collection(collection), by_row)

    def table(self, here: Here) -> str:
        """Write the table with its alias."""
        return f"{place_of(here.collection, self.dialect)} {here.alias}"

    def column(self, here: Here, name: str) -> Expression:
        """Write a column."""
        field = self.catalog.field(here.collection.name, name)
        if field.kind is Kind.ALIAS:
            raise unknown_column(here.collection.name, name)
        return Expression(f"{here.alias}.{quoted(field.column or name)}", field.kind, field.nullable, field.scale)

    def bind(self, slot: Slot, kind: Kind, *, pattern: bool = False) -> str:
        """Write one bound value."""
        self.bound[slot.n] = Bound(kind, pattern=pattern)
        return self.dialect.parameter(slot.n, kind)

    def among(self, expression: Expression, slot: Slot) -> str:
        """Write that an expression is in a bound list."""
        self.bound[slot.n] = Bound(expression.kind, many=True)
        return self.dialect.among(expression.text, slot.n, expression.kind)

    # operands

    def operand(self, here: Here, operand: Operand) -> Expression:
        """Write an operand."""
        if isinstance(operand, str):
            return self.column(here, operand)
        kind = self.catalog.kind(here.collection.name, operand)
        if isinstance(operand, Call):
            return self.call(here, operand, kind)
        if isinstance(operand, Given):
            shown = self.operand(here, operand.operand)
            where = self.filter(msgspec.structs.replace(here, by_row=True), operand.where)
            return Expression(f"CASE WHEN {where} THEN {shown.text} END", kind, scale=shown.scale)
        _, there, joined = self.beyond(here, operand.over)
        shown = self.operand(there, operand.operand)
        text = f"(SELECT {shown.text} FROM {self.table(there)} WHERE {joined})"
        return Expression(text, kind, scale=shown.scale)

    def call(self, here: Here, call: Call, kind: Kind) -> Expression:
        """Write a function of a column, or the number of rows beyond a relation."""
        if call.fn is not Fn.COUNT:
            column = self.column(here, call.field)
            return Expression(self.dialect.part(call.fn, column.text, column.kind), kind, column.nullable)
        if self.catalog.relation(here.collection.name, call.field) is None:
            return Expression(self.dialect.elements(self.column(here, call.field).text), kind)
        _, there, joined = self.beyond(here, call.field)
        where = self.conjunction(joined, self.filter(there, call.where))
        return Expression(f"(SELECT count(*) FROM {self.table(there)} WHERE {where})", kind, nullable=False)

    # filters

    def filter(self, here: Here, node: Filter) -> str:
        """Write a filter, in parentheses where it needs them."""
        if node == ALWAYS:
            return "TRUE"
        if node == NEVER:
            return "FALSE"
        if isinstance(node, And | Or):
            word = " AND " if isinstance(node, And) else " OR "
            return f"({word.join([self.filter(here, part) for part in node.parts])})"
        if isinstance(node, Not):
            return f"NOT {self.filter(here, node.part)}"
        if isinstance(node, Some):
            return self.exists(here, node) if here.by_row else self.member(here, node)
        return self.compare(here, node)

    def conjunction(self, *parts: str) -> str:
        """Join conditions, leaving out what is always true."""
        return " AND ".join([part for part in parts if part != "TRUE"]) or "TRUE"

    def beyond(self, here: Here, over: Step) -> tuple[Hop, Here, str]:
        """Open the other side of a relation, for one row: the step, the rows there, and how they are joined."""
        hop = self.catalog.hop(here.collection.name, over)
        there = self.here(hop.there, by_row=True)
        near, far = self.column(here, hop.near), self.column(there, hop.far)
        value = self.converted(near, far, hop)
        return hop, there, self.conjunction(f"{far.text} = {value}", *self.kinds(here, there, hop))

    def converted(self, side: Expression, other: Expression, hop: Hop) -> str:
        """Write one side of a step in the form of the other one, which stays a bare column and can use its index."""
        if not hop.loose:
            return side.text
        is_key = side.kind not in TEXTS
        return self.dialect.as_text(side.text, side.kind) if is_key else self.dialect.as_key(side.text, other.kind)

    def kinds(self, here: Here, there: Here, hop: Hop) -> list[str]:
        """Write which collection a relation with several targets must name."""
        named = []
        if hop.near_kind:
            named.append(f"{self.column(here, hop.near_kind).text} = {literal(there.collection.name)}")
        if hop.far_kind:
            named.append(f"{self.column(there, hop.far_kind).text} = {literal(here.collection.name)}")
        return named

    def exists(self, here: Here, some: Some) -> str:
        """Write a relation from the row that is at hand."""
        _, there, joined = self.beyond(here, some.over)
        where = self.conjunction(joined, self.filter(there, some.where))
        return f"EXISTS (SELECT 1 FROM {self.table(there)} WHERE {where})"

    def member(self, here: Here, some: Some) -> str:
        """Write a relation as membership in a set of keys that is found first. It is never unknown."""
        hop = self.catalog.hop(here.collection.name, some.over)
        there = self.here(hop.there, by_row=False)
        near, other = self.column(here, hop.near), self.column(there, hop.far)
        far = self.converted(other, near, hop)
        near_null = f"{near.text} IS NOT NULL" if near.nullable else "TRUE"
        far_null = f"{far} IS NOT NULL" if other.nullable or hop.loose else "TRUE"
        named = self.kinds(here, there, hop)
        near_kind, far_kind = (named, []) if hop.near_kind else ([], named)
        where = self.conjunction(self.filter(there, some.where), far_null, *far_kind)
        keys = f"s{len(self.sets)}"
        self.sets.append(f"{keys}(k) AS (SELECT {far} FROM {self.table(there)} WHERE {where})")
        kinds = [f"coalesce({kind}, FALSE)" for kind in near_kind]
        return f"({self.conjunction(near_null, *kinds, f'{near.text} IN (SELECT k FROM {keys})')})"

    def compare(self, here: Here, node: Compare) -> str:
        """Write a comparison."""
        found = self.operand(here, node.operand)
        if node.op not in OPERATORS[found.kind]:
            raise Problem("bad_query", collection=here.collection.name, operator=node.op.value, type=found.kind.value)
        if node.op in (Op.NULL, Op.NNULL):
            return f"{found.text} IS {'NOT ' * (node.op is Op.NNULL)}NULL"
        if node.op in (Op.EMPTY, Op.NEMPTY):
            empty = f"{found.text} IS NULL" + f" OR {found.text} = ''" * (found.kind in TEXTS | {Kind.HASH})
            return f"({empty})" if node.op is Op.EMPTY else f"NOT ({empty})"
        if node.op in _SIGNS:
            return f"{found.text} {_SIGNS[node.op]} {self.bind(_slot(node.value), found.kind)}"
        return self.test(found, node)

    def test(self, found: Expression, node: Compare) -> str:
        """Write a comparison that can be negated: with a list, a pair, or a part of a text."""
        negated = node.op.value.startswith("n")
        op = Op(node.op.value.removeprefix("n"))
        if op is Op.IN:
            text = self.among(found, _slot(node.value))
        elif op is Op.BETWEEN and isinstance(node.value, tuple):
            low, high = [self.bind(_slot(value), found.kind) for value in node.value]
            text = f"({found.text} >= {low} AND {found.text} <= {high})"
        else:
            fold = op not in _TESTS or op in (Op.IEQ, Op.IMATCHES)
            plain = op if op in _TESTS else Op(op.value.removeprefix("i"))
            value = self.bind(_slot(node.value), found.kind, pattern=op is Op.IMATCHES)
            text = self.dialect.text_test(_TESTS[plain], found.text, value, fold)
        return f"NOT ({text})" if negated else text

    # order and pages

    def sorted_by(self, here: Here, sort: Sequence[Sort]) -> list[tuple[Expression, bool]]:
        """Write what is sorted by, with whether it descends; the key comes last, so that the order is total."""
        keys = [(self.ordered(here, one.operand), one.descending) for one in sort]
        if all(one.operand != here.collection.key for one in sort):
            keys.append((self.column(here, here.collection.key), False))
        return keys

    def ordered(self, here: Here, operand: Operand) -> Expression:
        """Write an operand that can be sorted and grouped by."""
        found = self.operand(here, operand)
        if found.kind in _UNSORTED:
            raise Problem("bad_query", collection=here.collection.name, type=found.kind.value)
        return found

    @staticmethod
    def order(keys: Sequence[tuple[Expression, bool]]) -> str:
        """Write ORDER BY's list; NULL counts as the greatest value."""
        nulls = {True: " NULLS FIRST", False: " NULLS LAST"}
        return ", ".join(
            f"{key.text}{' DESC' * descending}{nulls[descending] * key.nullable}" for key, descending in keys
        )

    def beginning(self, keys: Sequence[tuple[Expression, bool]], after: Sequence[bool], first: int) -> str:
        """Write that a row comes after another one, whose sort values are bound from slot ``first`` on.

        :raises Problem: ``bad_cursor`` where there are not as many values as keys
        """
        if len(after) != len(keys):
            raise Problem("bad_cursor")
        alternatives: list[str] = []
        equal: list[str] = []
        for (key, descending), present in zip(keys, after, strict=True):
            value = self.bind(Slot(first), key.kind) if present else ""
            first += present
            if present:
                beyond = f"{key.text} {'<' if descending else '>'} {value}"
                later = beyond if descending or not key.nullable else f"({beyond} OR {key.text} IS NULL)"
            else:
                later = f"{key.text} IS NOT NULL" if descending else "FALSE"
            alternatives.append(self.conjunction(*equal, later))
            equal.append(f"{key.text} = {value}" if present else f"{key.text} IS NULL")
        return "(" + " OR ".join(f"({alternative})" for alternative in alternatives) + ")"

    def measure(self, here: Here, measure: Measure, operand: Operand | None) -> Expression:
        """Write a measure of a group."""
        if operand is None:
            return Expression("count(*)", Kind.BIGINT, nullable=False)
        found = self.operand(here, operand)
        name, _, distinct = measure.value.partition("_")
        text = f"{name}({'DISTINCT ' * bool(distinct)}{found.text})"
        if name == "count":
            return Expression(text, Kind.BIGINT, nullable=False)
        if found.kind not in (_RANGED if name in ("min", "max") else NUMBERS):
            raise Problem("bad_query", collection=here.collection.name, function=measure.value, type=found.kind.value)
        if name in ("min", "max"):
            return Expression(text, found.kind, scale=found.scale)
        kind = Kind.BIGINT if name == "sum" and found.kind is Kind.INTEGER else found.kind
        kind = Kind.FLOAT if name == "avg" and kind is not Kind.DECIMAL else kind
        return Expression(self.dialect.number(text, kind), kind)

    def grouped(self, here: Here, aggregate: Aggregate) -> tuple[list[Expression], list[Expression]]:
        """Write the groups and the measures of an aggregate."""
        groups = [self.ordered(here, group) for group in aggregate.groups]
        return groups, [self.measure(here, measure, operand) for measure, operand in aggregate.measures]


def _slot(value: Value) -> Slot:
    """Return the slot that stands for a lifted value."""
    if not isinstance(value, Slot):
        raise TypeError("lift the values out of a query before compiling it")
    return value
