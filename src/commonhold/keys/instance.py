"""The key of the installation: a 0600 file beside the database, never in it.

Links' secrets are computed with it, so whoever has the database alone (a backup, a replica) can open none.
"""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

NAME: Final = "instance.key"
BYTES: Final = 32


class KeyUnusable(Exception):
    """The key cannot be used; the text says why and what to do. The server does not start with it."""


def instance_key(folder: Path, *, database_exists: bool) -> bytes:
    """Return the key of an installation, made at its first start.

    :raises KeyUnusable: others may read the file, it is damaged, or it is gone while there is a database already
    """
    path = folder / NAME
    if not path.exists():
        if database_exists:
            raise KeyUnusable(
                f"{path} is missing, but there is a database. Without its key no link that was handed out opens any "
                "more. Bring the file back from your backup."
            )
        _make(folder, path)
    return _read(path)


def _make(folder: Path, path: Path) -> None:
    """Write the key: whole and durable under another name first, so that no other process ever sees half of it."""
    draft = folder / f".{NAME}.{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was first: its key is the key
    finally:
        draft.unlink()
    _keep(folder)


def _keep(folder: Path) -> None:
    """Make the name of a new file durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    with path.open(encoding="ascii", errors="replace") as file:
        mode = os.fstat(file.fileno()).st_mode
        text = file.read(BYTES * 4).strip()
    if not stat.S_ISREG(mode) or mode & 0o077:
        raise KeyUnusable(f"{path} may be read by others than its owner. Close it with: chmod 600 {path}")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != BYTES:
        raise KeyUnusable(
            f"{path} is damaged: it should hold {BYTES * 2} hexadecimal digits. Bring it back from backup."
        )
    return key
