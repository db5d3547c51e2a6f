"""Servers that we depend on, which take a request and say nothing more; and a clock that jumps."""

import asyncio
import contextlib
import random
import sqlite3
import time
from datetime import timedelta
from typing import Any

import pytest
from tests.faces.native.town import settle
from tests.trust.faults.bucket import bucket
from tests.trust.place import Place, serving
from tests.trust.wire import Wire
from tests.work.peer import listening

from commonhold.blobs import cloud
from commonhold.core.limits import DAY
from commonhold.core.problems import Problem
from commonhold.testing.core import TestClock, make_core

Figures = dict[str, Any]


@contextlib.contextmanager
def impatient(seconds: float) -> Any:
    """Wait for a bucket no longer than this, in place of half a minute."""
    before = cloud.TIMEOUT, cloud.TRIED_FOR
    cloud.TIMEOUT = cloud.TRIED_FOR = timedelta(seconds=seconds)  # type: ignore[misc]
    try:
        yield
    finally:
        cloud.TIMEOUT, cloud.TRIED_FOR = before  # type: ignore[misc]


async def bucket_hangs(seconds: float) -> Figures:
    """A bucket that does not answer costs 503 in bounded time, leaves no half file, and hinders nothing else."""
    with impatient(seconds):
        async with bucket() as peer:
            town = await settle(make_core(blobs=cloud.open_bucket(peer.url, "key", "secret")))
            home = await town.home("alice")
            uid = await town.file("alice", "before", b"x" * (3 << 20))
            peer.hang = True
            began = time.monotonic()
            put = asyncio.create_task(town.alice("PUT", f"/items/{home}/children/during", content=b"y" * 1000))
            get = asyncio.create_task(town.alice("GET", f"/items/{uid}/content"))
            answered = 0
            while not (put.done() and get.done()):
                assert (await town.alice("GET", "/home")).status == 200
                answered += 1
                await asyncio.sleep(0.02)
            took = time.monotonic() - began
            assert [(await put).status, (await get).status] == [503, 503]
            peer.hang = False
            names = [one["name"] for one in (await town.alice.ok("GET", f"/items/{home}/children"))["data"]]
            assert names == ["before"], names
            assert (await town.alice("GET", f"/items/{uid}/content")).body == b"x" * (3 << 20)
    return {
        "answers 503": 2,
        "answers to others meanwhile": answered,
        "longest until 503, in timeouts": round(took / seconds, 1),
    }


async def slow_download(seconds: float) -> Figures:
    """A client slower than the bucket's patience gets all of it; a bucket that stops in the middle ends it."""
    with impatient(seconds):
        async with bucket() as peer:
            blobs = cloud.open_bucket(peer.url, "key", "secret")
            data = random.Random(1).randbytes(6 << 20)
            blob = await blobs.receive(_once(data), limit=1 << 30)
            allowed: Any = None
            got = bytearray()
            async for chunk in blobs.read(allowed, blob.key, 1000):
                got += chunk
                await asyncio.sleep(seconds / 4)
            assert got == data[1000:]
            peer.stall = True
            began, half = time.monotonic(), bytearray()
            with pytest.raises(Problem, match="unavailable"):
                await _read(blobs, blob.key, half)
            assert len(half) < len(data)
            assert data.startswith(half)
    took = (time.monotonic() - began) / seconds
    return {"whole": 1, "ended": 1, "longest until a stalled download ends, in timeouts": round(took, 1)}


async def _read(blobs: cloud.CloudBlobs, key: str, into: bytearray) -> None:
    allowed: Any = None
    async for chunk in blobs.read(allowed, key):
        into += chunk


async def _once(data: bytes) -> Any:
    yield data


