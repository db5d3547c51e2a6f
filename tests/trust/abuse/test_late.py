"""Cases 48 to 52, and mail: what is invisible, wrong or late."""

import contextlib
import io
import zipfile
from typing import Any

import pytest
from tests.trust.abuse.marks import ALL, over
from tests.trust.doors import GIVE, REACHES, data, readers, reads
from tests.trust.town import HOST, Client, Reply, Town

from commonhold.core.directory.members import add_members, remove_members
from commonhold.core.identity import Named
from commonhold.core.limits import Limits
from commonhold.core.model import Outbox, Version
from commonhold.core.roles import Kind, Role
from commonhold.http.streams import StreamCut

pytestmark = pytest.mark.slow

A, DOCS, DEEP = "/alice/a.txt", "/alice/docs", "/alice/docs/deep.txt"


@over(*GIVE)
async def test_48_nothing_that_gives_access_is_hidden(town: Town, face: str) -> None:
    """Whatever a face makes when something is shared is in the audience and in the owner's list, and he can end it."""
    for to in REACHES[face]:
        assert (await GIVE[face](town, town.alice, A, to, Role.VIEWER)).done
    kept = {share.uid: share for share in await town.shares(A)}
    assert len(kept) == len(REACHES[face])
    listed = await town.alice.ok("GET", f"/api/v1/items/{town.uid(A)}/shares")
    assert {one["uid"] for one in listed["data"]} == kept.keys()
    audience = (await town.alice("GET", f"/api/v1/items/{town.uid(A)}/audience")).text
    assert all(uid in audience or str(share.no) in audience for uid, share in kept.items()), audience
    ended = await town.alice.ok("POST", "/api/v1/shares/withdraw", {"shares": list(kept)})
    assert await town.shares(A) == [], ended
    for name in ("carol", "dave", "nobody"):
        assert await readers(town, town.clients[name], A) == set()


@over(*ALL)
async def test_49_who_is_taken_out_has_nothing_left(town: Town, face: str) -> None:
    """Whoever is taken out of a group, of a group in it, or loses an address, reads nothing more of what these got."""
    await town.give(A, Named("crew", Kind.GROUP))
    await town.give(DEEP, Named("team", Kind.GROUP))
    assert await reads(town, town.bob, A, face)
    assert await reads(town, town.bob, DEEP, face)
    await remove_members(town.core, town.actor("alice"), town.numbers["team"], [town.numbers["bob"]])
    assert not await reads(town, town.bob, A, face)
    assert not await reads(town, town.bob, DEEP, face)
    assert await reads(town, town.carol, A, face)
    await remove_members(town.core, town.actor("alice"), town.numbers["crew"], [town.numbers["team"]])
    assert not await reads(town, town.carol, A, face)
    await town.give("/alice/b.txt", Named("dave@example.org", Kind.MAIL))
    assert await reads(town, town.dave, "/alice/b.txt", face)
    await add_members(town.core, town.actor("alice"), town.numbers["crew"], [town.numbers["team"]])
    assert await reads(town, town.carol, A, face)


async def listed(town: Town, who: Client, face: str) -> str:
    """Return what somebody is shown of what is shared with him, or of what he may find."""
    name = next((name for name, client in town.clients.items() if client is who), "nobody")
    asks: dict[str, list[tuple[str, str]]] = {
        "native": [("GET", "/api/v1/shares?received=true"), ("GET", "/api/v1/search?q=txt")],
        "web": [("GET", "/app")],
        "puter": [("GET", "/share/shared-with-me")],
        "filr": [("GET", f"/rest/shares/with_user/{town.numbers[name]}")],
        "arcgis": [("GET", "/sharing/rest/search?f=json&num=100&q=txt")],
        "directus": [("GET", "/items/commonhold_files?fields=id&limit=-1")],
    }
    texts = [(await who(method, path, headers={"accept": "application/json"})).text for method, path in asks[face]]
    return " ".join(texts)


@over(*ALL)
async def test_50_lists_and_readings_agree(town: Town, face: str) -> None:
    """What somebody finds in his lists he may open, and what he may open he finds: also right after each change."""
    names = {A: town.uid(A), "/alice/b.txt": town.uid("/alice/b.txt")}
    marks = {path: {"filr": f'"id":{town.no(path)},', "arcgis": uid.replace("-", ""), "web": path.rsplit("/")[-1]}.get(
        face, uid) for path, uid in names.items()}  # fmt: skip
    steps: list[Any] = [
        ("give", A, Named("bob", Kind.USER)),
        ("give", "/alice/b.txt", Named("crew", Kind.GROUP)),
        ("end", A, None),
        ("give", A, Named("team", Kind.GROUP)),
        ("end", "/alice/b.txt", None),
    ]
    for verb, path, to in steps:
        if verb == "give":
            await town.give(path, to)
        else:
            for share in await town.shares(path):
                await town.alice.ok("DELETE", f"/api/v1/shares/{share.uid}")
        found = await listed(town, town.bob, face)
        for one, mark in marks.items():
            assert (mark in found) == await reads(town, town.bob, one, face), (verb, path, one, found[:2000])


