"""Connections, opened when they are needed, kept while they work, and lent to one question at a time.

A lent connection that failed in its own way (lost, given up in the middle) is never lent again. A question that finds
an idle connection dead, because the server was started anew meanwhile, is asked again on a new one.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

import asyncpg

from commonhold.core.problems import Problem
from commonhold.store.postgres.errors import AGAIN, FAILED, lost, meaning

T = TypeVar("T")

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Ask: TypeAlias = Callable[[Connection], Awaitable[T]]
Connect: TypeAlias = Callable[[str, Mapping[str, str]], Awaitable[Connection]]
"""Opens a connection to the database with this URL, with settings of its own."""

OLDEST: Final = 15  # the oldest server that is tested
STATEMENTS: Final = 512  # prepared statements kept per connection: more than there are shapes in daily use
PATIENCE: Final = 5.0  # seconds to reach the server
DEADLINE: Final = 5.0  # seconds that a question may take
TIMES: Final = 3  # so often a question is asked that is in somebody's way, or finds its connection gone

COMMON: Final = {"application_name": "commonhold", "jit": "off", "client_encoding": "UTF8"}
# Decisions are bounded by indexes and must be planned so from the first row on, before anything was counted, and once.
HOT: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
    "enable_bitmapscan": "off",
    "work_mem": "64kB",  # hash tables are made as large as rows are guessed, and these are few: 1 ms instead of 20
}
READING: Final = {"default_transaction_read_only": "on", "statement_timeout": str(round(DEADLINE * 1000))}
WRITING: Final = {"lock_timeout": "10000", "idle_in_transaction_session_timeout": "60000", **HOT}


async def connect(url: str, settings: Mapping[str, str], patience: float = PATIENCE) -> Connection:
    """Open a connection with settings of its own."""
    return await asyncpg.connect(
        url,
        timeout=patience,
        command_timeout=6 * DEADLINE,  # of a server that does not answer at all
        statement_cache_size=STATEMENTS,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=0,
        server_settings={**COMMON, **settings},
    )


class Connections:
    """Up to ``most`` connections with the same settings. Used from one event loop."""

    def __init__(self, url: str, settings: Mapping[str, str], most: int, connect: Connect = connect) -> None:
        """Nothing is opened yet."""
        self._connect = connect
        self._url = url
        self._settings = settings
        self._free = asyncio.Semaphore(most)
        self._idle: list[Connection] = []
        self._closed = False

    async def ask(self, ask: Ask[T]) -> T:
        """Answer a question on a connection of its own for so long; it must change nothing.

        :raises Problem: unavailable, query_too_costly
        """
        for _ in range(TIMES - 1):
            try:
                async with self.one() as connection:
                    return await ask(connection)
            except FAILED as error:
                if not lost(error) and not isinstance(error, AGAIN):
                    raise meaning(error) from error
        try:
            async with self.one() as connection:
                return await ask(connection)
        except FAILED as error:
            raise meaning(error) from error

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """Lend a connection.

        :raises Problem: unavailable once everything is closed
        """
        if self._closed:
            raise Problem("unavailable")
        async with self._free:
            connection = await self._open()
            sound = False
            try:
                yield connection
                sound = True
            except (asyncpg.PostgresError, Problem) as error:
                sound = not lost(error)
                raise
            finally:
                if sound and not connection.is_closed() and not connection.is_in_transaction() and not self._closed:
                    self._idle.append(connection)
                else:
                    connection.terminate()

    async def _open(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await self._connect(self._url, self._settings)

    async def close(self) -> None:
        """Let go of all connections."""
        self._closed = True
        for connection in self._idle:
            with contextlib.suppress(*FAILED):
                await connection.close(timeout=PATIENCE)
        self._idle.clear()


def told(found: Any) -> int:
    """Return how many rows a statement touched, as PostgreSQL tells it: ``UPDATE 1``."""
    return int(str(found).rpartition(" ")[2])
