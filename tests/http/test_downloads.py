"""Downloads as a client sees them: headers, parts, and a connection that closes early when the right is gone."""

import asyncio
import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from tests.http.peer import Answer, answer, raw_exchange, request, serving

from commonhold.blobs.folder import FolderBlobs
from commonhold.blobs.memory import MemoryBlobs
from commonhold.core.blobs import Blobs
from commonhold.core.policy.require import machine
from commonhold.core.problems import Problem
from commonhold.http.downloads import SANDBOX, File, content_disposition, download_response
from commonhold.http.ranges import Content
from commonhold.http.streams import StreamCut
from commonhold.testing.blobs_contract import MIB, keep

TEXT = b"0123456789"


async def yes() -> None:
    """Answer like a policy that goes on allowing."""


async def no() -> None:
    """Answer like a policy that has changed its mind."""
    raise Problem("link_ended")


async def download(
    asked: Request, content: bytes = TEXT, *, name: str = "a.txt", kind: str = "text/plain", inline: bool = False
) -> Answer:
    """Ask for a file with this content."""
    blobs: Blobs = MemoryBlobs()
    blob = await keep(blobs, content)
    file = File(name, kind, Content(blob.size, blob.sha256, 1_700_000_000_000))
    response = await download_response(asked, file, partial(blobs.read, machine(), blob.key), yes, inline=inline)
    return await answer(response, asked)


async def test_whole() -> None:
    """A plain GET brings everything, as a download that no browser runs, with what a client needs to resume it."""
    got = await download(request())

    assert (got.status, got.body) == (200, TEXT)
    assert got.headers == {
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-disposition": 'attachment; filename="a.txt"',
        "content-length": "10",
        "content-security-policy": SANDBOX,
        "content-type": "text/plain",
        "etag": '"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"',
        "last-modified": "Tue, 14 Nov 2023 22:13:20 GMT",
        "x-content-type-options": "nosniff",
    }


async def test_part() -> None:
    """A range brings 206 and the part."""
    got = await download(request(headers=[("Range", "bytes=2-4")]))

    assert (got.status, got.body) == (206, b"234")
    assert (got.headers["content-range"], got.headers["content-length"]) == ("bytes 2-4/10", "3")


async def test_part_out_of_bounds() -> None:
    """A range beyond the content is a problem with the size, not an answer."""
    with pytest.raises(Problem) as raised:
        await download(request(headers=[("Range", "bytes=10-")]))

    assert raised.value == Problem("bad_range", field="Range", size=10)


async def test_head() -> None:
    """HEAD brings the headers of the whole and no byte."""
    got = await download(request("HEAD", [("Range", "bytes=2-4")]))

    assert (got.status, got.body, got.headers["content-length"]) == (200, b"", "10")


async def test_unchanged() -> None:
    """Who has it already gets 304 with the tag, and nothing that speaks of a body."""
    etag = (await download(request())).headers["etag"]

    got = await download(request(headers=[("If-None-Match", etag)]))

    assert (got.status, got.body, got.headers["etag"]) == (304, b"", etag)
    assert not {"content-length", "content-type", "content-disposition"} & set(got.headers)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_empty(method: str) -> None:
    """An empty file is an answer of no bytes."""
    got = await download(request(method), b"")

    assert (got.status, got.body, got.headers["content-length"]) == (200, b"", "0")


async def test_large() -> None:
    """A large file comes in chunks, in order, every byte once."""
    content = os.urandom(5 * MIB + 3)

    got = await download(request(), content)

    assert got.body == content
    assert got.chunks == [MIB] * 5 + [3]


