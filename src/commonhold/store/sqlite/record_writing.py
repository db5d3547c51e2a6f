"""Rows of records written on the connection of the committer, inside of its transaction."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from commonhold.core.changes import Change, Missed
from commonhold.core.model import Item, Life, Share
from commonhold.core.problems import Problem
from commonhold.core.query import ALWAYS, Facts, Filter, Scalar
from commonhold.core.records.asking import first_field
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.ending import ended
from commonhold.core.records.writes import DropRows, Made, PutRows, RecordChange, Reshape, RowIs, SetRows
from commonhold.core.roles import ItemKind
from commonhold.store.sources.dialects import Sqlite
from commonhold.store.sources.sqlite import SqliteSource
from commonhold.store.sources.statements import Plans
from commonhold.store.sqlite.catalogs import Catalogs
from commonhold.store.sqlite.codec import DECODERS
from commonhold.store.sqlite.statements import COLUMNS, LISTED, listed, select

_LIVING: Final = (
    f"SELECT {COLUMNS['item']} FROM item WHERE kind = '{ItemKind.RECORD}' AND life <> '{Life.DELETED}' "
    f"AND collection = ?"
)


class RecordWriting:
    """Writes the changes of records; kept by the committer, as statements and catalogue are."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Write on this connection."""
        self._execute = connection.execute
        self._source = SqliteSource(connection, Plans(Sqlite()))
        self._catalogs = Catalogs(lambda text: connection.execute(text).fetchall())

    def holds(self, guard: RowIs) -> bool:
        """Tell whether a row exists."""
        catalog = self._catalogs.now()
        if guard.collection not in catalog:
            return False
        return guard.key in self._source.flags(catalog, guard.collection, (guard.key,), (), Facts(0))

    def write(self, change: RecordChange, at: int, gave: Sequence[Any] = ()) -> tuple[Any, list[Change]]:
        """Write one change, after others that ``gave`` this; return what it gives, and the changes that follow from it.

        :raises Missed: a row is not there, or not as the change demands
        :raises Problem: what a field or table refuses
        """
        if isinstance(change, Reshape):
            return self._reshape(change, at)
        catalog = self._catalogs.now()
        match change:
            case PutRows(name, rows, only, facts, check):
                keys = self._source.insert(catalog, name, [_made(row, gave) for row in rows])
                self._demand(catalog, name, keys, only, facts)
                self._check(catalog, name, keys, check, facts)
                return keys, []
            case SetRows(name, keys_, values, only, facts, check):
                self._demand(catalog, name, keys_, only, facts)
                keys = self._source.update(catalog, name, list(keys_), _made(values, gave))
                self._check(catalog, name, keys, check, facts)
                return keys, []
            case DropRows(name, keys_, only, facts):
                self._demand(catalog, name, keys_, only, facts)
                gone = self._source.delete(catalog, name, list(keys_))
                return gone, self._ended(gone.items(), at)

    def _demand(self, catalog: Catalog, name: str, keys: Iterable[Scalar], only: Filter, facts: Facts) -> None:
        wanted = list(dict.fromkeys(keys))
        if len(self._source.matching(catalog, name, wanted, only, facts)) != len(wanted):
            raise Missed(name)

    def _check(self, catalog: Catalog, name: str, keys: Iterable[Scalar], check: Filter, facts: Facts) -> None:
        """Refuse rows, as they are now, of which rules demand something else."""
        if check == ALWAYS:
            return
        try:
            self._demand(catalog, name, keys, check, facts)
        except Missed:
            raise Problem("failed_check", collection=name, field=first_field(check)) from None

    def _reshape(self, change: Reshape, at: int) -> tuple[Any, list[Change]]:
        try:
            self._source.reshape(change.before, change.after)
        except sqlite3.OperationalError as error:
            raise Problem("invalid_field", reason=str(error)[:200]) from error
        dropped = [one.name for one in change.before if one.name not in change.after]
        return None, self._ended(((name, None) for name in dropped), at)

    def _ended(self, gone: Iterable[tuple[str, list[Scalar] | None]], at: int) -> list[Change]:
        """Return what ends the items of rows (None: of all rows), and their shares."""
        changes: list[Change] = []
        for collection, keys in gone:
            some = "" if keys is None else f" AND ref IN {LISTED}"
            values = (collection,) if keys is None else (collection, listed([str(key) for key in keys]))
            items = [DECODERS[Item](raw) for raw in self._execute(_LIVING + some, values).fetchall()]
            numbers = listed([item.no for item in items])
            raw = self._execute(select(Share, "item", one=False), (numbers,)).fetchall() if items else []
            changes += ended(items, [DECODERS[Share](one) for one in raw], at)
        return changes


def _made(values: Mapping[str, Any], gave: Sequence[Any]) -> Mapping[str, Any]:
    """Return the values of a row with the keys of rows that were added before it."""
    return {name: gave[one.change][one.row] if isinstance(one, Made) else one for name, one in values.items()}
