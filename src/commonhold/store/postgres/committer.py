"""The committer: one connection per process through which every commit goes, many at a time.

Commits that wait together share a transaction and one sync of the server's disk. The row of the installation is held
from the first statement to the last, so of several processes one writes after the other: numbers are one run within a
commit, guards see what is there, and nobody waits for somebody who waits for him. A group is first written as one,
without looking back. If something in it breaks, each commit stands under a savepoint of its own and takes back only
itself; if the transaction as a whole fails, each gets one of its own. A commit is answered when it is durable, never
before; where nobody knows whether it is, as the connection broke in that moment, it is told as unavailable.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import asyncpg
from msgspec.structs import astuple

from commonhold.core.changes import Broken, Change, Commit, Guard
from commonhold.core.model import Instance
from commonhold.core.ports import Clock
from commonhold.core.problems import Problem
from commonhold.store.effects import after, moved
from commonhold.store.numbers import numbers_for, resolve
from commonhold.store.postgres.apply import Writing
from commonhold.store.postgres.connections import TIMES, WRITING, Connect, Connection, connect
from commonhold.store.postgres.errors import AGAIN, FAILED, lost, meaning
from commonhold.store.postgres.record_writing import RecordWriting
from commonhold.store.postgres.statements import HOLD, MOVE_ON

GROUP: Final = 64  # commits in one transaction: more would make the first of them wait for little gain
DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', FALSE) WHERE current_setting('synchronous_commit') = 'off'"
)

Outcome = Commit | Exception


class Waiting(NamedTuple):
    """A commit, and who waits for it."""

    changes: Sequence[Change]
    guards: Sequence[Guard]
    answer: asyncio.Future[Commit]


class _Unsure(Exception):
    """Something in a group written as one broke: it has to be written with savepoints."""


class Committer:
    """Writes what is given to ``commit``, durably and in order. Used from one event loop."""

    def __init__(self, url: str, clock: Clock, connect: Connect = connect) -> None:
        """Nothing is opened yet."""
        self._connect = connect
        self._url = url
        self._clock = clock
        self._connection: Connection | None = None
        self._records: dict[Connection, RecordWriting] = {}  # of the present connection alone
        self._closed = False
        self._queue: deque[Waiting] = deque()
        self._work: asyncio.Task[None] | None = None

    async def commit(self, changes: Sequence[Change], guards: Sequence[Guard]) -> Commit:
        """Write all changes if all guards hold, durably.

        :raises Broken: or one of the named kinds of it
        :raises Problem: storage_full, unavailable
        """
        if self._closed:
            raise Problem("unavailable")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Commit] = loop.create_future()
        self._queue.append(Waiting(changes, guards, answer))
        if self._work is None:
            self._work = loop.create_task(self._write_all())
        return await answer

    async def close(self) -> None:
        """Write what is waiting, and let go of the database."""
        if self._closed:
            return
        self._closed = True
        if self._work is not None:
            await asyncio.wait((self._work,))
        if self._connection is not None:
            with contextlib.suppress(*FAILED):
                await self._connection.close(timeout=5)

    async def _write_all(self) -> None:
        """Write until nothing waits."""
        try:
            while self._queue:
                await self._write([self._queue.popleft() for _ in range(min(GROUP, len(self._queue)))])
        finally:
            self._work = None

    async def _write(self, group: Sequence[Waiting]) -> None:
        """Write a group and answer it; whatever happens, nobody is left waiting."""
        try:
            try:
                outcomes = await self._in_one(group, together=True)
            except _Unsure:
                outcomes = await self._in_one(group, together=False)
        except Exception as error:  # noqa: BLE001
            if len(group) > 1 and not lost(error):
                for one in group:
                    await self._write((one,))
                return
            outcomes = [meaning(error) if isinstance(error, FAILED) else error] * len(group)
        _answer(group, outcomes)

    async def _in_one(self, group: Sequence[Waiting], *, together: bool) -> list[Outcome]:
        """Write a group in one transaction; again, if it was in somebody's way."""
        for _ in range(TIMES - 1):
            try:
                return await self._transaction(group, together)
            except AGAIN:
                continue
        return await self._transaction(group, together)

    async def _transaction(self, group: Sequence[Waiting], together: bool) -> list[Outcome]:
        connection, before = await self._begin()
        try:
            outcomes, instance = await self._written(connection, group, before, together)
            if instance != before:
                await connection.execute(MOVE_ON, *astuple(instance))
            await connection.execute("COMMIT")
        except BaseException:
            await self._leave(connection)
            raise
        return outcomes

    async def _begin(self) -> tuple[Connection, Instance]:
        """Begin a transaction and wait for the turn of this process; on a new connection if the last one is gone."""
        for _ in range(TIMES - 1):
            try:
                return await self._hold()
            except FAILED as error:
                if not lost(error):
                    raise
        return await self._hold()

    async def _hold(self) -> tuple[Connection, Instance]:
        connection = await self._open()
        try:
            await connection.execute("BEGIN")
            found = await connection.fetchrow(HOLD)
        except BaseException:
            await self._leave(connection)
            raise
        if found is None:
            raise Problem("unavailable", reason="the row of the installation is missing")
        return connection, Instance(*found)

    async def _open(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect(self._url, WRITING)
            await self._connection.execute(DURABLE)
            self._records = {self._connection: RecordWriting(self._connection)}
        return self._connection

    async def _leave(self, connection: Connection) -> None:
        """Take back what is open still; a connection that cannot do that is not used again."""
        with contextlib.suppress(*FAILED):
            if not connection.is_closed():
                await connection.execute("ROLLBACK")
                return
        connection.terminate()
        self._connection = None

    async def _written(
        self, connection: Connection, group: Sequence[Waiting], before: Instance, together: bool
    ) -> tuple[list[Outcome], Instance]:
        writing = Writing(connection, self._clock(), self._records[connection])
        outcomes: list[Outcome] = []
        instance = before
        for one in group:
            write = _as_part(writing, one, instance) if together else _alone(connection, writing, one, instance)
            outcome, instance = await write
            outcomes.append(outcome)
        try:
            await writing.flush()
        except (asyncpg.PostgresError, OverflowError, ValueError) as error:
            raise _unsure(error) from error
        return outcomes, instance


async def _as_part(writing: Writing, one: Waiting, before: Instance) -> tuple[Outcome, Instance]:
    """Write one commit of a group that stands or falls as a whole."""
    try:
        await writing.hold(one.guards, before)
    except Broken as error:
        return error, before  # nothing was written of it
    try:
        return await _one(writing, one, before)
    except (Broken, Problem, asyncpg.PostgresError, asyncpg.InterfaceError, OverflowError, ValueError) as error:
        raise _unsure(error) from error


async def _alone(connection: Connection, writing: Writing, one: Waiting, before: Instance) -> tuple[Outcome, Instance]:
    """Write one commit under a savepoint; if it breaks, the others stand."""
    await connection.execute("SAVEPOINT one")
    try:
        await writing.hold(one.guards, before)
        found = await _one(writing, one, before)
        await writing.flush()
    except (Broken, Problem, asyncpg.PostgresError, asyncpg.InterfaceError, OverflowError, ValueError) as error:
        if lost(error) or isinstance(error, AGAIN):
            raise
        writing.forget()
        await connection.execute("ROLLBACK TO SAVEPOINT one")
        await connection.execute("RELEASE SAVEPOINT one")
        return _refusal(error), before
    await connection.execute("RELEASE SAVEPOINT one")
    return found


async def _one(writing: Writing, one: Waiting, before: Instance) -> tuple[Commit, Instance]:
    numbers = numbers_for(one.changes, before.next_no)
    writing.gave = []
    await writing.apply(resolve(one.changes, numbers), before)
    instance = after(before, moved(one.changes), len(numbers))
    return Commit(instance.revision, numbers, tuple(writing.gave)), instance


def _unsure(error: BaseException) -> BaseException:
    """Return what to raise for something that broke in a group: itself, if the whole transaction is gone with it."""
    return error if lost(error) or isinstance(error, AGAIN) else _Unsure()


def _refusal(error: Exception) -> Exception:
    if isinstance(error, Broken | Problem):
        return error
    if isinstance(error, asyncpg.PostgresError):
        return meaning(error)
    return Problem("invalid_field")


def _answer(group: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
    """Wake everybody who waits."""
    for one, outcome in zip(group, outcomes, strict=True):
        if one.answer.done():
            continue  # given up meanwhile; it is written all the same
        if isinstance(outcome, Exception):
            one.answer.set_exception(outcome)
        else:
            one.answer.set_result(outcome)
