"""Uploads that go on after a cut, for the scripts of our pages: tus, with the session's cookie."""

import msgspec
from starlette.responses import Response

from commonhold.faces.web.pages import HTML
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call, Handler, Route
from commonhold.http.tus import tus_routes
from commonhold.http.typed import Table


def _ours(handler: Handler) -> Handler:
    """Refuse what another site made a browser send."""

    async def checked(call: Call) -> Response:
        refuse_cross_site(call.request, call.base, frozenset())
        return await handler(call)

    return checked


def _table() -> Table:
    table = Table()
    for route in tus_routes("/app/uploads", "/app/items/{item}/uploads", lambda call: call.params["item"]):
        table.routes.append(_guarded(route))
    return table


def _guarded(route: Route) -> Route:
    return msgspec.structs.replace(route, handler=_ours(route.handler), streams=route.streams or HTML)


TABLE = _table()
