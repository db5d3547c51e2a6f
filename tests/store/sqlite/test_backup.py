"""A copy is whole, belongs to the user alone, and replaces nothing."""

import stat
from pathlib import Path

import pytest

from commonhold.core.problems import Problem
from commonhold.store.sqlite.backup import copy
from commonhold.store.sqlite.ready import version_of
from commonhold.store.tables import HEAD


def test_a_copy(database: Path, tmp_path: Path) -> None:
    """A copy is a database of the same version that nobody else reads."""
    copy(database, tmp_path / "copy.db")

    assert version_of(tmp_path / "copy.db") == HEAD
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_it_replaces_nothing(database: Path, tmp_path: Path) -> None:
    """Where there is a file already, it stays."""
    there = tmp_path / "there.db"
    there.write_text("something else")

    with pytest.raises(Problem, match="unavailable") as caught:
        copy(database, there)

    assert caught.value.facts["reason"]
    assert there.read_text() == "something else"


def test_it_leaves_nothing_behind(tmp_path: Path) -> None:
    """A copy that cannot be made is told, and nothing of it stays."""
    for target in (tmp_path / "copy.db", tmp_path / "nowhere" / "copy.db"):
        with pytest.raises(Problem, match="unavailable"):
            copy(tmp_path / "nothing.db", target)

    assert list(tmp_path.iterdir()) == []
