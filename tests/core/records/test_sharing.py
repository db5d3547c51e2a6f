"""Rows are shared like anything else: they become items then, and end with their shares."""

import asyncio

import pytest
from tests.core.records.library import READER, SHARER, Library

from commonhold.core.directory.accounts import suspend
from commonhold.core.identity import Actor, Named, RecordRef
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG, Life, Reach, Share, Space
from commonhold.core.query import Compare, Op
from commonhold.core.records.cards import Card, card
from commonhold.core.records.items import SPACE
from commonhold.core.records.rows import delete_rows, update_rows
from commonhold.core.records.ruling import drop_rule
from commonhold.core.roles import Action, Kind, Role
from commonhold.core.sharing.finding import decide
from commonhold.core.sharing.managing import withdraw
from commonhold.core.sharing.proposal import Asked, Did, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.core.terms import Terms

FEW = Compare("views", Op.LT, 25)


async def test_a_row_becomes_an_item(library: Library) -> None:
    """The first share makes a row an item in the space of records, which nobody owns; the next ones stand on it."""
    assert (await library.share(library.root, "1", "bob")).did is Did.CREATED
    (item,) = await library.items()
    assert (item.collection, item.ref, item.name, item.created_by) == ("articles", "1", "articles 1", library.root)
    (space,) = [one for one in await library.rows(Space) if one.uid == SPACE]
    assert (item.space, space.owner, space.org) == (space.no, 0, MAIN_ORG)

    await library.share(library.root, "01", "ann")
    await library.share(library.root, "2", "ann")
    first, second = await library.items()
    assert (first.no, first.space, second.space) == (item.no, space.no, space.no)


async def test_nothing_is_made_for_nothing(library: Library) -> None:
    """A dry run, a refusal, and a row that does not exist make no item."""
    dry = await library.share(library.root, "1", "bob", dry_run=True)
    real = await library.share(library.root, "2", "bob")
    assert (dry.did, dry.role) == (real.did, real.role)
    made = [item.ref for item in await library.items()]
    await library.rule(library.ann, READER)
    for by, key, code in (
        (library.ann, "1", "forbidden"),
        (library.mallory, "1", "unknown_item"),
        (library.root, "99", "unknown_item"),
        (library.root, "x", "unknown_item"),
    ):
        refused = (await library.share(by, key, "bob")).refused
        assert refused is not None
        assert refused.code == code
    assert [item.ref for item in await library.items()] == made == ["2"]


async def test_one_proposal_for_many(library: Library) -> None:
    """Several rows and recipients are one commit; a row that is named twice is one item."""
    refs = [RecordRef("articles", key) for key in ("1", "01", "2")]
    to = (Named("ann"), Named("team"), LINK)
    report = await propose(library.core, Actor(library.root), Proposal(tuple(Asked(ref) for ref in refs), to))

    assert all(pair.refused is None for pair in report.pairs)
    assert [item.ref for item in await library.items()] == ["1", "2"]
    assert len(await library.rows(Share)) == 6


async def test_shared_at_the_same_time(library: Library) -> None:
    """Two who share a row for the first time at the same time share one item."""
    pairs = await asyncio.gather(*(library.share(library.root, "1", name) for name in ("ann", "bob", "mallory")))

    assert [pair.did for pair in pairs] == [Did.CREATED] * 3
    assert len(await library.items()) == 1


async def test_a_rule_lets_share(library: Library) -> None:
    """Whoever has a rule to share may share the rows and fields that it shows, and no others."""
    await library.rule(library.ann, SHARER, FEW, ("id", "title"))
    assert (await library.share(library.ann, "1", "bob")).did is Did.CREATED
    refused = (await library.share(library.ann, "3", "bob")).refused

    assert refused is not None
    assert refused.code == "unknown_item"
    assert await library.reads(library.bob) == [1]
    assert await library.row(library.bob, "1") == {"id": 1, "title": "First"}
    too_high = (await library.share(library.ann, "1", "mallory", role=Role.EDITOR)).refused
    assert too_high is not None
    assert too_high.code == "role_too_high"


