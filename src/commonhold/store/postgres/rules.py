"""Which rules hold for the rows of records, asked over a connection inside of one moment."""

from collections.abc import Collection, Sequence
from typing import Any

from commonhold.core.model import Row
from commonhold.core.ports import Clock
from commonhold.core.query import Facts, Filter, Scalar
from commonhold.core.records.catalog import Catalog
from commonhold.store.catalogs import CATALOG
from commonhold.store.postgres.connections import Connection
from commonhold.store.postgres.statements import select
from commonhold.store.postgres.values import decode_all, fitting
from commonhold.store.ruling import Kept, RecordRules
from commonhold.store.sources.postgres import PostgresSource


class _Tables:
    """The tables of a connection; see ``ruling.Tables``."""

    def __init__(self, connection: Connection, kept: Kept) -> None:
        self._connection = connection
        self._source = PostgresSource(connection, kept.plans)

    async def rows(self, table: type[Row], column: str, values: Collection[Any]) -> Sequence[Any]:
        found = await self._connection.fetchrow(select(table, column), fitting(values))
        return decode_all(table, found[4])

    async def people_at(self) -> int:
        return int(await self._connection.fetchval("SELECT people_at FROM instance"))

    async def collections(self) -> Sequence[str]:
        return [text for (text,) in await self._connection.fetch(CATALOG)]

    async def flags(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], filters: Sequence[Filter], facts: Facts
    ) -> dict[str, tuple[bool, ...]]:
        async with self._connection.transaction():  # a savepoint: what cannot be asked spoils nothing else
            return await self._source.flags(catalog, collection, keys, filters, facts)


def rules_over(connection: Connection, kept: Kept, clock: Clock) -> RecordRules:
    """Return what evaluates rules over a connection; ``kept`` outlives it."""
    return RecordRules(_Tables(connection, kept), kept, clock)
