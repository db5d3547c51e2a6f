"""Somebody's server on loopback that takes webhooks: it notes every request, and answers as a test wants."""

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import msgspec

FINE = b"HTTP/1.1 204 No Content\r\n\r\n"
TLS = b"\x16"


class Call(msgspec.Struct, frozen=True):
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        """The body."""
        return msgspec.json.decode(self.body)

    def is_signed(self, secret: str) -> bool:
        """Verify the signature as the documentation tells receivers to."""
        parts = dict(part.split("=", 1) for part in self.headers["commonhold-signature"].split(","))
        signed = parts["t"].encode() + b"." + self.body
        return hmac.compare_digest(parts["v1"], hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest())


class HookPeer:
    """What came, and the bytes that are answered; None: it hangs."""

    def __init__(self) -> None:
        """Answer well."""
        self.calls: list[Call] = []
        self.answer: bytes | None = FINE
        self.port = 0
        self.hello = b""  # what a client said first that wants TLS, which is not spoken here
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/in?a=b"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client has gone, or speaks something else
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        if first == TLS:
            self.hello = await reader.read(4_096)
            return
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.calls.append(Call(head[0].split()[1], headers, body))
        if self.answer is None:
            await reader.read()
        else:
            writer.write(self.answer)
            writer.write_eof()
            await reader.read()


@contextlib.asynccontextmanager
async def hooked() -> AsyncIterator[HookPeer]:
    """Listen on a free port of loopback."""
    peer = HookPeer()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in peer.tasks:
            task.cancel()
        await asyncio.gather(*peer.tasks, return_exceptions=True)
