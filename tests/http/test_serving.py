"""Items as downloads, the same for every face: in ranges, in versions, as archives, as long as the right lasts."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.responses import Response
from tests.http.faces import client, face

from commonhold.core.content.files import put, put_content
from commonhold.core.core import Core
from commonhold.core.identity import Actor
from commonhold.core.model import MAIN_ORG, Item, Share
from commonhold.core.roles import Action, Role
from commonhold.http import streams
from commonhold.http.app import App, build_app
from commonhold.http.face import Call
from commonhold.http.serving import serve_file, serve_zip
from commonhold.testing.build import Builder
from commonhold.testing.core import make_core

HEADERS = {"x-robots-tag": "noindex"}


class Shelf:
    """Alice's folder with files, Bob to whom it is shared, and a face that serves to whoever is named in the path."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.core: Core = make_core()
        self.build = Builder(self.core.store)
        self.app: App = build_app(
            self.core,
            [face("files", "/", routes={"/{who}/file/{item}": self._file, "/{who}/zip/{item}": self._zip})],
        )

    async def settle(self) -> "Shelf":
        """Make the people, the folder, and what is in it."""
        self.alice, self.bob = [await self.build.user(name) for name in ("alice", "bob")]
        self.top = await self.build.space(self.alice, MAIN_ORG)
        self.folder = await self.build.get(Item, await self.build.folder(self.top, "Docs"))
        self.file = await self.put("a.bin", b"0123456789")
        return self

    async def put(self, name: str, data: bytes, parent: int | None = None) -> Item:
        """Put a file of Alice's."""
        return await put(self.core, Actor(self.alice), parent or self.folder.no, name, pieces(data))

    async def _file(self, call: Call) -> Response:
        asked = call.request.query_params
        version = int(asked["version"]) if "version" in asked else None
        action = Action.READ if "look" in asked else Action.DOWNLOAD
        inline = "inline" in asked
        actor = Actor(int(call.params["who"]))
        return await serve_file(
            call, actor, call.params["item"], version=version, inline=inline, action=action, headers=HEADERS
        )

    async def _zip(self, call: Call) -> Response:
        return await serve_zip(call, Actor(int(call.params["who"])), call.params["item"], headers=HEADERS)

    async def get(self, who: int, what: str, item: Item, query: str = "", **headers: str) -> httpx2.Response:
        """Ask for something as somebody."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with client(self.app) as http:
            return await http.get(f"/{who}/{what}/{item.uid}{query}", headers=named)


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    """Yield bytes as an upload does."""
    yield data


@pytest.fixture
async def shelf() -> Shelf:
    """The shelf, settled."""
    return await Shelf().settle()


async def test_a_file_is_served_in_parts(shelf: Shelf) -> None:
    """Whole, as a range, and not at all if it is unchanged; with the headers that the face adds."""
    got = await shelf.get(shelf.alice, "file", shelf.file)
    assert (got.status_code, got.content, got.headers["x-robots-tag"]) == (200, b"0123456789", "noindex")
    part = await shelf.get(shelf.alice, "file", shelf.file, range="bytes=2-3")
    assert (part.status_code, part.content) == (206, b"23")
    assert (await shelf.get(shelf.alice, "file", shelf.file, if_none_match=got.headers["etag"])).status_code == 304


async def test_versions_have_tags_of_their_own(shelf: Shelf) -> None:
    """New content has another tag; an older version is served to its writers, under a tag that never changes."""
    first = await shelf.get(shelf.alice, "file", shelf.file)
    await put_content(shelf.core, Actor(shelf.alice), shelf.file.no, pieces(b"second"))
    second = await shelf.get(shelf.alice, "file", shelf.file)
    old = await shelf.get(shelf.alice, "file", shelf.file, "?version=1")
    assert (second.content, old.content) == (b"second", b"0123456789")
    assert len({first.headers["etag"], second.headers["etag"], old.headers["etag"]}) == 3
    assert (await shelf.get(shelf.alice, "file", shelf.file, "?version=9")).text == "files: not_found"


async def test_looking_is_not_downloading(shelf: Shelf) -> None:
    """Whoever may only look gets what a face serves for looking, and no download, no archive; a stranger nothing."""
    await shelf.build.share(shelf.folder.no, shelf.bob, Role.PREVIEWER)
    assert (await shelf.get(shelf.bob, "file", shelf.file, "?look=1")).content == b"0123456789"
    for what, item in (("file", shelf.file), ("zip", shelf.folder)):
        assert (await shelf.get(shelf.bob, what, item)).text == "files: forbidden"
        stranger = await shelf.build.user(f"stranger-{what}")
        assert (await shelf.get(stranger, what, item)).text == "files: unknown_item"


@pytest.mark.parametrize(
    ("name", "shown"), [("a.txt", True), ("a.png", True), ("a.html", False), ("a.svg", False), ("a.pdf", False)]
)
async def test_what_could_run_is_never_shown(shelf: Shelf, name: str, shown: bool) -> None:
    """In a browser only text and pictures are shown, in a sandbox; everything else is a download."""
    file = await shelf.put(name, b"x")
    got = await shelf.get(shelf.alice, "file", file, "?inline=1")
    assert got.headers["content-disposition"].startswith("inline" if shown else "attachment")
    assert "sandbox" in got.headers["content-security-policy"]


async def test_a_folder_is_an_archive_of_what_one_may_have(shelf: Shelf) -> None:
    """What lies apart is left out for those whom it does not reach; a file is no folder."""
    deep = await shelf.build.folder(shelf.folder.no, "deep")
    await shelf.put("b.bin", b"b" * 100_000, deep)
    apart = await shelf.build.folder(shelf.folder.no, "apart", inherits=False)
    await shelf.put("c.bin", b"c", apart)
    await shelf.build.share(shelf.folder.no, shelf.bob)

    async def names(who: int) -> list[str]:
        got = await shelf.get(who, "zip", shelf.folder)
        assert got.headers["content-disposition"] == 'attachment; filename="Docs.zip"'
        assert got.headers["x-robots-tag"] == "noindex"
        with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
            assert archive.testzip() is None
            return sorted(archive.namelist())

    assert await names(shelf.bob) == ["a.bin", "deep/", "deep/b.bin"]
    assert await names(shelf.alice) == ["a.bin", "apart/", "apart/c.bin", "deep/", "deep/b.bin"]
    assert (await shelf.get(shelf.alice, "zip", shelf.file)).text == "files: not_a_folder"


async def _until_withdrawn(shelf: Shelf, what: str, item: Item, share: int) -> int:
    """Read a long answer, withdraw the share when it has begun, and return the bytes that came before it was cut."""
    received = 0
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": f"/{shelf.bob}/{what}/{item.uid}"}
    scope |= {"query_string": b"", "headers": [], "client": ("192.0.2.7", 1), "scheme": "http"}

    async def send(message: Any) -> None:
        nonlocal received
        received += len(message.get("body", b""))
        if received:
            await shelf.build.drop(Share, share)

    async def receive() -> Any:
        await asyncio.Event().wait()

    with pytest.raises(streams.StreamCut):
        await shelf.app(scope, receive, send)
    return received


@pytest.mark.parametrize("what", ["file", "zip"])
async def test_a_stream_ends_with_the_right(shelf: Shelf, what: str) -> None:
    """Withdrawn while it runs, a download is cut before its end: after 16 MiB at most, an archive at the next entry."""
    size = streams.ASK_EVERY_BYTES + (4 << 20)
    big = await shelf.put("big.bin", b"\0" * size)
    await shelf.put("later.bin", b"\0" * size)
    share = await shelf.build.share(shelf.folder.no, shelf.bob)
    item = big if what == "file" else shelf.folder
    assert await _until_withdrawn(shelf, what, item, share) < size
