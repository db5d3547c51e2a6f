"""Routes of this dialect: a handler gets the call and returns data, a whole reply, or nothing (204)."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.responses import Response

from commonhold.faces.directus.problems import ApiError, error_reply, invalid_payload
from commonhold.faces.directus.replies import data_reply, tagged
from commonhold.http.bodies import body_of
from commonhold.http.face import Call, Handler, Route

Function = Callable[[Call], Awaitable[Any]]
NOTHING: Final = object()
"""What ``payload`` returns where there is no body."""


class Table:
    """Collects the routes of a module."""

    def __init__(self) -> None:
        """Begin without a route."""
        self.routes: list[Route] = []

    def route(
        self, method: str, path: str, *, needs: str = "right", streams: str | None = None
    ) -> Callable[[Function], Function]:
        """Add a route whose handler is decorated. ``needs``: one of ``http.face.NEEDS``."""

        def add(function: Function) -> Function:
            self.routes.append(
                Route(
                    method=method,
                    path=path,
                    handler=_run(function),
                    summary=(function.__doc__ or "").partition("\n")[0],
                    needs=needs,
                    streams=streams,
                    again=_told if method == "POST" and streams is None else None,
                )
            )
            return function

        return add


def _run(function: Function) -> Handler:
    async def handler(call: Call) -> Response:
        try:
            result = await function(call)
        except ApiError as error:
            return error_reply(error)
        if result is None:
            return Response(status_code=204)
        return tagged(call.request, result if isinstance(result, Response) else data_reply(result))

    return handler


async def _told(call: Call) -> Response:
    """Tell again that something was done, as to somebody who may not read it back."""
    del call
    return Response(status_code=204)


async def payload(call: Call) -> Any:
    """Return the JSON body; ``NOTHING`` where there is none, or where the content type says that it is no JSON.

    :raises ApiError: INVALID_PAYLOAD
    :raises Problem: too_large, incomplete_body
    """
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await body_of(call.request)
    if not body or (kind != "application/json" and not kind.endswith("+json")):
        return NOTHING
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise invalid_payload(f"The body is no JSON: {str(error)[:200]}") from None
    if b"\\u0000" in body and _has_nul(found):
        raise invalid_payload("A text contains NUL")
    if not isinstance(found, dict | list):
        raise invalid_payload("The body is neither an object nor an array")
    return found


async def fields(call: Call) -> dict[str, Any]:
    """Return a body that must be an object; an empty one is an empty object.

    :raises ApiError: INVALID_PAYLOAD
    """
    found = await payload(call)
    if found is NOTHING:
        return {}
    if not isinstance(found, dict):
        raise invalid_payload('"value" must be of type object')
    return found


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in name or _has_nul(one) for name, one in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


def only(given: dict[str, Any], *names: str) -> None:
    """Refuse a body that has another key than these.

    :raises ApiError: INVALID_PAYLOAD
    """
    for name in given:
        if name not in names:
            raise invalid_payload(f'"{name[:100]}" is not allowed')
