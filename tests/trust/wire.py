"""A client that is one connection and nothing more: what it sends is known to the byte, and when it sent it, too."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

PATIENCE = 60.0  # seconds: what hangs is a failure, what is slow is not


class Answer(Struct):
    """What came back: ``began`` and ``ended`` are moments of one clock for all connections, in seconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    began: float
    ended: float

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def worker(self) -> str:
        """Which process answered: request ids begin with its mark."""
        return self.headers["x-request-id"].partition("-")[0]


class Gone(Exception):
    """The server closed the connection in place of an answer."""


class Wire:
    """One connection to a server, kept open."""

    def __init__(self, port: int, token: str | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        """Speak as the holder of ``token``, or as nobody."""
        self.port = port
        self.token = token
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int, token: str | None = None) -> "Wire":
        """Connect."""
        async with asyncio.timeout(PATIENCE):
            return cls(port, token, *await asyncio.open_connection("127.0.0.1", port))

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Answer:
        """Send a request below ``/api/v1`` (or to a path that begins with ``http:``) and wait for its answer.

        ``body``: bytes as they are, everything else as JSON.

        :raises Gone: there was none
        """
        began = time.monotonic()
        self.send(method, path, body, headers=headers, token=token)
        async with asyncio.timeout(PATIENCE):
            return await self.answer(began)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> None:
        """Write a request, and wait for nothing."""
        lines = {"host": f"127.0.0.1:{self.port}", **(headers or {})}
        if (shown := token or self.token) is not None:
            lines["authorization"] = f"Bearer {shown}"
        data = b""
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            if not isinstance(body, bytes):
                lines["content-type"] = "application/json"
        if body is not None or method not in ("GET", "HEAD", "DELETE"):
            lines.setdefault("content-length", str(len(data)))
        where = path.removeprefix("http:") if path.startswith("http:") else f"/api/v1{path}"
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.writer.write(f"{method} {where} HTTP/1.1\r\n{head}\r\n".encode() + data)

    async def answer(self, began: float = 0.0) -> Answer:
        """Read one answer; informational ones are passed over."""
        try:
            while True:
                head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                status = int(head[0].split(" ")[1])
                if status >= 200:
                    break
            pairs = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await self._body(status, headers)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Gone(str(error)) from error
        return Answer(status, headers, body, began, time.monotonic())

    async def _body(self, status: int, headers: dict[str, str]) -> bytes:
        if status in (204, 304):
            return b""
        if headers.get("transfer-encoding") != "chunked":
            return await self.reader.readexactly(int(headers.get("content-length", "0")))
        parts = []
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            parts.append(await self.reader.readexactly(size))
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return b"".join(parts)

    async def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send a request that succeeds, and return what its answer holds."""
        answer = await self.ask(method, path, body, **more)
        assert answer.status < 300, (method, path, answer)
        return answer.json if answer.body else None

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


async def one_per_worker(port: int, token: str | None, workers: int) -> list[Wire]:
    """Return a connection to each serving process: which of them accepts is up to the kernel, so more are opened."""
    found: dict[str, Wire] = {}
    until = time.monotonic() + PATIENCE
    while len(found) < workers:
        assert time.monotonic() < until, f"only {len(found)} of {workers} processes answer"
        tried = await asyncio.gather(*(Wire.to(port, token) for _ in range(4 * workers)))
        answers = await asyncio.gather(*(wire.ask("GET", "http:/healthz") for wire in tried))
        for wire, answer in zip(tried, answers, strict=True):
            if found.setdefault(answer.worker, wire) is not wire:
                wire.close()
    return list(found.values())


def close_all(wires: Iterable[Wire]) -> None:
    """Hang up all of them."""
    for wire in wires:
        wire.close()
