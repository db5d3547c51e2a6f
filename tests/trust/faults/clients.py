"""Clients as nobody wants them: slow, idle, malformed, gone. What each gets, and that nobody else notices."""

import asyncio
import contextlib
import io
import os
import random
import socket
import struct
import time
import zipfile
from pathlib import Path
from typing import Any

from tests.trust.place import Running
from tests.trust.wire import Wire

SHORT = {"COMMONHOLD_PATIENCE_HEADERS": "1", "COMMONHOLD_PATIENCE_BODY": "1", "COMMONHOLD_PATIENCE_REPLY": "1"}
"""A server with little patience, for tests."""

WAIT = 60.0  # seconds: what is still open then stays open for ever

Figures = dict[str, Any]


async def _others(running: Running, until: asyncio.Event) -> tuple[int, float]:
    """Ask as an ordinary client until something is over; return how often, and the longest wait in seconds."""
    wire = await Wire.to(running.port, running.place.tokens["alice"])
    count, longest = 0, 0.0
    while not until.is_set() or not count:
        answer = await wire.ask("GET", "/home")
        assert answer.status == 200, answer
        count, longest = count + 1, max(longest, answer.ended - answer.began)
        await asyncio.sleep(0.01)
    wire.close()
    return count, longest


async def closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trickle: bytes = b"") -> bytes:
    """Send a byte now and then until the server closes the connection, and return what it said."""
    said = b""
    async with asyncio.timeout(WAIT):
        while True:
            try:
                with contextlib.suppress(TimeoutError):
                    if not (found := await asyncio.wait_for(reader.read(65536), 0.2)):
                        return said
                    said += found
                    continue
                if trickle:
                    writer.write(trickle)
                    await writer.drain()
            except OSError:  # reset: it did not read the last byte any more
                return said


