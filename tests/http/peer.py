"""A client's side of ASGI: requests as values, answers as values, and a real server where the wire itself matters."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import uvicorn
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message

GONE: Message = {"type": "http.disconnect"}


def request(
    method: str = "GET", headers: Iterable[tuple[str, str]] = (), body: Iterable[bytes] = (), *, cut: bool = False
) -> Request:
    """Make a request whose body comes in these chunks; ``cut``: the connection is gone after them."""
    chunks = list(body)
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append(GONE if cut else {"type": "http.request", "body": b"", "more_body": False})
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    return Request({"type": "http", "method": method, "path": "/", "query_string": b"", "headers": raw}, receive)


class Answer(Struct):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    chunks: list[int]


async def answer(response: Response, asked: Request) -> Answer:
    """Let a response answer, as a server does."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.Event().wait()
        return GONE

    await response(dict(asked.scope), receive, send)
    bodies = [message.get("body", b"") for message in sent[1:]]
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(bodies), [len(body) for body in bodies if body])


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    """Serve on a free port of this machine."""
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def raw_exchange(port: int, sent: bytes) -> bytes:
    """Send these bytes, and return all that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    try:
        return await reader.read()
    finally:
        writer.close()
