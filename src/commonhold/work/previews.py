"""Previews in a folder: drawn by a child in bounds (``work.drawing``), found there the next time.

A file is named by the digest of the content that it shows, and everything in the folder can be made again: so it is
written without waiting for the disk, and what is old goes, wanted or not. Contents that are gone go with it.
"""

import asyncio
import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Final

import msgspec

from commonhold import logs
from commonhold.core.policy.allowed import Allowed
from commonhold.core.ports import Clock
from commonhold.core.previews import NOTHING, Bytes, Drawn, Wanted
from commonhold.core.problems import Problem

AT_ONCE: Final = 2  # children of one process
WAITING: Final = 64  # requests that wait for one
PATIENCE: Final = 15.0  # seconds for one picture
KEPT_MS: Final = 7 * 24 * 3_600_000
ROOM: Final = 1 << 30  # bytes of the folder
LARGEST: Final = 8 << 20  # bytes of one picture, as the child has it too
CHILDREN: Final = {"image": "commonhold.work.drawing", "pdf": "commonhold.work.drawing_pages"}

log = logs.get("work.previews")


class FolderPreviews:
    """Keeps pictures under ``root``; several processes may share the folder."""

    def __init__(self, root: Path, clock: Clock, *, room: int = ROOM, patience: float = PATIENCE) -> None:
        """Take the folder; it is made with the first picture."""
        self._root = root
        self._clock = clock
        self._room = room
        self._patience = patience
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._drawing: dict[str, asyncio.Task[Drawn]] = {}

    async def draw(self, allowed: Allowed, wanted: Wanted, content: Bytes) -> Drawn:  # noqa: ARG002
        """See the port: what several ask for at a time is drawn once."""
        kept = await asyncio.to_thread(_read, self._path(wanted))
        if kept is not None:
            return kept
        task = self._drawing.get(wanted.name)
        if task is None:
            if len(self._drawing) >= WAITING:
                raise Problem("too_many_requests", retry_after=3)
            task = self._drawing[wanted.name] = asyncio.create_task(self._make(wanted, content))
            task.add_done_callback(lambda _: self._drawing.pop(wanted.name, None))
        return await asyncio.shield(task)  # who goes away does not take it from others

    async def sweep(self, *, now: int) -> int:
        """See the port."""
        return await asyncio.to_thread(_sweep, self._root, now - KEPT_MS, self._room)

    def _path(self, wanted: Wanted) -> Path:
        return self._root / wanted.name[:2] / wanted.name

    async def _make(self, wanted: Wanted, content: Bytes) -> Drawn:
        async with self._turns:
            try:
                with await asyncio.to_thread(self._spool) as file:
                    async for chunk in content():
                        await asyncio.to_thread(file.write, chunk)
                    await asyncio.to_thread(file.seek, 0)
                    drawn = await asyncio.to_thread(run_child, wanted, file, self._patience)
                await asyncio.to_thread(_keep, self._path(wanted), drawn, self._clock())
            except OSError as error:
                log.warning("preview.impossible", reason=error.strerror)
                raise Problem("unavailable", reason="there is no room for previews") from None
            return drawn

    def _spool(self) -> IO[bytes]:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self._root)  # without a name: gone with the last who has it open


def run_child(wanted: Wanted, file: IO[bytes], patience: float) -> Drawn:
    """Let a child draw what ``file`` holds, and wait for it; whatever becomes of it, ``NOTHING`` is the worst."""
    kind = wanted.name.split(".")[1]
    command = [sys.executable, "-P", "-m", CHILDREN[kind], str(wanted.size), str(wanted.page)]
    with subprocess.Popen(  # noqa: S603 - our own module, and numbers
        command,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},  # what is secret may stand there
        cwd="/",
        start_new_session=True,
    ) as child:
        assert child.stdout is not None  # noqa: S101 - it is a pipe
        alarm = threading.Timer(patience, child.kill)
        alarm.start()
        told = child.stdout.read(LARGEST + 1024)
        if len(told) == LARGEST + 1024:
            child.kill()
        code = child.wait()
        alarm.cancel()
    if code != 0:
        log.info("preview.refused", kind=kind, code=code)
        return NOTHING
    try:
        head, _, body = told.partition(b"\n")
        said = msgspec.json.decode(head, type=_Said)
    except msgspec.DecodeError:
        return NOTHING
    return Drawn(said.media, body, said.pages)


class _Said(msgspec.Struct):
    """What a child says of what it drew."""

    media: str
    pages: int


def _read(path: Path) -> Drawn | None:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Drawn)
    except (OSError, msgspec.DecodeError):
        return None


def _keep(path: Path, drawn: Drawn, now: int) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    part = path.with_name(f"{secrets.token_hex(8)}.part")
    part.write_bytes(msgspec.msgpack.encode(drawn))
    os.utime(part, (now / 1000, now / 1000))
    part.replace(path)


def _sweep(root: Path, before: int, room: int) -> int:
    """Remove what was made before this moment (milliseconds), and the oldest of what is beyond the room."""
    found = []
    for path in root.glob("*/*"):
        with contextlib.suppress(FileNotFoundError):
            state = path.stat()
            found.append((state.st_mtime, state.st_size, path))
    removed = 0
    for made, size, path in sorted(found, reverse=True):
        room -= size
        if made * 1000 < before or room < 0:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
