"""What a process keeps is never older than what it reads: whatever another one changes, the next look sees it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from commonhold.core.changes import Change, Charge, CountUse, Drop, MoveSpace, Nest, Put, Set, Unnest, Upsert
from commonhold.core.identity import Actor
from commonhold.core.model import (
    LINK,
    Allowance,
    GroupTerms,
    Item,
    Life,
    Member,
    Principal,
    Share,
    Space,
    State,
)
from commonhold.core.policy.snapshot import Look, Part, Snapshot
from commonhold.core.roles import Kind, Role
from commonhold.store.sqlite.probes import FEW
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.build import Builder


class World(NamedTuple):
    """Ann's space with a folder and a file, shared with bob, with a group that he is in, and by a link."""

    ann: int
    bob: int
    group: int
    above: int
    space: int
    other: int
    root: int
    folder: int
    file: int
    share: int
    link: int


@pytest.fixture
async def stores(database: Path) -> AsyncIterator[tuple[SqliteStore, SqliteStore]]:
    """Two stores on one database, as two processes have them."""
    found = SqliteStore(database), SqliteStore(database)
    yield found
    for store in found:
        await store.close()


async def made(build: Builder) -> World:
    """Make the world."""
    ann, bob = await build.user("ann"), await build.user("bob")
    group, above = await build.group("group", bob), await build.group("above")
    root, other = await build.space(ann), await build.space(bob)
    folder = await build.folder(root, "folder")
    file = await build.item(folder, "file")
    share = await build.share(folder, bob)
    await build.share(root, group)
    link = await build.share(folder, LINK)
    space, moved = (await build.get(Item, root)).space, (await build.get(Item, other)).space
    return World(ann, bob, group, above, space, moved, root, folder, file, share, link)


def look(world: World) -> Look:
    """What bob may do with the file, and everybody else too."""
    return Look(Actor(world.bob), (world.file,), (world.group,), (world.link,), audience=Part(total=True), names=True)


CHANGES: dict[str, Callable[[World], Change]] = {
    "a person is suspended": lambda w: Set(Principal, (w.bob,), {"state": State.SUSPENDED}),
    "a person loses an allowance": lambda w: Upsert(Allowance(w.ann, make=False)),
    "a group takes less": lambda w: Upsert(GroupTerms(w.group, view_only=True)),
    "somebody leaves a group": lambda w: Drop(Member, (w.bob, w.group)),
    "somebody joins a group": lambda w: Put(Member(w.bob, w.above)),
    "a group is nested": lambda w: Nest(w.group, w.above, 0),
    "a group is not nested any more": lambda w: Unnest(w.group, w.above),
    "an item is renamed": lambda w: Set(Item, (w.file,), {"name": "new", "name_key": "new"}),
    "an item moves": lambda w: Set(Item, (w.file,), {"parent": w.root}),
    "a folder takes nothing from above": lambda w: Set(Item, (w.folder,), {"inherits": False}),
    "a folder is thrown away": lambda w: Set(Item, (w.folder,), {"life": Life.TRASHED, "name_key": None}),
    "a folder goes to another space": lambda w: MoveSpace(w.folder, w.other, 10),
    "a space gets another owner": lambda w: Set(Space, (w.space,), {"owner": w.bob}),
    "a space grows": lambda w: Charge(w.space, 10),
    "a share gives more": lambda w: Set(Share, (w.share,), {"role": Role.MANAGER}),
    "a share ends": lambda w: Drop(Share, (w.share,)),
    "a link is opened": lambda w: CountUse(w.link, None, 1),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_the_next_look_sees(stores: tuple[SqliteStore, SqliteStore], database: Path, what: str) -> None:
    """A look after the change is what somebody sees who has just come."""
    here, there = stores
    world = await made(Builder(there))
    if what == "a group is not nested any more":
        await there.commit([Nest(world.group, world.above, 0)])
    before = await here.look(look(world))

    await there.commit([CHANGES[what](world)])

    after = await here.look(look(world))
    fresh = SqliteStore(database)
    assert after == await fresh.look(look(world))
    assert changed(before, after)
    await fresh.close()


def changed(before: Snapshot, after: Snapshot) -> bool:
    """Tell whether two snapshots differ in more than their counters."""
    return any(
        getattr(before, name) != getattr(after, name)
        for name in Snapshot.__struct_fields__
        if name not in ("revision", "people_at", "tree_at")
    )


async def test_what_is_not_there_yet(stores: tuple[SqliteStore, SqliteStore]) -> None:
    """An item that was asked for before it was made is found afterwards, although no place changed."""
    here, there = stores
    world = await made(Builder(there))
    next_no = (await here.instance()).next_no
    assert not (await here.look(Look(Actor(world.bob), (next_no,)))).items

    made_now = await Builder(there).item(world.folder, "new")

    assert made_now == next_no
    assert made_now in (await here.look(Look(Actor(world.bob), (next_no,)))).items


@pytest.mark.parametrize("others", [FEW - 2, FEW - 1, FEW, FEW * 3])
async def test_few_and_many_shares(stores: tuple[SqliteStore, SqliteStore], others: int) -> None:
    """Whether few or many shares stand on a chain, a look finds those that reach somebody, and no others."""
    here, there = stores
    build = Builder(there)
    ann, bob = await build.user("ann"), await build.user("bob")
    root = await build.space(ann)
    file = await build.item(root, "file")
    mine = await build.share(root, bob)
    await there.commit([change for at in range(others) for change in shared(file, ann, 10**6 + at, -2 * at - 1)])

    snapshot = await here.look(Look(Actor(bob), (file,)))

    assert set(snapshot.shares) == {mine}


def shared(item: int, by: int, recipient: int, no: int) -> list[Put]:
    """A share with somebody, whoever that is."""
    return [Put(Share(no, no - 1, f"uid{no}", item, recipient, Kind.USER, Role.VIEWER, by, by, "tests"))]
