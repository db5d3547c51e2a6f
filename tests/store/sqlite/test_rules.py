"""Rules hold for rows as the database says at the moment of the look."""

import sqlite3
from pathlib import Path

import pytest

from commonhold.core import model
from commonhold.core.changes import Put, Set, Upsert
from commonhold.core.identity import Actor, RecordRef
from commonhold.core.model import EVERYONE
from commonhold.core.policy.snapshot import Look, RuleHit
from commonhold.core.query import Compare, Current, Filter, Not, Now, Op, encode_filter
from commonhold.core.records.catalog import Catalog, Collection, Field, encode_collection
from commonhold.core.records.kinds import Kind
from commonhold.core.roles import Action
from commonhold.store.sources.dialects import Sqlite
from commonhold.store.sources.sqlite import SqliteSource
from commonhold.store.sources.statements import Plans
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.build import Builder, new_uid

NOTES = Collection("notes", "id", (Field("id", Kind.INTEGER), Field("state"), Field("due", Kind.TIMESTAMP)))
NOW = 1_000


@pytest.fixture
def noted(database: Path) -> Path:
    """A database with a table of two notes."""
    connection = sqlite3.connect(database)
    Sqlite.prepare(connection)
    source = SqliteSource(connection, Plans(Sqlite()))
    catalog = Catalog(1, [NOTES])
    source.reshape(Catalog(0), catalog)
    source.insert(
        catalog, "notes", [{"id": 1, "state": "public", "due": 500}, {"id": 2, "state": "secret", "due": 5_000}]
    )
    connection.commit()
    connection.close()
    return database


class World:
    """Bob, and an item for each of the notes 1, 2 and (there is none) 3."""

    def __init__(self, store: SqliteStore) -> None:
        """Begin empty."""
        self.store = store
        self.build = Builder(store)

    async def make(self, *, source: str | None = None) -> "World":
        """Make everything but rules."""
        await self.build.put(model.Collection("notes", encode_collection(NOTES), source))
        self.bob = await self.build.user("bob")
        root = await self.build.space(self.bob)
        self.space = (await self.build.get(model.Item, root)).space
        for key in "123":
            await self.build.record(self.space, "notes", key)
        return self

    async def rule(self, where: Filter | None, principal: int = EVERYONE, fields: str = '["*"]') -> int:
        """Make a rule that lets somebody read."""
        text = None if where is None else encode_filter(where)
        row = model.Rule(-1, new_uid(), principal, "notes", Action.READ, text, fields)
        return (await self.build.put(row)).no(-1)

    async def holding(self) -> dict[str, list[int]]:
        """Return the rules that hold for bob, by note."""
        refs = tuple(RecordRef("notes", key) for key in "123")
        snapshot = await self.store.look(Look(Actor(self.bob), refs))
        return {str(ref.key): [hit.rule for hit in snapshot.rules.get(snapshot.found_items[ref], ())] for ref in refs}


async def test_rules_hold_for_rows(noted: Path) -> None:
    """A rule holds for the rows its filter matches, one without a filter for all; for what is not there none does."""
    store = SqliteStore(noted)
    world = await World(store).make()
    public = await world.rule(Compare("state", Op.EQ, "public"))
    every = await world.rule(None)

    assert await world.holding() == {"1": [public, every], "2": [every], "3": []}

    connection = sqlite3.connect(noted)
    connection.execute("UPDATE r_notes SET state = 'secret'")
    connection.commit()
    connection.close()
    assert await world.holding() == {"1": [every], "2": [every], "3": []}
    await store.close()


async def test_whose_rules(noted: Path) -> None:
    """Only rules of what somebody is count, with their actions and fields."""
    store = SqliteStore(noted)
    world = await World(store).make()
    group = await world.build.group("readers")
    rule = await world.rule(None, group, '["state"]')
    assert await world.holding() == {"1": [], "2": [], "3": []}

    await world.build.join(group, world.bob)

    snapshot = await store.look(Look(Actor(world.bob), (RecordRef("notes", "1"),)))
    assert [*snapshot.rules.values()] == [(RuleHit(rule, group, Action.READ, frozenset(("state",))),)]
    await store.close()


async def test_time_and_whoever_asks(noted: Path) -> None:
    """A rule may name the present time, or whoever asks, of whom some are told with it for whom it holds."""
    store = SqliteStore(noted, clock=lambda: NOW)
    world = await World(store).make()
    over = await world.rule(Compare("due", Op.LT, Now()))
    mine = await world.rule(Not(Compare("state", Op.EQ, Current("user"))))

    assert await world.holding() == {"1": [over, mine], "2": [mine], "3": []}
    snapshot = await store.look(Look(Actor(world.bob), (RecordRef("notes", "2"),)))
    ((hit,),) = snapshot.rules.values()
    assert hit.askers == frozenset((world.bob,))
    assert hit.counts(world.bob)
    assert not hit.counts(None)
    await store.close()


async def test_a_rule_that_makes_no_sense(noted: Path) -> None:
    """A rule about a field that is gone holds for no row, and does not disturb the others."""
    store = SqliteStore(noted)
    world = await World(store).make()
    every = await world.rule(None)
    await world.rule(Compare("colour", Op.EQ, "red"))

    assert await world.holding() == {"1": [every], "2": [every], "3": []}
    await store.close()


async def test_the_catalogue_changes(noted: Path) -> None:
    """What the catalogue says counts from its commit on: a collection that lies elsewhere has no rows here."""
    store = SqliteStore(noted)
    world = await World(store).make()
    every = await world.rule(None)
    assert await world.holding() == {"1": [every], "2": [every], "3": []}

    await store.commit([Set(model.Collection, ("notes",), {"source": "elsewhere"})])
    assert await world.holding() == {"1": [], "2": [], "3": []}

    await store.commit([Upsert(model.Collection("notes", encode_collection(NOTES)))])
    await store.commit([Put(model.Collection("other", encode_collection(Collection("other", "id", NOTES.fields))))])
    assert await world.holding() == {"1": [every], "2": [every], "3": []}
    await store.close()
