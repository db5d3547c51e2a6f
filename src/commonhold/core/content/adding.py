"""Adding files that bring attributes along: bytes, row and attributes in one transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from commonhold.core.changes import Change, Set
from commonhold.core.content.files import put
from commonhold.core.content.making import attributes_text
from commonhold.core.content.names import tidy
from commonhold.core.content.steps import Collision
from commonhold.core.core import Core
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item


async def add_file(
    core: Core,
    actor: Actor,
    parent: ItemRef,
    name: str,
    chunks: AsyncIterator[bytes],
    *,
    attributes: Mapping[str, Any],
    media: str | None = None,
    on_collision: Collision = Collision.RENAME,
) -> Item:
    """Put a new file into a folder, with attributes; of any text its name is made.

    :raises Problem: as ``put``; invalid_field (attributes)
    """
    text = attributes_text(attributes)

    def also(no: int) -> Sequence[Change]:
        return (Set(Item, (no,), {"attributes": text}),)

    item = await put(
        core, actor, parent, tidy(name, core.limits), chunks, media=media, on_collision=on_collision, also=also
    )
    return msgspec.structs.replace(item, attributes=text)
