"""Putting files: policy first, then **bytes durable → row → answer**, and the right asked for again in between."""

import mimetypes
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from commonhold.core.blobs import Blob
from commonhold.core.changes import Change, Charge, Put
from commonhold.core.content.making import echo, new_item, still
from commonhold.core.content.names import canonical, name_key
from commonhold.core.content.steps import (
    Asked,
    Collision,
    ask_folder,
    quota_of,
    settle,
    with_numbers,
    write,
)
from commonhold.core.content.versions import file_to_write, keep_version
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item, Version
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind

Also: TypeAlias = Callable[[int], Sequence[Change]]
"""What is written together with a file that was put: it is given the number of the file, which may be a placeholder."""

ANY_MEDIA: Final = "application/octet-stream"

_MEDIA: Final = re.compile(r"[\w!#$&^.+-]{1,63}/[\w!#$&^.+-]{1,63}\Z", re.ASCII)
_ENDINGS: Final = mimetypes.MimeTypes()  # the same on each machine: no tables of the system are read
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
for _type, _ending in (  # what Python does not know by itself
    (f"{_OFFICE}spreadsheetml.sheet", ".xlsx"),
    (f"{_OFFICE}wordprocessingml.document", ".docx"),
    (f"{_OFFICE}presentationml.presentation", ".pptx"),
    ("application/geo+json", ".geojson"),
    ("application/vnd.google-earth.kml+xml", ".kml"),
    ("application/vnd.google-earth.kmz", ".kmz"),
):
    _ENDINGS.add_type(_type, _ending)


def media_of(name: str, told: str | None) -> str:
    """Return the media type of a file: what the sender said if it is one, else what the name's ending says."""
    said = (told or "").partition(";")[0].strip().lower()
    if _MEDIA.match(said) and said != ANY_MEDIA:
        return said
    guessed, packed = _ENDINGS.guess_type("/" + name)
    if packed:  # the ending tells what is inside; the bytes are those of the packing
        return f"application/{packed}"
    return guessed or ANY_MEDIA


async def put(
    core: Core,
    actor: Actor,
    parent: ItemRef,
    name: str,
    chunks: AsyncIterator[bytes],
    *,
    media: str | None = None,
    on_collision: Collision = Collision.REFUSE,
    if_stamp: int | None = None,
    also: Also = lambda _: (),
) -> Item:
    """Put a file into a folder; with ``Collision.VERSION`` onto the file that has the name, which needs WRITE there.

    An actor who may only put things there never learns what is there: he gets a free name, and is not told which.

    :raises Problem: name_*, unknown_item, forbidden, not_a_folder, not_a_file, in_trash, name_collides,
        precondition_failed, tree_too_deep, not_allowed, too_large, quota_exceeded, storage_full
    """
    name = canonical(name, core.limits)

    async def decide() -> tuple[Asked, str | None]:
        """Return the folder and the free name in it, or the file that has the name and None."""
        look = Look(actor, items=(parent,), occupied=((parent, name_key(name)),))
        seen = await judge(core, look)
        taken = seen.snapshot.occupied.get((parent, name_key(name)))
        if taken is not None and on_collision is Collision.VERSION and seen.right(actor, taken).may(Action.READ):
            return file_to_write(seen, actor, taken, if_stamp), None
        into = ask_folder(seen, actor, parent, core.limits)
        if if_stamp is not None:
            raise Problem("precondition_failed", field="if_stamp")
        return into, await settle(core, actor, into, parent, name, on_collision)

    async def once(blob: Blob) -> Item:
        asked, free = await decide()
        if free is None:
            more = also(asked.item.no)
            return await keep_version(core, actor, asked, blob, media_of(name, media), "content.put", more)
        return echo(await _keep_file(core, actor, asked, blob, free, media_of(name, media), also), asked, name)

    asked, _ = await decide()
    return await _receive(core, asked, chunks, once)


async def put_content(
    core: Core,
    actor: Actor,
    ref: ItemRef,
    chunks: AsyncIterator[bytes],
    *,
    media: str | None = None,
    if_stamp: int | None = None,
) -> Item:
    """Give a file new content; what it held before is kept as a version.

    :raises Problem: unknown_item, forbidden, not_a_file, in_trash, precondition_failed, too_large, quota_exceeded,
        storage_full
    """

    async def decide() -> Asked:
        return file_to_write(await judge(core, Look(actor, items=(ref,))), actor, ref, if_stamp)

    async def once(blob: Blob) -> Item:
        asked = await decide()
        return await keep_version(core, actor, asked, blob, media_of(asked.item.name or "", media), "content.put")

    return await _receive(core, await decide(), chunks, once)


async def _receive(
    core: Core, asked: Asked, chunks: AsyncIterator[bytes], once: Callable[[Blob], Awaitable[Item]]
) -> Item:
    """Take the bytes, then the row: decided anew, because an upload may last longer than the right to it."""
    quota = quota_of(core, asked)
    left = None if quota is None else max(0, quota - asked.space.used)
    blob = await core.blobs.receive(chunks, limit=core.limits.upload, space=left)
    try:
        return await attempt(lambda: once(blob))
    except Problem as problem:
        if problem.code != "unavailable":  # there the row may have been written all the same
            await core.blobs.delete((blob.key,))
        raise


async def _keep_file(core: Core, actor: Actor, into: Asked, blob: Blob, name: str, media: str, also: Also) -> Item:
    """Write the rows of a new file."""
    number = Placeholders()
    content: dict[str, Any] = {"size": blob.size, "sha256": blob.sha256, "media": media}
    row = new_item(core, actor, into, number(), ItemKind.FILE, name, version=number(), **content)
    version = Version(row.version or 0, row.no, 1, blob.key, made_by=actor.user, made_at=row.made_at, **content)
    event = happened(number(), row.made_at, actor, "item.made", item=row.no, size=blob.size)
    charge = Charge(row.space, blob.size, quota_of(core, into))
    changes = [Put(row), Put(version), charge, event, *also(row.no)]
    return with_numbers(await write(core, changes, [still(into)]), row)
