"""Uploads that resume, as tus 1.0 has them (https://tus.io/protocols/resumable-upload), for every face with some.

A face mounts ``tus_routes``: uploads are begun at one address, where the client says the folder, and go on at another
one, which is their own. Extensions: creation, creation-with-upload, creation-defer-length, termination, expiration,
checksum.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from typing import Final, TypeAlias

from starlette.responses import Response

from commonhold.core.content.steps import Collision
from commonhold.core.content.uploading import Progress, append, begin, cancel, progress
from commonhold.core.identity import ItemRef
from commonhold.core.model import Upload
from commonhold.core.problems import Problem
from commonhold.http.face import Call, Handler, Route
from commonhold.http.media import clean_media_type
from commonhold.http.uploads import body_stream

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,creation-defer-length,termination,expiration,checksum"
ALGORITHMS: Final = ("sha1", "sha256", "sha512", "md5")
STALL: Final = 20.0  # seconds without a byte after which a piece counts as cut; less than others wait for it
PIECE: Final = "application/offset+octet-stream"
EXPOSED: Final = (
    "Location", "Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm",
    "Upload-Offset", "Upload-Length", "Upload-Defer-Length", "Upload-Metadata", "Upload-Expires", "Commonhold-Item",
)  # fmt: skip
"""Headers that scripts of other origins may read: a face that mounts the routes names them."""

_HERE: Final = {"tus-resumable": VERSION}

Folder: TypeAlias = Callable[[Call], ItemRef]
"""Says which folder an upload is for that is begun by a request."""


def tus_routes(under: str, begins: str, folder: Folder) -> tuple[Route, ...]:
    """Return the routes of uploads: begun by POST to ``begins``, which says the ``folder``, and continued ``under``.

    ``under`` and ``begins`` are templates of paths; an upload is at ``{under}/{upload}``.
    """

    async def create(call: Call) -> Response:
        return await _create(call, under, folder(call))

    one = f"{under}/{{upload}}"
    made = "unknown_item forbidden not_a_folder name_collides name_forbidden too_large quota_exceeded too_many_uploads"
    piece = "unknown_upload wrong_offset upload_busy checksum_mismatch too_large unsupported_media_type tus_version"
    return (
        _route("OPTIONS", begins, _offer, "Say what of tus is spoken here.", needs="public"),
        _route("POST", begins, _spoken(create), "Begin an upload that can be resumed (tus).", 201, made),
        _route("HEAD", one, _spoken(_look), "Say how far an upload is (tus).", 200, "unknown_upload tus_version"),
        _route("PATCH", one, _spoken(_patch), "Send the next piece of an upload (tus).", 204, piece),
        _route("DELETE", one, _spoken(_end), "End an upload and let go of its pieces (tus).", 204, "unknown_upload"),
        _route("OPTIONS", one, _offer, "Say what of tus is spoken here.", needs="public"),
    )


def _route(
    method: str, path: str, handler: Handler, summary: str, status: int = 204, problems: str = "", needs: str = "right"
) -> Route:
    streams = PIECE if method in ("POST", "PATCH") else None
    return Route(
        method, path, handler, summary, needs, status=status, streams=streams, problems=tuple(problems.split())
    )


def _spoken(handler: Handler) -> Handler:
    """Refuse clients of another version, and say ours in every answer, refusals too."""

    async def checked(call: Call) -> Response:
        if call.request.headers.get("tus-resumable") != VERSION:
            response = _refused(call, Problem("tus_version", field="Tus-Resumable", version=VERSION))
            response.headers["tus-version"] = VERSION
            return response
        try:
            response = await handler(call)
        except Problem as problem:
            return _refused(call, problem)
        response.headers.update(_HERE)
        return response

    return checked


def _refused(call: Call, problem: Problem) -> Response:
    response = call.face.word(call.request, problem, call.face.statuses[problem.code])
    response.headers.update(_HERE)
    return response


async def _offer(call: Call) -> Response:
    headers = {
        **_HERE,
        "tus-version": VERSION,
        "tus-extension": EXTENSIONS,
        "tus-max-size": str(call.core.limits.upload),
        "tus-checksum-algorithm": ",".join(ALGORITHMS),
    }
    return Response(status_code=204, headers=headers)


async def _create(call: Call, under: str, folder: ItemRef) -> Response:
    told = call.request.headers.get("upload-metadata", "")
    said = metadata(told)
    name = said.get("filename") or said.get("name")
    if not name:
        raise Problem("missing_field", field="filename")
    media = clean_media_type(said.get("filetype") or said.get("type") or "")
    done = await begin(
        call.core, call.actor, folder, name, size=_size(call), media=media, on_collision=_collision(said), told=told
    )
    location = f"{call.root}{under}/{done.row.uid}"
    if done.item is None and call.request.headers.get("content-type") == PIECE:
        try:
            done = await append(call.core, call.actor, done.row.uid, 0, *_chunks(call), whole=_is_summed(call))
        except Problem as problem:
            if problem.code != "incomplete_body":
                raise
    return _told(done, 201, {"location": location})


async def _look(call: Call) -> Response:
    row = await progress(call.core, call.actor, call.params["upload"])
    headers = {"upload-offset": str(row.offset), "upload-expires": _date(row)}
    headers |= {"upload-length": str(row.size)} if row.size is not None else {"upload-defer-length": "1"}
    if row.told:
        headers["upload-metadata"] = row.told
    return Response(status_code=200, headers=headers)


async def _patch(call: Call) -> Response:
    if call.request.headers.get("content-type") != PIECE:
        raise Problem("unsupported_media_type", field="Content-Type")
    offset = _number(call, "upload-offset")
    if offset is None:
        raise Problem("missing_field", field="Upload-Offset")
    size = _number(call, "upload-length")
    uid = call.params["upload"]
    done = await append(call.core, call.actor, uid, offset, *_chunks(call), size=size, whole=_is_summed(call))
    return _told(done, 204, {})


async def _end(call: Call) -> Response:
    await cancel(call.core, call.actor, call.params["upload"])
    return Response(status_code=204)


def _told(done: Progress, status: int, headers: dict[str, str]) -> Response:
    """Say how far an upload is; and the uid of the file that it became, to be asked for by the native API."""
    headers |= {"upload-offset": str(done.row.offset), "upload-expires": _date(done.row)}
    if done.item is not None:
        headers["commonhold-item"] = done.item.uid
    return Response(status_code=status, headers=headers)


def _date(row: Upload) -> str:
    return formatdate(row.until // 1000, usegmt=True)


def _chunks(call: Call) -> tuple[AsyncIterator[bytes]]:
    """Return the body, compared with its checksum if it has one."""
    chunks = _awake(body_stream(call.request, limit=call.core.limits.upload))
    told = call.request.headers.get("upload-checksum")
    return (chunks if told is None else _summed(chunks, *_checksum(told)),)


async def _awake(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield chunks as long as they come: whoever is gone without a word must not keep his upload from himself."""
    while True:
        try:
            async with asyncio.timeout(STALL):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise Problem("incomplete_body") from None
        if chunk is None:
            return
        yield chunk


