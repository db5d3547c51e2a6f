"""Rows of records written inside of the transaction of a commit, whatever the database.

Written to be awaited, as some databases are; whoever never waits runs it by ``sources.reading.now``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from commonhold.core.changes import Change, Missed
from commonhold.core.model import Item, Share
from commonhold.core.problems import Problem
from commonhold.core.query import ALWAYS, Facts, Filter, Scalar
from commonhold.core.records.asking import first_field
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.ending import ended
from commonhold.core.records.ports import Source
from commonhold.core.records.writes import DropRows, Made, PutRows, RecordChange, Reshape, RowIs, SetRows
from commonhold.store.catalogs import Catalogs


class Matching(Source, Protocol):
    """A source that also finds the keys for which a filter holds."""

    async def matching(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], only: Filter, facts: Facts | None
    ) -> list[Scalar]:
        """Return the keys of those rows that exist and for which the filter holds."""
        ...


class Tables(Protocol):
    """What records are written to."""

    source: Matching
    with_sources: bool  # whether adopted tables are seen from here, too

    async def collections(self) -> Sequence[str]:
        """Return the definitions of all collections of our own database (``catalogs.CATALOG``)."""
        ...

    async def living(self, collection: str, keys: Sequence[str] | None) -> Sequence[Item]:
        """Return the items of rows (None: of all rows) of a collection that are no tombstones."""
        ...

    async def shares(self, items: Sequence[int]) -> Sequence[Share]:
        """Return the live shares on some items."""
        ...


class RecordWriting:
    """Writes the changes of records; kept by the committer, as statements and catalogue are."""

    def __init__(self, tables: Tables) -> None:
        """Write to these tables."""
        self._tables = tables
        self._catalogs = Catalogs()

    async def holds(self, guard: RowIs) -> bool:
        """Tell whether a row exists."""
        catalog = await self._catalogs.now(self._tables.collections)
        if guard.collection not in catalog:
            return False
        if catalog.collection(guard.collection).source is not None and not self._tables.with_sources:
            return True  # somebody else's row: the reading has seen it, and no transaction spans two databases
        return guard.key in await self._tables.source.flags(catalog, guard.collection, (guard.key,), (), Facts(0))

    async def write(self, change: RecordChange, at: int, gave: Sequence[Any] = ()) -> tuple[Any, list[Change]]:
        """Write one change, after others that ``gave`` this; return what it gives, and the changes that follow from it.

        :raises Missed: a row is not there, or not as the change demands
        :raises Problem: what a field or table refuses
        """
        if isinstance(change, Reshape):
            return await self._reshape(change, at)
        catalog = await self._catalogs.now(self._tables.collections)
        match change:
            case PutRows(name, rows, only, facts, check):
                keys = await self._tables.source.insert(catalog, name, [_made(row, gave) for row in rows])
                await self._demand(catalog, name, keys, only, facts)
                await self._check(catalog, name, keys, check, facts)
                return keys, []
            case SetRows(name, keys_, values, only, facts, check):
                await self._demand(catalog, name, keys_, only, facts)
                keys = await self._tables.source.update(catalog, name, list(keys_), _made(values, gave))
                await self._check(catalog, name, keys, check, facts)
                return keys, []
            case DropRows(name, keys_, only, facts):
                await self._demand(catalog, name, keys_, only, facts)
                gone = await self._tables.source.delete(catalog, name, list(keys_))
                return gone, await self._ended(gone.items(), at)

    async def _demand(self, catalog: Catalog, name: str, keys: Iterable[Scalar], only: Filter, facts: Facts) -> None:
        wanted = list(dict.fromkeys(keys))
        if len(await self._tables.source.matching(catalog, name, wanted, only, facts)) != len(wanted):
            raise Missed(name)

    async def _check(self, catalog: Catalog, name: str, keys: Iterable[Scalar], check: Filter, facts: Facts) -> None:
        """Refuse rows, as they are now, of which rules demand something else."""
        if check == ALWAYS:
            return
        try:
            await self._demand(catalog, name, keys, check, facts)
        except Missed:
            raise Problem("failed_check", collection=name, field=first_field(check)) from None

    async def _reshape(self, change: Reshape, at: int) -> tuple[Any, list[Change]]:
        await self._tables.source.reshape(change.before, change.after)
        dropped = [one.name for one in change.before if one.name not in change.after]
        return None, await self._ended(((name, None) for name in dropped), at)

    async def _ended(self, gone: Iterable[tuple[str, list[Scalar] | None]], at: int) -> list[Change]:
        """Return what ends the items of rows (None: of all rows), and their shares."""
        changes: list[Change] = []
        for collection, keys in gone:
            texts = None if keys is None else [str(key) for key in keys]
            items = await self._tables.living(collection, texts)
            shares = await self._tables.shares([item.no for item in items]) if items else []
            changes += ended(items, shares, at)
        return changes


def _made(values: Mapping[str, Any], gave: Sequence[Any]) -> Mapping[str, Any]:
    """Return the values of a row with the keys of rows that were added before it."""
    return {name: gave[one.change][one.row] if isinstance(one, Made) else one for name, one in values.items()}
