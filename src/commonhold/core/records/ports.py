"""What the core needs from a source of records: the place where the rows of collections are.

A source decides nothing. What it is asked is guarded before (``core.records.guard``), and it runs inside a transaction
that somebody else has opened. Every value reaches it bound, never as part of a statement.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from commonhold.core.policy.allowed import Allowed
from commonhold.core.query import ALWAYS, Facts, Filter, Query, Scalar
from commonhold.core.records.asking import Known
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.rules import Rule

MOST_ROWS: Final = 50_000  # of one statement: beyond that a reply is built from pages

Row = dict[str, Any]
Values = Mapping[str, Any]


class Rows(msgspec.Struct, frozen=True):
    """Rows in order, and the sort values of the last one (``Page.after`` of the next page) if there may be more."""

    rows: list[Row]
    after: tuple[Scalar, ...] | None = None


class Source(Protocol):
    """Rows of collections, and the tables that hold them. Keys are given and returned as the key field holds them.

    Every method raises ``Problem("unknown_collection")``, ``"unknown_column"``, ``"bad_query"``, ``"invalid_field"``
    and ``"value_out_of_range"`` for what the catalogue does not know or a field cannot hold.
    """

    async def read(self, catalog: Catalog, collection: str, query: Query, facts: Facts) -> Rows:
        """Read rows and what is nested in them, with one statement per relation shown.

        :raises Problem: ``query_too_costly`` beyond ``MOST_ROWS``
        """
        ...

    async def tally(self, catalog: Catalog, collection: str, query: Query, facts: Facts) -> list[tuple[Scalar, ...]]:
        """Compute the aggregate of a query: per group its operands, then the measures."""
        ...

    async def flags(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], filters: Sequence[Filter], facts: Facts
    ) -> dict[str, tuple[bool, ...]]:
        """Tell which of the filters hold for each of the rows, by key as text; rows that do not exist are left out."""
        ...

    async def insert(self, catalog: Catalog, collection: str, rows: Sequence[Values]) -> list[Scalar]:
        """Add rows and return their keys in order.

        :raises Problem: ``not_unique``, ``bad_reference``, ``missing_field``, ``value_too_long``, ``read_only``
        """
        ...

    async def update(
        self,
        catalog: Catalog,
        collection: str,
        keys: Sequence[Scalar],
        values: Values,
        only: Filter = ALWAYS,
        facts: Facts | None = None,
    ) -> list[Scalar]:
        """Change rows for which the filter holds, and return the keys (new ones too) of those that were changed.

        :raises Problem: as ``insert``
        """
        ...

    async def delete(
        self,
        catalog: Catalog,
        collection: str,
        keys: Sequence[Scalar],
        only: Filter = ALWAYS,
        facts: Facts | None = None,
    ) -> dict[str, list[Scalar]]:
        """Delete rows for which the filter holds, and what goes with them; return all keys by collection.

        :raises Problem: ``bad_reference`` where a relation keeps them, ``read_only``
        """
        ...

    async def reshape(self, before: Catalog, after: Catalog) -> None:
        """Make, change and drop tables so that they fit the later catalogue.

        :raises Problem: ``not_unique``, ``missing_field`` where the rows that are there do not allow it
        """
        ...


class Records(Protocol):
    """Reading the collections of a store, off the way of everything else; they are written by ``Store.commit``.

    Every question is answered within one moment and a deadline, or refused as ``Problem("query_too_costly")``.
    """

    async def catalog(self) -> Catalog:
        """Return the catalogue of this moment."""
        ...

    async def rules(self, allowed: Allowed, principals: Collection[int]) -> list[Rule]:
        """Return the rules of these principals; those that make no sense any more, as a field is gone, are left out."""
        ...

    async def whose(self, allowed: Allowed, principals: Collection[int]) -> Mapping[int, Known]:
        """Return the facts about these principals that rules about whoever asks name."""
        ...

    async def reaching(self, allowed: Allowed, user: int | None, most: int) -> list[int]:
        """Return the newest live shares of records with everything that a user (None: everybody) is."""
        ...

    async def read(self, allowed: Allowed, catalog: Catalog, collection: str, query: Query, facts: Facts) -> Rows:
        """Read rows; see ``Source``."""
        ...

    async def tally(
        self, allowed: Allowed, catalog: Catalog, collection: str, query: Query, facts: Facts
    ) -> list[tuple[Scalar, ...]]:
        """Compute an aggregate; see ``Source``."""
        ...
