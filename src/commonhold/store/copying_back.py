"""All facts of a PostgreSQL database of one moment, written to a new SQLite file: what a backup carries of them.

The reverse of ``store.copying``, and counted like it: column by column, records value by value, words cut anew. The
moment is one ``REPEATABLE READ`` transaction, so servers go on meanwhile.
"""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from commonhold.core.content.words import texts_of
from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.core.records.catalog import Catalog, Collection, decode_collection
from commonhold.core.records.kinds import Kind
from commonhold.store.catalogs import CATALOG
from commonhold.store.copying import AT_ONCE, NotAlike, tables_in
from commonhold.store.postgres.connections import Connection, connect
from commonhold.store.postgres.errors import mapped
from commonhold.store.postgres.ready import version_of
from commonhold.store.sources import sqlite_tables
from commonhold.store.sources.dialects import Postgres, Sqlite, quoted
from commonhold.store.sources.sqlite_tables import columns_of, ours
from commonhold.store.sqlite.codec import decode_all
from commonhold.store.sqlite.errors import mapped as mapped_sqlite
from commonhold.store.sqlite.ready import make_ready
from commonhold.store.sqlite.statements import KEEP_WORDS
from commonhold.store.tables import HEAD

# One who reads for long must not wait for the planner of the hot path, nor end by its deadline.
_READING: Final = {"default_transaction_read_only": "on", "statement_timeout": "0"}
_INDEXES: Final = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"


async def copy_from_postgres(url: str, target: Path) -> dict[str, int]:
    """Write everything of one moment to a new file, durably, and return how many rows each table holds.

    :raises Problem: unavailable, also for an older source, or where there is a file already; storage_full
    :raises NotAlike: the two sides differ in the end
    """
    if await version_of(url) != HEAD:
        raise Problem("unavailable", reason="the database is of another version; start the server on it once")
    with _beside(target) as draft:
        await asyncio.to_thread(make_ready, draft)
        with mapped(), _written(draft) as writing:
            connection = await connect(url, _READING)
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    counts = await _Copying(connection, writing).run()
            finally:
                await connection.close()
        with mapped_sqlite():
            _make_durable(draft)
            os.link(draft, target)  # unlike a rename it replaces no file
            _make_durable(target.parent)
    return counts


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Name a file in a folder beside the target, for the owner alone; at the end the folder is gone."""
    with mapped_sqlite():
        folder = tempfile.mkdtemp(prefix=".copy-", dir=target.parent)
    try:
        yield Path(folder, target.name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _written(target: Path) -> Iterator[sqlite3.Connection]:
    """Open a file that nobody else knows, for one transaction that makes all of it."""
    with mapped_sqlite(), contextlib.closing(sqlite3.connect(target, isolation_level=None)) as found:
        for setting in ("journal_mode = DELETE", "synchronous = OFF", "temp_store = MEMORY"):
            found.execute(f"PRAGMA {setting}")
        found.execute("BEGIN")
        yield found
        found.execute("COMMIT")


def _make_durable(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


class _Copying:
    def __init__(self, connection: Connection, writing: sqlite3.Connection) -> None:
        self._connection = connection
        self._writing = writing

    async def run(self) -> dict[str, int]:
        tables = await tables_in(self._connection)
        catalog = Catalog(0, [decode_collection(text) for (text,) in await self._connection.fetch(CATALOG)])
        made = [collection for collection in catalog if ours(collection)]
        tables = {name: found for name, found in tables.items() if name in self._known()}
        counts = {name: await self._count(name) for name in (*tables, *(one.place for one in made))}
        indexes = self._writing.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            self._writing.execute(f"DROP INDEX {quoted(name)}")  # made at the end, in a fraction of the time
        for name, (names, _) in tables.items():
            await self._table(name, names)
        for _, text in indexes:
            self._writing.execute(text)
        sqlite_tables.reshape(self._writing, Catalog(0), catalog)
        for collection in made:
            await self._collection(collection)
        self._words()
        self._compare(counts)
        return counts

    def _known(self) -> set[str]:
        found = self._writing.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return {name for (name,) in found}

    async def _count(self, table: str) -> int:
        count: int = await self._connection.fetchval(f"SELECT count(*) FROM {quoted(table)}")
        return count

    async def _pages(self, text: str) -> AsyncIterator[list[tuple[Any, ...]]]:
        cursor = await self._connection.cursor(text)
        while page := await cursor.fetch(AT_ONCE):
            yield [tuple(row) for row in page]

    async def _table(self, name: str, names: Sequence[str]) -> None:
        self._writing.execute(f"DELETE FROM {quoted(name)}")
        listed, places = ", ".join(map(quoted, names)), ", ".join("?" * len(names))
        async for page in self._pages(f"SELECT {listed} FROM {quoted(name)}"):
            self._writing.executemany(f"INSERT INTO {quoted(name)} ({listed}) VALUES ({places})", page)

    async def _collection(self, collection: Collection) -> None:
        """Copy the rows of a collection, value by value, as its fields say."""
        fields, here, there = columns_of(collection), Sqlite(), Postgres()
        names = [quoted(field.column or field.name) for field in fields]
        shown = ", ".join(there.shown(name, field.kind) for name, field in zip(names, fields, strict=True))
        table = quoted(collection.place)
        write = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        async for page in self._pages(f"SELECT {shown} FROM {table}"):
            rows = [
                [
                    value if value is None or field.kind is Kind.JSON else here.encode(field.kind, value)
                    for field, value in zip(fields, row, strict=True)
                ]
                for row in page
            ]
            self._writing.executemany(write, rows)
        await self._count_on(collection)

    async def _count_on(self, collection: Collection) -> None:
        """Let the numbers of rows go on where they were: those of deleted rows are not given again."""
        key = next(field.column or field.name for field in collection.fields if field.name == collection.key)
        counter = await self._connection.fetchval(
            "SELECT pg_get_serial_sequence($1, $2)", quoted(collection.place), key
        )
        if counter is None:
            return
        last = await self._connection.fetchval(f"SELECT CASE WHEN is_called THEN last_value END FROM {counter}")
        if last:
            self._writing.execute("DELETE FROM sqlite_sequence WHERE name = ?", (collection.place,))
            self._writing.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (collection.place, last))

    def _words(self) -> None:
        self._writing.execute("DELETE FROM item_words")
        names = ", ".join(map(quoted, Item.__struct_fields__))
        found = self._writing.execute(f"SELECT {names} FROM item WHERE name <> ''")
        while page := found.fetchmany(AT_ONCE):
            rows = [(item.no, *texts_of(item)) for item in decode_all(Item, page)]
            self._writing.executemany(KEEP_WORDS, rows)

    def _compare(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            found = self._writing.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]
            if found != count:
                raise NotAlike(f"{name}: {count} rows there, {found} here")
