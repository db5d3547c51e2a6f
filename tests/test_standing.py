"""Databases of PostgreSQL that stand from test to test: nothing of one test is there in the next."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from tests.loops import Lasting
from tests.postgres import Server
from tests.standing import Standing

from commonhold.core.model import Instance, Setting
from commonhold.testing.build import Builder

pytestmark = pytest.mark.slow

TABLES = """
CREATE TABLE keyed (no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word text);
ALTER TABLE keyed ADD COLUMN twice text GENERATED ALWAYS AS (word || word) STORED;
CREATE TABLE "Pairs" (a int, "B" text, above bigint REFERENCES keyed, PRIMARY KEY (a, "B"));
CREATE TABLE bare (doc json);
CREATE TABLE hollow (no int PRIMARY KEY);
INSERT INTO keyed (word) VALUES ('one'), ('two'), ('three');
INSERT INTO "Pairs" VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', NULL);
INSERT INTO bare VALUES ('{}'), ('{}'), (NULL);
"""
ALL = {"keyed": "no", '"Pairs"': 'a, "B"', "bare": "doc::text", "hollow": "no"}


@pytest.fixture(scope="module")
def template(postgres: Server) -> str:
    """A database with tables of several kinds, and rows."""
    url = postgres.bare()
    for statement in TABLES.strip().splitlines():
        postgres.ask(statement, postgres.name(url))
    return url


@pytest.fixture
async def lent(postgres: Server, template: str, lasting: Lasting) -> AsyncIterator[Standing]:
    """A copy of it, which is dropped at the end."""
    found = postgres.lend(template, lasting)
    yield found
    found.leave()
    postgres.drop(found.url)


async def ask(standing: Standing, text: str) -> list[tuple[Any, ...]]:
    """Run statements as a test does it, and return what was found."""
    connection = await standing.connect(standing.url, {})
    try:
        if ";" in text:
            await connection.execute(text)
            return []
        return [tuple(row) for row in await connection.fetch(text)]
    finally:
        await connection.close()


async def everything(standing: Standing) -> dict[str, Any]:
    """Return all that is there."""
    return {name: await ask(standing, f"SELECT * FROM {name} ORDER BY {order}") for name, order in ALL.items()}


@pytest.mark.parametrize(
    "written",
    [
        "SELECT 1;",
        "INSERT INTO keyed (word) VALUES ('four'); INSERT INTO hollow VALUES (1); INSERT INTO bare VALUES ('[1]');",
        "UPDATE keyed SET word = 'other' WHERE no = 2; UPDATE bare SET doc = '1' WHERE doc IS NULL;",
        """UPDATE "Pairs" SET a = a + 10; DELETE FROM "Pairs" WHERE a = 12;""",
        """DELETE FROM "Pairs"; DELETE FROM keyed; DELETE FROM bare;""",
        "INSERT INTO hollow VALUES (1); DELETE FROM hollow; DELETE FROM bare WHERE doc IS NULL;",
        "BEGIN; SAVEPOINT a; INSERT INTO hollow VALUES (1); RELEASE a; SAVEPOINT b; DELETE FROM bare; COMMIT;",
        "BEGIN; DELETE FROM bare; ROLLBACK;",
    ],
)
async def test_what_was_written_is_taken_back(lent: Standing, written: str) -> None:
    """Rows added, changed and removed are as they were, twice over; numbers that were given are given again."""
    before = await everything(lent)
    for _ in range(3):
        await ask(lent, written)
        assert lent.put_back()
        assert await everything(lent) == before
    await ask(lent, "INSERT INTO keyed (word) VALUES ('next');")
    assert await ask(lent, "SELECT max(no) FROM keyed") == [(4,)]


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE more (no int);",
        "DROP TABLE bare;",
        "TRUNCATE hollow;",
        "ALTER TABLE keyed ADD COLUMN more text;",
        "ALTER TABLE keyed RENAME COLUMN word TO words;",
        "CREATE INDEX more ON keyed (word);",
        "ALTER TABLE hollow ALTER COLUMN no SET DEFAULT 7;",
        "ALTER TABLE hollow ADD CHECK (no > 0);",
        "CREATE SCHEMA more;",
    ],
)
async def test_other_tables_cost_the_database(lent: Standing, made: str) -> None:
    """A database that has other tables than before serves no further test."""
    await ask(lent, made)
    assert not lent.put_back()


async def test_who_is_connected(lent: Standing) -> None:
    """A connection that was not given back, or broke, costs the database; one that the test opened itself is ended."""
    ours = await lent.connect(lent.url, {})
    stranger = await asyncpg.connect(lent.url)
    assert not lent.put_back()
    await ours.close()
    assert lent.put_back()
    with pytest.raises((asyncpg.AdminShutdownError, asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError)):
        await stranger.execute("SELECT 1")
    stranger.terminate()

    busy = await asyncpg.connect(lent.url)
    await busy.execute("BEGIN")
    assert not lent.put_back()
    busy.terminate()

    broken = await lent.connect(lent.url, {})
    broken.terminate()
    assert not lent.put_back()


async def test_a_connection_is_lent_again_as_new(lent: Standing) -> None:
    """What is given back serves the next one: without what was set in it, and closed for who gave it back."""
    first = await lent.connect(lent.url, {})
    backend = await first.fetchval("SELECT pg_backend_pid()")
    await first.execute("SET work_mem = '1MB'; SELECT pg_advisory_lock(1)")
    await first.close()
    assert first.is_closed()
    second = await lent.connect(lent.url, {})
    assert await second.fetchval("SELECT pg_backend_pid()") == backend
    assert await second.fetchval("SHOW work_mem") != "1MB"
    assert await second.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
    await second.close()
    other = await lent.connect(lent.url, {"work_mem": "1MB"})
    assert await other.fetchval("SELECT pg_backend_pid()") != backend
    await other.close()


async def test_a_store_begins_anew(postgres_standing: Standing) -> None:
    """A store after another one knows nothing of it: it is as in a new database."""
    for _ in range(2):
        store = postgres_standing.store()
        assert await store.instance() == Instance(0, 0, 0, (await store.instance()).next_no)
        await Builder(store).put(Setting("a", "1"))
        await store.close()
        assert postgres_standing.put_back()


def test_another_loop(postgres_standing: Standing) -> None:
    """On a loop that ends before the other ones do, connections are not kept."""

    async def once() -> int:
        store = postgres_standing.store()
        await Builder(store).put(Setting("a", "1"))
        await store.close()
        return (await ask(postgres_standing, "SELECT count(*) FROM setting"))[0][0]

    for _ in range(2):
        assert asyncio.run(once()) == 1
        assert postgres_standing.put_back()
