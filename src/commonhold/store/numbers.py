"""Placeholders: negative numbers in the ``refs`` columns of new rows become numbers of the one sequence."""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
            return Put(_row(row, new))
        case Upsert(row):
            return Upsert(_row(row, new))
        case Set(table, key, values):
            changed = {column: new(value) if column in table.refs else value for column, value in values.items()}
            return Set(table, _key(table, key, new), changed)
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
        case CountTry() | PutRows() | SetRows() | DropRows() | Reshape():
            return change
        case MoveSpace(item, space, limit):
            return MoveSpace(new(item), new(space), limit)


def _row(row: Row, new: Renumber) -> Row:
    changed = {}
    for column in row.refs:
        number = getattr(row, column)
        if number is not None and number < 0 and (found := new(number)) != number:
            changed[column] = found
    return msgspec.structs.replace(row, **changed) if changed else row


def _key(table: type[Row], key: tuple[Any, ...], new: Renumber) -> tuple[Any, ...]:
    return tuple(new(value) if column in table.refs else value for column, value in zip(table.key, key, strict=True))
