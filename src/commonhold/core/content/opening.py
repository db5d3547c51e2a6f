"""Bytes of files for those who may have them: opened, and asked for again while they run."""

from collections.abc import AsyncIterator

from commonhold.core.changes import Broken
from commonhold.core.content.steps import Asked, ask
from commonhold.core.core import Core, attempt, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Version
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind


class Content:
    """Bytes of one version of a file, opened for somebody."""

    def __init__(self, core: Core, asked: Asked, version: Version) -> None:
        """Made by ``open_content`` alone."""
        self.item = asked.item
        self.version = version
        self.allowed = asked.allowed
        self._core = core

    async def again(self) -> None:
        """Ask policy again, as a running stream does now and then.

        :raises Problem: unknown_item, forbidden, in_trash
        """
        actor, no = self.allowed.actor, self.item.no
        ask(await judge(self._core, Look(actor, items=(no,))), actor, no, self.allowed.action)

    def chunks(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from ``start`` up to, not including, ``end``. Who sends them asks ``again`` now and then."""
        return self._core.blobs.read(self.allowed, self.version.blob, start, end)


async def open_content(
    core: Core, actor: Actor, ref: ItemRef, *, version: int | None = None, action: Action = Action.DOWNLOAD
) -> Content:
    """Open a file's content, or an older one by its ordinal, which only those may see who may write the file.

    ``action`` READ is for previews, which show a safe picture of the bytes and do not hand them out.

    :raises Problem: unknown_item, forbidden, not_a_file, in_trash, not_found
    """

    async def once() -> Content:
        needed = action if version is None else action | Action.WRITE
        asked = ask(await judge(core, Look(actor, items=(ref,))), actor, ref, needed)
        if asked.item.kind is not ItemKind.FILE:
            raise Problem("not_a_file", field="item")
        return Content(core, asked, await _version(core, asked, version))

    return await attempt(once)


async def _version(core: Core, asked: Asked, ordinal: int | None) -> Version:
    one = Where("no", "eq", asked.item.version) if ordinal is None else Where("ordinal", "eq", ordinal)
    found: list[Version] = await core.store.rows(
        asked.allowed, Rows(Version, (Where("item", "eq", asked.item.no), one), limit=1)
    )
    if found:
        return found[0]
    if ordinal is None and asked.item.version is not None:
        raise Broken  # new content came between the two readings
    raise Problem("not_found", field="version")
