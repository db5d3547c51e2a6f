"""What SQLite's errors mean to the core; every method of the engine maps them, so that none ever gets out."""

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from typing import Final

from commonhold.core.changes import Taken
from commonhold.core.problems import Problem

EXISTS: Final = frozenset(
    (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID)
)
CODES: Final = {sqlite3.SQLITE_FULL: "storage_full", sqlite3.SQLITE_INTERRUPT: "query_too_costly"}


FAILED: Final = (sqlite3.Error, OSError)


def meaning(error: sqlite3.Error | OSError) -> Taken | Problem:
    """Translate an error: a key that exists, a full disk, a query over its deadline, or no answer at all."""
    if isinstance(error, OSError):
        return Problem("storage_full" if error.errno == errno.ENOSPC else "unavailable", reason=error.strerror)
    code = getattr(error, "sqlite_errorcode", None)
    if code in EXISTS:
        return Taken(str(error))
    return Problem(CODES.get((code or 0) & 0xFF, "unavailable"))


@contextlib.contextmanager
def mapped() -> Iterator[None]:
    """Raise what an error of SQLite, or of its files, means in place of it."""
    try:
        yield
    except FAILED as error:
        raise meaning(error) from error
