"""Cases 13 to 25: every door asks: who reads writes nothing, who uploads reads nothing, foreign ids open nothing."""

import re
from typing import Any

import pytest
from tests.trust.abuse.marks import ALL, over
from tests.trust.abuse.writes import writes
from tests.trust.doors import data, readers, reads
from tests.trust.town import FACES, Client, Reply, Town

from commonhold.core.content.files import put_content
from commonhold.core.identity import Named
from commonhold.core.model import Item, Share, Version
from commonhold.core.roles import Kind, Role
from commonhold.core.terms import Terms

pytestmark = pytest.mark.slow

A, DOCS, DEEP, INNER = "/alice/a.txt", "/alice/docs", "/alice/docs/deep.txt", "/alice/docs/inner"
CONTENT = "/sharing/rest/content"
FORM = {"origin": "http://files.example"}


async def content(town: Town) -> list[Any]:
    """Everything that is kept of items, their versions and shares."""
    return [sorted(await town.rows(table), key=repr) for table in (Item, Version, Share)]


async def send(who: Client, face: str, method: str, path: str, body: Any) -> Reply:
    """Send a write as a client of the face does: as a form, with a file, or as JSON."""
    if face == "arcgis":
        return Reply(await who.http.request(method, path, data=body))
    if face == "web":
        files = [("file", ("mine.txt", b"mine"))] if body is None else None
        return Reply(await who.http.post(path, data=body, files=files, headers=FORM))
    return await who(method, path, body, headers={"accept": "application/json"})


@over(*ALL)
@pytest.mark.parametrize("role", [Role.PREVIEWER, Role.VIEWER])
async def test_13_reading_alone_changes_nothing(town: Town, face: str, role: Role) -> None:
    """Who may look or read copies, moves, renames, overwrites, makes and deletes nothing in a folder, by no request."""
    await town.give(DOCS, "bob", role, terms=Terms(mask=Kind.USER))
    home = (await town.bob.ok("GET", "/api/v1/home"))["top"]["uid"]
    if face == "directus":
        await town.give("notes 1", "bob", role, by="alice")
    before = await content(town)
    for method, path, body in writes(town, face, home):
        reply = await send(town.bob, face, method, path, body)
        assert reply.status in (200, 303, 403, 404, 405), (
            method,
            path,
            reply,
        )  # the form is right, the right is missing
        assert reply.refused or face in ("puter", "web"), (method, path, reply)  # these tell it for each thing
    assert await content(town) == before


@over("native", "web", "puter", "filr", "arcgis")
async def test_14_reading_alone_makes_no_folder(town: Town, face: str) -> None:
    """No folder is made in a folder that may only be read, by name, by uid, or deep in a path that would be made."""
    await town.give(DOCS, "bob")
    docs, before = town.uid(DOCS), await content(town)
    asks: dict[str, list[tuple[str, str, Any]]] = {
        "native": [("POST", f"/api/v1/items/{docs}/children", {"kind": "folder", "name": "n"})],
        "web": [("POST", f"/app/items/{docs}/folders", {"name": "n"}),
                ("POST", f"/app/items/{docs}/folders", {"path": "x/y/n"})],
        "puter": [
            ("POST", "/mkdir", {"path": f"{DOCS}/n", "create_missing_parents": True}),
            ("POST", "/mkdir", {"path": f"{DOCS}/x/y/n", "create_missing_parents": True}),
            ("POST", "/mkdir", {"parent": docs, "path": "n"}),
        ],
        "filr": [("POST", f"/rest/{word}/{town.no(DOCS)}/{kind}", {"title": "n"})
                 for word in ("folders", "workspaces") for kind in ("library_folders", "binders")],
        "arcgis": [("POST", f"{CONTENT}/users/alice/createFolder?f=json", {"title": "n"})],
    }  # fmt: skip
    for method, path, body in asks[face]:
        assert (await send(town.bob, face, method, path, body)).refused, path
    assert await content(town) == before


