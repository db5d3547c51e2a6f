"""Files and folders: looked at, listed, made, renamed, moved, copied, thrown away, written in batches."""

from typing import Any

import msgspec
import pytest
from tests.faces.puter.town import Reply, Town

from commonhold.core.model import EVERYONE
from commonhold.core.roles import Role

A = "/alice/a.txt"


async def names(town: Town, who: str, path: str, **more: Any) -> list[str]:
    """Return the names that somebody sees in a folder."""
    return [one["name"] for one in await town.clients[who].post("/readdir", {"path": path, **more})]


async def test_strangers_and_recipients(town: Town) -> None:
    """A stranger gets 404 for all reads; a recipient reads by path and uid, and 403 above his access."""
    for who, status in (("mallory", 404), ("bob", 200)):
        client, uid = town.clients[who], town.uid("/alice/read.txt")
        for body in ({"path": "/alice/read.txt"}, {"uid": uid}, {"path": uid}, {"path": f"/alice/{uid}/read.txt"}):
            assert (await client("POST", "/stat", body)).status == status, body
        for file in ("/alice/read.txt", uid, f"/alice/{uid}/read.txt"):
            assert (await client("GET", "/read", params={"file": file})).status == status
        assert (await client.refused("/stat", {"path": "/alice"}))[0] == 404
        code = 403 if who == "bob" else 404
        assert (await client.refused("/rename", {"path": "/alice/read.txt", "new_name": "x"}))[0] == code
        assert (await client.refused("/delete", {"paths": ["/alice/read.txt"]}))[0] == code
    told = await town.bob.post("/stat", {"path": "/alice/read.txt", "return_shares": True})
    assert (told["owner"]["username"], told["writable"], told["shares"]) == ("alice", False, {"users": [], "apps": []})


async def test_the_owner_sees_with_whom(town: Town) -> None:
    """``return_shares`` tells the sharer who got what, as users with access and permission."""
    told = await town.alice.post("/stat", {"path": "/alice/read.txt", "return_shares": True})
    uid = town.uid("/alice/read.txt")
    user = told["shares"]["users"][0]
    assert (user["user"]["username"], user["access"], user["permission"]) == ("bob", "read", f"fs:{uid}:read")


async def test_everyone_reads_what_is_shared_with_everyone(town: Town) -> None:
    """Nobody in particular reads what everyone may; for the rest he is asked who he is."""
    await town.give(A, EVERYONE)
    assert (await town.nobody("GET", "/read", params={"file": A})).body == b"hello"
    assert (await town.nobody.refused("/stat", {"path": "/alice/b.txt"}))[1] == "token_missing"


async def test_the_folders_above(town: Town) -> None:
    """``/`` holds one's own folder and those of sharers; a sharer's folder holds what he shares with one."""
    await town.give("/alice/docs", "bob", Role.CONTRIBUTOR)
    assert sorted(await names(town, "bob", "/")) == ["alice", "bob"]
    assert sorted(await names(town, "bob", "/alice")) == ["docs", "read.txt"]
    assert await names(town, "bob", "/alice/docs") == ["deep.txt"]
    assert await names(town, "carol", "/") == ["carol"]
    assert (await town.carol.refused("/readdir", {"path": "/alice"})) == (404, "subject_does_not_exist")
    assert (await town.bob.post("/stat", {"path": "/"}))["is_dir"] is True


async def test_listings_by_pages_and_in_order(town: Town) -> None:
    """Today's route pages where ``cursor`` is sent; both routes sort, slice, count and descend."""
    found, cursor = [], None
    while True:
        page = await town.alice.post("/fs/readdir", {"path": "/alice", "cursor": cursor, "limit": 2})
        found += [one["name"] for one in page["items"]]
        cursor = page.get("cursor")
        if cursor is None:
            break
    assert found == ["a.txt", "b.txt", "docs", "paint", "read.txt"]
    page = await town.alice.post(
        "/fs/readdir", {"path": "/alice", "includeTotal": True, "limit": 1, "sortOrder": "desc"}
    )
    assert (page["total"], page["items"][0]["name"], page["items"][0]["isDir"]) == (5, "read.txt", False)
    page = await town.alice.post(
        "/fs/readdir", {"path": "/alice", "cursor": page["cursor"], "limit": 2, "sortOrder": "desc"}
    )
    assert [one["name"] for one in page["items"]] == ["paint", "docs"]
    assert await names(town, "alice", "/alice", limit=2, offset=1) == ["b.txt", "docs"]
    deep = await town.alice.post("/fs/readdir", {"path": "~", "recursive": True})
    assert "/alice/docs/deep.txt" in [one["path"] for one in deep]
    assert "/alice/docs/deep.txt" not in [
        one["path"] for one in await town.alice.post("/fs/readdir", {"path": "~", "recursive": True, "depth": 1})
    ]
    assert await town.alice.refused("/fs/readdir", {"path": "/alice", "cursor": "???"}) == (400, "bad_cursor")
    assert await town.alice.refused("/readdir", {"path": A}) == (422, "dest_is_not_a_directory")