async def test_what_ends_a_share(library: Library) -> None:
    """A withdrawal, the end of the rule behind it, and the sharer's suspension are seen by the next reading."""
    held = await library.rule(library.ann, SHARER)
    first = await library.share(library.ann, "1", "bob")
    await library.share(library.ann, "2", "bob")
    assert await library.reads(library.bob) == [1, 2]
    await withdraw(library.core, Actor(library.ann), [first.share or ""])
    assert await library.reads(library.bob) == [2]
    assert await library.row(library.bob, "1") == "not_found"

    await drop_rule(library.core, Actor(library.root), held.uid)
    assert await library.reads(library.bob) == await library.reads(library.ann) == []

    await library.rule(library.ann, SHARER)
    assert await library.reads(library.bob) == [2]
    await suspend(library.core, Actor(library.root), Named("ann", Kind.USER))
    assert await library.reads(library.bob) == await library.reads(library.ann) == []


async def test_windows(library: Library) -> None:
    """A share shows its row within its window alone."""
    now = library.clock()
    await library.share(library.root, "1", "bob", terms=Terms(starts=now + 10, until=now + 20))
    seen = []
    for _ in range(3):
        seen.append(await library.reads(library.bob))
        library.clock.advance(10)

    assert seen == [[], [1], []]


async def test_a_row_that_changes(library: Library) -> None:
    """A row that falls out of the sharer's rule is hidden from those he shared it with, and comes back with it."""
    await library.rule(library.ann, SHARER, FEW)
    await library.share(library.ann, "1", "bob")
    seen = []
    for views in (99, 1):
        await update_rows(library.core, Actor(library.root), "articles", [1], {"views": views})
        seen.append(await library.reads(library.bob))

    assert seen == [[], [1]]


async def test_a_row_that_is_deleted(library: Library) -> None:
    """With a row end its item and shares, and those of rows that went along; its key used again shows nothing."""
    await library.share(library.root, "1", "bob")
    await library.share(library.root, "1", "ann", "comments")
    await library.share(library.root, "x", "bob", "tags")
    holder = await library.link(library.root, "x", "tags")
    assert await library.row(holder, "x", "tags") == {"slug": "x", "label": "X"}

    await delete_rows(library.core, Actor(library.root), "articles", [1])
    await delete_rows(library.core, Actor(library.root), "tags", ["x"])

    assert [(item.life, item.ref, item.name) for item in await library.items()] == [(Life.DELETED, None, None)] * 3
    assert await library.rows(Share) == []
    await library.put("tags", {"slug": "x", "label": "again"})
    assert await library.reads(library.bob, "tags") == []
    assert await library.row(holder, "x", "tags") == "unknown_collection"
    await library.share(library.root, "x", "bob", "tags")
    assert await library.reads(library.bob, "tags") == ["x"]


async def test_editors(library: Library) -> None:
    """A role that writes lets change the shared row, within the sharer's own right, and nothing else."""
    await library.share(library.root, "1", "bob", role=Role.EDITOR)
    bob = Actor(library.bob)
    await update_rows(library.core, bob, "articles", [1], {"title": "edited"})

    assert (await library.row(library.bob, "1"))["title"] == "edited"  # type: ignore[index]
    for verb in (
        update_rows(library.core, bob, "articles", [2], {"title": "x"}),
        update_rows(library.core, bob, "articles", [1, 2], {"title": "x"}),
        delete_rows(library.core, bob, "articles", [1]),
    ):
        with pytest.raises(Exception, match=r"not_found|forbidden"):
            await verb
    assert await library.reads(library.root) == [1, 2, 3]


async def test_passed_on(library: Library) -> None:
    """A share that may be passed on gives no more than it got, and dies with the one it hangs on."""
    await library.rule(library.ann, SHARER, FEW, ("id", "title"))
    first = await library.share(library.ann, "1", "bob", terms=Terms(mask=Kind.USER))
    await library.rule(library.bob, READER, Compare("id", Op.EQ, 3))
    await library.share(library.bob, "1", "mallory")
    assert await library.reads(library.mallory) == [1]
    assert await library.row(library.mallory, "1") == {"id": 1, "title": "First"}

    await withdraw(library.core, Actor(library.ann), [first.share or ""])
    assert await library.reads(library.mallory) == []
    assert await library.reads(library.bob) == [3]