@over("native", "web", "filr")
async def test_15_reading_alone_restores_no_version(town: Town, face: str) -> None:
    """Who may read a file sees no older content of it and brings none back."""

    async def newer() -> Any:
        yield b"newer"

    await put_content(town.core, town.actor("alice"), town.no(A), newer())
    await town.give(A, "bob")
    before = await content(town)
    uid = town.uid(A)
    paths = {
        "native": [("POST", f"/api/v1/items/{uid}/versions/1/restore"), ("DELETE", f"/api/v1/items/{uid}/versions/1")],
        "web": [("POST", f"/app/items/{uid}/versions/1/{verb}") for verb in ("restore", "delete")]
        + [("GET", f"/app/items/{uid}/versions/1/content"), ("GET", f"/app/items/{uid}/versions")],
        "filr": [("GET", f"/rest/files/{uid}/versions/1"), ("GET", f"/rest/files/{uid}/versions/2")],
    }
    for method, path in paths[face]:
        reply = await town.bob(method, path, headers=FORM)
        assert reply.refused or reply.body == b"newer", reply
    assert await content(town) == before


@over(*ALL)
async def test_16_nothing_before_the_password(town: Town, face: str) -> None:
    """Of a link with a password nothing is shown before it is given: no byte, picture, name or page below; not when
    somebody else has just opened it either."""
    secret, uid = await town.link(DOCS, password="sesame")
    await town.nobody.ok("POST", f"/api/v1/shares/{uid}/open", {"password": "sesame"})
    deep = town.uid(DEEP)
    asks = [data(town, face, DEEP)[:2]]
    if face == "web":
        asks += [one[:2] for one in looks("/s/{secret}", secret=secret, item=deep)]
    asks += {
        "native": [("GET", f"/api/v1/links/{secret}"), ("GET", f"/api/v1/items/{town.uid(DOCS)}/zip")],
        "puter": [("GET", f"/token-read?uid={deep}&token={secret}")],
        "filr": [("GET", f"/ssf/s/readFile/share/1/{secret}/publicLink/x")],
        "directus": [("GET", f"/shares/info/{uid}")],
    }.get(face, [])
    for method, path in asks:
        reply = await town.nobody(method, path)
        assert b"deep" not in reply.body, reply
        assert reply.status in (200, 303, 400, 401, 403, 404), reply
        assert path.endswith((secret, uid)) or reply.refused or reply.status == 303, (path, reply)


def looks(under: str, **values: str) -> list[tuple[str, str, Any]]:
    """Return a GET of every page below a path, whichever there are."""
    paths = [route.path for route in FACES["web"].routes if route.method == "GET" and route.path.startswith(under)]
    filled = [re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], "1"), path) for path in paths]
    return [("GET", path, None) for path in filled]


async def uploading(town: Town, to: str = "bob") -> None:
    """Let somebody put things into the folder, and nothing else."""
    await town.give(DOCS, to, Role.UPLOADER)


@over(*ALL)
async def test_17_uploading_alone_reads_nothing(town: Town, face: str) -> None:
    """Who may only put things into a folder lists, reads, finds and packs nothing of what is in it."""
    await uploading(town)
    docs, deep, no = town.uid(DOCS), town.uid(DEEP), town.no(DOCS)
    asks: dict[str, list[tuple[str, str, Any]]] = {
        "native": [("GET", f"/api/v1/items/{one}", None) for one in (
            f"{docs}/children", f"{docs}/zip", f"{deep}/content", f"{deep}/versions", deep, f"{docs}/audience")]
        + [("GET", "/api/v1/search?q=deep", None), ("GET", "/api/v1/trash", None)],
        "web": looks("/app/items/{item}", item=docs) + looks("/app/items/{item}", item=deep),
        "puter": [("POST", "/readdir", {"uid": docs}), ("POST", "/readdir", {"path": DOCS}),
                  ("POST", "/stat", {"path": DEEP}), ("POST", "/stat", {"uid": deep}),
                  ("GET", f"/read?file={DEEP}", None), ("POST", "/fs/readdir", {"path": DOCS})],
        "filr": [("GET", f"/rest/folders/{no}/{one}", None) for one in (
            "library_children", "files", "entries", "library_tree", "library_entities?keyword=deep", "recent_activity",
            "library_info", "library_changes?since=0")] + [("GET", f"/rest/files/{deep}/metadata", None)],
        "arcgis": [("GET", f"{CONTENT}/items/{town.arcgis_id(DEEP)}?f=json", None),
                   ("GET", f"{CONTENT}/users/alice/{town.arcgis_id(DOCS)}?f=json", None),
                   ("GET", "/sharing/rest/search?f=json&q=deep", None)],
        "directus": [("GET", path, None) for path in ("/items/commonhold_files", "/files", f"/files/{deep}")],
    }  # fmt: skip
    for method, path, body in asks[face]:
        reply = await town.bob(method, path, body, headers={"accept": "application/json"})
        assert b"deep.txt" not in reply.body, (path, reply)
        assert b"inner" not in reply.body, (path, reply)
        assert reply.status < 500, reply
    assert await readers(town, town.bob, DEEP) == set()


