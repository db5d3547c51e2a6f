"""A database is ready before it is opened, or the reason is told."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from commonhold.core.problems import Problem
from commonhold.store.sqlite.ready import make_ready, version_of
from commonhold.store.tables import HEAD


def test_a_new_one(tmp_path: Path) -> None:
    """Where there is no database, one is made; that there is one is seen at once."""
    path = tmp_path / "with space" / "new.db"
    path.parent.mkdir()
    assert version_of(path) is None

    make_ready(path)

    assert version_of(path) == HEAD


def test_an_empty_file(tmp_path: Path) -> None:
    """An empty file is a database that has nothing yet."""
    path = tmp_path / "empty.db"
    path.touch()

    make_ready(path)

    assert version_of(path) == HEAD


def test_a_newer_one(database: Path) -> None:
    """What a newer program wrote is refused, with both versions and a sentence that says what to do."""
    connection = sqlite3.connect(database)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()

    with pytest.raises(Problem, match="schema_newer") as caught:
        make_ready(database)

    assert caught.value.facts == {"found": "9999", "known": HEAD}
    assert "Install" in caught.value.sentence


def test_no_database(tmp_path: Path) -> None:
    """A file that is something else is refused and left as it is."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir, " * 1000)

    with pytest.raises(Problem, match="unavailable"):
        make_ready(path)

    assert path.read_text() == "Dear Sir, " * 1000


def test_no_place(tmp_path: Path) -> None:
    """A database that cannot be made is told with the last words of the attempt."""
    with pytest.raises(Problem, match="unavailable") as caught:
        make_ready(tmp_path / "nowhere" / "new.db")

    assert caught.value.facts["reason"]


def test_what_serving_imports() -> None:
    """Opening the store loads neither SQLAlchemy nor Alembic, which take more time and memory than all the rest."""
    code = (
        "import sys, commonhold.store.sqlite.store, commonhold.store.sqlite.ready;"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'sqlalchemy', 'alembic', 'rich', 'PIL'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
