"""Routes of this dialect: a handler gets the call and its parameters, and returns what is rendered as ``f`` asks."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.faces.arcgis.parameters import Parameters, parameters_of
from commonhold.faces.arcgis.problems import ArcgisError, error_reply
from commonhold.faces.arcgis.rendering import rendered
from commonhold.http.face import Call, Handler, Route

Function = Callable[[Call, Parameters], Awaitable[Any]]

REST: Final = "/sharing/rest"
FORM: Final = "application/x-www-form-urlencoded"
_FOR_NOBODY: Final = ("right", "public")


class Table:
    """Collects the routes of this face, below ``prefix``."""

    def __init__(self, prefix: str = REST) -> None:
        """Begin without a route."""
        self._prefix = prefix
        self.routes: list[Route] = []

    def resource(self, path: str, *, needs: str = "right") -> Callable[[Function], Function]:
        """Add something to be read, by GET or by a form that is posted."""

        def add(function: Function) -> Function:
            for method in ("GET", "POST"):
                self._add(method, path, needs, function)
            return function

        return add

    def operation(self, path: str, *, needs: str = "self") -> Callable[[Function], Function]:
        """Add something to be done, by POST alone."""

        def add(function: Function) -> Function:
            self._add("POST", path, needs, function)
            return function

        return add

    def _add(self, method: str, path: str, needs: str, function: Function) -> None:
        self.routes.append(
            Route(
                method=method,
                path=self._prefix + path,
                handler=_run(function, needs),
                summary=(function.__doc__ or "").partition("\n")[0],
                needs=needs,
                streams=FORM if method == "POST" else None,
            )
        )


def _run(function: Function, needs: str) -> Handler:
    """Return a handler that refuses nobody where somebody is needed, reads the parameters, and words refusals.

    ``needs`` right or public: for nobody too, who reads what everyone may.
    """

    async def handler(call: Call) -> Response:
        asked = await parameters_of(call)
        if needs not in _FOR_NOBODY and call.actor.user is None:
            raise Problem("unauthenticated")
        try:
            result = await function(call, asked)
        except ArcgisError as error:
            return error_reply(call.request, error)
        return result if isinstance(result, Response) else rendered(result, asked.form)

    return handler
