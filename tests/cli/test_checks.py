"""What ``check-config``, ``doctor`` and ``migrate`` find."""

import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import in_process
from tests.cli.running import Ran

Cli = Callable[..., Ran]


def found(ran: Ran) -> dict[str, bool]:
    """Return what the doctor looked at, and whether it is well."""
    return {one["what"]: one["good"] for one in ran.json}


def test_settings_are_explained_without_secrets(town: Cli, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting is told with its value, its origin and what it is for; a secret is only said to be set."""
    (alone / "data" / "commonhold.toml").write_text(
        'workers = 3\n[smtp]\nhost = "m"\nuser = "u"\npassword = "swordfish"\n'
    )
    monkeypatch.setenv("COMMONHOLD_PORT", "81")
    told = {one["name"]: one for one in town("check-config", "--json").json}
    assert (told["workers"]["value"], told["workers"]["origin"]) == ("3", str(alone / "data" / "commonhold.toml"))
    assert (told["port"]["value"], told["port"]["origin"]) == ("81", "COMMONHOLD_PORT")
    assert all(one["said"] for one in told.values())
    plain = town("check-config", "--set").out
    assert "swordfish" not in plain + str(told)
    assert "workers" in plain
    assert "base_url" not in plain


def test_settings_that_cannot_be_used(town: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong settings end every command with 4, with all that is wrong, and suggest what was meant."""
    monkeypatch.setenv("COMMONHOLD_PROT", "81")
    monkeypatch.setenv("COMMONHOLD_WORKERS", "none")
    ran = town("check-config")
    assert ran.code == 4
    assert "COMMONHOLD_PORT" in ran.err
    assert "workers" in ran.err


def test_all_is_well(town: Cli, alone: Path) -> None:
    """On a directory as the program makes it everything is well, before and after the first start."""
    well = town("doctor", "--json")
    assert well.code == 0, well.out
    assert all(found(well).values())
    assert {"sqlite", "data directory", "instance key", "database", "disk", "server", "mail"} <= set(found(well))
    assert in_process("doctor", "--data", str(alone / "none")).code == 0
    assert not (alone / "none").exists()


def test_what_is_ill_is_found(town: Cli, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An open directory, a lost key, a damaged database and a dead mail server are each found, with what to do."""
    data = alone / "data"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("COMMONHOLD_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("COMMONHOLD_SMTP_PORT", str(taken.getsockname()[1]))
        data.chmod(0o755)
        (data / "instance.key").unlink()
        (data / "commonhold.db").write_bytes(b"no database" * 1000)
        ran = town("doctor", "--json")
    assert ran.code == 1
    assert {name for name, good in found(ran).items() if not good} == {
        "data directory",
        "instance key",
        "database",
        "mail",
    }
    assert "chmod 700" in town("doctor").out


def test_directories_that_cannot_be_used(town: Cli, alone: Path) -> None:
    """Commands on a directory that others may look into, or whose key is gone, end with 4 and say what to do."""
    (alone / "data").chmod(0o755)
    opened = town("user", "list")
    assert (opened.code, "chmod 700" in opened.err) == (4, True)
    (alone / "data").chmod(0o700)
    (alone / "data" / "instance.key").unlink()
    lost = town("user", "list")
    assert (lost.code, "backup" in lost.err) == (4, True)
    (alone / "file").write_text("no directory")
    for command in (("user", "list"), ("share", "file", "--no-serve"), ("doctor",)):
        ran = in_process(*command, "--data", str(alone / "file"))
        assert ran.code in (1, 4), command
        assert "Traceback" not in ran.err


@pytest.mark.slow
def test_migrations(town: Cli, alone: Path) -> None:
    """A database of this version needs nothing; a newer one is refused by every command; an empty one is made."""
    assert town("migrate", "--check").code == 0
    assert town("migrate").code == 0
    connection = sqlite3.connect(alone / "data" / "commonhold.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for command in (("migrate",), ("migrate", "--check"), ("user", "list")):
        ran = town(*command)
        assert ran.code == 4, command
        assert "newer" in ran.err
    fresh = str(alone / "fresh")
    assert in_process("migrate", "--check", "--data", fresh).code == 1
    assert in_process("migrate", "--data", fresh).code == 0
    assert in_process("migrate", "--check", "--data", fresh).code == 0
