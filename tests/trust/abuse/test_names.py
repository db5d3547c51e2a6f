"""Cases 26 to 33: paths, names, and which thing a credential is for."""

import re

import pytest
from tests.trust.abuse.marks import ALL, over
from tests.trust.doors import GIVE, LINKS, REACHES, data, facts, readers, reads, through
from tests.trust.town import PASSWORD, Client, Reply, Town

from commonhold.core.content.trash import trash
from commonhold.core.roles import Role
from commonhold.core.sharing.managing import withdraw

pytestmark = pytest.mark.slow

A, B, DOCS, LOW = "/alice/a.txt", "/alice/b.txt", "/alice/docs", "/alice/docs/inner/low.txt"
FORM = {"origin": "http://files.example"}


async def holder(town: Town, secret: str, password: str | None = None) -> Client:
    """Open a link, and return a client with its pass."""
    opened = await town.nobody.ok("POST", f"/api/v1/links/{secret}/open", {"password": password})
    return town.client(opened["token"])


@over(*ALL)
async def test_26_a_folder_whose_name_begins_alike(town: Town, face: str) -> None:
    """Whoever was given a folder, or holds a link to it, reaches nothing in one whose name goes on further."""
    for path in ("/alice/share", "/alice/share2"):
        await town.folder(path)
        await town.file(f"{path}/x.txt", f"{path}/x.txt".encode())
    secret, _ = await town.link("/alice/share")
    await town.give("/alice/share", "bob")
    for who in (town.bob, await holder(town, secret)):
        assert await reads(town, who, "/alice/share/x.txt", face if who is town.bob else "native")
        assert not await reads(town, who, "/alice/share2/x.txt", face)
        assert (await who(*facts(town, face, "/alice/share2"))).status != 200 or face == "arcgis"
    zipped = await town.bob("GET", f"/api/v1/items/{town.uid('/alice/share')}/zip")
    assert b"share2" not in zipped.body
    page = await town.nobody("GET", f"/s/{secret}/{town.uid('/alice/share2/x.txt')}/content")
    assert page.refused


SPELLINGS = (
    "/alice/docs/../b.txt",
    "/alice//b.txt",
    "/alice/./b.txt",
    "/alice/docs/..%2fb.txt",
    "/alice/b.txt/",
    "/alice\\b.txt",
    "alice/b.txt",
    "/alice/b.txt\0",
    "/alice/%62.txt",
    "/alice/b.txt.",
    "/alice/b.txt ",
    "/ALICE/b.txt",
    "/alice/B.TXT",
    "/alice/b\u200b.txt",
    "/alice/\uff42.txt",
    "/alice/docs/../../alice/b.txt",
    "/bob/../alice/b.txt",
    "~/../alice/b.txt",
    "/alice/docs/inner/../../b.txt",
    "/alice/b.txt#",
    "/alice/b.txt?",
    "//alice/b.txt",
    "/./alice/b.txt",
    "/alice/%2e%2e/b.txt",
)


@over("native", "puter")
async def test_27_each_spelling_of_a_path(town: Town, face: str) -> None:
    """A path means one thing or is refused: whatever spelling leads past what was shared leads nowhere for others, and
    for the owner to the same file or nowhere."""
    await town.give(DOCS, "bob")
    for path in SPELLINGS:
        for who in (town.bob, town.alice):
            if face == "native":
                reply = await who("GET", "/api/v1/items", params={"path": path})
            else:
                reply = await who("POST", "/stat", {"path": path})
                read = await who("GET", "/read", params={"file": path})
                assert read.status < 500, read
                assert read.body != B.encode() or who is town.alice, path
            assert reply.status < 500, reply
            if who is town.bob:
                assert reply.refused, (path, reply)
                assert town.uid(B) not in reply.text
            else:
                assert reply.refused or town.uid(B) in reply.text, (path, reply)