async def slow_clients(running: Running, count: int) -> Figures:
    """Headers and bodies that never end, and replies that nobody takes, are cut; others are answered meanwhile."""
    token = running.place.tokens["alice"]
    wire = await Wire.to(running.port, token)
    home = (await wire.ok("GET", "/home"))["top"]["uid"]
    big = await wire.ok("PUT", f"/items/{home}/children/slow?on_collision=version", os.urandom(8 << 20))
    host = f"Host: x\r\nAuthorization: Bearer {token}\r\n"
    kinds: dict[str, tuple[str, bytes]] = {
        "says nothing": ("", b""),
        "headers": ("GET /healthz HTTP/1.1\r\nHost: x\r\n", b"X"),
        "empty lines": ("", b"\r\n"),
        "second request": ("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /h", b"e"),
        "body": (f"PUT /api/v1/items/{home}/children/never HTTP/1.1\r\n{host}Content-Length: 100000\r\n\r\nabc", b"x"),
        "chunks": (f"POST /api/v1/shares HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n1\r\n{{", b"1\r\n \r\n"),
        "body of a refusal": ("POST /api/v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc", b"x"),
    }
    over = asyncio.Event()
    others = asyncio.create_task(_others(running, over))
    began = time.monotonic()

    async def one(first: str, trickle: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(first.encode())
        try:
            return await closed(reader, writer, trickle)
        finally:
            writer.close()

    asked = [one(*kind) for kind in kinds.values() for _ in range(count)]
    await asyncio.gather(*asked, _not_taken(running, f"/api/v1/items/{big['uid']}/content", token))
    longest = time.monotonic() - began
    over.set()
    answered, wait = await others
    wire.close()
    names = [one["name"] for one in (await _fresh(wire, f"/items/{home}/children"))["data"]]
    assert "never" not in names
    return {
        "slow clients": len(asked) + 1, "cut": len(asked) + 1, "longest life, s": round(longest, 1),
        "answers to others meanwhile": answered, "longest wait of others, ms": round(wait * 1000),
    }  # fmt: skip


async def _fresh(wire: Wire, path: str) -> Any:
    again = await Wire.to(wire.port, wire.token)
    try:
        return await again.ok("GET", path)
    finally:
        again.close()


async def _not_taken(running: Running, path: str, token: str) -> None:
    """Ask for much and take nothing of it, until the server has no more to do with it."""
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.connect(("127.0.0.1", running.port))
        plain.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        await asyncio.sleep(0.2)
        mine = plain.getsockname()[1]
        until = time.monotonic() + WAIT
        while _established(mine, running.port):
            assert time.monotonic() < until, "a reply that nobody takes is kept for ever"
            await asyncio.sleep(0.1)


def _established(one: int, other: int) -> bool:
    """Whether the server's side of a connection on this machine is still established."""
    ports = (f":{other:04X}", f":{one:04X}")
    with Path("/proc/net/tcp").open() as table:
        for line in table:
            local, remote, state = line.split()[1:4]
            if local.endswith(ports[0]) and remote.endswith(ports[1]):
                return state == "01"
    return False


async def idle_connections(running: Running, count: int) -> Figures:
    """Connections that say nothing cost little and hinder nobody; those who hold them are let go in the end."""
    wire = await Wire.to(running.port, running.place.tokens["alice"])
    await wire.ok("GET", "/home")
    before = running.memory
    held: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    for _ in range(0, count, 100):
        held += await asyncio.gather(
            *(asyncio.open_connection("127.0.0.1", running.port) for _ in range(min(100, count)))
        )
    over = asyncio.Event()
    others = asyncio.create_task(_others(running, over))
    await asyncio.sleep(0.3)
    grown = running.memory - before
    over.set()
    answered, wait = await others
    wire.close()
    for _, writer in held:
        writer.close()
    return {
        "largest number held": len(held), "largest growth of memory, MB": round(grown / 1e6, 1),
        "answers to others meanwhile": answered, "longest wait of others, ms": round(wait * 1000),
    }  # fmt: skip


def _open_files(running: Running) -> int:
    """Count the open files of the process that serves, those for its connections not counted."""
    found = 0
    for pid in running.family:
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found += one.readlink().parts[0] == "/"
    return found


async def broken_pipes(running: Running, rng: random.Random, count: int) -> Figures:
    """Clients that leave in the middle of a download or a ZIP leave no open file behind; the next gets all of it."""
    wire = await Wire.to(running.port, running.place.tokens["alice"])
    home = (await wire.ok("GET", "/home"))["top"]["uid"]
    folder = (await wire.ok("POST", f"/items/{home}/children", {"kind": "folder", "name": f"p{rng.random()}"}))["uid"]
    data = rng.randbytes(6 << 20)
    files = [(await wire.ok("PUT", f"/items/{folder}/children/{n}", data))["uid"] for n in range(2)]
    before, memory = _open_files(running), running.memory
    for _ in range(count):
        path = rng.choice([f"/items/{files[0]}/content", f"/items/{folder}/zip"])
        leaver = await Wire.to(running.port, wire.token)
        leaver.send("GET", path)
        await leaver.reader.readexactly(rng.randrange(1, 200_000))
        plain = leaver.writer.get_extra_info("socket")
        if rng.random() < 0.5:  # reset, not closed
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        leaver.close()
    async with asyncio.timeout(WAIT):
        while _open_files(running) > before:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.05)
    wire.close()
    last = await Wire.to(running.port, wire.token)
    assert (await last.ask("GET", f"/items/{files[0]}/content")).body == data
    whole = zipfile.ZipFile(io.BytesIO((await last.ask("GET", f"/items/{folder}/zip")).body))
    assert whole.testzip() is None
    assert [whole.read(one) for one in whole.namelist() if not one.endswith("/")] == [data, data]
    await last.ok("DELETE", f"/items/{folder}")
    last.close()
    grown = max(0, running.memory - memory)
    return {"left in the middle": count, "open files left": 0, "largest growth of memory, MB": round(grown / 1e6, 1)}
