"""A town whose people share as clients of the ArcGIS dialect do: two organisations, and a role of each kind."""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2
import msgspec
from tests.faces.calling import Caller

from commonhold.core.content.files import put
from commonhold.core.content.making import make_folder
from commonhold.core.core import Core
from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.directory.installation import acting, set_up
from commonhold.core.directory.members import add_members
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Actor, Named, Path, RecipientRef
from commonhold.core.model import GroupTerms, Item
from commonhold.core.roles import Kind, OrgRole, Role
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.faces.arcgis.face import FACE
from commonhold.faces.arcgis.ids import id_of
from commonhold.http.app import App, build_app
from commonhold.settings.values import Settings
from commonhold.testing.core import TestClock

PASSWORD: Final = "correct horse"
HOST: Final = "https://portal.example"
REST: Final = "/sharing/rest"

# Everybody but ROOT, who administers the installation: name → role and organisation (None: the main one).
PEOPLE: Final[dict[str, tuple[OrgRole, str | None]]] = {
    "admin": (OrgRole.ADMINISTRATOR, None),
    "owner": (OrgRole.PUBLISHER, None),
    "member": (OrgRole.USER, None),
    "stranger": (OrgRole.USER, None),
    "viewer": (OrgRole.VIEWER, None),
    "external": (OrgRole.USER, "Elsewhere"),
}

# Title of a group → its owner, further members, terms.
GROUPS: Final[dict[str, tuple[str, tuple[str, ...], GroupTerms]]] = {
    "club": ("owner", ("member",), GroupTerms(0)),
    "second": ("owner", (), GroupTerms(0)),
    "theirs": ("member", (), GroupTerms(0)),  # its owner is no owner of items
    "showcase": ("member", ("owner",), GroupTerms(0, view_only=True)),
    "workshop": ("owner", ("member",), GroupTerms(0, members_update=True)),
    "foreign": ("external", (), GroupTerms(0, visible=Kind.ORG)),
    "open": ("owner", ("external",), GroupTerms(0, visible=Kind.EVERYONE)),
    "secret": ("stranger", (), GroupTerms(0, visible=Kind.USER)),
}


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

    @property
    def error(self) -> dict[str, Any]:
        """What stands in the envelope of a refusal; empty for a success."""
        found = self.json
        error: dict[str, Any] = found.get("error", {}) if isinstance(found, dict) else {}
        return error

    @property
    def code(self) -> tuple[int, str | None] | None:
        """Code and messageCode of a refusal; None for a success."""
        return (self.error["code"], self.error.get("messageCode")) if self.error else None

    def __repr__(self) -> str:
        """Status and body, for reports of tests."""
        return f"<{self.status} {self.text[:2000]}>"


class Client(Caller):
    """Somebody who calls; paths begin below ``/sharing/rest`` unless they name it."""

    def __init__(self, app: App, token: str | None = None) -> None:
        """Call ``app`` with a token in the header of the Python client, or with nothing."""
        headers = {} if token is None else {"x-esri-authorization": f"Bearer {token}"}
        super().__init__(app, HOST, headers)
        self.token = token

    async def __call__(self, method: str, path: str, /, **more: Any) -> Reply:
        """Send a request."""
        where = path if path.startswith("/sharing/") else REST + path
        return Reply(await self.http.request(method, where, **more))

    async def get(self, path: str, **asked: str) -> Any:
        """Get something, and return what the answer holds; a refusal fails the test."""
        reply = await self("GET", path, params={"f": "json", **asked})
        assert reply.status == 200, reply
        assert not reply.error, reply
        return reply.json

    async def post(self, path: str, **asked: str) -> Any:
        """Post a form, and return what the answer holds; a refusal fails the test."""
        reply = await self("POST", path, data={"f": "json", **asked})
        assert reply.status == 200, reply
        assert not reply.error, reply
        return reply.json

    async def refused(self, path: str, method: str = "POST", **asked: str) -> tuple[int, str | None] | None:
        """Send what is refused, and return code and messageCode."""
        where: dict[str, Any] = {"data" if method == "POST" else "params": {"f": "json", **asked}}
        reply = await self(method, path, **where)
        assert reply.status == 200, reply
        return reply.code


