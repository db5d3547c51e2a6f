"""What the worker clears away."""

from tests.core.content.world import World, pieces

from commonhold.core.content.files import put_content
from commonhold.core.content.moving import move
from commonhold.core.content.sweeping import sweep
from commonhold.core.content.trash import purge, trash, trashed
from commonhold.core.limits import DAY, Limits
from commonhold.core.model import Item, Life, Version
from commonhold.core.ports import LONGEST_PAGE
from commonhold.core.roles import Role


async def test_the_trash_is_kept_for_its_days() -> None:
    """What is in the trash longer than the limit says is ended, with everything below it; younger things stay."""
    world = await World.open(Limits(trash_days=3))
    old, young = await world.folder("old"), await world.file("young", "1")
    file = await world.file("a", "123", old.no)
    await trash(world.core, world.ann, old.no)
    world.clock.advance(2 * DAY)
    await trash(world.core, world.ann, young.no)
    assert (await sweep(world.core, world.clock())).purged == 0
    world.clock.advance(DAY + 1)
    swept = await sweep(world.core, world.clock())

    assert (swept.purged, swept.more) == (1, False)
    assert [item.no for item in (await trashed(world.core, world.ann)).rows] == [young.no]
    assert ((await world.row(file.no)).life, await world.used()) == (Life.DELETED, 1)


async def test_bytes_without_a_row_go_after_a_day(world: World) -> None:
    """Bytes of ended files and dropped versions are removed once they are old; what a row names stays."""
    kept, gone = await world.file("kept", "old"), await world.file("gone")
    await put_content(world.core, world.ann, kept.no, pieces("new"))
    await trash(world.core, world.ann, gone.no)
    await purge(world.core, world.ann, gone.no)
    assert (await sweep(world.core, world.clock())).blobs == 0
    world.clock.advance(DAY + 1)

    assert (await sweep(world.core, world.clock())).blobs == 1
    assert [await world.text(kept.no, version=number) for number in (1, 2)] == ["old", "new"]


async def test_a_large_folder_is_cleared_in_batches(world: World) -> None:
    """A purged folder is out of reach at once and cleared out page by page, by as many sweeps as it takes."""
    box = await world.folder("box")
    for number in range(9):
        inner = await world.folder(str(number), box.no)
        await world.file("a", "1", inner.no)
        await world.guest(inner.no, Role.VIEWER)
    await trash(world.core, world.ann, box.no)
    await purge(world.core, world.ann, box.no)
    sweeps = [await sweep(world.core, world.clock(), batches=2) for _ in range(3)]

    assert [one.more for one in sweeps] == [True, True, False]
    assert await world.used() == 0
    assert await world.shares(inner.no) == []


async def test_a_closed_space_is_cleared_out(world: World) -> None:
    """The space of a deleted account ends with its top folder; everything in it is cleared out."""
    file = await world.file("a", "1", (await world.folder("box")).no)
    await world.build.set(Item, world.top, life=Life.DELETED, trashed_at=1)
    await sweep(world.core, world.clock())

    assert ((await world.row(file.no)).life, await world.used()) == (Life.DELETED, 0)


async def test_more_than_a_page(world: World) -> None:
    """What does not fit one page is ended page by page, and counted whole when it moves into another space."""
    box = await world.folder("box")
    for number in range(LONGEST_PAGE + 1):
        no = await world.build.item(box.no, str(number))
        await world.build.put(Version(-1, no, 1, f"{number:040}", 1, "", None, None, 0))
    await world.build.share(world.bobs, world.ann.user or 0, Role.CONTRIBUTOR)
    await move(world.core, world.ann, box.no, world.bobs)
    assert await world.used(world.bobs) == LONGEST_PAGE + 1

    await trash(world.core, world.bob, box.no)
    await purge(world.core, world.bob, box.no)
    assert (await world.used(world.bobs), (await sweep(world.core, world.clock())).cleared) == (0, 0)
