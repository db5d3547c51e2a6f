"""Records in PostgreSQL: the source as it is seen inside one transaction of one connection."""

from collections.abc import Sequence
from typing import Any

from commonhold.core.query import ALWAYS, Facts, Filter, Query, Scalar
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.ports import Rows, Values
from commonhold.store.sources import postgres_rows, postgres_tables
from commonhold.store.sources.postgres_errors import mapped
from commonhold.store.sources.reading import Reading
from commonhold.store.sources.statements import Plans


class PostgresSource:
    """Rows of collections in one PostgreSQL database; what the methods promise, says ``core.records.ports.Source``."""

    def __init__(self, connection: Any, plans: Plans) -> None:
        """Work on a connection of asyncpg; ``plans`` are shared by all of one database."""
        self.connection = connection
        self.plans = plans
        self._reading = Reading(plans, self._run)

    async def _run(self, text: str, values: list[Any]) -> Sequence[Sequence[Any]]:
        with mapped():
            found: Sequence[Sequence[Any]] = await self.connection.fetch(text, *values)
            return found

    async def read(self, catalog: Catalog, collection: str, query: Query, facts: Facts) -> Rows:
        """Read rows and what is nested in them, with one statement per relation shown."""
        return await self._reading.read(catalog, collection, query, facts)

    async def tally(self, catalog: Catalog, collection: str, query: Query, facts: Facts) -> list[tuple[Scalar, ...]]:
        """Compute the aggregate of a query: per group its operands, then the measures."""
        return await self._reading.tally(catalog, collection, query, facts)

    async def flags(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], filters: Sequence[Filter], facts: Facts
    ) -> dict[str, tuple[bool, ...]]:
        """Tell which of the filters hold for each of the rows, by key as text; rows that do not exist are left out."""
        return await self._reading.flags(catalog, collection, keys, filters, facts)

    async def insert(self, catalog: Catalog, collection: str, rows: Sequence[Values]) -> list[Scalar]:
        """Add rows and return their keys in order."""
        return await postgres_rows.insert(self.connection, catalog, collection, rows)

    async def update(
        self,
        catalog: Catalog,
        collection: str,
        keys: Sequence[Scalar],
        values: Values,
        only: Filter = ALWAYS,
        facts: Facts | None = None,
    ) -> list[Scalar]:
        """Change rows for which the filter holds, and return the keys of those that were changed."""
        found = await self.matching(catalog, collection, keys, only, facts)
        return await postgres_rows.update(self.connection, catalog, collection, found, values)

    async def delete(
        self,
        catalog: Catalog,
        collection: str,
        keys: Sequence[Scalar],
        only: Filter = ALWAYS,
        facts: Facts | None = None,
    ) -> dict[str, list[Scalar]]:
        """Delete rows for which the filter holds, and what goes with them; return all keys by collection."""
        found = await self.matching(catalog, collection, keys, only, facts)
        return await postgres_rows.delete(self.connection, catalog, collection, found)

    async def reshape(self, before: Catalog, after: Catalog) -> None:
        """Make, change and drop tables so that they fit the later catalogue."""
        await postgres_tables.reshape(self.connection, before, after)

    async def matching(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], only: Filter, facts: Facts | None
    ) -> list[Scalar]:
        """Return the keys of those rows that exist and for which the filter holds."""
        return await self._reading.matching(catalog, collection, keys, only, facts)
