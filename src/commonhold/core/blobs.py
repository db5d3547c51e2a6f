"""The port for bytes: what the core needs of a place that keeps content.

A blob is a run of bytes under a random key. It never changes: new content is a new blob. The verbs of ``content`` use
it in one order only: **bytes durable → row → answer**. What has no row is nobody's, and ``sweep`` collects it; what has
a row is whole, because ``receive`` returns nothing before the disk has everything.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Final, Protocol, TypeAlias

from msgspec import Struct

from commonhold.core.policy.allowed import Allowed

ORPHAN_AGE_MS: Final = 24 * 60 * 60 * 1000
"""How long a blob may wait for its row, in milliseconds: far longer than any upload's last step takes."""


Known: TypeAlias = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Asks the store which of these keys have a row (it answers with those)."""


class Blob(Struct, frozen=True):
    """What was received: its key, its size in bytes, and the sha256 of its content in hexadecimal."""

    key: str
    size: int
    sha256: str


class Blobs(Protocol):
    """A place that keeps bytes. Keys are the engine's own, random, and validated before they touch anything.

    Every method raises ``not_found`` for a key that no engine could have made, ``unavailable`` when the place fails.
    """

    async def receive(self, chunks: AsyncIterator[bytes], *, limit: int, space: int | None = None) -> Blob:
        """Keep what ``chunks`` yields, durably, and return it; after any failure nothing is left behind.

        ``limit`` is the most bytes one blob may have (else ``too_large``), ``space`` what its owner has left (None:
        no bound; else ``quota_exceeded``); a full disk is ``storage_full``. What ``chunks`` raises is passed on.
        """
        ...

    def read(self, allowed: Allowed, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes from ``start`` up to, not including, ``end`` (None: the last), in chunks of at most 1 MiB.

        ``allowed`` is the proof that policy was asked for what these bytes belong to. Bounds beyond the end are cut to
        it. ``not_found`` comes with the first chunk asked for. A blob deleted while it is being read is read to its
        end.
        """
        ...

    async def size(self, key: str) -> int | None:
        """How many bytes, or None if there is no such blob."""
        ...

    async def delete(self, keys: Collection[str]) -> None:
        """Remove these blobs; those that are gone already are no mistake."""
        ...

    async def sweep(self, known: Known, *, now: int, older_than_ms: int = ORPHAN_AGE_MS) -> int:
        """Remove what is older than ``older_than_ms`` at ``now`` and has no row; returns how much was removed.

        Unfinished uploads go too. A caller that gives an old key to a new row (a copy, a version brought back) does it
        from a row that lives in the same transaction; never run it during a backup.
        """
        ...

    def local_path(self, allowed: Allowed, key: str) -> str | None:
        """Where a web server on this machine can read the file by itself (X-Accel-Redirect), if it is one."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go of threads and connections."""
        ...
