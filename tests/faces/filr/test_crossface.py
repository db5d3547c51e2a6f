"""One truth: what other faces hold and do is what Filr's clients see, and what these do is so everywhere.

Each row of the table (what the core holds, and how each face shows it) in both directions: with the native API, and
with the Puter dialect as far as that has a word for it.
"""

import pytest
from tests.faces.filr.street import A, Street
from tests.faces.filr.town import Town

from commonhold.core.content.making import make_entry
from commonhold.core.identity import Path
from commonhold.core.model import MAIN_ORG
from commonhold.core.roles import Kind
from commonhold.faces.arcgis.face import FACE as ARCGIS
from commonhold.faces.directus.face import FACE as DIRECTUS
from commonhold.faces.filr.face import FACE
from commonhold.http.app import build_app
from commonhold.http.xml import iso
from commonhold.testing.build import Builder

pytestmark = pytest.mark.slow

DOCS, DEEP = "/alice/docs", "/alice/docs/deep/d.txt"
ADMIN = "root"
R = f"/{ADMIN}/r.txt"
HOUR = 3_600_000


@pytest.fixture
def street(town: Town) -> Street:
    """The town behind three faces."""
    return Street(town)


ALL, NONE = (True, True, True), (False, False, False)


async def test_files_and_folders_of_others_are_shown(street: Street) -> None:
    """What another face made lies in the lists of Filr, a file with its entry; and is renamed and deleted there."""
    top = (await street.ask("alice", "GET", "/api/v1/home"))["top"]["uid"]
    body = {"kind": "folder", "name": "from native"}
    made = await street.ask("alice", "POST", f"/api/v1/items/{top}/children", body)
    await street.ask("alice", "POST", "/mkdir", {"path": "/alice/from puter"})
    titles = [one["title"] for one in (await street.filr("alice").get("/self/my_files/library_folders"))["items"]]
    assert {"from native", "from puter"} <= set(titles)
    await street.ask("alice", "PATCH", f"/api/v1/items/{made['uid']}", {"title": "Shown elsewhere"})
    await street.ask("alice", "DELETE", f"/api/v1/items/{made['uid']}")
    titles = [one["title"] for one in (await street.filr("alice").get("/self/my_files/library_folders"))["items"]]
    assert "from native" not in titles


async def test_files_and_folders_of_filr_are_shown_elsewhere(street: Street) -> None:
    """A folder made and a file put here has path, uid and bytes in the other faces."""
    alice = street.filr("alice")
    folder = await alice.post("/self/my_files/library_folders", {"title": "new"})
    path = f"/folders/{folder['id']}/library_files?file_name=n.txt"
    octets = {"headers": {"content-type": "application/octet-stream"}, "content": b"bytes"}
    file = (await alice("POST", path, **octets)).data
    assert (await street.try_("alice", "GET", f"/api/v1/items/{file['id']}/content")).text == "bytes"
    assert (await street.ask("alice", "POST", "/stat", {"path": "/alice/new/n.txt"}))["uid"] == file["id"]
    await alice("DELETE", f"/folder_entries/{file['owning_entity']['id']}")
    assert (await street.try_("alice", "POST", "/stat", {"path": "/alice/new/n.txt"})).status == 404


@pytest.mark.parametrize("what", ["app", "entry", "record"])
async def test_what_has_no_file(street: Street, what: str) -> None:
    """A record, an app, an outside thing: in no tree of the library, but in the shares, with an entity of its own."""
    town = street.town
    if what == "app":
        item = town.items["/alice/paint"].no
    elif what == "entry":
        item = (await make_entry(town.core, town.actor("alice"), Path(("alice",)), type="b", key="7", title="Plan")).no
    else:
        item = await Builder(town.core.store).record(town.items[A].space, "articles", "7")
    await Builder(town.core.store).share(item, town.no("bob"))
    (share,) = await street.received("bob")
    assert (share["shared_entity"]["type"], share["shared_entity"]["id"]) == ("entry", item)
    bob = street.filr("bob")
    assert (await bob.get(share["shared_entity"]["href"]))["entity_type"] == "entry"
    for word in ("library_children", "library_entities?recursive=true"):
        found = (await bob.get(f"/shares/with_user/{town.no('bob')}/{word}"))["items"]
        assert [one["doc_type"] for one in found] == ["file"]  # what was shared before
    entries = (await bob.get(f"/shares/with_user/{town.no('bob')}/entries"))["items"]
    assert item in [one["id"] for one in entries]


