"""Walking a folder: everything below it that somebody may have, in bounded memory, asked for folder by folder."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import msgspec

from commonhold.core.content.opening import Content, open_content
from commonhold.core.content.tree import Cursor, Page, Seen, children
from commonhold.core.core import Core
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind


class Entry(msgspec.Struct, frozen=True):
    """A folder or file met on a walk: its path below where the walk began, and how to open a file's content.

    ``open`` asks policy again, so an entry that is no longer allowed is refused when its turn comes, not before.
    """

    path: str
    item: Item
    open: Callable[[], Awaitable[Content]]


async def walk(core: Core, actor: Actor, folder: ItemRef) -> AsyncIterator[Entry]:
    """Yield the folders and files below a folder, each folder before what is in it; for archives.

    What the actor may not download is left out; what is taken away while the walk runs is met no more.

    :raises Problem: unknown_item, forbidden, not_a_folder
    """
    async for path, seen in descend(core, actor, folder):
        if seen.item.kind in (ItemKind.FOLDER, ItemKind.FILE):
            yield Entry(path, seen.item, partial(open_content, core, actor, seen.item.no))


async def descend(
    core: Core, actor: Actor, folder: ItemRef, action: Action = Action.READ | Action.DOWNLOAD
) -> AsyncIterator[tuple[str, Seen]]:
    """Yield what lies below a folder and allows ``action``, with its path from there: at most one page per depth.

    :raises Problem: unknown_item, forbidden, not_a_folder
    """
    stack = [("", folder, await children(core, actor, folder, action=action))]
    while stack:
        prefix, ref, page = stack.pop()
        for place, seen in enumerate(page.items):
            if not seen.right.may(action):
                continue
            yield prefix + (seen.item.name or ""), seen
            if seen.item.kind is ItemKind.FOLDER:
                stack.append((prefix, ref, Page(page.items[place + 1 :], page.next)))
                below = await _page_if(core, actor, seen.item.no, None, action)
                stack.append((f"{prefix}{seen.item.name}/", seen.item.no, below))
                break
        else:
            if page.next is not None:
                stack.append((prefix, ref, await _page_if(core, actor, ref, page.next, action)))


async def _page_if(core: Core, actor: Actor, folder: ItemRef, after: Cursor | None, action: Action) -> Page:
    """Return a page, or an empty one if the folder was taken away meanwhile."""
    try:
        return await children(core, actor, folder, after=after, action=action)
    except Problem as problem:
        if problem.code == "unavailable":  # an archive that lacks what it should hold must not look whole
            raise
        return Page(())
