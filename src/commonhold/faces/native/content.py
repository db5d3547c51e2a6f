"""Bytes of files: put, got in ranges, as versions, and a folder as one ZIP."""

from collections.abc import AsyncIterator
from typing import Final, Literal

from msgspec import Struct
from starlette.responses import Response

from commonhold.core.content import versions
from commonhold.core.content.files import put, put_content
from commonhold.core.content.steps import Collision
from commonhold.core.content.tree import get
from commonhold.core.core import Core
from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.faces.native.items_shape import (
    ItemShape,
    VersionShape,
    item_again,
    item_shape,
    version_shape,
    written,
)
from commonhold.faces.native.words import Listing, if_match
from commonhold.http.face import Call
from commonhold.http.idempotency import each
from commonhold.http.media import OCTETS, clean_media_type, media_type
from commonhold.http.multipart import FormPart, form_parts
from commonhold.http.replies import ProblemBody, json_reply, problem_body
from commonhold.http.serving import serve_file, serve_zip
from commonhold.http.statuses import STATUS
from commonhold.http.typed import Table
from commonhold.http.uploads import body_stream, with_head
from commonhold.http.writes import Kept

TABLE = Table("/api/v1")

FORM: Final = "multipart/form-data"
ZIP: Final = "application/zip"

_NOT_TOLD: Final = (OCTETS, "application/x-www-form-urlencoded")  # what clients send who were not told a type


class Collide(Struct, forbid_unknown_fields=True, frozen=True):
    """What to do where a name is taken: refuse, make the content the next version, or take another name."""

    on_collision: Literal["refuse", "version", "rename"] = "refuse"


class Which(Struct, forbid_unknown_fields=True, frozen=True):
    """An older content of a file, and whether a browser is to show it."""

    version: int | None = None
    inline: bool = False


class Uploaded(Struct, frozen=True):
    """What became of one file of a form."""

    name: str
    item: ItemShape | None = None
    problem: ProblemBody | None = None


class Uploads(Struct, frozen=True):
    """What became of the files of a form, in their order."""

    files: list[Uploaded]


@TABLE.route(
    "POST",
    "/items/{item}/files",
    needs="right",
    status=201,
    streams=FORM,
    again=item_again,
    problems="unknown_item forbidden not_a_folder name_collides name_forbidden quota_exceeded too_large",
)
async def put_files(call: Call, query: Collide) -> Uploads | Response:
    """Put files into a folder: a form with one or several files; each is stored, or refused, for itself."""
    files: list[Uploaded] = []
    async for part in form_parts(call.request, limit=call.core.limits.upload):
        if part.filename:
            files.append(await _put_part(call, part, len(files), Collision(query.on_collision)))
    if not files:
        raise Problem("missing_field", field="file")
    refused = [one.problem for one in files if one.problem is not None]
    if len(refused) == len(files):
        return json_reply(refused[0], refused[0].status)
    return Uploads(files)


async def _put_part(call: Call, part: FormPart, place: int, collision: Collision) -> Uploaded:
    name = part.filename or ""

    async def do(core: Core) -> Item:
        head, chunks = await with_head(aiter(part))
        media = part.media_type if part.media_type != OCTETS else media_type(name, head)
        return await put(core, call.actor, call.params["item"], name, chunks, media=media, on_collision=collision)

    async def again(kept: Kept) -> Item:
        return (await get(call.core, call.actor, kept.made("item") or call.params["item"])).item

    try:
        return Uploaded(name, item_shape(await each(call, f"{place} {name}", do, again)))
    except Problem as problem:
        return Uploaded(name, problem=problem_body(problem, STATUS[problem.code], None))


@TABLE.route(
    "PUT",
    "/items/{item}/children/{name}",
    needs="right",
    status=201,
    streams=OCTETS,
    problems="unknown_item forbidden not_a_folder name_collides precondition_failed quota_exceeded too_large",
)
async def put_file(call: Call, query: Collide) -> ItemShape:
    """Put a file into a folder: the body is its content."""
    name = call.params["name"]
    media, chunks = await _body(call, name)
    done = await put(
        call.core,
        call.actor,
        call.params["item"],
        name,
        chunks,
        media=media,
        on_collision=Collision(query.on_collision),
        if_stamp=if_match(call),
    )
    return written(call, done)


async def _body(call: Call, name: str) -> tuple[str, AsyncIterator[bytes]]:
    """Return the media type that the caller named, else what name and bytes say; and the body."""
    head, chunks = await with_head(body_stream(call.request, limit=call.core.limits.upload))
    told = clean_media_type(call.request.headers.get("content-type", OCTETS))
    return media_type(name, head) if told in _NOT_TOLD else told, chunks


@TABLE.route(
    "PUT",
    "/items/{item}/content",
    needs="right",
    streams=OCTETS,
    problems="unknown_item forbidden not_a_file precondition_failed quota_exceeded too_large",
)
async def replace(call: Call) -> ItemShape:
    """Give a file new content; what it held before is kept as a version."""
    chunks = body_stream(call.request, limit=call.core.limits.upload)
    told = clean_media_type(call.request.headers.get("content-type", OCTETS))
    media = None if told in _NOT_TOLD else told
    ref = call.params["item"]
    return written(call, await put_content(call.core, call.actor, ref, chunks, media=media, if_stamp=if_match(call)))


@TABLE.route(
    "GET",
    "/items/{item}/content",
    needs="right",
    streams=OCTETS,
    problems="unknown_item forbidden not_a_file not_found bad_range precondition_failed",
)
async def content(call: Call, query: Which) -> Response:
    """Return a file's bytes, or the range that is asked for; ``inline`` shows what is safe in a browser."""
    return await serve_file(call, call.actor, call.params["item"], version=query.version, inline=query.inline)


@TABLE.route("GET", "/items/{item}/zip", needs="right", streams=ZIP, problems="unknown_item forbidden not_a_folder")
async def archive(call: Call) -> Response:
    """Return a folder, with whatever in it the caller may download, as one ZIP."""
    return await serve_zip(call, call.actor, call.params["item"])


@TABLE.route("GET", "/items/{item}/versions", needs="right", problems="unknown_item forbidden not_a_file")
async def list_versions(call: Call) -> Listing[VersionShape]:
    """List the contents of a file, newest first."""
    rows = await versions.versions(call.core, call.actor, call.params["item"])
    return Listing([version_shape(row, rows[0].no) for row in rows])


@TABLE.route(
    "POST",
    "/items/{item}/versions/{version}/restore",
    needs="right",
    again=item_again,
    problems="unknown_item forbidden not_found precondition_failed",
)
async def restore_version(call: Call) -> ItemShape:
    """Make an older content of a file its newest one again."""
    ref, ordinal = call.params["item"], _ordinal(call)
    done = await versions.restore_version(call.core, call.actor, ref, ordinal, if_stamp=if_match(call))
    return written(call, done)


@TABLE.route("DELETE", "/items/{item}/versions/{version}", needs="right", problems="unknown_item forbidden not_found")
async def delete_version(call: Call) -> None:
    """Let go of an older content of a file for good."""
    ref, ordinal = call.params["item"], _ordinal(call)
    await versions.delete_version(call.core, call.actor, ref, ordinal, if_stamp=if_match(call))


def _ordinal(call: Call) -> int:
    text = call.params["version"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Problem("not_found", field="version")
    return int(text)
