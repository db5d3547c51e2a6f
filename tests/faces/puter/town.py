"""A town whose people share as clients of the Puter dialect do: Alice owns things, Bob and Carol get some."""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2
import msgspec
from tests.faces.calling import Caller

from commonhold.core.content.files import put
from commonhold.core.content.making import make_app, make_folder
from commonhold.core.core import Core
from commonhold.core.directory.installation import acting, set_up
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Actor, Named, Path, RecipientRef
from commonhold.core.model import Item
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.faces.puter.face import FACE
from commonhold.http.app import App, build_app
from commonhold.settings.values import Settings
from commonhold.testing.core import TestClock

PASSWORD: Final = "correct horse"
PEOPLE: Final = ("root", "alice", "bob", "carol", "mallory", "ursula")
HOST: Final = "http://api.files.example"


class Reply:
    """An answer: status, headers, body."""

    def __init__(self, response: httpx2.Response) -> None:
        """Wrap what the client got."""
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.content
        self.text = response.text

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return msgspec.json.decode(self.body)

    def __repr__(self) -> str:
        """Status and body, for reports of tests."""
        return f"<{self.status} {self.text[:2000]}>"


class Client(Caller):
    """Somebody who calls."""

    def __init__(self, app: App, token: str | None = None) -> None:
        """Call ``app`` with a bearer token, or with nothing."""
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        super().__init__(app, HOST, headers)
        self.token = token

    async def __call__(self, method: str, path: str, json: Any = None, /, **more: Any) -> Reply:
        """Send a request; ``json`` is its body."""
        if json is not None:
            more["content"] = json if isinstance(json, bytes) else msgspec.json.encode(json)
            more["headers"] = {"content-type": "application/json", **more.get("headers", {})}
        return Reply(await self.http.request(method, path, **more))

    async def post(self, path: str, json: Any = None) -> Any:
        """Post a body, and return that of an answer that says 200."""
        reply = await self("POST", path, {} if json is None else json)
        assert reply.status == 200, reply
        return reply.json

    async def refused(self, path: str, json: Any = None) -> tuple[int, str]:
        """Post a body, and return status and code of the refusal."""
        reply = await self("POST", path, {} if json is None else json)
        assert reply.status >= 400, reply
        return reply.status, reply.json["code"]


class Town:
    """The core, the app, and a client for everybody."""

    def __init__(self, core: Core, app: App) -> None:
        """Keep core and app."""
        self.core = core
        self.app = app
        self.clients: dict[str, Client] = {"nobody": Client(app)}
        self.numbers: dict[str, int] = {}
        self.items: dict[str, Item] = {}

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

    def actor(self, name: str) -> Actor:
        """Return somebody as an actor of the core."""
        return Actor(self.numbers[name])

    def uid(self, path: str) -> str:
        """Return the uid of something that was made here."""
        return self.items[path].uid

    async def file(self, path: str, data: bytes = b"hello") -> Item:
        """Put a file where a path says, as its owner."""
        owner, *folders, name = path.strip("/").split("/")

        async def chunks() -> AsyncIterator[bytes]:
            yield data

        where = Path((owner, *folders))
        self.items[path] = await put(self.core, self.actor(owner), where, name, chunks())
        return self.items[path]

    async def folder(self, path: str) -> Item:
        """Make a folder where a path says, as its owner."""
        owner, *folders, name = path.strip("/").split("/")
        self.items[path] = await make_folder(self.core, self.actor(owner), Path((owner, *folders)), name)
        return self.items[path]

    async def app_item(self, path: str, url: str = "https://paint.example.org") -> Item:
        """Register an app in somebody's top folder."""
        owner, name = path.strip("/").split("/")
        self.items[path] = await make_app(self.core, self.actor(owner), Path((owner,)), name, url)
        return self.items[path]

    async def give(self, path: str, to: RecipientRef | str, role: Role = Role.VIEWER, **how: Any) -> None:
        """Share something by the core, as its owner."""
        owner = path.strip("/").split("/")[0]
        recipient = Named(to, Kind.USER) if isinstance(to, str) else to
        asked = (Asked(self.items[path].uid),)
        report = await propose(self.core, self.actor(owner), Proposal(asked, (recipient,), role, **how))
        assert report.refused() is None, report


async def settle(core: Core, settings: Settings | None = None) -> Town:
    """Make everybody an account and a token, and things to share."""
    town = Town(core, build_app(core, [FACE], settings))
    first, *others = PEOPLE
    await set_up(core, NewUser(name=first, password=PASSWORD))
    root = await acting(core)
    for name in others:
        verified = name != "ursula"
        await add_user(
            core, root, NewUser(name=name, password=PASSWORD, email=f"{name}@example.org", verified=verified)
        )
    for name in PEOPLE:
        actor = await acting(core, Named(name, Kind.USER))
        town.clients[name] = Client(town.app, (await create_token(core, actor)).secret)
        town.numbers[name] = actor.user or 0
    return town


def again(town: Town, core: Core, settings: Settings | None = None) -> Town:
    """Return the same town over another core that holds the same."""
    other = Town(core, build_app(core, [FACE], settings))
    other.clients |= {name: Client(other.app, client.token) for name, client in town.clients.items()}
    other.numbers, other.items = dict(town.numbers), dict(town.items)
    return other


async def furnish(town: Town) -> Town:
    """Put the things there that the tables of cases name."""
    await town.file("/alice/a.txt")
    await town.file("/alice/b.txt")
    await town.folder("/alice/docs")
    await town.file("/alice/docs/deep.txt")
    await town.file("/alice/read.txt")
    await town.app_item("/alice/paint")
    await town.file("/mallory/secret.txt")
    await town.file("/ursula/u.txt")
    await town.give("/alice/read.txt", "bob")
    return town
