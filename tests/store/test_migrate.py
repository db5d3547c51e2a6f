"""Migrations lead to the schema, and a database is made by them alone."""

import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec.structs import astuple

from commonhold.core.genesis import first_rows
from commonhold.core.model import ROWS, Instance, Principal, Profile, Row
from commonhold.store import migrate
from commonhold.store.schema import metadata
from commonhold.store.tables import HEAD, columns


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a database may be made."""
    return tmp_path / "new.db"


def run(path: Path, *options: str) -> int:
    """Run the command."""
    return migrate.main([f"sqlite:///{path}", *options])


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Read by plain SQLite."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_migrations_reach_the_schema(empty_database: Path) -> None:
    """After all migrations nothing is left to do: no table, column or index is missing, and none is too many."""
    engine = migrate.engine_for(f"sqlite:///{empty_database}")

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": migrate.ours, "compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_partial_indexes(empty_database: Path) -> None:
    """Indexes hold the rows that the schema says: what the comparison above does not look at."""
    found = dict(rows(empty_database, "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"))
    wanted = {index.name: index for table in metadata.tables.values() for index in table.indexes}

    assert found.keys() == wanted.keys()
    for name, index in wanted.items():
        where = index.dialect_options["sqlite"]["where"]
        assert str(found[name]).partition(" WHERE ")[2] == ("" if where is None else str(where))


@pytest.mark.parametrize("row", ROWS)
def test_columns_are_in_order(empty_database: Path, row: type[Row]) -> None:
    """Columns stand in the order of the fields, by which rows are written and read."""
    found = rows(empty_database, f"SELECT name FROM pragma_table_info('{row.table}')")

    assert [name for (name,) in found] == [*columns(row)]


def test_the_head_is_known(path: Path) -> None:
    """The version that the program asks for is that of the last migration; migrations are one line, numbered."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    line = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]

    assert line == [f"{number:04}" for number in range(len(line), 0, -1)]
    assert line[0] == HEAD


def test_first_rows(empty_database: Path) -> None:
    """A new database holds the row of the installation and the principals that exist everywhere."""
    assert rows(empty_database, "SELECT * FROM instance") == [(0, 0, 0, Instance().next_no)]
    for row in (Principal, Profile):
        wanted = [astuple(one)[0] for one in first_rows(0) if isinstance(one, row)]
        assert [no for (no,) in rows(empty_database, f"SELECT no FROM {row.table} ORDER BY no")] == wanted


def test_again_changes_nothing(path: Path) -> None:
    """A database that is up to date is left alone."""
    run(path)
    before = path.read_bytes()

    assert run(path) == 0
    assert path.read_bytes() == before


def test_check_says_what_is_to_do(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--check`` exits with 1 before, 0 after, 2 for a newer database, says why, and changes nothing."""
    assert run(path, "--check") == 1
    assert run(path) == 0
    assert run(path, "--check") == 0
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    capsys.readouterr()

    assert run(path, "--check") == 2
    assert run(path) == 2
    assert "Install the newer program" in capsys.readouterr().out
    assert rows(path, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_nobody_else_reads_it(path: Path) -> None:
    """The file and everything beside it belong to the user of the program alone."""
    run(path)

    assert {stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()} == {0o600}
