"""Moving: into other folders and other spaces."""

import pytest
from tests.core.content.world import World, pieces, problem

from commonhold.core.content.files import put_content
from commonhold.core.content.making import make_folder
from commonhold.core.content.moving import move
from commonhold.core.content.trash import trash
from commonhold.core.content.tree import ItemChange, change, get
from commonhold.core.limits import Limits
from commonhold.core.model import Allowance
from commonhold.core.problems import Problem
from commonhold.core.roles import Role


async def test_a_move_takes_everything_along(world: World) -> None:
    """What is below comes along by standing where it stood; shares from the old place end, from the new one begin."""
    old, new = await world.folder("old"), await world.folder("new")
    box = await world.folder("box", old.no)
    file = await world.file("a", parent=box.no)
    before, after = await world.guest(old.no, Role.VIEWER), await world.guest(new.no, Role.VIEWER)
    moved = await move(world.core, world.ann, box.no, new.no, name="crate", if_stamp=box.stamp)

    assert moved == await world.row(box.no)
    assert (await get(world.core, world.ann, file.no)).path == "/ann/new/crate/a"
    assert await world.text(file.no, after) == "hello"
    assert (await problem(get(world.core, before, file.no))).code == "unknown_item"


async def test_a_move_within_a_folder_is_a_renaming(world: World) -> None:
    """Who may rename but not delete may do this, and nothing further."""
    box = await world.folder("box")
    assert (await move(world.core, world.ann, box.no, world.top, name="crate")).name == "crate"
    assert (await move(world.core, world.ann, box.no, world.top)).name == "crate"


@pytest.mark.parametrize("below", [0, 1, 2])
async def test_into_itself(world: World, below: int) -> None:
    """A folder goes neither into itself nor into what is in it."""
    chain = [await world.folder("a")]
    for name in ("b", "c"):
        chain.append(await world.folder(name, chain[-1].no))

    assert await problem(move(world.core, world.ann, chain[0].no, chain[below].no)) == Problem(
        "into_itself", field="parent"
    )


async def test_two_moves_cannot_make_a_ring(world: World) -> None:
    """Two folders moved into one another at the same time: the second decision is made anew, and refused."""
    a, b = await world.folder("a"), await world.folder("b")
    world.store.meanwhile = lambda: move(world.core, world.ann, b.no, a.no)

    assert (await problem(move(world.core, world.ann, a.no, b.no))).code == "into_itself"


async def test_refusals(world: World) -> None:
    """A taken name, a file as a target, the top of a space, a stale stamp, the trash: each is told by its code."""
    box, file = await world.folder("box"), await world.file("a")
    await world.file("a", parent=box.no)
    gone = await world.folder("gone")
    await trash(world.core, world.ann, gone.no)
    core, ann = world.core, world.ann
    asked = {
        "name_collides": move(core, ann, file.no, box.no),
        "not_a_folder": move(core, ann, box.no, file.no),
        "forbidden": move(core, ann, world.top, box.no),
        "precondition_failed": move(core, ann, file.no, box.no, if_stamp=9),
        "in_trash": move(core, ann, file.no, gone.no),
        "name_forbidden": move(core, ann, file.no, box.no, name=".."),
        "unknown_item": move(core, ann, file.no, 99_999),
    }
    found = {code: (await problem(verb)).code for code, verb in asked.items()}

    assert found == {code: code for code in asked}


async def test_source_and_target_are_both_asked(world: World) -> None:
    """Moving needs to delete here and to create there; writing is not enough on either side."""
    here, there = await world.folder("here"), await world.folder("there")
    file = await world.file("a", parent=here.no)

    async def may(source: Role | None, target: Role | None) -> str:
        guest = await world.guest(here.no, source)
        if target is not None:
            await world.build.share(there.no, guest.user or 0, target)
        try:
            await move(world.core, guest, file.no, there.no)
        except Problem as refused:
            return refused.code
        await move(world.core, world.ann, file.no, here.no)
        return "moved"

    assert await may(Role.CONTRIBUTOR, Role.UPLOADER) == "moved"
    assert await may(Role.EDITOR, Role.CONTRIBUTOR) == "forbidden"
    assert await may(Role.CONTRIBUTOR, Role.EDITOR) == "forbidden"
    assert await may(Role.CONTRIBUTOR, None) == "unknown_item"
    assert await may(Role.UPLOADER, Role.CONTRIBUTOR) == "unknown_item"


