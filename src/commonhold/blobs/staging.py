"""Pieces of uploads in a folder: one file for each upload, locked by the request that writes it."""

import asyncio
import contextlib
import fcntl
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from pathlib import Path
from typing import Final

from commonhold.blobs.folder import fsync_folder, told_as_problems
from commonhold.blobs.intake import CHUNK
from commonhold.core.problems import Problem
from commonhold.core.staging import Appended

LOOK: Final = 0.05  # seconds between two looks at a lock that another request holds
ASKED_AT_ONCE: Final = 500  # uploads about which the store is asked in one statement
_UID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class FolderStaging:
    """Keeps the pieces of each upload as one file under ``root``; all processes of an installation share the folder."""

    def __init__(self, root: Path) -> None:
        """Take the folder; it is made with the first upload."""
        self._root = root

    @contextlib.asynccontextmanager
    async def hold(self, uid: str, patience: float = 0) -> AsyncIterator["FolderPiece"]:
        """See the port: the lock is of the file, and ends with the process at the latest."""
        with told_as_problems():
            file = await asyncio.to_thread(self._open, self._path(uid))
        try:
            until = asyncio.get_running_loop().time() + patience
            while not _locked(file):
                if asyncio.get_running_loop().time() >= until:
                    raise Problem("upload_busy")
                await asyncio.sleep(LOOK)
            yield FolderPiece(file)
        finally:
            os.close(file)

    async def drop(self, uids: Collection[str]) -> None:
        """See the port."""
        with told_as_problems():
            await asyncio.to_thread(_remove, [self._path(uid) for uid in uids])

    async def sweep(
        self, known: Callable[[Collection[str]], Awaitable[Collection[str]]], *, now: int, older_than_ms: int
    ) -> int:
        """See the port."""
        with told_as_problems():
            aged = await asyncio.to_thread(self._aged, now - older_than_ms)
        removed = 0
        for at in range(0, len(aged), ASKED_AT_ONCE):
            asked = aged[at : at + ASKED_AT_ONCE]
            orphans = set(asked) - set(await known(asked))
            await self.drop(orphans)
            removed += len(orphans)
        return removed

    def _path(self, uid: str) -> Path:
        if _UID.fullmatch(uid) is None:
            raise Problem("not_found")
        return self._root / uid

    def _open(self, path: Path) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return os.open(path, flags, 0o600)
        except FileNotFoundError:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            fsync_folder(self._root.parent)
            return os.open(path, flags, 0o600)

    def _aged(self, before: int) -> list[str]:
        """Name the uploads whose pieces were last written before this moment, in milliseconds."""
        if not self._root.is_dir():
            return []
        with os.scandir(self._root) as entries:
            found = [one for one in entries if _UID.fullmatch(one.name)]
        return [one.name for one in found if one.stat(follow_symlinks=False).st_mtime_ns < before * 1_000_000]


class FolderPiece:
    """See ``core.staging.Piece``: an open file that is locked."""

    def __init__(self, file: int) -> None:
        """Take the file; whoever opened it closes it."""
        self._file = file

    async def append(self, at: int, chunks: AsyncIterator[bytes], *, limit: int, whole: bool = False) -> Appended:
        """See the port: what is there beyond ``at`` was never acknowledged, and goes."""
        failed, size, batch, held = None, 0, list[bytes](), 0
        await self._do(os.ftruncate, self._file, at)
        try:
            async for chunk in chunks:
                if size + held + len(chunk) > limit:
                    failed = Problem("too_large", limit=at + limit)
                    break
                batch.append(chunk)
                held += len(chunk)
                if held >= CHUNK:
                    await self._do(self._write, at + size, batch)
                    size, held, batch = size + held, 0, []
        except Problem as problem:
            failed = problem
        if failed is not None and whole:
            return Appended(0, failed)
        await self._do(self._write, at + size, batch)
        await self._do(os.fsync, self._file)
        return Appended(size + held, failed)

    async def read(self, size: int) -> AsyncIterator[bytes]:
        """See the port."""
        at = 0
        while at < size:
            with told_as_problems():
                data = await asyncio.to_thread(os.pread, self._file, min(CHUNK, size - at), at)
            if not data:
                raise Problem("unavailable", reason="pieces of an upload are not here")
            at += len(data)
            yield data

    def _write(self, at: int, batch: list[bytes]) -> None:
        rest = memoryview(b"".join(batch))
        while rest:
            count = os.pwrite(self._file, rest, at)
            rest, at = rest[count:], at + count

    @staticmethod
    async def _do(work: Callable[..., object], *values: object) -> None:
        """Let a thread do one step, and wait for it even if the caller is gone: the file closes after it."""
        step = asyncio.ensure_future(asyncio.to_thread(work, *values))
        with told_as_problems():
            try:
                await asyncio.shield(step)
            except asyncio.CancelledError:
                await asyncio.wait([step])
                raise


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(paths: Collection[Path]) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
