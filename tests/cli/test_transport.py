"""The transport in one process: bodies stream both ways, one chunk at a time, and ends are noticed on both sides."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonhold.cli.transport import IN_PROCESS, InProcess
from commonhold.core.identity import Actor
from commonhold.http import credentials

ME = Actor(7, face="cli")


def client(app: ASGIApp) -> httpx2.AsyncClient:
    """Return a client of an application in this process."""
    return httpx2.AsyncClient(transport=InProcess(app, ME), base_url="http://here.example:81")


async def start(send: Send, status: int = 200) -> None:
    """Send the head of a reply."""
    await send({"type": "http.response.start", "status": status, "headers": [(b"x-made", b"yes")]})


async def body(send: Send, chunk: bytes, *, more: bool = True) -> None:
    """Send a piece of a reply."""
    await send({"type": "http.response.body", "body": chunk, "more_body": more})


async def read_all(receive: Receive) -> list[bytes]:
    """Read a request to its end, piece by piece."""
    found = []
    while (message := await receive())["more_body"]:
        found.append(message["body"])
    return found


async def test_a_request_arrives_as_it_was_sent() -> None:
    """Method, path, query, headers and body arrive; the actor is the one of the transport, under the key of http."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await start(send, 201)
        await body(send, b"".join(await read_all(receive)), more=False)

    async with client(app) as http:
        reply = await http.put("/a%20b/c?x=1", content=b"hello", headers={"X-One": "1"})
    assert (reply.status_code, reply.content, reply.headers["x-made"]) == (201, b"hello", "yes")
    scope = seen[0]
    assert (scope["method"], scope["path"], scope["raw_path"]) == ("PUT", "/a b/c", b"/a%20b/c")
    assert scope["query_string"] == b"x=1"
    assert (b"x-one", b"1") in scope["headers"]
    assert (b"host", b"here.example:81") in scope["headers"]
    assert scope[IN_PROCESS] is ME
    assert IN_PROCESS == credentials.IN_PROCESS


async def test_uploads_are_pulled() -> None:
    """No piece of an upload is made before the application has asked for it."""
    made: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(4):
            made.append(number)
            yield bytes([number])

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        assert made == []
        for number in range(4):
            assert (await receive())["body"] == bytes([number])
            assert made == list(range(number + 1))
        assert not (await receive())["more_body"]
        await start(send)
        await body(send, b"", more=False)

    async with client(app) as http:
        assert (await http.post("/", content=pieces())).status_code == 200


async def test_downloads_wait_for_the_reader() -> None:
    """The application is never more than two pieces ahead of the reader."""
    sent: list[int] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await start(send)
        for number in range(10):
            await body(send, bytes([number]))
            sent.append(number)
        await body(send, b"", more=False)

    read = 0
    async with client(app) as http, http.stream("GET", "/") as reply:
        async for _ in reply.aiter_raw():
            read += 1
            await asyncio.sleep(0)
            assert len(sent) <= read + 2
    assert read == 10


async def test_a_reader_who_leaves_is_noticed() -> None:
    """When the reader leaves, the application's next piece fails as a broken connection does."""
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await start(send)
        try:
            while True:
                await body(send, b"x" * 10)
        except OSError as error:
            ended.set_result(str(error))
            raise

    async with client(app) as http, http.stream("GET", "/") as reply:
        assert await anext(reply.aiter_raw()) == b"x" * 10
    assert await ended


async def test_a_reader_who_leaves_is_told_by_receive() -> None:
    """An application that waits for the end of the connection is told of it."""
    told: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await read_all(receive)
        await start(send)
        await body(send, b"x")
        told.set_result(await receive())

    async with client(app) as http, http.stream("GET", "/") as reply:
        await anext(reply.aiter_raw())
    assert (await told)["type"] == "http.disconnect"


async def test_a_source_that_fails() -> None:
    """A file that cannot be read on ends the request: the application sees a cut upload, the caller the error."""
    seen: list[Any] = []

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        raise OSError("the disk is gone")

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((await receive())["body"])
        seen.append((await receive())["type"])
        await start(send, 400)
        await body(send, b"cut", more=False)

    async with client(app) as http:
        with pytest.raises(OSError, match="the disk is gone"):
            await http.put("/", content=pieces())
    assert seen == [b"a", "http.disconnect"]


async def test_an_application_that_fails() -> None:
    """Failing before the reply is its error; failing in the middle of it is a reply that broke off."""

    async def at_once(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("at once")

    async def later(_scope: Scope, _receive: Receive, send: Send) -> None:
        await start(send)
        await body(send, b"half")
        raise RuntimeError("later")

    async def silent(_scope: Scope, _receive: Receive, _send: Send) -> None:
        return

    async with client(at_once) as http:
        with pytest.raises(RuntimeError, match="at once"):
            await http.get("/")
    async with client(later) as http:
        with pytest.raises(httpx2.ReadError):
            await http.get("/")
    async with client(silent) as http:
        with pytest.raises(httpx2.RemoteProtocolError):
            await http.get("/")
