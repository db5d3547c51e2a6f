"""Collections are made, changed and dropped by administrators, with their tables and what was shared of them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.core.records.library import ID, READER, Library

from commonhold.core.core import Core
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.model import Rule, Share
from commonhold.core.problems import Problem
from commonhold.core.query import Compare, Op
from commonhold.core.records import catalogs
from commonhold.core.records.catalog import Collection, Field, Relation
from commonhold.core.records.kinds import Kind
from commonhold.core.roles import Action
from commonhold.testing.core import make_core

BOOKS = Collection("books", "id", (ID, Field("title")))


@pytest.mark.parametrize(
    "verb",
    [
        lambda core, actor: catalogs.add_collection(core, actor, BOOKS),
        lambda core, actor: catalogs.drop_collection(core, actor, "tags"),
        lambda core, actor: catalogs.add_field(core, actor, "tags", Field("more")),
        lambda core, actor: catalogs.drop_field(core, actor, "tags", "label"),
        lambda core, actor: catalogs.add_relation(core, actor, Relation("articles", "views", ("authors",))),
        lambda core, actor: catalogs.drop_relation(core, actor, "articles", "author"),
    ],
)
async def test_administrators_alone(library: Library, verb: Callable[[Core, Actor], Awaitable[object]]) -> None:
    """Nobody else changes the catalogue: a rule for everything is not enough, nor is a token that may only read."""
    await library.rule(library.ann, Action(511))
    before = await library.core.records.catalog()  # type: ignore[union-attr]
    for actor, code in (
        (Actor(library.ann), "forbidden"),
        (Actor(library.chief), "forbidden"),
        (Actor(library.root, actions=Action.READ), "forbidden"),
        (NOBODY, "unauthenticated"),
    ):
        with pytest.raises(Problem, match=code):
            await verb(library.core, actor)
    assert await library.core.records.catalog() is before  # type: ignore[union-attr]

    await verb(library.core, Actor(library.root))
    assert await library.core.records.catalog() is not before  # type: ignore[union-attr]


async def test_fields_come_and_go(library: Library) -> None:
    """A new field has its default in every row; one that is dropped is gone, with what stood in it."""
    root = Actor(library.root)
    await catalogs.add_field(library.core, root, "tags", Field("rank", Kind.INTEGER, nullable=False, default=7))
    assert await library.row(library.root, "x", "tags") == {"slug": "x", "label": "X", "rank": 7}

    await catalogs.drop_field(library.core, root, "tags", "rank")
    await catalogs.add_field(library.core, root, "tags", Field("rank", Kind.INTEGER))
    assert await library.row(library.root, "x", "tags") == {"slug": "x", "label": "X", "rank": None}


async def test_what_the_rows_do_not_allow(library: Library) -> None:
    """A change that the rows do not allow is refused, and leaves catalogue and table as they were."""
    before = await library.core.records.catalog()  # type: ignore[union-attr]
    for field in (Field("must", nullable=False), Field("slug"), Field("or 1=1")):
        with pytest.raises(Problem, match=r"missing_field|name_taken|bad_name"):
            await catalogs.add_field(library.core, Actor(library.root), "tags", field)
    assert await library.core.records.catalog() is before  # type: ignore[union-attr]
    assert await library.row(library.root, "x", "tags") == {"slug": "x", "label": "X"}


async def test_dropping_ends_what_was_shared(library: Library) -> None:
    """With a collection go its rules and shares; one of the same name made again shows nobody what he had."""
    await library.rule(library.ann, collection="tags")
    pair = await library.share(library.root, "x", "bob", "tags")
    assert await library.reads(library.bob, "tags") == ["x"]

    await catalogs.drop_collection(library.core, Actor(library.root), "tags")
    assert await library.rows(Rule) == [share for share in await library.rows(Share) if share.no == pair.no] == []
    assert await library.row(library.root, "x", "tags") == "unknown_collection"

    await catalogs.add_collection(library.core, Actor(library.root), Collection("tags", "slug", (Field("slug"),)))
    await library.put("tags", {"slug": "x"})
    assert await library.reads(library.bob, "tags") == await library.reads(library.ann, "tags") == []
    assert await library.reads(library.root, "tags") == ["x"]


async def test_a_rule_whose_field_goes(library: Library) -> None:
    """A rule about a field that is dropped holds nowhere, and disturbs no other rule."""
    await library.rule(library.ann, READER, fields=("id", "title"))
    await library.rule(library.ann, READER, where=_long())
    assert await library.row(library.ann, "1") != {"id": 1, "title": "First"}

    await catalogs.drop_field(library.core, Actor(library.root), "articles", "views")
    assert await library.row(library.ann, "1") == {"id": 1, "title": "First"}


def _long() -> Compare:
    return Compare("views", Op.GT, 5)


async def test_at_the_same_time(library: Library) -> None:
    """Changes at the same time come one after the other; none is lost."""
    root = Actor(library.root)
    await asyncio.gather(*(catalogs.add_field(library.core, root, "tags", Field(f"f{n}")) for n in range(3)))

    row = await library.row(library.root, "x", "tags")
    assert set(row) == {"slug", "label", "f0", "f1", "f2"}


async def test_without_collections() -> None:
    """An installation whose engine keeps no collections says that there is nothing."""
    core = make_core()
    with pytest.raises(Problem, match="not_found"):
        await catalogs.add_collection(core, Actor(1), BOOKS)