@pytest.mark.parametrize(
    ("kind", "shown_as"),
    [
        ("image/png", "image/png"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/markdown", "text/plain; charset=utf-8"),
    ],
)
async def test_inline(kind: str, shown_as: str) -> None:
    """What is safe is shown in place, in a sandbox, and never guessed to be something else."""
    got = await download(request(), kind=kind, inline=True)

    assert got.headers["content-type"] == shown_as
    assert got.headers["content-disposition"].startswith("inline;")
    assert got.headers["content-security-policy"].endswith("sandbox")
    assert got.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xml", "application/pdf", "video/mp4", "x"])
async def test_not_inline(kind: str) -> None:
    """What could run in the reader's name is a download, even if it was asked to be shown."""
    got = await download(request(), kind=kind, inline=True)

    assert got.headers["content-disposition"].startswith("attachment;")


async def test_a_media_type_is_no_way_in() -> None:
    """A stored media type that would break out of its header is replaced."""
    got = await download(request(), kind="text/plain\r\nset-cookie: a=b")

    assert got.headers["content-type"] == "application/octet-stream"


async def test_headers_of_the_face() -> None:
    """A face may add headers, and replace ours."""
    asked, blobs = request(), MemoryBlobs()
    blob = await keep(blobs, TEXT)
    file = File("a", "text/plain", Content(blob.size, blob.sha256, 0))

    response = await download_response(
        asked, file, partial(blobs.read, machine(), blob.key), yes, headers={"cache-control": "no-store", "x-face": "1"}
    )

    assert (response.headers["cache-control"], response.headers["x-face"]) == ("no-store", "1")


async def test_bytes_that_are_gone() -> None:
    """Bytes that cannot be read are a problem while it can still be told: nothing was sent."""
    file = File("a", "text/plain", Content(10, "x", 0))

    with pytest.raises(Problem, match="not_found"):
        await download_response(request(), file, partial(MemoryBlobs().read, machine(), "a" * 32), yes)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", 'attachment; filename="a.txt"'),
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ("Größe.pdf", "attachment; filename=\"Groe.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf"),
        ("文.txt", "attachment; filename=\".txt\"; filename*=UTF-8''%E6%96%87.txt"),
        ("文", "attachment; filename=\"_\"; filename*=UTF-8''%E6%96%87"),
        ('a"b\\c.txt', "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%5Cc.txt"),
        ("50%.txt", "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"),
        ("a\r\nb", "attachment; filename=\"a__b\"; filename*=UTF-8''a%0D%0Ab"),
    ],
)
def test_names(name: str, expected: str) -> None:
    """A name stands plainly where that is safe; else a plain likeness and the full name stand side by side."""
    assert content_disposition(name) == expected
    assert content_disposition(name, inline=True).startswith("inline; ")


@given(st.text(min_size=1))
def test_any_name(name: str) -> None:
    """Any name makes one header line of plain letters, from which it can be read again."""
    header = content_disposition(name)

    assert header.isascii()
    assert header.isprintable()
    plain, _, full = header.partition("; filename*=UTF-8''")
    assert plain.count('"') == 2
    assert (unquote(full) or plain.split('"')[1]) == name.encode(errors="replace").decode()


class Server:
    """Serves one file as a face would."""

    def __init__(self, blobs: Blobs, file: File, key: str) -> None:
        self.blobs = blobs
        self.file = file
        self.key = key
        self.again = yes
        self.cuts: list[str] = []
        self.read = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(start: int, end: int) -> AsyncIterator[bytes]:
            async for chunk in self.blobs.read(machine(), self.key, start, end):
                self.read += len(chunk)
                yield chunk

        asked = Request(scope, receive)
        response = await download_response(asked, self.file, counted, lambda: self.again())
        try:
            await response(scope, receive, send)
        except* StreamCut as cut:
            self.cuts.append(str(cut.exceptions[0]))
        except* asyncio.CancelledError:
            raise


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server of a file of 40 MiB, in a folder."""
    blobs = FolderBlobs(tmp_path / "blobs")
    blob = await keep(blobs, os.urandom(40 * MIB))
    yield Server(blobs, File("a.bin", "application/octet-stream", Content(blob.size, blob.sha256, 0)), blob.key)
    await blobs.close()


GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


async def test_over_the_wire(server: Server) -> None:
    """A download that was broken off and resumed with its tag is the file."""
    async with serving(server) as port:
        head, _, first = (await raw_exchange(port, GET + b"Range: bytes=0-20000000\r\n\r\n")).partition(b"\r\n\r\n")
        etag = next(line for line in head.split(b"\r\n") if line.startswith(b"etag: "))[6:]
        rest = await raw_exchange(port, GET + b"Range: bytes=20000001-\r\nIf-Range: " + etag + b"\r\n\r\n")
        whole = await raw_exchange(port, GET + b"\r\n")

    assert first + rest.partition(b"\r\n\r\n")[2] == whole.partition(b"\r\n\r\n")[2]
    assert len(whole.partition(b"\r\n\r\n")[2]) == 40 * MIB


async def test_cut_over_the_wire(server: Server) -> None:
    """When the right is gone, the connection closes after 16 MiB, short of the promised length."""
    server.again = no
    async with serving(server) as port:
        head, _, body = (await raw_exchange(port, GET + b"\r\n")).partition(b"\r\n\r\n")

    assert b"content-length: %d" % (40 * MIB) in head
    assert len(body) == 16 * MIB
    assert server.cuts == ["link_ended"]


async def test_a_client_who_leaves(server: Server) -> None:
    """A client who goes away in the middle ends the reading too."""
    async with serving(server) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET + b"\r\n")
        await reader.readexactly(1000)
        writer.transport.abort()

    assert server.read < 40 * MIB
