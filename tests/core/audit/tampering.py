"""Somebody who has the database and nothing else: he writes past the program, as SQL or into the tables in memory."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import asyncpg
import msgspec

from commonhold.core.audit.chain import hash_of, leaves_of
from commonhold.core.core import Core
from commonhold.core.model import Event, Row, Seal
from commonhold.core.notices.reading import all_of
from commonhold.core.ports import Where
from commonhold.store.memory import MemoryStore

EVERY: Final = 4  # events under one seal, in these tests


class Intruder(Protocol):
    """Changes rows past the program."""

    async def set(self, table: type[Row], key: int, **values: Any) -> None:
        """Change columns of a row."""
        ...

    async def remove(self, table: type[Row], above: int, upto: int) -> None:
        """Remove the rows between two keys, the second one included."""
        ...

    async def put(self, row: Row) -> None:
        """Insert a row."""
        ...


class InMemory:
    """In the tables of the reference engine."""

    def __init__(self, store: MemoryStore) -> None:
        """Break into ``store``."""
        self._tables = store._tables

    async def set(self, table: type[Row], key: int, **values: Any) -> None:
        """See the protocol."""
        row = self._tables[table].rows[(key,)]
        self._tables[table].write((key,), None)
        await self.put(msgspec.structs.replace(row, **values))

    async def remove(self, table: type[Row], above: int, upto: int) -> None:
        """See the protocol."""
        for key in [key for key in self._tables[table].rows if above < key[0] <= upto]:
            self._tables[table].write(key, None)

    async def put(self, row: Row) -> None:
        """See the protocol."""
        key = tuple(getattr(row, name) for name in row.key)
        self._tables[type(row)].write(key, row)


class BySql:
    """By statements of another connection."""

    def __init__(self, run: Callable[[str, tuple[Any, ...]], Any]) -> None:
        """Break in by ``run``, which takes a statement with ``?`` and its values."""
        self._run = run

    async def set(self, table: type[Row], key: int, **values: Any) -> None:
        """See the protocol."""
        some = ", ".join(f"{name} = ?" for name in values)
        await self._run(f"UPDATE {table.table} SET {some} WHERE {table.key[0]} = ?", (*values.values(), key))

    async def remove(self, table: type[Row], above: int, upto: int) -> None:
        """See the protocol."""
        key = table.key[0]
        await self._run(f"DELETE FROM {table.table} WHERE {key} > ? AND {key} <= ?", (above, upto))

    async def put(self, row: Row) -> None:
        """See the protocol."""
        names = row.__struct_fields__
        places = ", ".join("?" * len(names))
        text = f"INSERT INTO {row.table} ({', '.join(names)}) VALUES ({places})"
        await self._run(text, msgspec.structs.astuple(row))


def in_sqlite(path: Path) -> BySql:
    """Break into a file."""

    async def run(text: str, values: tuple[Any, ...]) -> None:
        with sqlite3.connect(path) as connection:
            connection.execute(text, values)
        connection.close()

    return BySql(run)


def in_postgres(url: str) -> BySql:
    """Break into a database."""

    async def run(text: str, values: tuple[Any, ...]) -> None:
        connection = await asyncpg.connect(url)
        first, *parts = text.split("?")
        try:
            await connection.execute(first + "".join(f"${at}{part}" for at, part in enumerate(parts, 1)), *values)
        finally:
            await connection.close()

    return BySql(run)


async def sealed_again(core: Core, intruder: Intruder) -> None:
    """Make all hashes fit what is there now, as somebody would who knows how they are made but not the key."""
    before, upto = bytes(32), 0
    for seal in await all_of(core, Seal, Where("ordinal", "gt", 0)):
        leaves = leaves_of(await all_of(core, Event, Where("no", "gt", upto), Where("no", "le", seal.upto)))
        before, upto = hash_of(before, seal.ordinal, seal.upto, seal.at, leaves), seal.upto
        await intruder.set(Seal, seal.ordinal, leaves=leaves, hash=before)
    await asyncio.sleep(0)
