"""The load generator: a process of its own that sends requests over connections that stay open.

``python -m bench.load`` takes a ``Plan`` as JSON on standard input and writes a ``Result``. It is written to cost
little: on a small machine it works beside the server that is measured.
"""

import asyncio
import itertools
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Final, cast

import msgspec
import uvloop
from msgspec import Struct

from bench.measure import at
from bench.server import HOST

END: Final = b"\r\n\r\n"
PATIENCE: Final = 120.0
LENGTH: Final = b"content-length: "


class Plan(Struct, frozen=True):
    """Requests to be sent in turn by some clients: for some seconds, or once each."""

    port: int
    clients: int
    requests: list[str]
    seconds: float | None = None


class Result(Struct, frozen=True):
    """How many answers came in how many seconds, with which statuses, and how long each took (ms)."""

    seconds: float
    statuses: dict[int, int]
    median_ms: float
    p99_ms: float

    @property
    def good(self) -> int:
        """How many answers said yes."""
        return sum(count for status, count in self.statuses.items() if status < 300)

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return self.good / self.seconds


class Client(asyncio.Protocol):
    """One connection: sends a request, waits for the whole answer, sends the next."""

    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        """``requests`` are shared by all clients; none is sent after ``until``."""
        self.times: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._until = until
        self._buffer = b""
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none of asyncio's, but as good
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None) if time.perf_counter() < self._until else None
        if request is None:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer."""
        if self._missing:
            self._missing -= len(data)
        else:
            self._buffer += data
            end = self._buffer.find(END)
            if end < 0:
                return
            self._head(self._buffer[:end].lower() + b"\r\n", len(self._buffer) - end - len(END))
        if self._missing <= 0:
            self.times.append(time.perf_counter() - self._began)
            self._missing = 0
            self._next()

    def _head(self, head: bytes, have: int) -> None:
        self._buffer = b""
        self.statuses[int(head[9:12])] += 1
        found = head.find(LENGTH)
        length = int(head[found + len(LENGTH) : head.index(b"\r\n", found)]) if found >= 0 else 0
        self._missing = length - have

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail, if the server closed the connection."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))


async def send(plan: Plan) -> Result:
    """Carry a plan out."""
    given = [request.encode("latin-1") for request in plan.requests]
    requests = iter(given) if plan.seconds is None else itertools.cycle(given)
    began = time.perf_counter()
    until = began + (plan.seconds or 3_600)
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: Client(requests, until), HOST, plan.port))[1] for _ in range(plan.clients)
    ]
    await asyncio.gather(*(client.done for client in clients))
    seconds = time.perf_counter() - began
    times = sorted(one * 1_000 for client in clients for one in client.times)
    statuses = sum((client.statuses for client in clients), Counter[int]())
    return Result(seconds, dict(statuses), statistics.median(times), at(times, 0.99))


async def run(plan: Plan) -> Result:
    """Carry a plan out in a process of its own.

    :raises RuntimeError: it failed, or took far too long
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.load", stdin=pipe, stdout=pipe)
    try:
        out, _ = await asyncio.wait_for(process.communicate(msgspec.json.encode(plan)), (plan.seconds or 0) + PATIENCE)
    except TimeoutError:
        process.kill()
    if await process.wait():
        raise RuntimeError("the load generator failed")
    return msgspec.json.decode(out, type=Result)


def request(method: str, path: str, *, token: str | None = None, body: bytes = b"", **headers: str) -> str:
    """Write a request."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {HOST}"]
    if token is not None:
        lines.append(f"authorization: Bearer {token}")
    if body or method != "GET":
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")) + body.decode("latin-1")


if __name__ == "__main__":
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(send(plan))))
