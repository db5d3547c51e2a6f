"""Rows are written as they are, all of a commit or nothing, and new ones get numbers of their own."""

import contextlib
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from commonhold.core.changes import Broken, Change, Drop, DropWhere, Put, Set, Taken, Upsert
from commonhold.core.model import (
    EVERYONE,
    FIRST_FREE_NO,
    LINK,
    MAIN_ORG,
    ROWS,
    Credential,
    CredentialKind,
    Event,
    Item,
    Member,
    Note,
    Principal,
    Row,
    Setting,
    Share,
    Use,
)
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Store
from commonhold.core.roles import Kind
from commonhold.testing.build import Builder, new_uid, sample


def event(no: int = -1, kind: str = "x", at: int = 0) -> Event:
    """Return a row that nothing else depends on."""
    return Event(no, at, kind, None, "tests")


class WritingRows:
    """Every change, placeholders, and all or nothing."""

    async def test_a_new_store(self, store: Store, build: Builder) -> None:
        """A store begins with everyone, the link, and one organisation; numbers below 16 are kept for such rows."""
        kinds = [(await build.get(Principal, no)).kind for no in (EVERYONE, LINK, MAIN_ORG)]

        assert kinds == [Kind.EVERYONE, Kind.LINK, Kind.ORG]
        assert (await store.instance()).next_no == FIRST_FREE_NO

    @pytest.mark.parametrize("table", ROWS, ids=lambda table: table.table)
    async def test_a_row_comes_back(self, build: Builder, table: type[Row]) -> None:
        """A row of any table is read as it was written: odd texts, large numbers, bytes, flags, and nothing at all."""
        rows = [sample(table, 1_000), sample(table, 2_000, bare=True)]

        await build.put(*rows)

        for row in rows:
            assert row == await build.find(table, *(getattr(row, column) for column in table.key))

    async def test_put_twice(self, build: Builder) -> None:
        """A key that exists already breaks the commit, and the row stays as it was."""
        await build.put(Setting("a", "1"))

        with pytest.raises(Taken):
            await build.put(Setting("a", "2"))

        assert (await build.get(Setting, "a")).value == "1"

    async def test_upsert(self, build: Builder) -> None:
        """Upsert inserts a row or replaces all columns of the one with its key."""
        await build.commit(Upsert(Member(20, 21, since=5)))
        await build.commit(Upsert(Member(20, 21, since=7)), Upsert(Setting("a", "1")))

        assert (await build.get(Member, 20, 21)).since == 7
        assert (await build.get(Setting, "a")).value == "1"

    async def test_set(self, build: Builder) -> None:
        """Set changes the named columns of one row, and no other column or row."""
        root = await build.space(await build.user("ann"))
        one, other = await build.item(root, "one"), await build.item(root, "other")
        before, untouched = await build.get(Item, one), await build.get(Item, other)

        await build.set(Item, one, size=5, media="text/plain", sha256=None, inherits=False)

        assert await build.get(Item, one) == msgspec.structs.replace(
            before, size=5, media="text/plain", sha256=None, inherits=False
        )
        assert await build.get(Item, other) == untouched

    async def test_set_what_is_gone(self, build: Builder) -> None:
        """Setting columns of a row that is gone breaks the commit: whoever decided it saw something else."""
        with pytest.raises(Broken) as raised:
            await build.commit(Put(Setting("a", "1")), Set(Item, (99,), {"size": 1}))

        assert type(raised.value) is Broken
        assert await build.find(Setting, "a") is None

    async def test_drop(self, build: Builder) -> None:
        """Drop removes one row by its key, of one column or two; one that is gone already is no mistake."""
        await build.put(Setting("a", "1"), Setting("b", "1"), Member(20, 21), Member(20, 22))

        await build.commit(Drop(Setting, ("a",)), Drop(Member, (20, 21)), Drop(Setting, ("c",)))

        assert await build.find(Setting, "a") is None
        assert await build.find(Member, 20, 21) is None
        assert await build.find(Setting, "b") is not None
        assert await build.find(Member, 20, 22) is not None

    async def test_drop_where(self, build: Builder) -> None:
        """DropWhere removes every row with the value, and no other."""
        rows = [
            Credential(-at, new_uid(), bytes([at]), CredentialKind.SESSION, principal)
            for at, principal in enumerate((20, 20, 21), start=1)
        ]
        commit = await build.put(*rows)

        await build.commit(DropWhere(Credential, "principal", 20), DropWhere(Member, "grp", 99))

        found = [await build.find(Credential, commit.no(-at)) for at in (1, 2, 3)]
        assert [row is None for row in found] == [True, True, False]

    async def test_placeholders(self, store: Store, build: Builder) -> None:
        """Negative numbers become new numbers, the same wherever one stands, in the order -1, -2, … and none twice."""
        before = (await store.instance()).next_no

        commit = await build.put(Note(-2, "b"), event(-1), Use(-2), event(-3))

        assert commit.numbers == {-1: before, -2: before + 1, -3: before + 2}
        assert (await build.get(Note, commit.no(-2))).text == "b"
        assert await build.find(Use, commit.no(-2)) is not None
        assert (await store.instance()).next_no == before + 3
        assert commit.no(before) == before

    async def test_placeholders_everywhere(self, build: Builder) -> None:
        """A placeholder stands for its number in keys and values of Set, and of what is dropped, too."""
        root = await build.space(await build.user("ann"))
        share = await build.share(root, await build.user("bob"))

        commit = await build.commit(
            Put(Note(-1, "a")),
            Put(Note(-2, "b")),
            Set(Note, (-1,), {"text": "c"}),
            Drop(Note, (-2,)),
            Put(Member(-1, -2)),
            DropWhere(Member, "grp", -2),
            Set(Share, (share,), {"version": -3}),
        )

        assert (await build.get(Note, commit.no(-1))).text == "c"
        assert await build.find(Note, commit.no(-2)) is None
        assert await build.find(Member, commit.no(-1), commit.no(-2)) is None
        assert (await build.get(Share, share)).version == commit.no(-3)

    async def test_negative_facts(self, build: Builder) -> None:
        """Negative values that are no numbers of rows, such as times before 1970, stay as they are."""
        commit = await build.put(event(-1, at=-1))

        assert (await build.get(Event, commit.no(-1))).at == -1

    async def test_numbers_are_never_used_twice(
        self, store: Store, build: Builder, reopen: Callable[[Store], Awaitable[Store]]
    ) -> None:
        """The number of a row that was dropped is not given again, not even after a restart."""
        first = (await build.put(event())).no(-1)
        await build.commit(Drop(Event, (first,)))

        second = (await Builder(await reopen(store)).put(event())).no(-1)

        assert second > first

    @pytest.mark.parametrize("breaking", [Put(Setting("a", "2")), Set(Item, (99,), {"size": 1})], ids=["taken", "gone"])
    async def test_all_or_nothing(self, store: Store, build: Builder, breaking: Change) -> None:
        """A commit that breaks at its last change has changed nothing: no row, no counter, no past."""
        await build.put(Setting("a", "1"), Setting("b", "1"), Member(20, 21))
        before = await store.instance()

        with pytest.raises(Broken):
            await build.commit(
                Put(event()),
                Upsert(Setting("b", "2")),
                Set(Setting, ("a",), {"value": "3"}),
                Drop(Member, (20, 21)),
                DropWhere(Setting, "name", "b"),
                breaking,
            )

        after = await store.instance()
        assert (after.revision, after.people_at, after.tree_at) == (before.revision, before.people_at, before.tree_at)
        assert (await build.get(Setting, "a")).value == "1"
        assert (await build.get(Setting, "b")).value == "1"
        assert await build.find(Member, 20, 21) is not None
        assert await store.rows(machine(), Rows(Event)) == []

    async def test_changes_are_applied_in_order(self, build: Builder) -> None:
        """A later change of a commit finds what an earlier one has done."""
        await build.put(Setting("a", "1"))

        await build.commit(Drop(Setting, ("a",)), Put(Setting("a", "2")), Set(Setting, ("a",), {"value": "3"}))

        assert (await build.get(Setting, "a")).value == "3"

    async def test_what_was_committed_is_there_after_a_restart(
        self, store: Store, build: Builder, reopen: Callable[[Store], Awaitable[Store]]
    ) -> None:
        """After closing and opening again every row and every counter is as it was."""
        root = await build.space(await build.user("ann"))
        item, instance = await build.get(Item, root), await store.instance()

        again = await reopen(store)

        assert await Builder(again).get(Item, root) == item
        assert await again.instance() == instance

    async def test_a_broken_commit_leaves_the_store_usable(self, build: Builder) -> None:
        """After a commit that broke the next one works, also if it writes what the broken one had written."""
        await build.put(Setting("a", "1"))
        with contextlib.suppress(Broken):
            await build.put(Setting("b", "1"), Setting("a", "2"))

        await build.put(Setting("b", "3"))

        assert (await build.get(Setting, "b")).value == "3"
