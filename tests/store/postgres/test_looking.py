"""A look at PostgreSQL takes one statement where it can, and sees one moment however many it takes."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest

from commonhold.core.identity import Actor, LinkRef, Named, Path, RecipientRef, ShareRef
from commonhold.core.model import EVERYONE, MAIN_ORG, Item, LinkKey, Member, Principal, Share
from commonhold.core.policy.snapshot import Look
from commonhold.core.roles import Kind
from commonhold.store.postgres import looking
from commonhold.store.postgres.connections import HOT, READING, Connection, connect
from commonhold.store.postgres.foresight import _Wanted, statement
from commonhold.store.postgres.store import PostgresStore
from commonhold.store.ruling import Kept
from commonhold.store.sources.dialects import Postgres
from commonhold.store.sources.statements import Plans
from commonhold.testing.build import Builder

pytestmark = pytest.mark.slow

ALL = statement(others=True, names=True)
PLAIN = statement(others=False, names=False)
Between = Callable[[int], Awaitable[None]]


class Counted:
    """A connection that counts its statements, and lets something happen before each."""

    def __init__(self, connection: Connection, between: Between | None = None) -> None:
        self._connection = connection
        self._between = between
        self.statements = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetchrow(self, text: str, *values: Any) -> Any:
        if self._between is not None:
            await self._between(self.statements)
        self.statements += 1
        return await self._connection.fetchrow(text, *values)


@pytest.fixture
async def connection(postgres_database: str) -> AsyncIterator[Connection]:
    """A connection as decisions have it."""
    found = await connect(postgres_database, {**READING, **HOT})
    yield found
    await found.close()


async def look(asked: Look, connection: Any) -> Any:
    """Look over a connection."""
    return await looking.look(asked, Kept(Plans(Postgres())), lambda: 0, connection)


async def street(build: Builder) -> dict[str, int]:
    """Build a tree eight folders deep, groups in groups, and a reshare."""
    made = {"ann": await build.user("ann"), "bob": await build.user("bob"), "cat": await build.user("cat")}
    made |= {"inner": await build.group("inner"), "outer": await build.group("outer")}
    await build.put(Member(made["bob"], made["inner"]))
    at = made["root"] = await build.space(made["ann"], MAIN_ORG)
    for depth in range(8):
        at = await build.folder(at, str(depth))
    made["item"] = await build.item(at, "item")
    made["first"] = await build.share(made["root"], made["inner"], mask=Kind(63))
    made["second"] = await build.share(made["item"], made["cat"], stands_on=made["bob"], hangs_on=made["first"])
    made["link"] = await build.share(made["item"], 2)
    await build.put(LinkKey(made["link"], b"digest"))
    return made


async def test_one_statement(store: PostgresStore, connection: Connection) -> None:
    """Who may do what with an item, what a share or link gives, and to whom it may go is one statement."""
    build = Builder(store)
    made = await street(build)
    uid = (await build.get(Item, made["item"])).uid
    to: tuple[RecipientRef, ...] = (made["inner"], Named("CAT"), EVERYONE)
    shares: tuple[ShareRef, ...] = (made["second"], LinkRef(b"digest"), LinkRef(b"nothing"), "no uid")
    gone = (await build.get(Principal, made["cat"])).uid
    for asked in (
        Look(Actor(made["bob"]), items=(made["item"],)),
        Look(Actor(made["bob"]), items=(made["item"],), names=True),
        Look(Actor(made["cat"]), items=(uid, "nothing", 10**6)),
        Look(Actor(), items=(made["item"],)),
        Look(Actor(made["ann"]), items=(made["item"],), recipients=to),
        Look(Actor(made["ann"]), items=(made["item"],), recipients=(Named(gone), Named("nobody")), names=True),
        Look(Actor(made["ann"]), shares=shares, names=True),
        Look(Actor(made["ann"]), items=(made["item"],), subjects=(made["bob"], made["cat"])),
        Look(Actor()),
    ):
        counted = Counted(connection)
        seen = await look(asked, counted)

        assert counted.statements == 1, asked
        assert seen == await look(asked, connection)


async def test_a_statement_for_each_step(store: PostgresStore, connection: Connection) -> None:
    """A path or an occupied name costs one statement for each step, and nothing else."""
    made = await street(Builder(store))
    counted = Counted(connection)
    seen = await look(Look(Actor(made["ann"]), occupied=((made["root"], "0"), (made["root"], "1"))), counted)

    assert counted.statements <= 4
    assert list(seen.occupied) == [(made["root"], "0")]
    counted = Counted(connection)
    path = Path(("ann", "0", "1"))
    assert (await look(Look(Actor(made["ann"]), items=(path,)), counted)).found_items.keys() == {path}
    assert counted.statements <= 10


@pytest.mark.parametrize("often", [1, 2, 100])
async def test_a_write_in_between(store: PostgresStore, connection: Connection, often: int) -> None:
    """Where somebody writes between two statements of a look, it is read anew, and sees one moment in the end."""
    build = Builder(store)
    root = await build.space(await build.user("ann"))
    await build.item(root, "a")
    writes = 0

    async def write(statement: int) -> None:
        nonlocal writes
        if statement and writes < often:
            writes += 1
            await build.put(Share(-1, -1, f"s{writes}", root, 1_000 + writes, Kind.USER, None, 0, 20, "tests"))

    counted = Counted(connection, write)
    seen = await look(Look(Actor(), occupied=((root, "a"), (root, "b"))), counted)

    assert writes
    assert seen == await _at(seen.revision, store, Look(Actor(), occupied=((root, "a"), (root, "b"))), seen)


async def _at(revision: int, store: PostgresStore, asked: Look, seen: Any) -> Any:
    """Return what a look saw, if nothing that it saw can have changed since."""
    now = await store.look(asked)
    assert now.revision >= revision
    now.revision = seen.revision
    return now


async def test_a_new_database_is_planned_as_a_full_one(connection: Connection) -> None:
    """No table is read from end to end, even where nobody has counted its rows yet."""
    wanted = _Wanted(Look(Actor(20), (1,), (Named("x"),)))
    found = await connection.fetch(f"EXPLAIN {ALL}", *wanted.places(), *wanted.others())
    found += await connection.fetch(f"EXPLAIN {PLAIN}", *wanted.places())
    steps = [step for (step,) in found]

    scans = [step.split("Seq Scan on ")[1].split()[0] for step in steps if "Seq Scan on " in step]
    assert set(scans) <= {"instance"}


async def test_what_else_somebody_was_given_is_not_read(
    store: PostgresStore, connection: Connection, postgres_database: str
) -> None:
    """A decision reads what reaches somebody by the chain, however much else he, or the item's others, were given."""
    build = Builder(store)
    made = await street(build)
    aside = [await build.item(made["root"], f"aside {n}") for n in range(6)]
    to = [*[made["inner"]] * 2_000, *range(10_000, 14_000)]  # few have many, as the planner will not guess
    await build.put(
        *(
            Share(-n, -n, f"s{n}", aside[n % 5 + 1 if no == made["inner"] else 0], no, Kind.GROUP, None, n, 20, "tests")
            for n, no in enumerate(to, 1)
        )
    )
    counted = await asyncpg.connect(postgres_database)
    await counted.execute("ANALYZE")
    await counted.close()

    wanted = _Wanted(Look(Actor(made["bob"]), items=(made["item"], aside[0])))
    for text, values in (ALL, (*wanted.places(), *wanted.others())), (PLAIN, wanted.places()):
        (found,) = await connection.fetchrow(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", *values)
        read = [step["Actual Rows"] * step["Actual Loops"] for step in _steps(json.loads(found)[0]["Plan"])]
        assert max(read) < 100


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _steps(below)


async def test_columns_are_in_order(connection: Connection) -> None:
    """Columns stand in the order of the fields, by which rows are written and read."""
    from commonhold.core.model import ROWS
    from commonhold.store.tables import columns

    for row in ROWS:
        found: list[asyncpg.Record] = await connection.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 ORDER BY attnum",
            row.table,
        )
        assert [name for (name,) in found] == [*columns(row)]
