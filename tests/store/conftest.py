"""Databases for tests: migrated once in a run, and copied for each test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonhold.store.sqlite.store import SqliteStore


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Path:
    """A database of one's own."""
    return Path(shutil.copy(empty_database, tmp_path / "commonhold.db"))


@pytest.fixture
async def store(database: Path) -> AsyncIterator[SqliteStore]:
    """A store of one's own, closed afterwards."""
    found = SqliteStore(database)
    yield found
    await found.close()
