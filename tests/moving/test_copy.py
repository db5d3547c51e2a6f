"""``commonhold copy``: an installation on SQLite goes on as one on PostgreSQL."""

import asyncio
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import in_process
from tests.moving.town import everything, furnish
from tests.postgres import Server

from commonhold import wiring
from commonhold.cli.where import in_process as speak
from commonhold.core.directory.installation import acting
from commonhold.core.identity import Named
from commonhold.core.roles import Kind
from commonhold.settings import load
from commonhold.store.copying import _TABLES

pytestmark = pytest.mark.slow


@pytest.fixture
def data(settled: Path, alone: Path) -> Path:
    """A furnished data directory."""
    data = Path(shutil.copytree(settled, alone / "data"))
    furnish(data)
    return data


def test_every_share_answers_alike(data: Path, postgres: Server) -> None:
    """After the copy every share, audience, reason, content and row is the same; a second copy is refused."""
    url, before = postgres.bare(), everything(data)
    ran = in_process("copy", "--to", url, "--data", str(data), "--json")
    assert ran.code == 0, ran.err
    assert ran.json["rows"]["share"] == len(before["shares"])
    tables = {name for name, *_ in postgres.ask(_TABLES, postgres.name(url))} - {"alembic_version", "item_words"}
    assert tables == set(ran.json["rows"])
    assert everything(data, database=url) == before
    again = in_process("copy", "--to", url, "--data", str(data), "--json")
    assert again.code == 4
    assert "not empty" in again.told["detail"]
    assert everything(data, database=url) == before


def test_it_goes_on(data: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the copy people are added, rows get new keys, and shares are made."""
    url = postgres.bare()
    assert in_process("copy", "--to", "-", "--data", str(data), stdin=f"{url}\n").code == 0
    monkeypatch.setenv("COMMONHOLD_DATABASE", url)
    assert in_process("user", "add", "dora", "--data", str(data)).code == 0
    (data.parent / "new.txt").write_text("new")
    assert in_process("share", "new.txt", "--with", "dora", "--no-serve", "--data", str(data)).code == 0
    assert asyncio.run(_next_key(data)) == 8


async def _next_key(data: Path) -> Any:
    settings = load({}, {"data": str(data), "database": os.environ["COMMONHOLD_DATABASE"]})
    async with wiring.open_core(settings) as core:
        actor = await acting(core, Named("alice", Kind.USER))
        async with speak(core, settings, actor) as api:
            made = await api.post("/collections/articles/rows", {"rows": [{"title": "three"}]})
    return made["keys"][0]


def test_what_fails_leaves_nothing(data: Path, postgres: Server) -> None:
    """A copy that breaks in the middle is taken back as a whole: the next one finds the database empty."""
    url = postgres.bare()
    assert in_process("copy", "--to", "postgresql://nobody@127.0.0.1:1/x", "--data", str(data)).code == 4
    wrong = "UPDATE profile SET name = 'a' || char(0) WHERE name = 'carol'"  # no text of PostgreSQL holds that
    _change(data, wrong)
    assert in_process("copy", "--to", url, "--data", str(data), "--json").code == 4
    _change(data, "UPDATE profile SET name = 'carol' WHERE name = 'a' || char(0)")
    ran = in_process("copy", "--to", url, "--data", str(data), "--json")
    assert ran.code == 0, ran.err


def _change(data: Path, text: str) -> None:
    connection = sqlite3.connect(data / "commonhold.db")
    with connection:
        connection.execute(text)
    connection.close()
