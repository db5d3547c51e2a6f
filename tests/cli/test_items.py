"""Files and folders by the command line."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.running import Ran

Cli = Callable[..., Ran]


def test_a_file_goes_up_and_comes_down(town: Cli, alone: Path) -> None:
    """A file of some megabytes comes down as it went up; put again, it is the next version, and the first one stays."""
    content = bytes(range(256)) * (3 << 12)
    (alone / "big.bin").write_bytes(content)
    assert town("item", "mkdir", "/alice/Reports/2026", "-p").code == 0
    made = town("item", "put", "big.bin", "/alice/Reports/2026", "--json").json
    assert made["size"] == len(content)
    assert made["sha256"] == hashlib.sha256(content).hexdigest()
    (alone / "big.bin").write_bytes(b"second")
    assert town("item", "put", "big.bin", "/alice/Reports/2026", "--json").json["uid"] == made["uid"]
    path = "/alice/Reports/2026/big.bin"
    assert town("item", "get", path, "--to", "new.bin").code == 0
    assert (alone / "new.bin").read_bytes() == b"second"
    assert town("item", "get", path, "--version", "1", "--to", "old.bin").code == 0
    assert (alone / "old.bin").read_bytes() == content


def test_nothing_is_written_over(town: Cli, alone: Path) -> None:
    """A file that is there is not written over unless that is asked for, and nothing half-written is left."""
    (alone / "a.txt").write_text("mine")
    town("item", "put", "a.txt")
    refused = town("item", "get", "/alice/a.txt")
    assert refused.code == 1
    assert "--force" in refused.err
    (alone / "a.txt").write_text("changed")
    assert town("item", "get", "/alice/a.txt", "--force").code == 0
    assert (alone / "a.txt").read_text() == "mine"
    assert {path.name for path in alone.iterdir()} == {"a.txt", "data"}


def test_pipes(town: Cli) -> None:
    """What comes by standard input goes up under the name that is given; what comes down goes to standard output."""
    assert town("item", "put", "-", "--name", "piped.txt", stdin="through a pipe").code == 0
    assert town("item", "get", "/alice/piped.txt", "--to", "-").out == "through a pipe"


def test_a_folder_comes_down_as_a_zip(town: Cli, alone: Path) -> None:
    """A folder is got as a ZIP of what is in it."""
    (alone / "one.txt").write_text("1")
    town("item", "mkdir", "/alice/Box")
    town("item", "put", "one.txt", "/alice/Box")
    assert town("item", "get", "/alice/Box", "--json").json == {"path": "Box.zip"}
    with zipfile.ZipFile(alone / "Box.zip") as found:
        assert found.read("one.txt") == b"1"


def test_listed_moved_renamed_removed_restored(town: Cli, alone: Path) -> None:
    """An item is listed, moved, renamed, thrown away and brought back, each by its path or uid."""
    (alone / "note.txt").write_text("hello")
    uid = town("item", "put", "note.txt", "--json").json["uid"]
    town("item", "mkdir", "/alice/Box")
    assert town("item", "mv", "/alice/note.txt", "/alice/Box", "--name", "n.txt").code == 0
    assert [one["name"] for one in town("item", "ls", "/alice/Box", "--json").json] == ["n.txt"]
    assert town("item", "mv", uid, "--name", "letter.txt").code == 0
    removed = town("item", "rm", "/alice/Box/letter.txt")
    assert uid in removed.out
    assert [one["uid"] for one in town("item", "trash", "--json").json] == [uid]
    assert town("item", "restore", uid).code == 0
    shown = town("item", "ls", uid)
    assert "/alice/Box/letter.txt" in shown.out
    assert town("item", "rm", uid, "--purge").code == 0
    assert town("item", "trash", "--json").json == []


def test_spaces_of_others(town: Cli, alone: Path) -> None:
    """The administrator reaches everybody's space by its path; whoever is acted as reaches his own alone."""
    (alone / "b.txt").write_text("bob's")
    assert town("item", "put", "b.txt", "--as", "bob").code == 0
    assert [one["name"] for one in town("item", "ls", "/bob", "--json").json] == ["b.txt"]
    assert "unknown_item" in town("item", "ls", "/bob", "--as", "carol").err


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("item", "get", "/alice/none.txt"), 1, "unknown_item"),
        (("item", "ls", "/alice/../bob"), 1, "bad_path"),
        (("item", "put", "none.txt"), 1, "cannot be read"),
        (("item", "put", "-"), 2, "--name"),
        (("item", "put", "."), 2, "share"),
        (("item", "mkdir", "relative"), 2, "/owner/folder"),
        (("item", "mkdir", "/alice/Box/Inner/Deep"), 1, "unknown_item"),
        (("item", "mv", "/alice"), 2, "Say where to"),
        (("item", "restore", "nothing"), 1, "unknown_item"),
    ],
)
def test_refusals(town: Cli, alone: Path, arguments: tuple[str, ...], code: int, expected: str) -> None:
    """What is refused says so, and ends with the code for it."""
    ran = town(*arguments)
    assert ran.code == code
    assert expected in ran.err.replace("\n", " ")
