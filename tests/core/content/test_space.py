"""Spaces: whose they are, what they hold, how much they may."""

from tests.core.content.world import World, problem

from commonhold.core.content.names import path_of
from commonhold.core.content.space import usage
from commonhold.core.content.tree import get
from commonhold.core.core import judge
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.limits import Limits
from commonhold.core.model import EVERYONE, Allowance, Space
from commonhold.core.policy.snapshot import Look


async def test_ones_own_space(world: World) -> None:
    """A person's space, its top folder, and what it holds; without a bound unless there is one."""
    await world.file("a", "12345")
    mine = await usage(world.core, world.ann)

    assert (mine.top.no, mine.space.owner, mine.used, mine.quota) == (world.top, world.ann.user, 5, None)


async def test_the_least_quota_counts() -> None:
    """Installation, organisation, everyone and the person himself may set a bound; the least holds."""
    world = await World.open(Limits(quota=100))
    assert (await usage(world.core, world.ann)).quota == 100
    await world.build.put(Allowance(EVERYONE, quota=90), Allowance(world.ann.user or 0, quota=80))

    assert ((await usage(world.core, world.ann)).quota, (await usage(world.core, world.bob)).quota) == (80, 90)


async def test_whose_space(world: World) -> None:
    """Of a space those learn who own or administer it; people without one, and nobody, have none."""
    box = await world.folder("box")
    root, _ = await world.person("root", admin=True)
    homeless = Actor(await world.build.user("hal"))

    assert (await usage(world.core, root, box.no)).space.owner == world.ann.user
    assert (await problem(usage(world.core, world.bob, box.no))).code == "unknown_item"
    assert (await problem(usage(world.core, homeless))).code == "unknown_item"
    assert (await problem(usage(world.core, NOBODY))).code == "unauthenticated"


async def test_a_space_that_was_taken_over(world: World) -> None:
    """Whoever takes over a space owns it; his paths still begin in his own, and what is in the other has none."""
    box = await world.folder("box")
    await world.build.set(Space, box.space, owner=world.bob.user)
    seen = await get(world.core, world.bob, box.no)

    assert (await usage(world.core, world.bob)).top.no == world.bobs
    assert (seen.owner, seen.path, [item.no for item in seen.trail]) == (world.bob.user, None, [world.top])


async def test_paths_need_names(world: World) -> None:
    """Without names in the snapshot, or for what is not in it, there is no path."""
    box = await world.folder("box")
    seen = await judge(world.core, Look(world.ann, items=(box.no,)))

    assert path_of(seen.snapshot, box.no) is None
    assert path_of(seen.snapshot, 99_999) is None
