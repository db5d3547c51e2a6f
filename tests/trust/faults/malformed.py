"""Bytes that are no request: a list of them, and as many more as a seed gives."""

import asyncio
import contextlib
import random

from tests.trust.faults.clients import Figures, closed
from tests.trust.place import Running
from tests.trust.wire import Wire

MALFORMED: tuple[bytes, ...] = (
    b"\r\n\r\n\r\n\r\n", b"\0" * 64, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"SSH-2.0-x\r\n", b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\nHost: x\n\n", b"G\0T / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET  /  HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n", b"GET / HTTP/1.1\r\nA B: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%00%zz%e0 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /s/x HTTP/1.1\r\nHost: \r\n\r\n", b"GET /s/x HTTP/1.1\r\n\r\n",
    b"GET /s/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /app HTTP/1.1\r\nHost: \xff\xfe\r\nCookie: \xff=\xfe; ;;==\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET //// HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET ? HTTP/1.1\r\nHost: x\r\n\r\n", b"GET # HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /a?%ff=%fe&=&& HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: 1\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 400_000,
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(60_000)),
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 500,
    b"HEAD /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"GET /api/v1/home HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xff\r\n\r\n",
    b"GET /api/v1/home HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " + b"=" * 5000 + b"\r\n\r\n",
    b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\nRange: bytes=" + b"0-0," * 3000 + b"\r\n\r\n",
    b"GET /api/v1/openapi.json HTTP/1.0\r\n\r\n", b"GET /healthz HTTP/0.9\r\n\r\n",
    b"get /healthz http/1.1\r\nhost: x\r\n\r\n",
)  # fmt: skip
"""Requests as they must not be."""


def _mangled(rng: random.Random) -> bytes:
    """Take one of the requests, and flip, cut, repeat or mix some of it."""
    sent = bytearray(rng.choice(MALFORMED)[:4096])
    for _ in range(rng.randrange(6)):
        at = rng.randrange(len(sent) + 1)
        match rng.randrange(4):
            case 0:
                sent[at:at] = rng.choice([b"\r\n", b"\0", b"\xff", b":", b" ", b"\r", b"%", b"Content-Length: 1\r\n"])
            case 1:
                del sent[at : at + rng.randrange(8)]
            case 2:
                sent[at:at] = rng.choice(MALFORMED)[: rng.randrange(200)]
            case _ if at < len(sent):
                sent[at] = rng.randrange(256)
    return bytes(sent)


async def malformed(running: Running, rng: random.Random, count: int) -> Figures:
    """No bytes at all get a mistake of ours for an answer, keep a connection for ever, or harm the server."""
    gate = asyncio.Semaphore(64)
    statuses: dict[str, int] = {}

    async def one(sent: bytes) -> None:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            said = b""
            with contextlib.suppress(ConnectionError):
                writer.write(sent)
                writer.write_eof()
                said = await closed(reader, writer)
            writer.close()
            first = said.split(b"\r\n", 1)[0]
            status = first[9:12].decode("latin-1") if first.startswith(b"HTTP/") else "closed"
            assert not status.startswith("5"), (sent[:500], said[:500])
            statuses[f"answers {status}"] = statuses.get(f"answers {status}", 0) + 1

    cases = [*MALFORMED, *(_mangled(rng) for _ in range(count))]
    before = running.memory
    await asyncio.gather(*(one(case) for case in cases))
    wire = await Wire.to(running.port, running.place.tokens["alice"])
    await wire.ok("GET", "/home")
    wire.close()
    grown = max(0, running.memory - before)
    return {"requests": len(cases), **dict(sorted(statuses.items())), "largest growth, MB": round(grown / 1e6, 1)}
