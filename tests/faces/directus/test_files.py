"""Files, folders, apps and entries as rows that are shared like any row, and the bytes of files."""

from typing import Any

import pytest
from tests.faces.directus.town import Client, Town

from commonhold.core.content.files import put
from commonhold.core.content.making import make_app, make_entry, make_folder
from commonhold.core.content.space import own_top
from commonhold.core.identity import Named
from commonhold.core.model import Item
from commonhold.core.records.catalog import Collection, Field
from commonhold.core.records.catalogs import add_collection
from commonhold.core.records.kinds import Kind
from commonhold.core.records.ruling import NewRule, add_rules
from commonhold.core.roles import Action, Role
from commonhold.core.roles import Kind as Who
from commonhold.faces.directus.registry import OURS
from commonhold.faces.directus.system import CATALOG

pytestmark = pytest.mark.slow

BYTES = b"what is in it\n"
FORM = {"content-type": "multipart/form-data; boundary=b"}


async def _bytes() -> Any:
    yield BYTES


async def _put(town: Town, who: str, name: str, parent: int | None = None) -> Item:
    actor = town.actor(who)
    into = parent if parent is not None else await own_top(town.core, actor)
    return await put(town.core, actor, into, name, _bytes(), media="text/plain")


async def _open(town: Town, who: str, collection: str, item: str) -> tuple[str, Client]:
    """Share something by a link, and open it."""
    made = await town.clients[who](
        "POST", "/shares", {"collection": collection, "item": item, "role": OURS[Role.VIEWER]}
    )
    share = made.data["id"] if made.status == 200 else ""
    assert share, made
    opened = (await town.nobody("POST", "/shares/auth", {"share": share})).data
    return share, Client(town.app, opened["access_token"])


async def make_shares(town: Town, who: str) -> None:
    """Let somebody make shares, and read them."""
    rule = NewRule(Named(who, Who.USER), "directus_shares", Action.CREATE | Action.READ)
    await add_rules(town.core, town.actor("admin"), [rule], CATALOG)


async def test_things_are_rows(town: Town) -> None:
    """Whoever may read an item finds it in its collection, with its facts; others find none."""
    actor = town.actor("editor")
    top = await own_top(town.core, actor)
    folder = await make_folder(town.core, actor, top, "letters")
    file = await _put(town, "editor", "a.txt", folder.no)
    await make_app(town.core, actor, top, "board", "https://board.example/")
    await make_entry(town.core, actor, top, type="ticket", key="7", title="Ticket 7", url="https://tickets.example/7")

    (row,) = await town.editor.get("/items/commonhold_files")
    assert row | {"created": 0, "modified": 0} == {
        "id": file.uid, "name": "a.txt", "folder": folder.uid, "type": "text/plain", "size": len(BYTES),
        "owner": "editor", "created": 0, "modified": 0,
    }  # fmt: skip
    assert row["created"].endswith("Z")
    assert [one["name"] for one in await town.editor.get("/items/commonhold_folders")] == ["letters"]
    assert (await town.editor.get("/items/commonhold_apps", fields="name,url"))[0]["url"] == "https://board.example/"
    assert (await town.editor.get("/items/commonhold_entries", fields="name,type"))[0]["type"] == "ticket"
    nested = await town.editor.get(f"/items/commonhold_files/{file.uid}", fields="name,folder.name")
    assert nested == {"name": "a.txt", "folder": {"name": "letters"}}
    found = await town.editor.get(
        "/items/commonhold_files", filter={"folder": {"name": {"_eq": "letters"}}}, fields="id"
    )
    assert found == [{"id": file.uid}]
    assert await town.admin.get("/items/commonhold_files", fields="id") == [{"id": file.uid}]

    assert await town.outsider.get("/items/commonhold_files") == []
    assert (await town.outsider("GET", f"/items/commonhold_files/{file.uid}")).status == 403
    assert (await town.nobody("GET", "/items/commonhold_files")).status == 403
    for method in ("PATCH", "DELETE"):
        assert (await town.editor(method, f"/items/commonhold_files/{file.uid}", {"name": "x"})).status == 403
    assert (await town.editor("POST", "/items/commonhold_files", {"name": "x"})).status == 403


