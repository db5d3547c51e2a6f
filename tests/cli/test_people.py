"""Accounts, groups, organisations, applications and tokens: the forms that scripts rely on, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import in_process
from tests.cli.running import Ran

from commonhold.cli.output import harmless

Cli = Callable[..., Ran]

UUID = 36


def test_the_documented_forms_on_an_empty_directory(cli: Cli) -> None:
    """On a directory in which nobody is yet, accounts, groups, applications and tokens are made as documented."""
    full = ("--first-name", "Alice", "--last-name", "Liddell", "--org", "Example Ltd", "--org-role", "publisher")
    made = cli("user", "add", "alice", "--email", "alice@example.org", "--password", "password-a", *full)
    assert (made.code, made.err) == (0, "")
    assert cli("user", "add", "bob", "--email", "bob@example.org", "--password", "password-b").code == 0
    group = cli("group", "add", "Team", "--owner", "alice", "--member", "bob", "--json")
    assert group.code == 0, group.err
    assert isinstance(group.json["id"], int)
    assert len(group.json["uid"]) == UUID
    assert cli("app", "add", "Wiki", "--owner", "alice", "--url", "https://wiki.example.org/").code == 0
    token = cli("token", "create", "alice")
    assert token.code == 0, token.err
    assert len(token.out.split()) == 1
    listed = {one["name"]: one for one in cli("user", "list", "--json").json}
    assert listed["alice"]["first_name"] == "Alice"
    assert listed["alice"]["org_role"] == "publisher"
    assert listed["alice"]["verified"] is True
    assert listed["alice"]["org"] != listed["bob"]["org"]
    assert [one["name"] for one in cli("group", "show", "Team", "--json").json] == ["alice", "bob"]
    assert "Example Ltd" in [one["title"] for one in cli("org", "list", "--json").json]
    assert [one["name"] for one in cli("item", "ls", "/alice", "--as", "alice", "--json").json] == ["Wiki"]


def test_a_directory_is_made_on_the_fly(alone: Path) -> None:
    """A directory that does not exist is made by the first command, closed to others."""
    fresh = alone / "deep" / "fresh"
    made = in_process("user", "add", "alice", "--data", str(fresh), "--json")
    assert made.code == 0, made.err
    assert made.json["name"] == "alice"
    assert fresh.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--admin",), {"admin": True, "external": False, "verified": True}),
        (("--external",), {"admin": False, "external": True, "org": None}),
        (("--unverified",), {"verified": False, "state": "active"}),
        (("--invite",), {"verified": False, "state": "pending"}),
    ],
)
def test_kinds_of_accounts(cli: Cli, arguments: tuple[str, ...], expected: dict[str, Any]) -> None:
    """An account is an administrator's, a guest's, with an address still to be confirmed, or an invited one."""
    made = cli("user", "add", "dora", "--email", "dora@example.org", *arguments, "--json")
    assert made.code == 0, made.err
    assert {name: made.json[name] for name in expected} == expected


def test_the_owner_of_a_directory_gives_any_password(cli: Cli, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts may give short passwords on a directory, unless its settings name a least length."""
    assert cli("user", "add", "eve", "--password", "PW").code == 0
    assert cli("user", "password", "eve", "--password", "x").code == 0
    monkeypatch.setenv("COMMONHOLD_LIMITS_PASSWORD_MIN", "8")
    refused = cli("user", "add", "kim", "--password", "PW")
    assert (refused.code, "password_too_short" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("user", "add", "alice"), "name_taken", "name"),
        (("user", "add", "a b"), "bad_name", "name"),
        (("user", "add", "eve", "--email", "nowhere"), "bad_address", "email"),
        (("user", "add", "eve", "--email", "alice@example.org"), "address_taken", "email"),
        (("user", "suspend", "nobody"), "unknown_user", None),
        (("user", "delete", "alice", "--yes"), "last_administrator", None),
        (("group", "add", "Other", "--owner", "nobody"), "unknown_user", "owner"),
        (("group", "member", "add", "Team", "nobody"), "unknown_recipient", "members"),
        (("token", "create", "nobody"), "unknown_user", None),
        (("token", "create", "bob", "--expires", "2001-01-01"), "end_in_past", "until"),
        (("app", "add", "Wiki", "--owner", "nobody", "--url", "https://w.example"), "unknown_item", None),
        (("org", "rename", "Nowhere", "Else"), "unknown_org", None),
        (("item", "ls", "--as", "nobody"), "unknown_user", None),
    ],
)
def test_refusals(town: Cli, arguments: tuple[str, ...], code: str, field: str | None) -> None:
    """What the core refuses ends with 1: code, sentence and field on standard error, for people and as JSON."""
    plain = town(*arguments)
    assert (plain.code, plain.out) == (1, "")
    assert code in plain.err
    assert (field or "") in plain.err
    told = town(*arguments, "--json")
    assert told.code == 1
    assert told.told["code"] == code
    assert told.told["detail"]
    if field is not None:
        assert field in told.told["field"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("user", "add"),
        ("user", "add", "eve", "--nonsense"),
        ("user", "add", "eve", "--org-role", "king"),
        ("nonsense",),
        ("user", "list", "--url", "http://127.0.0.1:1"),
        ("token", "create", "bob", "--expires", "someday"),
    ],
)
def test_what_cannot_be_understood(town: Cli, arguments: tuple[str, ...]) -> None:
    """A command line that makes no sense ends with 2, before anything is done."""
    assert town(*arguments).code == 2


