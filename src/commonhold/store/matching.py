"""Conditions on rows, as engines in this process apply them: SQL's meaning, where nothing compares with null."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from commonhold.core.model import Row
from commonhold.core.ports import Rows, Where

_OPS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda found, value: found == value,
    "ne": lambda found, value: found != value,
    "in": lambda found, value: found in value,
    "lt": lambda found, value: found < value,
    "le": lambda found, value: found <= value,
    "gt": lambda found, value: found > value,
    "ge": lambda found, value: found >= value,
    "prefix": lambda found, value: found.startswith(value),
}


def matches(row: Row, where: Sequence[Where]) -> bool:
    """Tell whether all conditions hold for a row."""
    return all(_holds(getattr(row, one.column), one) for one in where)


def _holds(found: Any, where: Where) -> bool:
    if found is None or where.op == "null":
        return found is None and where.op == "null"
    return where.op == "notnull" or _OPS[where.op](found, where.value)


def page_of(found: list[Row], rows: Rows, limit: int) -> list[Row]:
    """Order rows that match, leave out those up to ``rows.after``, and cut; null comes before every value."""
    order = [(column.removeprefix("-"), column.startswith("-")) for column in rows.order]
    order += [(column, False) for column in rows.table.key]
    for column, descending in reversed(order):  # sorts are stable: the first column last
        found.sort(key=lambda row, column=column: _rank(getattr(row, column)), reverse=descending)  # type: ignore[misc]
    if rows.after is not None:
        found = [row for row in found if _beyond(row, order, rows.after)]
    return found[:limit]


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, value)


def _beyond(row: Row, order: Sequence[tuple[str, bool]], after: Sequence[Any]) -> bool:
    """Tell whether a row comes after the one whose order columns and key are ``after``."""
    for (column, descending), last in zip(order, after, strict=True):
        here, there = _rank(getattr(row, column)), _rank(last)
        if here != there:
            return (here < there) is descending
    return False
