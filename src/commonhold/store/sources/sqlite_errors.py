"""What SQLite refuses, as problems. Anything else is not a refusal and is left to the store."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from commonhold.core.problems import Problem

_TOO_LARGE: Final = ("parser stack overflow", "Expression tree is too large", "too many", "too big")
_GONE: Final = ("no such table: source_", "unknown database source_")  # a file beside ours is not there any more
_CONSTRAINTS: Final = {
    "SQLITE_CONSTRAINT_UNIQUE": "not_unique",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "not_unique",
    "SQLITE_CONSTRAINT_ROWID": "not_unique",
    "SQLITE_CONSTRAINT_NOTNULL": "missing_field",
    "SQLITE_CONSTRAINT_FOREIGNKEY": "bad_reference",
    "SQLITE_CONSTRAINT_CHECK": "invalid_field",
}


@contextmanager
def mapped(collection: str | None = None) -> Iterator[None]:
    """Raise the problem that a refusal means: of a constraint, of a statement that is too large, of a sum too great."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        code = _CONSTRAINTS.get(error.sqlite_errorname)
        if code is None:
            raise
        raise Problem(code, collection=collection, field=_column(error)) from error
    except (sqlite3.OperationalError, sqlite3.DataError) as error:
        text = str(error)
        if "integer overflow" in text:
            raise Problem("value_out_of_range") from error
        if any(part in text for part in _GONE):
            raise Problem("unavailable", collection=collection) from error
        if not any(part in text for part in _TOO_LARGE):
            raise
        raise Problem("query_too_costly", limit="nesting") from error


def _column(error: sqlite3.IntegrityError) -> str | None:
    """Return the column that SQLite names: its code says what failed, only its text says where."""
    _, found, column = str(error).rpartition(".")
    return column if found else None
