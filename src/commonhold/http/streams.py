"""Streams that may be cut: an answer that began well ends early when the right behind it is gone.

A status cannot be taken back once it was sent. So the connection is closed before the promised end, and every client
sees that its download is not whole.
"""

import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from typing import Final, TypeAlias, TypeVar

from starlette.responses import StreamingResponse
from starlette.types import Send

from commonhold.core.problems import Problem

ASK_EVERY_BYTES: Final = 16 << 20
"""Bytes after which a running stream asks the policy again."""

ASK_EVERY_SECONDS: Final = 30.0
"""Seconds after which it asks at the latest, so that a slow stream is no way to keep a right."""

Again: TypeAlias = Callable[[], Awaitable[object]]
"""Asks the policy once more; raises ``Problem`` if the answer is no longer yes."""

T = TypeVar("T")


class StreamCut(Exception):
    """The stream ends here, unfinished. The outermost layer lets the server close the connection, and logs the code."""

    def __init__(self, code: str) -> None:
        """Name the problem that ended it."""
        super().__init__(code)
        self.code = code


@contextlib.contextmanager
def cutting() -> Iterator[None]:
    """Let a problem inside cut the stream: it is too late to be worded as an answer."""
    try:
        yield
    except Problem as problem:
        raise StreamCut(problem.code) from problem


class Watch:
    """Asks the policy again every 16 MiB or 30 seconds of one stream."""

    def __init__(self, again: Again, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin now, as the policy has just said yes; ``clock`` gives seconds."""
        self._again = again
        self._clock = clock
        self._bytes = 0
        self._asked = clock()

    async def before(self, size: int) -> None:
        """Ask, if it is time, before these many bytes more are sent."""
        self._bytes += size
        if self._bytes > ASK_EVERY_BYTES or self._clock() - self._asked >= ASK_EVERY_SECONDS:
            await self.ask()
            self._bytes = size

    async def ask(self) -> None:
        """Ask now, whatever was sent since the last time."""
        with cutting():
            await self._again()
        self._bytes = 0
        self._asked = self._clock()


class Stream(StreamingResponse):
    """A streamed answer that closes its source at once when it ends, however it ends."""

    async def stream_response(self, send: Send) -> None:
        """Send all of it."""
        async with closing(self.body_iterator):
            await super().stream_response(send)


@contextlib.asynccontextmanager
async def closing(source: T) -> AsyncIterator[T]:
    """Close an iterator that can be closed (a generator), so that its files are not left to the garbage collector."""
    try:
        yield source
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()


async def watched(first: bytes, rest: AsyncIterator[bytes], watch: Watch) -> AsyncIterator[bytes]:
    """Yield ``first`` and the ``rest``, as long as the policy says yes; a problem of the source cuts the stream too."""
    async with closing(rest):
        await watch.before(len(first))
        yield first
        with cutting():
            async for chunk in rest:
                await watch.before(len(chunk))
                yield chunk
