"""Uploads that resume (tus 1.0) over the native API."""

import asyncio
import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.faces.native.town import Client, Reply, Town, settle
from tests.http.peer import serving

from commonhold.core.content.uploading import sweep_uploads
from commonhold.core.limits import Limits
from commonhold.http import tus
from commonhold.testing.core import make_core

HERE = {"tus-resumable": "1.0.0"}
PIECE = {**HERE, "content-type": "application/offset+octet-stream"}
UNKNOWN = "00000000-0000-4000-8000-000000000001"


def told(**texts: str) -> str:
    """Write ``Upload-Metadata``."""
    return ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in texts.items())


async def begun(client: Client, folder: str, size: int | None, body: bytes | None = None, **texts: str) -> Reply:
    """Begin an upload."""
    length = {"upload-defer-length": "1"} if size is None else {"upload-length": str(size)}
    headers = {**(HERE if body is None else PIECE), **length, "upload-metadata": told(**{"filename": "a.txt", **texts})}
    return await client("POST", f"/items/{folder}/uploads", headers=headers, content=body or b"")


async def sent(client: Client, url: str, offset: int, content: bytes, **more: str) -> Reply:
    """Send a piece."""
    headers = {**PIECE, "upload-offset": str(offset), **{name.replace("_", "-"): text for name, text in more.items()}}
    return await client("PATCH", url, headers=headers, content=content)


async def far(client: Client, url: str) -> Reply:
    """Ask how far an upload is."""
    return await client("HEAD", url, headers=HERE)


async def names(town: Town, who: str = "alice") -> list[str]:
    """List somebody's top folder."""
    found = await town.clients[who].ok("GET", f"/items/{await town.home(who)}/children")
    return [one["name"] for one in found["data"]]


async def test_a_file_in_pieces(town: Town) -> None:
    """An upload is begun, says how far it is, goes on from there, and is a file with its last byte, not before."""
    home = await town.home("alice")
    made = await begun(town.alice, home, 11, filetype="text/plain")
    url = made.headers["location"]
    assert (made.status, made.headers["upload-offset"], made.headers["tus-resumable"]) == (201, "0", "1.0.0")

    first = await sent(town.alice, url, 0, b"hello ")
    assert (first.status, first.headers["upload-offset"], await names(town)) == (204, "6", [])
    now = await far(town.alice, url)
    assert (now.status, now.headers["upload-offset"], now.headers["upload-length"]) == (200, "6", "11")
    assert now.headers["upload-metadata"] == told(filename="a.txt", filetype="text/plain")
    assert now.headers["cache-control"] == "no-store"

    last = await sent(town.alice, url, 6, b"world")
    assert (last.status, last.headers["upload-offset"]) == (204, "11")
    got = await town.alice("GET", f"/items/{last.headers['commonhold-item']}/content")
    assert (got.body, got.headers["content-type"], await names(town)) == (b"hello world", "text/plain", ["a.txt"])
    assert (await far(town.alice, url)).headers["upload-offset"] == "11"


async def test_all_there_is_a_file(town: Town) -> None:
    """Nobody is told that all of it is there before the file is: asking how far it is makes what could not be made."""
    home = await town.home("alice")
    url = (await begun(town.alice, home, 5)).headers["location"]
    other = await town.alice.ok("PUT", f"/items/{home}/children/a.txt", content=b"other")
    assert (await sent(town.alice, url, 0, b"hello")).status == 409
    assert (await far(town.alice, url)).status == 409

    await town.alice.ok("DELETE", f"/items/{other['uid']}")
    now = await far(town.alice, url)
    assert (now.status, now.headers["upload-offset"], await names(town)) == (200, "5", ["a.txt"])
    assert (await far(town.alice, url)).headers["upload-offset"] == "5"


async def test_with_its_first_bytes(town: Town) -> None:
    """The request that begins an upload may bring bytes; all of them make the file at once, none do so for none."""
    home = await town.home("alice")
    some = await begun(town.alice, home, 5, b"he", filename="some.txt")
    assert (some.status, some.headers["upload-offset"]) == (201, "2")
    whole = await begun(town.alice, home, 5, b"hello", filename="whole.txt")
    assert (whole.status, whole.headers["upload-offset"]) == (201, "5")
    empty = await begun(town.alice, home, 0, filename="empty.txt")
    assert (empty.status, await names(town)) == (201, ["empty.txt", "whole.txt"])
    assert (await town.alice("GET", f"/items/{whole.headers['commonhold-item']}/content")).body == b"hello"


async def test_a_size_that_is_told_later(town: Town) -> None:
    """Where the size is not known yet, it comes with a later piece, once."""
    made = await begun(town.alice, await town.home("alice"), None)
    url = made.headers["location"]
    await sent(town.alice, url, 0, b"hel")
    assert (await far(town.alice, url)).headers["upload-defer-length"] == "1"
    assert (await sent(town.alice, url, 3, b"l", upload_length="2")).problem[:2] == (400, "invalid_field")
    assert (await sent(town.alice, url, 3, b"l", upload_length="5")).status == 204
    assert (await sent(town.alice, url, 4, b"o", upload_length="6")).problem[:2] == (400, "invalid_field")
    assert "commonhold-item" in (await sent(town.alice, url, 4, b"o", upload_length="5")).headers


