"""The reference engine: bytes in a dictionary, for tests and for reading what the port means."""

import hashlib
import time
from collections.abc import AsyncIterator, Callable, Collection

from commonhold.blobs.intake import CHUNK, Meter, checked, new_key
from commonhold.core.blobs import ORPHAN_AGE_MS, Blob, Known
from commonhold.core.policy.allowed import Allowed
from commonhold.core.problems import Problem


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
