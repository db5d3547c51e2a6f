"""Where races are run: a served installation, and for everybody a connection to each of its processes."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from tests.trust.place import Running
from tests.trust.wire import Answer, Wire, close_all, one_per_worker

MOST_APART = 0.004  # seconds between the first read and the change, at most: shorter than either takes


class Stage:
    """A running server with connections that stay open."""

    def __init__(self, running: Running, rng: random.Random) -> None:
        """Connect later (``on_stage``); ``rng`` decides who asks which process, and when."""
        self.running = running
        self.rng = rng
        self.wires: dict[str, list[Wire]] = {}
        self._more: list[Wire] = []

    async def people(self, *names: str) -> None:
        """Connect these people to each process."""
        tokens = self.running.place.tokens
        for name in names:
            self.wires[name] = await one_per_worker(self.running.port, tokens.get(name), self.running.workers)

    async def crowd(self, count: int, name: str = "nobody") -> list[Wire]:
        """Return so many connections of somebody, to whichever processes accept them."""
        token = self.running.place.tokens.get(name)
        wires = [await Wire.to(self.running.port, token) for _ in range(count)]
        self._more += wires
        return wires

    def someone(self, name: str) -> Wire:
        """Return somebody's connection to any of the processes."""
        return self.rng.choice(self.wires[name])

    async def home(self, name: str) -> str:
        """Return the uid of somebody's top folder."""
        return str((await self.someone(name).ok("GET", "/home"))["top"]["uid"])

    async def file(self, name: str, title: str, data: bytes = b"hello", parent: str | None = None) -> str:
        """Put a file, and return its uid."""
        where = parent or await self.home(name)
        made = await self.someone(name).ok("PUT", f"/items/{where}/children/{title}", data)
        return str(made["uid"])

    async def folder(self, name: str, title: str, parent: str | None = None) -> str:
        """Make a folder, and return its uid."""
        where = parent or await self.home(name)
        body = {"kind": "folder", "name": title}
        return str((await self.someone(name).ok("POST", f"/items/{where}/children", body))["uid"])

    async def share(self, name: str, item: str, to: Any, **more: Any) -> dict[str, Any]:
        """Share an item, and return the first pair of the report."""
        body = {"items": [item], "recipients": [to], "notify": False, **more}
        pair: dict[str, Any] = (await self.someone(name).ok("POST", "/shares", body))["pairs"][0]
        return pair

    def close(self) -> None:
        """Hang up everywhere."""
        close_all([*self._more, *(wire for wires in self.wires.values() for wire in wires)])


@contextlib.asynccontextmanager
async def on_stage(running: Running, rng: random.Random) -> AsyncIterator[Stage]:
    """Connect Root, Alice, Bob, Quinn and a stranger to each process of a server."""
    stage = Stage(running, rng)
    try:
        await stage.people("root", "alice", "bob", "quinn", "nobody")
        yield stage
    finally:
        stage.close()


async def watched(
    wires: list[Wire], ask: Callable[[Wire], Awaitable[Answer]], act: Callable[[], Awaitable[Any]], pause: float
) -> tuple[list[Answer], list[Answer]]:
    """Ask over and over at each process while something is done; return what began before its end, and after.

    Each process is asked at least once after it was acknowledged.
    """
    over = asyncio.Event()
    answers: list[Answer] = []

    async def read(wire: Wire) -> None:
        last = False
        while not last:
            last = over.is_set()
            answers.append(await ask(wire))

    readers = [asyncio.create_task(read(wire)) for wire in wires]
    await asyncio.sleep(pause)
    await act()
    acknowledged = asyncio.get_running_loop().time()
    over.set()
    await asyncio.gather(*readers)
    after = [one for one in answers if one.began >= acknowledged]
    assert {one.worker for one in after} == {one.worker for one in answers}
    return [one for one in answers if one.began < acknowledged], after