async def test_checksums(town: Town) -> None:
    """A piece that is not what its checksum says is refused and does not count."""
    made = await begun(town.alice, await town.home("alice"), 5)
    url = made.headers["location"]
    right = base64.b64encode(hashlib.sha1(b"hello", usedforsecurity=False).digest()).decode()
    wrong = await sent(town.alice, url, 0, b"jello", upload_checksum=f"sha1 {right}")
    assert (wrong.status, wrong.json["code"], wrong.headers["tus-resumable"]) == (460, "checksum_mismatch", "1.0.0")
    assert (await far(town.alice, url)).headers["upload-offset"] == "0"
    for text in ("crc9 aaaa", "sha1", "sha1 ???"):
        assert (await sent(town.alice, url, 0, b"hello", upload_checksum=text)).problem[:2] == (400, "invalid_field")
    assert (await sent(town.alice, url, 0, b"hello", upload_checksum=f"sha1 {right}")).status == 204


CASES: list[tuple[dict[str, Any], bytes, tuple[int, str]]] = [
    ({"upload-offset": "3"}, b"x", (409, "wrong_offset")),
    ({"upload-offset": "-1"}, b"x", (400, "invalid_field")),
    ({"upload-offset": "9" * 30}, b"x", (400, "invalid_field")),
    ({}, b"x", (400, "missing_field")),
    ({"upload-offset": "0", "content-type": "text/plain"}, b"x", (415, "unsupported_media_type")),
    ({"upload-offset": "0"}, b"x" * 12, (413, "too_large")),
    ({"upload-offset": "0", "tus-resumable": "0.2.2"}, b"x", (412, "tus_version")),
]


@pytest.mark.parametrize(("headers", "body", "refused"), CASES)
async def test_refused(town: Town, headers: dict[str, str], body: bytes, refused: tuple[int, str]) -> None:
    """A piece at another place, of another form or beyond the end is refused, and the upload stays where it was."""
    made = await begun(town.alice, await town.home("alice"), 11)
    url = made.headers["location"]
    answer = await town.alice("PATCH", url, headers={**PIECE, **headers}, content=body)
    assert (answer.problem[:2], answer.headers["tus-resumable"]) == (refused, "1.0.0")
    assert (await sent(town.alice, url, 0, b"hello world")).status == 204


async def test_not_begun(town: Town) -> None:
    """What could never be a file is refused before a byte is sent, and so is what says too little."""
    home = await town.home("alice")
    assert (await begun(town.alice, home, 1 << 50)).problem[:2] == (413, "too_large")
    assert (await begun(town.alice, home, 5, filename="../x")).problem[:2] == (400, "name_forbidden")
    assert (await begun(town.alice, home, 5, on_collision="eat")).problem[:2] == (400, "invalid_field")
    assert (await begun(town.alice, UNKNOWN, 5)).problem[:2] == (404, "unknown_item")
    for headers, code in (
        ({**HERE}, "missing_field"),
        ({**HERE, "upload-length": "5"}, "missing_field"),
        ({**HERE, "upload-length": "5", "upload-metadata": "filename ???"}, "invalid_field"),
        ({"upload-length": "5"}, "tus_version"),
    ):
        assert (await town.alice("POST", f"/items/{home}/uploads", headers=headers)).json["code"] == code
    assert await names(town) == []


async def test_asked_at_every_step(town: Town) -> None:
    """A recipient may upload while the share lives, nobody else may touch it; afterwards not a byte goes through."""
    box = await town.folder("alice", "Box")
    pair = await town.share("alice", box, "bob", role="uploader")
    made = await begun(town.bob, box, 6)
    url = made.headers["location"]
    assert (await sent(town.bob, url, 0, b"abc")).status == 204
    for other in (town.alice, town.mallory, town.nobody):
        assert (await far(other, url)).status == 404
        assert (await sent(other, url, 3, b"def")).json["code"] == "unknown_upload"
        assert (await other("DELETE", url, headers=HERE)).status == 404

    await town.alice("DELETE", f"/shares/{pair['share']}")
    assert (await far(town.bob, url)).status == 404
    assert (await sent(town.bob, url, 3, b"def")).problem[:2] == (404, "unknown_item")
    assert (await town.alice.ok("GET", f"/items/{box}/children"))["data"] == []


async def test_by_a_link(town: Town) -> None:
    """The holder of a pass hands a file in piece by piece; a pass of another link does not reach it."""
    box = await town.folder("alice", "Box")
    links = [await town.link("alice", box) for _ in range(2)]
    for pair in links:
        await town.alice.ok("PATCH", f"/shares/{pair['share']}", {"role": "uploader"})
    one, other = [await town.open(pair["link"]["secret"]) for pair in links]
    url = (await begun(one, box, 6)).headers["location"]
    assert (await sent(other, url, 0, b"abcdef")).problem[:2] == (404, "unknown_upload")
    assert (await sent(one, url, 0, b"abcdef")).status == 204
    assert [item["name"] for item in (await town.alice.ok("GET", f"/items/{box}/children"))["data"]] == ["a.txt"]