async def test_names_that_are_taken(town: Town) -> None:
    """A taken name is refused, numbered with ``dedupe_name``, or its holder replaced with ``overwrite``."""
    assert await town.alice.refused("/mkdir", {"path": "/alice/docs"}) == (409, "item_with_same_name_exists")
    assert (await town.alice.post("/mkdir", {"parent": "/alice", "path": "docs", "dedupe_name": True}))[
        "name"
    ] == "docs (1)"
    kept = await town.alice.post("/mkdir", {"path": "/alice/docs", "overwrite": True})
    assert kept["uid"] == town.uid("/alice/docs")
    move = {"source": A, "destination": "/alice", "new_name": "b.txt"}
    assert await town.alice.refused("/move", move) == (409, "item_with_same_name_exists")
    assert (await town.alice.post("/move", {**move, "dedupe_name": True}))["moved"]["name"] == "b (1).txt"
    copy = {"source": "/alice/b (1).txt", "destination": "/alice", "new_name": "b.txt", "overwrite": True}
    copied = (await town.alice.post("/copy", copy))[0]["copied"]
    assert (copied["name"], copied["uid"] != town.uid("/alice/b.txt")) == ("b.txt", True)
    assert (await town.alice("POST", "/stat", {"uid": town.uid("/alice/b.txt")})).status == 404


async def test_renamed_and_moved_things_keep_their_shares(town: Town) -> None:
    """Access follows the item, not its name; what is thrown away is gone for everybody, and its name is free."""
    uid = town.uid("/alice/read.txt")
    assert (await town.alice.post("/rename", {"uid": uid, "new_name": "renamed.txt"}))["path"] == "/alice/renamed.txt"
    await town.alice.post("/move", {"source": uid, "destination": "/alice/new/folder", "create_missing_parents": True})
    assert (await town.bob("GET", "/read", params={"file": uid})).body == b"hello"
    await town.alice.post("/delete", {"paths": [uid]})
    for client in (town.bob, town.alice):
        assert await client.refused("/stat", {"uid": uid}) == (404, "subject_does_not_exist")
    await town.file("/alice/new/folder/renamed.txt")
    assert (await town.bob("POST", "/stat", {"path": "/alice/new/folder/renamed.txt"})).status == 404


async def test_deleting_parts(town: Town) -> None:
    """A folder is emptied, kept if it is not empty, or thrown away; a list of paths is done in its order."""
    assert await town.alice.refused("/delete", {"paths": ["/alice/docs"], "recursive": False}) == (422, "not_empty")
    await town.alice.post("/delete", {"paths": ["/alice/docs"], "descendants_only": True})
    assert await names(town, "alice", "/alice/docs") == []
    await town.alice.post("/delete", {"paths": ["/alice/docs", A], "recursive": False})
    assert await names(town, "alice", "/alice") == ["b.txt", "paint", "read.txt"]


async def test_reading_parts(town: Town) -> None:
    """Bytes come as octets, whole or from an offset; ranges and tags as everywhere."""
    whole = await town.alice("GET", "/read", params={"file": A})
    assert (whole.body, whole.headers["content-type"]) == (b"hello", "application/octet-stream")
    for query, expected in (({"offset": 1, "byte_count": 3}, b"ell"), ({"byte_count": 2}, b"he"), ({"offset": 9}, b"")):
        part = await town.alice("GET", "/read", params={"file": A, **query})
        assert (part.status, part.body) == (200, expected)
    ranged = await town.alice("GET", "/read", params={"file": A}, headers={"range": "bytes=1-2"})
    assert (ranged.status, ranged.body) == (206, b"el")
    tag = {"if-none-match": whole.headers["etag"]}
    assert (await town.alice("GET", "/read", params={"file": A}, headers=tag)).status == 304
    assert (await town.alice("GET", "/read", params={"file": A, "offset": "x"})).json["key"] == "offset"
    assert (await town.alice("GET", "/read", params={"file": "/alice/docs"})).json["code"] == "cannot_read_a_directory"
    assert (await town.alice("GET", "/read")).json["key"] == "file"