def _is_summed(call: Call) -> bool:
    return "upload-checksum" in call.request.headers


def _checksum(told: str) -> tuple[str, bytes]:
    """Read ``Upload-Checksum``: the name of an algorithm, and a digest in base64."""
    algorithm, _, text = told.partition(" ")
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Problem("invalid_field", field="Upload-Checksum") from None
    if algorithm not in ALGORITHMS or not digest:
        raise Problem("invalid_field", field="Upload-Checksum", algorithms=list(ALGORITHMS))
    return algorithm, digest


async def _summed(chunks: AsyncIterator[bytes], algorithm: str, digest: bytes) -> AsyncIterator[bytes]:
    found = hashlib.new(algorithm, usedforsecurity=False)
    async for chunk in chunks:
        found.update(chunk)
        yield chunk
    if found.digest() != digest:
        raise Problem("checksum_mismatch", field="Upload-Checksum")


def _size(call: Call) -> int | None:
    """Return the size of a whole that is begun; None if it is told later."""
    size = _number(call, "upload-length")
    if size is None and call.request.headers.get("upload-defer-length") != "1":
        raise Problem("missing_field", field="Upload-Length")
    return size


def _number(call: Call, name: str) -> int | None:
    text = call.request.headers.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Problem("invalid_field", field=name.title())
    return int(text)


def _collision(said: dict[str, str]) -> Collision:
    try:
        return Collision(said.get("on_collision") or Collision.REFUSE)
    except ValueError:
        raise Problem("invalid_field", field="on_collision") from None


def metadata(told: str) -> dict[str, str]:
    """Read ``Upload-Metadata``: keys and texts in base64, separated by commas.

    :raises Problem: invalid_field
    """
    found = {}
    for pair in filter(None, map(str.strip, told.split(","))):
        key, _, text = pair.partition(" ")
        try:
            found[key] = base64.b64decode(text.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise Problem("invalid_field", field="Upload-Metadata") from None
    return found
