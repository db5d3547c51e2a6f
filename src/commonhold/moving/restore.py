"""Bringing a backup back, into a place where nothing is. Everything is proved before anything has its name.

What comes in is written to a folder of its own inside of the data directory. At the end three renames put it in its
place, the database last: without it there is no installation. Whatever goes wrong before, all of it goes. Rows that
go into another database, and bytes that go into a bucket, are taken there in place of a rename, in the same order.
"""

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from commonhold.blobs.folder import fsync_folder, place_of
from commonhold.core.problems import Problem
from commonhold.keys.instance import BYTES as KEY_BYTES
from commonhold.keys.instance import NAME as KEY_NAME
from commonhold.keys.sealing import unseal
from commonhold.moving import archive
from commonhold.moving.archive import Damaged, Entry, Head, Reader, Seal, bound, parsed
from commonhold.moving.backup import Tell
from commonhold.store import tables
from commonhold.store.sqlite.ready import version_of

COMING: Final = ".restoring"
_MAY_STAND: Final = frozenset({"commonhold.toml", "lost+found"})


class NotEmpty(Exception):
    """There is something already where a backup should go; the text says what."""


class RowsPlace(Protocol):
    """A database that rows are brought back into."""

    def occupied(self) -> str | None:
        """Return what it is called if somebody has written to it already."""
        ...

    def take(self, database: Path) -> None:
        """Take all rows out of an SQLite file, or none."""
        ...


class BytesPlace(Protocol):
    """A bucket that bytes are brought back into."""

    def occupied(self) -> str | None:
        """Return something that is there already."""
        ...

    def take(self, key: str, file: Path) -> None:
        """Take what a file holds, durably."""
        ...

    def digest(self, key: str) -> str:
        """Return the sha256 of what is there; empty if there is nothing."""
        ...

    def remove(self, keys: Collection[str]) -> None:
        """Take away what was brought."""
        ...


class Places(msgspec.Struct, frozen=True):
    """Where the parts of an installation stand."""

    data: Path
    database: Path | RowsPlace
    blobs: Path | BytesPlace


def restore(source: Path, places: Places, passphrase: Callable[[], str], tell: Tell) -> Head:
    """Bring a backup back. ``passphrase`` is asked for once the file is known to be whole so far.

    :raises NotEmpty: something is there already
    :raises Damaged: the file is no backup, or changed or cut; bytes that it only lists are not in their place
    :raises WrongPassphrase: it does not open the key
    :raises Problem: schema_newer
    """
    with source.open("rb") as file:
        reader = Reader(file)
        head: Head = _head(reader)
        _only_if_empty(places, listed=head.listed)
        made = _missing(places.data)
        places.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _coming(places, made) as coming:
            _read(reader, head, coming, places, passphrase, tell)
            _settle(coming, places, head)
    return head


def _head(reader: Reader) -> Head:
    head: Head = parsed(reader.whole(archive.HEAD), Head, archive.HEAD)
    if head.format > archive.FORMAT or head.schema > tables.HEAD:
        raise Problem("schema_newer", found=head.schema, known=tables.HEAD)
    return head


def _only_if_empty(places: Places, *, listed: bool) -> None:
    beside = isinstance(places.blobs, Path) and listed and places.blobs.parent == places.data
    allowed = _MAY_STAND | ({places.blobs.name} if isinstance(places.blobs, Path) and beside else set())
    if places.data.exists():
        for path in places.data.iterdir():
            if path.name not in allowed:
                raise NotEmpty(f"{path} is there already. A backup is restored into an empty directory only.")
    for place in (places.database, *(() if listed else (places.blobs,))):
        if (found := _found_in(place)) is not None:
            raise NotEmpty(f"{found} is there already. A backup is restored into an empty place only.")


def _found_in(place: Path | RowsPlace | BytesPlace) -> str | None:
    """Return what is in a place already."""
    if not isinstance(place, Path):
        return place.occupied()
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return None
    return str(place)


def _missing(path: Path) -> Path | None:
    """Return the topmost folder that has to be made for this one."""
    missing = None
    while not path.exists():
        missing, path = path, path.parent
    return missing


@contextlib.contextmanager
def _coming(places: Places, made: Path | None) -> Iterator[Path]:
    """Make the folder for what comes in; if it does not come to a good end, nothing of it is left."""
    coming = places.data / COMING
    coming.mkdir(mode=0o700)
    try:
        yield coming
    except BaseException:
        shutil.rmtree(coming, ignore_errors=True)
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        raise
    shutil.rmtree(coming)


