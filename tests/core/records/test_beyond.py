"""Rules on collections that a face shows by itself: kept, changed, ended, and told to whoever they are about."""

import msgspec
import pytest
from tests.core.records.library import Library

from commonhold.core.directory.roll import with_numbers
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.model import EVERYONE
from commonhold.core.problems import Problem
from commonhold.core.query import ALWAYS, Compare, Current, Op
from commonhold.core.records.beyond import beyond
from commonhold.core.records.catalog import Catalog, Collection, Field
from commonhold.core.records.rules import WHOLE, rows_of
from commonhold.core.records.ruling import NewRule, add_rules, change_rule, drop_rules, list_rules
from commonhold.core.roles import Action

SHOWN = Catalog(0, [Collection("shown", "id", (Field("id"), Field("owner")))])
MINE = Compare("owner", Op.EQ, Current("user"))


def new(library: Library, **how: object) -> NewRule:
    """A rule on what is no table."""
    given = {"holder": library.ann, "collection": "shown", "actions": Action.READ, "filter": MINE} | how
    return NewRule(**given)  # type: ignore[arg-type]


async def test_rules_on_what_is_no_table(library: Library) -> None:
    """They say what somebody may do, with his own facts in them; records know nothing of them."""
    root = Actor(library.root)
    await add_rules(library.core, root, [new(library), new(library, holder=EVERYONE, actions=Action.WRITE)], SHOWN)
    anns = await beyond(library.core, Actor(library.ann), ["shown"])
    uid = (await with_numbers(library.core, root, [library.ann]))[library.ann].uid

    assert rows_of(anns.access(Action.READ).on("shown")) == Compare("owner", Op.EQ, uid)
    assert rows_of(anns.access(Action.WRITE).on("shown")) != ALWAYS
    assert anns.access(Action.DELETE).grants == {}
    assert (await beyond(library.core, Actor(library.bob), ["shown"])).access(Action.READ).grants == {}
    assert (await beyond(library.core, NOBODY, ["shown"])).access(Action.WRITE).grants
    assert (await beyond(library.core, Actor(library.ann), ["other"])).rules == ()
    assert (await beyond(library.core, root, ["shown"])).access(Action.READ) is WHOLE
    assert await library.reads(library.ann) == []


async def test_the_holder_of_a_pass_has_none(library: Library) -> None:
    """What everyone may do there, whoever came by a link may not."""
    await add_rules(library.core, Actor(library.root), [new(library, holder=EVERYONE, filter=ALWAYS)], SHOWN)
    await library.rule(library.ann)
    await library.rule(library.ann, Action.SHARE)
    visitor = await library.link(library.ann, "1")
    assert (await beyond(library.core, visitor, ["shown"])).rules == ()
    assert (await beyond(library.core, Actor(9_999), ["shown"])).rules == ()


async def test_several_rules_are_one_transaction(library: Library) -> None:
    """One that is refused leaves none of them; changed, a rule keeps its number; several end together."""
    root = Actor(library.root)
    with pytest.raises(Problem, match="unknown_column"):
        await add_rules(library.core, root, [new(library), new(library, fields=("nope",))], SHOWN)
    with pytest.raises(Problem, match="unknown_collection"):
        await add_rules(library.core, root, [new(library)])
    assert await list_rules(library.core, root) == []
    assert await add_rules(library.core, root, []) == ()
    first, second = await add_rules(
        library.core, root, [new(library), new(library, collection="articles", filter=ALWAYS)], SHOWN
    )
    changed = await change_rule(
        library.core, root, first.rule.no, new(library, filter=ALWAYS, holder=library.bob), SHOWN
    )
    assert (changed.rule.no, changed.uid, changed.rule.principal) == (first.rule.no, first.uid, library.bob)
    assert [held.rule.filter for held in await list_rules(library.core, root, "shown")] == [ALWAYS]

    with pytest.raises(Problem, match="not_found"):
        await change_rule(library.core, root, 9_999, new(library), SHOWN)
    with pytest.raises(Problem, match="not_found"):
        await drop_rules(library.core, root, [first.rule.no, 9_999])
    assert len(await list_rules(library.core, root)) == 2
    await drop_rules(library.core, root, [first.rule.no, second.uid, second.uid])
    await drop_rules(library.core, root, [])
    assert await list_rules(library.core, root) == []
    with pytest.raises(Problem, match="too_many_items"):
        await drop_rules(library.core, root, range(1_000))


async def test_without_collections(library: Library) -> None:
    """Where no collections are kept, an administrator may do everything with what a face shows, others nothing."""
    core = msgspec.structs.replace(library.core, records=None)
    assert (await beyond(core, Actor(library.root), ["shown"])).whole
    assert not (await beyond(core, Actor(library.ann), ["shown"])).whole
