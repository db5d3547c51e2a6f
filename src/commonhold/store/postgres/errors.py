"""What PostgreSQL's errors mean to the core; every method of the engine maps them, so that none ever gets out."""

import contextlib
from collections.abc import Iterator
from typing import Final

from asyncpg import exceptions as pg
from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError

from commonhold.core.changes import Taken
from commonhold.core.problems import Problem

FAILED: Final = (PostgresError, InterfaceError, InternalClientError, OSError, TimeoutError)
AGAIN: Final = (pg.DeadlockDetectedError, pg.SerializationError, pg.InvalidCachedStatementError)
"""Nothing is wrong with what was asked: it was in somebody's way, and may be asked again."""

_LOST: Final = (
    pg.PostgresConnectionError,
    pg.AdminShutdownError,
    pg.CrashShutdownError,
    pg.CannotConnectNowError,
    pg.IdleInTransactionSessionTimeoutError,
    InternalClientError,
    OSError,
)
_FULL: Final = (pg.DiskFullError,)
_INVALID: Final = (pg.DataError, pg.ProgramLimitExceededError)


def lost(error: BaseException) -> bool:
    """Tell whether an error says that the connection is gone, not that something is wrong with what was asked."""
    if isinstance(error, InterfaceError) and not isinstance(error, pg.DataError):
        return "closed" in str(error) or "another operation" in str(error)
    return isinstance(error, _LOST)


def meaning(error: BaseException) -> Taken | Problem:
    """Translate an error: a key that exists, a full disk, a query over its deadline, or no answer at all."""
    if isinstance(error, pg.UniqueViolationError):
        return Taken(error.constraint_name)
    if isinstance(error, _FULL):
        return Problem("storage_full")
    if isinstance(error, pg.QueryCanceledError):
        return Problem("query_too_costly")
    if isinstance(error, _INVALID):
        return Problem("invalid_field")
    return Problem("unavailable")


@contextlib.contextmanager
def mapped() -> Iterator[None]:
    """Raise what an error of PostgreSQL, or of the way to it, means in place of it."""
    try:
        yield
    except FAILED as error:
        raise meaning(error) from error
