"""The counters of the installation, and the past."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from commonhold.core.changes import (
    Broken,
    Change,
    Charge,
    CountUse,
    Drop,
    DropWhere,
    MoveSpace,
    Nest,
    Put,
    Set,
    Unnest,
    Upsert,
)
from commonhold.core.model import (
    Allowance,
    Block,
    Event,
    GroupTerms,
    Instance,
    Item,
    ItemKind,
    Level,
    Life,
    Member,
    Principal,
    Row,
    Rule,
    Setting,
    Share,
    Space,
)
from commonhold.core.ports import Store
from commonhold.core.roles import Action, Kind, Role
from commonhold.store.tables import AT, SINCE, UNTIL, kept
from commonhold.testing.build import Builder, new_uid

Past = Callable[[Store, type[Row]], Awaitable[list[dict[str, Any]]]]

# Rows 20 and 21 are a space's top folder and an item in it; 22 and 23 are principals.
ITEM = Item(21, "i", 30, 20, ItemKind.FILE, "a", "a")
PEOPLE: list[Change] = [
    Put(Principal(-1, "p", Kind.USER)),
    Set(Principal, (22,), {"admin": True}),
    Put(Member(22, 23)),
    Upsert(Member(22, 23, Level.MANAGER)),
    Drop(Member, (22, 23)),
    DropWhere(Member, "grp", 23),
    Nest(23, 23, 0),
    Unnest(23, 23),
    Put(Rule(-1, "r", 22, "c", Action.READ)),
    Upsert(Allowance(22)),
    Put(Block(22, 23)),
    Upsert(GroupTerms(23)),
]
TREE: list[Change] = [
    Set(Item, (21,), {"parent": None}),
    Set(Item, (21,), {"space": 31}),
    Set(Item, (21,), {"inherits": False}),
    Set(Item, (21,), {"life": Life.TRASHED, "size": 1}),
    Drop(Item, (21,)),
    DropWhere(Item, "parent", 20),
    MoveSpace(21, 31, 9),
    Set(Space, (30,), {"owner": 23}),
    Put(Space(-1, "s", 22, None, -2)),
]
NEITHER: list[Change] = [
    Put(Event(-1, 0, "x", None, "tests")),
    Put(Item(-1, "n", 30, 20, ItemKind.FILE, "n", "n")),
    Set(Item, (21,), {"size": 1, "stamp": 1}),
    Set(Item, (21,), {"name": "b", "name_key": "b"}),
    Put(Share(-1, -1, "h", 21, 22, Kind.USER, Role.VIEWER, 0, 22, "tests")),
    CountUse(24, None, 0),
    Charge(30, 5),
    Drop(Setting, ("none",)),
]


async def counted(build: Builder, change: Change) -> tuple[Instance, Instance]:
    """Return the counters before and after a change to a few rows."""
    await build.put(
        Principal(22, "a", Kind.USER),
        Principal(23, "g", Kind.GROUP),
        Space(30, "t", 22, None, 20),
        Space(31, "o", 22, None, 32),
        Item(20, "f", 30, None, ItemKind.FOLDER, None, None),
        ITEM,
    )
    before = await build.store.instance()
    await build.commit(change)
    return before, await build.store.instance()


class Counters:
    """``revision``, ``people_at`` and ``tree_at``."""

    @pytest.mark.parametrize("change", PEOPLE, ids=repr)
    async def test_people(self, build: Builder, change: Change) -> None:
        """Whatever changes what somebody is, may or takes moves ``people_at``, and nothing of the tree."""
        before, after = await counted(build, change)

        assert after.revision == before.revision + 1
        assert (after.people_at, after.tree_at) == (after.revision, before.tree_at)

    @pytest.mark.parametrize("change", TREE, ids=repr)
    async def test_tree(self, build: Builder, change: Change) -> None:
        """Whatever changes where something is, whether it lives, or whose it is moves ``tree_at``, and no people."""
        before, after = await counted(build, change)

        assert after.revision == before.revision + 1
        assert (after.people_at, after.tree_at) == (before.people_at, after.revision)

    @pytest.mark.parametrize("change", NEITHER, ids=repr)
    async def test_neither(self, build: Builder, change: Change) -> None:
        """Anything else moves the revision alone: new items, shares, uses, bytes and names too."""
        before, after = await counted(build, change)

        assert after.revision == before.revision + 1
        assert (after.people_at, after.tree_at) == (before.people_at, before.tree_at)

    async def test_revisions(self, store: Store, build: Builder) -> None:
        """Each commit has a revision of its own, larger than all before, which is that of the store afterwards."""
        seen = [(await build.put(Setting(str(at), ""))).revision for at in range(3)]

        assert seen == sorted(set(seen))
        assert (await store.instance()).revision == seen[-1]


class PastRows:
    """What was changed or removed, with the revisions between which it held."""

    async def test_a_share_through_its_life(self, store: Store, build: Builder, past: Past) -> None:
        """Each state of a share is kept, from the revision that wrote it to the one that ended it, without gaps."""
        root = await build.space(await build.user("ann"))
        bob = await build.user("bob")
        share = await build.share(root, bob, until=1)
        made = (await store.instance()).revision
        before = await build.get(Share, share)
        amended = await build.set(Share, share, version=-1, until=2)
        ended = await build.commit(Drop(Share, (share,)))

        found = await past(store, Share)

        assert [(row[SINCE], row[UNTIL]) for row in found] == [
            (made, amended.revision),
            (amended.revision, ended.revision),
        ]
        assert [(row["version"], row["until"]) for row in found] == [(share, 1), (amended.no(-1), 2)]
        assert {name: value for name, value in found[0].items() if name not in (SINCE, UNTIL, AT)} == {
            name: getattr(before, name) for name in kept(Share)
        }

    async def test_a_live_row_has_no_past(self, store: Store, build: Builder, past: Past) -> None:
        """What was only made, or written again as it was, has no past."""
        root = await build.space(await build.user("ann"))
        await build.share(root, await build.user("bob"))
        await build.put(Member(22, 23))
        await build.commit(Upsert(Member(22, 23)))

        assert await past(store, Share) == []
        assert await past(store, Member) == []
        assert await past(store, Item) == []

    async def test_members(self, store: Store, build: Builder, past: Past) -> None:
        """Edges that were changed or dropped, one by one or all of a group, are kept."""
        await build.put(Member(22, 23), Member(22, 24), Member(25, 24))
        await build.commit(Upsert(Member(22, 23, Level.MANAGER)))
        await build.commit(Drop(Member, (22, 23)))
        await build.commit(DropWhere(Member, "grp", 24))

        found = await past(store, Member)

        levels = sorted((row["member"], row["grp"], str(row["level"])) for row in found)
        assert levels == [(22, 23, "manager"), (22, 23, "member"), (22, 24, "member"), (25, 24, "member")]
        assert len({row[UNTIL] for row in found}) == 3

    async def test_places_without_names(self, store: Store, build: Builder, past: Past) -> None:
        """Of items the past keeps where they were and what reached them, never a name; other changes leave no past."""
        root = await build.space(await build.user("ann"))
        folder, item = await build.folder(root, "folder"), await build.item(root, "secret")
        made = (await store.instance()).revision
        await build.set(Item, item, name="other", name_key="other", size=5, stamp=1)
        assert await past(store, Item) == []
        moved = await build.set(Item, item, parent=folder)
        await build.set(Item, item, life=Life.TRASHED, name_key=None)

        found = await past(store, Item)

        assert {*found[0]} >= {*kept(Item), SINCE, UNTIL}
        assert not {*found[0]} & {"name", "name_key", "attributes"}
        assert [(row["parent"], row["life"]) for row in found] == [(root, Life.LIVE), (folder, Life.LIVE)]
        assert (found[0][SINCE], found[0][UNTIL]) == (made, moved.revision)

    async def test_a_move_between_spaces(self, store: Store, build: Builder, past: Past) -> None:
        """Everything that moved into another space keeps where it was."""
        ann, bob = await build.space(await build.user("ann")), await build.space(await build.user("bob"))
        folder = await build.folder(ann, "folder")
        item = await build.item(folder, "a")
        old, new = [(await build.get(Item, no)).space for no in (ann, bob)]

        await build.commit(MoveSpace(folder, new, 9))

        assert {(row["no"], row["space"]) for row in await past(store, Item)} == {(folder, old), (item, old)}

    async def test_rules(self, store: Store, build: Builder, past: Past) -> None:
        """A rule that was changed or removed is kept with its filter."""
        rule = (await build.put(Rule(-1, new_uid(), 22, "c", Action.READ, filter='{"a":1}'))).no(-1)
        await build.set(Rule, rule, filter=None)
        await build.commit(Drop(Rule, (rule,)))

        assert [row["filter"] for row in await past(store, Rule)] == ['{"a":1}', None]

    async def test_a_broken_commit_has_no_past(self, store: Store, build: Builder, past: Past) -> None:
        """What a broken commit would have changed leaves no past, and the next change tells the right revisions."""
        await build.put(Member(22, 23))
        made = (await store.instance()).revision
        with pytest.raises(Broken):
            await build.commit(Drop(Member, (22, 23)), Set(Setting, ("none",), {"value": ""}))
        assert await past(store, Member) == []

        dropped = await build.commit(Drop(Member, (22, 23)))

        assert [(row[SINCE], row[UNTIL]) for row in await past(store, Member)] == [(made, dropped.revision)]