class Town:
    """The core, the app, a client for everybody, and ids of what was made."""

    def __init__(self, core: Core, app: App) -> None:
        """Keep core and app."""
        self.core = core
        self.app = app
        self.clients: dict[str, Client] = {"nobody": Client(app)}
        self.numbers: dict[str, int] = {}
        self.items: dict[str, Item] = {}
        self.groups: dict[str, str] = {}  # title → id
        self.orgs: dict[str, str] = {}  # title → id

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

    def id(self, path: str) -> str:
        """Return the id of an item that was made here."""
        return id_of(self.items[path].uid)

    async def file(self, path: str, data: bytes = b"hello", by: str | None = None) -> Item:
        """Put a file where a path says, as its owner or by somebody else."""
        owner, *folders, name = path.strip("/").split("/")

        async def chunks() -> AsyncIterator[bytes]:
            yield data

        where = Path((owner, *folders))
        self.items[path] = await put(self.core, self.actor(by or owner), where, name, chunks())
        return self.items[path]

    async def folder(self, path: str) -> Item:
        """Make a folder where a path says, as its owner."""
        owner, *folders, name = path.strip("/").split("/")
        self.items[path] = await make_folder(self.core, self.actor(owner), Path((owner, *folders)), name)
        return self.items[path]

    async def group(self, title: str, owner: str, members: tuple[str, ...], terms: GroupTerms) -> str:
        """Make a group by the core, with its members; return its id."""
        group = await add_group(self.core, self.actor(owner), NewGroup(title=title, terms=terms))
        if members:
            edited = await add_members(
                self.core, self.actor(owner), group.no, [Named(name, Kind.USER) for name in members]
            )
            assert not edited.refused, edited
        self.groups[title] = id_of(group.uid)
        return self.groups[title]

    async def give(self, path: str, to: RecipientRef | str, role: Role = Role.VIEWER, **how: Any) -> None:
        """Share something by the core, as its owner; a text names a user."""
        owner = path.strip("/").split("/")[0]
        recipient = Named(to, Kind.USER) if isinstance(to, str) else to
        asked = (Asked(self.items[path].uid),)
        report = await propose(self.core, self.actor(owner), Proposal(asked, (recipient,), role, **how))
        assert report.refused() is None, report


async def settle(core: Core, settings: Settings | None = None) -> Town:
    """Make everybody an account and a token, and the groups."""
    town = Town(core, build_app(core, [FACE], settings))
    await set_up(core, NewUser(name="root", password=PASSWORD))
    root = await acting(core)
    for name, (role, org) in PEOPLE.items():
        new = NewUser(
            name=name,
            password=PASSWORD,
            email=f"{name}@example.org",
            verified=True,
            org=Named(org, Kind.ORG) if org else None,
            org_role=role,
            first_name=name.capitalize(),
            last_name="Person",
        )
        await add_user(core, root, new)
    for name in ("root", *PEOPLE):
        actor = await acting(core, Named(name, Kind.USER))
        town.clients[name] = Client(town.app, (await create_token(core, actor)).secret)
        town.numbers[name] = actor.user or 0
    for title, (owner, members, terms) in GROUPS.items():
        await town.group(title, owner, members, terms)
    return town


def again(town: Town, core: Core, settings: Settings | None = None) -> Town:
    """Return the same town over another core that holds the same."""
    other = Town(core, build_app(core, [FACE], settings))
    other.clients |= {name: Client(other.app, client.token) for name, client in town.clients.items()}
    other.numbers, other.items = dict(town.numbers), dict(town.items)
    other.groups, other.orgs = dict(town.groups), dict(town.orgs)
    return other


async def furnish(town: Town) -> Town:
    """Put the things there that the tables of cases name."""
    await town.file("/owner/map.json", b'{"layers": []}')
    await town.file("/owner/b.txt")
    await town.folder("/owner/docs")
    await town.file("/owner/docs/deep.txt")
    await town.file("/stranger/own.txt")
    await town.file("/external/far.txt")
    await town.file("/member/of member.txt")
    await town.file("/viewer/looked.txt", by="root")
    return town
