"""Copies of a database while it is in use."""

import contextlib
import os
from pathlib import Path

from commonhold.store.sqlite.errors import mapped
from commonhold.store.sqlite.reader import connect


def copy(database: Path, target: Path) -> None:
    """Write a compact copy of this moment to a new file, durably; takes as long as reading and writing everything.

    :raises Problem: storage_full; unavailable, also where there is a file already
    """
    with mapped():
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with mapped(), contextlib.closing(connect(database)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
            for path in (target, target.parent):
                _sync(path)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
