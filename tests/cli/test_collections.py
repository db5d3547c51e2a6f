"""Tables of somebody's existing database, taken in as collections; a row of them shared by a link that works."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import in_process

from commonhold import wiring
from commonhold.cli.where import settings_of
from commonhold.core.directory.installation import acting, set_up
from commonhold.core.directory.people import NewUser
from commonhold.core.identity import Actor, Pass, RecordRef
from commonhold.core.model import LINK, Reach, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.problems import Problem
from commonhold.core.query import Compare, Op, Pick, Query
from commonhold.core.records.catalog import Catalog, Collection, Field, Relation
from commonhold.core.records.catalogs import adopt_collections
from commonhold.core.records.changes import with_relation
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rows import get_row, insert_rows, list_rows, visible
from commonhold.core.roles import Role
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.store.sources.reflect import reflected

pytestmark = pytest.mark.slow

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, joined DATETIME, logo BLOB, rate REAL);
CREATE TABLE "order items" (
  number TEXT PRIMARY KEY, customer INTEGER REFERENCES customers (id), "unit price" NUMERIC, paid BOOLEAN, day DATE,
  payer INTEGER REFERENCES customers
);
CREATE TABLE pairs (a INTEGER, b INTEGER, PRIMARY KEY (a, b));
INSERT INTO customers VALUES (1, 'Ada', '2026-01-02 03:04:05', x'00', 'odd'), (2, 'Bob', NULL, NULL, 0.5);
INSERT INTO "order items" VALUES ('A1', 1, 2.5, 1, '2026-01-02', 2), ('A2', 2, 3, 0, NULL, NULL);
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Somebody's database."""
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.executescript(SHOP)
    connection.close()
    return path


def test_tables_as_collections(shop: Path) -> None:
    """Columns become fields of their kinds, foreign keys relations; what has no single key is left out, or refused."""
    customers, items = reflected(shop, source=str(shop))
    assert (customers.name, customers.key, customers.table, customers.read_only) == (
        "customers",
        "id",
        "customers",
        True,
    )
    assert [(one.name, one.kind) for one in customers.fields] == [
        ("id", Kind.BIGINT),
        ("name", Kind.STRING),
        ("joined", Kind.STRING),
        ("rate", Kind.FLOAT),
    ]
    assert (items.name, items.key, items.table) == ("order_items", "number", "order items")
    assert [(one.name, one.column, one.kind) for one in items.fields][2:5] == [
        ("unit_price", "unit price", Kind.DECIMAL),
        ("paid", "", Kind.BOOLEAN),
        ("day", "", Kind.DATE),
    ]
    assert {(one.field, one.targets) for one in items.relations} == {
        ("customer", ("customers",)),
        ("payer", ("customers",)),
    }
    assert len({one.reverse for one in items.relations}) == 2
    for names, code in ((["pairs"], "invalid_field"), (["nothing"], "not_found")):
        with pytest.raises(Problem, match=code):
            reflected(shop, names, source=None)
    with pytest.raises(Problem, match="not_found"):
        reflected(shop.with_name("none.db"), source=None)


def _rows(found: Any) -> list[Any]:
    return [row[next(iter(row))] for row in found.rows]


async def test_a_row_of_another_file(shop: Path, tmp_path: Path) -> None:
    """Rows of another file are listed, filtered over relations, shared by a link, and never written."""

    settings = settings_of({"data": tmp_path / "data"})
    async with wiring.open_core(settings) as core:
        await set_up(core, NewUser(name="root", password="correct horse"))
        admin = await acting(core)
        await adopt_collections(core, admin, reflected(shop, source=str(shop)))
        where = Query((Pick("number"),), Compare("customer", Op.EQ, 1))
        assert _rows(await list_rows(core, admin, "order_items", where)) == ["A1"]
        assert (await get_row(core, admin, "customers", "1"))["rate"] == "odd"

        proposal = Proposal((Asked(RecordRef("order_items", "A1")),), (LINK,), role=Role.VIEWER, reach=Reach.RELATIONS)
        (pair,) = (await propose(core, admin, proposal)).pairs
        assert pair.refused is None, pair
        (share,) = await core.store.rows(machine(), Rows(Share))
        holder = Actor(None, (Pass(share.no, share.state_at),))
        assert (await get_row(core, holder, "order_items", "A1"))["unit_price"] == "2.5"
        assert _rows(await list_rows(core, holder, "order_items", Query((Pick("number"),)))) == ["A1"]
        assert _rows(await list_rows(core, holder, "customers", Query((Pick("name"),)))) == ["Ada", "Bob"]

        connection = sqlite3.connect(shop)
        connection.execute("UPDATE customers SET name = 'Eve' WHERE id = 1")
        connection.commit()
        connection.close()
        assert (await get_row(core, holder, "customers", "1"))["name"] == "Eve"
        with pytest.raises(Problem, match="read_only"):
            await insert_rows(core, admin, "customers", [{"id": 3, "name": "x"}])

    os.unlink(shop)
    async with wiring.open_core(settings) as core:
        admin = await acting(core)
        with pytest.raises(Problem, match="unavailable"):
            await list_rows(core, admin, "customers", Query())
        assert "customers" in await visible(core, admin)


async def test_by_command(shop: Path, tmp_path: Path) -> None:
    """The command takes tables in and says which; what cannot be taken in is said in a sentence."""
    data = ("--data", str(tmp_path / "data"))
    async with wiring.open_core(settings_of({"data": tmp_path / "data"})) as core:
        await set_up(core, NewUser(name="root", password="correct horse"))

    def run(*arguments: str) -> Any:
        return in_process("collections", "adopt", *arguments, *data)

    loop = asyncio.get_running_loop()
    assert "customers" in (await loop.run_in_executor(None, run, "--from", str(shop))).out
    for given, said in (
        (("customers", "--from", str(shop)), "There is a collection of this name already."),
        (("--from", str(tmp_path / "none.db")), "no such file"),
        (("--from", str(shop), "--writable"), "only be read"),
        (("nothing", "--from", str(shop)), "nothing here"),
    ):
        ran = await loop.run_in_executor(None, run, *given)
        assert ran.code != 0
        assert said in ran.err, ran


def test_relations_stay_in_one_place() -> None:
    """A relation from one database to another one is refused: no constraint of either could hold it."""

    ours = Collection("notes", "id", (Field("id", Kind.INTEGER), Field("customer", Kind.BIGINT)))
    theirs = Collection("customers", "id", (Field("id", Kind.BIGINT),), source="shop.db", table="customers")
    with pytest.raises(Problem, match="invalid_field"):
        with_relation(Catalog(1, [ours, theirs]), Relation("notes", "customer", ("customers",)))
