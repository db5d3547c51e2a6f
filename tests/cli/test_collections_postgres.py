"""Tables of another schema of our PostgreSQL database, taken in as collections; a row of them shared by a link."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.cli.conftest import in_process
from tests.faces.directus.town import Client
from tests.postgres import Server

from commonhold import wiring
from commonhold.cli.where import settings_of
from commonhold.core.core import Core
from commonhold.core.directory.installation import acting, set_up
from commonhold.core.directory.people import NewUser
from commonhold.core.directory.tokens import create_token
from commonhold.core.problems import Problem
from commonhold.core.query import Query
from commonhold.core.records.catalogs import drop_collection
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rows import list_rows, visible
from commonhold.settings import Settings
from commonhold.store.sources.reflect_postgres import reflected_in_postgres

pytestmark = pytest.mark.slow

SHOP = """
CREATE SCHEMA shop;
CREATE TYPE shop.colour AS ENUM ('red', 'green');
CREATE DOMAIN shop.name AS varchar(80) CHECK (VALUE <> '');
CREATE TABLE shop.customers (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name shop.name NOT NULL, joined timestamptz, logo bytea,
  rate real
);
CREATE TABLE shop."order items" (
  number text PRIMARY KEY, customer integer REFERENCES shop.customers, "unit price" numeric(10, 2), paid boolean,
  day date, seen timestamp, at time, colour shop.colour, tags text[], extra jsonb, old json, mark uuid
);
CREATE TABLE shop.pairs (a integer, b integer, PRIMARY KEY (a, b));
CREATE TABLE public.notes (id bigint PRIMARY KEY, text text);
INSERT INTO shop.customers (name, joined, rate) VALUES ('Ada', '2026-01-02 03:04:05Z', 0.5), ('Bob', NULL, NULL);
INSERT INTO shop."order items" VALUES
  ('A1', 1, 2.5, true, '2026-01-02', '2026-01-02 03:04:05', '03:04', 'red', '{x}', '[1, 2]', '{}',
   '00000000-0000-4000-8000-0000000000b1'),
  ('A2', 2, 3, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
"""
VIEWER = "00000000-0000-4000-8000-0000000000b1"
ITEM = "customer.name,unit_price,paid,day,seen,at,extra,mark"


@pytest.fixture
def shop(postgres: Server, postgres_database: str) -> str:
    """Our database, with a schema of somebody else's in it."""
    postgres.ask(f"DO $$ BEGIN {SHOP} END $$", postgres.name(postgres_database))
    return postgres_database


async def test_tables_as_collections(shop: str) -> None:
    """Columns become fields of their kinds, foreign keys relations; our own tables, and the system's, never."""
    customers, items = await reflected_in_postgres(shop, schema="shop")
    assert (customers.name, customers.key, customers.source, customers.read_only) == ("customers", "id", "shop", True)
    assert {one.name: one.kind for one in customers.fields} == {
        "id": Kind.BIGINT,
        "name": Kind.STRING,
        "joined": Kind.TIMESTAMP,
        "rate": Kind.FLOAT,
    }
    assert (items.name, items.key, items.table) == ("order_items", "number", "order items")
    assert {one.name: one.kind for one in items.fields} == {
        "number": Kind.STRING,
        "customer": Kind.BIGINT,
        "unit_price": Kind.DECIMAL,
        "paid": Kind.BOOLEAN,
        "day": Kind.DATE,
        "seen": Kind.DATETIME,
        "at": Kind.TIME,
        "extra": Kind.JSON,
        "mark": Kind.UUID,
    }
    assert [(one.field, one.targets, one.reverse) for one in items.relations] == [
        ("customer", ("customers",), "order_items")
    ]
    for schema in (None, "public"):
        assert [(one.name, one.source) for one in await reflected_in_postgres(shop, schema=schema)] == [("notes", None)]


@pytest.mark.parametrize(
    ("names", "schema", "code"),
    [
        (["pairs"], "shop", "invalid_field"),
        (["nothing"], "shop", "not_found"),
        (["credential"], None, "not_found"),
        (["credential"], "public", "not_found"),
        ([], "nowhere", "not_found"),
        (["pg_authid"], "pg_catalog", "not_found"),
    ],
)
async def test_what_cannot_be_taken_in(shop: str, names: list[str], schema: str | None, code: str) -> None:
    """A table without a single key is refused; what is ours, or the system's, counts as not there."""
    with pytest.raises(Problem, match=code):
        await reflected_in_postgres(shop, names, schema=schema)


async def test_tables_that_we_may_not_read(shop: str, postgres: Server) -> None:
    """What the database keeps from our user is told when it is taken in."""
    postgres.ask("DROP ROLE IF EXISTS visitor", postgres.name(shop))
    postgres.ask("CREATE ROLE visitor LOGIN", postgres.name(shop))
    with pytest.raises(Problem, match="not_found") as raised:
        await reflected_in_postgres(shop.replace("commonhold@", "visitor@", 1), ["customers"], schema="shop")
    assert "permission denied" in str(raised.value.facts)


@pytest.fixture
async def settings(postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Settings]:
    """An installation on PostgreSQL with an administrator, and with a schema of somebody else's in its database."""
    url = postgres.bare()
    monkeypatch.setenv("COMMONHOLD_DATABASE", url)
    found = settings_of({"data": tmp_path / "data"})
    async with wiring.open_core(found) as core:
        await set_up(core, NewUser(name="root", password="correct horse"))
    postgres.ask(f"DO $$ BEGIN {SHOP} END $$", postgres.name(url))
    yield found
    postgres.drop(url)


async def adopt(core: Core, settings: Settings, *more: str) -> Client:
    """Take the schema in, by the command, and return the administrator."""
    ran = await asyncio.to_thread(
        in_process, "collections", "adopt", "--from", "shop", *more, "--data", str(settings.data)
    )
    assert ran.code == 0, ran.err
    assert "order_items" in ran.out
    token = await create_token(core, await acting(core))
    return Client(wiring.application(core, settings, {"directus"}), token.secret)


async def test_a_row_shared_by_a_link(settings: Settings, postgres: Server) -> None:
    """By the command a schema is taken in; a row of it is shared, and read by the link; nothing of it is written."""
    shop = postgres.name(settings.database_url)
    async with wiring.open_core(settings) as core:
        root = await adopt(core, settings)
        app = wiring.application(core, settings, {"directus"})
        made = await root("POST", "/shares", {"collection": "order_items", "item": "A1", "role": VIEWER})
        assert made.status == 200, made.json
        opened = await Client(app, None)("POST", "/shares/auth", {"share": made.data["id"]})
        guest = Client(app, opened.data["access_token"])
        assert (await guest("GET", f"/items/order_items?fields=number,{ITEM}")).data == [
            {
                "number": "A1",
                "customer": {"name": "Ada"},
                "unit_price": "2.50",
                "paid": True,
                "day": "2026-01-02",
                "seen": "2026-01-02T03:04:05",
                "at": "03:04:00",
                "extra": [1, 2],
                "mark": "00000000-0000-4000-8000-0000000000b1",
            }
        ]
        assert (await guest("GET", "/items/order_items/A2")).status == 403
        gone = await root("POST", "/shares", {"collection": "order_items", "item": "A9", "role": VIEWER})
        assert gone.status == 403
        refused = await root("PATCH", "/items/order_items/A1", {"paid": False})
        assert refused.status == 403, refused.json
        everything = "&".join(f"filter[_or][{n}][{name}][_null]=true" for n, name in enumerate(("extra", "mark", "at")))
        assert len((await root("GET", f"/items/order_items?{everything}&sort=-day,at,mark,unit_price")).data) == 1

        await drop_collection(core, await acting(core), "order_items")
        postgres.ask("ALTER TABLE shop.customers RENAME TO clients", shop)
        with pytest.raises(Problem, match="unavailable"):
            await list_rows(core, await acting(core), "customers", Query())
        assert "customers" in await visible(core, await acting(core))
    assert [row["number"] for row in postgres.ask('SELECT number FROM shop."order items"', shop)]


async def test_rows_that_may_be_written(settings: Settings, postgres: Server) -> None:
    """Where it is said, rows of the other schema are written there; what the database refuses is no failure of ours."""
    shop = postgres.name(settings.database_url)
    async with wiring.open_core(settings) as core:
        root = await adopt(core, settings, "--writable")
        assert (await root("POST", "/items/order_items", {"number": "A3", "customer": 2})).data["customer"] == 2
        assert (await root("PATCH", "/items/order_items/A3", {"unit_price": "4.5"})).data["unit_price"] == "4.50"
        assert (await root("POST", "/items/customers", {"name": "Eve"})).data["id"] == 3
        for path, body in (
            ("/items/customers", {"id": 9, "name": "given"}),
            ("/items/customers", {"name": ""}),
            ("/items/customers", {"name": "x" * 90}),
            ("/items/order_items", {"number": "A4", "customer": 77}),
            ("/items/order_items", {"number": "A3"}),
        ):
            assert (await root("POST", path, body)).status == 400, body
        assert (await root("DELETE", "/items/order_items/A3")).status == 204
    assert len(postgres.ask("SELECT 1 FROM shop.customers", shop)) == 3
