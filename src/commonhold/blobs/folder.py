"""Bytes in a folder of this machine: ``a/b/ab…`` for what is complete, ``incoming/`` for what is under way.

An upload is written to a temporary file, hashed on the way, brought to the disk (fsync), given its name (rename), and
the folder of the name is brought to the disk too; only then is it there. So a name that exists is a whole blob, and
what was acknowledged survives the loss of power.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from commonhold.blobs.intake import CHUNK, KEY, Meter, checked, new_key
from commonhold.core.blobs import ORPHAN_AGE_MS, Blob, Known
from commonhold.core.policy.allowed import Allowed
from commonhold.core.problems import Problem

FLUSH_EVERY: Final = 32 << 20
"""Bytes after which a long upload is brought to the disk while it goes on, so that its end does not wait for all."""

READERS: Final = 4
"""Threads that read what is not in memory yet; few, as they stay warm."""

WRITERS: Final = 16
"""Threads that write: more, as most of them wait for the disk at any moment."""

ASKED_AT_ONCE: Final = 500
"""Keys about which the store is asked in one statement."""

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

P = ParamSpec("P")
T = TypeVar("T")


class FolderBlobs:
    """Keeps each blob as one file under ``root``; several processes may share the folder."""

    def __init__(self, root: Path) -> None:
        """Open the folder, or make it."""
        self._root = root
        self._incoming = root / "incoming"
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="blobs-read")
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="blobs-write")
        self._durable: set[Path] = set()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._incoming.mkdir(exist_ok=True)
        for folder in (root, root.parent):
            fsync_folder(folder)

    async def receive(self, chunks: AsyncIterator[bytes], *, limit: int, space: int | None = None) -> Blob:
        """See the port: one batch is hashed and written by a thread while the next is being received."""
        key = new_key()
        upload = _Upload(self._incoming / f"{key}.part", self._path(key), self._writers, self._prepare)
        meter, batch, held = Meter(limit, space), list[bytes](), 0
        try:
            async for chunk in chunks:
                meter.add(chunk)
                batch.append(chunk)
                held += len(chunk)
                if held >= CHUNK:
                    await upload.add(batch)
                    batch, held = [], 0
            return Blob(key, meter.size, await upload.finish(batch))
        except BaseException:
            await upload.abandon()
            raise

    async def read(self, allowed: Allowed, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:  # noqa: ARG002
        """See the port: what the kernel has in memory is copied at once, for the rest a thread waits."""
        with told_as_problems():
            file = os.open(self._path(key), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        pending: Future[bytes] | None = None
        try:
            size = os.fstat(file).st_size
            end = size if end is None else min(end, size)
            while start < end:
                count = min(CHUNK, end - start)
                with told_as_problems():
                    if _in_memory(file, start + count - 1):
                        data = os.pread(file, count, start)
                        await asyncio.sleep(0)  # a fast client must not keep the loop for itself
                    else:
                        pending = self._readers.submit(os.pread, file, count, start)
                        data = await asyncio.wrap_future(pending)
                if not data:
                    raise Problem("unavailable", reason="the file is shorter than it was")
                start += len(data)
                yield data
        finally:
            _close_after(pending, file)

    async def size(self, key: str) -> int | None:
        """See the port."""
        with told_as_problems():
            try:
                return self._path(key).lstat().st_size
            except FileNotFoundError:
                return None

    async def delete(self, keys: Collection[str]) -> None:
        """See the port."""
        await self._run(_remove, [self._path(key) for key in keys])

    async def sweep(self, known: Known, *, now: int, older_than_ms: int = ORPHAN_AGE_MS) -> int:
        """See the port: folder by folder, so that no list is ever as long as the store."""
        before = now - older_than_ms
        leftovers = await self._run(_aged, self._incoming, before)
        removed = await self._run(_remove, leftovers)
        for folder in await self._run(_leaves, self._root):
            aged = [path for path in await self._run(_aged, folder, before) if KEY.fullmatch(path.name)]
            for at in range(0, len(aged), ASKED_AT_ONCE):
                asked = {path.name: path for path in aged[at : at + ASKED_AT_ONCE]}
                kept = set(await known(list(asked)))
                removed += await self._run(_remove, [path for key, path in asked.items() if key not in kept])
        return removed

    def local_path(self, allowed: Allowed, key: str) -> str | None:  # noqa: ARG002
        """See the port."""
        return str(self._path(key))

    async def close(self) -> None:
        """Wait for the threads: a file under way is finished or removed."""
        await asyncio.gather(*(asyncio.to_thread(pool.shutdown) for pool in (self._readers, self._writers)))

    def _path(self, key: str) -> Path:
        return place_of(self._root, key)

    def _prepare(self, leaf: Path) -> None:
        """Make a leaf's folders and bring their names to the disk: once in this process, whoever made them."""
        if leaf not in self._durable:
            leaf.mkdir(parents=True, exist_ok=True)
            fsync_folder(leaf.parent)
            fsync_folder(self._root)
            self._durable.add(leaf)

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with told_as_problems():
            return await asyncio.wrap_future(self._writers.submit(work, *args, **kwargs))


