"""Large files: what a download costs the processor, and how near an upload comes to the disk."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec

from bench.context import Context
from bench.load import Plan, request, run
from bench.report import Figure
from bench.server import HOST, Server, bare, ours

MIB: Final = 1 << 20
DOWNLOAD: Final = 100  # MiB
UPLOAD: Final = 1_024
DOWNLOADS: Final = 20


async def streams(bench: Context) -> AsyncIterator[Figure]:
    """Put a file, get it often, and put a large one."""
    size = max(1, int(DOWNLOAD * min(1, bench.effort)))
    large = max(2, int(UPLOAD * min(1, bench.effort)))
    async with ours(bench.data) as server, bare() as nothing:
        uid, _ = await _put(bench, server, f"get {size}", size)
        get = request("GET", f"/api/v1/items/{uid}/content", token=bench.town.uploader[0])
        mine = await _cost(server, get, bench)
        other = await _cost(nothing, request("GET", f"/stream/{size}"), bench)
        beside = {"cpu_ms": mine, "bare_cpu_ms": other}
        yield Figure(f"download of {size} MiB, processor", mine / other, "of bare", 2, beside=beside)
        rates, disk = [], []
        for at in range(3):
            disk.append(large / await _dd(bench.folder / "dd", large))
            rates.append(large / (await _put(bench, server, f"put {at}", large))[1])
        beside = {"MiB_per_s": max(rates), "dd_MiB_per_s": max(disk)}
        ratio = max(rates) / max(disk)
        yield Figure(f"upload of {large} MiB", ratio, "of dd conv=fsync", 0.7, least=True, beside=beside)


async def _cost(server: Server, get: str, bench: Context) -> float:
    """Return the milliseconds of the processor that one answer takes."""
    count, best = max(2, int(DOWNLOADS * bench.effort)), float("inf")
    for _ in range(3):
        before = server.cpu()
        result = await run(Plan(server.port, 1, [get] * count))
        assert result.good == count, result.statuses
        best = min(best, (server.cpu() - before) / count * 1_000)
    return max(best, 0.001)


async def _put(bench: Context, server: Server, name: str, mebibytes: int) -> tuple[str, float]:
    """Upload a file; return its uid and the seconds until it was acknowledged."""
    token, folder = bench.town.uploader
    path = f"/api/v1/items/{folder}/children/{name.replace(' ', '-')}?on_collision=version"
    reader, writer = await asyncio.open_connection(HOST, server.port)
    began = time.perf_counter()
    head = [f"PUT {path} HTTP/1.1", f"host: {HOST}", f"authorization: Bearer {token}", "connection: close"]
    lines = (*head, f"content-length: {mebibytes * MIB}", "content-type: application/octet-stream", "", "")
    writer.write("\r\n".join(lines).encode())
    chunk = b"\0" * MIB
    for _ in range(mebibytes):
        writer.write(chunk)
        await writer.drain()
    answer = await reader.read()
    seconds = time.perf_counter() - began
    writer.close()
    head_of, _, body = answer.partition(b"\r\n\r\n")
    assert head_of[9:12] in (b"200", b"201"), answer
    return str(msgspec.json.decode(body)["uid"]), seconds


async def _dd(path: Path, mebibytes: int) -> float:
    began = time.perf_counter()
    arguments = ["if=/dev/zero", f"of={path}", "bs=1M", f"count={mebibytes}", "conv=fsync", "status=none"]
    process = await asyncio.create_subprocess_exec("dd", *arguments)
    await process.wait()
    seconds = time.perf_counter() - began
    await asyncio.to_thread(path.unlink)
    return seconds
