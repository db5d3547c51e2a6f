"""Values on their way to PostgreSQL and rows on their way back."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

from commonhold.core.model import Row
from commonhold.store.sqlite.codec import DECODERS

R = TypeVar("R", bound=Row)

GREATEST: Final = 2**63 - 1


def decode(row: type[R], raw: Any) -> R:
    """Turn a composite value of a row's table into the row: what engines add comes after its own columns."""
    found: R = DECODERS[row](raw[: len(row.__struct_fields__)])
    return found


def decode_all(row: type[R], raw: Iterable[Any]) -> list[R]:
    """Turn an array of composite values into rows."""
    one, width = DECODERS[row], len(row.__struct_fields__)
    return [one(each[:width]) for each in raw]


def fitting(values: Iterable[Any]) -> list[Any]:
    """Return the values that a column can hold: no row has any other (2 ** 64, half a surrogate, a zero byte)."""
    return [value for value in dict.fromkeys(values) if fits(value)]


def fits(value: Any) -> bool:
    """Tell whether a column can hold a value."""
    if isinstance(value, int):
        return -GREATEST <= value <= GREATEST
    if isinstance(value, str):
        return "\0" not in value and _encodable(value)
    return True


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def all_fit(values: Sequence[Any]) -> bool:
    """Tell whether a column can hold each of some values."""
    return all(fits(value) for value in values)