@over("native", "web", "puter", "filr")
async def test_18_uploading_alone_learns_no_names(town: Town, face: str) -> None:
    """Who may only put things there is answered alike whether the name is taken there or not."""
    await uploading(town)
    secret, _ = await town.link(DOCS, Role.UPLOADER)
    told = []
    for name in ("deep.txt", "none.txt"):
        reply = await _put(town, face, name, secret)
        assert not reply.refused, reply
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+", "#", reply.text.replace(name, "name"))
        told.append((reply.status, sorted(reply.headers.keys()), text))
    assert told[0] == told[1]
    reply = await town.alice(*data(town, "native", DEEP))
    assert reply.body == DEEP.encode()


async def _put(town: Town, face: str, name: str, secret: str) -> Reply:
    docs = town.uid(DOCS)
    if face == "native":
        return await town.bob("PUT", f"/api/v1/items/{docs}/children/{name}", b"mine")
    if face == "filr":
        return await town.bob("POST", f"/rest/folders/{town.no(DOCS)}/library_files?file_name={name}", b"mine")
    if face == "web":
        files = [("file", (name, b"mine"))]
        return Reply(await town.nobody.http.post(f"/s/{secret}/files", files=files, headers=FORM))
    operation = f'{{"op":"write","path":"{docs}","name":"{name}","item_upload_id":0}}'
    parts = {"operation": operation, "fileinfo": f'{{"name":"{name}","size":4}}'}
    return Reply(await town.bob.http.post("/batch", data=parts, files=[("file", (name, b"mine"))]))


@over(*ALL)
async def test_19_looking_alone_downloads_nothing(town: Town, face: str) -> None:
    """Who may look, but not download, gets the bytes by no route, range, form of the address, or link of his."""
    secret, uid = await town.link(DOCS, Role.PREVIEWER)
    await town.give(DOCS, "bob", Role.PREVIEWER)
    opened = await town.nobody.ok("POST", f"/api/v1/shares/{uid}/open", {})
    deep = town.uid(DEEP)
    for who in (town.bob, town.client(opened["token"])):
        assert await readers(town, who, DEEP) == set()
        asks = {
            "native": [f"/api/v1/items/{deep}/content?inline=true", f"/api/v1/items/{town.uid(DOCS)}/zip"],
            "web": [f"/s/{secret}/download", f"/s/{secret}/{deep}/content", f"/s/{secret}/{deep}/content?inline=1"],
            "puter": [f"/token-read?uid={deep}&token={secret}", f"/read?uid={deep}&offset=0&byte_count=5"],
            "filr": [f"/rest/files/{deep}/versions/1", f"/ssf/s/readFile/share/1/{secret}/publicLinkHtml/x"],
            "arcgis": [f"{CONTENT}/items/{town.arcgis_id(DEEP)}/data?token={opened['token']}"],
            "directus": [f"/assets/{deep}?download", f"/assets/{deep}/deep.txt", f"/assets/{deep}?key=thumb"],
        }[face]
        for path in asks:
            reply = await who("GET", path, headers={"range": "bytes=0-3"})
            assert b"/ali" not in reply.body or reply.refused, reply


