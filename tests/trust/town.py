"""One town behind all six faces at once: what is done through one of them is looked at through the others.

Alice owns things and shares them; Bob and Carol are in the group ``team``, which is in ``crew``; Dave gets nothing
unless a test gives it; Mallory owns one file and means ill; Ext comes from outside; Root administers.
"""

from collections.abc import AsyncIterator
from pathlib import Path as FilePath
from typing import Any, Final

import httpx2
import msgspec

from commonhold.core.content.files import put
from commonhold.core.content.making import make_app, make_entry, make_folder
from commonhold.core.core import Core
from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.directory.installation import acting, set_up
from commonhold.core.directory.members import add_members
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Actor, Named, Path, RecipientRef, RecordRef
from commonhold.core.model import LINK, Item, Row, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.records.catalog import Collection, Field
from commonhold.core.records.catalogs import add_collection
from commonhold.core.records.kinds import Kind as FieldKind
from commonhold.core.records.rows import insert_rows
from commonhold.core.records.ruling import NewRule, add_rules
from commonhold.core.roles import ALL, Kind, OrgRole, Role
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.proposal import Asked, Pair, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.core.terms import Terms
from commonhold.faces.arcgis.face import FACE as ARCGIS
from commonhold.faces.directus.face import FACE as DIRECTUS
from commonhold.faces.directus.system import CATALOG
from commonhold.faces.filr.face import FACE as FILR
from commonhold.faces.native.face import FACE as NATIVE
from commonhold.faces.puter.face import FACE as PUTER
from commonhold.faces.web.face import FACE as WEB
from commonhold.http.app import App, build_app
from commonhold.http.face import Face
from commonhold.settings.values import Settings
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import CountedSecrets, TestClock, make_core

FACES: Final[dict[str, Face]] = {face.name: face for face in (NATIVE, WEB, PUTER, FILR, ARCGIS, DIRECTUS)}
PASSWORD: Final = "correct horse"
PEOPLE: Final = ("root", "alice", "bob", "carol", "dave", "mallory", "ext")
GROUPS: Final[dict[str, tuple[str, ...]]] = {"team": ("bob", "carol"), "crew": (), "club": ("dave",)}
HOST: Final = "http://files.example"
ADDRESS: Final = "192.0.2.7"
NOTES: Final = Collection("notes", "id", (Field("id", FieldKind.INTEGER), Field("text"), Field("hidden")))
SHARES: Final = "directus_shares"


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
        """The body, read as JSON; None where it is none."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None

    @property
    def refused(self) -> bool:
        """Whether it is a refusal: by its status, or by the envelope of a face that always says 200."""
        found = self.json if self.headers.get("content-type", "").startswith("application/json") else None
        return self.status >= 400 or (isinstance(found, dict) and "error" in found)

    def __repr__(self) -> str:
        """Status and body, for reports of tests."""
        return f"<{self.status} {self.text[:2000]}>"


class Client:
    """Somebody who calls any face; ``token`` is sent as a bearer token, which all of them take."""

    def __init__(self, app: App, token: str | None = None, address: str = ADDRESS, **headers: str) -> None:
        """Call ``app`` with a token, with headers of its own, or with nothing."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        transport = httpx2.ASGITransport(app=app, client=(address, 1234))
        self.http = httpx2.AsyncClient(transport=transport, base_url=HOST, headers=sent)
        self.token = token

    async def __call__(self, method: str, path: str, json: Any = None, /, **more: Any) -> Reply:
        """Send a request; ``json`` is its body. Redirects are not followed."""
        if json is not None:
            raw = isinstance(json, bytes)
            more["content"] = json if raw else msgspec.json.encode(json)
            media = "application/octet-stream" if raw else "application/json"
            more["headers"] = {"content-type": media, **more.get("headers", {})}
        return Reply(await self.http.request(method, path, **more))

    async def ok(self, method: str, path: str, json: Any = None, /, **more: Any) -> Any:
        """Send a request that is not refused, and return the body of its answer."""
        reply = await self(method, path, json, **more)
        assert not reply.refused, reply
        return reply.json if reply.body else None

    async def form(self, path: str, **asked: str) -> Reply:
        """Post a form, as clients of ArcGIS do."""
        return Reply(await self.http.post(path, data={"f": "json", **asked}))


