"""Walking a folder, for archives: everything that may be had, asked for on the way."""

import pytest
from tests.core.content.world import World, problem, text_of

from commonhold.core.content.making import make_app
from commonhold.core.content.walking import walk
from commonhold.core.identity import Actor
from commonhold.core.limits import Limits
from commonhold.core.problems import Problem
from commonhold.core.roles import Role


async def paths(world: World, actor: Actor, folder: int) -> list[str]:
    """The paths that a walk meets."""
    return [entry.path async for entry in walk(world.core, actor, folder)]


async def tree(world: World, *names: str) -> dict[str, int]:
    """Make folders (a name with ``/`` at its end) and files, and return their numbers by path."""
    made = {"": world.top}
    for name in names:
        parent, _, last = name.rstrip("/").rpartition("/")
        make = world.folder if name.endswith("/") else world.file
        made[name.rstrip("/")] = (await make(last, parent=made[parent])).no
    return made


@pytest.mark.parametrize("page", [1, 2, 200])
async def test_everything_below_with_relative_paths(page: int) -> None:
    """Each folder comes before what is in it; paths begin below where the walk began; pages do not show."""
    world = await World.open(Limits(page=page))
    made = await tree(world, "box/", "box/a", "box/b/", "box/b/c", "box/b/d/", "box/e", "other/", "other/f", "boxes")

    assert await paths(world, world.ann, made["box"]) == ["a", "b", "b/c", "b/d", "e"]
    assert len(await paths(world, world.ann, world.top)) == 9


async def test_files_open_on_the_way(world: World) -> None:
    """An entry's content is opened when its turn comes."""
    made = await tree(world, "box/", "box/a")
    opened = [await text_of(await entry.open()) async for entry in walk(world.core, world.ann, made["box"])]

    assert opened == ["hello"]


async def test_only_folders_and_files(world: World) -> None:
    """Apps and entries have no bytes, and are left out."""
    await make_app(world.core, world.ann, world.top, "app", "https://example.org/")

    assert await paths(world, world.ann, world.top) == []


async def test_what_is_restricted_deep_below_is_left_out(world: World) -> None:
    """A folder that takes nothing from above is out of reach through a link to whatever is above it."""
    made = await tree(world, "box/", "box/a", "box/b/", "box/b/secret/", "box/b/secret/c", "box/z")
    await world.restrict(made["box/b/secret"])
    holder = await world.link(made["box"], Role.VIEWER)

    assert await paths(world, holder, made["box"]) == ["a", "b", "z"]


async def test_previewers_and_strangers_get_none(world: World) -> None:
    """An archive is a download: whoever may only preview is refused, and nobody else learns of the folder."""
    made = await tree(world, "box/", "box/a")
    previewer = await world.guest(made["box"], Role.PREVIEWER)

    assert await problem(paths(world, previewer, made["box"])) == Problem("forbidden", field="folder")
    assert await problem(paths(world, world.bob, made["box"])) == Problem("unknown_item", field="folder")


async def test_what_is_taken_away_on_the_way_is_met_no_more(world: World) -> None:
    """A share that ends while the walk runs: no further page, no further folder, and no further bytes."""
    made = await tree(world, "box/", "box/a", "box/b/", "box/b/c", "box/d")
    guest = await world.guest(made["box"], Role.VIEWER)
    met, refused = [], []
    async for entry in walk(world.core, guest, made["box"]):
        met.append(entry.path)
        await world.withdraw(made["box"])
        refused.append((await problem(entry.open())).code)

    assert met == ["a", "b", "d"]
    assert refused == ["unknown_item"] * 3


async def test_a_walk_fails_with_its_store(world: World) -> None:
    """An archive that lacks what it should hold must not look whole."""
    made = await tree(world, "box/", "box/a/", "box/b")
    steps = walk(world.core, world.ann, made["box"])

    assert (await anext(steps)).path == "a"
    await world.core.store.close()
    assert (await problem(anext(steps))).code == "unavailable"


async def test_what_may_only_be_previewed_is_left_out(world: World) -> None:
    """Something restricted inside, that one may preview but not download, is no part of the archive."""
    made = await tree(world, "box/", "box/a", "box/b")
    await world.restrict(made["box/a"])
    guest = await world.guest(made["box"], Role.VIEWER)
    await world.build.share(made["box/a"], guest.user or 0, Role.PREVIEWER)

    assert await paths(world, guest, made["box"]) == ["b"]
