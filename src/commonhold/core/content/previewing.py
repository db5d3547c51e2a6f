"""Previews of files for those who may look at them: policy is asked each time, whatever was drawn before."""

from typing import Final

from commonhold.core.content.opening import open_content
from commonhold.core.core import Core
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item
from commonhold.core.previews import DOCUMENT, PAGES, PICTURES, SIZE, THUMB, Drawn, Wanted
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind

LARGEST: Final = 100 << 20
"""Bytes of a file that is drawn: what is larger is for those who download it."""


def drawable(core: Core, item: Item) -> bool:
    """Tell whether a picture of an item can be asked for."""
    kinds = item.media in PICTURES or item.media == DOCUMENT
    return core.previews is not None and item.kind is ItemKind.FILE and kinds and 0 < item.size <= LARGEST


async def preview(core: Core, actor: Actor, ref: ItemRef, *, page: int = 1, thumb: bool = False) -> Drawn:
    """Return a picture of a file, or of a page of it, for whoever may read it.

    :raises Problem: unknown_item, not_a_file, in_trash, too_many_requests, unavailable; not_found where there is none
    """
    content = await open_content(core, actor, ref, action=Action.READ)
    row, media = content.version, content.version.media or ""
    if core.previews is None or not drawable(core, content.item) or not 1 <= page <= PAGES:
        raise Problem("not_found", field="preview")
    wanted = Wanted(row.sha256, media, THUMB if thumb else SIZE, page if media == DOCUMENT else 1)
    drawn = await core.previews.draw(content.allowed, wanted, content.chunks)
    if not drawn.body:
        raise Problem("not_found", field="preview")
    return drawn
