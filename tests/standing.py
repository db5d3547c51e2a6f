"""Databases that stand from test to test: what a test wrote in one is taken back, and connections are kept.

A backend of PostgreSQL that is new knows no table and has planned no statement; that costs ten times what a test does.
So a test gets a database that others had before it, and its store gets their connections. Afterwards the rows are put
back as they were: those that are younger than the mark go, and those that are missing come back from a copy. Whatever
is in doubt (other tables than before, a connection that broke or was not given back) costs the database, and the next
test gets a new one.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

import asyncpg
from tests.loops import Aside, Lasting

from commonhold.core.ports import Clock
from commonhold.store.postgres.connections import Connection, connect
from commonhold.store.postgres.store import PostgresStore, wall_clock

TIMES: Final = 250  # tests that one database serves: what was deleted is never swept

_MARK: Final = "SELECT pg_current_xact_id()::text::bigint & 4294967295"
_YOUNG: Final = "xmin::text::bigint > $1"
_CATALOGUES: Final = ("pg_class", "pg_attribute", "pg_constraint", "pg_attrdef", "pg_trigger", "pg_namespace")
_SCHEMAS: Final = "SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
_TABLES: Final = f"""
SELECT one.oid::regclass::text AS name,
    ARRAY(
        SELECT quote_ident(attname) FROM pg_attribute
        WHERE attrelid = one.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
    ) AS columns,
    ARRAY(
        SELECT quote_ident(attname) FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
        WHERE indrelid = one.oid AND indisprimary
    ) AS key
FROM pg_class AS one WHERE relkind = 'r' AND relnamespace IN ({_SCHEMAS})
"""
_SEQUENCES: Final = (
    f"SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'S' AND relnamespace IN ({_SCHEMAS})"
)
_OTHERS: Final = (
    "SELECT coalesce(bool_and(state = 'idle'), TRUE) AND count(pg_terminate_backend(pid)) >= 0 FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend' "
    "AND pid <> ALL($1::int[]) AND pid <> pg_backend_pid()"
)


class Lent:
    """A connection that is given back where its user closes it; afterwards it is closed for him."""

    def __init__(self, connection: Connection, back: Callable[[Connection], Awaitable[None]]) -> None:
        """``back`` takes it back."""
        self._connection = connection
        self._back = back
        self._over = False

    def __getattr__(self, name: str) -> Any:
        """Everything else is as the connection does it."""
        return getattr(self._connection, name)

    def is_closed(self) -> bool:
        """Tell whether it was given back, or is closed."""
        return self._over or self._connection.is_closed()

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as asyncpg has it
        """Give it back."""
        if not self._over:
            self._over = True
            await self._back(self._connection)


class Standing:
    """A database that stands: it is lent to one test at a time, and put back after each."""

    def __init__(self, url: str, aside: Aside, lasting: Lasting) -> None:
        """Remember everything that is in it; ``aside`` is where that is kept."""
        self.url = url
        self._aside = aside
        self._lasting = lasting
        self._idle: list[tuple[Mapping[str, str], Connection]] = []
        self._lent: set[Connection] = set()
        self._left = TIMES
        self._keeper, self._mark = aside.run(_keep(url))

    def store(self, clock: Clock = wall_clock) -> PostgresStore:
        """Open a store in it, on the connections that are kept."""
        return PostgresStore(self.url, clock=clock, connect=self.connect)

    async def connect(self, url: str, settings: Mapping[str, str]) -> Connection:
        """Lend a connection; where another loop runs than that of all tests, open one that is not kept."""
        if not self._lasting.runs():
            return await connect(url, settings)
        found = next((one for one in self._idle if one[0] == settings and not one[1].is_closed()), None)
        if found is None:
            found = (settings, await connect(url, settings))
        else:
            self._idle.remove(found)
        connection = found[1]
        self._lent.add(connection)

        async def back(connection: Connection) -> None:
            if not connection.is_closed() and not connection.is_in_transaction():
                await connection.reset()
                self._idle.append((settings, connection))
                self._lent.discard(connection)

        return cast(Connection, Lent(connection, back))

    def put_back(self) -> bool:
        """Put everything back as it was, and tell whether that could be done and is worth the next test."""
        self._left -= 1
        if self._lent or not self._left:
            return False
        ours = [connection.get_server_pid() for _, connection in self._idle]
        try:
            self._mark = self._aside.run(_put_back(self._keeper, ours, self._mark))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False
        return self._mark is not None

    def leave(self) -> None:
        """Break all connections; the loop of all tests need not run."""
        for connection in (*self._lent, *(connection for _, connection in self._idle)):
            connection.terminate()
        self._idle.clear()
        self._lent.clear()
        self._aside.run(let_go(self._keeper))


async def let_go(connection: Connection) -> None:
    """Break a connection of the loop that runs."""
    connection.terminate()
    await asyncio.sleep(0)


async def _put_back(keeper: Connection, ours: list[int], mark: int | None) -> int | None:
    if not await keeper.fetchval(_OTHERS, ours):
        return None
    return cast(int | None, await keeper.fetchval("SELECT pg_temp.put_back($1)", mark))


async def _keep(url: str) -> tuple[Connection, int | None]:
    """Open the connection that remembers what is in a database: in temporary tables, which nobody else meets."""
    keeper = await asyncpg.connect(url, server_settings={"application_name": "keeper"})
    with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
        await keeper.execute("SET session_replication_role = replica")  # rows come back in any order
    counts = "".join(
        f" OR EXISTS (SELECT FROM {name} WHERE {_YOUNG}) OR (SELECT count(*) FROM {name}) <> {{{name}}}"
        for name in _CATALOGUES
    )
    async with keeper.transaction():
        parts = [await _table(keeper, at, **dict(row)) for at, row in enumerate(await keeper.fetch(_TABLES))] + [
            await _sequence(keeper, name) for (name,) in await keeper.fetch(_SEQUENCES)
        ]
        # Made twice: the second time it knows how many rows the catalogues have with itself and all its copies.
        for _ in range(2):
            found = {name: await keeper.fetchval(f"SELECT count(*) FROM {name}") for name in _CATALOGUES}
            await keeper.execute(_function(counts.format(**found), "\n".join(parts)))
    return keeper, await keeper.fetchval(_MARK)


def _function(changed: str, parts: str) -> str:
    """Return the function that puts back, and returns the new mark: none if other tables are there than before."""
    return f"""
