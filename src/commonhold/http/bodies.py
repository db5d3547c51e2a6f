"""Bodies that are read as a whole: bounded, and of the content type that the route takes."""

from typing import Final, TypeVar

from starlette.requests import Request

from commonhold.core.limits import Limits
from commonhold.core.problems import Problem
from commonhold.http.decode import from_json
from commonhold.http.uploads import body_stream

T = TypeVar("T")

BODY: Final = "commonhold.body_limit"
"""Key of the scope that holds the setting ``limits.body``."""

_WHOLE: Final = "commonhold.body"
_USUAL: Final = Limits().body


async def body_of(request: Request, limit: int | None = None) -> bytes:
    """Return the body; it is read once, however often it is asked for. ``limit``: bytes, else what settings say.

    :raises Problem: too_large, incomplete_body
    """
    found: bytes | None = request.scope.get(_WHOLE)
    if found is None:
        most = limit if limit is not None else request.scope.get(BODY, _USUAL)
        found = b"".join([chunk async for chunk in body_stream(request, limit=most)])
        request.scope[_WHOLE] = found
    return found


async def json_of(request: Request, into: type[T], limit: int | None = None) -> T:
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
