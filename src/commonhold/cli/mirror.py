"""Files and folders of this machine as items: put up once, and brought up to date when they are shared again.

What was put up from a path keeps a mark of that path, so that the same path is the same item again, and another file
of the same name is another one. The mark is a digest: the path itself is told to nobody.
"""

import hashlib
import os
import socket
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from commonhold.cli.client import Api, Json, part
from commonhold.cli.exits import CommandError, Refused
from commonhold.cli.files import Progress, digest_of, opened, read_chunks

FOLDER: Final = "Shared"
MARK: Final = "put_from"
MOST: Final = 1_000  # items of one name


class Mirrored(msgspec.Struct):
    """What became of a path: its item, how many files were sent, how many were there already, and what was left out."""

    item: Json
    sent: int = 0
    same: int = 0
    left: list[str] = msgspec.field(default_factory=list)


class Mirror:
    """Puts paths into the folder ``Shared`` of whoever asks."""

    def __init__(self, api: Api, progress: Progress) -> None:
        """``progress`` counts the bytes that are sent, or need not be."""
        self._api = api
        self._progress = progress
        self._shared: str | None = None
        self._listed: dict[str, dict[str, Json]] = {}

    async def put(self, path: Path) -> Mirrored:
        """Put up a file or folder, or bring it up to date.

        :raises CommandError: it cannot be read, or is refused
        """
        path = path.absolute()
        found, name = await self._place(path)
        if path.is_dir():
            done = Mirrored(found or await self._folder(await self._top(), name))
            await self._fill(done, done.item["uid"], path)
        else:
            done = Mirrored(found or {})
            done.item = await self._file(done, await self._top(), name, path, found)
        if found is None:
            await self._api.call("PATCH", f"/items/{done.item['uid']}", {"attributes": {MARK: mark_of(path)}})
        return done

    async def _top(self) -> str:
        """Return the folder for what is shared by this command; made if it is not there."""
        if self._shared is None:
            home = (await self._api.get("/home"))["top"]["uid"]
            self._shared = (await self._named(home, FOLDER) or await self._folder(home, FOLDER))["uid"]
        return self._shared

    async def _place(self, path: Path) -> tuple[Json | None, str]:
        """Return the item that was put up from a path, and its name; or None, and a name that is free."""
        top, mark = await self._top(), mark_of(path)
        name = _name(path) or "files"
        for number in range(1, MOST):
            tried = name if number == 1 else _numbered(name, number, folder=path.is_dir())
            found = await self._named(top, tried)
            if found is None:
                return None, tried
            if found["attributes"].get(MARK) == mark and (found["kind"] == "folder") is path.is_dir():
                return found, tried
        raise CommandError(f"There are too many items called {name}. Remove some: commonhold item ls")

    async def _named(self, parent: str, name: str) -> Json | None:
        """Return what has a name in a folder; each folder is listed once."""
        if parent not in self._listed:
            self._listed[parent] = {one["name"]: one async for one in self._api.pages(f"/items/{parent}/children")}
        return self._listed[parent].get(name)

    async def _folder(self, parent: str, name: str) -> Json:
        made = await self._api.post(f"/items/{parent}/children", {"kind": "folder", "name": name})
        self._listed.setdefault(parent, {})[name] = made
        self._listed[made["uid"]] = {}
        return made

    async def _fill(self, done: Mirrored, parent: str, folder: Path) -> None:
        """Put up what is in a folder. What is there beside it stays: others may have put it there."""
        for path in _inside(folder):
            try:
                await self._one(done, parent, path)
            except Refused as refused:
                done.left.append(f"{path.name}: {refused.sentence}")
            except CommandError as error:
                done.left.append(error.sentence)

    async def _one(self, done: Mirrored, parent: str, path: Path) -> None:
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise CommandError(f"{path.name}: only files and folders are shared, no links or devices.")
        name = _name(path)
        found = await self._named(parent, name)
        if path.is_dir():
            if found is not None and found["kind"] != "folder":
                raise CommandError(f"{path.name}: there is something else of this name.")
            await self._fill(done, (found or await self._folder(parent, name))["uid"], path)
        else:
            await self._file(done, parent, name, path, found)

    async def _file(self, done: Mirrored, parent: str, name: str, path: Path, found: Json | None) -> Json:
        """Send a file unless the same bytes are there already."""
        self._progress.file(name)
        with opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            if found is not None and found["size"] == size and found["sha256"] == await digest_of(path):
                self._progress.step(size)
                done.same += 1
                return found
            target = f"/items/{parent}/children/{part(name)}"
            item = await self._api.upload(
                target, read_chunks(file, self._progress.step), size, on_collision="version" if found else "refuse"
            )
        done.sent += 1
        return item


def _name(path: Path) -> str:
    """Return the name of a path as items are named: composed, in Unicode.

    :raises CommandError: it is no text
    """
    try:
        return unicodedata.normalize("NFC", os.fsencode(path.name).decode())
    except UnicodeDecodeError:
        raise CommandError(f"{path.name!r}: the name is no UTF-8. Rename it.") from None


def mark_of(path: Path) -> str:
    """Return the mark of a path on this machine."""
    return hashlib.sha256(f"{socket.gethostname()}:{path}".encode("utf-8", "surrogateescape")).hexdigest()[:32]


def total_of(paths: list[Path]) -> int:
    """Return how many bytes there are to send.

    :raises CommandError: a path does not exist
    """
    total = 0
    for path in paths:
        if not path.exists():
            raise CommandError(f"There is no file or folder {path}.")
        total += sum(_size(file) for file in _files(path))
    return total


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        for inside in _inside(path):
            if not inside.is_symlink():
                yield from _files(inside)
    else:
        yield path


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise CommandError(f"{folder} cannot be read: {error.strerror}.") from None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _numbered(name: str, number: int, *, folder: bool) -> str:
    stem, dot, ending = ("", "", "") if folder else name.rpartition(".")
    return f"{stem} ({number}){dot}{ending}" if stem else f"{name} ({number})"


def facts(done: Mirrored) -> dict[str, Any]:
    """Return what programs are told of a path."""
    item = done.item
    return {"uid": item["uid"], "kind": item["kind"], "name": item["name"], "sent": done.sent, "same": done.same,
            "left_out": done.left}  # fmt: skip
