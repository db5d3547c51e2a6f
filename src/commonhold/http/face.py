"""What a face is: a name, the prefixes it claims, its routes, and how it words what is refused.

A face is one folder, ``commonhold.faces.<name>``, whose module ``face`` holds a ``Face`` named ``FACE``. The routes are
data: the walk that looks for unguarded ones, and the OpenAPI document, are made of the same table that is served.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.core import Core
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.problems import Problem
from commonhold.http.credentials import Find, Presented, present
from commonhold.http.statuses import STATUS
from commonhold.http.writes import Kept, Key
from commonhold.settings.values import PAGES, Settings

NEEDS: Final = frozenset({"right", "self", "directory", "administration", "public", "machine"})
"""The words that say by what a route is guarded: the reasons and purposes of ``core.policy.allowed``."""

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

UNDER: Final = "commonhold.under"
"""Key of the scope that holds the prefix which settings put the face under: what words a problem has no ``Call``."""

Handler: TypeAlias = Callable[["Call"], Awaitable[Response]]
Word: TypeAlias = Callable[[Request, Problem, int], Response]


class Route(msgspec.Struct, frozen=True):
    """One method of one path.

    ``path`` is a template: ``{name}`` stands for one segment, ``{name:path}`` at its end for all that is left.
    ``needs`` is one of ``NEEDS``. ``takes``, ``query`` and ``gives`` are the structs of body, query and reply;
    ``again`` renders the reply of a POST that was done already, from what was kept under its ``Idempotency-Key``.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    needs: str
    takes: Any = None
    query: Any = None
    gives: Any = None
    status: int = 200
    streams: str | None = None  # media type of a body or reply that is not JSON
    problems: tuple[str, ...] = ()  # codes that the documentation names
    again: Handler | None = None


class Face(msgspec.Struct, frozen=True):
    """A protocol that clients speak. ``claims`` are prefixes of paths; the longest claim of all faces wins.

    ``find`` finds credentials in a request; ``statuses`` and ``word`` turn a problem into this face's reply, and word
    404 and 405 too; ``exposes`` names headers that scripts of other origins may read, ``origins`` those that may call
    unless settings say otherwise. ``options`` words an answer to OPTIONS of a path's methods; with ``slashes`` a path
    may end with one slash more.
    """

    name: str
    claims: tuple[str, ...]
    routes: tuple[Route, ...]
    word: Word
    statuses: Mapping[str, int] = STATUS
    find: Find = present
    exposes: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    pages: bool = False  # words its own unknown paths as HTML
    options: Callable[[Sequence[str]], Response] | None = None
    slashes: bool = False
    doubled: bool = False  # several slashes in a row count as one


class Call:
    """One request on its way through a route: who asks, with which core, for what."""

    __slots__ = (
        "actor", "base", "core", "face", "headers", "kept", "key", "params", "presented", "request", "root", "route",
        "settings",
    )  # fmt: skip

    def __init__(
        self, core: Core, request: Request, face: Face, route: Route, params: dict[str, str], settings: Settings
    ) -> None:
        """Begin as nobody; the dispatcher fills in who asks."""
        self.core = core
        self.request = request
        self.face = face
        self.route = route
        self.params = params
        self.settings = settings
        self.actor: Actor = NOBODY
        self.presented = Presented()
        self.kept = Kept()  # what was kept, while ``Route.again`` renders it
        self.key: Key | None = None  # under what
        self.headers: dict[str, str] = {}  # more headers of the reply
        self.base = ""  # public address of the installation: scheme and host
        self.root = ""  # public address of this face: the base, and the prefix that settings put it under

    def page(self, name: str, part: str) -> str:
        """Return the address of a page for people (``settings.PAGES``); ``part`` needs no escaping."""
        return self.base + PAGES[name].format(part)

    @property
    def secure(self) -> bool:
        """Whether the caller came by https, as far as a trusted proxy or the socket says."""
        return bool(self.request.scope.get("scheme") == "https") or self.base.startswith("https:")