@pytest.mark.parametrize("path", [A, DOCS])
async def test_a_share_with_a_user(street: Street, path: str) -> None:
    """One made by the native API or Puter is in the lists of Filr; one made here is listed, and reads, there."""
    town = street.town
    await street.native(path, "bob", note="from native")
    await street.puter(path, "carol", "write")
    (bob,), (carol,) = await street.received("bob"), await street.received("carol")
    assert (bob["recipient"], bob["access"]["role"], bob["comment"]) == (
        {"type": "user", "id": town.no("bob"), "href": f"/users/{town.no('bob')}"}, "VIEWER", "from native",
    )  # fmt: skip
    assert (carol["access"]["role"], carol["sharer"]["id"]) == ("CONTRIBUTOR", town.no("alice"))
    assert len(await street.made(path)) == 2
    body = {"recipient": town.user("dave"), "access": {"role": "EDITOR"}, "comment": "from Filr"}
    await street.filr("alice").post(town.shares_of(path), body)
    shown = {one["recipient"]["name"]: one for one in await street.on(path)}
    assert (shown["dave"]["role"], shown["dave"]["note"], shown["dave"]["face"]) == ("editor", "from Filr", "filr")
    rows = (await street.ask("dave", "GET", "/share/shared-with-me"))["items"]
    assert [(one["issuer"], one["mode"]) for one in rows] == [("alice", "write")]
    assert await street.reads("dave", A if path == A else DEEP) == ALL


async def test_a_share_with_somebody_from_outside(street: Street) -> None:
    """An account from outside is an external user here, and a user there."""
    await street.native(A, "ext")
    (share,) = await street.received("ext")
    assert share["recipient"]["type"] == "external_user"
    await street.town.share(DOCS, street.town.user("ext"))
    assert [one["recipient"]["kind"] for one in await street.on(DOCS)] == ["user"]


async def test_a_share_with_a_group(street: Street) -> None:
    """Nested groups reach their members through every face, and end with membership."""
    town = street.town
    await street.native(A, {"kind": "group", "name": "crew"})
    (share,) = await street.received("bob")
    assert share["recipient"] == {"type": "group", "id": town.no("crew"), "href": f"/groups/{town.no('crew')}"}
    assert await street.reads("bob") == ALL
    where = f"/api/v1/groups/{await _uid(street, 'team')}/members/remove"
    await street.ask("alice", "POST", where, {"members": ["bob"]})
    assert (await street.received("bob"), await street.reads("bob")) == ([], NONE)
    await town.share(DOCS, town.group("team"))
    assert [one["recipient"]["name"] for one in await street.on(DOCS)] == ["team"]
    rows = (await street.ask("alice", "GET", "/share/shares?path=/alice/docs"))["items"]
    assert [(one["holder"], one["holder_kind"]) for one in rows] == [("team", "group")]


async def _uid(street: Street, title: str) -> str:
    groups = (await street.ask("alice", "GET", "/api/v1/groups"))["data"]
    return str(next(one["uid"] for one in groups if one["title"] == title))


async def test_a_share_with_everybody_inside(street: Street) -> None:
    """The organisation is the group of all internal users; a person from outside gets nothing of it."""
    await street.town.share(A, {"type": "group", "id": MAIN_ORG})
    (shown,) = await street.on(A)
    assert shown["recipient"]["kind"] == "org"
    assert await street.reads("mallory") == ALL
    assert await street.reads("ext") == NONE
    (share,) = await street.received("mallory")
    assert share["recipient"] == {"type": "group", "id": MAIN_ORG, "href": f"/groups/{MAIN_ORG}"}
    org = (await street.filr("mallory").get(f"/groups/{MAIN_ORG}"))["entity_type"]
    assert org == "group"


