"""A town whose people share as clients of the Filr dialect do: Alice owns things, Bob and Carol get some.

Bob and Carol are in the group ``team``, which is in ``crew``; Ext is an account from outside; Root administers.
"""

import base64
from collections.abc import AsyncIterator
from typing import Any, Final
from xml.etree import ElementTree

import httpx2
import msgspec
from tests.faces.calling import Caller

from commonhold.core.content.files import put
from commonhold.core.content.making import make_app, make_folder
from commonhold.core.core import Core
from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.directory.installation import acting, set_up
from commonhold.core.directory.members import add_members
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Actor, Named, Path, RecipientRef
from commonhold.core.model import Item
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.faces.filr.face import FACE
from commonhold.http.app import App, build_app
from commonhold.settings.values import Settings
from commonhold.testing.core import TestClock

PASSWORD: Final = "correct horse"
PEOPLE: Final = ("root", "alice", "bob", "carol", "dave", "mallory", "ext")
HOST: Final = "http://filr.example"
FORMS: Final = {"json": "application/json", "xml": "application/xml"}
LISTS: Final = {"links": "link", "permalinks": "permalink", "items": "item", "shares": "share", "children": "child",
         "groups": "group", "file_names": "file_name", "email_list": "email", "domain_list": "domain",
         "sharing_permissions": "permission", "warnings": "warning"}  # fmt: skip
"""Names of lists in XML; everything else that has elements is an object."""


def to_xml(name: str, value: Any) -> str:
    """Write a body for a client that speaks XML."""
    if isinstance(value, dict):
        inside = "".join(to_xml(key, one) for key, one in value.items() if one is not None)
    elif isinstance(value, list):
        inside = "".join(to_xml("item", one) for one in value)
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        inside = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<{name}>{inside}</{name}>"


def of_xml(node: ElementTree.Element) -> Any:
    """Read a reply as JSON would say it; dates stay texts."""
    inside = list(node)
    if node.tag in LISTS or (inside and all(one.tag in ("item", "warning") for one in inside)):
        return [of_xml(one) for one in inside]
    if inside:
        return {one.tag: of_xml(one) for one in inside}
    text = node.text or ""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.removeprefix("-").isdigit() else text


