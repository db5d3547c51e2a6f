"""Guards: a commit holds only if what was looked at is still so; a broken one changes nothing."""

import pytest

from commonhold.core.changes import (
    Broken,
    Drop,
    Guard,
    LeaseIs,
    PeopleAt,
    Put,
    ShareIs,
    StampIs,
    TakeDue,
    TreeAt,
    Unnest,
)
from commonhold.core.model import Item, Outbox, Setting, Share
from commonhold.core.ports import Store
from commonhold.testing.build import Builder

MARK = Put(Setting("mark", "1"))


async def passes(build: Builder, *guards: Guard) -> bool:
    """Tell whether a commit under these guards is written; it writes a mark if it is."""
    try:
        await build.store.commit([MARK], guards)
    except Broken:
        assert await build.find(Setting, "mark") is None
        return False
    await build.commit(Drop(Setting, ("mark",)))
    return True


class Guards:
    """Every guard holds as long as nothing happened, and breaks when something did."""

    async def test_share_is(self, build: Builder) -> None:
        """A share guards by its version: amended or ended, it breaks what was decided on it."""
        root = await build.space(await build.user("ann"))
        share = await build.share(root, await build.user("bob"))
        guard = ShareIs(share, share)
        assert await passes(build, guard)

        amended = (await build.set(Share, share, version=-1, until=5)).no(-1)

        assert not await passes(build, guard)
        assert await passes(build, ShareIs(share, amended))
        await build.commit(Drop(Share, (share,)))
        assert not await passes(build, ShareIs(share, amended))

    async def test_stamp_is(self, build: Builder) -> None:
        """An item guards by its stamp; one that is not there guards nothing."""
        item = await build.item(await build.space(await build.user("ann")), "a", stamp=3)
        assert await passes(build, StampIs(item, 3))

        await build.set(Item, item, stamp=4)

        assert not await passes(build, StampIs(item, 3))
        assert not await passes(build, StampIs(item + 1, 0))

    async def test_lease_is(self, build: Builder) -> None:
        """A letter guards by its lease while it waits: who takes it first has it, and a sent one nobody takes."""
        letter = (await build.put(Outbox(-1, "share", None, None, lease=0))).no(-1)
        assert await passes(build, LeaseIs(letter, 0))

        await build.set(Outbox, letter, lease=100)

        assert not await passes(build, LeaseIs(letter, 0))
        assert await passes(build, LeaseIs(letter, 100))
        await build.set(Outbox, letter, done_at=50)
        assert not await passes(build, LeaseIs(letter, 100))

    async def test_take_due(self, store: Store, build: Builder) -> None:
        """Letters are taken once, the longest due first: those that wait, are due, and nobody holds."""
        odd = (Outbox(-1, "a", None, None, done_at=1), Outbox(-2, "a", None, None, due_at=51))
        await build.put(
            *odd, Outbox(-3, "a", None, None, lease=51), Outbox(-4, "late", None, None, due_at=50, lease=50)
        )
        await build.put(*(Outbox(-n, f"due {n}", None, None, due_at=n, facts='{"ü":1}') for n in range(3, 0, -1)))

        (first,) = (await store.commit([TakeDue(50, 100, 2)])).gave
        (then,) = (await store.commit([TakeDue(50, 100, 9)])).gave
        (last,) = (await store.commit([TakeDue(50, 100, 9)])).gave

        assert [row.kind for row in first] == ["due 1", "due 2"]
        assert [row.kind for row in then] == ["due 3", "late"]
        assert last == []
        assert first[0] == await build.get(Outbox, first[0].no)
        assert (first[0].lease, first[0].facts) == (100, '{"ü":1}')

    async def test_take_due_among_others(self, store: Store, build: Builder) -> None:
        """Beside other changes letters are taken, too: those of the same commit among them."""
        letter = Outbox(-1, "a", None, None)
        commit = await store.commit([Put(letter), TakeDue(50, 100, 2), MARK])

        assert [row.no for row in commit.gave[0]] == [commit.no(-1)]
        assert (await build.get(Outbox, commit.no(-1))).lease == 100

    async def test_tree_at(self, store: Store, build: Builder) -> None:
        """A move of anything breaks a decision about places; other changes do not."""
        root = await build.space(await build.user("ann"))
        folder, item = await build.folder(root, "folder"), await build.item(root, "a")
        guard = TreeAt((await store.instance()).tree_at)
        await build.set(Item, item, size=5)
        assert await passes(build, guard)

        await build.set(Item, item, parent=folder)

        assert not await passes(build, guard)

    async def test_people_at(self, store: Store, build: Builder) -> None:
        """A change of anybody or any edge breaks a decision about people; other changes do not."""
        child, grp = await build.group("child"), await build.group("grp")
        await build.nest(child, grp)
        guard = PeopleAt((await store.instance()).people_at)
        await build.space(await build.user("ann", org=None))
        assert not await passes(build, guard)
        guard = PeopleAt((await store.instance()).people_at)
        await build.put(Setting("other", "1"))
        assert await passes(build, guard)

        await build.commit(Unnest(child, grp))

        assert not await passes(build, guard)

    @pytest.mark.parametrize("good", [True, False])
    async def test_all_guards_must_hold(self, build: Builder, good: bool) -> None:
        """One broken guard among many is enough."""
        root = await build.space(await build.user("ann"))
        stamps = [StampIs(await build.item(root, str(at)), 0) for at in range(5)]

        assert await passes(build, *stamps, StampIs(root, 0 if good else 1)) is good

    async def test_guards_look_before_changes(self, build: Builder) -> None:
        """A commit may change what it guards: guards are held against what was there before."""
        item = await build.item(await build.space(await build.user("ann")), "a", stamp=1)

        await build.store.commit([Drop(Item, (item,))], [StampIs(item, 1)])

        assert await build.find(Item, item) is None

    async def test_a_commit_may_only_guard(self, build: Builder) -> None:
        """A commit without changes tells whether its guards hold."""
        item = await build.item(await build.space(await build.user("ann")), "a", stamp=1)

        await build.store.commit([], [StampIs(item, 1)])
        with pytest.raises(Broken):
            await build.store.commit([], [StampIs(item, 2)])
