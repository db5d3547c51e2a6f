"""After any sequence of verbs the tree is a tree, names are unique, chains are right, and the books balance."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.content.world import World, pieces
from tests.searching import examples

from commonhold.core.content.copying import copy
from commonhold.core.content.files import put, put_content
from commonhold.core.content.making import make_folder
from commonhold.core.content.moving import move
from commonhold.core.content.names import canonical
from commonhold.core.content.steps import Collision
from commonhold.core.content.sweeping import sweep
from commonhold.core.content.trash import empty, purge, restore, trash
from commonhold.core.content.tree import ItemChange, change, get, rename
from commonhold.core.content.versions import delete_version, restore_version
from commonhold.core.content.walking import walk
from commonhold.core.core import Core, judge
from commonhold.core.directory.reading import every
from commonhold.core.identity import Actor
from commonhold.core.limits import DAY, Limits
from commonhold.core.model import Item, Life, Space, Version
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Role

Verb = Callable[[Core, Actor, int, int, str], Awaitable[Any]]
LIMITS = Limits(depth=5, versions=2, copy_rows=20, move_rows=20, quota=60, page=3)

VERBS: dict[str, Verb] = {
    "folder": lambda c, a, i, j, n: make_folder(c, a, j, n),
    "file": lambda c, a, i, j, n: put(c, a, j, n, pieces(n)),
    "version": lambda c, a, i, j, n: put(c, a, j, n, pieces(n, n), on_collision=Collision.VERSION),
    "content": lambda c, a, i, j, n: put_content(c, a, i, pieces(n)),
    "back": lambda c, a, i, j, n: restore_version(c, a, i, 1),
    "let go": lambda c, a, i, j, n: delete_version(c, a, i, 1),
    "rename": lambda c, a, i, j, n: rename(c, a, i, n),
    "move": lambda c, a, i, j, n: move(c, a, i, j),
    "move as": lambda c, a, i, j, n: move(c, a, i, j, name=n),
    "copy": lambda c, a, i, j, n: copy(c, a, i, j, on_collision=Collision.RENAME),
    "restrict": lambda c, a, i, j, n: change(c, a, i, ItemChange(inherits=len(n) > 1)),
    "trash": lambda c, a, i, j, n: trash(c, a, i),
    "restore": lambda c, a, i, j, n: restore(c, a, i),
    "purge": lambda c, a, i, j, n: purge(c, a, i),
    "empty": lambda c, a, i, j, n: empty(c, a),
    "sweep": lambda c, a, i, j, n: sweep(c, c.clock() + 31 * DAY),
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*VERBS, *["folder", "file", "move"] * 3]),
        st.booleans(),  # Ann or Bob
        st.integers(0, 30),
        st.integers(0, 30),
        st.sampled_from(["a", "b", "cc", "a (2)", "e\u0301", "é"]),
    ),
    min_size=5,
    max_size=40,
)


async def play(world: World, steps: list[tuple[str, bool, int, int, str]]) -> None:
    """Run the steps, on what earlier steps made, now and then on the tops; each refusal names its field."""
    folders, made, thrown, refused = [world.top, world.bobs], [world.top], [world.top], list[Problem]()
    for name, anns, i, j, text in steps:
        actor = world.ann if anns else world.bob
        known = thrown if name in ("restore", "purge") else made
        try:
            found = await VERBS[name](world.core, actor, known[-1 - i % len(known)], folders[j % len(folders)], text)
        except Problem as problem:
            refused.append(problem)
            continue
        if isinstance(found, Item):
            made.append(found.no)
            folders += [found.no] if found.kind is ItemKind.FOLDER else []
            thrown += [found.no] if found.life is Life.TRASHED else []
    assert all(problem.facts.get("field") for problem in refused)


async def world_of_two() -> World:
    """Ann and Bob, each a contributor to the other's space."""
    world = await World.open(LIMITS)
    await world.build.share(world.bobs, world.ann.user or 0, Role.CONTRIBUTOR)
    await world.build.share(world.top, world.bob.user or 0, Role.CONTRIBUTOR)
    return world