async def mail_server_hangs(place: Place) -> Figures:
    """A mail server that says nothing: whoever shares notices nothing, the mails wait, and go when it is well again."""
    async with listening() as peer:
        peer.hang = True
        smtp = {"HOST": "127.0.0.1", "PORT": str(peer.port), "TLS": "none", "TIMEOUT": "1"}
        more = {f"COMMONHOLD_SMTP_{name}": value for name, value in smtp.items()}
        with serving(place, worker=True, more=more) as running:
            wire = await Wire.to(running.port, place.tokens["alice"])
            home = (await wire.ok("GET", "/home"))["top"]["uid"]
            longest = 0.0
            for number in range(5):
                to = {"kind": "mail", "name": f"m{number}@example.net"}
                answer = await wire.ask("POST", "/shares", {"items": [home], "recipients": [to]})
                assert answer.status == 200, answer
                longest = max(longest, answer.ended - answer.began)
            wire.close()
            async with asyncio.timeout(60):
                await peer.asked.wait()
                while _waiting(place, "tries > 0") < 5:  # noqa: ASYNC110 - rows of another process
                    await asyncio.sleep(0.1)
            assert not peer.mails
            peer.hang = False
            peer.go_on.set()
            _hurry(place)
            async with asyncio.timeout(60):
                while len(peer.mails) < 5:  # noqa: ASYNC110 - sent by another process
                    await asyncio.sleep(0.1)
            await asyncio.to_thread(_ended, place)
    return {"mails waited, then sent": 5, "longest answer to a share, ms": round(longest * 1000)}


def _waiting(place: Place, where: str) -> int:
    with contextlib.closing(sqlite3.connect(place.data / "commonhold.db", timeout=30)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM outbox WHERE done_at IS NULL AND {where}").fetchone()[0])


def _hurry(place: Place) -> None:
    """Let a minute pass for what waits."""
    with contextlib.closing(sqlite3.connect(place.data / "commonhold.db", timeout=30)) as connection:
        connection.execute("UPDATE outbox SET due_at = 0 WHERE done_at IS NULL AND tries > 0")
        connection.commit()


def _ended(place: Place) -> None:
    until = time.monotonic() + 30
    while _waiting(place, "tries > 0"):
        assert time.monotonic() < until
        time.sleep(0.1)


async def clock_jumps(rng: random.Random, jumps: int) -> Figures:
    """Whatever the clock says: what was withdrawn stays so, numbers are new, nobody stays locked out."""
    town = await settle(make_core())
    clock = town.core.clock
    assert isinstance(clock, TestClock)
    start = clock()
    item = await town.file("alice", "a")
    seen: set[str] = set()
    highest = asked = 0
    for _ in range(jumps):
        clock.advance(rng.choice((1, -1)) * rng.choice((1, 60_000, DAY, 400 * DAY, 20 * 365 * DAY)))
        if abs(clock() - start) > 40 * 365 * DAY:
            clock.advance(start - clock())
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock() / 1000 + 3600))
        link = await town.link("alice", item, until=now, password="p")
        assert link["id"] > highest, "a number was given twice"
        highest = link["id"]
        assert link["share"] not in seen
        seen.add(link["share"])
        path = f"/links/{link['link']['secret']}/open"
        for _ in range(3):
            assert (await town.nobody("POST", path, {"password": "wrong"})).status == 403
        token = (await town.nobody.ok("POST", path, {"password": "p"}))["token"]
        held = {"headers": {"commonhold-pass": token}}
        assert (await town.nobody("GET", f"/items/{item}/content", **held)).status == 200
        clock.advance(2 * 3_600_000)
        assert (await town.nobody("GET", f"/items/{item}/content", **held)).status >= 400, "a window that is over"
        clock.advance(-2 * 3_600_000)
        await town.alice.ok("DELETE", f"/shares/{link['share']}")
        clock.advance(rng.choice((-DAY, DAY, -1)))
        assert (await town.nobody("GET", f"/items/{item}/content", **held)).status >= 400, "withdrawn"
        for method, where in (("GET", "/home"), ("GET", "/shares"), ("GET", "/events"), ("GET", "/notifications")):
            assert (await town.root(method, where)).status == 200, (method, where)
        asked += 12
    for _ in range(50):  # a throttle filled in the future
        await town.nobody("POST", "/session", {"name": "bob", "password": "wrong"})
    clock.advance(-5 * 365 * DAY)
    done = await town.nobody("POST", "/session", {"name": "bob", "password": "correct horse"})
    assert done.status == 200, "locked out by a clock that was ahead"
    return {"jumps": jumps, "requests": asked, "largest number": highest, "numbers given twice": 0}
