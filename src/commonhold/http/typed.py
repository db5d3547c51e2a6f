"""Routes from typed functions: what a handler takes and gives is read off its signature, so that no table can lie.

    @table.route("POST", "/items/{item}/children", needs="right", status=201)
    async def make_child(call: Call, body: NewItem) -> ItemShape:
        \"\"\"Make a folder, an app or an entry in a folder.\"\"\"

``body`` is decoded from JSON, ``query`` from the query; a struct that is returned becomes JSON.
"""

import inspect
import typing
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.responses import Response

from commonhold.core.problems import SENTENCES
from commonhold.http.bodies import json_of
from commonhold.http.decode import from_query
from commonhold.http.face import NEEDS, Call, Handler, Route
from commonhold.http.replies import json_reply

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


class Table:
    """Collects the routes of a face, under the prefix that all of them have."""

    def __init__(self, prefix: str = "") -> None:
        """Begin without a route."""
        self._prefix = prefix
        self.routes: list[Route] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        needs: str,
        status: int = 200,
        streams: str | None = None,
        again: Callable[[Call], Awaitable[Any]] | None = None,
        problems: str = "",
    ) -> Callable[[F], F]:
        """Add a route whose handler is decorated. ``needs``: one of ``face.NEEDS``; ``problems``: codes it may give.

        ``streams``: the media type of a body or reply that is not JSON. ``again``: renders a kept reply (POST).
        """
        if needs not in NEEDS or any(code not in SENTENCES for code in problems.split()):
            raise ValueError(f"{method} {path}: {needs!r} or one of {problems!r} is unknown")

        def add(function: F) -> F:
            hints = typing.get_type_hints(function)
            gives = hints.get("return")
            self.routes.append(
                Route(
                    method=method,
                    path=self._prefix + path,
                    handler=_run(function, hints, status),
                    summary=(inspect.getdoc(function) or "").partition("\n")[0],
                    needs=needs,
                    takes=hints.get("body"),
                    query=hints.get("query"),
                    gives=None if gives in (Response, type(None)) else gives,
                    status=204 if gives is type(None) else status,
                    streams=streams,
                    problems=tuple(problems.split()),
                    again=None if again is None else _run(again, {}, status),
                )
            )
            return function

        return add


def _run(function: Callable[..., Awaitable[Any]], hints: dict[str, Any], status: int) -> Handler:
    """Return a handler that decodes what a function takes and encodes what it gives."""
    takes, query = hints.get("body"), hints.get("query")

    async def handler(call: Call) -> Response:
        given: dict[str, Any] = {}
        if query is not None:
            given["query"] = from_query(call.request.query_params.multi_items(), query)
        if takes is not None:
            given["body"] = await json_of(call.request, takes)
        result = await function(call, **given)
        if isinstance(result, Response):
            return result
        return Response(status_code=204) if result is None else json_reply(result, status)

    return handler
