"""Listings and searches, as statements with their values."""

import enum
import types
import typing
from collections.abc import Collection, Mapping
from typing import Any, Final

from commonhold.core.keys import words_of
from commonhold.core.model import ROWS, Row
from commonhold.core.ports import LONGEST_PAGE, Rows, Search, Where
from commonhold.core.problems import Problem
from commonhold.store.sqlite.statements import COLUMNS

Statement = tuple[str, list[Any]]

SIGNS: Final = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
NULLS: Final = {"null": "IS NULL", "notnull": "IS NOT NULL"}
LAST: Final = "\U0010ffff"  # no text goes on with this
NEWEST: Final = 2**63 - 1

NULLABLE: Final[frozenset[tuple[type[Row], str]]] = frozenset(
    (row, name)
    for row in ROWS
    for name, hint in typing.get_type_hints(row).items()
    if isinstance(hint, types.UnionType) and types.NoneType in typing.get_args(hint)
)


def page(rows: Rows) -> Statement:
    """Make the statement that reads a page: null comes before every value, the key decides between equals.

    :raises Problem: bad_cursor if ``after`` has not a value for each column of the order
    """
    table = rows.table
    names = (*rows.order, *table.key)
    order: dict[str, bool] = {}
    for name in names:
        order.setdefault(name.removeprefix("-"), name.startswith("-"))
    conditions = [_condition(one) for one in rows.where]
    if rows.after is not None:
        last = dict(zip((name.removeprefix("-") for name in names), rows.after, strict=False))
        if last.keys() != order.keys():
            raise Problem("bad_cursor")
        conditions.append(_beyond(table, order, last))
    where = " AND ".join(text for text, _ in conditions) or "TRUE"
    by = ", ".join(f'"{name}"{" DESC" * descending}' for name, descending in order.items())
    text = f"SELECT {COLUMNS[table.table]} FROM {table.table} WHERE {where} ORDER BY {by} LIMIT ?"
    return text, [*(value for _, values in conditions for value in values), min(rows.limit, LONGEST_PAGE)]


def slots(values: Collection[Any]) -> str:
    """Write a place for each of some values."""
    return ", ".join("?" * len(values))


def _condition(where: Where) -> Statement:
    name, value = f'"{where.column}"', where.value
    if where.op in NULLS:
        return f"{name} {NULLS[where.op]}", []
    if where.op == "in":
        return f"{name} IN ({slots(value)})", list(value)
    if where.op == "prefix":
        return f"{name} >= ? AND {name} < ?", [value, value + LAST]
    if isinstance(value, enum.StrEnum):  # written out, so that an index of rows with this value can be used
        return f"{name} {SIGNS[where.op]} '{value.value}'", []
    return f"{name} {SIGNS[where.op]} ?", [value]


def _beyond(table: type[Row], order: Mapping[str, bool], last: Mapping[str, Any]) -> Statement:
    """Write that a row comes after the one with these values; bounded by the first of them, so that an index helps."""
    ways: list[str] = []
    values: list[Any] = []
    equal: list[str] = []
    before: list[Any] = []
    for name, descending in order.items():
        later, given = _later(table, name, descending, last[name])
        ways.append(" AND ".join((*equal, later)))
        values += [*before, *given]
        equal.append(f'"{name}" IS ?')
        before.append(last[name])
    text = f"({' OR '.join(ways)})"
    name, descending = next(iter(order.items()))
    if last[name] is None or (descending and (table, name) in NULLABLE):
        return text, values
    return f'"{name}" {"<=" if descending else ">="} ? AND {text}', [last[name], *values]


def _later(table: type[Row], name: str, descending: bool, last: Any) -> Statement:
    """Write that a column comes after a value; null comes before every value."""
    if last is None:
        return ("FALSE" if descending else f'"{name}" IS NOT NULL'), []
    if not descending:
        return f'"{name}" > ?', [last]
    return (f'("{name}" < ? OR "{name}" IS NULL)' if (table, name) in NULLABLE else f'"{name}" < ?'), [last]


def search(asked: Search) -> Statement:
    """Make the statement that finds live items by the beginnings of words in their names, newest first."""
    words = [part for word in asked.words for part in words_of(word)]
    before = NEWEST if asked.after is None else asked.after[0]
    text, values = "SELECT item.no FROM item WHERE item.no < ?", [before]
    if words:
        match = " ".join(f'"{word}"*' for word in words)
        text = "SELECT item.no FROM item_words CROSS JOIN item ON item.no = item_words.rowid "
        text, values = f"{text} WHERE item_words MATCH ? AND item_words.rowid < ?", [match, before]
    if asked.spaces is not None:
        text, values = f"{text} AND item.space IN ({slots(asked.spaces)})", [*values, *asked.spaces]
    order = "item_words.rowid" if words else "item.no"
    return f"{text} AND item.life = 'live' ORDER BY {order} DESC LIMIT ?", [*values, min(asked.limit, LONGEST_PAGE)]
