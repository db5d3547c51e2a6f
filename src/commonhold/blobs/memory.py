"""The reference engine: bytes in a dictionary, for tests and for reading what the port means."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection

from commonhold.blobs.intake import CHUNK, Meter, checked, new_key
from commonhold.core.blobs import ORPHAN_AGE_MS, Blob, Known
from commonhold.core.policy.allowed import Allowed
from commonhold.core.problems import Problem
from commonhold.core.staging import Appended


def wall_clock() -> int:
    """Milliseconds since the epoch, as a file system stamps its files."""
    return time.time_ns() // 1_000_000


class MemoryBlobs:
    """Keeps blobs in this process; nothing outlives it."""

    def __init__(self, clock: Callable[[], int] = wall_clock) -> None:
        """Begin empty; ``clock`` stamps what is received."""
        self._clock = clock
        self._kept: dict[str, tuple[bytes, int]] = {}

    async def receive(self, chunks: AsyncIterator[bytes], *, limit: int, space: int | None = None) -> Blob:
        """See the port: nothing is visible before all of it is here."""
        meter, content = Meter(limit, space), bytearray()
        async for chunk in chunks:
            meter.add(chunk)
            content += chunk
        key = new_key()
        self._kept[key] = (bytes(content), self._clock())
        return Blob(key, meter.size, hashlib.sha256(content).hexdigest())

    async def read(self, allowed: Allowed, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:  # noqa: ARG002
        """See the port."""
        if checked(key) not in self._kept:
            raise Problem("not_found")
        content = self._kept[key][0][start:end]
        for at in range(0, len(content), CHUNK):
            yield content[at : at + CHUNK]

    async def size(self, key: str) -> int | None:
        """See the port."""
        kept = self._kept.get(checked(key))
        return None if kept is None else len(kept[0])

    async def delete(self, keys: Collection[str]) -> None:
        """See the port."""
        for key in [checked(key) for key in keys]:
            self._kept.pop(key, None)

    async def sweep(self, known: Known, *, now: int, older_than_ms: int = ORPHAN_AGE_MS) -> int:
        """See the port."""
        aged = {key for key, (_, born) in self._kept.items() if now - born > older_than_ms}
        orphans = aged - set(await known(aged)) if aged else aged
        await self.delete(orphans)
        return len(orphans)

    def local_path(self, allowed: Allowed, key: str) -> str | None:  # noqa: ARG002
        """See the port: there is no file."""
        checked(key)
        return None

    async def close(self) -> None:
        """Nothing to let go of."""


class MemoryStaging:
    """Keeps pieces of uploads in this process (``core.staging``)."""

    def __init__(self, clock: Callable[[], int] = wall_clock) -> None:
        """Begin empty; ``clock`` stamps what is written."""
        self._clock = clock
        self._kept: dict[str, tuple[bytearray, int]] = {}
        self._held: set[str] = set()

    @contextlib.asynccontextmanager
    async def hold(self, uid: str, patience: float = 0) -> AsyncIterator["MemoryPiece"]:
        """See the port."""
        until = asyncio.get_running_loop().time() + patience
        while uid in self._held:
            if asyncio.get_running_loop().time() >= until:
                raise Problem("upload_busy")
            await asyncio.sleep(0.01)
        self._held.add(uid)
        content = self._kept.get(uid, (bytearray(), 0))[0]
        self._kept[uid] = content, self._clock()
        try:
            yield MemoryPiece(content)
        finally:
            self._held.discard(uid)

    async def drop(self, uids: Collection[str]) -> None:
        """See the port."""
        for uid in uids:
            self._kept.pop(uid, None)

    async def sweep(
        self, known: Callable[[Collection[str]], Awaitable[Collection[str]]], *, now: int, older_than_ms: int
    ) -> int:
        """See the port."""
        aged = {uid for uid, (_, written) in self._kept.items() if written < now - older_than_ms}
        orphans = aged - set(await known(aged)) if aged else aged
        await self.drop(orphans)
        return len(orphans)


class MemoryPiece:
    """See ``core.staging.Piece``."""

    def __init__(self, content: bytearray) -> None:
        """Take what is there."""
        self._content = content

    async def append(self, at: int, chunks: AsyncIterator[bytes], *, limit: int, whole: bool = False) -> Appended:
        """See the port."""
        failed, added = None, bytearray()
        try:
            async for chunk in chunks:
                if len(added) + len(chunk) > limit:
                    failed = Problem("too_large", limit=at + limit)
                    break
                added += chunk
        except Problem as problem:
            failed = problem
        if failed is not None and whole:
            return Appended(0, failed)
        self._content[at:] = added
        return Appended(len(added), failed)

    async def read(self, size: int) -> AsyncIterator[bytes]:
        """See the port."""
        if len(self._content) < size:
            raise Problem("unavailable", reason="pieces of an upload are not here")
        for at in range(0, size, CHUNK):
            yield bytes(self._content[at : min(at + CHUNK, size)])
