"""Reading whole tables through the port, page by page."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, TypeVar

from commonhold.core.model import Row
from commonhold.core.policy.require import machine
from commonhold.core.ports import LONGEST_PAGE, Rows, Store, Where

R = TypeVar("R", bound=Row)


async def pages(store: Store, table: type[R], *where: Where) -> AsyncIterator[list[R]]:
    """Yield the rows for which all conditions hold, by their keys."""
    after: tuple[Any, ...] | None = None
    while True:
        found: list[R] = await store.rows(machine(), Rows(table, where, (), after))
        if found:
            yield found
        if len(found) < LONGEST_PAGE:
            return
        after = tuple(getattr(found[-1], column) for column in table.key)


async def among(store: Store, table: type[R], column: str, values: Iterable[Any], *where: Where) -> list[R]:
    """Return the rows that have one of some values in a column."""
    found: list[R] = []
    for some in batches(sorted({value for value in values if value is not None})):
        async for page in pages(store, table, Where(column, "in", tuple(some)), *where):
            found += page
    return found


def batches(values: Sequence[Any], size: int = LONGEST_PAGE) -> Iterable[Sequence[Any]]:
    """Cut values into runs that one statement takes."""
    return (values[at : at + size] for at in range(0, len(values), size))
