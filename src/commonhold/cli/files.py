"""Files of this machine on their way up, and what comes down: in pieces, with a bar while it takes long."""

import asyncio
import contextlib
import hashlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from commonhold.cli.exits import CommandError
from commonhold.cli.output import STEPS, harmless

CHUNK: Final = 1 << 20

Step = Callable[[int], None]


class Progress:
    """Counts the bytes of one command; shows a bar on a terminal once there are many."""

    def __init__(self, total: int, *, silent: bool) -> None:
        """``total`` in bytes; ``silent``: show nothing."""
        self._total = total
        self._shown = not silent and sys.stderr.isatty() and total >= STEPS
        self._bar: Any = None
        self._task: Any = None

    @contextlib.contextmanager
    def running(self) -> Iterator["Progress"]:
        """Show the bar while the body runs."""
        if not self._shown:
            yield self
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as self._bar:
            self._task = self._bar.add_task("", total=self._total)
            yield self

    def file(self, name: str) -> None:
        """Name the file that is on its way."""
        if self._bar is not None:
            from rich.markup import escape

            self._bar.update(self._task, description=escape(harmless(name)))

    def step(self, count: int) -> None:
        """Count bytes."""
        if self._bar is not None:
            self._bar.advance(self._task, count)


async def read_chunks(file: BinaryIO, step: Step) -> AsyncIterator[bytes]:
    """Yield a file in pieces, read in a thread."""
    while chunk := await asyncio.to_thread(file.read, CHUNK):
        yield chunk
        step(len(chunk))


async def write_chunks(chunks: AsyncIterator[bytes], to: Path, step: Step, *, force: bool) -> None:
    """Write what comes to a file, which has its name only when all of it is there.

    :raises CommandError: there is such a file, or it cannot be written
    """
    if to.exists() and not force:
        raise CommandError(f"{to} is there already. Give another name, or --force.")
    draft = to.with_name(f".{to.name[:200]}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            async for chunk in chunks:
                await asyncio.to_thread(file.write, chunk)
                step(len(chunk))
        draft.replace(to)
    except OSError as error:
        raise CommandError(f"{to} cannot be written: {error.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)


async def digest_of(path: Path) -> str:
    """Return the sha256 of a file."""

    def read() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return await asyncio.to_thread(read)


def opened(path: Path) -> BinaryIO:
    """Open a file to read it.

    :raises CommandError: it cannot be read
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