CREATE OR REPLACE FUNCTION pg_temp.put_back(mark bigint) RETURNS bigint LANGUAGE plpgsql AS $put$
BEGIN
IF FALSE{changed} THEN RETURN NULL; END IF;
{parts}
RETURN coalesce(pg_current_xact_id_if_assigned()::text::bigint & 4294967295, mark);
END $put$"""


async def _table(keeper: Connection, at: int, name: str, columns: list[str], key: list[str]) -> str:
    """Keep the rows of a table, and return the statements that put them back."""
    count = await keeper.fetchval(f"SELECT count(*) FROM {name}")
    if count:
        await keeper.execute(f"CREATE TEMP TABLE kept_{at} AS TABLE {name}")
        await keeper.execute(f"ANALYZE kept_{at}")
    names = ", ".join(columns)
    rows = f"INSERT INTO {name} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM pg_temp.kept_{at} AS kept"
    fewer = f"(SELECT count(*) FROM {name}) <> {count}"
    if not key:
        again = f"{rows};" if count else ""
        return f"IF EXISTS (SELECT FROM {name} WHERE {_YOUNG}) OR {fewer} THEN DELETE FROM {name}; {again} END IF;"
    same = " AND ".join(f"there.{one} = kept.{one}" for one in key)
    missing = f"{rows} WHERE NOT EXISTS (SELECT FROM {name} AS there WHERE {same});"
    again = f" IF {fewer} THEN {missing} END IF;" if count else ""
    return f"DELETE FROM {name} WHERE {_YOUNG};{again}"


async def _sequence(keeper: Connection, name: str) -> str:
    """Return the statement that sets a sequence back."""
    last, called = await keeper.fetchrow(f"SELECT last_value, is_called FROM {name}")
    return f"PERFORM setval('{name}', {last}, {called});"