async def test_a_share_with_everyone(street: Street) -> None:
    """What is public by any face is in ``/shares/public``, and read by anybody; made here, anybody reads it there."""
    await street.native(A, {"kind": "everyone"})
    (share,) = (await street.filr("dave").get("/shares/public"))["items"]
    assert (share["recipient"], share["shared_entity"]["id"]) == ({"type": "public"}, street.town.no(A))
    assert await street.received("dave") == []
    await street.town.share("/alice/b.txt", {"type": "public"})
    assert [one["recipient"]["kind"] for one in await street.on("/alice/b.txt")] == ["everyone"]
    uid = street.town.items["/alice/b.txt"].uid
    assert (await street.try_("nobody", "GET", f"/api/v1/items/{uid}/content")).text == "hello"
    assert (await street.try_("nobody", "GET", f"/read?file={uid}")).text == "hello"


async def test_a_link(street: Street) -> None:
    """A link on a file made elsewhere is a public link with addresses that work; one made here opens by its page."""
    await street.native(A, {"kind": "link"})
    (share,) = await street.made(A)
    assert share["recipient"] == {"type": "public_link"}
    for link in share["permalinks"]:
        assert (await street.filr("nobody")("GET", link["href"])).text == "hello"
    made = await street.town.share("/alice/b.txt", {"type": "public_link"}, None)
    (shown,) = await street.on("/alice/b.txt")
    assert (shown["recipient"]["kind"], shown["link"]["secret"] in made["permalinks"][0]["href"]) == ("link", True)
    peeked = await street.ask("nobody", "GET", f"/api/v1/links/{shown['link']['secret']}")
    assert peeked["state"] == "open"


async def test_other_links_are_shown_and_left_alone(street: Street) -> None:
    """A link to a folder, or with more than reading, is shown; sharing by a link here makes another one."""
    await street.native(DOCS, {"kind": "link"})
    (folder,) = await street.made(DOCS)
    assert (folder["recipient"]["type"], folder["shared_entity"]["type"]) == ("public_link", "folder")
    await street.native(A, {"kind": "link"}, "contributor")
    await street.town.share(A, {"type": "public_link"}, None)
    assert sorted(one["role"] for one in await street.on(A)) == ["contributor", "viewer"]


async def test_an_address_that_is_nobodys_yet(street: Street) -> None:
    """An invited address is an external user that waits; it is claimed by whoever verifies it."""
    await street.native(A, "new@elsewhere.example")
    (share,) = await street.made(A)
    assert (share["recipient"]["type"], share["recipient"]["email"]) == ("external_user", "new@elsewhere.example")
    person = await street.filr("alice").get(share["recipient"]["href"])
    assert (person["email"], person["entity_type"]) == ("new@elsewhere.example", "user")
    assert (await street.filr("bob")("GET", share["recipient"]["href"])).refusal == (404, "USER_NOT_FOUND")
    await street.town.share("/alice/b.txt", {"type": "external_user", "email": "other@elsewhere.example"})
    assert [one["recipient"]["kind"] for one in await street.on("/alice/b.txt")] == ["mail"]
    rows = (await street.ask("alice", "GET", "/share/shares?path=/alice/b.txt"))["items"]
    assert [one["recipient_email"] for one in rows] == ["other@elsewhere.example"]


@pytest.mark.parametrize(
    ("role", "name", "mode"),
    [
        ("viewer", "VIEWER", "read"),
        ("editor", "EDITOR", "write"),
        ("contributor", "CONTRIBUTOR", "write"),
        ("manager", "CONTRIBUTOR", "manage"),
        ("uploader", "CUSTOM", None),
        ("previewer", "CUSTOM", "see"),
    ],
)
async def test_roles(street: Street, role: str, name: str, mode: str | None) -> None:
    """A role of another face is shown by the nearest name; what is enforced is the role."""
    await street.native(DOCS, "bob", role)
    (made,) = await street.made(DOCS)
    assert (made["access"]["role"], made["role"]) == (name, name)
    assert made["access"]["sharing"]["grant_reshare"] is (role == "manager")
    rows = (await street.ask("alice", "GET", "/share/shares?path=/alice/docs"))["items"]
    assert [one["mode"] for one in rows] == ([mode] if mode else [])
    bob, here = street.filr("bob"), f"/folders/{street.town.no(DOCS)}/library_files?file_name=x.txt"
    octets = {"headers": {"content-type": "application/octet-stream"}, "content": b"bytes"}
    puts = (await bob("POST", here, **octets)).status == 200
    reads = (await bob("GET", f"/files/{street.town.items[DEEP].uid}")).status == 200
    writes = (await bob("POST", f"/files/{street.town.items[DEEP].uid}", **octets)).status == 200
    assert puts is (role in ("contributor", "manager", "uploader"))
    assert reads is (role not in ("uploader", "previewer"))
    assert writes is (role in ("editor", "contributor", "manager"))


