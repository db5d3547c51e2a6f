"""Routes of this dialect: a handler gets the call and returns a data type, a list of them, or a reply of its own."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.faces.filr.encoding import DATES, encoded
from commonhold.faces.filr.problems import Refused, of_problem, refusal_reply
from commonhold.http.decode import from_query
from commonhold.http.face import Call, Handler, Route

Function = Callable[[Call], Awaitable[Any]]
Q = TypeVar("Q", bound=msgspec.Struct)

LAST_NO: Final = (1 << 63) - 1


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
        thing: str | None = None,
        streams: str | None = None,
    ) -> Callable[[Function], Function]:
        """Add a route below ``/rest``, for somebody who has logged in; ``needs`` public: for anybody, at its own path.

        ``thing``: the code of a 404 where the item that the path names is not there, such as ``ENTRY_NOT_FOUND``.
        """

        def add(function: Function) -> Function:
            handler = _run(function, thing, needs)
            self.routes.append(
                Route(
                    method=method,
                    path=path if needs == "public" else f"/rest{path}",
                    handler=handler,
                    summary=(function.__doc__ or "").partition("\n")[0],
                    needs=needs,
                    streams=streams,
                    status=204 if method == "DELETE" else 200,
                )
            )
            return function

        return add


def _run(function: Function, thing: str | None, needs: str) -> Handler:
    """Return a handler that refuses nobody where somebody is needed, encodes what is returned, and words refusals."""

    async def handler(call: Call) -> Response:
        request = call.request
        request.scope[DATES] = call.settings.filr.dates
        if needs != "public" and call.actor.user is None:
            raise Problem("unauthenticated")
        try:
            result = await function(call)
        except Refused as refused:
            return refusal_reply(request, refused)
        except Problem as problem:
            if thing is None or problem.code not in ("unknown_item", "not_found", "in_trash"):
                raise
            return refusal_reply(request, of_problem(problem, thing))
        if isinstance(result, Response):
            return result
        return Response(status_code=204) if result is None else encoded(request, result)

    return handler


def query_of(call: Call, into: type[Q]) -> Q:
    """Read the query: unknown parameters are ignored, and of one that is given twice the last counts.

    A field that is a tuple takes all of them.

    :raises Problem: invalid_field, missing_field
    """
    if not call.request.scope["query_string"]:
        return from_query((), into)
    single, several = _names_of(into)
    pairs = call.request.query_params.multi_items()
    last = {name: value for name, value in pairs if name in single}
    return from_query([*last.items(), *((name, value) for name, value in pairs if name in several)], into)


@cache
def _names_of(into: type[msgspec.Struct]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of parameters that are given once, and of those that are given as often as wanted."""
    fields = msgspec.structs.fields(into)
    several = frozenset(field.encode_name for field in fields if isinstance(field.default, tuple))
    return frozenset(field.encode_name for field in fields) - several, several


def id_of(call: Call, thing: str, name: str = "id") -> int:
    """Return the number that a path names.

    :raises Refused: 404 with the code ``thing``, for what cannot be a number of anything
    """
    text = call.params[name]
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 20) or int(text) > LAST_NO:
        raise of_problem(Problem("not_found"), thing)
    return int(text)