async def check(world: World) -> None:
    """Check the laws over all rows, by naive means."""
    items = {row.no: row for row in await every(world.core, Item)}
    spaces = {row.no: row for row in await every(world.core, Space)}
    versions = await every(world.core, Version)
    chains = {no: chain_of(items, no) for no in items}
    seen = await judge(world.core, Look(world.ann, items=tuple(items)))

    for row in items.values():
        assert chains[row.no][-1] == spaces[row.space].root
        assert len(chains[row.no]) <= LIMITS.depth
        assert seen.snapshot.chain(row.no) == chains[row.no]
        check_names(row)
    live = [(row.parent, row.name) for row in items.values() if row.life is Life.LIVE and row.parent]
    assert len(set(live)) == len(live)
    check_contents(items, spaces, versions)
    for actor, top in ((world.ann, world.top), (world.bob, world.bobs)):
        await check_view(world, actor, top, items, chains)


def chain_of(items: dict[int, Item], no: int) -> tuple[int, ...]:
    """An item and what is above it: a ring would be longer than everything there is."""
    chain = [no]
    while (parent := items[chain[-1]].parent) is not None:
        chain.append(parent)
        assert len(chain) <= len(items)
    return tuple(chain)


def check_names(row: Item) -> None:
    """Live items have canonical names under their key, what is in the trash takes no name, tombstones have none."""
    if row.parent is None:
        return
    if row.life is Life.DELETED:
        assert (row.name, row.name_key, row.version, row.sha256) == (None, None, None, None)
    else:
        assert row.name == canonical(row.name or "", LIMITS)
        assert row.name_key == (row.name if row.life is Life.LIVE else None)


def check_contents(items: dict[int, Item], spaces: dict[int, Space], versions: list[Version]) -> None:
    """Each file has its newest content, few enough versions, and every byte is charged to the space it is in."""
    current = {row.item: row for row in sorted(versions, key=lambda row: row.ordinal)}
    files = {row.no: row for row in items.values() if row.kind is ItemKind.FILE and row.life is not Life.DELETED}
    used = Counter[int]()
    for version in versions:
        used[items[version.item].space] += version.size

    assert current.keys() == files.keys()
    assert all((row.version, row.size) == (current[no].no, current[no].size) for no, row in files.items())
    assert max(Counter(row.item for row in versions).values(), default=0) <= LIMITS.versions
    assert {no: space.used for no, space in spaces.items()} == {no: used[no] for no in spaces}
    assert all(space.used <= (LIMITS.quota or 0) for space in spaces.values())


async def check_view(
    world: World, actor: Actor, top: int, items: dict[int, Item], chains: dict[int, tuple[int, ...]]
) -> None:
    """An owner's walk meets exactly what lives in his space, each at the path that its chain says."""
    walked = {entry.item.no: entry.path async for entry in walk(world.core, actor, top)}
    below = [no for no in items if chains[no][-1] == top and no != top]
    alive = [no for no in below if {items[above].life for above in chains[no]} == {Life.LIVE}]

    assert sorted(walked) == sorted(alive)
    for no, path in walked.items():
        assert path == "/".join(items[above].name or "" for above in reversed(chains[no][:-1]))
        assert (await get(world.core, actor, no)).path == f"/{'ann' if top == world.top else 'bob'}/{path}"


@settings(max_examples=examples(25, 60))
@given(STEPS)
async def test_the_tree_stays_a_tree(steps: list[tuple[str, bool, int, int, str]]) -> None:
    """Whatever two people do in their spaces and in one another's, the laws hold afterwards."""
    world = await world_of_two()
    await play(world, steps)
    await check(world)


@pytest.mark.slow
@settings(max_examples=examples(500, 2_000))
@given(STEPS)
async def test_the_tree_stays_a_tree_for_long(steps: list[tuple[str, bool, int, int, str]]) -> None:
    """The same, searched further."""
    world = await world_of_two()
    await play(world, steps)
    await check(world)
