"""What PostgreSQL refuses, as problems. Anything else is not a refusal and is left to the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from asyncpg import exceptions as pg

from commonhold.core.problems import Problem

_REFUSED: Final = {
    pg.UniqueViolationError: "not_unique",
    pg.NotNullViolationError: "missing_field",
    pg.ForeignKeyViolationError: "bad_reference",
    pg.CheckViolationError: "invalid_field",
    pg.StringDataRightTruncationError: "value_too_long",
    pg.ExclusionViolationError: "not_unique",
    pg.GeneratedAlwaysError: "invalid_field",
    pg.RaiseError: "invalid_field",
    pg.NumericValueOutOfRangeError: "value_out_of_range",
    pg.DatetimeFieldOverflowError: "value_out_of_range",
    pg.ProgramLimitExceededError: "query_too_costly",
    pg.StatementTooComplexError: "query_too_costly",
}


_WRITING: Final = {pg.InsufficientPrivilegeError: "read_only"}  # of somebody else's table: our user may only read


@contextmanager
def mapped(collection: str | None = None) -> Iterator[None]:
    """Raise the problem that a refusal means: of a constraint, of a statement too large, of a number too great."""
    refused = _REFUSED if collection is None else {**_REFUSED, **_WRITING}
    try:
        yield
    except tuple(refused) as error:
        code = next(code for kind, code in refused.items() if isinstance(error, kind))
        if code == "query_too_costly":
            raise Problem(code, limit="nesting") from error
        if code == "value_out_of_range":
            raise Problem(code) from error
        raise Problem(code, collection=collection, field=_column(error)) from error


def _column(error: pg.PostgresError) -> str | None:
    """Return the column that PostgreSQL names, also in the detail of a constraint: ``Key (name)=(…) already``."""
    if error.column_name:
        return str(error.column_name)
    before, found, _ = (error.detail or "").partition(")=(")
    return before.rpartition("(")[2].strip('"') if found else None
