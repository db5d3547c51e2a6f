"""Rows of records written on the connection of the committer, inside of its transaction."""

from collections.abc import Sequence
from typing import Any, Final

from asyncpg import exceptions as pg

from commonhold.core.model import Item, Life, Share
from commonhold.core.problems import Problem
from commonhold.core.records.catalog import Catalog
from commonhold.core.roles import ItemKind
from commonhold.store import record_writing
from commonhold.store.catalogs import CATALOG
from commonhold.store.postgres.connections import Connection
from commonhold.store.postgres.values import decode_all
from commonhold.store.sources.dialects import Postgres
from commonhold.store.sources.postgres import PostgresSource
from commonhold.store.sources.statements import Plans

_LIVING: Final = (
    f"SELECT one FROM item AS one WHERE kind = '{ItemKind.RECORD}' AND life <> '{Life.DELETED}' AND collection = $1"
)
_SHARES: Final = "SELECT one FROM share AS one WHERE item = ANY($1::bigint[])"


class _Source(PostgresSource):
    async def reshape(self, before: Catalog, after: Catalog) -> None:
        try:
            await super().reshape(before, after)
        except (pg.SyntaxOrAccessError, pg.DataError) as error:
            raise Problem("invalid_field", reason=str(error.args[0] if error.args else "")[:200]) from error


class _Tables:
    """The tables of a connection; see ``record_writing.Tables``."""

    with_sources = True

    def __init__(self, connection: Connection) -> None:
        self._fetch = connection.fetch
        self.source: Any = _Source(connection, Plans(Postgres()))

    async def collections(self) -> Sequence[str]:
        return [text for (text,) in await self._fetch(CATALOG)]

    async def living(self, collection: str, keys: Sequence[str] | None) -> Sequence[Item]:
        some = "" if keys is None else " AND ref = ANY($2::text[])"
        found = await self._fetch(_LIVING + some, collection, *([] if keys is None else [list(keys)]))
        return decode_all(Item, (one for (one,) in found))

    async def shares(self, items: Sequence[int]) -> Sequence[Share]:
        return decode_all(Share, (one for (one,) in await self._fetch(_SHARES, list(items))))


class RecordWriting(record_writing.RecordWriting):
    """Writes the changes of records; see ``store.record_writing``."""

    def __init__(self, connection: Connection) -> None:
        """Write on this connection."""
        super().__init__(_Tables(connection))
