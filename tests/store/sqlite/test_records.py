"""Records in the embedded engine: tables, rows and everything else are one commit, and are read aside of the rest."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from tests.store.sqlite.explain import plan

from commonhold.core.changes import Broken, Drop, Missed, Put, Set, Taken
from commonhold.core.model import EVERYONE, Collection, Item, Life, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.problems import Problem
from commonhold.core.query import ALWAYS, Compare, Facts, Op, Pick, Query
from commonhold.core.records import catalog as catalogue
from commonhold.core.records.catalog import Catalog, Field, encode_collection
from commonhold.core.records.kinds import Kind
from commonhold.core.records.writes import DropRows, PutRows, RecordChange, Reshape, RowIs, SetRows
from commonhold.store.memory import MemoryStore
from commonhold.store.sqlite.records import _REACHING
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.build import Builder

NOTES = catalogue.Collection("notes", "id", (Field("id", Kind.INTEGER), Field("text", unique=True)))
ONE = Catalog(1, [NOTES])
MADE = (Reshape(Catalog(0), ONE), Put(Collection("notes", encode_collection(NOTES))))


async def texts(store: SqliteStore) -> list[str]:
    """Return the texts of all notes."""
    catalog = await store.records.catalog()
    found = await store.records.read(machine(), catalog, "notes", Query((Pick("text"),)), Facts(0))
    return [row["text"] for row in found.rows]


async def test_tables_and_rows_are_one_commit(store: SqliteStore) -> None:
    """A collection, its table and its first rows come together; each change of records says what it gave."""
    done = await store.commit(
        [*MADE, PutRows("notes", ({"text": "a"}, {"text": "b"})), SetRows("notes", (1,), {"text": "c"})]
    )

    assert done.gave == (None, [1, 2], [1])
    assert await texts(store) == ["c", "b"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (Put(Collection("notes", "{}")), Taken),
        (PutRows("notes", ({"text": "a"},)), Problem),
        (PutRows("notes", ({"text": "z"},), Compare("text", Op.EQ, "y")), Missed),
        (SetRows("notes", (1, 9), {"text": "z"}), Missed),
        (DropRows("notes", (1,), Compare("text", Op.EQ, "z")), Missed),
        (SetRows("nothing", (1,), {}), Problem),
    ],
)
async def test_all_or_nothing(store: SqliteStore, change: RecordChange | Put, error: type[Exception]) -> None:
    """What breaks takes rows and tables back with everything else of its commit, and nothing of others."""
    await store.commit([*MADE, PutRows("notes", ({"text": "a"},))])
    more = catalogue.Collection("more", "id", (Field("id", Kind.INTEGER),))
    before = await store.instance()
    with pytest.raises(error):
        await store.commit([Reshape(ONE, Catalog(2, [NOTES, more])), PutRows("notes", ({"text": "b"},)), change])

    assert await store.instance() == before
    assert await texts(store) == ["a"]
    await store.commit([Reshape(ONE, Catalog(2, [NOTES, more]))])


async def test_tables_that_are_not_there(store: SqliteStore) -> None:
    """A catalogue that the tables do not bear out is refused, and changes nothing."""
    before = await store.instance()
    with pytest.raises(Problem, match="invalid_field"):
        await store.commit([Reshape(ONE, Catalog(2))])

    assert await store.instance() == before


async def test_a_row_must_be_there(store: SqliteStore) -> None:
    """A commit may demand that a row exists; of a collection that does not, none does."""
    await store.commit([*MADE, PutRows("notes", ({"text": "a"},))])
    await store.commit([], [RowIs("notes", "1")])
    for guard in (RowIs("notes", "2"), RowIs("notes", "x"), RowIs("nothing", "1")):
        with pytest.raises(Broken):
            await store.commit([], [guard])


async def test_items_end_with_their_rows(store: SqliteStore) -> None:
    """Deleted rows and dropped tables take their items along, and the shares on them, whoever made these."""
    await store.commit([*MADE, PutRows("notes", ({"text": "a"}, {"text": "b"}))])
    build = Builder(store)
    bob = await build.user("bob")
    space = (await build.get(Item, await build.space(bob))).space
    first, second = [await build.record(space, "notes", key) for key in "12"]
    for item in (first, second):
        await build.share(item, EVERYONE)
    tree_at = (await store.instance()).tree_at
    await store.commit([DropRows("notes", (1,))])

    assert (await store.instance()).tree_at > tree_at
    assert [(await build.get(Item, no)).life for no in (first, second)] == [Life.DELETED, Life.LIVE]
    assert [share.item for share in await build.store.rows(machine(), _all(Share))] == [second]
    await store.commit([Reshape(ONE, Catalog(2)), Drop(Collection, ("notes",))])
    assert (await build.get(Item, second)).life is Life.DELETED
    assert await build.store.rows(machine(), _all(Share)) == []


def _all(table: type[Share]) -> Rows:
    return Rows(table)


async def test_one_version_everywhere(database: Path) -> None:
    """The catalogue is the same object until something of it changed, also when other people and rules come."""
    store, other = SqliteStore(database), SqliteStore(database)
    await store.commit(MADE)
    first = await store.records.catalog()
    await Builder(store).user("ann")
    assert await store.records.catalog() is first
    assert (await other.records.catalog()).collection("notes") == NOTES

    longer = catalogue.Collection("notes", "id", (*NOTES.fields, Field("more")))
    await other.commit(
        [Reshape(ONE, Catalog(2, [longer])), Set(Collection, ("notes",), {"definition": encode_collection(longer)})]
    )
    assert (await store.records.catalog()).collection("notes") == longer
    await store.close()
    await other.close()


async def test_a_reading_has_an_end(database: Path) -> None:
    """A question that takes too long is given up, and says so."""
    store = SqliteStore(database, deadline=0)
    await store.commit([*MADE, PutRows("notes", tuple({"text": str(n)} for n in range(20_000)))])
    catalog = await store.records.catalog()
    slow = Query((Pick("text"),), Compare("text", Op.IMATCHES, "*1*2*3*4*"))
    with pytest.raises(Problem, match="query_too_costly"):
        await store.records.read(machine(), catalog, "notes", slow, Facts(0))
    await store.close()


def test_shares_are_found_by_their_recipient(database: Path) -> None:
    """Shares of records are looked up by who receives them."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        steps = plan(connection, _REACHING, ("[1]", 10))

    assert steps[0].startswith("share: share_recipient_no")
    assert steps[1] == "item: key (rowid=?)"


async def test_memory_keeps_none() -> None:
    """The engine in memory refuses rows, and finds none."""
    store = MemoryStore(0)
    with pytest.raises(Problem, match="unknown_collection"):
        await store.commit([PutRows("notes", ({},), ALWAYS)])
    with pytest.raises(Broken):
        await store.commit([], [RowIs("notes", "1")])
