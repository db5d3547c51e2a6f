"""A small town behind the native API: Root administers, Alice owns things, Bob gets some, Mallory none."""

from collections.abc import Iterable
from typing import Any, Final

import httpx2
import msgspec
from tests.faces.calling import Caller

from commonhold.core.core import Core
from commonhold.core.directory.installation import acting, set_up
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Actor, Named
from commonhold.core.roles import Kind
from commonhold.faces.native.face import FACE
from commonhold.http.app import App, build_app
from commonhold.settings.values import Settings
from commonhold.testing.core import TestClock

PASSWORD: Final = "correct horse"
PEOPLE: Final = ("root", "alice", "bob", "mallory")
HOST: Final = "http://files.example"


class Reply:
    """An answer: its status, its headers, and its body read as JSON."""

    def __init__(self, response: httpx2.Response) -> None:
        """Wrap what the client got."""
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.content
        self.text = response.text

    @property
    def json(self) -> Any:
        """The body."""
        return msgspec.json.decode(self.body)

    @property
    def problem(self) -> tuple[int, str, str | None]:
        """Status, code and field of a refusal."""
        return self.status, self.json["code"], self.json.get("field")

    def __repr__(self) -> str:
        """Status and body, for reports of tests."""
        return f"<{self.status} {self.text[:2000]}>"


class Client(Caller):
    """Somebody who calls the API."""

    def __init__(self, app: App, token: str | None = None, address: str = "192.0.2.7") -> None:
        """Call ``app`` with a bearer token, or with nothing."""
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        super().__init__(app, HOST, headers, address)
        self.token = token

    async def __call__(self, method: str, path: str, json: Any = None, /, **more: Any) -> Reply:
        """Send a request below ``/api/v1``; ``json`` is its body."""
        if json is not None:
            more["content"] = json if isinstance(json, bytes) else msgspec.json.encode(json)
            more["headers"] = {"content-type": "application/json", **more.get("headers", {})}
        url = path if path.startswith("http") else f"/api/v1{path}"
        return Reply(await self.http.request(method, url, **more))

    async def ok(self, method: str, path: str, json: Any = None, /, **more: Any) -> Any:
        """Send a request that succeeds, and return the body of its answer."""
        reply = await self(method, path, json, **more)
        assert reply.status < 300, reply
        return reply.json if reply.body else None


class Town:
    """The core, the app, and a client for everybody."""

    def __init__(self, core: Core, app: App) -> None:
        """Keep core and app."""
        self.core = core
        self.app = app
        self.clients: dict[str, Client] = {}
        self.numbers: dict[str, int] = {}

    @property
    def clock(self) -> TestClock:
        """The clock that tests move."""
        assert isinstance(self.core.clock, TestClock)
        return self.core.clock

    def __getattr__(self, name: str) -> Client:
        """Return somebody's client by his name."""
        try:
            return self.clients[name]
        except KeyError:
            raise AttributeError(name) from None

    async def home(self, name: str) -> str:
        """Return the uid of somebody's top folder."""
        found = await self.clients[name].ok("GET", "/home")
        return str(found["top"]["uid"])

    async def folder(self, name: str, title: str, parent: str | None = None) -> str:
        """Make a folder, and return its uid."""
        where = parent or await self.home(name)
        made = await self.clients[name].ok("POST", f"/items/{where}/children", {"kind": "folder", "name": title})
        return str(made["uid"])

    async def file(self, name: str, title: str, text: bytes = b"hello", parent: str | None = None) -> str:
        """Put a file, and return its uid."""
        where = parent or await self.home(name)
        made = await self.clients[name].ok("PUT", f"/items/{where}/children/{title}", content=text)
        return str(made["uid"])

    async def share(self, name: str, item: str, to: str | dict[str, str], **more: Any) -> dict[str, Any]:
        """Share an item, and return the first pair of the report."""
        report = await self.clients[name].ok("POST", "/shares", {"items": [item], "recipients": [to], **more})
        pair: dict[str, Any] = report["pairs"][0]
        return pair

    async def link(self, name: str, item: str, **terms: Any) -> dict[str, Any]:
        """Make a link, and return the pair of the report: ``share``, ``link.secret``."""
        return await self.share(name, item, {"kind": "link"}, terms=terms)

    async def open(self, secret: str, password: str | None = None) -> Client:
        """Open a link as nobody, and return a client with the pass."""
        opened = await self.nobody.ok("POST", f"/links/{secret}/open", {"password": password})
        return Client(self.app, opened["token"])


async def settle(core: Core, settings: Settings | None = None, people: Iterable[str] = PEOPLE) -> Town:
    """Make everybody an account and a token."""
    town = Town(core, build_app(core, [FACE], settings))
    town.clients["nobody"] = Client(town.app)
    first, *others = people
    await set_up(core, NewUser(name=first, password=PASSWORD, email=f"{first}@example.org"))
    root = await acting(core)
    for name in others:
        await add_user(core, root, NewUser(name=name, password=PASSWORD, email=f"{name}@example.org"))
    for name in people:
        actor = await acting(core, Named(name, Kind.USER))
        issued = await create_token(core, actor)
        town.clients[name] = Client(town.app, issued.secret)
        town.numbers[name] = actor.user or 0
    return town


def again(town: Town, core: Core, settings: Settings | None = None) -> Town:
    """Return the same town over another core that holds the same."""
    other = Town(core, build_app(core, [FACE], settings))
    other.clients |= {name: Client(other.app, client.token) for name, client in town.clients.items()}
    other.numbers = dict(town.numbers)
    return other


def actor_of(town: Town, name: str) -> Actor:
    """Return somebody as an actor of the core."""
    return Actor(town.numbers[name])
