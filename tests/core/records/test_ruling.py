"""Rules are given and taken by administrators, and count from the next reading on."""

import pytest
from tests.core.records.library import READER, Library

from commonhold.core.identity import Actor, Named, RecipientRef
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG
from commonhold.core.problems import Problem
from commonhold.core.query import Compare, Filter, Op, Some
from commonhold.core.records.ruling import NewRule, add_rule, drop_rule, list_rules
from commonhold.core.roles import Action, Kind


async def test_given_listed_and_taken(library: Library) -> None:
    """A rule shows until it is taken away; the next reading is refused."""
    held = await library.rule(Named("ann", Kind.USER), READER, Compare("views", Op.GT, 15), ("id", "title"))
    assert held.name == "ann"
    assert await library.reads(library.ann) == [2, 3]
    (found,) = await list_rules(library.core, Actor(library.root), "articles")
    assert found == held
    assert await list_rules(library.core, Actor(library.root), "tags") == []

    await drop_rule(library.core, Actor(library.root), held.uid)
    assert await library.reads(library.ann) == []
    assert await list_rules(library.core, Actor(library.root)) == []
    with pytest.raises(Problem, match="not_found"):
        await drop_rule(library.core, Actor(library.root), held.uid)


@pytest.mark.parametrize("holder", ["team", EVERYONE, MAIN_ORG])
async def test_holders(library: Library, holder: RecipientRef | str) -> None:
    """Groups, organisations and everyone hold rules, too; whoever leaves has lost them."""
    await library.rule(Named(holder) if isinstance(holder, str) else holder)

    assert await library.reads(library.bob) == [1, 2, 3]
    assert await library.reads(None) == ([1, 2, 3] if holder == EVERYONE else [])


async def test_administrators_alone(library: Library) -> None:
    """Nobody else gives, sees or takes rules."""
    held = await library.rule(library.ann, Action(511))
    ann = Actor(library.ann)
    for verb in (
        add_rule(library.core, ann, NewRule(library.ann, "tags", READER)),
        list_rules(library.core, ann),
        drop_rule(library.core, ann, held.uid),
    ):
        with pytest.raises(Problem, match="forbidden"):
            await verb


@pytest.mark.parametrize(
    ("where", "code"),
    [
        (Compare("colour", Op.EQ, "x"), "unknown_column"),
        (Compare("views", Op.CONTAINS, "x"), "bad_query"),
        (Compare("views", Op.GT, "many"), "invalid_field"),
        (Some("nothing"), "unknown_column"),
    ],
)
async def test_filters_that_make_no_sense(library: Library, where: Filter, code: str) -> None:
    """A filter that no row can be asked is refused, and nothing is written."""
    with pytest.raises(Problem, match=code):
        await library.rule(library.ann, where=where)
    assert await list_rules(library.core, Actor(library.root)) == []


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (NewRule(Named("nobody at all"), "articles", READER), "unknown_recipient"),
        (NewRule(LINK, "articles", READER), "unknown_recipient"),
        (NewRule(EVERYONE, "nothing", READER), "unknown_collection"),
        (NewRule(EVERYONE, "articles", READER, fields=("colour",)), "unknown_column"),
        (NewRule(EVERYONE, "articles", Action.NONE), "missing_field"),
        (NewRule(EVERYONE, "articles", READER, fields=()), "missing_field"),
    ],
)
async def test_rules_that_make_no_sense(library: Library, new: NewRule, code: str) -> None:
    """Unknown holders, collections and fields are refused, and rules that would give nothing."""
    with pytest.raises(Problem, match=code):
        await add_rule(library.core, Actor(library.root), new)
