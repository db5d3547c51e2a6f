"""A folder as one ZIP, streamed: nothing is stored, memory is bounded by one chunk and the list of names.

Python's own ``zipfile`` writes the archive into a sink that cannot seek, one chunk at a time, so the loop decides when
the next chunk is fetched, and large chunks are compressed by a thread, without the GIL. Every entry is "deflated":
what is compressed already at level 0, as plain blocks, because readers that stream cannot find the end of a "stored"
entry whose size comes after it.
"""

import asyncio
import re
import stat
import struct
import unicodedata
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final, TypeAlias

from msgspec import Struct
from starlette.responses import Response

from commonhold.http.downloads import SANDBOX, content_disposition
from commonhold.http.streams import Again, Stream, Watch, closing, cutting

BATCH: Final = 64 << 10
"""Bytes that are collected before they are sent; also the largest chunk that is compressed without a thread."""

LONGEST_PATH: Final = 32_000
"""Bytes of an entry's path; the format ends at 65,535, what can unpack it much earlier."""

_FASTEST, _PLAIN = 1, 0
_EARLIEST: Final = int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())
_LATEST: Final = int(datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC).timestamp())
_DRIVE: Final = re.compile(r"^([A-Za-z]):")
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f\\]|[\ud800-\udfff]")


class Entry(Struct, frozen=True):
    """One thing in the archive: its path below the top, when it was changed (ms), and its bytes; a folder has none."""

    path: str
    modified: int
    size: int = 0
    chunks: AsyncIterator[bytes] | None = None
    packed: bool = False
    """It is compressed already (an image, a film): trying again is in vain."""


Entries: TypeAlias = AsyncIterator[Entry]


def zip_response(name: str, entries: Entries, again: Again) -> Response:
    """Answer with the archive ``name``. ``again`` is asked before each entry, and as in downloads within large ones."""
    headers = {
        "content-type": "application/zip",
        "content-disposition": content_disposition(name),
        "cache-control": "private, no-store",
        "content-security-policy": SANDBOX,
        "x-content-type-options": "nosniff",
    }
    return Stream(zip_stream(entries, again), headers=headers)


async def zip_stream(entries: Entries, again: Again) -> AsyncIterator[bytes]:
    """Yield the archive. A problem of ``again``, of an entry or of its bytes cuts the stream."""
    sink, watch, paths = _Sink(), Watch(again), SafePaths()
    archive = zipfile.ZipFile(sink, "w")  # one that is cut closes by itself, into a sink that nobody reads
    async with closing(entries):
        with cutting():
            async for entry in entries:
                await watch.ask()
                path = paths.add(entry.path, folder=entry.chunks is None)
                if path is not None:
                    async with closing(_add(archive, sink, entry, path, watch)) as batches:
                        async for batch in batches:
                            yield batch
    await asyncio.to_thread(archive.close)  # it writes the list of all entries: much, if there are many
    yield sink.take()


async def _add(archive: zipfile.ZipFile, sink: "_Sink", entry: Entry, path: str, watch: Watch) -> AsyncIterator[bytes]:
    """Write one entry, and yield what has gathered in the sink whenever it is worth sending."""
    info = _info(entry, path)
    if entry.chunks is None:
        archive.writestr(info, b"")
        return
    async with closing(entry.chunks):
        with archive.open(info, "w") as file:
            async for chunk in entry.chunks:
                await watch.before(len(chunk))
                if len(chunk) > BATCH:
                    await asyncio.to_thread(file.write, chunk)
                else:
                    file.write(chunk)
                if sink.size >= BATCH:
                    yield sink.take()
    if sink.size >= BATCH:
        yield sink.take()


class SafePaths:
    """Makes paths that unpack below the top, each to a place of its own, on every system."""

    def __init__(self) -> None:
        """Begin with an empty archive."""
        self._taken: set[str] = set()

    def add(self, path: str, *, folder: bool = False) -> str | None:
        """Return the path to use, or None for a folder that is there already (or is the top itself)."""
        parts = [part for part in _UNSAFE.sub("_", path).split("/") if part not in ("", ".")]
        safe = "/".join("__" if part == ".." else part for part in parts)
        safe = _DRIVE.sub(r"\1_", safe)
        if len(safe.encode()) > LONGEST_PATH:
            safe = parts[-1].encode()[-LONGEST_PATH:].decode(errors="ignore")
        if folder:
            return f"{safe}/" if safe and self._take(safe) else None
        return self._unique(safe or "_")

    def _unique(self, path: str) -> str:
        """Number a file whose path is taken, also by one that differs in case or in how letters are composed."""
        if self._take(path):
            return path
        folder, slash, name = path.rpartition("/")
        stem, dot, ending = name.rpartition(".")
        if not stem:
            stem, dot, ending = name, "", ""
        number = 2
        while not self._take(numbered := f"{folder}{slash}{stem} ({number}){dot}{ending}"):
            number += 1
        return numbered

    def _take(self, path: str) -> bool:
        key = unicodedata.normalize("NFC", path.casefold())
        if key in self._taken:
            return False
        self._taken.add(key)
        return True


class _Sink:
    """Where the archive is written to: it cannot seek, which makes ``zipfile`` stream."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing to do: what is written is there."""

    def close(self) -> None:
        """Nothing to let go of."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self.size = 0
        return taken


def _info(entry: Entry, path: str) -> zipfile.ZipInfo:
    seconds = min(max(entry.modified // 1000, _EARLIEST), _LATEST)
    moment = datetime.fromtimestamp(seconds, UTC)
    info = zipfile.ZipInfo(path, (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second))
    info.compress_type = zipfile.ZIP_DEFLATED
    info._compresslevel = _PLAIN if entry.packed else _FASTEST  # type: ignore[attr-defined] # no public name till 3.13
    info.file_size = entry.size
    info.create_system = 3
    info.external_attr = (stat.S_IFDIR | 0o755) << 16 | 0x10 if path.endswith("/") else (stat.S_IFREG | 0o644) << 16
    # "UT": the moment in UTC, as the time of DOS before it has no zone; it ends in 2038
    info.extra = struct.pack("<HHBl", 0x5455, 5, 1, min(seconds, 2**31 - 1))
    return info
