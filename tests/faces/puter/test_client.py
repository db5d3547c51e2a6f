"""The real client, unchanged, from Node.js: it shares, lists, reads and writes against Commonhold."""

from typing import Any

import pytest
from tests.faces.puter.node import calls
from tests.faces.puter.town import Town

pytestmark = pytest.mark.node


async def test_a_recipient_with_write_access_writes(town: Town) -> None:
    """What is shared to write is read and written by its recipient and nobody else, until it is taken back."""
    found = await calls(
        town,
        ("alice", "fs.write", ["/alice/new.txt", "hello"]),
        ("alice", "fs.share", ["/alice/new.txt", "bob", "write"]),
        ("bob", "fs.read", ["/alice/new.txt"]),
        ("bob", "fs.write", ["/alice/new.txt", "by bob"]),
        ("alice", "fs.read", ["/alice/new.txt"]),
        ("bob", "fs.listShared", [{"includeTotal": True, "limit": 1}]),
        ("carol", "fs.read", ["/alice/new.txt"]),
        ("carol", "fs.write", ["/alice/new.txt", "by carol"]),
        ("alice", "fs.getShares", ["/alice/new.txt"]),
        ("alice", "fs.unshare", ["/alice/new.txt", "bob"]),
        ("bob", "fs.read", ["/alice/new.txt"]),
        ("alice", "fs.getShares", ["/alice/new.txt"]),
    )
    share = found[1]["ok"][0]
    assert (share["mode"], share["holder"], share["path"], share["isNew"]) == ("write", "bob", "/alice/new.txt", True)
    assert (found[2], found[4]) == ({"ok": {"text": "hello"}}, {"ok": {"text": "by bob"}})
    page = found[5]["ok"]
    assert (page["total"], len(page["items"]), page["items"][0]["entryUid"]) == (2, 1, share["entryUid"])
    assert [one["error"]["code"] for one in (found[6], found[7], found[10])] == ["subject_does_not_exist"] * 3
    assert [(one["holder"], one["mode"]) for one in found[8]["ok"]] == [("bob", "write")]
    assert (found[9], found[11]) == ({"ok": {"revoked": 1}}, {"ok": []})


async def test_a_shared_file_by_the_path_that_its_recipient_is_told(town: Town) -> None:
    """The path in the recipient's listing reads and writes the file, and what lies in a shared folder."""
    first = await calls(
        town,
        ("alice", "fs.share", [{"paths": ["/alice/a.txt", "/alice/docs"], "recipient": "bob", "mode": "write"}]),
        ("bob", "fs.listShared", []),
    )
    paths = {one["name"]: one["path"] for one in first[1]["ok"]["items"]}
    found = await calls(
        town,
        ("bob", "fs.write", [paths["a.txt"], "again"]),
        ("bob", "fs.read", [paths["a.txt"]]),
        ("bob", "fs.readdir", [paths["docs"]]),
        ("bob", "fs.write", [paths["docs"] + "/bob.txt", "new"]),
        ("bob", "fs.mkdir", [paths["docs"] + "/sub"]),
        ("bob", "fs.rename", [paths["docs"] + "/bob.txt", "bobs.txt"]),
        ("bob", "fs.move", [paths["docs"] + "/bobs.txt", paths["docs"] + "/sub"]),
        ("bob", "fs.read", [paths["docs"] + "/sub/bobs.txt"]),
        ("bob", "fs.delete", [paths["docs"] + "/sub/bobs.txt"]),
        ("alice", "fs.readdir", ["/alice/docs"]),
        ("alice", "fs.read", ["~/a.txt"]),
    )
    assert all("ok" in one for one in found), found
    assert (found[1]["ok"], found[7]["ok"], found[10]["ok"]) == ({"text": "again"}, {"text": "new"}, {"text": "again"})
    assert [one["name"] for one in found[2]["ok"]] == ["deep.txt"]
    assert found[2]["ok"][0]["path"] == paths["docs"] + "/deep.txt"
    assert [one["name"] for one in found[9]["ok"]] == ["deep.txt", "sub"]


async def test_many_at_once_and_by_address(town: Town) -> None:
    """The client resolves with the good ones, pending ones among them, and throws if all are refused."""
    options: dict[str, Any] = {"path": "/alice/a.txt", "recipients": ["bob", "zed", "new@example.net"]}
    found = await calls(
        town,
        ("alice", "fs.share", [options]),
        ("alice", "fs.share", ["/alice/a.txt", "zed"]),
        ("alice", "fs.getShares", ["/alice/a.txt"]),
        ("alice", "fs.listSharedByMe", []),
        ("alice", "fs.unshare", ["/alice/a.txt", "new@example.net"]),
    )
    assert [(one["holder"], one.get("recipientEmail")) for one in found[0]["ok"]] == [
        ("bob", None),
        (None, "new@example.net"),
    ]
    assert found[1]["error"]["code"] == "user_does_not_exist"
    assert {(one["holder"], one.get("pending", False)) for one in found[2]["ok"]} == {("bob", False), (None, True)}
    assert len(found[3]["ok"]["items"]) == 3
    assert found[4] == {"ok": {"revoked": 1}}


async def test_files_and_folders(town: Town) -> None:
    """The client's own requests around sharing work: folders, copies, moves, space, addresses to read by."""
    found = await calls(
        town,
        ("alice", "fs.mkdir", ["/alice/box/inner", {"createMissingParents": True}]),
        ("alice", "fs.upload", [{"$file": "one", "name": "one.txt"}, "/alice/box"]),
        ("alice", "fs.copy", ["/alice/box/one.txt", "/alice/box/inner"]),
        ("alice", "fs.readdir", ["/alice/box"]),
        ("alice", "fs.stat", ["/alice/box/one.txt"]),
        ("alice", "fs.stat", ["/alice/box/none.txt"]),
        ("alice", "fs.read", ["/alice/box/one.txt", {"offset": 1, "byte_count": 1}]),
        ("alice", "fs.space", []),
        ("alice", "auth.getUser", []),
        ("alice", "fs.getReadURL", ["/alice/box/one.txt"]),
        ("alice", "fs.move", ["/alice/box/one.txt", "/alice/box/two.txt"]),
        ("alice", "fs.delete", ["/alice/box"]),
        ("alice", "fs.readdir", ["/alice/box"]),
    )
    assert [one["name"] for one in found[3]["ok"]] == ["inner", "one.txt"]
    assert (found[4]["ok"]["size"], found[4]["ok"]["is_dir"], found[4]["ok"]["owner"]["username"]) == (
        3,
        False,
        "alice",
    )
    assert found[5]["error"]["code"] == found[12]["error"]["code"] == "subject_does_not_exist"
    assert found[6]["ok"] == {"text": "n"}
    assert found[7]["ok"]["used"] < found[7]["ok"]["capacity"]
    assert found[8]["ok"]["username"] == "alice"
    assert "/token-read?uid=" in found[9]["ok"]
    assert found[10]["ok"]["moved"]["path"] == "/alice/box/two.txt"
