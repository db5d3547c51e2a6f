"""Records in SQLite: the source as it is seen inside one transaction of one connection.

All methods are synchronous and leave no statement unfinished; the store opens the transaction, runs them in its own
thread and gives them the port's asynchronous form (``core.records.ports.Source``).
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from commonhold.core.query import ALWAYS, Facts, Filter, Query, Scalar
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.ports import Rows, Values
from commonhold.store.sources import sqlite_rows, sqlite_tables
from commonhold.store.sources.reading import Reading, now
from commonhold.store.sources.sqlite_errors import mapped
from commonhold.store.sources.statements import Plans


class SqliteSource:
    """Rows of collections in one SQLite database; see ``core.records.ports.Source`` for what the methods promise."""

    def __init__(self, connection: sqlite3.Connection, plans: Plans) -> None:
        """Work on a connection that ``Sqlite.prepare`` made ready; ``plans`` are shared by all of one database."""
        self.connection = connection
        self._reading = Reading(plans, self._run)

    @property
    def plans(self) -> Plans:
        """The statements compiled so far."""
        return self._reading.plans

    @plans.setter
    def plans(self, plans: Plans) -> None:
        self._reading.plans = plans

    async def _run(self, text: str, values: list[Any]) -> Sequence[Sequence[Any]]:
        with mapped():
            return self.connection.execute(text, {f"p{n}": value for n, value in enumerate(values)}).fetchall()

    def read(self, catalog: Catalog, collection: str, query: Query, facts: Facts) -> Rows:
        """Read rows and what is nested in them, with one statement per relation shown."""
        return now(self._reading.read(catalog, collection, query, facts))

    def tally(self, catalog: Catalog, collection: str, query: Query, facts: Facts) -> list[tuple[Scalar, ...]]:
        """Compute the aggregate of a query: per group its operands, then the measures."""
        return now(self._reading.tally(catalog, collection, query, facts))

    def flags(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], filters: Sequence[Filter], facts: Facts
    ) -> dict[str, tuple[bool, ...]]:
        """Tell which of the filters hold for each of the rows, by key as text; rows that do not exist are left out."""
        return now(self._reading.flags(catalog, collection, keys, filters, facts))

    def insert(self, catalog: Catalog, collection: str, rows: Sequence[Values]) -> list[Scalar]:
        """Add rows and return their keys in order."""
        return sqlite_rows.insert(self.connection, catalog, collection, rows)

    def update(
        self,
        catalog: Catalog,
        collection: str,
        keys: Sequence[Scalar],
        values: Values,
        only: Filter = ALWAYS,
        facts: Facts | None = None,
    ) -> list[Scalar]:
        """Change rows for which the filter holds, and return the keys of those that were changed."""
        found = self.matching(catalog, collection, keys, only, facts)
        return sqlite_rows.update(self.connection, catalog, collection, found, values)

    def delete(
        self,
        catalog: Catalog,
        collection: str,
        keys: Sequence[Scalar],
        only: Filter = ALWAYS,
        facts: Facts | None = None,
    ) -> dict[str, list[Scalar]]:
        """Delete rows for which the filter holds, and what goes with them; return all keys by collection."""
        found = self.matching(catalog, collection, keys, only, facts)
        return sqlite_rows.delete(self.connection, catalog, collection, found)

    def reshape(self, before: Catalog, after: Catalog) -> None:
        """Make, change and drop tables so that they fit the later catalogue."""
        sqlite_tables.reshape(self.connection, before, after)

    def matching(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], only: Filter, facts: Facts | None
    ) -> list[Scalar]:
        """Return the keys of those rows that exist and for which the filter holds."""
        return now(self._reading.matching(catalog, collection, keys, only, facts))