@over("native")
async def test_21_pieces_of_others(town: Town, face: str) -> None:
    """An upload in pieces belongs to who began it: nobody else asks how far it is, goes on with it, or ends it; and
    none begins in a folder of somebody else."""
    tus = {"tus-resumable": "1.0.0", "upload-length": "5", "upload-metadata": "filename YS50eHQ="}
    begun = await town.alice("POST", f"/api/v1/items/{town.uid(DOCS)}/uploads", headers=tus)
    where = begun.headers["location"].removeprefix("http://files.example")
    await town.give(DOCS, "bob", Role.VIEWER)
    piece = {**tus, "upload-offset": "0", "content-type": "application/offset+octet-stream"}
    for who in (town.bob, town.mallory, town.nobody):
        for method, body in (("HEAD", None), ("PATCH", b"mine!"), ("DELETE", None)):
            assert (await who(method, where, headers=piece, content=body)).status in (401, 403, 404)
        assert (await who("POST", f"/api/v1/items/{town.uid(DOCS)}/uploads", headers=tus)).status in (401, 403, 404)
        overwriting = {**tus, "upload-metadata": "filename ZGVlcC50eHQ="}
        assert (await who("POST", f"/api/v1/items/{town.uid(DOCS)}/uploads", headers=overwriting)).status in (
            401,
            403,
            404,
        )
    told = await town.alice("HEAD", where, headers=tus)
    assert (told.status, told.headers["upload-offset"]) == (200, "0")


@over("arcgis")
async def test_21_parts_of_others(town: Town, face: str) -> None:
    """Nobody but its owner puts parts of a file into an item, lists, joins or drops them."""
    where = f"{CONTENT}/users/alice/items/{town.arcgis_id(A)}"
    await town.give(A, "bob")
    before = await content(town)
    for who in (town.bob, town.mallory, town.nobody):
        for verb in ("addPart", "parts", "commit", "cancel"):
            files = [("file", ("p", b"mine"))] if verb == "addPart" else None
            form = {"f": "json", "partNum": "1"}
            assert Reply(await who.http.post(f"{where}/{verb}?f=json", data=form, files=files)).refused, verb
    assert await content(town) == before


@over("arcgis")
async def test_22_protection_is_the_owners(town: Town, face: str) -> None:
    """Protection is set and taken away by the owner alone, and a refusal names no secret."""
    where = f"{CONTENT}/users/alice/items/{town.arcgis_id(A)}"
    await town.give(A, "bob", Role.EDITOR)
    await town.alice.form(f"{where}/protect")
    for who in (town.bob, town.mallory):
        reply = await who.form(f"{where}/unprotect")
        assert reply.refused
        assert (who.token or "-") not in reply.text
    assert (await town.alice.form(f"{where}/delete")).refused


@over("native", "web", "puter", "filr", "arcgis")
async def test_23_one_member_ends_nothing_for_the_others(town: Town, face: str) -> None:
    """A member of a group who turns down what the group got keeps it for all others, and the share stays."""
    await town.give(A, Named("team", Kind.GROUP))
    (share,) = await town.shares(A)
    if face == "native":
        await town.bob("DELETE", f"/api/v1/shares/{share.uid}")
        await town.bob("POST", "/api/v1/shares/withdraw", {"shares": [share.uid]})
    elif face == "web":
        await send(town.bob, face, "POST", f"/app/shares/{share.no}/end", {"declines": "1"})
        await send(town.bob, face, "POST", "/app/given", {"share": str(share.no), "do": "end", "sure": "1"})
    elif face == "puter":
        await town.bob("POST", "/share/revoke", {"recipients": ["bob"], "items": [A]})
        await town.bob("POST", "/auth/revoke-user-user", {"target_username": "bob", "permission": f"fs:{A}:read"})
    elif face == "filr":
        assert (await town.bob("DELETE", f"/rest/shares/{share.version}")).refused
    else:
        group = town.group_uids["team"].replace("-", "")
        await town.bob.form(f"{CONTENT}/items/{town.arcgis_id(A)}/unshare", groups=group)
    assert await town.shares(A) == [share]
    assert await reads(town, town.carol, A, face)