async def test_depth_counts_what_comes_along() -> None:
    """A folder is refused where its folders would stand too deep; upwards and sideways it always fits."""
    world = await World.open(Limits(depth=5))
    tall = await world.folder("a")
    await world.folder("b", tall.no)
    deep = await world.folder("y", (await world.folder("x")).no)

    assert (await problem(move(world.core, world.ann, tall.no, deep.no))).code == "tree_too_deep"
    await move(world.core, world.ann, tall.no, deep.parent or 0)
    await move(world.core, world.ann, tall.no, world.top)


async def test_into_another_space(world: World) -> None:
    """What goes into another space is its owner's, with all versions, trash and bytes; Ann's shares of it end."""
    theirs = await make_folder(world.core, world.bob, world.bobs, "theirs")
    await world.build.share(theirs.no, world.ann.user or 0, Role.CONTRIBUTOR)
    box = await world.folder("box")
    file = await world.file("a", "123", box.no)
    await put_content(world.core, world.ann, file.no, pieces("4567"))
    thrown = await world.file("b", "89", box.no)
    await trash(world.core, world.ann, thrown.no)
    guest = await world.guest(box.no, None)
    await world.build.share(box.no, guest.user or 0, stands_on=world.ann.user)
    assert (await get(world.core, guest, file.no)).item.name == "a"
    moved = await move(world.core, world.ann, box.no, theirs.no)

    assert moved == await world.row(box.no)
    assert {(await world.row(no)).space for no in (box.no, file.no, thrown.no)} == {theirs.space}
    assert (await world.used(), await world.used(world.bobs)) == (0, 9)
    assert (await get(world.core, world.bob, file.no)).path == "/bob/theirs/box/a"
    assert (await problem(get(world.core, guest, file.no))).code == "unknown_item"


async def test_limits_between_spaces(world: World) -> None:
    """Too many items, too many bytes, and what is protected stay where they are."""
    small = await World.open(Limits(move_rows=2))
    box = await small.folder("box")
    for name in ("a", "b", "c"):
        await small.file(name, parent=box.no)
    await small.build.share(small.bobs, small.ann.user or 0, Role.CONTRIBUTOR)
    assert (await problem(move(small.core, small.ann, box.no, small.bobs))).code == "move_too_large"

    await world.build.share(world.bobs, world.ann.user or 0, Role.CONTRIBUTOR)
    await world.build.put(Allowance(world.bob.user or 0, quota=4))
    file = await world.file("a", "12345")
    assert (await problem(move(world.core, world.ann, file.no, world.bobs))).code == "quota_exceeded"
    await change(world.core, world.ann, file.no, ItemChange(protected=True))
    assert (await problem(move(world.core, world.ann, file.no, world.bobs))).code == "protected"
    assert (await world.used(), await world.used(world.bobs)) == (5, 0)


async def test_nothing_is_put_into_the_old_space(world: World) -> None:
    """What is put into a folder while its parent moves into another space lands in the new one."""
    await world.build.share(world.bobs, world.ann.user or 0, Role.CONTRIBUTOR)
    outer = await world.folder("outer")
    inner = await world.folder("inner", outer.no)
    world.store.meanwhile = lambda: move(world.core, world.ann, outer.no, world.bobs)
    made = await world.file("a", "123", inner.no)

    assert made.space == (await world.row(world.bobs)).space
    assert (await world.used(), await world.used(world.bobs)) == (0, 3)


async def test_the_engine_counts_too(world: World) -> None:
    """What grows beyond the limit between looking and writing is refused by the write itself."""
    world = await World.open(Limits(move_rows=2))
    await world.build.share(world.bobs, world.ann.user or 0, Role.CONTRIBUTOR)
    box = await world.folder("box")
    await world.file("a", parent=box.no)
    world.store.meanwhile = lambda: _grow(world, box.no)

    assert (await problem(move(world.core, world.ann, box.no, world.bobs))).code == "move_too_large"


async def _grow(world: World, folder: int) -> None:
    for name in ("b", "c"):
        await world.file(name, parent=folder)