async def test_a_name_that_is_taken_meanwhile(town: Town) -> None:
    """The end of an upload meets what is there by then: refused by default, renamed or a version if that was said."""
    home = await town.home("alice")
    refused = await begun(town.alice, home, 3)
    renamed = await begun(town.alice, home, 3, on_collision="rename")
    version = await begun(town.alice, home, 3, on_collision="version")
    await town.file("alice", "a.txt", b"old")
    assert (await sent(town.alice, refused.headers["location"], 0, b"one")).problem[:2] == (409, "name_collides")
    assert (await sent(town.alice, renamed.headers["location"], 0, b"two")).status == 204
    assert (await sent(town.alice, version.headers["location"], 0, b"3rd")).status == 204
    assert await names(town) == ["a (2).txt", "a.txt"]
    assert (await far(town.alice, refused.headers["location"])).status == 409  # never that all is there


async def test_ended_and_over(town: Town) -> None:
    """An upload ends by DELETE, or when its time is over; then it is cleared away with its pieces."""
    home = await town.home("alice")
    urls = [(await begun(town.alice, home, 5, b"ab")).headers["location"] for _ in range(2)]
    assert (await town.alice("DELETE", urls[0], headers=HERE)).status == 204
    assert (await far(town.alice, urls[0])).status == 404
    town.clock.advance(town.core.limits.upload_life)
    assert (await far(town.alice, urls[1])).status == 404
    assert (await sent(town.alice, urls[1], 2, b"cde")).problem[:2] == (404, "unknown_upload")
    assert await sweep_uploads(town.core) == 1
    assert await sweep_uploads(town.core) == 0


async def test_a_client_that_fell_silent(hamlet: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection over which nothing comes any more is given up; what came by it counts, and its sender goes on."""
    monkeypatch.setattr(tus, "STALL", 0.2)
    made = await begun(hamlet.alice, await hamlet.home("alice"), 6)
    url = urlsplit(made.headers["location"]).path
    async with serving(hamlet.app) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"PATCH {url} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {hamlet.alice.token}\r\ncontent-length: 6\r\n"
        more = "tus-resumable: 1.0.0\r\nupload-offset: 0\r\ncontent-type: application/offset+octet-stream\r\n\r\nabc"
        writer.write((head + more).encode())
        await writer.drain()
        await asyncio.sleep(0.1)
        assert (await far(hamlet.alice, made.headers["location"])).headers["upload-offset"] == "3"
        writer.close()
    assert "commonhold-item" in (await sent(hamlet.alice, made.headers["location"], 3, b"def")).headers


async def test_what_is_spoken(hamlet: Town) -> None:
    """OPTIONS says version, extensions and limits; a preflight of a browser is answered as everywhere."""
    path = f"/items/{await hamlet.home('alice')}/uploads"
    offer = await hamlet.nobody("OPTIONS", path)
    assert (offer.status, offer.headers["tus-version"]) == (204, "1.0.0")
    assert "checksum" in offer.headers["tus-extension"].split(",")
    assert "sha1" in offer.headers["tus-checksum-algorithm"].split(",")
    asked = {"origin": "https://else.example", "access-control-request-method": "PATCH"}
    assert "tus-version" not in (await hamlet.nobody("OPTIONS", path, headers=asked)).headers


async def test_too_many_under_way() -> None:
    """A person has so many uploads under way and no more; one that ends makes room."""
    town = await settle(make_core(limits=Limits(uploads=2)))
    home = await town.home("alice")
    first, _ = [await begun(town.alice, home, 5) for _ in range(2)]
    assert (await begun(town.alice, home, 5)).problem[:2] == (409, "too_many_uploads")
    assert (await begun(town.bob, await town.home("bob"), 5)).status == 201
    await town.alice("DELETE", first.headers["location"], headers=HERE)
    assert (await begun(town.alice, home, 5)).status == 201


async def test_too_many_by_a_link() -> None:
    """Those who come by one link have so many uploads under way together; another link has its own."""
    town = await settle(make_core(limits=Limits(uploads=2)))
    box = await town.folder("alice", "Box")
    links = [await town.link("alice", box) for _ in range(2)]
    for pair in links:
        await town.alice.ok("PATCH", f"/shares/{pair['share']}", {"role": "uploader"})
    first, again, other = [await town.open(links[at]["link"]["secret"]) for at in (0, 0, 1)]
    assert [(await begun(one, box, 5)).status for one in (first, again)] == [201, 201]
    assert (await begun(again, box, 5)).problem[:2] == (409, "too_many_uploads")
    assert (await begun(other, box, 5)).status == 201