@over(*ALL)
async def test_52_what_is_shared_runs_nothing(town: Town, face: str) -> None:
    """A file that is a page, a picture with a script, or a script does no harm in the browser of who opens it: it is
    kept apart, and never taken for something else."""
    for name, body in (
        ("a.html", b"<script>alert(1)</script>"),
        ("a.svg", b"<svg onload='alert(1)'/>"),
        ("a.js", b"x"),
    ):
        path = f"/alice/{name}"
        await town.file(path, body)
        secret, _ = await town.link(path)
        method, where = data(town, face, path)[:2]
        asks = [(town.alice, where), (town.alice, where + ("&" if "?" in where else "?") + "inline=true")]
        if face == "web":
            asks += [(town.nobody, f"/s/{secret}/download"), (town.nobody, f"/s/{secret}/{town.uid(path)}/content")]
        for who, at in asks:
            reply = await who(method, at)
            assert reply.body == body, reply
            assert reply.headers["x-content-type-options"] == "nosniff"
            policy = reply.headers["content-security-policy"]
            apart = "sandbox" in policy and "allow-scripts" not in policy
            kept = reply.headers.get("content-disposition", "").startswith("attachment")
            assert apart or kept, (policy, dict(reply.headers))


HOSTILE = '<b onclick="x()">&"\'</b><script>x()</script>.txt'


@over("web")
async def test_52_names_are_text(town: Town, face: str) -> None:
    """A name that is markup is text on every page that shows it."""
    path = "/alice/" + HOSTILE.replace("/", "_")
    await town.file(path)
    await town.give(path, "bob")
    secret, _ = await town.link(path)
    for who, at in ((town.bob, "/app"), (town.bob, f"/app/items/{town.uid(path)}"), (town.nobody, f"/s/{secret}")):
        reply = await who("GET", at)
        assert "<script>x()" not in reply.text
        assert '<b onclick="x()">' not in reply.text
        assert reply.status == 200


@over("native", "web", "puter", "filr", "directus")
async def test_53_invitations_are_counted(town: Town, face: str) -> None:
    """Nobody sends more letters in a day than allowed, by no face: what goes beyond is refused, and no letter waits."""
    limits = Limits(mails_per_day=3)
    core = type(town.core)(
        **{name: getattr(town.core, name) for name in town.core.__struct_fields__} | {"limits": limits}
    )
    few = Town(core)
    few.clients |= {name: Client(few.app, token) for name, token in town.tokens.items()}
    few.items, few.numbers = town.items, town.numbers
    _, link = await town.link("/alice/b.txt")
    before = len(await town.rows(Outbox))
    told = [await invited(few, face, number, link) for number in range(6)]
    waiting = len(await town.rows(Outbox)) - before
    assert waiting <= 3, (waiting, told)
    assert waiting > 0, told
    assert any(reply.refused or '"refused"' in reply.text or "limit" in reply.text for reply in told[3:]), told


async def invited(town: Town, face: str, number: int, link: str) -> Reply:
    """Invite an address that nobody has."""
    address = f"guest{number}@example.net"
    match face:
        case "native":
            recipient = {"kind": "mail", "name": address}
            return await town.alice("POST", "/api/v1/shares", {"items": [town.uid(A)], "recipients": [recipient]})
        case "web":
            form = {"do": "send", "to": address, "role": "viewer", "notify": "1"}
            where = f"/app/items/{town.uid(A)}/share"
            return Reply(await town.alice.http.post(where, data=form, headers={"origin": HOST}))
        case "puter":
            body = {"recipients": [address], "items": [{"uid": town.uid(A)}], "mode": "read"}
            return await town.alice("POST", "/share", body)
        case "filr":
            given = {"recipient": {"type": "external_user", "email": address}, "access": {"role": "VIEWER"}}
            where = f"/rest/folder_entries/{town.no(A)}/shares?notify=true"
            return await town.alice("POST", where, given, headers={"accept": "application/json"})
        case _:
            body = {"share": link, "emails": [address]}
            return await town.alice("POST", "/shares/invite", body)


@over("native", "web", "puter", "filr")
async def test_53_whoever_is_blocked_sends_nothing(town: Town, face: str) -> None:
    """Who takes no shares from somebody gets none from him by any face, and no letter."""
    await town.carol.ok("PUT", "/api/v1/blocks/alice")
    assert not (await GIVE[face](town, town.alice, A, "carol", Role.VIEWER)).done
    assert not await reads(town, town.carol, A, face)
    assert await town.rows(Outbox) == []


@over("native", "web")
async def test_51_a_part_is_not_told_as_the_whole(town: Town, face: str) -> None:
    """A ZIP of which one entry cannot be read is cut off, so that nobody takes it for all there is."""
    await town.file("/alice/docs/gone.txt", b"gone" * 100)
    for version in await town.rows(Version, item=town.no("/alice/docs/gone.txt")):
        await town.core.blobs.delete([version.blob])
    where = {"native": "/api/v1/items", "web": "/app/items"}[face]
    whole = False
    with contextlib.suppress(StreamCut):  # the connection is broken off
        reply = await town.alice("GET", f"{where}/{town.uid(DOCS)}/zip")
        whole = not reply.refused and zipfile.is_zipfile(io.BytesIO(reply.body))
    assert not whole
