"""The real tus client, unchanged, from Node.js, through connections that break."""

import asyncio
import contextlib
import hashlib
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests import npm
from tests.faces.native.town import Town
from tests.http.peer import serving

pytestmark = [pytest.mark.node, pytest.mark.slow]

CLIENT = Path(__file__).parent / "tus"
MIB = 1 << 20
SIZE = int(os.environ.get("TUS_TEST_MIB", "64")) * MIB


@contextlib.asynccontextmanager
async def cut(port: int, after: list[int]) -> AsyncIterator[int]:
    """Stand between client and server, and break the connection each time so many more bytes were sent."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counts: bool) -> None:
        sent = 0
        while chunk := await reader.read(1 << 16):
            sent += len(chunk)
            if counts and after and sent > after[0]:
                after.pop(0)
                break
            writer.write(chunk)
            await writer.drain()

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", port)
        ways = [asyncio.create_task(pump(reader, forth, True)), asyncio.create_task(pump(back, writer, False))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for one in (writer, forth):
            one.transport.abort()
        await asyncio.gather(*ways, return_exceptions=True)

    server = await asyncio.start_server(joined, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def written(path: Path, size: int) -> str:
    """Write a file of bytes that never repeat, and return its sha256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for at in range(0, size, MIB):
            chunk = random.Random(at).randbytes(min(MIB, size - at))
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


@pytest.mark.parametrize("chunk", [0, 5 * MIB])
async def test_an_upload_survives_three_cuts(town: Town, tmp_path: Path, chunk: int) -> None:
    """Cut three times, the client asks how far it came and goes on; what is stored is what it had, byte for byte."""
    digest = written(tmp_path / "large.bin", SIZE)
    cuts = [SIZE // 8, SIZE // 4, SIZE // 3] if not chunk else [MIB, 2 * MIB, 3 * MIB]
    async with serving(town.app) as port, cut(port, cuts) as through:
        endpoint = f"http://127.0.0.1:{through}/api/v1/items/{await town.home('alice')}/uploads"
        given: dict[str, object] = {
            "path": str(tmp_path / "large.bin"),
            "endpoint": endpoint,
            "token": town.alice.token,
        }
        given |= {"name": "large.bin", "type": "application/x-large", "chunk": chunk}
        told = await npm.run(CLIENT, "upload.cjs", given, {}, 300)

    assert (told.get("error"), told["retries"], cuts) == (None, 3, [])
    (item,) = (await town.alice.ok("GET", f"/items/{await town.home('alice')}/children"))["data"]
    assert (item["name"], item["size"], item["sha256"]) == ("large.bin", SIZE, digest)
