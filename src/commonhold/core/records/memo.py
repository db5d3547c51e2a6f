"""What was made of values that never change, kept by which values these were: for work that comes again and again.

A key is the values themselves, not what they are equal to: comparing them would cost what is saved. They are kept as
long as what was made of them, so that no other value takes their place.
"""

from collections import OrderedDict
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

MOST: Final = 1_024


class Memo(Generic[T]):
    """The newest things made, by what they were made of."""

    def __init__(self, most: int = MOST) -> None:
        """Keep no more than ``most``; the least used go."""
        self._most = most
        self._kept: OrderedDict[tuple[int, ...], tuple[tuple[Any, ...], T]] = OrderedDict()

    def get(self, *made_of: Any) -> T | None:
        """Return what was made of these values, if it is kept."""
        key = tuple(map(id, made_of))
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[1]

    def put(self, made: T, *made_of: Any) -> T:
        """Keep something, and return it."""
        self._kept[tuple(map(id, made_of))] = (made_of, made)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return made