class _Upload:
    """One file on its way in. Threads do its steps, one after the other; the flush runs beside them."""

    def __init__(self, part: Path, path: Path, threads: ThreadPoolExecutor, prepare: Callable[[Path], None]) -> None:
        self._part = part
        self._path = path
        self._threads = threads
        self._prepare = prepare
        self._file = -1
        self._digest = hashlib.sha256(usedforsecurity=False)
        self._unflushed = 0
        self._step: Future[None] | None = None
        self._flush: Future[None] | None = None

    async def add(self, batch: list[bytes]) -> None:
        """Start to write and hash a batch, once the one before is done."""
        await self._next(self._write, batch)
        if self._unflushed >= FLUSH_EVERY and (self._flush is None or self._flush.done()):
            await self._done(self._flush)  # a failed flush tells its error once only: the next would hide it
            self._unflushed = 0
            self._flush = self._threads.submit(os.fdatasync, self._file)

    async def finish(self, batch: list[bytes]) -> str:
        """Write the last batch, make all of it durable and visible, and return its sha256."""
        await self._next(self._settle, batch)
        await self._done(self._step)
        return self._digest.hexdigest()

    async def abandon(self) -> None:
        """Leave nothing behind, even if the caller is cancelled while it waits for that."""
        await asyncio.shield(asyncio.wrap_future(self._threads.submit(self._discard)))

    async def _next(self, work: Callable[[list[bytes]], None], batch: list[bytes]) -> None:
        await self._done(self._step)
        self._step = self._threads.submit(work, batch)

    async def _done(self, step: Future[None] | None) -> None:
        if step is not None:
            with told_as_problems():
                await asyncio.wrap_future(step)

    def _write(self, batch: list[bytes]) -> None:
        if self._file < 0:
            self._file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        data = batch[0] if len(batch) == 1 else b"".join(batch)  # large buffers are hashed and written without the GIL
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self._digest.update(data)
        self._unflushed += len(data)

    def _settle(self, batch: list[bytes]) -> None:
        self._write(batch)
        if self._flush is not None:
            self._flush.result()
        os.fsync(self._file)
        self._close()
        self._prepare(self._path.parent)
        self._part.rename(self._path)
        fsync_folder(self._path.parent)

    def _discard(self) -> None:
        wait([step for step in (self._step, self._flush) if step is not None])
        self._close()
        with contextlib.suppress(OSError):  # on a broken disk the sweep comes later; the caller gets the first error
            _remove([self._part, self._path])

    def _close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def place_of(root: Path, key: str) -> Path:
    """Return the file of a blob below the folder of all."""
    return root / checked(key)[0] / key[1] / key


@contextlib.contextmanager
def told_as_problems() -> Iterator[None]:
    """Turn what the operating system says into problems with a code."""
    try:
        yield
    except FileNotFoundError:
        raise Problem("not_found") from None
    except OSError as error:
        raise Problem("storage_full" if error.errno in _FULL else "unavailable") from error


def _in_memory(file: int, at: int) -> bool:
    """Whether the kernel can give this byte without waiting (the last of a chunk: it reads ahead, not backwards)."""
    try:
        return os.preadv(file, [bytearray(1)], at, os.RWF_NOWAIT) == 1
    except OSError:  # it would have to wait; or it cannot tell, on this file system
        return False


def _close_after(reading: Future[bytes] | None, file: int) -> None:
    """Close the file, but not under the thread of a reader who was cancelled."""
    if reading is None:
        os.close(file)
    else:
        reading.add_done_callback(lambda _: os.close(file))


def _leaves(root: Path) -> list[Path]:
    return sorted(root.glob("[a-z2-7]/[a-z2-7]"))


def fsync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _aged(folder: Path, before: int) -> list[Path]:
    """Files last written before this moment, in milliseconds; those that vanish meanwhile are none of them."""
    aged = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_mtime_ns < before * 1_000_000:
                    aged.append(Path(entry.path))
    return aged


def _remove(paths: Collection[Path]) -> int:
    removed = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            removed += 1
    return removed
