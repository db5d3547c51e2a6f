"""Bodies that are read as a whole: bounded, and of the content type that the route takes."""

from typing import Final, TypeVar

from starlette.requests import Request

from commonhold.core.problems import Problem
from commonhold.http.decode import from_json
from commonhold.http.uploads import body_stream

T = TypeVar("T")

LIMIT: Final = 1 << 20
"""Bytes of a body that is read as a whole: the largest proposal has some 100 KiB."""

_WHOLE: Final = "commonhold.body"


async def body_of(request: Request, limit: int = LIMIT) -> bytes:
    """Return the body; it is read once, however often it is asked for.

    :raises Problem: too_large, incomplete_body
    """
    found: bytes | None = request.scope.get(_WHOLE)
    if found is None:
        found = b"".join([chunk async for chunk in body_stream(request, limit=limit)])
        request.scope[_WHOLE] = found
    return found


async def json_of(request: Request, into: type[T], limit: int = LIMIT) -> T:
    """Return a JSON body as a struct; an empty body is an empty object.

    The content type must say JSON: a form of another site cannot send that without asking first (CORS).

    :raises Problem: unsupported_media_type, too_large, incomplete_body, and those of ``decode.from_json``
    """
    body = await body_of(request, limit)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body and not kind:
        return from_json(b"{}", into)
    if kind != "application/json" and not kind.endswith("+json"):
        raise Problem("unsupported_media_type", field="Content-Type")
    return from_json(body or b"{}", into)
