"""``commonhold export`` and ``import``: from a file and into PostgreSQL, and what the commands say."""

import json
import shutil
from pathlib import Path

import pytest
from tests.cli.conftest import in_process
from tests.cli.running import Ran
from tests.moving.test_backup import furnished, nothing_but
from tests.moving.test_exchange import plain
from tests.postgres import Server

__all__ = ["furnished"]

pytestmark = pytest.mark.slow


@pytest.fixture
def data(furnished: Path, alone: Path) -> Path:
    """A furnished data directory of the test's own."""
    return Path(shutil.copytree(furnished, alone / "data"))


def counted(ran: Ran, what: str) -> dict[str, int]:
    """Return how many lines of each type had one outcome, none left aside."""
    return {name: one[what] for name, one in ran.json["counts"].items() if one[what]}


def others(text: bytes) -> list[str]:
    """Return all lines but those of the installation itself, and of items, whose bytes have other keys."""
    return [line for line in plain(text) if json.loads(line)["type"] not in ("commonhold", "org", "item", "space")]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_there_and_again(
    engine: str, data: Path, alone: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was exported comes into an empty installation, as a dry run foretold; exported there, it is the same."""
    first = alone / "first.jsonl"
    told = in_process("export", str(first), "--data", str(data), "--json")
    assert told.code == 0, told.err
    assert first.stat().st_mode & 0o077 == 0
    assert nothing_but(alone, "data", "first.jsonl")
    if engine == "postgres":
        server: Server = request.getfixturevalue("postgres")
        monkeypatch.setenv("COMMONHOLD_DATABASE", server.bare())
    into = ("--data", str(alone / "new"), "--json", "--bytes", str(data / "blobs"))
    dry = in_process("import", str(first), *into, "--dry-run")
    assert (dry.code, dry.json["dry_run"]) == (1, True), dry.err
    real = in_process("import", str(first), *into)
    assert real.code == 1  # of the share with a password, and the record whose collection is not there
    assert {**real.json, "dry_run": True} == dry.json
    reasons = {(one["type"], one["reason"]) for one in real.json["left_out"]}
    assert reasons == {("share", "password_needed"), ("share", "unknown_item"), ("item", "unknown_collection")}
    locked = [one["id"] for one in real.json["left_out"] if one["reason"] == "password_needed"]
    (alone / "words.json").write_text(json.dumps(dict.fromkeys(locked, "a new password")))
    again = in_process("import", "-", *into, "--passwords", str(alone / "words.json"), stdin=first.read_text())
    assert counted(again, "made") == {"share": len(locked)}
    second = in_process("export", "-", "--data", str(alone / "new"))
    assert second.code == 0, second.err
    gone = {one["line"] for one in again.json["left_out"]}
    kept = [line for at, line in enumerate(first.read_bytes().splitlines(), 1) if at not in gone]
    assert others(b"\n".join(kept)) == others(second.out.encode())
    assert second.out.count('"type":"item"') == b"\n".join(kept).count(b'"type":"item"')


def test_what_the_commands_refuse(data: Path, alone: Path) -> None:
    """No file is replaced; a file that is none, and a directory without an installation, end with 4, and say why."""
    (alone / "mine").write_text("mine")
    assert in_process("export", str(alone / "mine"), "--data", str(data)).code == 4
    assert (alone / "mine").read_text() == "mine"
    refused = in_process("import", str(alone / "mine"), "--data", str(data), "--json")
    assert refused.code == 4
    assert "line 1" in refused.told["detail"]
    assert in_process("export", "-", "--data", str(alone / "none")).code == 4
    assert in_process("import", str(alone / "missing"), "--data", str(data)).code == 4
    ran = in_process("import", str(alone / "mine"), "--data", str(data), "--passwords", str(alone / "mine"))
    assert ran.code == 2
    assert nothing_but(alone, "data", "mine")


def test_for_people(data: Path, alone: Path) -> None:
    """Without --json both commands print tables; what is there already is not made again, links neither."""
    assert "person" in in_process("export", str(alone / "x.jsonl"), "--data", str(data)).out
    ran = in_process("import", str(alone / "x.jsonl"), "--data", str(data))
    assert ran.code == 0, ran.err
    assert "there already" in ran.out
    assert counted(in_process("import", str(alone / "x.jsonl"), "--data", str(data), "--json"), "made") == {}
