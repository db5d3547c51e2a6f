"""Small readings of one table, and pages of listings by key."""

import functools
import typing
from typing import Any, Generic, TypeVar

import msgspec

from commonhold.core.core import Core
from commonhold.core.model import Row
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.require import machine
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.problems import Problem

R = TypeVar("R", bound=Row)
T = TypeVar("T")

After = tuple[Any, ...] | None
"""Where a listing goes on: the order columns and the key of the last row seen; None begins it."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a listing; it may be short and still have a ``next``."""

    rows: tuple[T, ...]
    next: After = None


def equal(**columns: Any) -> tuple[Where, ...]:
    """Return conditions that columns have these values."""
    return tuple(Where(column, "eq", value) for column, value in columns.items())


async def one(core: Core, table: type[R], **columns: Any) -> R | None:
    """Read one row for a decision of ours, or None."""
    found: list[R] = await core.store.rows(machine(), Rows(table, equal(**columns), limit=1))
    return found[0] if found else None


async def every(core: Core, table: type[R], **columns: Any) -> list[R]:
    """Read all rows with these values for a decision of ours, page by page."""
    found: list[R] = []
    after: After = None
    while True:
        page = await page_of(core, machine(), table, equal(**columns), after=after)
        found += page.rows
        after = page.next
        if after is None:
            return found


async def by_no(core: Core, allowed: Allowed, table: type[R], numbers: tuple[int, ...]) -> dict[int, R]:
    """Read rows by their numbers, at most a page of them."""
    if not numbers:
        return {}
    found: list[Any] = await core.store.rows(allowed, Rows(table, (Where("no", "in", numbers),)))
    return {row.no: row for row in found}


@functools.cache
def _place(table: type[Row], columns: tuple[str, ...]) -> Any:
    """Return the type of a place in a listing: the types of its columns."""
    hints = typing.get_type_hints(table)
    return tuple[tuple(hints[column] for column in columns)]  # type: ignore[misc]


def _refuse_odd_place(table: type[Row], columns: tuple[str, ...], after: tuple[Any, ...]) -> None:
    try:
        msgspec.convert(after, _place(table, columns))
    except msgspec.ValidationError:
        raise Problem("bad_cursor", field="after") from None


async def page_of(
    core: Core,
    allowed: Allowed,
    table: type[R],
    where: tuple[Where, ...],
    *,
    order: tuple[str, ...] = (),
    after: After = None,
    limit: int = LONGEST_PAGE,
) -> Page[R]:
    """Read one page of a table, with the place where the next one begins.

    :raises Problem: bad_cursor, if ``after`` can be no row's place in this listing
    """
    limit = max(1, min(limit, core.limits.page, LONGEST_PAGE))
    columns = (*(column.removeprefix("-") for column in order), *table.key)
    if after is not None:
        _refuse_odd_place(table, columns, after)
    found: list[R] = await core.store.rows(allowed, Rows(table, where, order, after, limit))
    more = len(found) == limit
    return Page(tuple(found), tuple(getattr(found[-1], column) for column in columns) if more else None)
