"""A table of the memory engine: rows by key, indexes made when first asked for, and what may exist once."""

from collections.abc import Collection, Iterator
from typing import Any, Generic, TypeVar

from commonhold.core.changes import Taken
from commonhold.core.model import Row
from commonhold.store.matching import matches
from commonhold.store.uniques import UNIQUES, Unique

R = TypeVar("R", bound=Row)
Key = tuple[Any, ...]


def key_of(row: Row) -> Key:
    """Return the key of a row."""
    return tuple(getattr(row, column) for column in row.key)


class Table(Generic[R]):
    """Rows of one type. ``write`` is the only way in, so that indexes cannot lag behind."""

    def __init__(self, kind: type[R]) -> None:
        """Begin empty."""
        self.rows: dict[Key, R] = {}
        self._indexes: dict[str, dict[Any, dict[Key, R]]] = {}
        self._taken: list[tuple[Unique, dict[Key, Key]]] = [(one, {}) for one in UNIQUES if one.table is kind]

    def write(self, key: Key, row: R | None) -> R | None:
        """Put ``row`` in the place of ``key``, or clear it (None), and return what was there.

        :raises Taken: another row has what may exist once; nothing was written
        """
        old = self.rows.get(key)
        names = [(taken, _name(one, old), _name(one, row)) for one, taken in self._taken]
        if any(new is not None and taken.get(new, key) != key for taken, _, new in names):
            raise Taken(key)
        for taken, before, now in names:
            if before is not None:
                del taken[before]
            if now is not None:
                taken[now] = key
        for column, index in self._indexes.items():
            if old is not None:
                del index[getattr(old, column)][key]
            if row is not None:
                index.setdefault(getattr(row, column), {})[key] = row
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row
        return old

    def twin(self) -> "Table[R]":
        """Return a table of its own that holds the same rows; they never change, and are shared."""
        other: Table[R] = Table.__new__(Table)
        other.rows = dict(self.rows)
        other._indexes = {
            column: {value: dict(rows) for value, rows in index.items()} for column, index in self._indexes.items()
        }
        other._taken = [(one, dict(taken)) for one, taken in self._taken]
        return other

    def by(self, column: str, values: Collection[Any]) -> Iterator[R]:
        """Yield the rows whose ``column`` holds one of ``values``."""
        index = self._indexes.get(column)
        if index is None:
            index = self._indexes[column] = {}
            for key, row in self.rows.items():
                index.setdefault(getattr(row, column), {})[key] = row
        for value in dict.fromkeys(values):
            yield from index.get(value, {}).values()


def _name(unique: Unique, row: Row | None) -> Key | None:
    """Return what a row takes for itself, or None."""
    if row is None or not matches(row, unique.where):
        return None
    values = tuple(getattr(row, column) for column in unique.columns)
    return None if None in values else values
