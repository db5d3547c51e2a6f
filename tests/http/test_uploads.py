"""Bodies: whole within their bounds, or a problem."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from tests.http.peer import raw_exchange, request, serving

from commonhold.blobs.folder import FolderBlobs
from commonhold.core.problems import Problem
from commonhold.http.uploads import body_stream, declared_length, with_head
from commonhold.testing.blobs_contract import ROOMY, flow, in_two_days, nothing_known


async def whole(chunks: AsyncIterator[bytes]) -> bytes:
    """Read a stream into memory."""
    return b"".join([chunk async for chunk in chunks])


async def test_a_body() -> None:
    """A body comes in its chunks, without the empty ones that end it."""
    chunks = [chunk async for chunk in body_stream(request("PUT", body=[b"ab", b"", b"c"]), limit=3)]

    assert chunks == [b"ab", b"c"]


async def test_no_body() -> None:
    """No body is an empty one."""
    assert await whole(body_stream(request("PUT"), limit=0)) == b""


def test_a_declared_length_over_the_limit() -> None:
    """A body that says it is too long is refused before a byte of it is read."""
    asked = request("PUT", [("Content-Length", "11")])

    with pytest.raises(Problem) as raised:
        body_stream(asked, limit=10)

    assert raised.value == Problem("too_large", limit=10)


async def test_an_undeclared_length_over_the_limit() -> None:
    """A body that does not say how long it is, is refused at the first byte too many."""
    with pytest.raises(Problem) as raised:
        await whole(body_stream(request("PUT", body=[b"12345", b"678"]), limit=7))

    assert raised.value == Problem("too_large", limit=7)


@pytest.mark.parametrize("value", ["-1", "x", "1.5", "", "٣", "9" * 30])
def test_a_length_that_is_no_number(value: str) -> None:
    """A length that cannot be read is a malformed request, never a mistake of ours."""
    asked = Request({"type": "http", "method": "PUT", "headers": [(b"content-length", value.encode())]})

    with pytest.raises(Problem, match="malformed_body"):
        body_stream(asked, limit=ROOMY)


async def test_a_cut_connection() -> None:
    """A connection that is gone in the middle is ``incomplete_body``."""
    with pytest.raises(Problem, match="incomplete_body"):
        await whole(body_stream(request("PUT", body=[b"123"], cut=True), limit=10))


@pytest.mark.parametrize("body", [b"", b"1234", b"123456"])
async def test_another_length_than_declared(body: bytes) -> None:
    """A body of another length than declared is never taken for whole."""
    with pytest.raises(Problem, match="incomplete_body"):
        await whole(body_stream(request("PUT", [("Content-Length", "5")], [body]), limit=10))


def test_declared_length() -> None:
    """The declared length is a number, or unknown."""
    assert declared_length(request(headers=[("Content-Length", "5")])) == 5
    assert declared_length(request()) is None


@given(st.lists(st.binary(max_size=5), max_size=9), st.integers(1, 20))
def test_the_head_of_a_stream(chunks: list[bytes], size: int) -> None:
    """One may look at the first bytes of a stream and lose none of them."""

    async def look() -> tuple[bytes, bytes]:
        head, all_of_it = await with_head(flow(*chunks), size)
        return head, await whole(all_of_it)

    content = b"".join(chunks)
    assert asyncio.run(look()) == (content[:size], content)


class Keeper:
    """Keeps what is put to it, as a face does."""

    def __init__(self, blobs: FolderBlobs) -> None:
        self.blobs = blobs
        self.problems: list[str] = []
        self.done = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            blob = await self.blobs.receive(body_stream(Request(scope, receive), limit=1000), limit=1000)
            await PlainTextResponse(f"{blob.size}")(scope, receive, send)
        except Problem as problem:
            self.problems.append(problem.code)
            await PlainTextResponse(problem.code, 413)(scope, receive, send)
        finally:
            self.done.set()


@pytest.fixture
async def keeper(tmp_path: Path) -> AsyncIterator[Keeper]:
    """A server that keeps uploads of up to 1,000 bytes in a folder."""
    blobs = FolderBlobs(tmp_path / "blobs")
    yield Keeper(blobs)
    await blobs.close()


PUT = b"PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


async def test_kept_over_the_wire(keeper: Keeper) -> None:
    """A body arrives whole, with a length or in chunks of its own."""
    async with serving(keeper) as port:
        by_length = await raw_exchange(port, PUT + b"Content-Length: 5\r\n\r\n12345")
        by_chunks = await raw_exchange(port, PUT + b"Transfer-Encoding: chunked\r\n\r\n3\r\n123\r\n0\r\n\r\n")

    assert (by_length[-1:], by_chunks[-1:]) == (b"5", b"3")


@pytest.mark.parametrize("framing", [b"Content-Length: 9\r\n\r\n1234", b"Transfer-Encoding: chunked\r\n\r\n9\r\n1234"])
async def test_cut_over_the_wire(keeper: Keeper, framing: bytes) -> None:
    """A client who hangs up in the middle leaves nothing on the disk."""
    async with serving(keeper) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(PUT + framing)
        await writer.drain()
        writer.close()
        await keeper.done.wait()

    assert keeper.problems == ["incomplete_body"]
    assert await keeper.blobs.sweep(nothing_known, now=in_two_days()) == 0


async def test_too_large_over_the_wire(keeper: Keeper) -> None:
    """A body that is too long is answered without being read, and nothing is kept."""
    async with serving(keeper) as port:
        got = await raw_exchange(port, PUT + b"Content-Length: 5000000000\r\n\r\n")

    assert got.startswith(b"HTTP/1.1 413")
    assert await keeper.blobs.sweep(nothing_known, now=in_two_days()) == 0