@over("native", "web", "puter", "filr", "arcgis", "directus")
async def test_24_nobody_ends_the_shares_of_others(town: Town, face: str) -> None:
    """A share is ended and changed by nobody but those who may: not by a stranger, not by another recipient."""
    await town.give(A, "bob")
    await town.give(A, Named("team", Kind.GROUP))
    _, link = await town.link(A)
    await town.give(A, "dave")
    shares = await town.shares(A)
    group = town.group_uids["team"].replace("-", "")
    for who in (town.nobody, town.mallory, town.dave):
        asks: dict[str, list[Any]] = {
            "native": [(verb, f"/api/v1/shares/{one.uid}{rest}", body) for one in shares[:3] for verb, rest, body in (
                ("DELETE", "", None), ("PATCH", "", {"role": "previewer"}), ("POST", "/secret", None),
                ("POST", "/renew", {}))],
            "web": [("POST", f"/app/shares/{one.no}/{verb}", {"role": "previewer", "mail": "x@example.net"})
                    for one in shares[:3] for verb in ("end", "details", "secret", "mail")]
            + [("POST", "/app/given", {"share": [str(one.no) for one in shares[:3]], "do": do, "sure": "1"})
               for do in ("end", "renew")],
            "puter": [("POST", "/share/revoke", {"recipients": ["bob"], "items": [{"uid": town.uid(A)}]}),
                      ("POST", "/auth/revoke-access-token", {"tokenOrUuid": link})],
            "filr": [(verb, f"/rest/shares/{one.version}", {"access": {"role": "VIEWER"}} if verb == "POST" else None)
                     for one in shares[:3] for verb in ("DELETE", "POST")],
            "arcgis": [("POST", f"{CONTENT}/items/{town.arcgis_id(A)}/unshare?f=json&groups={group}", None),
                       ("POST", f"{CONTENT}/users/alice/items/{town.arcgis_id(A)}/share?f=json&groups=", None)],
            "directus": [("DELETE", f"/shares/{link}", None), ("PATCH", f"/shares/{link}", {"max_uses": 1}),
                         ("DELETE", "/shares", [link])],
        }  # fmt: skip
        for ask in asks[face]:
            headers = {"accept": "application/json"}
            reply = await (send(who, face, *ask) if face == "web" else who(*ask, headers=headers))
            assert reply.status < 500, reply
        assert await town.shares(A) == shares, who


@over("native", "web", "puter", "filr", "arcgis", "directus")
async def test_25_a_name_that_begins_alike(town: Town, face: str) -> None:
    """What is thrown away takes its own shares with it, and none of something whose name begins alike."""
    for path in ("/alice/ab", "/alice/a"):
        await town.folder(path)
        await town.file(f"{path}/x.txt", f"{path}/x.txt".encode())
        await town.give(path, "bob")
    await town.file("/alice/a.txt.old", b"/alice/a.txt.old")
    await town.give("/alice/a.txt.old", "bob")
    verbs: dict[str, list[tuple[str, str, Any]]] = {
        "native": [("DELETE", f"/api/v1/items/{town.uid(path)}", None) for path in ("/alice/a", A)],
        "web": [("POST", "/app/chosen/trash", {"item": [town.uid("/alice/a"), town.uid(A)]})],
        "puter": [("POST", "/delete", {"paths": ["/alice/a", A], "recursive": True})],
        "filr": [("DELETE", f"/rest/folders/{town.no('/alice/a')}", None),
                 ("DELETE", f"/rest/files/{town.uid(A)}", None)],
        "arcgis": [("POST", f"{CONTENT}/users/alice/{town.arcgis_id('/alice/a')}/delete?f=json", None),
                   ("POST", f"{CONTENT}/users/alice/items/{town.arcgis_id(A)}/delete?f=json", None)],
        "directus": [("DELETE", f"/files/{town.uid(A)}", None)],
    }  # fmt: skip
    for ask in verbs[face]:
        assert not (await (send(town.alice, face, *ask) if face == "web" else town.alice(*ask))).refused
    for path in ("/alice/ab/x.txt", "/alice/a.txt.old"):
        assert await reads(town, town.bob, path, face)
    if face != "directus":
        assert not await reads(town, town.bob, "/alice/a/x.txt", face)
