"""Rows as SQLite keeps them: structs are written as they are, and read back by position."""

import enum
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from commonhold.core.model import ROWS, Row

R = TypeVar("R", bound=Row)

Decode = Callable[[Sequence[Any]], Any]


def _meanings(hint: Any) -> Mapping[Any, Any] | None:
    """Return what each stored value of a column means, or None where it means itself."""
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    kind = next(kind for kind in kinds if kind is not types.NoneType)
    known: dict[Any, Any] = {None: None}
    if kind is bool:
        return {0: False, 1: True}
    if issubclass(kind, enum.IntFlag):
        return known | {number: kind(number) for number in range(2 * max(kind))}
    if issubclass(kind, enum.StrEnum):
        return known | {one.value: one for one in kind}
    return None


def _decoder(row: type[Row]) -> Decode:
    """Make the function that turns the columns of a row, in order, into the row."""
    hints = typing.get_type_hints(row)
    found = [(place, _meanings(hints[name])) for place, name in enumerate(row.__struct_fields__)]
    steps = [(place, known) for place, known in found if known is not None]

    def decode(raw: Sequence[Any]) -> Row:
        values = list(raw)
        for place, known in steps:
            values[place] = known[values[place]]
        return row(*values)

    return decode


DECODERS: Final[Mapping[type[Row], Decode]] = {row: _decoder(row) for row in ROWS}


def decode_all(row: type[R], raw: Sequence[Sequence[Any]]) -> list[R]:
    """Turn what was read from a row's table into rows."""
    return [DECODERS[row](one) for one in raw]