@pytest.mark.parametrize(("name", "role"), [("VIEWER", "viewer"), ("EDITOR", "editor"), ("CONTRIBUTOR", "contributor")])
async def test_roles_given_here(street: Street, name: str, role: str) -> None:
    """The three roles of this dialect are those of the same names elsewhere."""
    await street.town.share(A, street.town.user("bob"), name)
    assert [one["role"] for one in await street.on(A)] == [role]


async def test_a_window(street: Street) -> None:
    """``until`` is the expiration, and the other way round; ``from`` is honoured, and shown as not yet readable."""
    town, now = street.town, street.town.clock()
    terms = {"starts": iso(now + HOUR), "until": iso(now + 2 * HOUR)}
    await street.native(A, "bob", **terms)
    (made,) = await street.made(A)
    assert made["expiration"] == now + 2 * HOUR
    told = []
    for _ in range(3):
        told.append((len(await street.received("bob")), await street.reads("bob")))
        town.clock.advance(HOUR)
    assert told == [(0, NONE), (1, ALL), (0, NONE)]
    at = town.clock() + HOUR
    await town.share("/alice/b.txt", town.user("bob"), "VIEWER", expiration=at)
    assert [one["until"][:19] for one in await street.on("/alice/b.txt")] == [iso(at)[:19]]


async def test_uses_and_passwords(street: Street) -> None:
    """A link that counts its uses, or has a password, opens no earlier here; what is overwritten here keeps both."""
    uid = await street.native(A, {"kind": "link"}, password="sesame", max_uses=2)
    (share,) = await street.made(A)
    for link in share["permalinks"]:
        assert (await street.filr("nobody")("GET", link["href"])).status == 303
    changed = await street.filr("alice").post(f"/shares/{share['id']}", {"comment": "changed here"})
    assert (changed["id"], changed["comment"]) == (share["id"], "changed here")
    shown = await street.shown(uid)
    assert (shown["password"], shown["max_uses"], shown["note"]) == (True, 2, "changed here")


async def test_notes(street: Street) -> None:
    """The note is the comment, in both directions."""
    await street.native(A, "bob", note="read this")
    (share,) = await street.made(A)
    assert share["comment"] == "read this"
    await street.filr("alice").post(f"/shares/{share['id']}", {"comment": "or not", "access": {"role": "VIEWER"}})
    assert [one["note"] for one in await street.on(A)] == ["or not"]


async def test_the_mask(street: Street) -> None:
    """To whom something may be passed on is said by the sharing flags, in both directions."""
    await street.native(A, "bob", "viewer", pass_on_to=["user", "link"])
    (share,) = await street.made(A)
    flags = share["access"]["sharing"]
    assert [flags[one] for one in ("internal", "external", "public", "public_link")] == [True, False, False, True]
    body = {"recipient": street.town.user("carol"), "access": {"role": "VIEWER", "sharing": {"external": True}}}
    await street.filr("alice").post(street.town.shares_of(A), body)
    shown = {one["recipient"]["name"]: one["pass_on_to"] for one in await street.on(A)}
    assert shown["carol"] == ["mail"]


@pytest.mark.parametrize("face", ["native", "puter", "filr"])
async def test_withdrawing(street: Street, face: str) -> None:
    """What any face ends is over in all of them with the next request."""
    uid = await street.native(A, "bob")
    assert await street.reads("bob") == ALL
    (share,) = await street.made(A)
    if face == "native":
        await street.ask("alice", "DELETE", f"/api/v1/shares/{uid}")
    elif face == "puter":
        await street.ask("alice", "POST", "/share/revoke", {"recipients": ["bob"], "items": [A]})
    else:
        assert (await street.filr("alice")("DELETE", f"/shares/{share['id']}")).status == 204
    assert (await street.reads("bob"), await street.received("bob"), await street.on(A)) == (NONE, [], [])
    assert (await street.filr("alice")("GET", f"/shares/{share['id']}")).refusal == (404, "SHAREITEM_NOT_FOUND")