async def test_a_shared_file(town: Town) -> None:
    """A file is shared like a row: its token reads its facts and bytes, and nothing else, until the share ends."""
    file, other = await _put(town, "admin", "a.txt"), await _put(town, "admin", "b.txt")
    share, holder = await _open(town, "admin", "commonhold_files", file.uid)

    assert await holder.get("/items/commonhold_files", fields="id,name") == [{"id": file.uid, "name": "a.txt"}]
    reply = await holder("GET", f"/assets/{file.uid}")
    assert (reply.status, reply.body) == (200, BYTES)
    assert reply.headers["content-disposition"].startswith("inline")
    part = await holder("GET", f"/assets/{file.uid}/a.txt?download", headers={"range": "bytes=0-3"})
    assert (part.status, part.body) == (206, BYTES[:4])
    assert part.headers["content-disposition"].startswith("attachment")
    assert (await holder("GET", f"/assets/{other.uid}")).status == 403
    assert (await holder("GET", f"/items/commonhold_files/{other.uid}")).status == 403
    assert (await holder("GET", "/files")).status == 403
    assert (await town.nobody("GET", f"/assets/{file.uid}")).status == 403
    assert (await town.nobody("GET", "/assets/none")).status == 403

    await town.admin("DELETE", f"/shares/{share}")
    assert (await holder("GET", f"/assets/{file.uid}")).status in (401, 403)


async def test_a_shared_folder(town: Town) -> None:
    """A folder's token finds what lies below it, at any depth, and reads it."""
    actor = town.actor("admin")
    folder = await make_folder(town.core, actor, await own_top(town.core, actor), "box")
    inner = await make_folder(town.core, actor, folder.no, "inner")
    file = await _put(town, "admin", "deep.txt", inner.no)
    await _put(town, "admin", "beside.txt")
    _, holder = await _open(town, "admin", "commonhold_folders", folder.uid)

    assert await holder.get("/items/commonhold_folders", sort="name", fields="name") == [
        {"name": "box"},
        {"name": "inner"},
    ]
    assert [one["name"] for one in await holder.get("/items/commonhold_files")] == ["deep.txt"]
    assert (await holder("GET", f"/assets/{file.uid}")).body == BYTES


async def test_by_graphql(town: Town) -> None:
    """Files and folders are asked for by GraphQL, too, by their owner and by a share's token, with what lies above."""
    actor = town.actor("admin")
    folder = await make_folder(town.core, actor, await own_top(town.core, actor), "box")
    file = await _put(town, "admin", "a.txt", folder.no)
    _, holder = await _open(town, "admin", "commonhold_folders", folder.uid)
    query = '{ commonhold_files(filter: {name: {_eq: "a.txt"}}) { id size folder { name } } }'
    expected = {"commonhold_files": [{"id": file.uid, "size": str(len(BYTES)), "folder": {"name": "box"}}]}
    for who in (town.admin, holder):
        assert (await who("POST", "/graphql", {"query": query})).data == expected
    mixed = "{ commonhold_files_aggregated { countAll } articles(limit: 1) { id } }"
    found = (await town.admin("POST", "/graphql", {"query": mixed})).data
    assert found == {"commonhold_files_aggregated": [{"countAll": 1}], "articles": [{"id": "1"}]}
    assert (await town.nobody("POST", "/graphql", {"query": query})).status == 400
    assert (await town.outsider("POST", "/graphql", {"query": query})).data == {"commonhold_files": []}


