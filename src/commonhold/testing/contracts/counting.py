"""What is counted: passes, tries, bytes of a space, and rows of a move. Exact under any concurrency."""

import asyncio

import pytest

from commonhold.core.changes import Broken, Charge, CountTry, CountUse, MoveSpace, OverQuota, Put, TooLarge, UsedUp
from commonhold.core.model import Item, Life, Setting, Space, Throttle, Use
from commonhold.core.ports import Store
from commonhold.testing.build import Builder


async def space_of(build: Builder, item: int) -> int:
    """Return the space that an item lies in."""
    return (await build.get(Item, item)).space


class Counting:
    """CountUse, CountTry, Charge and MoveSpace."""

    async def test_uses(self, build: Builder) -> None:
        """Uses are counted from none up to the limit, with the moment of the last one; then the share is used up."""
        for at in (10, 11, 12):
            await build.commit(CountUse(20, 3, at))

        with pytest.raises(UsedUp):
            await build.commit(CountUse(20, 3, 13))
        assert await build.get(Use, 20) == Use(20, 3, 12)

    @pytest.mark.parametrize("limit", [0, -1])
    async def test_no_use_at_all(self, build: Builder, limit: int) -> None:
        """A share that may be used never is used up from the start."""
        with pytest.raises(UsedUp):
            await build.commit(CountUse(20, limit, 1))

        assert await build.find(Use, 20) is None

    async def test_uses_without_a_limit(self, build: Builder) -> None:
        """Without a limit uses are counted all the same."""
        for at in (10, 11):
            await build.commit(CountUse(20, None, at))

        assert await build.get(Use, 20) == Use(20, 2, 11)

    async def test_exactly_as_many_passes_as_uses(self, store: Store, build: Builder) -> None:
        """Of 64 callers at the same time exactly as many get a pass as there are uses."""
        outcomes = await asyncio.gather(
            *(store.commit([CountUse(20, 10, 1)]) for _ in range(64)), return_exceptions=True
        )

        refused = [outcome for outcome in outcomes if isinstance(outcome, UsedUp)]
        assert len(refused) == 54
        assert all(isinstance(outcome, UsedUp) for outcome in outcomes if isinstance(outcome, BaseException))
        assert (await build.get(Use, 20)).used == 10

    async def test_charge(self, build: Builder) -> None:
        """Bytes are added to a space, taken away again, and the quota itself may be reached."""
        space = await space_of(build, await build.space(await build.user("ann")))

        await build.commit(Charge(space, 70, 100), Charge(space, 30, 100))
        assert (await build.get(Space, space)).used == 100
        await build.commit(Charge(space, -60))
        await build.commit(Charge(space, 5))

        assert (await build.get(Space, space)).used == 45

    async def test_over_quota(self, build: Builder) -> None:
        """One byte over the quota breaks the commit, and nothing of it is written."""
        space = await space_of(build, await build.space(await build.user("ann")))
        await build.commit(Charge(space, 100, 100))

        with pytest.raises(OverQuota):
            await build.store.commit([Charge(space, 1, 100)])

        assert (await build.get(Space, space)).used == 100

    async def test_more_than_four_gigabytes_at_once(self, build: Builder) -> None:
        """A file is counted whole, however large it is, and given back whole."""
        large = 5 << 30
        space = await space_of(build, await build.space(await build.user("ann")))
        await build.commit(Charge(space, large, 2 * large), Charge(space, large))
        with pytest.raises(OverQuota):
            await build.store.commit([Charge(space, large, 2 * large)])
        await build.commit(Charge(space, -large))
        assert (await build.get(Space, space)).used == large

    async def test_giving_back_is_never_over_quota(self, build: Builder) -> None:
        """Whoever is over a quota that became smaller may give bytes back, and put nothing."""
        space = await space_of(build, await build.space(await build.user("ann")))
        await build.commit(Charge(space, 100))

        await build.commit(Charge(space, -10, 50), Charge(space, 0, 50))

        assert (await build.get(Space, space)).used == 90

    async def test_charging_nothing_that_is_there(self, build: Builder) -> None:
        """A space that is not there takes no bytes."""
        with pytest.raises(Broken):
            await build.commit(Charge(99, 1))

    async def test_quota_under_concurrency(self, store: Store, build: Builder) -> None:
        """Of 64 uploads at the same time only as many are charged as fit."""
        space = await space_of(build, await build.space(await build.user("ann")))

        outcomes = await asyncio.gather(
            *(store.commit([Charge(space, 30, 100)]) for _ in range(64)), return_exceptions=True
        )

        assert sum(isinstance(outcome, OverQuota) for outcome in outcomes) == 61
        assert (await build.get(Space, space)).used == 90

    async def test_tries(self, build: Builder) -> None:
        """Tries are counted within a window that begins with the first; one more than the limit breaks the commit."""
        for at in (100, 110, 120):
            await build.commit(CountTry("s", 3, 50, at))

        with pytest.raises(UsedUp):
            await build.commit(CountTry("s", 3, 50, 149))
        assert await build.get(Throttle, "s") == Throttle("s", 100, 3)
        await build.commit(CountTry("other", 3, 50, 149))

    async def test_a_new_window(self, build: Builder) -> None:
        """A window that is over begins anew, and the tries of the old one are forgotten."""
        for at in (100, 110):
            await build.commit(CountTry("s", 2, 50, at))

        await build.commit(CountTry("s", 2, 50, 150))

        assert await build.get(Throttle, "s") == Throttle("s", 150, 1)

    async def test_a_window_from_the_future(self, build: Builder) -> None:
        """A window that a clock ahead of its time began counts while it may be a small difference, and no longer."""
        await build.commit(CountTry("s", 1, 50, 1_000))
        with pytest.raises(UsedUp):
            await build.commit(CountTry("s", 1, 50, 951))

        await build.commit(CountTry("s", 1, 50, 950))

        assert await build.get(Throttle, "s") == Throttle("s", 950, 1)

    async def test_giving_tries_back(self, build: Builder) -> None:
        """A try that was none is given back, in a full window too, and there are never fewer than none."""
        await build.commit(CountTry("s", 1, 50, 100))
        await build.commit(CountTry("s", 1, 50, 101, tries=-1))
        assert (await build.get(Throttle, "s")).count == 0
        await build.commit(CountTry("s", 1, 50, 102, tries=-1))
        assert (await build.get(Throttle, "s")).count == 0

        await build.commit(CountTry("s", 1, 50, 103))

        assert await build.get(Throttle, "s") == Throttle("s", 100, 1)

    async def test_tries_under_concurrency(self, store: Store, build: Builder) -> None:
        """Of 64 tries at the same time none slips through."""
        outcomes = await asyncio.gather(
            *(store.commit([CountTry("s", 10, 50, 1)]) for _ in range(64)), return_exceptions=True
        )

        assert sum(isinstance(outcome, UsedUp) for outcome in outcomes) == 54
        assert (await build.get(Throttle, "s")).count == 10