def test_passwords_by_standard_input(town: Cli) -> None:
    """A password given as `-` is a line of standard input, so that no list of processes shows it."""
    assert town("user", "password", "bob", "--password", "-", stdin="another-one\n").code == 0
    assert town("user", "password", "bob", "--password", "-", stdin="\n").code == 1


def test_suspended_resumed_deleted(town: Cli) -> None:
    """An account is suspended, resumed, and deleted with everything given to another."""
    assert town("user", "suspend", "bob", "--json").json["state"] == "suspended"
    refused = town("item", "ls", "--as", "bob")
    assert "account_inactive" in refused.err
    assert town("user", "resume", "bob", "--json").json["state"] == "active"
    assert town("item", "mkdir", "/bob/Kept", "--as", "bob").code == 0
    assert town("user", "delete", "bob", "--transfer-to", "carol").code == 0
    assert "bob" not in [one["name"] for one in town("user", "list", "--json").json]


def test_members_come_and_go(town: Cli) -> None:
    """Members are put in and taken out one by one: a refused one stops nobody else, and ends with 1."""
    assert town("group", "add", "Inner").code == 0
    mixed = town("group", "member", "add", "Team", "carol", "Inner", "nobody", "--json")
    assert mixed.code == 1
    assert mixed.json["done"] == ["carol", "Inner"]
    assert [one["member"] for one in mixed.json["refused"]] == ["nobody"]
    names = {one["name"]: one["kind"] for one in town("group", "show", "Team", "--json").json}
    assert names == {"alice": "user", "bob": "user", "carol": "user", "Inner": "group"}
    assert town("group", "member", "remove", "Team", "Inner", "bob").code == 0
    assert "alice, carol" in town("group", "list").out
    assert town("group", "delete", "Team", "--yes").code == 0
    assert [one["title"] for one in town("group", "list", "--json").json] == ["Inner"]


def test_tokens_are_listed_without_secrets_and_revoked(town: Cli) -> None:
    """A token is told once; a list names it without its secret; revoked, it is gone."""
    made = town("token", "create", "bob", "--label", "backup", "--expires", "90d", "--action", "read", "--json").json
    listed = town("token", "list", "bob", "--json")
    assert [(one["label"], one["actions"]) for one in listed.json] == [("backup", ["read"])]
    assert made["token"] not in listed.out
    assert town("token", "revoke", made["uid"]).code == 0
    assert town("token", "list", "bob", "--json").json == []


def test_tables_for_people(town: Cli) -> None:
    """Without --json, lists are tables that name what matters, and what is empty says so."""
    users = town("user", "list").out
    assert "alice@example.org" in users
    assert "administrator of all" in users
    assert "No token" in town("token", "list").out
    assert "Main" in town("org", "list").out


def test_names_cannot_play_with_the_terminal(town: Cli) -> None:
    """What could move the cursor or colour the terminal is shown as a sign that stands for it."""
    assert harmless("a\x1b[31mb\u202ec\x00") == "a�[31mb�c�"
    assert "\x1b" not in town("user", "list").out
