"""Files: put, looked at, read, given new content, renamed and thrown away; and the entries that hold them."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
from starlette.responses import Response

from commonhold.core.content.files import put, put_content
from commonhold.core.content.steps import Collision
from commonhold.core.content.tree import Seen, rename
from commonhold.core.content.versions import ordinals, versions
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind
from commonhold.faces.filr import things
from commonhold.faces.filr.content_shapes import FileGiven, FileProperties, FileVersion, FolderEntry
from commonhold.faces.filr.encoding import given
from commonhold.faces.filr.folders import ENTRY_GONE, above, live, place_of, throw_away
from commonhold.faces.filr.problems import Refused, bad_input
from commonhold.faces.filr.routes import Table, id_of, query_of
from commonhold.faces.filr.scopes import FOLDER_GONE
from commonhold.faces.filr.shapes import Link, SearchResultList, listed
from commonhold.http.face import Call
from commonhold.http.forms import URLENCODED, form_of
from commonhold.http.media import OCTETS, media_type
from commonhold.http.multipart import FormPart, form_parts
from commonhold.http.serving import serve_file
from commonhold.http.uploads import body_stream, with_head

TABLE = Table()

FILE_GONE: Final = "FILE_NOT_FOUND"
MULTIPART: Final = "multipart/form-data"


class Upload(msgspec.Struct):
    """What an uploaded file is called, and whether it may replace the one that is called so."""

    file_name: str | None = None
    overwrite_existing: bool = False


class NewContent(msgspec.Struct):
    """Which content the caller has seen last; ``force_overwrite``: whatever is there now."""

    last_version: int | None = None
    force_overwrite: bool = False


def _kind(call: Call) -> str:
    return call.request.headers.get("content-type", OCTETS).partition(";")[0].strip().lower()


async def _body(call: Call) -> tuple[AsyncIterator[bytes], str | None]:
    """Return the bytes that are sent, and the name that a form gives them.

    :raises Problem: unsupported_media_type, missing_field
    """
    limit = call.core.limits.upload
    if _kind(call) == OCTETS:
        return body_stream(call.request, limit=limit), None
    if _kind(call) != MULTIPART:
        raise Problem("unsupported_media_type", field="Content-Type")
    async for part in form_parts(call.request, limit=limit):
        if part.filename is not None or part.name == "file":
            return _chunks(part), part.filename
    raise Problem("missing_field", field="file")


async def _chunks(part: FormPart) -> AsyncIterator[bytes]:
    async for chunk in part:
        yield chunk


async def upload(call: Call) -> FileProperties:
    """Put a file into a folder: its bytes as they are, or as the file of a form."""
    wanted = query_of(call, Upload)
    chunks, named = await _body(call)
    name = wanted.file_name or named
    if not name:
        raise bad_input("Give a file_name.")
    head, chunks = await with_head(chunks)
    collision = Collision.VERSION if wanted.overwrite_existing else Collision.REFUSE
    where, media = await place_of(call), media_type(name, head)
    made = await put(call.core, call.actor, where, name, chunks, media=media, on_collision=collision)
    try:
        return await shown(call, await live(call, made.no))
    except Problem:
        return things.unseen_file(made)


for _path in ("/folders/{id}", "/workspaces/{id}", "/self/my_files"):
    for _word in ("library_files", "files"):
        TABLE.route("POST", f"{_path}/{_word}", thing=FOLDER_GONE, streams=OCTETS)(upload)


async def shown(call: Call, seen: Seen) -> FileProperties:
    """Return a file with the number of its present content."""
    numbers = await ordinals(call.core, call.actor, [seen.item])
    return things.file(call, seen, numbers.get(seen.item.no))


async def a_file(call: Call) -> Seen:
    """Return the file that a path names.

    :raises Problem: unknown_item
    """
    seen = await live(call, call.params["id"])
    if seen.item.kind is not ItemKind.FILE:
        raise Problem("unknown_item")
    return seen


@TABLE.route("GET", "/files/{id}", thing=FILE_GONE, streams=OCTETS)
async def download(call: Call) -> Response:
    """Return the bytes of a file, or a range of them."""
    return await serve_file(call, call.actor, (await a_file(call)).item.no)


@TABLE.route("GET", "/files/{id}/metadata", thing=FILE_GONE)
async def metadata(call: Call) -> FileProperties:
    """Return a file without its bytes."""
    return await _now(call)


async def _now(call: Call) -> FileProperties:
    return await shown(call, await a_file(call))


@TABLE.route("POST", "/files/{id}", thing=FILE_GONE, streams=OCTETS)
async def replace(call: Call) -> FileProperties:
    """Give a file new content; 409 with the file as it is, where the caller has not seen its present one."""
    wanted = query_of(call, NewContent)
    seen = await a_file(call)
    before = await shown(call, seen)
    if wanted.last_version not in (None, before.version_number) and not wanted.force_overwrite:
        raise _conflict(before)
    chunks, _ = await _body(call)
    head, chunks = await with_head(chunks)
    asked = seen.item.stamp if wanted.last_version is not None and not wanted.force_overwrite else None
    media = media_type(seen.item.name or "", head)
    try:
        await put_content(call.core, call.actor, seen.item.no, chunks, media=media, if_stamp=asked)
    except Problem as problem:
        if problem.code != "precondition_failed":
            raise
        raise _conflict(await _now(call)) from None
    return await _now(call)


def _conflict(now: FileProperties) -> Refused:
    message = "It was changed since you read it. Read it again and repeat."
    return Refused(409, "FILE_VERSION_CONFLICT", message, data=now)


@TABLE.route("DELETE", "/files/{id}", thing=FILE_GONE)
async def delete(call: Call) -> None:
    """Throw a file away."""
    await throw_away(call, await a_file(call))


@TABLE.route("POST", "/files/{id}/name", thing=FILE_GONE)
async def rename_file(call: Call) -> FileProperties:
    """Give a file another name."""
    seen = await a_file(call)
    if _kind(call) == URLENCODED:
        name = (await form_of(call.request)).get("name")
    else:
        name = (await given(call.request, FileGiven)).name
    if not name:
        raise bad_input("Give a name.")
    if name != seen.item.name:
        await rename(call.core, call.actor, seen.item.no, name)
    return await _now(call)


@TABLE.route("GET", "/files/{id}/versions", thing=FILE_GONE)
async def list_versions(call: Call) -> SearchResultList:
    """List the contents of a file over time, the newest first, for those who may replace it."""
    seen = await a_file(call)
    found = []
    for row in await versions(call.core, call.actor, seen.item.no):
        here = f"/files/{seen.item.uid}/versions/{row.ordinal}"
        found.append(
            FileVersion(
                href=here,
                links=[Link(rel="content", href=here), Link(rel="file", href=f"/files/{seen.item.uid}/metadata")],
                doc_type="file_version",
                id=row.no,
                version_number=row.ordinal,
                length=row.size,
                creation=things.stamp(row.made_by, row.made_at),
            )
        )
    return listed(found)


@TABLE.route("GET", "/files/{id}/versions/{number}", thing=FILE_GONE, streams=OCTETS)
async def old_content(call: Call) -> Response:
    """Return the bytes that a file had at a time."""
    seen = await a_file(call)
    number = id_of(call, FILE_GONE, "number")
    return await serve_file(call, call.actor, seen.item.no, version=min(number, 2**31))


async def an_entry(call: Call) -> Seen:
    """Return the entry that a path names: whatever is no folder.

    :raises Problem: unknown_item
    """
    seen = await live(call, id_of(call, ENTRY_GONE))
    if seen.item.kind is ItemKind.FOLDER:
        raise Problem("unknown_item")
    return seen


@TABLE.route("GET", "/folder_entries/{id}", thing=ENTRY_GONE)
async def read_entry(call: Call) -> FolderEntry:
    """Return the entry of a file, or a record, an app, or what an application keeps."""
    seen = await an_entry(call)
    numbers = await ordinals(call.core, call.actor, [seen.item])
    return things.entry(call, seen, numbers.get(seen.item.no))


@TABLE.route("DELETE", "/folder_entries/{id}", thing=ENTRY_GONE)
async def delete_entry(call: Call) -> None:
    """Throw a file away, with its entry."""
    await throw_away(call, await an_entry(call))


@TABLE.route("GET", "/folder_entries/{id}/ancestry", thing=ENTRY_GONE)
async def ancestry(call: Call) -> SearchResultList:
    """List the folders above a file that the caller sees, the outermost first."""
    return above(call, await an_entry(call))