class Moving:
    """MoveSpace."""

    async def test_everything_below_moves(self, build: Builder) -> None:
        """A move between spaces rewrites the space of an item and of all that is below it, what is gone included."""
        ann, bob = await build.space(await build.user("ann")), await build.space(await build.user("bob"))
        top = await build.folder(ann, "top")
        below = [top]
        for name in ("a", "b", "c"):
            below.append(await build.folder(below[-1], name))
        below.append(await build.item(top, "trashed", life=Life.TRASHED, name_key=None))
        beside = await build.item(ann, "beside")
        space = await space_of(build, bob)

        await build.commit(MoveSpace(top, space, 5))

        assert {await space_of(build, no) for no in below} == {space}
        assert {(await build.get(Item, no)).stamp for no in below} == {1}
        assert await space_of(build, beside) == await space_of(build, ann) != space

    async def test_too_large(self, build: Builder) -> None:
        """One row over the limit breaks the commit, and nothing of it is written."""
        ann, bob = await build.space(await build.user("ann")), await build.space(await build.user("bob"))
        top = await build.folder(ann, "top")
        for at in range(5):
            await build.item(top, str(at))
        before, space = await space_of(build, top), await space_of(build, bob)

        with pytest.raises(TooLarge):
            await build.commit(Put(Setting("mark", "1")), MoveSpace(top, space, 5))

        assert await build.find(Setting, "mark") is None
        assert await space_of(build, top) == before
        await build.commit(MoveSpace(top, space, 6))

    async def test_moving_what_is_gone(self, build: Builder) -> None:
        """An item that is not there cannot move."""
        with pytest.raises(Broken):
            await build.commit(MoveSpace(99, 20, 5))