async def test_a_file_that_a_row_names(town: Town) -> None:
    """A row's token reads the file that the row names, if its sharer may give it; no file that another row names."""
    fields = (Field("id", Kind.INTEGER), Field("title"), Field("picture", Kind.UUID))
    await add_collection(town.core, town.actor("admin"), Collection("pages", "id", fields))
    mine, other = await _put(town, "admin", "a.txt"), await _put(town, "admin", "b.txt")
    rows = [{"title": "one", "picture": mine.uid}, {"title": "two", "picture": other.uid}]
    await town.admin("POST", "/items/pages", rows)
    share, holder = await _open(town, "admin", "pages", "1")

    assert (await holder("GET", f"/assets/{mine.uid}")).body == BYTES
    assert (await holder("GET", f"/assets/{other.uid}")).status == 403
    assert (await town.nobody("GET", f"/assets/{mine.uid}")).status == 403
    assert (await town.editor("GET", f"/assets/{mine.uid}")).status == 403
    await town.admin("PATCH", "/items/pages/1", {"picture": None})
    assert (await holder("GET", f"/assets/{mine.uid}")).status == 403
    await town.admin("PATCH", "/items/pages/1", {"picture": mine.uid})
    assert (await holder("GET", f"/assets/{mine.uid}")).status == 200
    await town.admin("DELETE", f"/shares/{share}")
    assert (await holder("GET", f"/assets/{mine.uid}")).status in (401, 403)


async def test_a_file_that_is_not_the_sharers(town: Town) -> None:
    """Naming somebody else's file in a row that one shares gives nobody that file."""
    fields = (Field("id", Kind.INTEGER), Field("picture", Kind.UUID))
    await add_collection(town.core, town.actor("admin"), Collection("pages", "id", fields))
    his = await _put(town, "outsider", "his.txt")
    mine = await _put(town, "editor", "mine.txt")
    await town.rule("editor", "pages", Action.READ | Action.DOWNLOAD | Action.SHARE)
    await make_shares(town, "editor")
    for uid in (his.uid, mine.uid):
        await town.admin("POST", "/items/pages", {"picture": uid})
    report = [(await _open(town, "editor", "pages", key))[1] for key in ("1", "2")]

    assert (await report[0]("GET", f"/assets/{his.uid}")).status == 403
    assert (await report[1]("GET", f"/assets/{mine.uid}")).body == BYTES


async def test_files_of_clients(town: Town) -> None:
    """A file is put, found, given another name and thrown away as clients do that."""
    lines = [
        "--b",
        'Content-Disposition: form-data; name="title"',
        "",
        "ignored",
        "--b",
        'Content-Disposition: form-data; name="file"; filename="n.txt"',
        "Content-Type: text/plain",
        "",
        "hello",
        "--b--",
        "",
    ]
    body = "\r\n".join(lines).encode()
    made = (await town.editor("POST", "/files", content=body, headers=FORM)).data
    assert (made["filename_download"], made["type"], made["filesize"]) == ("n.txt", "text/plain", 5)
    assert (await town.editor("GET", f"/assets/{made['id']}")).body == b"hello"
    changed = (await town.editor("PATCH", f"/files/{made['id']}", {"filename_download": "m.txt"})).data
    assert changed["title"] == "m.txt"
    assert await town.editor.get("/files", fields="filename_download", search="M.TXT") == [
        {"filename_download": "m.txt"}
    ]
    assert (await town.outsider("PATCH", f"/files/{made['id']}", {"title": "x"})).status == 403
    assert (await town.outsider("GET", f"/files/{made['id']}")).status == 403
    assert (await town.editor("PATCH", f"/files/{made['id']}", {"title": 7})).status == 400
    assert (await town.editor("DELETE", f"/files/{made['id']}")).status == 204
    assert await town.editor.get("/files") == []

    empty = b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n--b--\r\n'
    assert (await town.editor("POST", "/files", content=empty, headers=FORM)).status == 400
    assert (await town.nobody("POST", "/files", content=body, headers=FORM)).status == 403
