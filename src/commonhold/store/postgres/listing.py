"""Listings and searches, as statements with their values."""

import enum
from collections.abc import Collection, Mapping
from typing import Any

from commonhold.core.keys import words_of
from commonhold.core.model import Row
from commonhold.core.ports import LONGEST_PAGE, Rows, Search, Where
from commonhold.core.problems import Problem
from commonhold.store.postgres.statements import numbered, phrase
from commonhold.store.sqlite.listing import LAST, NEWEST, NULLABLE, NULLS, SIGNS

Statement = tuple[str, list[Any]]


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
    by = ", ".join(_ordered(table, name, descending) for name, descending in order.items())
    text = f"SELECT one FROM {table.table} AS one WHERE {where} ORDER BY {by} LIMIT ?"
    return numbered(text), [*(value for _, values in conditions for value in values), min(rows.limit, LONGEST_PAGE)]


def _ordered(table: type[Row], name: str, descending: bool) -> str:
    nulls = (" NULLS LAST" if descending else " NULLS FIRST") if (table, name) in NULLABLE else ""
    return f'"{name}"{" DESC" * descending}{nulls}'


def _condition(where: Where) -> Statement:
    name, value = f'"{where.column}"', where.value
    if where.op in NULLS:
        return f"{name} {NULLS[where.op]}", []
    if where.op == "in":
        # a flag would be taken for a list of flags
        return f"{name} = ANY(?)", [[int(one) if isinstance(one, enum.IntFlag) else one for one in value]]
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
        equal.append(f'"{name}" IS NOT DISTINCT FROM ?')
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
    """Make the statement that finds live items by the beginnings of words in their texts, newest first."""
    words = [part for word in asked.words for part in words_of(word)]
    before = NEWEST if asked.after is None else asked.after[0]
    text, values = "SELECT item.no FROM item WHERE item.no < ?", [before]
    if words:
        match = " & ".join(phrase([word], beginning=True) for word in words)
        text = "SELECT item.no FROM item_words JOIN item ON item.no = item_words.no "
        text, values = f"{text} WHERE item_words.words @@ ?::text::tsquery AND item.no < ?", [match, before]
    if asked.spaces is not None:
        text, values = f"{text} AND item.space = ANY(?)", [*values, list(asked.spaces)]
    text = f"{text} AND item.life = 'live' ORDER BY item.no DESC LIMIT ?"
    return numbered(text), [*values, min(asked.limit, LONGEST_PAGE)]


def flat(values: Collection[Any]) -> list[Any]:
    """Return single values, those of lists too."""
    return [one for value in values for one in (value if isinstance(value, list) else (value,))]
