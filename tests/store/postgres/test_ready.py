"""A database is made ready once, by the migrations alone, or refused in one sentence with nothing made."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from tests.postgres import Server

from commonhold.core.problems import Problem
from commonhold.store import migrate
from commonhold.store.postgres import ready
from commonhold.store.postgres.ready import make_ready, version_of
from commonhold.store.schema import metadata
from commonhold.store.tables import HEAD

pytestmark = pytest.mark.slow


async def test_migrations_reach_the_schema(postgres_database: str) -> None:
    """After all migrations nothing is left to do: no table, column or index is missing, and none is too many."""

    def compared(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"include_name": migrate.ours, "compare_type": True})
        return list(compare_metadata(context, metadata))

    assert await migrate._within_postgres(postgres_database, compared) == []
    assert await version_of(postgres_database) == HEAD


async def test_again_changes_nothing(postgres_database: str) -> None:
    """A database that is up to date is left alone."""
    await make_ready(postgres_database)

    assert await version_of(postgres_database) == HEAD


async def test_a_newer_database(postgres: Server, postgres_database: str) -> None:
    """A database that a newer program wrote is refused, with both versions."""
    postgres.ask("UPDATE alembic_version SET version_num = '9999'", postgres.name(postgres_database))

    with pytest.raises(Problem, match="schema_newer") as raised:
        await make_ready(postgres_database)

    assert raised.value.facts == {"found": "9999", "known": HEAD}


async def test_a_user_without_rights(postgres: Server) -> None:
    """A user who may not make tables is refused before anything is made."""
    url = postgres.bare()
    name = postgres.name(url)
    postgres.ask("DROP ROLE IF EXISTS guest")
    postgres.ask("CREATE ROLE guest LOGIN")
    with pytest.raises(Problem, match="postgres_unfit") as raised:
        await make_ready(url.replace("commonhold@", "guest@", 1))

    assert "may not make tables" in raised.value.facts["reason"]
    assert postgres.ask("SELECT 1 FROM pg_tables WHERE schemaname = 'public'", name) == []
    postgres.drop(url)


async def test_another_encoding(postgres: Server) -> None:
    """A database in another encoding is refused."""
    postgres.ask("DROP DATABASE IF EXISTS commonhold_latin")
    postgres.ask("CREATE DATABASE commonhold_latin ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' "
                 "LOCALE_PROVIDER libc TEMPLATE template0")  # fmt: skip
    with pytest.raises(Problem, match="postgres_unfit") as raised:
        await make_ready(postgres.url("commonhold_latin"))

    assert "SQL_ASCII" in raised.value.facts["reason"]
    postgres.ask("DROP DATABASE commonhold_latin")


async def test_an_old_server(postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is too old is refused."""
    monkeypatch.setattr(ready, "OLDEST", 99)

    with pytest.raises(Problem, match="postgres_unfit"):
        await make_ready(postgres_database)


async def test_no_server(tmp_path: object) -> None:
    """Where no server answers, or the URL is none, that is said in words that name no password."""
    for url in (f"postgresql://ann:secret@/x?host={tmp_path}", "postgresql://ann:secret@localhost:1/x"):
        with pytest.raises(Problem, match="unavailable") as raised:
            await make_ready(url)
        assert "secret" not in str(raised.value.facts)


def test_the_command(postgres: Server) -> None:
    """The command reads its URL from the pipe, says what is to do, does it once, and then has nothing to do."""
    url = postgres.bare()
    command = [sys.executable, "-m", "commonhold.store.migrate", "-"]
    codes = [
        subprocess.run([*command, *more], input=url.encode(), capture_output=True, check=False).returncode
        for more in (["--check"], [], ["--check"])
    ]

    assert codes == [1, 0, 0]
    postgres.drop(url)
