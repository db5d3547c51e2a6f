"""Files and folders: looked at, read, made, renamed, moved, copied and thrown away."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.responses import Response

from commonhold.core.content.copying import copy
from commonhold.core.content.making import make_folder
from commonhold.core.content.moving import move
from commonhold.core.content.opening import open_content
from commonhold.core.content.space import usage
from commonhold.core.content.steps import Collision
from commonhold.core.content.trash import trash
from commonhold.core.content.tree import children, rename
from commonhold.core.identity import ItemRef
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind
from commonhold.faces.puter.entries import entry, path_of
from commonhold.faces.puter.listing import root_entry
from commonhold.faces.puter.places import (
    folder_at,
    live,
    path_at,
    ref_at,
    ref_in,
    with_free_name,
)
from commonhold.faces.puter.problems import ApiError, field_invalid, text_wanted, unknown_subject
from commonhold.faces.puter.references import path_ref, split
from commonhold.faces.puter.routes import Table
from commonhold.faces.puter.shown import own_shares
from commonhold.faces.puter.values import MISSING, Fields, truthy
from commonhold.http.face import Call
from commonhold.http.media import OCTETS
from commonhold.http.serving import serve_file
from commonhold.http.streams import Stream, Watch, watched

TABLE = Table()

BOUNDLESS: Final = 1 << 50  # what a space without a quota is said to hold
_PLAIN: Final = {"content-type": OCTETS}  # the real client takes the bytes of nothing else as they are


@TABLE.route("POST", "/stat", needs="right")
async def stat(call: Call, body: Fields) -> Any:
    """Return a file or folder; for those who shared it, with whom."""
    if body.get("path") == "/" and body.get("uid") is None:
        return root_entry()
    seen = await live(call, await ref_in(call, body))
    shown = entry(seen)
    if truthy(body.get("return_shares", MISSING)):
        shown["shares"] = await own_shares(call, seen)
    for name in ("permissions", "versions"):
        if truthy(body.get(f"return_{name}", MISSING)):
            shown[name] = []
    return shown


@TABLE.route("GET", "/read", needs="right", streams=OCTETS)
async def read(call: Call, _: Fields) -> Response:
    """Return the bytes of a file, or ``byte_count`` of them from ``offset``."""
    query = call.request.query_params
    ref = await ref_at(call, query.get("file", query.get("path")), "file")
    start, count = _whole(query.get("offset"), "offset"), _whole(query.get("byte_count"), "byte_count")
    if start is None and count is None:
        return await serve_file(call, call.actor, ref, headers=_PLAIN)
    found = await open_content(call.core, call.actor, ref)
    start = min(start or 0, found.version.size)
    end = found.version.size if count is None else min(start + count, found.version.size)
    headers = {**_PLAIN, "content-length": str(end - start), "cache-control": "private, no-cache"}
    if start == end:
        return Response(b"", headers=headers)
    chunks = found.chunks(start, end)
    return Stream(watched(await anext(chunks, b""), chunks, Watch(found.again)), 200, headers)


def _whole(text: str | None, key: str) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise field_invalid(key, "a whole number")
    return int(text)


@TABLE.route("POST", "/mkdir")
async def mkdir(call: Call, body: Fields) -> Any:
    """Make a folder."""
    path = await _target(call, body)
    return entry(
        await live(call, await make(call, path, body, missing=truthy(body.get("create_missing_parents", MISSING))))
    )


async def _target(call: Call, body: Fields) -> str:
    """Return the path of a folder to be made: ``path`` below ``parent``, or ``path`` alone."""
    path, parent = body.get("path"), body.get("parent")
    if not isinstance(path, str) or not path.strip("/"):
        raise text_wanted("path", path)
    if parent is None:
        return await path_at(call, path)
    return await path_at(call, f"{await path_at(call, parent, 'parent')}/{path.strip('/')}")


async def make(call: Call, path: str, how: Fields, *, missing: bool) -> ItemRef:
    """Make a folder where a path says, and return it.

    A name that is taken is numbered (``dedupe_name``), or what has it is kept if it is a folder (``overwrite``).

    :raises ApiError: subject_does_not_exist
    :raises Problem: name_collides, forbidden, unknown_item, and those of names
    """
    above, name = split(path)
    parent = await folder_at(call, above, make=missing)

    async def do(text: str) -> ItemRef:
        return (await make_folder(call.core, call.actor, parent, text)).no

    try:
        return await with_free_name(name, do, dedupe=truthy(how.get("dedupe_name", MISSING)))
    except Problem as problem:
        if problem.code != "name_collides" or not truthy(how.get("overwrite", MISSING)):
            raise
        seen = await live(call, path_ref(path))
        if seen.item.kind is not ItemKind.FOLDER:
            raise
        return seen.item.no


@TABLE.route("POST", "/rename")
async def rename_item(call: Call, body: Fields) -> Any:
    """Give a file or folder another name."""
    name = body.get("new_name")
    if not isinstance(name, str):
        raise text_wanted("new_name", name)
    done = await rename(call.core, call.actor, await ref_in(call, body), name)
    return entry(await live(call, done.no))


@TABLE.route("POST", "/delete")
async def delete(call: Call, body: Fields) -> Any:
    """Throw files and folders away, into the trash of their owner."""
    paths = body.get("paths", body.get("path"))
    if isinstance(paths, str):
        paths = [paths]
    if not isinstance(paths, list) or not paths:
        raise field_invalid("paths", "array of strings")
    if len(paths) > call.core.limits.items:
        raise Problem("too_many_items", field="paths", limit=call.core.limits.items)
    for path in paths:
        ref = await ref_at(call, path, "paths")
        await _throw_away(call, ref, body)
    return {}


async def _throw_away(call: Call, ref: ItemRef, body: Fields) -> None:
    """Throw one thing away; or only what is in it, or only if nothing is in it."""
    inside, whole = truthy(body.get("descendants_only", MISSING)), truthy(body.get("recursive", True))
    seen = await live(call, ref)
    if seen.item.kind is ItemKind.FOLDER and (inside or not whole):
        found = await children(call.core, call.actor, seen.item.no)
        if found.items and not inside:
            raise ApiError("not_empty", 422, "This directory is not empty.")
        while inside and found.items:
            for one in found.items:
                await trash(call.core, call.actor, one.item.no)
            found = await children(call.core, call.actor, seen.item.no)
    if not inside:
        await trash(call.core, call.actor, seen.item.no)


@TABLE.route("POST", "/move")
async def move_item(call: Call, body: Fields) -> Any:
    """Put a file or folder into another folder, perhaps under another name."""
    source = await live(call, await ref_at(call, body.get("source"), "source"))
    into, name = await _destination(call, body)
    new = name or source.item.name or ""

    async def do(text: str) -> ItemRef:
        return (await move(call.core, call.actor, source.item.no, into, name=text)).no

    done = await _in_place_of(call, body, new, do, into)
    return {"moved": entry(await live(call, done)), "old_path": path_of(source)}


@TABLE.route("POST", "/copy")
async def copy_item(call: Call, body: Fields) -> Any:
    """Copy a file or folder into another folder, perhaps under another name."""
    source = await live(call, await ref_at(call, body.get("source"), "source"))
    into, name = await _destination(call, body)
    new = name or source.item.name or ""
    collision = Collision.RENAME if truthy(body.get("dedupe_name", MISSING)) else Collision.REFUSE

    async def do(text: str) -> ItemRef:
        return (await copy(call.core, call.actor, source.item.no, into, name=text, on_collision=collision)).no

    done = await _in_place_of(call, {**body, "dedupe_name": False}, new, do, into)
    return [{"copied": entry(await live(call, done)), "overwritten": None}]


async def _destination(call: Call, body: Fields) -> tuple[ItemRef, str | None]:
    """Return the folder that something goes to, and the name that it is to have there."""
    name = body.get("new_name")
    if name is not None and not isinstance(name, str):
        raise text_wanted("new_name", name)
    path = await path_at(call, body.get("destination"), "destination")
    return await folder_at(call, path, make=truthy(body.get("create_missing_parents", MISSING))), name


async def _in_place_of(
    call: Call, body: Fields, name: str, do: Callable[[str], Awaitable[ItemRef]], into: ItemRef
) -> ItemRef:
    """Do something that takes a name in a folder; with ``overwrite``, what has the name is thrown away first."""
    try:
        return await with_free_name(name, do, dedupe=truthy(body.get("dedupe_name", MISSING)))
    except Problem as problem:
        if problem.code != "name_collides" or not truthy(body.get("overwrite", MISSING)):
            raise
        await trash(call.core, call.actor, await _child(call, into, name))
        return await do(name)


async def _child(call: Call, folder: ItemRef, name: str) -> ItemRef:
    """Return what has a name in a folder."""
    seen = await live(call, folder)
    ref = path_ref(f"/{seen.owner_name or '-'}/{seen.item.uid}/{seen.item.name or '-'}/{name}")
    if ref == "":
        raise unknown_subject()
    return ref


@TABLE.route("POST", "/df")
async def df(call: Call, _: Fields) -> Any:
    """Return how many bytes the caller's space holds, and how many it may."""
    found = await usage(call.core, call.actor)
    return {"used": found.used, "capacity": BOUNDLESS if found.quota is None else found.quota}
