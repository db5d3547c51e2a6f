"""Items over the native API: made, looked at, changed, moved, thrown away."""

from typing import Any

import pytest
from tests.faces.native.town import Town


async def test_a_folder_is_made_and_found_by_uid_and_path(town: Town) -> None:
    """What was made is told with its uid, its address and its state, and is found by uid and by path."""
    home = await town.home("alice")
    made = await town.alice("POST", f"/items/{home}/children", {"kind": "folder", "name": "plans"})
    assert made.status == 201
    assert made.headers["location"] == f"http://files.example/api/v1/items/{made.json['uid']}"
    found = await town.alice("GET", f"/items/{made.json['uid']}")
    assert found.headers["etag"] == made.headers["etag"] == made.json["etag"]
    assert found.json["path"] == "/alice/plans"
    assert found.json["owner"] == "alice"
    assert found.json["right"]["role"] == "manager"
    assert [above["uid"] for above in found.json["trail"]] == [home]
    assert found.json["made_at"] == "2027-01-15T08:00:00.000Z"
    by_path = await town.alice.ok("GET", "/items", params={"path": "/alice/plans"})
    assert by_path == found.json


async def test_children_are_listed_in_pages(town: Town) -> None:
    """A folder is listed by name, page by page, each page naming the next."""
    home = await town.home("alice")
    for name in ("c", "a", "b"):
        await town.file("alice", name)
    await town.folder("alice", "z")
    first = await town.alice.ok("GET", f"/items/{home}/children", params={"limit": 3, "folders_first": True})
    assert [one["name"] for one in first["data"]] == ["z", "a", "b"]
    rest = await town.alice.ok(
        "GET", f"/items/{home}/children", params={"limit": 3, "folders_first": True, "next": first["next"]}
    )
    assert [one["name"] for one in rest["data"]] == ["c"]
    assert rest["next"] is None


async def test_apps_and_entries_are_made(town: Town) -> None:
    """An app has a name and an address; an entry is what another application keeps."""
    home = await town.home("alice")
    app = await town.alice.ok(
        "POST", f"/items/{home}/children", {"kind": "app", "name": "Board", "url": "https://board.example/"}
    )
    assert (app["kind"], app["url"]) == ("app", "https://board.example/")
    given = {"kind": "entry", "type": "ticket", "key": "T-1", "title": "A: b/c", "url": "https://t.example/1"}
    entry = await town.alice.ok("POST", f"/items/{home}/children", given)
    assert (entry["type"], entry["key"], entry["attributes"]["title"]) == ("ticket", "T-1", "A: b/c")


async def test_an_item_is_changed_in_the_state_that_was_read(town: Town) -> None:
    """A change under ``If-Match`` of an old state is refused; attributes are merged, null takes one away."""
    uid = await town.file("alice", "a.txt")
    seen = await town.alice("GET", f"/items/{uid}")
    tag = {"if-match": seen.headers["etag"]}
    changed = await town.alice("PATCH", f"/items/{uid}", {"tags": ["x"], "attributes": {"k": 1}}, headers=tag)
    assert changed.status == 200
    assert changed.json["attributes"] == {"tags": ["x"], "k": 1}
    again = await town.alice("PATCH", f"/items/{uid}", {"title": "t"}, headers=tag)
    assert again.problem[:2] == (412, "precondition_failed")
    cleared = await town.alice.ok("PATCH", f"/items/{uid}", {"attributes": {"k": None}})
    assert cleared["attributes"] == {"tags": ["x"]}


async def test_items_move_and_are_renamed_and_copied(town: Town) -> None:
    """Move takes another folder, another name, or both; a copy is a new item."""
    folder = await town.folder("alice", "in")
    uid = await town.file("alice", "a.txt")
    await town.alice.ok("POST", f"/items/{uid}/move", {"name": "b.txt"})
    await town.alice.ok("POST", f"/items/{uid}/move", {"parent": "/alice/in", "name": "c.txt"})
    assert (await town.alice.ok("GET", f"/items/{uid}"))["path"] == "/alice/in/c.txt"
    copy = await town.alice("POST", f"/items/{uid}/copy", {"parent": folder, "on_collision": "rename"})
    assert (copy.status, copy.json["name"]) == (201, "c (2).txt")
    assert copy.json["uid"] != uid
    into = await town.alice("POST", f"/items/{folder}/move", {"parent": folder})
    assert into.problem[:2] == (422, "into_itself")


async def test_the_trash_gives_back_or_ends(town: Town) -> None:
    """What is thrown away is listed, comes back where it was, and is gone for good after a purge."""
    uid = await town.file("alice", "a.txt")
    other = await town.file("alice", "b.txt")
    await town.alice.ok("DELETE", f"/items/{uid}")
    assert [one["uid"] for one in (await town.alice.ok("GET", "/trash"))["data"]] == [uid]
    await town.alice.ok("POST", f"/trash/{uid}/restore")
    assert (await town.alice.ok("GET", f"/items/{uid}"))["life"] == "live"
    await town.alice.ok("DELETE", f"/items/{uid}")
    assert (await town.alice("DELETE", f"/trash/{uid}")).status == 204
    assert (await town.alice("GET", f"/items/{uid}")).problem[:2] == (404, "unknown_item")
    await town.alice.ok("DELETE", f"/items/{other}")
    assert await town.alice.ok("DELETE", "/trash") == {"items": 1}


async def test_search_finds_names(town: Town) -> None:
    """Words are found at their beginnings, in what the caller may see."""
    await town.file("alice", "quarterly report.txt")
    found = await town.alice.ok("GET", "/search", params={"q": "report quart"})
    assert [one["name"] for one in found["data"]] == ["quarterly report.txt"]
    assert (await town.bob.ok("GET", "/search", params={"q": "report"}))["data"] == []


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_strangers_cannot_tell_what_exists(town: Town, method: str) -> None:
    """Somebody else's item and one that does not exist are answered alike, but for the request's id."""
    uid = await town.file("alice", "a.txt")
    body: Any = {} if method == "PATCH" else None
    real = await town.mallory(method, f"/items/{uid}", body)
    none = await town.mallory(method, "/items/00000000-0000-4000-8000-00000000ffff", body)
    assert (real.status, real.json) == (none.status, none.json)
    assert real.status == 404
