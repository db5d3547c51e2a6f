"""Listings and searches, as statements with their values."""

import enum
import types
import typing
from collections.abc import Sequence
from typing import Any, Final

from commonhold.core.keys import words_of
from commonhold.core.model import ROWS, Row
from commonhold.core.ports import LONGEST_PAGE, Rows, Search, Where
from commonhold.store.sqlite.probes import listed
from commonhold.store.sqlite.statements import COLUMNS, LISTED

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
    """Make the statement that reads a page: null comes before every value, the key decides between equals."""
    table = rows.table
    order = [(name.removeprefix("-"), name.startswith("-")) for name in (*rows.order, *table.key)]
    conditions = [_condition(one) for one in rows.where]
    if rows.after is not None:
        conditions.append(_beyond(table, order, rows.after))
    where = " AND ".join(text for text, _ in conditions) or "TRUE"
    by = ", ".join(dict.fromkeys(f'"{name}"{" DESC" * descending}' for name, descending in order))
    text = f"SELECT {COLUMNS[table.table]} FROM {table.table} WHERE {where} ORDER BY {by} LIMIT ?"
    return text, [*(value for _, values in conditions for value in values), min(rows.limit, LONGEST_PAGE)]


def _condition(where: Where) -> Statement:
    name, value = f'"{where.column}"', where.value
    if where.op in NULLS:
        return f"{name} {NULLS[where.op]}", []
    if where.op == "in":
        return f"{name} IN ({', '.join('?' * len(value))})", list(value)
    if where.op == "prefix":
        return f"{name} >= ? AND {name} < ?", [value, value + LAST]
    if isinstance(value, enum.StrEnum):  # written out, so that an index of rows with this value can be used
        return f"{name} {SIGNS[where.op]} '{value.value}'", []
    return f"{name} {SIGNS[where.op]} ?", [value]


def _beyond(table: type[Row], order: Sequence[tuple[str, bool]], after: Sequence[Any]) -> Statement:
    """Write that a row comes after the one with these values; bounded by the first of them, so that an index helps."""
    ways: list[str] = []
    values: list[Any] = []
    equal: list[str] = []
    before: list[Any] = []
    for (name, descending), last in zip(order, after, strict=True):
        if last is None:
            later, given = (f'"{name}" IS NOT NULL' if not descending else "FALSE"), []
        else:
            later, given = f'"{name}" {"<" if descending else ">"} ?', [last]
            if descending and (table, name) in NULLABLE:
                later = f'({later} OR "{name}" IS NULL)'
        ways.append(" AND ".join((*equal, later)))
        values += [*before, *given]
        equal.append(f'"{name}" IS ?')
        before.append(last)
    (name, descending), last = order[0], after[0]
    text = f"({' OR '.join(ways)})"
    if last is None or (descending and (table, name) in NULLABLE):
        return text, values
    return f'"{name}" {"<=" if descending else ">="} ? AND {text}', [last, *values]


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
        text, values = f"{text} AND item.space IN {LISTED}", [*values, listed(asked.spaces)]
    order = "item_words.rowid" if words else "item.no"
    return f"{text} AND item.life = 'live' ORDER BY {order} DESC LIMIT ?", [*values, min(asked.limit, LONGEST_PAGE)]
