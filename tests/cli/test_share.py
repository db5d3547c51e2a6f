"""``commonhold share`` without serving, and the shares that come of it."""

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Ran

from commonhold.cli.commands.share import local_name

Cli = Callable[..., Ran]


@pytest.fixture
def share(alone: Path, town: Cli) -> Cli:
    """Share ``notes.txt`` with more arguments; nothing is served."""
    (alone / "notes.txt").write_text("one")

    def call(*arguments: str, stdin: str = "") -> Ran:
        return town("share", "notes.txt", "--no-serve", "--json", *arguments, stdin=stdin)

    return call


def test_the_first_share_makes_an_administrator(cli: Cli, alone: Path) -> None:
    """On a directory without administrator the user of the machine becomes it, so that links name somebody."""
    (alone / "notes.txt").write_text("one")
    told = cli("share", "notes.txt", "--no-serve", "--json").json
    assert told["link"].startswith("http://127.0.0.1:8080/s/")
    assert [(one["name"], one["admin"]) for one in cli("user", "list", "--json").json] == [(local_name(), True)]
    assert cli("open", told["link"].rpartition("/")[2], "--look", "--json").json["sharer"] == local_name()


def test_names_of_users_become_names_of_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine calls its user, an account can be called so; somebody without a name is the owner."""
    for name, account in (("Jean Luc", "Jean-Luc"), ("ДОМ\\Алиса", "owner"), ("..", "owner"), ("a.b_c", "a.b_c")):
        monkeypatch.setattr(getpass, "getuser", lambda name=name: name)
        assert local_name() == account


def test_shared_again_it_is_the_same_item(share: Cli, town: Cli, alone: Path) -> None:
    """Shared again, a path is the same item with the same link; what has changed is a new version of it."""
    first, again = share().json, share().json
    assert again["link"] == first["link"]
    assert (again["items"][0]["sent"], again["items"][0]["same"]) == (0, 1)
    (alone / "notes.txt").write_text("two")
    changed = share().json
    assert (changed["link"], changed["items"][0]["sent"]) == (first["link"], 1)
    assert town("item", "get", first["items"][0]["uid"], "--to", "-").out == "two"
    assert [one["name"] for one in town("item", "ls", "/alice/Shared", "--json").json] == ["notes.txt"]


def test_other_files_of_the_same_name_are_other_items(share: Cli, town: Cli, alone: Path) -> None:
    """Another file of the same name gets a number, and keeps it when it is shared again."""
    (alone / "deep").mkdir()
    (alone / "deep" / "notes.txt").write_text("other")
    first = share().json["items"][0]["uid"]
    for _ in range(2):
        other = town("share", "deep/notes.txt", "--no-serve", "--json").json["items"][0]
        assert (other["name"], other["uid"] == first) == ("notes (2).txt", False)
    assert town("share", "deep", "--no-serve", "--json").json["items"][0]["kind"] == "folder"


def test_a_folder_is_a_folder(town: Cli, alone: Path) -> None:
    """A folder is shared with all files in it; shared again, only what has changed is sent; links are left out."""
    box = alone / "Box"
    (box / "inner").mkdir(parents=True)
    (box / "a.txt").write_text("a")
    (box / "inner" / "é.txt").write_text("b")
    (box / "bad\nname").write_text("c")
    (box / "link").symlink_to("/etc/passwd")
    told = town("share", "Box", "--no-serve", "--json").json["items"][0]
    assert (told["kind"], told["sent"], told["same"]) == ("folder", 2, 0)
    assert [line.partition(":")[0] for line in told["left_out"]] == ["bad\nname", "link"]
    (box / "a.txt").write_text("changed")
    assert town("share", "Box", "--no-serve", "--json").json["items"][0]["sent"] == 1
    assert [one["name"] for one in town("item", "ls", "/alice/Shared/Box/inner", "--json").json] == ["é.txt"]
    assert "Left out" in town("share", "Box", "--no-serve").err


@pytest.mark.skipif(not os.supports_bytes_environ, reason="needs names that are bytes")
def test_names_that_are_no_text(town: Cli, alone: Path) -> None:
    """A name that is no UTF-8 is left out, and everything else goes up."""
    (alone / "Box").mkdir()
    Path(os.fsdecode(os.fsencode(alone / "Box") + b"/\xff.txt")).write_text("x")
    (alone / "Box" / "a.txt").write_text("a")
    told = town("share", "Box", "--no-serve", "--json")
    assert told.code == 0, told.err
    assert (told.json["items"][0]["sent"], len(told.json["items"][0]["left_out"])) == (1, 1)


def test_terms(share: Cli, town: Cli) -> None:
    """Password, window, uses and note are terms of the link; a link with terms is always a new one."""
    options = ("--expires", "7d", "--starts", "1h", "--max-uses", "3", "--note", "Have a look", "--role", "previewer")
    first = share(*options, "--password", "-", stdin="swordfish\n").json
    second = share(*options).json
    assert first["link"] != second["link"]
    shown = town("shares", "show", first["link"], "--json").json
    assert (shown["password"], shown["max_uses"], shown["note"]) == (True, 3, "Have a look")
    assert (shown["role"], shown["state"]) == ("previewer", "not_yet")
    assert shown["link"]["url"] == first["link"]
    assert "swordfish" not in str(first)


def test_with_people(share: Cli, town: Cli) -> None:
    """People, groups and addresses each get a share, and are told about one by one; a link only if asked for."""
    told = share("--with", "bob", "--with", "Team", "--with", "dan@example.org", "--with", "everyone").json
    assert told["link"] is None
    assert [pair["did"] for pair in told["shares"]] == ["created", "created", "pending", "created"]
    assert share("--with", "bob", "--link").json["link"]
    received = town("shares", "list", "--received", "--as", "bob", "--json").json
    assert {one["item"]["name"] for one in received} == {"notes.txt"}
    plain = town("share", "notes.txt", "--no-serve", "--with", "bob", "--with", "dan@example.org").out
    assert "bob: was shared already (viewer)" in plain
    assert "mails.txt" in plain
    assert "Nobody serves it yet" in plain


def test_partly_refused(share: Cli, town: Cli) -> None:
    """One recipient who is refused stops nobody else; all is reported, and the command ends with 1."""
    mixed = share("--with", "bob", "--with", "nobody")
    assert mixed.code == 1
    assert [bool(pair.get("problem")) for pair in mixed.json["shares"]] == [False, True]
    assert mixed.told["code"] == "unknown_recipient"
    plain = town("share", "notes.txt", "--no-serve", "--with", "bob", "--with", "nobody")
    assert "nobody: not shared." in plain.out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--with", "nobody"), "unknown_recipient"),
        (("--with", "alice"), "self_share"),
        (("--role", "king"), "unknown_role"),
        (("--max-uses", "0"), "max_uses_too_low"),
        (("--expires", "2001-01-01"), "end_in_past"),
        (("--starts", "2h", "--expires", "1h"), "end_before_start"),
    ],
)
def test_refused(share: Cli, arguments: tuple[str, ...], expected: str) -> None:
    """What makes no sense is refused as the API refuses it, and no link is printed."""
    ran = share(*arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.told["code"] == expected


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("share", "none.txt", "--no-serve"), 1),
        (("share",), 2),
        (("share", "notes.txt", "--expires", "someday"), 2),
        (("share", "notes.txt", "--port", "99999"), 2),
    ],
)
def test_mistyped(town: Cli, alone: Path, arguments: tuple[str, ...], code: int) -> None:
    """A path that is not there is refused; what cannot be understood ends with 2."""
    (alone / "notes.txt").write_text("x")
    assert town(*arguments).code == code


def test_changed_renewed_withdrawn(share: Cli, town: Cli) -> None:
    """A share is changed, gets a new link, is renewed and ended, named by its uid or by its link."""
    link = share("--max-uses", "1").json["link"]
    town("open", link.rpartition("/")[2])
    assert "used_up" in town("shares", "list").out
    assert town("shares", "renew", link, "--max-uses", "5", "--json").json["used"] == 0
    amended = town("shares", "amend", link, "--role", "previewer", "--note", "n", "--no-max-uses", "--json").json
    assert (amended["role"], amended["note"], amended["max_uses"]) == ("previewer", "n", None)
    moved = town("shares", "amend", link, "--new-link", "--json").json["link"]["url"]
    assert moved != link
    assert town("shares", "show", link).code == 1
    assert town("shares", "withdraw", moved, "--dry-run").out == "Would end 1 share.\n"
    assert town("shares", "withdraw", str(amended["id"])).out == "Ended 1 share.\n"
    assert town("shares", "list", "--json").json == []
    assert town("shares", "withdraw", amended["uid"]).code == 1


def test_opened(share: Cli, town: Cli, alone: Path) -> None:
    """A link is looked at without a use, opened with its password, and what it leads to is saved."""
    secret = share("--password", "-", stdin="swordfish\n").json["link"].rpartition("/")[2]
    seen = town("open", secret, "--look", "--json").json
    assert (seen["password"], seen["item"]) == (True, None)
    assert "password_required" in town("open", secret).err
    assert "wrong_password" in town("open", secret, "--password", "guess").err
    assert town("open", secret, "--password", "swordfish", "--to", "got.txt").code == 0
    assert (alone / "got.txt").read_text() == "one"


def reasons(ran: Ran) -> list[dict[str, Any]]:
    """Return the reasons in an answer."""
    found: list[dict[str, Any]] = ran.json["reasons"]
    return found


def test_why_and_audience(share: Cli, town: Cli) -> None:
    """Why says every reason, with the group and the folder by which it holds; the audience names everybody."""
    share("--with", "Team", "--link")
    path = "/alice/Shared/notes.txt"
    assert [one["through"]["name"] for one in reasons(town("why", path, "--user", "bob", "--json"))] == ["Team"]
    told = town("why", path, "--user", "bob").out
    assert told.startswith("bob may read, download, comment notes.txt.")
    assert "as a member of the group Team" in told
    assert "do nothing with" in town("why", path, "--user", "carol").out
    assert "You may do everything with" in town("why", path).out
    audience = town("audience", path)
    assert "whoever has the link" in audience.out
    assert "Team" in audience.out
    assert {one["who"]["kind"] for one in town("audience", path, "--json").json} == {"user", "group", "link"}
