"""What a server takes before anybody asks for anything: memory, and the time until it answers."""

import asyncio
from collections.abc import AsyncIterator

from bench.context import Context
from bench.report import Figure
from bench.server import ours


async def footprint(bench: Context) -> AsyncIterator[Figure]:
    """Start the server some times."""
    started, memory, beside = [], [], []
    for _ in range(5 if bench.effort >= 1 else 1):
        async with ours(bench.data) as server:
            started.append(server.started)
            await asyncio.sleep(1.5)
            memory.append(server.memory())
            beside.append(server.beside())
    yield Figure("an idle server", max(memory), "MB", 80, beside={"its worker, MB": max(beside)})
    yield Figure("from start to the first answer", min(started), "s", 1, beside={"slowest": max(started)})
