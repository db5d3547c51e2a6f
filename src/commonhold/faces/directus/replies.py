"""Replies of this dialect: ``{"data": …}`` as JSON, with a weak ETag."""

import hashlib
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

JSON: Final = "application/json; charset=utf-8"

encode = msgspec.json.Encoder(enc_hook=str).encode


def data_reply(data: Any, meta: dict[str, int] | None = None) -> Response:
    """Answer with data, and beside it what ``meta`` asked for."""
    return json_reply({"data": data} if meta is None else {"meta": meta, "data": data})


def json_reply(value: Any, status: int = 200) -> Response:
    """Answer with a value as it is."""
    return Response(encode(value), status, media_type=JSON)


def tagged(request: Request, response: Response) -> Response:
    """Return a reply with a weak ETag, or 304 without a body where the caller has it already."""
    if response.status_code != 200 or not isinstance(response.body, bytes) or "etag" in response.headers:
        return response
    tag = f'W/"{len(response.body):x}-{hashlib.blake2b(response.body, digest_size=15).hexdigest()}"'
    response.headers["etag"] = tag
    response.headers["vary"] = "Cache-Control"
    if request.method in ("GET", "HEAD") and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag})
    return response
