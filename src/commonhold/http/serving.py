"""Items as downloads: a file in ranges, a folder as one ZIP. What every face that serves bytes does the same way."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from starlette.responses import Response

from commonhold.core.content.opening import Content as Opened
from commonhold.core.content.opening import open_content
from commonhold.core.content.previewing import preview
from commonhold.core.content.tree import get
from commonhold.core.content.walking import walk
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind
from commonhold.core.sharing.finding import decide
from commonhold.http.downloads import File, download_response, handed_over
from commonhold.http.face import Call
from commonhold.http.media import OCTETS, is_packed
from commonhold.http.ranges import Content
from commonhold.http.zipping import Entry, zip_response

HAVE: Final = Action.READ | Action.DOWNLOAD


async def serve_file(
    call: Call,
    actor: Actor,
    ref: ItemRef,
    *,
    version: int | None = None,
    inline: bool = False,
    action: Action = Action.DOWNLOAD,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a file's bytes, or the range that is asked for; ``inline`` shows what is safe in a browser.

    :raises Problem: unknown_item, forbidden, not_a_file, not_found, bad_range, precondition_failed
    """
    found = await open_content(call.core, actor, ref, version=version, action=action)
    item, row = found.item, found.version
    tag = str(item.stamp) if version is None else f"v{row.ordinal}-{row.sha256[:16]}"
    file = File(item.name or item.uid, row.media or OCTETS, Content(row.size, tag, row.made_at))
    place = _place(call, found.allowed, row.blob)
    if place is not None:
        response = handed_over(file, place, inline=inline)
        response.headers.update(headers or {})
        return response
    return await download_response(call.request, file, found.chunks, found.again, inline=inline, headers=headers)


async def serve_preview(
    call: Call,
    actor: Actor,
    ref: ItemRef,
    *,
    page: int = 1,
    thumb: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a picture of a file, or of a page of it, for whoever may look at it.

    :raises Problem: unknown_item, not_a_file, too_many_requests; not_found where there is none
    """

    async def again() -> None:
        """Nothing to ask: it is sent as a whole."""

    async def read(start: int, end: int) -> AsyncIterator[bytes]:
        yield drawn.body[start:end]

    drawn = await preview(call.core, actor, ref, page=page, thumb=thumb)
    tag = f"p-{hashlib.sha256(drawn.body).hexdigest()[:32]}"
    file = File(f"preview.{drawn.media.partition('/')[2]}", drawn.media, Content(len(drawn.body), tag, 0))
    return await download_response(call.request, file, read, again, inline=True, headers=headers)


def _place(call: Call, allowed: Allowed, blob: str) -> str | None:
    """Return where the web server in front finds a blob, if settings say that it can send files."""
    root = call.settings.x_accel
    path = call.core.blobs.local_path(allowed, blob) if root is not None else None
    if path is None:
        return None
    return f"{root}/{Path(path).resolve().relative_to(call.settings.blobs_folder.resolve()).as_posix()}"


async def serve_zip(call: Call, actor: Actor, ref: ItemRef, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return a folder, with whatever in it the actor may download, as one ZIP; policy is asked for each entry.

    :raises Problem: unknown_item, forbidden, not_a_folder
    """

    async def again() -> None:
        if not (await decide(call.core, actor, ref)).may(HAVE):
            raise Problem("forbidden")

    seen = await get(call.core, actor, ref)
    if seen.item.kind is not ItemKind.FOLDER:
        raise Problem("not_a_folder", field="item")
    await again()
    name = f"{seen.item.name or seen.owner_name or 'files'}.zip"
    response = zip_response(name, _entries(call.core, actor, ref), again)
    response.headers.update(headers or {})
    return response


async def serve_zip_of(
    call: Call, actor: Actor, items: Sequence[Item], name: str, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return several files and folders as one ZIP of this name; policy is asked for each entry.

    :raises Problem: not_for_items for what is neither, forbidden where one of them is not his to download
    """
    now = [items[0].no]  # which of them is being sent

    async def again() -> None:
        if not (await decide(call.core, actor, now[0])).may(HAVE):
            raise Problem("forbidden")

    async def entries() -> AsyncIterator[Entry]:
        for item in items:
            now[0] = item.no
            if item.kind is ItemKind.FILE:
                yield _entry(item.name or item.uid, item, await open_content(call.core, actor, item.no))
                continue
            yield Entry(item.name or item.uid, item.changed_at)
            async for entry in _entries(call.core, actor, item.no, f"{item.name or item.uid}/"):
                yield entry

    if any(item.kind not in (ItemKind.FILE, ItemKind.FOLDER) for item in items):
        raise Problem("not_for_items", field="item")
    judged = await judge(call.core, Look(actor, items=tuple(item.no for item in items)))
    if not all(judged.right(actor, item.no).may(HAVE) for item in items):
        raise Problem("forbidden")
    response = zip_response(name, entries(), again)
    response.headers.update(headers or {})
    return response


async def _entries(core: Core, actor: Actor, ref: ItemRef, under: str = "") -> AsyncIterator[Entry]:
    async for found in walk(core, actor, ref):
        item = found.item
        if item.kind is ItemKind.FOLDER:
            yield Entry(under + found.path, item.changed_at)
        else:
            yield _entry(under + found.path, item, await found.open())


def _entry(path: str, item: Item, opened: Opened) -> Entry:
    return Entry(path, item.changed_at, item.size, opened.chunks(), is_packed(item.media or OCTETS))
