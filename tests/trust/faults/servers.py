"""A server's misfortunes: killed, its disk full, its database away. Nothing acknowledged is lost, nothing is half."""

import asyncio
import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.postgres import OwnServer
from tests.trust.faults.ledger import Ledger, Writers, all_there, sound
from tests.trust.place import Place, Running, alone, serving
from tests.trust.wire import Wire

Figures = dict[str, Any]


async def _home(running: Running) -> str:
    wire = await Wire.to(running.port, running.place.tokens["alice"])
    found = str((await wire.ok("GET", "/home"))["top"]["uid"])
    wire.close()
    return found


def killed(place: Place, rng: random.Random, kills: int, workers: int = 1) -> Figures:
    """Kill the server in the middle of writes and uploads, again and again, and look what is there each time."""
    ledger = Ledger()
    slowest = 0.0
    for _ in range(kills):
        with serving(place, workers) as running:
            slowest = max(slowest, running.seconds)
            alone(_until_killed(running, ledger, rng))
            running.kill()
    with serving(place, workers) as running:
        alone(_compared(running, ledger))
    return {
        "kills": kills, "files acknowledged": len(ledger.files), "shares acknowledged": len(ledger.shares),
        "lost or half-made": 0, "longest start after a kill, s": round(slowest, 1), **sound(place),
    }  # fmt: skip


async def _until_killed(running: Running, ledger: Ledger, rng: random.Random) -> None:
    home = await _home(running)
    await all_there(running, ledger, home, again=False)
    writers = Writers(running, ledger, rng, home)
    task = asyncio.create_task(writers.run())
    await asyncio.sleep(0.2 + rng.random() * 0.6)
    victim = rng.choice(running.family)
    os.kill(victim, signal.SIGKILL)  # one of its processes, in the middle of everything
    if victim == running.process.pid:
        running.process.wait()
    await asyncio.sleep(0.05)
    writers.stop.set()
    if running.process.poll() is None and running.workers == 1:
        running.kill()
    await task


async def _compared(running: Running, ledger: Ledger) -> None:
    await all_there(running, ledger, await _home(running))


def disk_full(place: Place, rng: random.Random) -> Figures:
    """Let every file of the server be as large as it is and no larger, then take that back."""
    with serving(place) as running:

        def limit(most: int) -> None:
            _, hard = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (most, hard))

        return alone(_full(running, rng, lambda: limit(4096), lambda: limit(resource.RLIM_INFINITY)))


def small_disk(place: Place, rng: random.Random, folder: Path) -> Figures:
    """Serve an installation from a file system of 256 MiB that is full, and from which something is then removed."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "none", str(folder)], check=True)
    try:
        data = Path(shutil.copytree(place.data, folder / "data"))
        ballast = folder / "ballast"

        def fill() -> None:
            with contextlib.suppress(OSError), ballast.open("wb") as file:
                while True:
                    file.write(b"\0" * 65536)

        with serving(Place(data, place.tokens)) as running:
            return alone(_full(running, rng, fill, ballast.unlink))
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def _full(running: Running, rng: random.Random, fill: Any, free: Any) -> Figures:
    ledger, home = Ledger(), await _home(running)
    for full in (False, True, False):
        if full:
            fill()
        writers = Writers(running, ledger, rng, home)
        before = dict(ledger.answers)
        task = asyncio.create_task(writers.run(2))
        await asyncio.sleep(0.6)
        if full:
            await _readable(running, home)
        writers.stop.set()
        await task
        new = {status: count - before.get(status, 0) for status, count in ledger.answers.items()}
        if full:
            assert new.get(507, 0) > 0, new
            free()
        else:
            assert sum(count for status, count in new.items() if status < 300) > 0, new
            assert not any(count for status, count in new.items() if status >= 500), new
    await all_there(running, ledger, home)
    incoming = list((running.place.data / "blobs" / "incoming").iterdir())
    assert not incoming, incoming
    return {"answers 507": ledger.answers.get(507, 0), "answers 503": ledger.answers.get(503, 0),
            "acknowledged": len(ledger.files) + len(ledger.shares), "lost or half-made": 0}  # fmt: skip


async def _readable(running: Running, home: str) -> None:
    """What is there can be read while the disk is full."""
    wire = await Wire.to(running.port, running.place.tokens["alice"])
    assert (await wire.ask("GET", f"/items/{home}/children")).status == 200
    assert (await wire.ask("GET", "http:/healthz")).status == 200
    wire.close()


def database_restarted(place: Place, server: OwnServer, rng: random.Random, times: int) -> Figures:
    """Kill the database under load and start it again: 503 while it is away, then everything goes on."""
    ledger = Ledger()
    with serving(place, 2) as running:

        async def run() -> float:
            home = await _home(running)
            longest = 0.0
            for _ in range(times):
                writers = Writers(running, ledger, rng, home)
                task = asyncio.create_task(writers.run(2))
                await asyncio.sleep(0.4)
                await asyncio.to_thread(server.kill)
                await asyncio.sleep(0.3)
                await asyncio.to_thread(server.start)
                longest = max(longest, await _back(running))
                await asyncio.sleep(0.4)
                writers.stop.set()
                await task
                await all_there(running, ledger, home)
            return longest

        longest = alone(run())
    assert ledger.answers.get(503, 0) > 0, ledger.answers
    return {
        "restarts": times, "answers 503": ledger.answers[503], "longest until it answers again, s": round(longest, 1),
        "acknowledged": len(ledger.files) + len(ledger.shares), "lost or half-made": 0,
    }  # fmt: skip


async def _back(running: Running) -> float:
    began = time.monotonic()
    async with asyncio.timeout(60):
        while True:
            wire = await Wire.to(running.port)
            answer = await wire.ask("GET", "http:/readyz")
            wire.close()
            if answer.status == 200:
                return time.monotonic() - began
            await asyncio.sleep(0.05)