@over("web", "filr", "arcgis", "directus")
async def test_27_each_spelling_of_an_address(town: Town, face: str) -> None:
    """Where things are named by ids alone, an id that is written oddly or followed by a path leads nowhere."""
    await town.give(A, "bob")
    good = data(town, face, A)[1]
    wanted = {"filr": town.uid(B), "arcgis": town.arcgis_id(B)}.get(face, town.uid(B))
    ident = {"arcgis": town.arcgis_id(A)}.get(face, town.uid(A))
    odds = (
        f"{ident}/../{wanted}",
        f"{ident}%2f..%2f{wanted}",
        f"{wanted}%00",
        f"..%2f{wanted}",
        f"{ident};{wanted}",
        f"%7b{wanted}%7d",
        f"{wanted} ",
        f"{ident},{wanted}",
        f"./{wanted}",
    )
    for odd in odds:
        reply = await town.bob("GET", good.replace(ident, odd))
        assert reply.status < 500, reply
        assert B.encode() not in reply.body, (odd, reply)


HOSTILE = (
    "../alice",
    "alice/../bob",
    "..",
    ".",
    "a/b",
    "a\\b",
    "a\0",
    "%2e%2e",
    "alice\n",
    " alice",
    "alice ",
    "",
    "a" * 65,
    "ALICE",
    "Alice",
    "\uff41lice",
    "al\u0131ce\u0307",
    "al\u200bice",
    "alice\u202e",
    "a b",
    "<b>",
    "a:b",
)


@over("native", "web", "directus")
async def test_28_names_of_people(town: Town, face: str) -> None:
    """A name that could be read as a path, or as somebody else's, makes no account, and changes nobody's."""
    before = await town.root.ok("GET", "/api/v1/users?limit=200")
    for name in HOSTILE:
        if face == "native":
            body = {"name": name, "password": PASSWORD, "email": "odd@example.org"}
            reply = await town.root("POST", "/api/v1/users", body)
            assert reply.refused, (name, reply)
        elif face == "web":
            form = {"name": name, "password": PASSWORD, "email": "odd@example.org"}
            reply = Reply(await town.root.http.post("/app/people", data=form, headers=FORM))
            assert reply.refused or name != name.strip(), (name, reply)  # forms are read without spaces around
        else:
            reply = await town.root("POST", "/users", {"email": f"{name}@example.org", "password": PASSWORD})
        assert reply.status < 500, (name, reply)
    after = await town.root.ok("GET", "/api/v1/users?limit=200")
    old, new = ({one["uid"]: one["name"] for one in found["data"]} for found in (before, after))
    assert {uid: name for uid, name in new.items() if uid in old} == old
    for name in set(new.values()) - set(old.values()):
        assert re.fullmatch(r"[\w.-]{1,64}", name), name
        assert name not in (".", ".."), name


@over(*ALL)
async def test_29_a_closed_folder_stays_closed(town: Town, face: str) -> None:
    """What is closed deep in a tree is closed for those who got a folder above it, by link and by name."""
    secret, _ = await town.link(DOCS)
    await town.give(DOCS, "bob")
    assert await reads(town, town.bob, LOW, face)
    await town.alice.ok("PATCH", f"/api/v1/items/{town.uid('/alice/docs/inner')}", {"inherits": False})
    for who in (town.bob, await holder(town, secret)):
        assert not await reads(town, who, LOW, face)
        assert (await who(*facts(town, face, LOW))).status != 200 or face == "arcgis"
        assert b"low.txt" not in (await who("GET", f"/api/v1/items/{town.uid(DOCS)}/zip")).body
    assert b"low.txt" not in (await town.nobody("GET", f"/s/{secret}/download")).body
    assert (await town.nobody("GET", f"/s/{secret}/{town.uid(LOW)}/content")).refused


