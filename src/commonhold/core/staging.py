"""The port for pieces: where uploads that come in several requests wait until they are whole.

Pieces are nobody's content: nothing reads them but the verb that makes a file of them (``content.uploading``). How much
of them counts is said by the row of the upload; what lies beyond that, after a crash, is written over.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from commonhold.core.problems import Problem


class Appended(Struct, frozen=True):
    """What was added durably, in bytes, and the problem that ended it early, if one did."""

    size: int
    failed: Problem | None = None


class Piece(Protocol):
    """The pieces of one upload, while one request holds them."""

    async def append(self, at: int, chunks: AsyncIterator[bytes], *, limit: int, whole: bool = False) -> Appended:
        """Write what ``chunks`` yields from ``at`` on, and return when it is durable.

        More than ``limit`` bytes are ``too_large``. What came before a problem is kept, unless it has to be ``whole``.

        :raises Problem: storage_full, unavailable; then nothing was added
        """
        ...

    def read(self, size: int) -> AsyncIterator[bytes]:
        """Yield the first ``size`` bytes, in chunks of at most 1 MiB.

        :raises Problem: unavailable where there are fewer
        """
        ...


class Staging(Protocol):
    """A place for pieces, by the uids of their uploads."""

    def hold(self, uid: str, patience: float = 0) -> AbstractAsyncContextManager[Piece]:
        """Hold the pieces of one upload alone, in all processes.

        :param patience: seconds to wait for another request that holds them
        :raises Problem: upload_busy if it does still; unavailable
        """
        ...

    async def drop(self, uids: Collection[str]) -> None:
        """Remove all pieces of these uploads; those that are gone already are no mistake."""
        ...

    async def sweep(
        self, known: Callable[[Collection[str]], Awaitable[Collection[str]]], *, now: int, older_than_ms: int
    ) -> int:
        """Remove pieces last written longer ago than that, of which no upload is known; returns of how many uploads."""
        ...
