"""Whether this process lives and is ready, and what it measures; a face like any other, always there."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from commonhold.core.core import judge
from commonhold.core.policy.require import allow_administration
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.http.face import Call, Face
from commonhold.http.metrics import Meter
from commonhold.http.proxies import at_home
from commonhold.http.typed import Table


class Pulse:
    """What the process knows of itself."""

    def __init__(self) -> None:
        """Begin as not stopping."""
        self.meter = Meter()
        self.stopping = False


def health_face(pulse: Pulse) -> Face:
    """Return the face of ``/healthz``, ``/readyz`` and ``/metrics``."""
    table = Table()

    @table.route("GET", "/healthz", needs="public", streams="text/plain")
    async def healthz(_call: Call) -> Response:
        """Say that this process answers."""
        return PlainTextResponse("ok\n")

    @table.route("GET", "/readyz", needs="public", streams="text/plain")
    async def readyz(call: Call) -> Response:
        """Say that it can do its work: the store answers, and nobody is stopping it."""
        if pulse.stopping:
            raise Problem("unavailable")
        await call.core.store.instance()
        return PlainTextResponse("ready\n")

    @table.route("GET", "/metrics", needs="administration", streams="text/plain")
    async def metrics(call: Call) -> Response:
        """Return measurements: to this machine itself, and to administrators."""
        if not at_home(call.request.scope):
            allow_administration(await judge(call.core, Look(call.actor)), call.actor)
        return pulse.meter.page()

    return Face("health", ("/healthz", "/readyz", "/metrics"), tuple(table.routes), _plain, origins=())


def _plain(_request: Request, problem: Problem, status: int) -> Response:
    return PlainTextResponse(f"{problem.code}\n", status)
