"""``/files``: files with their facts as clients of this dialect know them; ``/assets/:id``: their bytes."""

from typing import Any, Final

from starlette.responses import Response

from commonhold.core.content.files import put
from commonhold.core.content.readable import readable, some_of
from commonhold.core.content.space import own_top
from commonhold.core.content.steps import Collision
from commonhold.core.content.trash import trash
from commonhold.core.content.tree import Seen, rename
from commonhold.core.identity import Actor
from commonhold.core.problems import Problem
from commonhold.core.query import Facts
from commonhold.core.records.attached import open_attached
from commonhold.core.records.catalog import Catalog, Collection, Field
from commonhold.core.records.kinds import Kind
from commonhold.core.records.reading import Ground
from commonhold.core.records.shelf import Shelf
from commonhold.core.roles import ItemKind
from commonhold.faces.directus.listing import answer_many, answer_one, wanted
from commonhold.faces.directus.parameters import asked_by
from commonhold.faces.directus.problems import forbidden, invalid_payload
from commonhold.faces.directus.routes import Table, fields
from commonhold.http.downloads import File, download_response
from commonhold.http.face import Call
from commonhold.http.media import OCTETS, media_type
from commonhold.http.multipart import form_parts
from commonhold.http.ranges import Content
from commonhold.http.serving import serve_file
from commonhold.http.uploads import with_head

TABLE = Table()

FILES: Final = "directus_files"
FORM: Final = "multipart/form-data"

_TEXTS: Final = ("storage", "filename_disk", "filename_download", "title", "type", "description")
_MOMENTS: Final = ("created_on", "modified_on", "uploaded_on")

CATALOG: Final = Catalog(
    0,
    [
        Collection(
            FILES,
            "id",
            (
                Field("id", Kind.UUID),
                *(Field(name) for name in _TEXTS),
                Field("folder", Kind.UUID),
                *(Field(name, Kind.TIMESTAMP) for name in _MOMENTS),
                Field("filesize", Kind.BIGINT),
            ),
        )
    ],
)


def row_of(seen: Seen) -> dict[str, Any]:
    """Return a file as a row."""
    item = seen.item
    above = seen.trail[-1] if seen.trail else None
    return {
        "id": item.uid,
        "storage": "commonhold",
        "filename_disk": item.uid,
        "filename_download": item.name,
        "title": item.name,
        "type": item.media,
        "description": None,
        "folder": above.uid if above is not None and above.parent is not None else None,
        "created_on": item.made_at,
        "modified_on": item.changed_at,
        "uploaded_on": item.made_at,
        "filesize": item.size,
    }


async def _ground(call: Call, key: str | None = None) -> Ground:
    """Return files as the caller may read them: a person, not somebody who opened a share."""
    if call.actor.user is None:
        raise forbidden()

    async def load(_: frozenset[str]) -> dict[str, list[dict[str, Any]]]:
        found = readable(call.core, call.actor) if key is None else some_of(call.core, call.actor, [key])
        return {FILES: [row_of(seen) for seen in await found if seen.item.kind is ItemKind.FILE]}

    return Shelf(CATALOG, load, Facts(call.core.clock()))


@TABLE.route("GET", "/files")
async def many(call: Call) -> Response:
    """List files."""
    asked = await wanted(call)
    return await answer_many(call, await _ground(call), FILES, asked)


TABLE.route("SEARCH", "/files")(many)


@TABLE.route("GET", "/files/{key}")
async def one(call: Call) -> Response:
    """Return a file's facts."""
    return await _told(call, call.params["key"])


async def _told(call: Call, key: str) -> Response:
    return await answer_one(call, await _ground(call, key), FILES, key, asked_by(call))


@TABLE.route("POST", "/files", streams=FORM)
async def upload(call: Call) -> Response:
    """Put a file into the caller's own folder, or into one that the form names before it."""
    told: dict[str, str] = {}
    made: str | None = None
    if call.actor.user is None:
        raise forbidden()
    async for part in form_parts(call.request, limit=call.core.limits.upload):
        if not part.filename:
            told[part.name] = (await _text(part)).strip()
            continue
        into = told.get("folder") or await own_top(call.core, call.actor)
        head, chunks = await with_head(aiter(part))
        media = part.media_type if part.media_type != OCTETS else media_type(part.filename, head)
        name = told.get("filename_download") or part.filename
        item = await put(call.core, call.actor, into, name, chunks, media=media, on_collision=Collision.RENAME)
        made = item.uid
    if made is None:
        raise invalid_payload("No files were included in the body")
    return await _told(call, made)


async def _text(part: Any) -> str:
    found = b"".join([chunk async for chunk in part])
    return found[:4_096].decode("utf-8", "replace")


@TABLE.route("PATCH", "/files/{key}")
async def change(call: Call) -> Response:
    """Give a file another name; what else is known of it follows from its content."""
    given = await fields(call)
    name = given.get("filename_download", given.get("title"))
    if name is not None:
        if not isinstance(name, str):
            raise invalid_payload('"filename_download" must be a string')
        if call.actor.user is None:
            raise forbidden()  # nobody without an account writes here, and not before he is told so
        await rename(call.core, call.actor, await _file(call), name)
    return await _told(call, call.params["key"])


@TABLE.route("DELETE", "/files/{key}")
async def delete(call: Call) -> None:
    """Put a file into the trash."""
    await trash(call.core, call.actor, await _file(call))


async def _file(call: Call) -> int:
    """Return the number of the file that the path names."""
    found = await some_of(call.core, call.actor, [call.params["key"]])
    if not found or found[0].item.kind is not ItemKind.FILE:
        raise forbidden()
    return found[0].item.no


@TABLE.route("GET", "/assets/{key}", needs="right", streams=OCTETS)
async def asset(call: Call) -> Response:
    """Return a file's bytes; by a share's token also those of a file that a row names which it shows."""
    return await _asset(call)


@TABLE.route("GET", "/assets/{key}/{name}", needs="right", streams=OCTETS)
async def named_asset(call: Call) -> Response:
    """Return a file's bytes; the name at the end is for people alone."""
    return await _asset(call)


async def _asset(call: Call) -> Response:
    inline = "download" not in call.request.query_params
    key = call.params["key"]
    try:
        return await serve_file(call, call.actor, key, inline=inline)
    except Problem as problem:
        if problem.code not in ("unknown_item", "forbidden") or not call.actor.passes:
            raise
    return await _attached(call, call.actor, key, inline=inline)


async def _attached(call: Call, actor: Actor, key: str, *, inline: bool) -> Response:
    """Return the bytes of a file that a row names; the way to it is asked for again while they run."""
    found = await open_attached(call.core, actor, key)

    async def again() -> None:
        await open_attached(call.core, actor, key)

    item, row = found.item, found.version
    file = File(item.name or item.uid, row.media or OCTETS, Content(row.size, str(item.stamp), row.made_at))
    return await download_response(call.request, file, found.chunks, again, inline=inline)
