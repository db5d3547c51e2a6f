"""A program sets everything up by the API alone: collections, relations, rows, roles, permissions, people."""

from pathlib import Path

import pytest
from tests.databases import placed
from tests.faces.directus.recording import recorded_town
from tests.faces.directus.town import Client

from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import make_core

pytestmark = pytest.mark.slow


async def test_the_fixture_runs_unchanged(empty_database: Path, tmp_path: Path) -> None:
    """What it set up is there: people log in with their own tokens, and read what their role lets them."""
    core = make_core(store=SqliteStore(placed(empty_database, tmp_path)))
    app, found = await recorded_town(core)
    editor = Client(app, found["users"]["editor"]["token"])
    articles = found["collections"]["articles"]

    assert len(await editor.get(f"/items/{articles}", fields="id")) == 5
    assert (await editor.get("/users/me", fields="email,role"))["role"] == found["roles"]["editor"]
    assert found["admin"]["role"] is not None
    await core.store.close()
