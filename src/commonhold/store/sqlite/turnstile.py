"""The turnstile: commits and checkpoints of all processes on one database go through one by one, in turn.

Two file locks, both blocking: take ``next``, take ``main``, free ``next``, work, free ``main``. Whoever holds ``next``
is the only one who waits for ``main``, so that no process can come out and go in again before it. Waiting for SQLite's
own lock instead means to ask again and again, which leaves some waiting for seconds; and it does not keep a checkpoint
and the writing of others apart.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class Turnstile:
    """A context manager; inside of it no other process (or turnstile of this one) is inside for the same database."""

    def __init__(self, database: Path) -> None:
        """Open the two lock files beside the database; they stay there, and empty."""
        self._next, self._main = (
            os.open(f"{database}-{name}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for name in ("next", "main")
        )

    def __enter__(self) -> Self:
        """Wait for one's turn."""
        fcntl.flock(self._next, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._main, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one in."""
        fcntl.flock(self._main, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the files."""
        os.close(self._next)
        os.close(self._main)
