"""Routes of this dialect: a handler gets the call and the decoded body, and returns what becomes JSON."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.faces.puter.problems import ApiError, error_reply
from commonhold.faces.puter.values import Fields, Json
from commonhold.http.bodies import body_of
from commonhold.http.face import Call, Handler, Route
from commonhold.http.replies import json_reply

Function = Callable[[Call, Fields], Awaitable[Any]]

PLAIN_JSON: Final = "text/plain;actually=json"
"""The content type of the real client: a browser sends it to another origin without asking first."""


class Table:
    """Collects the routes of this face."""

    def __init__(self) -> None:
        """Begin without a route."""
        self.routes: list[Route] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        needs: str = "self",
        streams: str | None = None,
        again: Function | None = None,
    ) -> Callable[[Function], Function]:
        """Add a route. ``needs`` self: for somebody; right: for nobody too, who reads what everyone may."""

        def add(function: Function) -> Function:
            self.routes.append(
                Route(
                    method=method,
                    path=path,
                    handler=_run(function, needs, plain=streams is not None or method == "GET"),
                    summary=(function.__doc__ or "").partition("\n")[0],
                    needs=needs,
                    streams=streams,
                    again=_run(again or _told, needs, plain=False) if method == "POST" else None,
                )
            )
            return function

        return add


def _run(function: Function, needs: str, *, plain: bool) -> Handler:
    """Return a handler that refuses nobody where somebody is needed, reads the body, and words refusals."""

    async def handler(call: Call) -> Response:
        nobody = call.actor.user is None and not call.actor.passes
        if nobody and needs == "self":
            raise Problem("unauthenticated")
        try:
            body = {} if plain else await fields_of(call.request)
            result = await function(call, body)
        except ApiError as error:
            if nobody and needs == "right" and error.status == 404:
                raise Problem("unauthenticated") from None
            return error_reply(call.request, error)
        except Problem as problem:
            if nobody and needs == "right" and problem.code in ("unknown_item", "forbidden"):
                raise Problem("unauthenticated") from None
            raise
        return result if isinstance(result, Response) else json_reply(result)

    return handler


async def _told(call: Call, body: Fields) -> Json:
    """Tell again that something was done, which the clients of this dialect never ask for."""
    del call, body
    return {}


async def fields_of(request: Request) -> Fields:
    """Return a JSON body that is an object; of another content type or another kind of value, nothing.

    :raises Problem: malformed_body, too_large, incomplete_body
    """
    if not is_json(request):
        return {}
    found = decoded(await body_of(request) or b"{}")
    return found if isinstance(found, dict) else {}


def is_json(request: Request) -> bool:
    """Tell whether the content type says JSON, as it should or as the real client says it."""
    kind = request.headers.get("content-type", "").lower()
    name = kind.partition(";")[0].strip()
    return name == "application/json" or name.endswith("+json") or kind.replace(" ", "").startswith(PLAIN_JSON)


def decoded(text: bytes | str) -> Json:
    """Decode JSON.

    :raises Problem: malformed_body
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Problem("malformed_body") from None
