"""A small library in a real database: authors, articles and comments; Root administers, the others read and write."""

from pathlib import Path
from typing import Any, Final

from commonhold.core import model
from commonhold.core.identity import Actor, Named, Pass, RecipientRef, RecordRef
from commonhold.core.model import LINK, Item, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.problems import Problem
from commonhold.core.query import ALWAYS, Filter, Query
from commonhold.core.records.catalog import Collection, Field, OnDelete, Relation
from commonhold.core.records.catalogs import add_collection
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rows import get_row, insert_rows, list_rows
from commonhold.core.records.ruling import Held, NewRule, add_rule
from commonhold.core.roles import Action, OrgRole, Role
from commonhold.core.sharing.proposal import Asked, Pair, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.build import Builder
from commonhold.testing.core import TestClock, make_core

ID: Final = Field("id", Kind.INTEGER)
AUTHORS: Final = Collection("authors", "id", (ID, Field("name"), Field("phone")))
ARTICLES: Final = Collection(
    "articles",
    "id",
    (ID, Field("title", nullable=False), Field("views", Kind.INTEGER), Field("draft"), Field("author", Kind.INTEGER)),
    (Relation("articles", "author", ("authors",), reverse="articles"),),
)
COMMENTS: Final = Collection(
    "comments",
    "id",
    (ID, Field("text"), Field("article", Kind.INTEGER)),
    (Relation("comments", "article", ("articles",), reverse="comments", on_delete=OnDelete.DELETE),),
)
TAGS: Final = Collection("tags", "slug", (Field("slug"), Field("label")))

READER: Final = Action.READ | Action.DOWNLOAD | Action.COMMENT
SHARER: Final = READER | Action.SHARE


class Library:
    """The core, its people, and short ways to say what a test does."""

    root: int
    ann: int
    bob: int
    mallory: int
    team: int

    def __init__(self, path: Path) -> None:
        """Open the database."""
        self.clock = TestClock()
        self.store = SqliteStore(path, clock=self.clock)
        self.core = make_core(store=self.store, clock=self.clock)
        self.build = Builder(self.store)

    async def found(self) -> "Library":
        """Let everybody in, and put up the shelves."""
        build = self.build
        self.root = await build.user("root", admin=True)
        self.ann, self.bob, self.mallory = [await build.user(name) for name in ("ann", "bob", "mallory")]
        self.chief = await build.user("chief", org_role=OrgRole.ADMINISTRATOR)
        self.team = await build.group("team", self.ann, self.bob)
        for collection in (AUTHORS, ARTICLES, COMMENTS, TAGS):
            await add_collection(self.core, Actor(self.root), collection)
        await self.put("authors", {"name": "Ada", "phone": "1"}, {"name": "Bob", "phone": "2"})
        await self.put(
            "articles",
            {"title": "First", "views": 10, "draft": "a", "author": 1},
            {"title": "Second", "views": 20, "draft": "b", "author": 1},
            {"title": "Third", "views": 30, "draft": "c", "author": 2},
        )
        await self.put("comments", {"text": "one", "article": 1}, {"text": "two", "article": 2})
        await self.put("tags", {"slug": "x", "label": "X"})
        return self

    async def put(self, collection: str, *rows: dict[str, Any], by: int | None = None) -> tuple[Any, ...]:
        """Add rows."""
        return await insert_rows(self.core, Actor(by or self.root), collection, rows)

    async def rule(
        self,
        holder: RecipientRef,
        actions: Action = READER,
        where: Filter = ALWAYS,
        fields: tuple[str, ...] = ("*",),
        collection: str = "articles",
    ) -> Held:
        """Give somebody a rule."""
        return await add_rule(self.core, Actor(self.root), NewRule(holder, collection, actions, where, fields))

    async def share(self, by: int, key: str, to: RecipientRef | str, collection: str = "articles", **how: Any) -> Pair:
        """Share a row, and return its pair."""
        recipient = Named(to) if isinstance(to, str) else to
        how.setdefault("role", Role.VIEWER)
        proposal = Proposal((Asked(RecordRef(collection, key)),), (recipient,), **how)
        return (await propose(self.core, Actor(by), proposal)).pairs[0]

    async def link(self, by: int, key: str, collection: str = "articles", **how: Any) -> Actor:
        """Make a link to a row, and return nobody with a pass for it."""
        pair = await self.share(by, key, LINK, collection, **how)
        assert pair.no is not None, pair
        share = await self.build.get(Share, pair.no)
        return Actor(None, (Pass(share.no, share.state_at),))

    async def reads(self, who: int | Actor | None, collection: str = "articles") -> list[Any]:
        """Return the keys of the rows that somebody can list; nothing where he cannot see the collection."""
        actor = who if isinstance(who, Actor) else Actor(who)
        try:
            rows = (await list_rows(self.core, actor, collection, Query())).rows
        except Problem as problem:
            if problem.code != "unknown_collection":
                raise
            return []
        return [row["slug" if collection == "tags" else "id"] for row in rows]

    async def row(self, who: int | Actor | None, key: str, collection: str = "articles") -> dict[str, Any] | str:
        """Return a row as somebody sees it, or the code with which it is refused."""
        actor = who if isinstance(who, Actor) else Actor(who)
        try:
            return await get_row(self.core, actor, collection, key)
        except Problem as problem:
            return problem.code

    async def items(self) -> list[Item]:
        """Return the items of records."""
        found: list[Item] = await self.rows(Item)
        return [item for item in found if item.collection is not None]

    async def rows(self, table: type[model.Row]) -> list[Any]:
        """Return the rows of a table of the store."""
        return await self.store.rows(machine(), Rows(table))
