"""Commits that wait together share a transaction, and none of them notices."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from commonhold.core.changes import Commit, Put, Set, TreeAt
from commonhold.core.model import Idempotency, Setting
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.problems import Problem
from commonhold.store.sqlite.committer import GROUP
from commonhold.store.sqlite.store import SqliteStore

MIB = 1 << 20


@pytest.fixture
def other(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection of somebody who knows no turnstile."""
    found = sqlite3.connect(database, isolation_level=None)
    yield found
    found.close()


def setting(name: str) -> list[Put]:
    """A commit that writes one row."""
    return [Put(Setting(name, "1"))]


async def names(store: SqliteStore) -> set[str]:
    """What was written by such commits."""
    return {row.name for row in await store.rows(machine(), Rows(Setting))}


async def test_a_full_disk(store: SqliteStore) -> None:
    """Where the disk is full for one of many, that one is told ``storage_full``, and the others are written."""
    connection = store._committer._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    large = [Put(Idempotency(1, "large", b"", bytes(MIB), 0))]

    outcomes = await asyncio.gather(
        *(store.commit(large if at == 3 else setting(str(at))) for at in range(8)), return_exceptions=True
    )

    assert outcomes[3] == Problem("storage_full")
    assert all(isinstance(outcome, Commit) for at, outcome in enumerate(outcomes) if at != 3)
    assert await names(store) == {str(at) for at in range(8) if at != 3}
    assert await store.rows(machine(), Rows(Idempotency)) == []


async def test_somebody_holds_the_database(store: SqliteStore, other: sqlite3.Connection) -> None:
    """Where somebody outside holds the database, commits are ``unavailable``, and work again afterwards."""
    store._committer._connection.execute("PRAGMA busy_timeout = 1")
    other.execute("BEGIN IMMEDIATE")

    outcomes = await asyncio.gather(*(store.commit(setting(str(at))) for at in range(4)), return_exceptions=True)

    assert outcomes == [Problem("unavailable")] * 4
    other.execute("ROLLBACK")
    await store.commit(setting("after"))
    assert await names(store) == {"after"}


async def test_a_value_that_no_column_holds(store: SqliteStore) -> None:
    """What cannot be written is refused, alone: a number beyond 64 bits, half of a surrogate pair."""
    outcomes = await asyncio.gather(
        store.commit([Put(Setting("\ud800", ""))]),
        store.commit([Put(Idempotency(2**63, "", b"", b"", 0))]),
        store.commit(setting("fine")),
        return_exceptions=True,
    )

    assert [*outcomes[:2]] == [Problem("invalid_field")] * 2
    assert isinstance(outcomes[2], Commit)
    assert await names(store) == {"fine"}


async def test_a_mistake_of_ours(store: SqliteStore) -> None:
    """A change that makes no sense is an error for whoever sent it; the committer goes on."""
    outcomes = await asyncio.gather(
        store.commit([Set(Setting, ("a",), {"no such column": 1})]),
        store.commit([None]),  # type: ignore[list-item]
        return_exceptions=True,
    )

    assert all(isinstance(outcome, Exception) for outcome in outcomes)
    assert (await store.commit(setting("fine"))).revision == 1


async def test_nobody_waits_any_more(store: SqliteStore) -> None:
    """A commit that was given up is written all the same, and disturbs none of those beside it."""
    tasks = [asyncio.create_task(store.commit(setting(str(at)))) for at in range(GROUP)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert all(isinstance(outcome, Commit) for outcome in outcomes[1::2])
    await store.commit(setting("last"))
    assert await names(store) == {str(at) for at in range(GROUP)} | {"last"}


async def test_guards_see_those_before_them(store: SqliteStore) -> None:
    """A commit that breaks moves no counter: those after it in the same transaction get the next revision."""
    held = TreeAt(-1)

    outcomes = await asyncio.gather(
        *(store.commit(setting(str(at)), [held] if at % 2 else ()) for at in range(10)), return_exceptions=True
    )

    assert [one.revision for one in outcomes if isinstance(one, Commit)] == [1, 2, 3, 4, 5]


def sizes(database: Path) -> tuple[int, int]:
    """The bytes of a database and of its log."""
    return database.stat().st_size, database.with_name(f"{database.name}-wal").stat().st_size


async def test_the_log_is_copied(store: SqliteStore, database: Path, other: sqlite3.Connection) -> None:
    """The log is copied into the database as it grows, although nobody closes it."""
    before, _ = sizes(database)

    for at in range(12):
        await store.commit([Put(Setting(f"{at}-{n}", "x" * 100)) for n in range(500)])

    after, log = sizes(database)
    assert after > before
    assert log < 4 * MIB
    assert other.execute("SELECT count(*) FROM setting").fetchone() == (6000,)