class Town:
    """The core, the app over all faces, a client for everybody, and what was made."""

    def __init__(self, core: Core, settings: Settings | None = None, app: App | None = None) -> None:
        """Serve ``core`` by all faces; by ``app``, if there is one that serves it already."""
        self.core = core
        self.app = app or build_app(core, FACES.values(), settings)
        self.tokens: dict[str, str] = {}
        self.clients: dict[str, Client] = {"nobody": Client(self.app)}
        self.numbers: dict[str, int] = {}
        self.items: dict[str, Item] = {}
        self.group_uids: dict[str, str] = {}

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

    def client(self, token: str | None = None, **more: str) -> Client:
        """Return a client with another token, or with none."""
        return Client(self.app, token, **more)

    def actor(self, name: str) -> Actor:
        """Return somebody as an actor of the core."""
        return Actor(self.numbers[name])

    def uid(self, path: str) -> str:
        """Return the uid of something that was made here."""
        return self.items[path].uid

    def no(self, path: str) -> int:
        """Return the number of something that was made here."""
        return self.items[path].no

    def arcgis_id(self, path: str) -> str:
        """Return the id by which ArcGIS knows something that was made here."""
        return self.uid(path).replace("-", "")

    # --- making things, people and shares by the core: what a test finds there

    async def file(self, path: str, data: bytes = b"hello") -> Item:
        """Put a file where a path says, as its owner."""
        owner, *folders, name = path.strip("/").split("/")

        async def chunks() -> AsyncIterator[bytes]:
            yield data

        self.items[path] = await put(self.core, self.actor(owner), Path((owner, *folders)), name, chunks())
        return self.items[path]

    async def folder(self, path: str) -> Item:
        """Make a folder where a path says, as its owner."""
        owner, *folders, name = path.strip("/").split("/")
        self.items[path] = await make_folder(self.core, self.actor(owner), Path((owner, *folders)), name)
        return self.items[path]

    async def person(self, name: str, **more: Any) -> Client:
        """Make somebody an account with a token."""
        new = NewUser(**{"name": name, "password": PASSWORD, "email": f"{name}@example.org", "verified": True, **more})
        await add_user(self.core, await acting(self.core), new)
        return await self.known(name)

    async def known(self, name: str) -> Client:
        """Give somebody who has an account a client."""
        actor = await acting(self.core, Named(name, Kind.USER))
        self.tokens[name] = (await create_token(self.core, actor)).secret
        self.numbers[name] = actor.user or 0
        self.clients[name] = Client(self.app, self.tokens[name])
        return self.clients[name]

    async def give(self, path: str, to: RecipientRef | str, role: Role = Role.VIEWER, **how: Any) -> Pair:
        """Share something by the core, as its owner or as ``by``; a text names a user."""
        actor = self.actor(how.pop("by", path.strip("/").split("/")[0]))
        recipient = Named(to, Kind.USER) if isinstance(to, str) else to
        ref = self.items[path].uid if path in self.items else RecordRef(*path.split(" "))
        pair = (await propose(self.core, actor, Proposal((Asked(ref),), (recipient,), role, **how))).pairs[0]
        assert pair.refused is None, pair
        return pair

    async def link(self, path: str, role: Role = Role.VIEWER, **terms: Any) -> tuple[str, str]:
        """Make a link by the core; return its secret and the uid of the share."""
        pair = await self.give(path, LINK, role, terms=Terms(**terms))
        (share,) = await self.rows(Share, no=pair.no)
        return secret_of(self.core, share), share.uid

    async def rows(self, table: type[Row], **where: Any) -> list[Any]:
        """Return rows as they are kept."""
        found = await self.core.store.rows(
            machine(), Rows(table, tuple(Where(name, "eq", value) for name, value in where.items()))
        )
        return list(found)

    async def shares(self, path: str) -> list[Share]:
        """Return the live shares on something as they are kept."""
        return await self.rows(Share, item=self.no(path))

    async def group_of(self, title: str, owner: str, *members: str) -> int:
        """Make a group; return its number."""
        group = await add_group(self.core, self.actor(owner), NewGroup(title=title))
        self.numbers[title], self.group_uids[title] = group.no, group.uid
        if members:
            await add_members(self.core, self.actor(owner), group.no, [self.numbers[name] for name in members])
        return group.no


