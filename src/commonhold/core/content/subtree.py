"""What lies below an item, whoever may see it: counted and measured level by level, for bookkeeping."""

from collections.abc import AsyncIterator, Collection
from typing import Any, TypeVar

from commonhold.core.content.steps import Asked
from commonhold.core.core import Core
from commonhold.core.directory.reading import After, page_of
from commonhold.core.model import Item, Life, Row, Version
from commonhold.core.policy.allowed import Allowed
from commonhold.core.ports import LONGEST_PAGE, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind

R = TypeVar("R", bound=Row)


async def rows_in(
    core: Core, allowed: Allowed, table: type[R], column: str, values: Collection[Any], *where: Where
) -> AsyncIterator[R]:
    """Yield all rows with one of many values in an indexed column."""
    numbers = tuple(values)
    for start in range(0, len(numbers), LONGEST_PAGE):
        conditions = (Where(column, "in", numbers[start : start + LONGEST_PAGE]), *where)
        after: After = None
        while True:
            page = await page_of(core, allowed, table, conditions, after=after)
            for row in page.rows:
                yield row
            after = page.next
            if after is None:
                break


async def levels_of(core: Core, asked: Asked, limit: int, *where: Where) -> AsyncIterator[list[Item]]:
    """Yield what lies below an item, level by level, trash included.

    :raises Problem: move_too_large after ``limit`` items
    """
    level, count = [asked.item], 0
    while level:
        folders = [item.no for item in level if item.kind is ItemKind.FOLDER]
        below = rows_in(core, asked.allowed, Item, "parent", folders, Where("life", "ne", Life.DELETED), *where)
        level = []
        async for item in below:
            level.append(item)
            count += 1
            if count > limit:
                raise Problem("move_too_large", field="item", limit=limit)
        yield level


async def height_within(core: Core, asked: Asked, room: int) -> None:
    """Refuse a folder whose folders need more than ``room`` places in a chain, one left free for what they hold.

    :raises Problem: tree_too_deep, move_too_large
    """
    if asked.item.kind is not ItemKind.FOLDER:
        return
    async for _ in levels_of(core, asked, core.limits.move_rows, Where("kind", "eq", ItemKind.FOLDER)):
        room -= 1
        if room < 1:
            raise Problem("tree_too_deep", field="parent", limit=core.limits.depth)


async def size_of(core: Core, asked: Asked, limit: int) -> int:
    """Return how many bytes an item and everything below it takes up in its space.

    :raises Problem: move_too_large after ``limit`` items
    """
    files = [asked.item.no] if asked.item.kind is ItemKind.FILE else []
    async for level in levels_of(core, asked, limit):
        files += (item.no for item in level if item.kind is ItemKind.FILE)
    return await bytes_of(core, asked.allowed, files)


async def bytes_of(core: Core, allowed: Allowed, files: Collection[int]) -> int:
    """Return how many bytes all contents of files take up."""
    return sum([version.size async for version in rows_in(core, allowed, Version, "item", files)])
