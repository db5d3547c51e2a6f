"""Rows are read and written as far as somebody's rules go, and no further."""

import pytest
from tests.core.records.library import READER, Library

from commonhold.core.identity import NOBODY, Actor
from commonhold.core.model import EVERYONE
from commonhold.core.problems import Problem
from commonhold.core.query import Aggregate, Compare, Measure, Op, Page, Pick, Query, Some, Sort
from commonhold.core.records.rows import delete_rows, get_row, insert_rows, list_rows, tally_rows, update_rows, visible
from commonhold.core.roles import Action

FEW = Compare("views", Op.LT, 25)


async def test_administrators_read_everything(library: Library) -> None:
    """The administrators of the installation and of its first organisation need no rule; others see nothing."""
    assert await library.reads(library.root) == await library.reads(library.chief) == [1, 2, 3]
    assert await library.reads(library.ann) == await library.reads(None) == []
    assert await library.row(library.ann, "1") == await library.row(library.ann, "99") == "unknown_collection"


async def test_rules_give_rows_and_fields(library: Library) -> None:
    """A rule shows its rows and fields to whoever holds it, as himself or by a group; the rest does not exist."""
    await library.rule(library.team, READER, FEW, ("id", "title"))

    assert await library.reads(library.ann) == [1, 2]
    assert await library.row(library.ann, "1") == {"id": 1, "title": "First"}
    assert await library.row(library.ann, "3") == await library.row(library.ann, "x") == "not_found"
    assert await library.reads(library.mallory) == []
    for query in (Query((Pick("draft"),)), Query(filter=Compare("draft", Op.EQ, "a")), Query(sort=(Sort("draft"),))):
        with pytest.raises(Problem, match="unknown_column"):
            await list_rows(library.core, Actor(library.ann), "articles", query)
    with pytest.raises(Problem, match="unknown_column"):
        await list_rows(library.core, Actor(library.ann), "articles", Query(filter=Some("comments")))


async def test_everyone(library: Library) -> None:
    """A rule that everyone holds is for those who are not logged in, too."""
    await library.rule(EVERYONE, where=FEW)

    assert await library.reads(None) == await library.reads(library.mallory) == [1, 2]


async def test_pages(library: Library) -> None:
    """Lists come in pages that go on where the last one ended."""
    query = Query((Pick("id"),), sort=(Sort("views", descending=True),), page=Page(2))
    first = await list_rows(library.core, Actor(library.root), "articles", query)
    after = Query(query.fields, sort=query.sort, page=Page(2, after=first.after))
    second = await list_rows(library.core, Actor(library.root), "articles", after)

    assert [row["id"] for row in (*first.rows, *second.rows)] == [3, 2, 1]
    assert second.after is None


async def test_sums_are_of_what_is_seen(library: Library) -> None:
    """Counts and sums leave out hidden rows."""
    await library.rule(library.ann, where=FEW)
    query = Query(aggregate=Aggregate(((Measure.COUNT, None), (Measure.SUM, "views"))))

    assert await tally_rows(library.core, Actor(library.ann), "articles", query) == [(2, 30)]


async def test_the_catalogue_is_cut(library: Library) -> None:
    """Somebody sees the collections and fields of which he may read something."""
    await library.rule(library.ann, fields=("id", "title"))
    catalog = await visible(library.core, Actor(library.ann))

    assert [one.name for one in catalog] == ["articles"]
    assert [field.name for field in catalog.collection("articles").fields] == ["id", "title"]
    assert [one.name for one in await visible(library.core, NOBODY)] == []


async def test_adding(library: Library) -> None:
    """Whoever may add rows adds such as his rule describes, in the fields that it names, all or none."""
    await library.rule(library.ann, Action.CREATE, FEW, ("title", "views"))
    ann = Actor(library.ann)

    assert await insert_rows(library.core, ann, "articles", [{"title": "a", "views": 1}, {"title": "b", "views": 2}])
    for rows, code in (
        ([{"title": "c", "views": 3}, {"title": "d", "views": 40}], "forbidden"),
        ([{"title": "e", "views": 3, "draft": "x"}], "unknown_column"),
        ([{"views": 3}], "missing_field"),
    ):
        with pytest.raises(Problem, match=code):
            await insert_rows(library.core, ann, "articles", rows)
    assert await library.reads(library.root) == [1, 2, 3, 4, 5]
    with pytest.raises(Problem, match="unknown_collection"):
        await insert_rows(library.core, Actor(library.bob), "articles", [{"title": "x"}])


async def test_changing(library: Library) -> None:
    """Rows are changed by whoever may write them; of several all or none. What one may only read is forbidden."""
    await library.rule(library.ann, Action.WRITE, FEW, ("title",))
    await library.rule(library.ann, READER)
    ann = Actor(library.ann)

    assert await update_rows(library.core, ann, "articles", ["1", 2], {"title": "new"}) == (1, 2)
    for keys, values, code in (
        ([1, 3], {"title": "x"}, "forbidden"),
        ([1, 99], {"title": "x"}, "not_found"),
        ([1], {"draft": "x"}, "unknown_column"),
        (["x"], {"title": "x"}, "not_found"),
        ([], {"title": "x"}, "missing_field"),
    ):
        with pytest.raises(Problem, match=code):
            await update_rows(library.core, ann, "articles", keys, values)
    rows = (await list_rows(library.core, ann, "articles", Query((Pick("title"),)))).rows
    assert rows == [{"title": "new"}, {"title": "new"}, {"title": "Third"}]


async def test_deleting(library: Library) -> None:
    """Rows go with what hangs on them; who may not is refused, and learns nothing of what he cannot see."""
    await library.rule(library.ann, Action.DELETE | Action.READ, FEW)
    await library.rule(library.bob, Action.READ, FEW)

    with pytest.raises(Problem, match="forbidden"):
        await delete_rows(library.core, Actor(library.bob), "articles", [1])
    with pytest.raises(Problem, match="not_found"):
        await delete_rows(library.core, Actor(library.ann), "articles", [3])
    gone = await delete_rows(library.core, Actor(library.ann), "articles", [1])

    assert gone == {"articles": [1], "comments": [1]}
    assert await library.reads(library.root) == [2, 3]
    assert await library.reads(library.root, "comments") == [2]


async def test_a_credential_has_its_scope(library: Library) -> None:
    """A token that may only read writes nothing, whoever holds it."""
    weak = Actor(library.root, actions=Action.READ)

    assert await get_row(library.core, weak, "articles", "1")
    with pytest.raises(Problem, match="forbidden"):
        await update_rows(library.core, weak, "articles", [1], {"title": "x"})


async def test_too_much_at_once(library: Library) -> None:
    """Too many rows in one request, and queries that are too large, are refused."""
    with pytest.raises(Problem, match="too_many_items"):
        await insert_rows(library.core, Actor(library.root), "tags", [{"slug": str(n)} for n in range(1_001)])
    with pytest.raises(Problem, match="query_too_costly"):
        await list_rows(library.core, Actor(library.root), "tags", Query((Pick("slug"),) * 501))


async def test_writing_without_reading(library: Library) -> None:
    """Whoever may write rows that he cannot read is not told which others there are."""
    await library.rule(library.ann, Action.WRITE, FEW)
    ann = Actor(library.ann)

    assert await update_rows(library.core, ann, "articles", [1], {"title": "x"}) == (1,)
    for key in (3, 99):
        with pytest.raises(Problem, match="not_found"):
            await update_rows(library.core, ann, "articles", [key], {"title": "x"})
