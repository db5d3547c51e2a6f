"""The data directory: made and closed to others, and whether a server runs on it."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from commonhold.settings import FILE, Settings

LOCK: Final = "server.lock"
ADDRESS: Final = "server.json"


class Unusable(Exception):
    """The data directory cannot be used as things are; the text says why and what to do."""


def prepare(settings: Settings) -> None:
    """Make the data directory, for its owner alone; an existing one is never opened or closed to others by us.

    :raises Unusable: it cannot be made, or others may look into it
    """
    data = settings.data
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if data.stat().st_mode & 0o077:
            if {path.name for path in data.iterdir()} - {FILE}:
                raise Unusable(f"Others may look into {data}. Close it to them: chmod 700 {data}")
            data.chmod(0o700)  # new, or made by hand for us
    except OSError as error:
        raise Unusable(f"{data} cannot be used as data directory: {error.strerror}.") from None


class Server(msgspec.Struct, frozen=True):
    """A running server: its process and the address at which it answers on this machine."""

    pid: int
    url: str


class Claim:
    """The right to be the one server of a data directory, held as long as the process lives."""

    def __init__(self, data: Path) -> None:
        """``data`` is the directory; its lock is held already."""
        self._path = data / ADDRESS

    def announce(self, url: str) -> None:
        """Tell other processes of this machine where the server answers."""
        draft = self._path.with_suffix(f".{os.getpid()}")
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as out:
            json.dump({"pid": os.getpid(), "url": url}, out)
        draft.rename(self._path)


@contextlib.contextmanager
def claim(settings: Settings) -> Iterator[Claim]:
    """Be the one server of the data directory, until the end of the block or of the process.

    :raises Unusable: another server runs on it
    """
    prepare(settings)
    path = settings.data / ADDRESS
    with _lock_file(settings) as lock:
        for _ in range(20):  # whoever asks ``running`` holds the lock for a moment
            if _locked(lock, fcntl.LOCK_EX):
                break
            time.sleep(0.025)
        else:
            server = running(settings)
            raise Unusable(f"A server runs on {settings.data} already{f', at {server.url}' if server else ''}.")
        path.unlink(missing_ok=True)  # left by one that was killed
        try:
            yield Claim(settings.data)
        finally:
            path.unlink(missing_ok=True)


def running(settings: Settings) -> Server | None:
    """Return the server that runs on the data directory, once it has said where; None if there is none."""
    if not (settings.data / LOCK).exists():
        return None
    with _lock_file(settings) as lock:
        if _locked(lock, fcntl.LOCK_SH):
            return None
    try:
        return msgspec.json.decode((settings.data / ADDRESS).read_bytes(), type=Server)
    except (OSError, msgspec.DecodeError):
        return None


@contextlib.contextmanager
def _lock_file(settings: Settings) -> Iterator[int]:
    lock = os.open(settings.data / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)


def _locked(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