def _read(reader: Reader, head: Head, coming: Path, places: Places, passphrase: Callable[[], str], tell: Tell) -> None:
    reader.to(archive.DATABASE, coming / archive.DATABASE)
    reader.to(archive.ENTRIES, coming / archive.ENTRIES)
    seal: Seal = parsed(reader.whole(archive.SEAL), Seal, archive.SEAL)
    before = {name: reader.digests[name] for name in (archive.HEAD, archive.DATABASE, archive.ENTRIES)}
    if seal.digests != before:
        raise Damaged("its rows are not those that were written")
    key = unseal(seal.key, passphrase(), bound(before))
    if len(key) != KEY_BYTES:
        raise Damaged("its key is none")
    _prove(coming / archive.DATABASE, head)
    _write(coming / KEY_NAME, (f"{key.hex()}\n".encode(),))
    with (coming / archive.ENTRIES).open("rb") as lines:
        if head.listed:
            _look_at_bytes(head, lines, places.blobs, tell)
        else:
            _take_bytes(reader, head, lines, coming / "blobs", tell)


def _prove(database: Path, head: Head) -> None:
    """See that the rows are whole, and of the version that the head says."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        try:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            connection.execute("PRAGMA journal_mode = WAL")  # which a copy does not take over
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise Damaged(f"its rows cannot be read: {found}")
    if version_of(database) != head.schema:
        raise Damaged("its rows are of another version than it says")


def _take_bytes(reader: Reader, head: Head, lines: BinaryIO, folder: Path, tell: Tell) -> None:
    """Write the bytes of each entry."""
    done, durable = 0, set[Path]()
    folder.mkdir(mode=0o700)
    for line in lines:
        entry: Entry = parsed(line, Entry, archive.ENTRIES)
        path = place_of(folder, entry.key)
        _, chunks = reader.next(archive.BYTES + entry.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, chunks)
        durable |= {path.parent, path.parent.parent}
        if reader.digests.pop(archive.BYTES + entry.key) != entry.sha256:
            raise Damaged(f"the bytes {entry.key} are not what was put in")
        done += entry.size
        tell(done, head.size)
    for leaf in durable:
        fsync_folder(leaf)


def _look_at_bytes(head: Head, lines: BinaryIO, place: Path | BytesPlace, tell: Tell) -> None:
    """Look at the bytes of each entry, which were brought back by other means."""
    done = 0
    for line in lines:
        entry: Entry = parsed(line, Entry, archive.ENTRIES)
        found = _digest_of(place_of(place, entry.key)) if isinstance(place, Path) else place.digest(entry.key)
        if found != entry.sha256:
            raise Damaged(f"the bytes {entry.key} are missing or not what was put in")
        done += entry.size
        tell(done, head.size)


def _digest_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a new file for its owner alone, durably."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as out:
        out.writelines(chunks)
        out.flush()
        os.fsync(out.fileno())


def _settle(coming: Path, places: Places, head: Head) -> None:
    """Put everything in its place, durably; the rows last."""
    _sync_file(coming / archive.DATABASE)
    with contextlib.ExitStack() as undo:
        if not head.listed:
            fsync_folder(coming / "blobs")
            if isinstance(places.blobs, Path):
                _move(coming / "blobs", places.blobs, undo)
            else:
                _bring(coming / "blobs", places.blobs, undo)
        _move(coming / KEY_NAME, places.data / KEY_NAME, undo)
        if isinstance(places.database, Path):
            _move(coming / archive.DATABASE, places.database, undo)
        else:
            places.database.take(coming / archive.DATABASE)
        undo.pop_all()


def _move(source: Path, target: Path, undo: contextlib.ExitStack) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if target.is_dir():
        target.rmdir()  # it is empty
    shutil.move(source, target)  # a rename; on another disk a copy
    undo.callback(_remove, target)
    fsync_folder(target.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _bring(folder: Path, place: BytesPlace, undo: contextlib.ExitStack) -> None:
    """Take every blob of a folder to a bucket."""
    taken: list[str] = []
    undo.callback(place.remove, taken)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            taken.append(path.name)
            place.take(path.name, path)


def _sync_file(path: Path) -> None:
    path.chmod(0o600)
    with path.open("rb") as file:
        os.fsync(file.fileno())
