"""The committer: one thread and one connection per process through which every commit goes, many at a time.

Commits that wait together share a transaction and one sync of the disk; each stands under a savepoint of its own, so
that one which breaks takes back only itself. If the transaction as a whole fails, each gets one of its own. A commit is
answered when it is durable, never before.
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

from msgspec.structs import astuple

from commonhold.core.changes import Broken, Change, Commit, Guard
from commonhold.core.model import Instance
from commonhold.core.ports import Clock
from commonhold.core.problems import Problem
from commonhold.store.effects import after, moved
from commonhold.store.numbers import numbers_for, resolve
from commonhold.store.sqlite.apply import Writing
from commonhold.store.sqlite.errors import FAILED, mapped, meaning
from commonhold.store.sqlite.reader import connect
from commonhold.store.sqlite.record_writing import RecordWriting
from commonhold.store.sqlite.statements import INSTANCE, MOVE_ON
from commonhold.store.sqlite.turnstile import Turnstile

GROUP: Final = 64  # commits in one transaction: more would make the first of them wait for little gain
CHECKPOINT: Final = 2_000  # rows written between two checkpoints: some ten MB in the log, some ten ms to copy them
LOG: Final = 64 << 20  # bytes that the file of the log keeps, once a long reading made it grow

Outcome = Commit | Exception


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
        self._closed = False
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="committer", daemon=True)
        self._thread.start()

    async def commit(self, changes: Sequence[Change], guards: Sequence[Guard]) -> Commit:
        """Write all changes if all guards hold, durably.

        :raises Broken: or one of the named kinds of it
        :raises Problem: storage_full, unavailable
        """
        if self._closed:
            raise Problem("unavailable")
        answer: asyncio.Future[Commit] = asyncio.get_running_loop().create_future()
        self._queue.put(Waiting(changes, guards, answer))
        return await answer

    async def close(self) -> None:
        """Write what is waiting, and let go of the database."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    # below: in the thread

    def _work(self) -> None:
        while group := self._next():
            _answer(group, self._write(group))
            if self._connection.total_changes - self._written > CHECKPOINT:
                self._checkpoint()
        with self._turnstile:  # the last connection of all copies the log into the database
            self._connection.close()
        self._turnstile.close()

    def _next(self) -> list[Waiting]:
        """Wait for a commit, and take those that wait with it; nothing: the end."""
        group: list[Waiting] = []
        one = self._queue.get()
        while one is not None:
            group.append(one)
            if len(group) == GROUP:
                return group
            try:
                one = self._queue.get_nowait()
            except Empty:
                return group
        if group:
            self._queue.put(None)  # the end comes after these
        return group

    def _write(self, group: Sequence[Waiting]) -> list[Outcome]:
        try:
            with self._turnstile:
                return self._transaction(group)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may be left waiting
            if len(group) > 1:
                return [outcome for one in group for outcome in self._write([one])]
            return [meaning(error) if isinstance(error, FAILED) else error]

    def _transaction(self, group: Sequence[Waiting]) -> list[Outcome]:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            before = instance = Instance(*execute(INSTANCE).fetchall()[0])
            outcomes: list[Outcome] = []
            for one in group:
                outcome, instance = self._one(one, instance)
                outcomes.append(outcome)
            if instance != before:
                execute(MOVE_ON, astuple(instance))
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise
        return outcomes

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


def _refusal(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error):
        return meaning(error)
    return error if isinstance(error, Broken | Problem) else Problem("invalid_field")


def _answer(group: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
    """Wake everybody who waits, in one step of their event loop; if that is gone, nobody waits any more."""
    with contextlib.suppress(RuntimeError):
        group[0].answer.get_loop().call_soon_threadsafe(_wake, group, outcomes)


def _wake(group: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
    for one, outcome in zip(group, outcomes, strict=True):
        if one.answer.done():
            continue  # given up meanwhile; it is written all the same
        if isinstance(outcome, Exception):
            one.answer.set_exception(outcome)
        else:
            one.answer.set_result(outcome)