async def test_the_uid_stays_the_id_does_not(street: Street) -> None:
    """Changed by any face, a share has a new id here and the old one is gone; its uid elsewhere stays."""
    uid = await street.native(A, "bob")
    (before,) = await street.made(A)
    await street.ask("alice", "PATCH", f"/api/v1/shares/{uid}", {"role": "editor"})
    (after,) = await street.made(A)
    assert (after["id"] != before["id"], after["access"]["role"]) == (True, "EDITOR")
    assert (await street.filr("alice")("GET", f"/shares/{before['id']}")).status == 404
    assert (await street.shown(uid))["uid"] == uid


async def test_who_shares(street: Street) -> None:
    """The sharer is the same person everywhere; what he passed on by any face hangs on what he got."""
    town = street.town
    await town.share(A, town.user("bob"), "VIEWER", sharing={"internal": True})
    await street.ask("bob", "POST", "/api/v1/shares", {"items": [town.items[A].uid], "recipients": ["carol"]})
    (share,) = await street.received("carol")
    assert share["sharer"] == {"id": town.no("bob"), "href": f"/users/{town.no('bob')}"}
    rows = (await street.ask("carol", "GET", "/share/shared-with-me"))["items"]
    assert ("bob", "a.txt") in [(one["issuer"], one["name"]) for one in rows]
    (first,) = await street.received("bob")
    await street.filr("alice")("DELETE", f"/shares/{first['id']}")
    assert await street.reads("carol") == NONE


async def test_public_in_arcgis_is_public_here(street: Street) -> None:
    """An item shared with everyone there is in ``/shares/public``; one that is public here has the access there."""
    app = build_app(street.town.core, [FACE, ARCGIS])
    street.app = app
    item, token = street.town.items[A], street.town.alice.password
    where = f"/sharing/rest/content/users/alice/items/{item.uid.replace('-', '')}/share"
    await street.ask("alice", "POST", f"{where}?f=json&everyone=true&token={token}")
    (share,) = (await street.filr("dave").get("/shares/public"))["items"]
    assert share["shared_entity"]["id"] == item.no
    await street.filr("alice")("DELETE", f"/shares/{share['id']}")
    await street.town.share("/alice/b.txt", {"type": "public"})
    for path, access in ((A, "private"), ("/alice/b.txt", "public")):
        where = f"/sharing/rest/content/items/{street.town.items[path].uid.replace('-', '')}"
        assert (await street.ask("alice", "GET", f"{where}?f=json&token={token}"))["access"] == access


async def test_a_link_of_directus_is_a_link_here(street: Street) -> None:
    """A public link on a file is a share object of its row; what is changed or ended by one is so in the other."""
    town = street.town
    street.app = build_app(town.core, [FACE, DIRECTUS])
    await town.file(R)
    made = await town.share(R, {"type": "public_link"}, None, comment="n")
    (share,) = (await street.ask("root", "GET", "/shares"))["data"]
    assert (share["item"], share["name"]) == (town.items[R].uid, "n")
    await street.ask("root", "PATCH", f"/shares/{share['id']}", {"name": "other", "max_uses": 2})
    (now,) = await street.made(R, "root")
    assert (now["id"], now["comment"]) == (made["id"], "other")
    assert (await street.filr("nobody")("GET", now["permalinks"][0]["href"])).status == 303
    await street.filr("root")("DELETE", f"/shares/{now['id']}")
    assert (await street.try_("root", "GET", f"/shares/{share['id']}")).status == 403


def test_kinds_are_all_there() -> None:
    """Each kind of recipient has a test above; a new one needs another."""
    assert {kind.name for kind in Kind} == {"USER", "GROUP", "ORG", "EVERYONE", "LINK", "MAIL"}