class Reply:
    """An answer: status, headers, body."""

    def __init__(self, response: httpx2.Response) -> None:
        """Wrap what the client got."""
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.content
        self.text = response.text

    @property
    def data(self) -> Any:
        """The body, read as JSON or as XML, in one shape."""
        if self.headers["content-type"].startswith("application/xml"):
            return of_xml(ElementTree.fromstring(self.body))
        return msgspec.json.decode(self.body)

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of a refusal, which has a message too."""
        assert self.status >= 400, self
        assert self.data["message"]
        return self.status, self.data["code"]

    def __repr__(self) -> str:
        """Status and body, for reports of tests."""
        return f"<{self.status} {self.text[:2000]}>"


class Client(Caller):
    """Somebody who calls; ``form``: how bodies are sent and asked for, ``json`` or ``xml``."""

    def __init__(self, app: App, name: str | None = None, password: str = "", form: str = "json") -> None:
        """Call ``app`` with name and password, or as nobody."""
        self.app, self.name, self.password, self.form = app, name, password, form
        pair = base64.b64encode(f"{name}:{password}".encode()).decode()
        headers = {"accept": FORMS[form], **({} if name is None else {"authorization": f"Basic {pair}"})}
        super().__init__(app, HOST, headers)

    def speaking(self, form: str) -> "Client":
        """Return the same person with a client that speaks another form."""
        return Client(self.app, self.name, self.password, form)

    async def __call__(self, method: str, path: str, body: Any = None, /, **more: Any) -> Reply:
        """Send a request to a path below ``/rest``, or to a whole one that begins with ``/ssf`` or a scheme."""
        if body is not None:
            content = msgspec.json.encode(body) if self.form == "json" else to_xml("share", body).encode()
            more["content"] = body if isinstance(body, bytes) else content
            more["headers"] = {"content-type": FORMS[self.form], **more.get("headers", {})}
        whole = path.startswith(("/ssf/", "http"))
        return Reply(await self.http.request(method, path if whole else f"/rest{path}", **more))

    async def get(self, path: str) -> Any:
        """Return the body of an answer that says 200."""
        reply = await self("GET", path)
        assert reply.status == 200, reply
        return reply.data

    async def post(self, path: str, body: Any) -> Any:
        """Post a body, and return that of an answer that says 200."""
        reply = await self("POST", path, body)
        assert reply.status == 200, reply
        return reply.data


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
        return Actor(self.numbers[name], face="filr")

    def no(self, name: str) -> int:
        """Return the number of a person, a group, or (by its path) of something that was made here."""
        return self.items[name].no if name in self.items else self.numbers[name]

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

    async def app_item(self, path: str, url: str = "https://paint.example.org") -> Item:
        """Register an app in somebody's top folder."""
        owner, name = path.strip("/").split("/")
        self.items[path] = await make_app(self.core, self.actor(owner), Path((owner,)), name, url)
        return self.items[path]

    async def give(self, path: str, to: RecipientRef | str, role: Role | None = Role.VIEWER, **how: Any) -> str:
        """Share something by the core, as its owner, and return the share's uid."""
        owner = path.strip("/").split("/")[0]
        recipient = Named(to, Kind.USER) if isinstance(to, str) else to
        asked = (Asked(self.items[path].uid),)
        report = await propose(self.core, self.actor(owner), Proposal(asked, (recipient,), role, **how))
        assert report.refused() is None, report
        assert report.pairs[0].share is not None
        return report.pairs[0].share

    async def share(self, path: str, to: dict[str, Any], role: str | None = "VIEWER", /, **more: Any) -> Any:
        """Share something by the dialect, as its owner, and return the Share; ``sharing`` holds flags."""
        owner = path.strip("/").split("/")[0]
        access = {"role": role, **({"sharing": more.pop("sharing")} if "sharing" in more else {})}
        body = {"recipient": to, **({} if role is None else {"access": access}), **more}
        return await self.clients[owner].post(self.shares_of(path), body)

    def shares_of(self, path: str) -> str:
        """Return the route of the shares of something."""
        item = self.items[path]
        return f"/{'folders' if item.kind == 'folder' else 'folder_entries'}/{item.no}/shares"

    def user(self, name: str) -> dict[str, Any]:
        """Return somebody as a recipient."""
        return {"type": "external_user" if name == "ext" else "user", "id": self.numbers[name]}

    def group(self, name: str) -> dict[str, Any]:
        """Return a group as a recipient."""
        return {"type": "group", "id": self.numbers[name]}


async def settle(core: Core, settings: Settings | None = None) -> Town:
    """Make everybody an account and a token, groups, and things to share."""
    town = Town(core, build_app(core, [FACE], settings))
    first, *others = PEOPLE
    await set_up(core, NewUser(name=first, password=PASSWORD))
    root = await acting(core)
    for name in others:
        outside = name == "ext"
        mail = f"{name}@outside.example" if outside else f"{name}@example.org"
        new = NewUser(name=name, password=PASSWORD, email=mail, verified=True, external=outside)
        await add_user(core, root, new)
    for name in PEOPLE:
        actor = await acting(core, Named(name, Kind.USER))
        town.clients[name] = Client(town.app, name, (await create_token(core, actor)).secret)
        town.numbers[name] = actor.user or 0
    for title, members in (("team", ("bob", "carol")), ("crew", ())):
        group = await add_group(core, town.actor("alice"), NewGroup(title=title))
        town.numbers[title] = group.no
        for name in members:
            await add_members(core, town.actor("alice"), group.no, [town.numbers[name]])
    await add_members(core, town.actor("alice"), town.numbers["crew"], [town.numbers["team"]])
    town.numbers |= {"everybody inside": 3}
    return town


def again(town: Town, core: Core, settings: Settings | None = None) -> Town:
    """Return the same town over another core that holds the same."""
    other = Town(core, build_app(core, [FACE], settings))
    for name, client in town.clients.items():
        other.clients[name] = Client(other.app, client.name, client.password, client.form)
    other.numbers, other.items = dict(town.numbers), dict(town.items)
    return other


async def furnish(town: Town) -> Town:
    """Put the things there that the tables of cases name."""
    await town.file("/alice/a.txt")
    await town.file("/alice/b.txt")
    await town.folder("/alice/docs")
    await town.folder("/alice/docs/deep")
    await town.file("/alice/docs/deep/d.txt")
    await town.file("/alice/read.txt")
    await town.app_item("/alice/paint")
    await town.file("/mallory/secret.txt")
    await town.give("/alice/read.txt", "bob")
    return town
