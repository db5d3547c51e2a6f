"""Downloads: one content, or a part of it, as an answer that a browser cannot be tricked with."""

import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from commonhold.http.media import clean_media_type, safe_inline
from commonhold.http.ranges import Content, content_range, select
from commonhold.http.streams import Again, Stream, Watch, watched

SANDBOX: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""What a browser lets shown content do: be looked at."""

_ALLOWED_SIGNS: Final = "!#$&+^`|"  # besides letters, digits and -._~ these stand as they are in RFC 8187
_UNSAFE_IN_QUOTES: Final = re.compile(r'[^ -~]|["\\%]')

Read = Callable[[int, int], AsyncIterator[bytes]]


class File(Struct, frozen=True):
    """What is downloaded: the name it gets, its media type, and the content's size, tag and moment."""

    name: str
    media_type: str
    content: Content


async def download_response(
    request: Request,
    file: File,
    read: Read,
    again: Again,
    *,
    inline: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer a GET or HEAD with the file, the part that is asked for, or 304.

    ``read(start, end)`` opens the bytes; its first chunk is fetched before anything is sent, so its problems are still
    answers. ``again`` asks the policy while the stream runs, and cuts it by raising a ``Problem``. ``inline`` shows
    what is safe to be shown, and is a download for the rest. ``headers`` add to ours, or replace them.
    """
    part = select(request.method, request.headers, file.content)
    sent = _common_headers(file.content) | ({} if part.status == 304 else _body_headers(file, inline=inline))
    if part.status == 206:
        sent["content-range"] = content_range(part.start, part.end, file.content.size)
    if part.status != 304:
        sent["content-length"] = str(part.length)
    sent |= headers or {}
    if part.status == 304 or request.method == "HEAD" or not part.length:
        return Response(status_code=part.status, headers=sent)
    chunks = read(part.start, part.end)
    first = await anext(chunks, b"")
    if len(first) == part.length:
        return Response(first, part.status, sent)
    return Stream(watched(first, chunks, Watch(again)), part.status, sent)


def handed_over(file: File, place: str, *, inline: bool = False) -> Response:
    """Answer a download with the ``place`` at which the web server in front finds the bytes (X-Accel-Redirect).

    It weighs conditions and ranges itself, by the file it sends; what is said about the content is ours. nginx keeps
    only some of it: the others it has to be told to add (docs/how-to/nginx.md).
    """
    kept = {"cache-control": "private, no-cache", "x-content-type-options": "nosniff"}
    return Response(headers={**kept, **_body_headers(file, inline=inline), "x-accel-redirect": quote(place)})


def content_disposition(name: str, *, inline: bool = False) -> str:
    """Name a download (RFC 6266): plainly for all clients, and in full (RFC 8187) where plain letters do not do."""
    kind = "inline" if inline else "attachment"
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() if not name.isascii() else name
    plain = _UNSAFE_IN_QUOTES.sub("_", letters)
    if plain == name:
        return f'{kind}; filename="{plain}"'
    full = quote(name, safe=_ALLOWED_SIGNS, errors="replace")
    return f"{kind}; filename=\"{plain or '_'}\"; filename*=UTF-8''{full}"


def _common_headers(content: Content) -> dict[str, str]:
    """Headers of every answer, 304 included. A copy may be kept, and is to be asked for again before each use."""
    return {
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "etag": content.etag,
        "last-modified": content.last_modified,
        "x-content-type-options": "nosniff",
    }


def _body_headers(file: File, *, inline: bool) -> dict[str, str]:
    shown_as = safe_inline(file.media_type) if inline else None
    return {
        "content-type": shown_as or clean_media_type(file.media_type),
        "content-disposition": content_disposition(file.name, inline=shown_as is not None),
        "content-security-policy": SANDBOX,
    }
