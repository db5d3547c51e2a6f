"""The application: one ASGI callable that finds the face, who asks and the route, and words what is refused.

The only catch-alls of the program stand here. Nothing else should ever reach them: a test that drives every route with
odd requests looks that nothing does.
"""

import itertools
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from commonhold import logs
from commonhold.core.audit.origins import with_origins
from commonhold.core.core import Core
from commonhold.core.directory.basic import BasicCache
from commonhold.core.problems import Problem
from commonhold.http.bodies import BODY
from commonhold.http.credentials import identify, in_process, refuse_cross_site
from commonhold.http.face import SAFE, UNDER, Call, Face, Route
from commonhold.http.health import Pulse, health_face
from commonhold.http.idempotency import REVISION, run
from commonhold.http.proxies import Proxies
from commonhold.http.rates import Rates
from commonhold.http.replies import REQUEST_ID, plain_page, problem_json, wants_html
from commonhold.http.requests import Request
from commonhold.http.routing import Claims, Match, Mounted
from commonhold.http.statuses import STATUS
from commonhold.http.streams import StreamCut
from commonhold.settings.values import Settings

LOG: Final = logs.get("http")

Hook = Callable[[], Awaitable[None]]

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Headers of every reply that does not set them itself."""


class App:
    """The application; made by ``build_app``."""

    def __init__(self, core: Core, faces: Iterable[Face], settings: Settings, *hooks: Sequence[Hook]) -> None:
        """Mount the faces that are switched on. ``hooks``: what runs at the start, and at the end."""
        self.core = with_origins(core)
        self.settings = settings
        self.pulse = Pulse()
        self.faces = tuple(face for face in (health_face(self.pulse), *faces) if settings.face(face.name).on)
        self._claims = Claims(Mounted(face, settings.face(face.name)) for face in self.faces)
        self._proxies = Proxies(settings.trusted_proxies)
        self._basic = BasicCache()
        self.rates = Rates(core.limits)
        self._ids = itertools.count(1)
        self._process = secrets.token_hex(4)
        self._hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's message, as ASGI has it."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        """Run the hooks at the start and at the end; requests under way have ended by then."""
        start, stop = self._hooks
        await receive()
        for hook in start:
            await hook()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.pulse.stopping = True
        for hook in stop:
            await hook()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        scope[REQUEST_ID] = ident = f"{self._process}-{next(self._ids):x}"
        self._proxies.settle(scope)
        with logs.bound(request=ident):
            await self._exchange(Request(scope, receive), send, ident, began)

    async def _exchange(self, request: Request, send: Send, ident: str, began: float) -> None:
        exchange = Exchange(self, request)
        status = 499  # the caller left
        try:
            response = await exchange.answer()
            status = response.status_code
            exchange.finish(response, ident)
            await _send(response, request.scope, request.receive, send)
        except StreamCut as cut:
            LOG.warning("stream.cut", code=cut.code)
            raise
        except ClientDisconnect:
            LOG.info("caller.left")
        except Exception as error:
            LOG.error("unexpected", error, route=exchange.name)  # noqa: TRY400 - our own log
            raise
        finally:
            exchange.record(status, time.perf_counter() - began)

    def owner(self, request: Request) -> Mounted | None:
        """Return the face that owns the path of a request."""
        return self._claims.owner(request.headers.get("host", ""), request.scope["path"])

    def base(self, request: Request, mounted: Mounted) -> str:
        """Return the public address of the host on which a face answers."""
        base = self.settings.base_url
        if base is None or mounted.host is not None:
            base = f"{request.scope.get('scheme', 'http')}://{request.headers.get('host', 'localhost')}"
        return base.rstrip("/")

    def arrived(self, request: Request) -> None:
        """Count a request of its address.

        :raises Problem: too_many_requests
        """
        client = request.scope.get("client")
        if client is not None:
            self.rates.arrived(client[0])

    async def identify(self, call: Call, mounted: Mounted) -> None:
        """Fill in who asks, and refuse what another site made a browser send."""
        request, face = call.request, call.face.name
        actor = in_process(request)
        if actor is None:
            call.presented = shown = await call.face.find(request)
            client = request.scope.get("client")
            actor = await identify(self.core, shown, face, client[0] if client else None, self._basic)
            self.rates.identified(actor)
            if shown.by_cookie and request.method not in SAFE:
                refuse_cross_site(request, call.base, mounted.cors.named)
        call.actor = actor


class Exchange:
    """One request and its reply."""

    def __init__(self, app: App, request: Request) -> None:
        """Find the face that owns the path."""
        self._app = app
        self._request = request
        self._mounted = app.owner(request)
        request.scope[UNDER] = self._mounted.under if self._mounted else ""
        self._route: Route | None = None
        request.scope[BODY] = app.core.limits.body

    async def answer(self) -> Response:
        """Return the reply: the route's, or a worded problem."""
        try:
            return await self._try()
        except Problem as problem:
            return self._worded(problem)
        except (StreamCut, ClientDisconnect):
            raise
        except Exception as error:  # noqa: BLE001 - the one catch-all of the program
            LOG.error("unexpected", error, route=self.name)  # noqa: TRY400 - our own log
            return self._worded(Problem("internal"))

    async def _try(self) -> Response:
        request, mounted = self._request, self._mounted
        self._app.arrived(request)
        match = mounted.match(request.scope["path"]) if mounted else None
        if request.method == "OPTIONS" and (answer := self._options(match)) is not None:
            return answer
        if mounted is None or match is None:
            raise Problem("route_not_found")
        route = self._route = match.routes.get("GET" if request.method == "HEAD" else request.method)
        if request.method == "HEAD" and "HEAD" in match.routes:
            route = self._route = match.routes["HEAD"]
        if route is None:
            raise Problem("method_not_allowed", allow=match.methods)
        call = Call(self._app.core, request, mounted.face, route, match.params(route), self._app.settings)
        call.base = self._app.base(request, mounted)
        call.root = call.base + mounted.under
        await self._app.identify(call, mounted)
        response = await (self._read(call) if request.method in SAFE else run(call))
        if call.headers:
            response.headers.update(call.headers)
        return response

    async def _read(self, call: Call) -> Response:
        """Run a safe route, no earlier than at the revision that the caller has seen."""
        seen = call.request.headers.get(REVISION)
        if seen is not None:
            await _refuse_future(call, seen)
        return await call.route.handler(call)

    def _options(self, match: Match | None) -> Response | None:
        """Answer a preflight, or say what a path takes; None where a route of its own does that."""
        mounted = self._mounted
        preflight = mounted.cors.preflight(self._request.headers) if mounted else None
        if preflight is not None:
            return preflight
        if match is None:
            raise Problem("route_not_found")
        if "OPTIONS" in match.routes:
            return None
        if mounted is not None and mounted.face.options is not None:
            return mounted.face.options(match.methods)
        return Response(status_code=204, headers={"allow": ", ".join(match.methods)})

    def _worded(self, problem: Problem) -> Response:
        """Word a problem as the face does that owns the path; unknown paths are pages for browsers."""
        face = self._mounted.face if self._mounted else None
        status = (face.statuses if face else STATUS)[problem.code]
        if problem.code == "route_not_found" and not (face and face.pages) and wants_html(self._request):
            return plain_page(self._request, problem, status)
        word = face.word if face else problem_json
        return word(self._request, problem, status)

    def finish(self, response: Response, ident: str) -> None:
        """Add the headers that every reply has."""
        raw = response.raw_headers
        names = {name for name, _ in raw}
        raw.extend(header for header in _HEADERS if header[0] not in names)
        raw.append((b"x-request-id", ident.encode()))
        origin = self._request.headers.get("origin")
        if origin is not None and self._mounted is not None:
            raw.extend(self._mounted.cors.headers(origin))

    def record(self, status: int, seconds: float) -> None:
        """Count the request, and write its line in the log: which route, never which path, as paths hold secrets."""
        face = self._mounted.face.name if self._mounted else "none"
        method = self._request.method if self._request.method in _METHODS else "OTHER"
        self._app.pulse.meter.ended(face, method, self.name, status, seconds)
        LOG.info("request", face=face, method=method, route=self.name, status=status, ms=round(seconds * 1000, 2))

    @property
    def name(self) -> str:
        """The template of the route; a path itself is named nowhere, as it may hold a secret."""
        return self._route.path if self._route else "none"


_METHODS: Final = SAFE | {"POST", "PUT", "PATCH", "DELETE", "SEARCH"}


async def _refuse_future(call: Call, seen: str) -> None:
    if not (seen.isascii() and seen.isdigit() and len(seen) < 19):
        raise Problem("invalid_field", field=REVISION)
    if int(seen) > (await call.core.store.instance()).revision:
        raise Problem("future_revision", field=REVISION)


async def _send(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a reply; of a HEAD, the headers alone."""
    if scope["method"] == "HEAD":
        response = _without_body(response)
    await response(scope, receive, send)


def _without_body(response: Response) -> Response:
    bare = Response(status_code=response.status_code)
    bare.raw_headers = response.raw_headers
    return bare


def build_app(
    core: Core,
    faces: Iterable[Face],
    settings: Settings | None = None,
    *,
    on_start: Sequence[Hook] = (),
    on_stop: Sequence[Hook] = (),
) -> App:
    """Return the ASGI application of a core and its faces.

    ``on_start`` runs before the first request, ``on_stop`` after the last one, in this order.

    :raises ValueError: two faces claim the same prefix
    """
    return App(core, faces, settings or Settings(), on_start, on_stop)
