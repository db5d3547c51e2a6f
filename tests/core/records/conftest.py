"""A library of one's own for each test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.core.records.library import Library


@pytest.fixture
async def library(empty_database: Path, tmp_path: Path) -> AsyncIterator[Library]:
    """The library, open."""
    found = await Library(Path(shutil.copy(empty_database, tmp_path / "library.db"))).found()
    yield found
    await found.store.close()
