"""An installation whose facts lie in PostgreSQL is opened by its URL, and refused in one sentence."""

from pathlib import Path

import pytest
from tests.postgres import Server

from commonhold.core.directory.installation import is_set_up
from commonhold.settings import Secret, Settings, SettingsError, explain, load, without_password
from commonhold.settings.values import Admin
from commonhold.wiring import Unusable, database_exists, first_start, open_core


@pytest.mark.slow
async def test_an_installation(postgres: Server, tmp_path: Path) -> None:
    """The first start makes tables and administrator; the next one finds them; without its key it is refused."""
    url = postgres.bare()
    admin = Admin(email="ann@example.org", password=Secret("correct horse battery"))
    settings = Settings(data=tmp_path / "data", database=url, admin=admin)
    assert not await database_exists(settings)
    async with open_core(settings) as core:
        assert await first_start(core, settings) is None

    assert await database_exists(settings)
    async with open_core(settings) as core:
        assert await is_set_up(core)
        assert core.records is not None
    (tmp_path / "data" / "instance.key").unlink()
    with pytest.raises(Unusable, match=r"instance\.key"):
        async with open_core(settings):
            pass
    postgres.drop(url)


async def test_no_server(tmp_path: Path) -> None:
    """Where no server answers, the start says so, and shows no password."""
    settings = Settings(data=tmp_path / "data", database="postgresql://ann:secret@127.0.0.1:1/x")
    with pytest.raises(Unusable, match=r"127\.0\.0\.1:1/x") as raised:
        async with open_core(settings):
            pass

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:secret@host/name?sslmode=require", "postgresql://ann:***@host/name?sslmode=require"),
        ("postgresql:///name?host=/run&password=secret", "postgresql:///name?host=/run&password=***"),
        ("postgresql://ann@host/name", "postgresql://ann@host/name"),
        ("sqlite:////tmp/a.db", "sqlite:////tmp/a.db"),
    ],
)
def test_passwords_are_not_shown(url: str, shown: str) -> None:
    """Neither messages nor explained settings show the password in the URL of a database."""
    assert without_password(url) == shown
    (database,) = [one for one in explain(load({"COMMONHOLD_DATABASE": url}, {})) if one.name == "database"]
    assert database.value == shown


def test_other_databases() -> None:
    """A database of another kind is refused, with examples of both that can be used."""
    with pytest.raises(SettingsError, match="postgresql://user@host/name"):
        load({"COMMONHOLD_DATABASE": "mysql://host/name"}, {})
