"""Making a backup, while the installation is in use: the rows of one moment first, then the bytes that they name.

The file has its name only once all of it is there, durably. Until then it is a draft beside it, which goes if anything
goes wrong.
"""

import asyncio
import base64
import contextlib
import errno
import os
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from commonhold.blobs.folder import fsync_folder
from commonhold.core.content.backing_up import reading_all
from commonhold.core.core import Core
from commonhold.core.policy.require import machine
from commonhold.keys.sealing import seal
from commonhold.moving import archive
from commonhold.moving.archive import Damaged, Entry, Head, Seal, Writer, bound
from commonhold.store.sqlite.ready import version_of

_ENTRIES: Final = "SELECT DISTINCT blob, size, sha256 FROM version ORDER BY blob"

Rows: TypeAlias = Callable[[Path], Awaitable[None]]
"""Writes all rows of one moment to a new SQLite file."""

Tell: TypeAlias = Callable[[int, int], None]
"""Told how much is done, and of how much: bytes or rows."""


class Taken(msgspec.Struct, frozen=True):
    """What a backup holds: when its rows were read, how many contents they name, their bytes, and if only listed."""

    made_at: int
    count: int
    size: int
    listed: bool
    file_size: int


async def back_up(
    core: Core, rows: Rows, key: bytes, target: Path, passphrase: str, *, listed: bool, program: str, tell: Tell
) -> Taken:
    """Write a backup to a new file.

    :raises FileExistsError: there is such a file
    :raises Damaged: bytes that a row names are gone, or not what they were
    """
    _refuse_existing(target)
    with _drafts(target) as (draft, database, entries):
        async with reading_all(core):
            made_at = core.clock()
            await rows(database)
            count, size = await asyncio.to_thread(_list, database, entries)
            schema = await asyncio.to_thread(version_of, database)
            head = Head(archive.FORMAT, program, str(schema), made_at, listed, count, size)
            with draft.open("xb") as out:
                writer = Writer(out)
                await asyncio.to_thread(_begin, writer, head, database, entries, key, passphrase)
                if not listed:
                    await _add_bytes(core, writer, entries, head, tell)
                writer.end()
                out.flush()
                await asyncio.to_thread(os.fsync, out.fileno())
        written = draft.stat().st_size
        os.link(draft, target)  # unlike a rename it never replaces a file that somebody made meanwhile
    fsync_folder(target.parent)
    return Taken(made_at, count, size, listed, written)


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise FileExistsError(errno.EEXIST, "There is such a file already", str(target))


@contextlib.contextmanager
def _drafts(target: Path) -> Iterator[tuple[Path, ...]]:
    """Name three files beside the target, for the owner alone, that are gone at the end."""
    stem = f".{target.name[:100]}.{secrets.token_hex(6)}"
    paths = tuple(target.with_name(f"{stem}.{what}") for what in ("part", "db", "list"))
    before = os.umask(0o077)
    try:
        yield paths
    finally:
        os.umask(before)
        for path in paths:
            path.unlink(missing_ok=True)


def _list(database: Path, entries: Path) -> tuple[int, int]:
    """Write down which bytes the rows name; uploads under way are none of them, and go."""
    count = size = 0
    with contextlib.closing(sqlite3.connect(database)) as connection, entries.open("xb") as out:
        connection.execute("DELETE FROM upload")
        connection.commit()
        for row in connection.execute(_ENTRIES):
            entry = Entry(*row)
            out.write(msgspec.json.encode(entry) + b"\n")
            count, size = count + 1, size + entry.size
    return count, size


def _begin(writer: Writer, head: Head, database: Path, entries: Path, key: bytes, passphrase: str) -> None:
    """Write everything but the bytes."""
    writer.whole(archive.HEAD, msgspec.json.encode(head), head.made_at)
    writer.file(archive.DATABASE, database, head.made_at)
    writer.file(archive.ENTRIES, entries, head.made_at)
    digests = dict(writer.digests)
    sealed = base64.b64encode(seal(key, passphrase, bound(digests))).decode()
    writer.whole(archive.SEAL, msgspec.json.encode(Seal(digests, sealed)), head.made_at)


async def _add_bytes(core: Core, writer: Writer, entries: Path, head: Head, tell: Tell) -> None:
    """Write the bytes; each is compared with its digest, so that a backup is whole when it is made."""
    done, allowed = 0, machine()
    with entries.open("rb") as lines:
        for line in lines:
            entry = msgspec.json.decode(line, type=Entry)
            name = archive.BYTES + entry.key
            with writer.member(name, entry.size, head.made_at) as member:
                async for chunk in core.blobs.read(allowed, entry.key):
                    await asyncio.to_thread(member.write, chunk)
                    done += len(chunk)
                    tell(done, head.size)
            if writer.digests.pop(name) != entry.sha256:
                raise Damaged(f"the bytes {entry.key} are not what was put in")
