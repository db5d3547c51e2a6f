"""Everything below folders, level by level."""

import pytest
from tests.core.content.test_walking import tree
from tests.core.content.world import World

from commonhold.core.content.levels import Below, below
from commonhold.core.content.trash import trash
from commonhold.core.content.tree import get
from commonhold.core.identity import Actor
from commonhold.core.problems import Problem
from commonhold.core.roles import Role


async def found(world: World, actor: Actor, *folders: int, **how: bool | int) -> Below:
    """What somebody finds below folders."""
    seen = [await get(world.core, actor, no) for no in folders]
    return await below(world.core, actor, seen, **how)  # type: ignore[arg-type]


def names(whole: Below) -> list[str | None]:
    """What it is called."""
    return [seen.item.name for seen in whole.items]


async def test_upper_levels_come_first(world: World) -> None:
    """Of several folders, each level by name; with the path of each, as its owner sees it; or one level alone."""
    made = await tree(world, "box/", "box/b/", "box/b/deep", "box/z", "other/", "other/a")
    whole = await found(world, world.ann, made["box"], made["other"])
    assert (names(whole), whole.whole) == (["a", "b", "z", "deep"], True)
    assert whole.items[-1].path == "/ann/box/b/deep"
    assert names(await found(world, world.ann, made["box"], deep=False)) == ["b", "z"]


async def test_at_most_so_many(world: World) -> None:
    """What is more is said to be there; nothing at all is asked about no folder."""
    made = await tree(world, "box/", "box/a/", "box/a/c", "box/b")
    part = await found(world, world.ann, made["box"], most=2)
    assert (names(part), part.whole) == (["a", "b"], False)
    assert (await found(world, world.ann)).items == []


async def test_what_is_restricted_is_left_out(world: World) -> None:
    """A folder that takes nothing from above is met by those alone who have a right of their own in it."""
    made = await tree(world, "box/", "box/in/", "box/in/secret", "box/open")
    await world.restrict(made["box/in"])
    guest = await world.guest(made["box"], Role.VIEWER)
    assert names(await found(world, guest, made["box"])) == ["open"]
    assert names(await found(world, world.ann, made["box"])) == ["in", "open", "secret"]


async def test_more_than_a_page(world: World) -> None:
    """Pages do not show, neither of folders nor of what is in one."""
    made = await tree(world, "box/")
    for place in range(203):
        await world.build.folder(made["box"], f"{place:03}")
    assert names(await found(world, world.ann, made["box"])) == [f"{place:03}" for place in range(203)]


async def test_what_was_thrown_away_since(world: World) -> None:
    """What left a folder for the trash from a moment on is told beside what is there."""
    made = await tree(world, "box/", "box/a", "box/b")
    await trash(world.core, world.ann, made["box/a"])
    world.clock.advance(10)
    since = world.clock()
    await trash(world.core, world.ann, made["box/b"])
    assert [item.no for item in (await found(world, world.ann, made["box"], since=since)).gone] == [made["box/b"]]


async def test_a_right_that_ended_meanwhile(world: World) -> None:
    """Whoever may not read any of the folders any more learns nothing."""
    made = await tree(world, "box/", "box/a")
    seen = await get(world.core, world.ann, made["box"])
    with pytest.raises(Problem, match="unknown_item"):
        await below(world.core, world.bob, [seen])