async def test_a_link_shows_one_row(library: Library) -> None:
    """A link shows its row: no other row, nothing it refers to, no field that its sharer does not see."""
    await library.rule(library.ann, SHARER, fields=("id", "title", "author"))
    await library.rule(library.ann, READER, collection="authors")
    await library.rule(library.ann, READER, collection="comments")
    holder = await library.link(library.ann, "1")

    assert await library.reads(holder) == [1]
    assert await library.row(holder, "1") == {"id": 1, "title": "First", "author": 1}
    assert await library.reads(holder, "authors") == await library.reads(holder, "comments") == []
    (item,) = await library.items()
    assert await card(library.core, holder, item) == Card((("id", 1), ("title", "First"), ("author", 1)))
    stale = Actor(None, tuple(type(one)(one.share, one.state_at + 1) for one in holder.passes))
    assert await library.reads(stale) == []


async def test_reach(library: Library) -> None:
    """A link that follows relations shows what hangs together with its row and its sharer sees; no siblings."""
    await library.rule(library.ann, SHARER)
    await library.rule(library.ann, READER, collection="authors", fields=("id", "name"))
    await library.rule(library.ann, READER, Compare("text", Op.NEQ, "hidden"), collection="comments")
    await library.put("comments", {"text": "hidden", "article": 1})
    holder = await library.link(library.ann, "1", reach=Reach.RELATIONS)

    assert await library.reads(holder) == [1]
    assert await library.row(holder, "1", "authors") == {"id": 1, "name": "Ada"}
    assert await library.reads(holder, "authors") == [1]
    assert await library.reads(holder, "comments") == [1]
    assert await library.reads(holder, "tags") == []


async def test_acts_as(library: Library) -> None:
    """A link that acts as somebody is bound by his rules and by its sharer's own; without a role it reads alone."""
    role = await library.build.group("readers")
    await library.rule(role, READER, FEW, ("id", "title", "views"))
    holder = await library.link(library.root, "1", role=None, acts_as=role, clamp=True)
    other = await library.link(library.root, "3", role=None, acts_as=role, clamp=True)

    assert await library.row(holder, "1") == {"id": 1, "title": "First", "views": 10}
    assert await library.reads(other) == []


async def test_everyone_and_the_organisation(library: Library) -> None:
    """Rows are shared with organisations and with everyone, too; with everyone even those see them who are nobody."""
    await library.share(library.root, "1", MAIN_ORG)
    await library.share(library.root, "2", EVERYONE)

    assert await library.reads(library.mallory) == [1, 2]
    assert await library.reads(None) == [2]


async def test_acting_for_nobody(library: Library) -> None:
    """Nobody owns a record: who acts for its owner stands on himself, so the share lives."""
    await library.share(library.root, "1", "bob", for_owner=True)

    assert await library.reads(library.bob) == [1]


async def test_the_judge_sees_rows(library: Library) -> None:
    """What the judge says of the item is what the reading shows."""
    await library.rule(library.ann, SHARER, FEW, ("id", "title"))
    await library.share(library.root, "1", "bob")
    right = await decide(library.core, Actor(library.ann), RecordRef("articles", "1"))

    assert (right.actions, right.fields) == (SHARER, frozenset(("id", "title")))
    assert (await decide(library.core, Actor(library.bob), RecordRef("articles", "1"))).may(Action.READ)


async def test_an_item_whose_row_cannot_be(library: Library) -> None:
    """A key that no row can have disturbs nothing else, and no card shows it; nor has anything else a card."""
    await library.share(library.root, "1", "bob")
    (item,) = await library.items()
    odd = await library.build.record(item.space, "articles", "odd")
    strange = await library.build.record(item.space, "nothing", "1")
    for no in (odd, strange):
        await library.build.share(no, library.bob, stands_on=library.root, made_by=library.root)

    assert await library.reads(library.bob) == [1]
    folder = await library.build.get(type(item), await library.build.space(library.ann))
    assert await card(library.core, Actor(library.ann), folder) is None
