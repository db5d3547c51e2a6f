"""The file of a backup: a plain tar, so that anybody can look into it. Its members, in this order:

``head.json`` (``Head``), ``database.sqlite``, ``bytes.jsonl`` (one ``Entry`` a line), ``seal.json`` (``Seal``), and
``bytes/<key>`` for each entry, unless the backup only lists them. The seal holds the digests of the three before it,
and the key of the installation, which opens only together with these very digests.
"""

import base64
import hashlib
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

import msgspec

FORMAT: Final = 1
HEAD: Final = "head.json"
DATABASE: Final = "database.sqlite"
ENTRIES: Final = "bytes.jsonl"
SEAL: Final = "seal.json"
BYTES: Final = "bytes/"
CHUNK: Final = 1 << 20
_BLOCK: Final = tarfile.BLOCKSIZE


class Damaged(Exception):
    """The file is no backup, or not the one that was written; the text says what is wrong with it."""


class Head(msgspec.Struct, frozen=True):
    """What a backup is: its form, what wrote it, the version of the schema, when, and how many bytes it names."""

    format: int
    program: str
    schema: str
    made_at: int
    listed: bool  # the bytes themselves are elsewhere
    count: int
    size: int


class Entry(msgspec.Struct, frozen=True):
    """Bytes that the rows name."""

    key: str
    size: int
    sha256: str


class Seal(msgspec.Struct, frozen=True):
    """The digests of what comes before, by name, and the key that is sealed with them (base64)."""

    digests: dict[str, str]
    sealed: str

    @property
    def key(self) -> bytes:
        """The key as it is sealed."""
        return base64.b64decode(self.sealed)


def bound(digests: dict[str, str]) -> bytes:
    """Write the digests as the seal binds them."""
    return json.dumps(digests, sort_keys=True).encode()


class Writer:
    """Writes members one after the other; what is to be sealed is hashed."""

    def __init__(self, out: BinaryIO) -> None:
        """Write to ``out`` from where it stands."""
        self._out = out
        self.digests: dict[str, str] = {}

    @contextmanager
    def member(self, name: str, size: int, made_at: int) -> "Iterator[Member]":
        """Write one member of exactly so many bytes; ``made_at`` is its time in milliseconds."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, made_at // 1000
        self._out.write(info.tobuf(tarfile.PAX_FORMAT))
        member = Member(self._out)
        yield member
        if member.size != size:
            raise Damaged(f"{name} has {member.size} bytes, and should have {size}")
        self._out.write(bytes(-size % _BLOCK))
        self.digests[name] = member.digest.hexdigest()

    def whole(self, name: str, data: bytes, made_at: int) -> None:
        """Write a small member."""
        with self.member(name, len(data), made_at) as member:
            member.write(data)

    def file(self, name: str, path: Path, made_at: int) -> None:
        """Write a file as a member."""
        with path.open("rb") as file, self.member(name, path.stat().st_size, made_at) as member:
            while chunk := file.read(CHUNK):
                member.write(chunk)

    def end(self) -> None:
        """Write the end of the archive."""
        self._out.write(bytes(2 * _BLOCK))


class Member:
    """A member under way: counted and hashed."""

    def __init__(self, out: BinaryIO) -> None:
        """Write to ``out``."""
        self._out = out
        self.size = 0
        self.digest = hashlib.sha256(usedforsecurity=False)

    def write(self, chunk: bytes) -> None:
        """Write some of it."""
        self._out.write(chunk)
        self.digest.update(chunk)
        self.size += len(chunk)


class Reader:
    """Reads members in the order in which they must stand; nothing is believed of an archive but its content."""

    def __init__(self, file: BinaryIO) -> None:
        """Read from ``file``.

        :raises Damaged: it is no archive
        """
        with _told():
            self._tar = tarfile.open(fileobj=file, mode="r|")  # noqa: SIM115 - the file is the caller's
        self.digests: dict[str, str] = {}

    def next(self, name: str) -> "tuple[int, Iterator[bytes]]":
        """Return size and chunks of the next member, which must be this one.

        :raises Damaged: there is another one, or none; it is cut
        """
        with _told():
            info = self._tar.next()
            file = self._tar.extractfile(info) if info is not None and info.isreg() else None
        if info is None or file is None or info.name != name:
            raise Damaged(f"{name} is missing")
        return info.size, self._chunks(name, info.size, file)

    def whole(self, name: str, most: int = CHUNK) -> bytes:
        """Read a small member."""
        size, chunks = self.next(name)
        if size > most:
            raise Damaged(f"{name} is too large")
        return b"".join(chunks)

    def to(self, name: str, path: Path) -> None:
        """Read a member into a new file."""
        _, chunks = self.next(name)
        with path.open("xb") as out:
            out.writelines(chunks)

    def _chunks(self, name: str, size: int, file: IO[bytes]) -> Iterator[bytes]:
        digest, left = hashlib.sha256(usedforsecurity=False), size
        while left:
            with _told():
                chunk = file.read(min(CHUNK, left))
            if not chunk:
                raise Damaged(f"{name} is cut")
            digest.update(chunk)
            left -= len(chunk)
            yield chunk
        self.digests[name] = digest.hexdigest()


def parsed(data: bytes, kind: Any, name: str) -> Any:
    """Read a small member of JSON.

    :raises Damaged: it is none
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, ValueError):
        raise Damaged(f"{name} cannot be read") from None


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise Damaged(f"it is no archive, or cut: {error}") from None
