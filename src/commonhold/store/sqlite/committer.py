"""The committer: one connection per process through which every commit goes, many at a time.

Commits that wait together share a transaction and one sync of the disk; each stands under a savepoint of its own, so
that one which breaks takes back only itself. If the transaction as a whole fails, each gets one of its own. A commit is
answered when it is durable, never before.

A few rows are written by the event loop itself: a thread would wait for its turn at Python with each statement, for
longer than the statement takes. What waits for the disk or for other processes, and what may take long, is done by a
thread.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, ParamSpec, TypeVar

from msgspec.structs import astuple

from commonhold.core.changes import (
    Broken,
    Change,
    Charge,
    Commit,
    CountTry,
    CountUse,
    Drop,
    Guard,
    Put,
    Set,
    Upsert,
)
from commonhold.core.model import Instance, Nested
from commonhold.core.ports import Clock
from commonhold.core.problems import Problem
from commonhold.store.effects import after, moved, table_of
from commonhold.store.numbers import numbers_for, resolve
from commonhold.store.sqlite.apply import Writing
from commonhold.store.sqlite.errors import FAILED, mapped, meaning
from commonhold.store.sqlite.reader import connect
from commonhold.store.sqlite.record_writing import RecordWriting
from commonhold.store.sqlite.statements import INSTANCE, MOVE_ON
from commonhold.store.sqlite.turnstile import Turnstile

GROUP: Final = 64  # commits in one transaction: more would make the first of them wait for little gain
SLICE: Final = 0.005  # seconds for which the event loop writes without a break; what waits still comes next
FEW: Final = 64  # changes of one commit that the event loop writes itself, some ten microseconds each
CHECKPOINT: Final = 2_000  # rows written between two checkpoints: some ten MB in the log, some ten ms to copy them
LOG: Final = 64 << 20  # bytes that the file of the log keeps, once a long reading made it grow

ONE_ROW: Final = frozenset[type[Change]]((Put, Upsert, Set, Drop, CountUse, CountTry, Charge))

Outcome = Commit | Exception

P = ParamSpec("P")
T = TypeVar("T")


class Waiting(NamedTuple):
    """A commit, and who waits for it."""

    changes: Sequence[Change]
    guards: Sequence[Guard]
    answer: asyncio.Future[Commit]


class Committer:
    """Writes what is given to ``commit``, durably and in order. Used from one event loop."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open the database and begin to wait.

        :raises Problem: sqlite_too_old, unavailable
        """
        self._clock = clock
        self._connection = connect(path)
        with mapped():
            self._turnstile = Turnstile(path)
            with self._turnstile:
                self._connection.execute("PRAGMA journal_mode = WAL")  # a copy of a database is not in this mode
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(f"PRAGMA journal_size_limit = {LOG}")
        self._records = RecordWriting(self._connection)
        self._written = 0
        self._inside = False
        self._closed = False
        self._queue: deque[Waiting] = deque()
        self._work: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "committer")

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
        await self._aside(self._let_go)
        self._thread.shutdown()

    async def _write_all(self) -> None:
        """Write until nothing waits."""
        try:
            while self._queue:
                await self._write(self._queue, GROUP)
                if self._connection.total_changes - self._written > CHECKPOINT:
                    await self._aside(self._checkpoint)
        finally:
            self._work = None

    async def _write(self, waiting: deque[Waiting], most: int) -> None:
        """Write those who come first in one transaction, and answer them; if that fails, each in one of his own."""
        group: list[Waiting] = []
        outcomes: list[Outcome] = []
        try:
            try:
                before = instance = await self._aside(self._begin)
                until = time.monotonic() + SLICE
                while waiting and len(group) < most and time.monotonic() < until:
                    group.append(one := waiting.popleft())
                    long = _may_take_long(one.changes)
                    outcome, instance = (
                        await self._aside(self._one, one, instance) if long else self._one(one, instance)
                    )
                    outcomes.append(outcome)
                await self._aside(self._finish, None if instance == before else instance)
            except BaseException:
                self._thread.submit(self._leave)  # after whatever the thread does now
                raise
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may be left waiting
            if len(group) > 1:
                for one in group:
                    await self._write(deque((one,)), 1)
                return
            group = group or [waiting.popleft() for _ in range(min(most, len(waiting)))]
            outcomes = [meaning(error) if isinstance(error, FAILED) else error] * len(group)
        _answer(group, outcomes)

    async def _aside(self, work: Callable[P, T], *arguments: P.args, **_: P.kwargs) -> T:
        """Do something in the thread, which alone waits."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *arguments))

    # below: in the thread, but for ``_one`` with a few rows

    def _begin(self) -> Instance:
        """Wait for the turn of this process, and begin a transaction."""
        self._turnstile.__enter__()
        self._inside = True
        self._connection.execute("BEGIN IMMEDIATE")
        return Instance(*self._connection.execute(INSTANCE).fetchall()[0])

    def _finish(self, instance: Instance | None) -> None:
        """Make the transaction durable, with the row of the installation if that moved."""
        try:
            if instance is not None:
                self._connection.execute(MOVE_ON, astuple(instance))
            self._connection.execute("COMMIT")
        finally:
            self._leave()

    def _leave(self) -> None:
        """Take back what is open still, and let the next process in."""
        with contextlib.suppress(*FAILED):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        if self._inside:
            self._inside = False
            self._turnstile.__exit__(None, None, None)

    def _one(self, one: Waiting, before: Instance) -> tuple[Outcome, Instance]:
        """Write one commit of a transaction; if it breaks, the others stand."""
        execute = self._connection.execute
        writing = Writing(self._connection, before, self._clock(), self._records)
        execute("SAVEPOINT one")
        try:
            writing.hold(one.guards)
            numbers = numbers_for(one.changes, before.next_no)
            writing.apply(resolve(one.changes, numbers))
        except (Broken, Problem, sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            if not self._connection.in_transaction:
                raise  # the database took everything back
            execute("ROLLBACK TO one")
            execute("RELEASE one")
            return _refusal(error), before
        execute("RELEASE one")
        instance = after(before, moved(one.changes), len(numbers))
        return Commit(instance.revision, numbers, tuple(writing.gave)), instance

    def _checkpoint(self) -> None:
        """Copy the log into the database, as far as readers and the disk let us; the rest is copied the next time."""
        self._written = self._connection.total_changes
        with contextlib.suppress(*FAILED), self._turnstile:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _let_go(self) -> None:
        with self._turnstile:  # the last connection of all copies the log into the database
            self._connection.close()
        self._turnstile.close()


def _refusal(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error):
        return meaning(error)
    return error if isinstance(error, Broken | Problem) else Problem("invalid_field")


def _may_take_long(changes: Sequence[Change]) -> bool:
    """Tell whether a commit writes more than a few rows: changes that stand for many, or edges between groups."""
    return len(changes) > FEW or any(type(one) not in ONE_ROW or table_of(one) is Nested for one in changes)


def _answer(group: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
    """Wake everybody who waits."""
    for one, outcome in zip(group, outcomes, strict=True):
        if one.answer.done():
            continue  # given up meanwhile; it is written all the same
        if isinstance(outcome, Exception):
            one.answer.set_exception(outcome)
        else:
            one.answer.set_result(outcome)
