"""What the embedded engine adds to the contract: deadlines, errors, copies."""

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import astuple

from commonhold.core.identity import Actor
from commonhold.core.model import Event, Item, Setting
from commonhold.core.policy.require import machine
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Rows, Search, SharedWith, Where
from commonhold.core.problems import Problem
from commonhold.store.sqlite import reader, statements
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.build import Builder

MANY = 40_000
RARE = Rows(Event, (Where("kind", "eq", "rare"),))  # by no index

METHODS: dict[str, Callable[[SqliteStore], Awaitable[object]]] = {
    "who": lambda store: store.who(b"digest"),
    "look": lambda store: store.look(Look(Actor(1), (1,))),
    "rows": lambda store: store.rows(machine(), Rows(Item)),
    "shared_with": lambda store: store.shared_with(machine(), SharedWith(1)),
    "ends_with": lambda store: store.ends_with(machine(), [1], 0),
    "search": lambda store: store.search(machine(), Search(("a",))),
    "commit": lambda store: store.commit([]),
    "instance": lambda store: store.instance(),
}


@pytest.fixture
def crowded(database: Path) -> Path:
    """A database with so many events that looking through them takes longer than a listing may take inline."""
    connection = sqlite3.connect(database)
    events = (astuple(Event(no, 0, "x" if no % 10_000 else "rare", None, "tests")) for no in range(MANY))
    connection.executemany(statements.insert(Event), events)
    connection.commit()
    connection.close()
    return database


@pytest.mark.parametrize("method", METHODS)
async def test_errors_stay_inside(store: SqliteStore, database: Path, method: str) -> None:
    """Whatever the database says, each method tells ``unavailable`` and nothing else."""
    connection = sqlite3.connect(database)
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE TABLE%'").fetchall():
        if not name.startswith("item_words_"):
            connection.execute(f"DROP TABLE {name}")
    connection.close()

    with pytest.raises(Problem, match="unavailable"):
        await METHODS[method](store)


def test_every_method_is_tried() -> None:
    """The list above knows every method of the port but the last."""
    public = {name for name in vars(SqliteStore) if not name.startswith("_")}

    assert public == {*METHODS, "close", "backup_to"}


async def test_a_long_listing(crowded: Path) -> None:
    """A listing that takes long is answered all the same, by a thread of the pool, again and again."""
    store = SqliteStore(crowded)

    for _ in range(3):
        assert [row.no for row in await store.rows(machine(), RARE)] == [0, 10_000, 20_000, 30_000]

    await store.close()


async def test_a_listing_that_takes_too_long(crowded: Path) -> None:
    """A listing that takes longer than it may is given up, and the next one is not disturbed."""
    store = SqliteStore(crowded, deadline=0)

    for _ in range(3):
        with pytest.raises(Problem, match="query_too_costly"):
            await store.rows(machine(), RARE)

    assert len(await store.rows(machine(), Rows(Event, limit=2))) == 2
    assert (await store.instance()).revision == 0
    await store.close()


async def test_readers_cannot_write(store: SqliteStore) -> None:
    """A connection that reads does nothing else."""
    with pytest.raises(Problem, match="unavailable"):
        store._probes.read(lambda probes: probes.reader.all("DELETE FROM setting"))


async def test_numbers_and_texts_that_nothing_has(store: SqliteStore) -> None:
    """What no column can hold is simply not there."""
    for odd in (2**63, -(2**70), "\ud800", "a\0b"):
        for items in ((odd,), (odd, 5)):
            snapshot = await store.look(Look(Actor(1), items, shares=items))
            assert (snapshot.found_items, snapshot.found_shares) == ({}, {})


async def test_a_copy(store: SqliteStore, tmp_path: Path) -> None:
    """A copy holds everything up to its moment, and can be opened and written."""
    await Builder(store).put(Setting("before", "1"))

    await store.backup_to(tmp_path / "copy.db")

    await Builder(store).put(Setting("after", "1"))
    copy = SqliteStore(tmp_path / "copy.db")
    await Builder(copy).put(Setting("elsewhere", "1"))
    assert [row.name for row in await copy.rows(machine(), Rows(Setting))] == ["before", "elsewhere"]
    assert (await copy.instance()).revision == 2
    await copy.close()


def test_an_old_sqlite(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SQLite that is too old is refused, with what was found and what is needed."""
    monkeypatch.setattr(reader, "OLDEST", (99, 0, 0))

    with pytest.raises(Problem, match="sqlite_too_old") as caught:
        reader.connect(database)

    assert caught.value.facts == {"found": sqlite3.sqlite_version, "needed": "99.0.0"}


def test_no_database(tmp_path: Path) -> None:
    """A store is opened where there is one; none is made by accident."""
    with pytest.raises(Problem, match="unavailable"):
        SqliteStore(tmp_path / "nothing.db")

    assert list(tmp_path.iterdir()) == []
