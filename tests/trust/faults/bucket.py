"""A bucket that can be slow: just enough of S3 over HTTP, on the loopback, which stops answering when it is told to."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote

STEP = 64 << 10


class Bucket:
    """Keeps objects. ``hang``: take requests, and say nothing. ``stall``: stop in the middle of what is read."""

    def __init__(self) -> None:
        """Begin in good health."""
        self.objects: dict[str, bytes] = {}
        self.hang = False
        self.stall = False
        self.port = 0
        self.asked = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """What ``blobs`` is set to."""
        return f"s3://bucket/?region=x&endpoint=http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.asked.set()
                if self.hang:
                    await asyncio.Event().wait()
                await self._answer(writer, method, unquote(target.partition("?")[0]), headers, body)
        self._open.discard(writer)
        writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> None:
        found = self.objects.get(path)
        if method == "PUT":
            self.objects[path] = body
            return self._say(writer, "200 OK", b"", etag=hashlib.md5(body).hexdigest())
        if method == "POST":  # the only one: delete several
            self.objects.clear()
            return self._say(writer, "200 OK", b"<DeleteResult></DeleteResult>")
        if method == "DELETE":
            self.objects.pop(path, None)
            return self._say(writer, "204 No Content", b"")
        if found is None:
            return self._say(writer, "404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>")
        return await self._give(writer, found, headers.get("range"), head=method == "HEAD")

    async def _give(self, writer: asyncio.StreamWriter, found: bytes, asked: str | None, *, head: bool) -> None:
        start, end = 0, len(found) - 1
        if asked is not None:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(end, int(last or end))
        data = found[start : end + 1]
        status = "206 Partial Content" if asked else "200 OK"
        lines = {
            "content-length": str(len(data)),
            "last-modified": "Sun, 22 Nov 2026 00:00:00 GMT",
            "etag": f'"{hashlib.md5(found).hexdigest()}"',
            **({"content-range": f"bytes {start}-{end}/{len(found)}"} if asked else {}),
        }
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"HTTP/1.1 {status}\r\n{text}\r\n".encode())
        for at in range(0, 0 if head else len(data), STEP):
            if self.stall and at >= len(data) // 2:
                await asyncio.Event().wait()
            writer.write(data[at : at + STEP])
            await writer.drain()

    def _say(self, writer: asyncio.StreamWriter, status: str, body: bytes, **headers: str) -> None:
        lines = "".join(f'{name}: "{value}"\r\n' for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status}\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body)

    def close(self) -> None:
        """Cut what is open."""
        for writer in self._open:
            writer.close()


@asynccontextmanager
async def bucket() -> AsyncIterator[Bucket]:
    """Serve a bucket on a free port."""
    found = Bucket()
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(found.serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        found.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