async def settle(core: Core, settings: Settings | None = None, first: str | None = None) -> Town:
    """Make everybody an account and a token, and the groups. ``first``: an administrator whom there is already."""
    town = Town(core, settings)
    root = NewUser(name="root", password=PASSWORD, email="root@example.org", verified=True)
    if first is None:
        await set_up(core, root)
    else:
        await add_user(core, await acting(core), msgspec.structs.replace(root, admin=True))
    await town.known("root")
    for name in PEOPLE[1:]:
        outside = {"external": True, "email": f"{name}@outside.example"} if name == "ext" else {}
        await town.person(name, **({"org_role": OrgRole.PUBLISHER} if name == "alice" else {}), **outside)
    for title, members in GROUPS.items():
        await town.group_of(title, "alice", *members)
    await add_members(core, town.actor("alice"), town.numbers["crew"], [town.numbers["team"]])
    return town


async def furnish(town: Town) -> Town:
    """Put things there, of every kind; everybody may make shares of what he may read in the Directus dialect."""
    await town.folder("/alice/docs")
    await town.folder("/alice/docs/inner")
    for path in ("/alice/a.txt", "/alice/b.txt", "/alice/docs/deep.txt", "/alice/docs/inner/low.txt"):
        await town.file(path, path.encode())
    await town.file("/mallory/secret.txt", b"of mallory")
    alice, top = town.actor("alice"), Path(("alice",))
    town.items["/alice/paint"] = await make_app(town.core, alice, top, "paint", "https://paint.example.org")
    town.items["/alice/plan"] = await make_entry(
        town.core, alice, top, type="board", key="7", title="plan", url="https://x.example/7"
    )
    await _records(town)
    return town


async def _records(town: Town) -> None:
    """Make a collection of notes, of which Alice may do anything, and let people make Directus's shares."""
    if town.core.records is None:
        return
    root = town.actor("root")
    await add_collection(town.core, root, NOTES)
    await insert_rows(town.core, root, "notes", [{"text": f"note {no}", "hidden": f"hidden {no}"} for no in (1, 2)])
    await add_rules(town.core, root, [NewRule(Named("alice", Kind.USER), "notes", ALL)])
    rules = [NewRule(Named(name, Kind.USER), SHARES, ALL) for name in PEOPLE[1:]]
    await add_rules(town.core, root, rules, CATALOG)


def again(town: Town, core: Core, settings: Settings | None = None, app: App | None = None) -> Town:
    """Return the same town over another core that holds the same."""
    other = Town(core, settings, app)
    other.tokens = dict(town.tokens)
    other.clients |= {name: Client(other.app, token) for name, token in town.tokens.items()}
    other.numbers, other.items, other.group_uids = dict(town.numbers), dict(town.items), dict(town.group_uids)
    return other


def reopened(town: Town, path: FilePath, settings: Settings | None = None) -> Town:
    """Return the town over a copy of its database, with a clock of its own that stands where the town's stood."""
    clock = TestClock(town.clock())
    core = make_core(
        store=SqliteStore(path, clock=clock), clock=clock, blobs=town.core.blobs, secrets=CountedSecrets(b"later")
    )
    return again(town, core, settings)
