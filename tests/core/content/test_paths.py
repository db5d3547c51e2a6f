"""Folders at a path: found, or made on the way."""

import asyncio

from tests.core.content.world import World, problem

from commonhold.core.content.paths import make_path
from commonhold.core.content.tree import ItemChange, change, children, get
from commonhold.core.identity import NOBODY
from commonhold.core.problems import Problem
from commonhold.core.roles import Role


async def test_a_path_is_made_once(world: World) -> None:
    """What is there is used, the rest is made; whoever asks at the same time gets the same folders."""
    box = await world.folder("box")
    asked = (make_path(world.core, world.ann, world.top, ["box", "a", "b"]) for _ in range(3))
    made = await asyncio.gather(*asked)
    assert {one.no for one in made} == {made[0].no}
    seen = await get(world.core, world.ann, made[0].no)
    assert (seen.path, seen.trail[-2].no) == ("/ann/box/a/b", box.no)
    assert (await make_path(world.core, world.ann, box.no, [])).no == box.no


async def test_what_is_in_the_way(world: World) -> None:
    """A file of the name, a name that is none, and a folder that one may not fill are refused."""
    await world.file("taken")
    assert (await problem(make_path(world.core, world.ann, world.top, ["taken", "x"]))).code == "name_collides"
    assert await problem(make_path(world.core, world.ann, world.top, [".."])) == Problem("name_forbidden", field="path")
    box = await world.folder("box")
    reader = await world.guest(box.no, Role.VIEWER)
    assert (await problem(make_path(world.core, reader, box.no, ["x"]))).code == "forbidden"
    assert (await problem(make_path(world.core, NOBODY, box.no, ["x"]))).code == "unknown_item"
    assert (await children(world.core, world.ann, box.no)).items == ()


async def test_what_one_may_not_see_is_not_used(world: World) -> None:
    """A folder closed to shares from above is no way for them; who sees nothing gets folders of his own."""
    box = await world.folder("box")
    closed = await world.folder("closed", box.no)
    await change(world.core, world.ann, closed.no, ItemChange(inherits=False))
    editor = await world.guest(box.no, Role.CONTRIBUTOR)
    assert (await problem(make_path(world.core, editor, box.no, ["closed", "x"]))).code == "name_collides"
    dropper = await world.guest(box.no, Role.UPLOADER)
    made = await make_path(world.core, dropper, box.no, ["closed", "x"])
    names = [one.item.no for one in (await children(world.core, world.ann, box.no)).items]
    assert closed.no in names
    assert made.parent != closed.no
