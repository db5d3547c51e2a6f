"""``commonhold audit``: listed, copied, verified, and found broken."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.running import Ran

from commonhold import wiring
from commonhold.core.audit.sealing import seal_next
from commonhold.settings import load

Cli = Callable[..., Ran]


def test_what_happened_is_listed(town: Cli) -> None:
    """Events are listed with who did what through which face, by their beginning, and by person."""
    listed = town("audit", "list", "--kind", "org.", "--json")
    assert listed.code == 0, listed.err
    assert {one["kind"].partition(".")[0] for one in listed.json} <= {"org"}
    assert "native" in town("audit", "list").out or "cli" in town("audit", "list").out
    assert "unknown_user" in town("audit", "list", "--person", "nobody-at-all").err


@pytest.mark.slow
def test_a_chain_is_copied_verified_and_found_broken(town: Cli, tmp_path: Path) -> None:
    """A copy is verified without the directory; exit code 5 and the first broken event, when somebody changed one."""
    directory = Path(town("check-config", "--json").json[0]["value"])
    copy = tmp_path / "copy.jsonl"
    seal(directory)
    head = town("audit", "verify", "--json").json["head"]
    assert town("audit", "verify", "--head", head).code == 0
    assert town("audit", "export", "--output", str(copy)).code == 0
    assert town("audit", "export", "--output", str(copy)).code == 4
    assert town("audit", "verify", str(copy), "--head", head).code == 0
    with sqlite3.connect(directory / "commonhold.db") as database:
        (no,) = database.execute("SELECT min(no) FROM event").fetchone()
        database.execute("UPDATE event SET kind = 'share.made' WHERE no = ?", (no,))
    broken = town("audit", "verify")
    assert (broken.code, f"changed: event {no}, under seal 1" in broken.err) == (5, True)
    assert town("audit", "verify", str(copy)).code == 0
    lines = copy.read_bytes().splitlines(keepends=True)
    copy.write_bytes(b"".join(lines[:-1]))
    assert "truncated" in town("audit", "verify", str(copy)).err


def seal(directory: Path) -> None:
    """Do as the worker does each minute."""

    async def once() -> None:
        async with wiring.open_core(load({}, {"data": str(directory)})) as core:
            assert await seal_next(core)

    asyncio.run(once())


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("verify", "--head", "x"), 2),
        (("verify", "/nowhere/at/all.jsonl"), 4),
        (("export", "--to", "7d"), 2),
    ],
)
def test_what_cannot_be_verified(town: Cli, typed: tuple[str, ...], code: int) -> None:
    """What is typed wrong, or is not there, is said so; it is not called broken."""
    assert town("audit", *typed).code == code
