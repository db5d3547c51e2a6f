"""Placeholders: negative numbers in the ``refs`` columns of new rows become numbers of the one sequence."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec

from commonhold.core.changes import (
    Change,
    Charge,
    CountTry,
    CountUse,
    Drop,
    DropWhere,
    MoveSpace,
    Nest,
    Put,
    Set,
    TakeDue,
    Unnest,
    Upsert,
)
from commonhold.core.model import Row
from commonhold.core.records.writes import DropRows, PutRows, Reshape, SetRows

Renumber = Callable[[Any], Any]


def numbers_for(changes: Iterable[Change], next_no: int) -> dict[int, int]:
    """Give each placeholder a number from ``next_no`` on, in the order -1, -2, …"""
    found: set[int] = set()

    def collect(number: Any) -> Any:
        if isinstance(number, int) and number < 0:
            found.add(number)
        return number

    for change in changes:
        if isinstance(change, Put | Upsert):
            found.update([number for number in _numbers_in(change.row) if number is not None and number < 0])
        else:
            _renumber(change, collect)
    return {placeholder: next_no + at for at, placeholder in enumerate(sorted(found, reverse=True))}


def resolve(changes: Sequence[Change], numbers: Mapping[int, int]) -> Sequence[Change]:
    """Return the changes with their numbers in place of placeholders."""
    if not numbers:
        return changes
    return [_renumber(change, lambda number: numbers.get(number, number)) for change in changes]


def _renumber(change: Change, new: Renumber) -> Change:
    """Return a change with ``new`` applied wherever a placeholder may stand."""
    match change:
        case Put(row):
            return change if (changed := _row(row, new)) is row else Put(changed)
        case Upsert(row):
            return change if (changed := _row(row, new)) is row else Upsert(changed)
        case Set(table, key, values):
            resolved = {column: new(value) if column in table.refs else value for column, value in values.items()}
            return Set(table, _key(table, key, new), resolved)
        case Drop(table, key):
            return Drop(table, _key(table, key, new))
        case DropWhere(table, column, value):
            return DropWhere(table, column, new(value)) if column in table.refs else change
        case Nest(child, grp, since):
            return Nest(new(child), new(grp), since)
        case Unnest(child, grp):
            return Unnest(new(child), new(grp))
        case CountUse(share, limit, at):
            return CountUse(new(share), limit, at)
        case Charge(space, size, quota):
            return Charge(new(space), size, quota)
        case CountTry() | TakeDue() | PutRows() | SetRows() | DropRows() | Reshape():
            return change
        case MoveSpace(item, space, limit):
            return MoveSpace(new(item), new(space), limit)


def _row(row: Row, new: Renumber) -> Row:
    numbers = zip(row.refs, _numbers_in(row), strict=True)
    changed = {column: new(number) for column, number in numbers if number is not None and number < 0}
    return msgspec.structs.replace(row, **changed) if changed else row


def _numbers_in(row: Row) -> tuple[int | None, ...]:
    """Return what stands in the columns of a row where a placeholder may stand."""
    return _getter(type(row))(row)


@cache
def _getter(table: type[Row]) -> Callable[[Row], tuple[int | None, ...]]:
    if len(table.refs) > 1:
        return attrgetter(*table.refs)
    return lambda row: tuple(getattr(row, column) for column in table.refs)


def _key(table: type[Row], key: tuple[Any, ...], new: Renumber) -> tuple[Any, ...]:
    return tuple(new(value) if column in table.refs else value for column, value in zip(table.key, key, strict=True))