@over(*ALL)
async def test_30_a_new_thing_under_an_old_name(town: Town, face: str) -> None:
    """What is made anew under the name of something deleted is another thing: old links and shares do not reach it."""
    secret, share = await town.link(A)
    await town.give(A, "bob")
    opened = await holder(town, secret)
    await trash(town.core, town.actor("alice"), town.no(A))
    await town.file(A, A.encode())
    for who in (town.bob, opened):
        assert not await reads(town, who, A, face)
    if face in LINKS:
        reply = await through(town, face, secret, share, A)
        assert reply.refused or reply.status == 303, reply
    if face == "puter":
        assert (await town.bob("GET", "/read", params={"file": A})).status == 404


@over("native", "web", "directus")
async def test_31_an_old_pass_and_a_new_link(town: Town, face: str) -> None:
    """What was handed out for a link that is gone opens no new link on the same thing, not under the same id either."""
    ident = "11111111-1111-4111-8111-111111111111"
    body = {"id": ident, "collection": "commonhold_files", "item": town.uid(A), "password": "one", "role": None}
    await town.alice.ok("POST", "/shares", body)
    opened = await town.nobody.ok("POST", "/shares/auth", {"share": ident, "password": "one"})
    token = opened["data"]["access_token"]
    await withdraw(town.core, town.actor("alice"), [ident])
    secret, _ = await town.link(A, password="two")
    again = await town.alice("POST", "/shares", {**body, "password": "two"})
    cookies = {f"commonhold_pass_{share.no}": token for share in await town.shares(A)}
    holder_of_old = town.client(token, cookie="; ".join(f"{name}={value}" for name, value in cookies.items()))
    assert not await reads(town, holder_of_old, A, face)
    bare = town.client(cookie="; ".join(f"{name}={value}" for name, value in cookies.items()))
    assert not await reads(town, bare, A, face)
    assert (await bare("GET", f"/s/{secret}/download")).refused
    assert again.status in (200, 400, 403)


def flipped(text: str) -> str:
    """Return a text with its first letter in the other case."""
    at = next(at for at, sign in enumerate(text) if sign.isalpha())
    return text[:at] + text[at].swapcase() + text[at + 1 :]


@over(*ALL)
async def test_32_secrets_differ_in_every_letter(town: Town, face: str) -> None:
    """A secret with one letter in the other case, an accent or another width opens nothing by any face."""
    secret, share = await town.link(A)
    token = town.tokens["alice"]
    for odd in (
        flipped(secret),
        secret + " ",
        secret[:-1],
        secret + "\u0301",
        chr(ord(secret[0]) + 0xFEE0) + secret[1:],
    ):
        if face in ("native", "web", "puter", "filr"):
            assert (await through(town, face, odd, share, A)).body != A.encode()
    for odd in (flipped(token), token[:-1], token + "a"):
        assert (await town.client(odd)(*data(town, face, A))).refused or face == "web"
        assert not await reads(town, town.client(odd), A, face)


@over(*ALL)
async def test_33_a_credential_opens_its_own_thing(town: Town, face: str) -> None:
    """The pass of one link, used and warm, opens nothing else: no file beside it, of the same owner or of another."""
    secret, _ = await town.link(A)
    await town.link(B)
    opened = await holder(town, secret)
    for _ in range(2):
        assert await reads(town, opened, A, "native")
        for other in (B, "/alice/docs/deep.txt", "/mallory/secret.txt"):
            assert await readers(town, opened, other) == set()
    if face in ("puter", "filr"):
        (row,) = await town.shares(B)
        where = {
            "puter": f"/token-read?uid={town.uid(B)}&token={secret}",
            "filr": f"/ssf/s/readFile/share/{row.no}/{secret}/publicLink/b.txt",
        }
        assert (await town.nobody("GET", where[face])).body != B.encode()
    if face in GIVE:
        await GIVE[face](town, opened, B, REACHES[face][-1], Role.VIEWER)
        assert all(one.made_by == town.numbers["alice"] for one in await town.shares(B))
    assert (await opened("POST", "/api/v1/tokens", {})).refused
