"""Rows of records written on the connection of the committer, which never waits, inside of its transaction."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from commonhold.core.changes import Change
from commonhold.core.model import Item, Life, Share
from commonhold.core.problems import Problem
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.writes import RecordChange, RowIs
from commonhold.core.roles import ItemKind
from commonhold.store import record_writing
from commonhold.store.catalogs import CATALOG
from commonhold.store.sources.dialects import Sqlite
from commonhold.store.sources.reading import now
from commonhold.store.sources.sqlite import SqliteSource
from commonhold.store.sources.statements import Plans
from commonhold.store.sqlite.codec import DECODERS
from commonhold.store.sqlite.statements import COLUMNS, LISTED, listed, select

_LIVING: Final = (
    f"SELECT {COLUMNS['item']} FROM item WHERE kind = '{ItemKind.RECORD}' AND life <> '{Life.DELETED}' "
    f"AND collection = ?"
)


class _Source:
    """A source as it is awaited; it never waits."""

    def __init__(self, source: SqliteSource) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        async def method(*given: Any) -> Any:
            return getattr(self._source, name)(*given)

        return method

    async def reshape(self, before: Catalog, after: Catalog) -> None:
        try:
            self._source.reshape(before, after)
        except sqlite3.OperationalError as error:
            raise Problem("invalid_field", reason=str(error)[:200]) from error


class _Tables:
    """The tables of a connection; see ``record_writing.Tables``."""

    with_sources = False

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self.source: Any = _Source(SqliteSource(connection, Plans(Sqlite())))

    async def collections(self) -> Sequence[str]:
        return [text for (text,) in self._execute(CATALOG).fetchall()]

    async def living(self, collection: str, keys: Sequence[str] | None) -> Sequence[Item]:
        some = "" if keys is None else f" AND ref IN {LISTED}"
        values = (collection,) if keys is None else (collection, listed(keys))
        return [DECODERS[Item](raw) for raw in self._execute(_LIVING + some, values).fetchall()]

    async def shares(self, items: Sequence[int]) -> Sequence[Share]:
        raw = self._execute(select(Share, "item", one=False), (listed(items),)).fetchall()
        return [DECODERS[Share](one) for one in raw]


class RecordWriting:
    """Writes the changes of records; see ``store.record_writing``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Write on this connection."""
        self._writing = record_writing.RecordWriting(_Tables(connection))

    def holds(self, guard: RowIs) -> bool:
        """Tell whether a row exists."""
        return now(self._writing.holds(guard))

    def write(self, change: RecordChange, at: int, gave: Sequence[Any] = ()) -> tuple[Any, list[Change]]:
        """Write one change, after others that ``gave`` this; return what it gives, and the changes that follow from it.

        :raises Missed: a row is not there, or not as the change demands
        :raises Problem: what a field or table refuses
        """
        return now(self._writing.write(change, at, gave))
