"""Reading all rows under some conditions, page by page."""

from typing import TypeVar

from commonhold.core.core import Core
from commonhold.core.directory.reading import After, page_of
from commonhold.core.model import Row
from commonhold.core.policy.require import machine
from commonhold.core.ports import Where

R = TypeVar("R", bound=Row)


async def all_of(core: Core, table: type[R], *where: Where, most: int | None = None) -> list[R]:
    """Return the rows of a table for which all conditions hold; those first by key, if there are more than ``most``."""
    found: list[R] = []
    after: After = None
    while most is None or len(found) < most:
        page = await page_of(core, machine(), table, where, after=after)
        found += page.rows
        after = page.next
        if after is None:
            break
    return found[:most]