async def batch(town: Town, who: str, *operations: Any, files: tuple[bytes, ...] = ()) -> Reply:
    """Send a batch as the real client does: operations, then files."""
    fields: list[tuple[str, tuple[str | None, bytes]]] = [("operation_id", (None, b"1"))]
    fields += [("operation", (None, one if isinstance(one, bytes) else msgspec.json.encode(one))) for one in operations]
    fields += [("file", (f"f{at}.txt", data)) for at, data in enumerate(files)]
    return await town.clients[who]("POST", "/batch", None, files=fields)


async def test_a_batch(town: Town) -> None:
    """Folders are made before files, which may name them; every operation is reported in its place."""
    reply = await batch(
        town,
        "alice",
        {"op": "mkdir", "parent": "/alice", "path": "/up", "as": "dir_0"},
        {"op": "mkdir", "parent": "$dir_0", "path": "/in", "as": "dir_1"},
        {"op": "write", "path": "$dir_1", "name": "one.txt"},
        {"op": "write", "path": "/alice/made/on/the/way", "name": "two.txt", "create_missing_ancestors": True},
        files=(b"one", b"two"),
    )
    assert (reply.status, [one["path"] for one in reply.json["results"]]) == (
        200,
        ["/alice/up", "/alice/up/in", "/alice/up/in/one.txt", "/alice/made/on/the/way/two.txt"],
    )
    assert (await town.alice("GET", "/read", params={"file": "/alice/made/on/the/way/two.txt"})).body == b"two"


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        ({"op": "write", "path": "/alice", "name": "a.txt"}, 409, "item_with_same_name_exists"),
        ({"op": "write", "path": "/alice/none", "name": "x"}, 404, "subject_does_not_exist"),
        ({"op": "write", "path": "/mallory", "name": "x"}, 404, "subject_does_not_exist"),
        ({"op": "write", "path": "$dir_9", "name": "x"}, 404, "subject_does_not_exist"),
        ({"op": "write", "path": "alice", "name": "x"}, 400, "field_invalid"),
        ({"op": "write", "name": "x"}, 400, "field_invalid"),
        ({"op": "write", "path": "/alice", "name": "a/b"}, 400, "name_forbidden"),
        ({"op": "shortcut", "path": "/alice"}, 400, "field_invalid"),
        ({"op": "mkdir", "path": 5}, 400, "field_invalid"),
        (b"{", 400, "field_invalid"),
        (b"[]", 400, "field_invalid"),
    ],
)
async def test_a_batch_goes_on_after_a_refusal(town: Town, operation: Any, status: int, code: str) -> None:
    """A refused operation stands in its place with 218; what comes after it is done."""
    reply = await batch(town, "alice", operation, {"op": "mkdir", "path": "/alice/after"}, files=(b"x",))
    assert reply.status == 218
    refused, done = reply.json["results"]
    assert (refused["error"], refused["status"], refused["code"]) == (True, status, code)
    assert done["path"] == "/alice/after"


async def test_a_recipient_writes_with_write_access_alone(town: Town) -> None:
    """A reader's write is refused in its place; a writer's becomes the file's next version, also by its masked path."""
    uid = town.uid("/alice/read.txt")
    for path, name in (("/alice", "read.txt"), (f"/alice/{uid}", "read.txt")):
        operation = {"op": "write", "path": path, "name": name, "overwrite": True}
        assert (await batch(town, "bob", operation, files=(b"x",))).json["results"][0]["code"] == "forbidden"
    await town.give("/alice/read.txt", "bob", Role.CONTRIBUTOR)
    for path, name in (("/alice", "read.txt"), (f"/alice/{uid}", "read.txt")):
        operation = {"op": "write", "path": path, "name": name, "overwrite": True}
        reply = await batch(town, "bob", operation, files=(path.encode(),))
        assert (reply.status, reply.json["results"][0]["uid"]) == (200, uid)
        assert (await town.alice("GET", "/read", params={"file": uid})).body == path.encode()
        once = await batch(town, "bob", {**operation, "overwrite": False}, files=(b"x",))
        assert once.json["results"][0]["code"] in ("item_with_same_name_exists", "subject_does_not_exist")


async def test_a_batch_must_be_a_form(hamlet: Town) -> None:
    """Anything else than a form is refused before it is read."""
    assert (await hamlet.alice("POST", "/batch", {"x": 1})).json["code"] == "field_invalid"
    assert (await hamlet.nobody("POST", "/batch", {"x": 1})).json["code"] == "token_missing"


async def test_space(town: Town) -> None:
    """Space tells what is used, and a bound that is larger."""
    told = await town.alice.post("/df")
    assert 0 < told["used"] < told["capacity"]
