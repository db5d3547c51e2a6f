"""A town whose records are shared as clients of the Directus dialect do: articles, their authors, what is said of them.

The collections are those of the recorded cases: articles → authors (no reverse field), articles → categories (reverse
``articles``), comments → articles (reverse ``comments``), and ``unrelated``.
"""

from typing import Any, Final

import httpx2
import msgspec
from tests.faces.calling import Caller

from commonhold.core.core import Core
from commonhold.core.directory.installation import acting, set_up
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Actor, Named
from commonhold.core.query import ALWAYS, Filter
from commonhold.core.records.catalog import Collection, Field, Relation
from commonhold.core.records.catalogs import add_collection
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rows import insert_rows
from commonhold.core.records.ruling import NewRule, add_rule
from commonhold.core.roles import ALL, Action
from commonhold.core.roles import Kind as Who
from commonhold.faces.directus.face import FACE
from commonhold.http.app import App, build_app
from commonhold.settings.values import Settings
from commonhold.testing.core import TestClock

PASSWORD: Final = "correct horse"
PEOPLE: Final = ("admin", "editor", "outsider", "blind")
HOST: Final = "http://directus.example"

ID: Final = Field("id", Kind.INTEGER)
COLLECTIONS: Final = (
    Collection("authors", "id", (ID, Field("name"), Field("phone"))),
    Collection("categories", "id", (ID, Field("name"))),
    Collection(
        "articles",
        "id",
        (
            ID,
            Field("title"),
            Field("body", Kind.TEXT),
            Field("status"),
            Field("secret_note"),
            Field("views", Kind.INTEGER),
            Field("author", Kind.INTEGER),
            Field("category", Kind.INTEGER),
        ),
        (Relation("articles", "author", ("authors",)), Relation("articles", "category", ("categories",), "articles")),
    ),
    Collection(
        "comments",
        "id",
        (ID, Field("text"), Field("article", Kind.INTEGER)),
        (Relation("comments", "article", ("articles",), "comments"),),
    ),
    Collection("unrelated", "id", (ID, Field("title"))),
)


def _article(number: int, title: str, status: str, author: int | None, category: int | None = None) -> dict[str, Any]:
    return {
        "title": title,
        "body": f"{title.lower()} body",
        "status": status,
        "secret_note": f"s{number}",
        "views": number * 10,
        "author": author,
        "category": category,
    }


ROWS: Final[dict[str, list[dict[str, Any]]]] = {
    "authors": [{"name": "Ada", "phone": "111"}, {"name": "Bob", "phone": "222"}],
    "categories": [{"name": "news"}],
    "articles": [
        _article(1, "First", "published", 1),
        _article(2, "Second", "draft", 2),
        _article(3, "Third", "published", 1),
        _article(4, "Fourth", "published", None, 1),
        _article(5, "Fifth", "published", None, 1),
    ],
    "comments": [
        {"text": "c on first", "article": 1},
        {"text": "c2 on first", "article": 1},
        {"text": "c on third", "article": 3},
    ],
    "unrelated": [{"title": "unrelated"}],
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
    def data(self) -> Any:
        """The data of an answer that is no refusal."""
        assert self.status == 200, self
        return self.json["data"]

    @property
    def refused(self) -> tuple[int, str, str]:
        """Status, code and message of a refusal."""
        assert self.status >= 400, self
        error = self.json["errors"][0]
        return self.status, error["extensions"]["code"], error["message"]

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

    async def get(self, path: str, **params: Any) -> Any:
        """Get the data of a path; parameters that are no texts are sent as JSON."""
        sent = {
            name: one if isinstance(one, str) else msgspec.json.encode(one).decode() for name, one in params.items()
        }
        return (await self("GET", path, **({"params": sent} if sent else {}))).data


class Town:
    """The core, the app, and a client for everybody."""

    def __init__(self, core: Core, app: App) -> None:
        """Keep core and app."""
        self.core = core
        self.app = app
        self.clients: dict[str, Client] = {"nobody": Client(app)}
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

    def actor(self, name: str) -> Actor:
        """Return somebody as an actor of the core."""
        return Actor(self.numbers[name])

    async def rule(
        self, who: str | int, collection: str, actions: Action, where: Filter = ALWAYS, fields: tuple[str, ...] = ("*",)
    ) -> None:
        """Give somebody a rule, as the administrator."""
        holder = Named(who, Who.USER) if isinstance(who, str) else who
        await add_rule(self.core, self.actor("admin"), NewRule(holder, collection, actions, where, fields))


async def settle(core: Core, settings: Settings | None = None) -> Town:
    """Make everybody an account and a token."""
    town = Town(core, build_app(core, [FACE], settings))
    first, *others = PEOPLE
    await set_up(core, NewUser(name=first, password=PASSWORD, email="admin@example.com"))
    root = await acting(core)
    for name in others:
        await add_user(core, root, NewUser(name=name, password=PASSWORD, email=f"{name}@example.com", verified=True))
    for name in PEOPLE:
        actor = await acting(core, Named(name, Who.USER))
        town.clients[name] = Client(town.app, (await create_token(core, actor)).secret)
        town.numbers[name] = actor.user or 0
    return town


async def furnish(town: Town) -> Town:
    """Make the collections with their rows; everybody but the administrator may read all of them."""
    root = town.actor("admin")
    for collection in COLLECTIONS:
        await add_collection(town.core, root, collection)
    for name, rows in ROWS.items():
        await insert_rows(town.core, root, name, rows)
        for who in ("editor", "outsider", "blind"):
            await town.rule(who, name, Action.READ)
    await town.rule("editor", "articles", ALL)
    return town


def again(town: Town, core: Core, settings: Settings | None = None) -> Town:
    """Return the same town over another core that holds the same."""
    other = Town(core, build_app(core, [FACE], settings))
    other.clients |= {name: Client(other.app, client.token) for name, client in town.clients.items()}
    other.numbers = dict(town.numbers)
    return other
