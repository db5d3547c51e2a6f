"""All facts of an SQLite database, taken into an empty one of PostgreSQL: one moment, one transaction, and counted.

Tables are copied as they are, column by column; what is searched by words is cut anew. Bytes and the key are no facts:
they stay where they are.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.core.records.catalog import Catalog, Collection, Field, decode_collection
from commonhold.core.records.kinds import Kind
from commonhold.store.catalogs import CATALOG
from commonhold.store.postgres import ready as postgres_ready
from commonhold.store.postgres import words
from commonhold.store.postgres.connections import Connection, connect
from commonhold.store.postgres.errors import mapped
from commonhold.store.sources import postgres_tables
from commonhold.store.sources.dialects import Postgres, Sqlite, quoted
from commonhold.store.sources.sqlite_tables import columns_of, ours
from commonhold.store.sqlite.codec import decode_all
from commonhold.store.sqlite.errors import mapped as mapped_sqlite
from commonhold.store.sqlite.ready import version_of
from commonhold.store.tables import HEAD

AT_ONCE: Final = 1_000
_WORDS: Final = "item_words"
_TABLES: Final = (
    "SELECT table_name::text, array_agg(column_name::text ORDER BY ordinal_position), "
    "array_agg(data_type::text ORDER BY ordinal_position) FROM information_schema.columns "
    "WHERE table_schema = current_schema() GROUP BY table_name ORDER BY table_name"
)
_SET: Final = {"synchronous_commit": "on"}

Tell = Callable[[int, int], None]


class Occupied(Exception):
    """The database that should be copied to is in use already."""


class NotAlike(Exception):
    """What was copied is not what is there: nothing was kept. The text says where they differ."""


async def occupied(url: str) -> bool:
    """Tell whether anybody ever wrote to a database.

    :raises Problem: unavailable, postgres_unfit
    """
    if await postgres_ready.version_of(url) is None:
        return False
    with mapped():
        connection = await connect(url, {})
        try:
            return bool(await connection.fetchval("SELECT revision FROM instance"))
        finally:
            await connection.close()


async def copy_to_postgres(source: Path, url: str, tell: Tell) -> dict[str, int]:
    """Copy everything, and return how many rows each table holds, on both sides. Nothing is kept if anything fails.

    :raises Occupied: somebody has written to the other database already
    :raises Problem: schema_newer, postgres_unfit, unavailable; unavailable for an older source
    :raises NotAlike: the two sides differ in the end
    """
    if version_of(source) != HEAD:
        raise Problem("unavailable", reason="the database is of another version; start the server on it once")
    await postgres_ready.make_ready(url)
    with mapped(), _moment(source) as reading:
        connection = await connect(url, _SET)
        try:
            async with connection.transaction():
                return await _Copying(reading, connection, tell).run()
        finally:
            await connection.close()


@contextlib.contextmanager
def _moment(source: Path) -> Iterator[sqlite3.Connection]:
    """Open a database to read one moment of it."""
    with (
        mapped_sqlite(),
        contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as found,
    ):
        found.execute("BEGIN")
        yield found


async def tables_in(connection: Connection) -> dict[str, tuple[Sequence[str], Sequence[str]]]:
    """Return the tables of a database with their columns and types; words that are searched are none of them."""
    found = await connection.fetch(_TABLES)
    return {name: (names, kinds) for name, names, kinds in found if name not in (_WORDS, "alembic_version")}


class _Copying:
    def __init__(self, reading: sqlite3.Connection, connection: Connection, tell: Tell) -> None:
        self._reading = reading
        self._connection = connection
        self._tell = tell
        self._done = 0
        self._total = 0

    async def run(self) -> dict[str, int]:
        await self._only_if_empty()
        tables = await tables_in(self._connection)
        catalog = Catalog(0, [decode_collection(text) for (text,) in self._reading.execute(CATALOG)])
        made = [collection for collection in catalog if ours(collection)]
        counts = {name: self._count(name) for name in (*tables, *(one.place for one in made))}
        self._total = sum(counts.values())
        await self._connection.execute(f"TRUNCATE {', '.join(map(quoted, tables))}")
        for name, (names, kinds) in tables.items():
            await self._table(name, names, kinds)
        await postgres_tables.reshape(self._connection, Catalog(0), catalog)
        for collection in made:
            await self._collection(collection)
        await self._words()
        await self._compare(counts)
        return counts

    async def _only_if_empty(self) -> None:
        """See that nobody ever wrote anything there, and keep others from doing so meanwhile."""
        if await self._connection.fetchval("SELECT revision FROM instance FOR UPDATE"):
            raise Occupied

    def _count(self, table: str) -> int:
        count: int = self._reading.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()[0]
        return count

    def _pages(self, text: str) -> Iterator[list[Any]]:
        found = self._reading.execute(text)
        while page := found.fetchmany(AT_ONCE):
            yield page

    def _step(self, count: int) -> None:
        self._done += count
        self._tell(self._done, self._total)

    async def _table(self, name: str, names: Sequence[str], kinds: Sequence[str]) -> None:
        flags = [place for place, kind in enumerate(kinds) if kind == "boolean"]
        for page in self._pages(f"SELECT {', '.join(map(quoted, names))} FROM {quoted(name)}"):
            rows = [_with_flags(row, flags) for row in page]
            await self._connection.copy_records_to_table(name, records=rows, columns=list(names))
            self._step(len(rows))

    async def _collection(self, collection: Collection) -> None:
        """Copy the rows of a collection, value by value, as its fields say."""
        fields, dialect = columns_of(collection), Postgres()
        names = ", ".join(quoted(field.column or field.name) for field in fields)
        places = ", ".join(
            dialect.parameter(n, field.kind) + "::jsonb" * (field.kind is Kind.JSON) for n, field in enumerate(fields)
        )
        table = quoted(collection.place)
        write = f"INSERT INTO {table} ({names}) VALUES ({places})"
        read = [_reader(field) for field in fields]
        for page in self._pages(f"SELECT {names} FROM {table}"):
            rows = [
                [
                    None if value is None else dialect.encode(field.kind, one(value))
                    for field, one, value in zip(fields, read, row, strict=True)
                ]
                for row in page
            ]
            await self._connection.executemany(write, rows)
            self._step(len(rows))
        await self._count_on(collection)

    async def _count_on(self, collection: Collection) -> None:
        """Let the numbers of rows go on where they were: those of deleted rows are not given again."""
        if not self._reading.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchall():
            return
        found = self._reading.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (collection.place,)).fetchall()
        key = next(field.column or field.name for field in collection.fields if field.name == collection.key)
        if found and found[0][0]:
            await self._connection.execute(
                "SELECT setval(pg_get_serial_sequence($1, $2), $3)", quoted(collection.place), key, found[0][0]
            )

    async def _words(self) -> None:
        names = ", ".join(map(quoted, Item.__struct_fields__))
        text = f"SELECT {names} FROM item WHERE no IN (SELECT rowid FROM {_WORDS})"
        for page in self._pages(text):
            await words.keep(self._connection, decode_all(Item, page))

    async def _compare(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            found = await self._connection.fetchval(f"SELECT count(*) FROM {quoted(name)}")
            if found != count:
                raise NotAlike(f"{name}: {count} rows here, {found} there")


def _with_flags(row: Sequence[Any], flags: Sequence[int]) -> Sequence[Any]:
    """Return a row whose flags are such: SQLite keeps numbers."""
    if not flags:
        return row
    values = list(row)
    for place in flags:
        values[place] = None if values[place] is None else bool(values[place])
    return values


def _reader(field: Field) -> Callable[[Any], Any]:
    """Return what turns a stored value of a field into ours; JSON goes as the text it is."""
    found = None if field.kind is Kind.JSON else Sqlite().decoder(field.kind, field.scale)
    return found or (lambda value: value)
