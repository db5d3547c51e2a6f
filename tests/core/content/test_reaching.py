"""Items with how far they reach, and items found by a filter."""

import pytest
from tests.core.content.world import World, problem

from commonhold.core.content.reaching import find, look_at
from commonhold.core.identity import NOBODY, Actor, Named
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG, Item, Principal, State
from commonhold.core.policy.width import Width
from commonhold.core.ports import LONGEST_PAGE
from commonhold.core.query import ALWAYS, Compare, Filter, Not, Op, Some, all_of, any_of
from commonhold.core.roles import Action, Kind, Role


async def width(world: World, item: Item) -> Width:
    """Return how far an item reaches, as Ann sees it."""
    return (await look_at(world.core, world.ann, (item.no,))).found[item.no].width


@pytest.mark.parametrize(
    ("to", "expected"), [(EVERYONE, Width.EVERYONE), (MAIN_ORG, Width.ORG), (LINK, Width.SOME), (None, Width.NOBODY)]
)
async def test_how_far(world: World, to: int | None, expected: Width) -> None:
    """The widest share that gives something counts, one on a folder above, too; none in the trash does."""
    box = await world.folder("box")
    item = await world.file("a", parent=box.no)
    away = await world.build.user("away", state=State.SUSPENDED)
    await world.build.share(item.no, away)
    if to is not None:
        await world.build.share(item.no, await world.build.user("zoe"))
        await world.build.share(box.no, to)
    assert await width(world, item) is expected


async def test_upload_only_is_not_wide(world: World) -> None:
    """What everybody may put things into and nobody may read is not everyone's."""
    box = await world.folder("box")
    await world.build.share(box.no, EVERYONE, Role.UPLOADER)
    assert await width(world, box) is Width.SOME


async def test_what_is_hidden(world: World) -> None:
    """What is there but not for somebody is told apart from what is not there, and from what was thrown away."""
    item = await world.file("a")
    looked = await look_at(world.core, world.bob, (item.no, 999, item.uid), (Named("ann", Kind.USER), Named("zed")))
    assert looked.found == {}
    assert looked.hidden == {item.no, item.uid}
    ann = looked.principal(Named("ann", Kind.USER))
    assert ann is not None
    assert ann.no == world.ann.user
    assert looked.principal(Named("zed")) is None
    await world.build.set(Item, item.no, life="trashed", name_key=None)
    assert (await look_at(world.core, world.ann, (item.no,))).found == {}


async def test_more_than_a_page(world: World) -> None:
    """Of many items a page is shown, and all are counted; of few, exactly those that may be seen."""
    shared = await world.folder("shared")
    for number in range(LONGEST_PAGE + 5):
        await world.build.item(shared.no, f"item {number:03}")
    found = await find(world.core, world.ann, ALWAYS, order="name", start=LONGEST_PAGE, limit=3)
    assert found.total == LONGEST_PAGE + 5
    assert [wide.seen.item.name for wide in found.items] == ["item 200", "item 201", "item 202"]
    await world.build.share(shared.no, EVERYONE, until=1)
    hidden = await find(world.core, NOBODY, Compare("name", Op.ICONTAINS, "item 001"))
    assert (hidden.total, hidden.items) == (0, ())


async def test_names_in_a_filter(world: World) -> None:
    """Owners, groups, organisations and folders may be named; what nobody is called holds for nothing."""
    box = await world.folder("box")
    item = await world.file("a", parent=box.no)
    group = await world.build.group("team", world.ann.user or 0)
    await world.build.share(item.no, group)

    async def found(where: Filter, actor: Actor = world.ann) -> list[int]:
        return [wide.seen.item.no for wide in (await find(world.core, actor, where)).items]

    assert await found(Compare("owner", Op.EQ, "ann")) == [item.no]
    assert await found(Not(Compare("owner", Op.EQ, "bob"))) == [item.no]
    assert await found(Compare("recipient", Op.EQ, "team")) == [item.no]
    assert await found(Compare("folder", Op.EQ, box.uid)) == [item.no]
    assert await found(Compare("org", Op.EQ, "nowhere")) == []
    assert await found(any_of(Compare("owner", Op.EQ, "zed"), Compare("uid", Op.EQ, item.uid))) == [item.no]
    assert await found(all_of(Compare("owner", Op.EQ, "zed"), Compare("uid", Op.EQ, item.uid))) == []
    refused = await problem(find(world.core, world.ann, Some("items")))
    assert refused.code == "bad_query"


async def test_who_finds_nothing(world: World) -> None:
    """Whoever is suspended, or may not read by his token, finds nothing; an administrator finds everything."""
    await world.file("a")
    boss = Actor(await world.build.user("boss", admin=True))
    assert (await find(world.core, boss, ALWAYS)).total == 1
    assert (await find(world.core, Actor(world.ann.user, actions=Action.WRITE), ALWAYS)).total == 0
    assert (await find(world.core, Actor(999), ALWAYS)).total == 0
    await world.build.set(Principal, world.ann.user or 0, state=State.SUSPENDED)
    assert (await find(world.core, world.ann, ALWAYS)).total == 0
