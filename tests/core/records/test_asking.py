"""Rules about whoever asks, and what rules demand of what is written, and give to it."""

import pytest
from tests.core.records.library import READER, SHARER, Library

from commonhold.core.identity import Actor
from commonhold.core.model import EVERYONE, Principal
from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    And,
    Call,
    Compare,
    Current,
    Filter,
    Fn,
    Given,
    Not,
    Now,
    Of,
    Op,
    Pick,
    Query,
    Some,
)
from commonhold.core.records.asking import asks, first_field, possible, settled
from commonhold.core.records.rows import get_row, insert_rows, list_rows, tally_rows, update_rows
from commonhold.core.records.rules import Preset
from commonhold.core.records.ruling import NewRule, add_rule
from commonhold.core.roles import Action

ME = Current("user")
MINE = Compare("draft", Op.EQ, ME)
WRITER = READER | Action.WRITE | Action.CREATE
NAMED = '"type":"Current"'


async def _marked(library: Library) -> None:
    """Write ann into the first article, and bob into the second."""
    people = {row.no: row.uid for row in await library.rows(Principal)}
    for key, who in ((1, library.ann), (2, library.bob)):
        await update_rows(library.core, Actor(library.root), "articles", [key], {"draft": people[who]})


async def test_everybody_reads_his_own(library: Library) -> None:
    """A rule of a group about whoever asks shows each member his own rows, in turn, and those without a name none."""
    await _marked(library)
    await library.rule(library.team, READER, MINE)
    await library.rule(EVERYONE, READER, Compare("draft", Op.NEQ, ME), collection="articles", fields=("id",))

    for _ in range(2):
        assert await library.row(library.ann, "1") != "not_found"
        assert (await list_rows(library.core, Actor(library.ann), "articles", _full())).rows[0]["title"] == "First"
        assert [r["id"] for r in (await list_rows(library.core, Actor(library.bob), "articles", _full())).rows] == [2]
        assert await library.reads(None) == []
    assert await library.reads(library.mallory) == [1, 2, 3]


def _full() -> Query:
    return Query(filter=Compare("title", Op.NNULL))


async def test_a_share_stands_on_its_sharers_facts(library: Library) -> None:
    """Rules behind a share are about whoever backs it; a link that acts as a role has no current user."""
    await _marked(library)
    await library.rule(library.team, SHARER, MINE)
    holder = await library.link(library.ann, "1")
    assert await library.reads(holder) == [1]
    await library.share(library.ann, "1", "mallory")
    assert await library.reads(library.mallory) == [1]
    refused = (await library.share(library.ann, "2", "mallory")).refused
    assert refused is not None

    role = await library.build.group("readers")
    await library.rule(role, READER, MINE)
    bound = await library.link(library.root, "1", role=None, acts_as=role, clamp=True)
    assert await library.reads(bound) == []


async def test_groups_of_whoever_asks(library: Library) -> None:
    """Groups are those that somebody is in, whatever the number; a role that a link acts as is itself one."""
    team = (await library.build.get(Principal, library.team)).uid
    await update_rows(library.core, Actor(library.root), "articles", [3], {"draft": team})
    await library.rule(EVERYONE, READER, Compare("draft", Op.EQ, Current("groups")))
    assert [await library.reads(who) for who in (library.ann, library.mallory, None)] == [[3], [], []]

    bound = await library.link(library.root, "3", role=None, acts_as=library.team, clamp=True)
    assert await library.reads(bound) == [3]


async def test_queries_about_whoever_asks(library: Library) -> None:
    """A query, too, may name who asks, whatever rules there are."""
    await _marked(library)
    await library.rule(library.team, READER)
    for who, key in ((library.ann, 1), (library.bob, 2)):
        assert [
            row["id"] for row in (await list_rows(library.core, Actor(who), "articles", Query(filter=MINE))).rows
        ] == [key]
    assert await get_row(library.core, Actor(library.ann), "articles", "1", Query((Pick("id"),), MINE)) == {"id": 1}
    with pytest.raises(Problem):
        await tally_rows(library.core, Actor(library.ann), "articles", Query(filter=MINE))


async def test_writes_about_whoever_asks(library: Library) -> None:
    """Somebody may change what is his, and nothing that is another's."""
    await _marked(library)
    await library.rule(library.team, READER)
    await library.rule(library.team, READER | Action.WRITE, MINE)
    await update_rows(library.core, Actor(library.ann), "articles", [1], {"title": "mine"})
    with pytest.raises(Problem, match="forbidden"):
        await update_rows(library.core, Actor(library.ann), "articles", [2], {"title": "his"})


async def test_presets_and_checks(library: Library) -> None:
    """What a rule gives stands where the writer gives nothing, and what it demands holds, or nothing is written."""
    presets = (Preset("draft", late=ME), Preset("views", "7"), Preset("title", late=Now()))
    check = And((Compare("views", Op.LT, 10), Compare("draft", Op.EQ, ME)))
    new = NewRule(library.ann, "articles", WRITER, ALWAYS, ("*",), check, presets)
    held = await add_rule(library.core, Actor(library.root), new)
    assert (held.rule.check, held.rule.presets) == (check, presets)
    ann = Actor(library.ann)
    uid = (await library.build.get(Principal, library.ann)).uid

    (key,) = await insert_rows(library.core, ann, "articles", [{"title": "x"}])
    row = await get_row(library.core, ann, "articles", str(key))
    assert (row["title"], row["views"], row["draft"]) == ("x", 7, uid)
    for values in ({"title": "y", "views": 10}, {"title": "y", "draft": "bob"}):
        with pytest.raises(Problem) as refused:
            await insert_rows(library.core, ann, "articles", [values])
        assert (refused.value.code, refused.value.facts["field"]) == ("failed_check", "views")
    with pytest.raises(Problem, match="failed_check"):
        await update_rows(library.core, ann, "articles", [1], {"views": 11})
    await update_rows(library.core, ann, "articles", [1], {"title": "z"})
    assert (await get_row(library.core, ann, "articles", "1"))["views"] == 7
    assert await library.reads(library.ann) == [1, 2, 3, key]


@pytest.mark.parametrize(
    "where",
    [
        Some("author", MINE),
        Not(MINE),
        Compare(Given("title", MINE), Op.NNULL),
        Compare(Of("author", Given("name", MINE)), Op.NNULL),
        Compare(Call(Fn.COUNT, "comments", MINE), Op.GT, 1),
        Compare("draft", Op.IN, ("a", ME)),
    ],
)
def test_facts_stand_wherever_they_are_named(where: Filter) -> None:
    """Facts are put into every part of a filter, and the filter without them tells what may hold for somebody."""
    assert asks(where)
    done = settled(where, {"user": "u"})
    assert not asks(done)
    assert '"u"' in str(done).replace("'", '"')
    assert not asks(possible(where))
    assert possible(ALWAYS) == ALWAYS


def test_a_text_is_no_fact() -> None:
    """Whatever a text says, it names nobody."""
    assert not asks(Compare("title", Op.EQ, NAMED))


def test_the_field_that_is_told() -> None:
    """The first field of a filter is told, whatever stands around it."""
    assert first_field(And((Not(Compare(Call(Fn.YEAR, "made"), Op.EQ, 1)),))) == "made"
    assert first_field(Some("author")) == "author"
    assert first_field(ALWAYS) is None
