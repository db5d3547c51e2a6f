"""Faces for tests of http: small ones, whose handlers do what a test needs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from commonhold.core.problems import Problem
from commonhold.http.app import App, build_app
from commonhold.http.face import Call, Face, Route
from commonhold.http.streams import Stream, StreamCut
from commonhold.settings.values import FaceSettings, Settings
from commonhold.testing.core import make_core

Handler = Callable[[Call], Awaitable[Response]]


def word(name: str) -> Callable[[Request, Problem, int], Response]:
    """Word problems as a text that names the face."""
    return lambda _request, problem, status: PlainTextResponse(f"{name}: {problem.code}", status)


async def echo(call: Call) -> Response:
    """Say which route was met, with what."""
    found = ",".join(f"{name}={value}" for name, value in call.params.items())
    return PlainTextResponse(f"{call.face.name} {call.route.path} {found}")


async def crash(_call: Call) -> Response:
    """Make a mistake of ours."""
    raise RuntimeError("secret detail")


async def refuse(_call: Call) -> Response:
    """Refuse, with a time after which to come back."""
    raise Problem("too_many_requests", retry_after=7)


async def cut(_call: Call) -> Response:
    """Begin a stream and cut it."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"half"
        raise StreamCut("unknown_item")

    return Stream(chunks())


def face(name: str, *claims: str, routes: dict[str, Handler] | None = None, **more: Any) -> Face:
    """Make a face; each route answers GET and POST."""
    table = tuple(
        Route(method, path, handler, "A route.", "public")
        for path, handler in (routes or {}).items()
        for method in ("GET", "POST")
    )
    return Face(name, claims, table, word(name), **more)


def app(*faces: Face, **settings: Any) -> App:
    """Make an app over an empty core."""
    return build_app(make_core(), faces, Settings(**settings))


def client(of: App, address: str = "192.0.2.7", base: str = "http://files.example") -> httpx2.AsyncClient:
    """Make a client of an app, which comes from an address."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=of, client=(address, 1)), base_url=base)


def on(**faces: FaceSettings) -> dict[str, FaceSettings]:
    """Name the settings of faces."""
    return faces
