"""Items as downloads: a file in ranges, a folder as one ZIP. What every face that serves bytes does the same way."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

from starlette.responses import Response

from commonhold.core.content.opening import open_content
from commonhold.core.content.tree import get
from commonhold.core.content.walking import walk
from commonhold.core.core import Core
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.policy.allowed import Allowed
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


async def _entries(core: Core, actor: Actor, ref: ItemRef) -> AsyncIterator[Entry]:
    async for found in walk(core, actor, ref):
        item = found.item
        if item.kind is ItemKind.FOLDER:
            yield Entry(found.path, item.changed_at)
        else:
            opened = await found.open()
            yield Entry(found.path, item.changed_at, item.size, opened.chunks(), is_packed(item.media or OCTETS))
