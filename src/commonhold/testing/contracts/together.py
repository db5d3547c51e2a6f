"""Many at once: every reading is one moment, commits do not mix, and closing loses nothing that was told."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from commonhold.core.changes import Broken, Commit, Put, Set, StampIs, Taken
from commonhold.core.identity import Actor
from commonhold.core.model import Event, Item, Setting
from commonhold.core.policy.require import machine
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Rows, Search, SharedWith, Store, Where
from commonhold.core.problems import Problem
from commonhold.testing.build import Builder

CLIENTS = 64


class Together:
    """Concurrency, and the end."""

    async def test_many_commits(self, store: Store) -> None:
        """64 commits at the same time are all written, each with numbers and a revision of its own."""
        before = (await store.instance()).revision

        commits = await asyncio.gather(
            *(
                store.commit([Put(Event(-1, at, "x", None, "tests")), Put(Setting(str(at), ""))])
                for at in range(CLIENTS)
            )
        )

        assert len({commit.no(-1) for commit in commits}) == CLIENTS
        assert sorted(commit.revision for commit in commits) == list(range(before + 1, before + CLIENTS + 1))
        rows = await store.rows(machine(), Rows(Event))
        assert {row.no: row.at for row in rows} == {commit.no(-1): at for at, commit in enumerate(commits)}
        assert (await store.instance()).revision == before + CLIENTS

    async def test_one_breaks_and_the_others_hold(self, store: Store, build: Builder) -> None:
        """Of 64 commits of which half want one name exactly one gets it, and nobody else is disturbed."""
        before = (await store.instance()).revision

        outcomes = await asyncio.gather(
            *(store.commit([Put(Setting("one" if at % 2 else str(at), str(at)))]) for at in range(CLIENTS)),
            return_exceptions=True,
        )

        assert all(isinstance(outcome, Commit | Taken) for outcome in outcomes)
        assert all(isinstance(outcome, Commit) for outcome in outcomes[::2])
        winners = [at for at, outcome in enumerate(outcomes) if at % 2 and isinstance(outcome, Commit)]
        assert [(await build.get(Setting, "one")).value] == [str(at) for at in winners]
        assert (await store.instance()).revision == before + CLIENTS // 2 + 1

    async def test_lost_updates(self, store: Store, build: Builder) -> None:
        """Whoever guards what he read, and looks again when it changed, loses no update to anybody."""
        item = await build.item(await build.space(await build.user("ann")), "a")

        async def add() -> None:
            while True:
                row = (await store.look(Look(Actor(), items=(item,)))).items[item]
                await asyncio.sleep(0)  # everybody else reads, too
                values = {"size": row.size + 1, "stamp": row.stamp + 1}
                try:
                    await store.commit([Set(Item, (item,), values)], [StampIs(item, row.stamp)])
                except Broken:
                    continue
                return

        await asyncio.gather(*(add() for _ in range(16)))

        assert (await build.get(Item, item)).size == 16

    async def test_a_look_is_one_moment(self, store: Store, build: Builder) -> None:
        """While two items change together all the time every look sees both changed or neither, and never goes back."""
        root = await build.space(await build.user("ann"))
        one, other = await build.item(root, "one"), await build.item(root, "other")
        done = asyncio.Event()
        seen: list[tuple[int, int, int]] = []

        async def write() -> None:
            for size in range(1, 60):
                await store.commit([Set(Item, (no,), {"size": size}) for no in (one, other)])
                await asyncio.sleep(0)
            done.set()

        async def read() -> None:
            while not done.is_set():
                snapshot = await store.look(Look(Actor(), items=(one, other)))
                seen.append((snapshot.revision, snapshot.items[one].size, snapshot.items[other].size))
                await asyncio.sleep(0)

        await asyncio.gather(write(), read())

        assert seen
        assert all(first == second for _, first, second in seen)
        assert seen == sorted(seen)

    async def test_what_was_told_is_seen(self, store: Store, build: Builder) -> None:
        """Whatever a commit has acknowledged is in every look and listing that begins afterwards."""
        item = await build.item(await build.space(await build.user("ann")), "a")
        for size in range(1, 30):
            commit = await build.set(Item, item, size=size)

            snapshot = await store.look(Look(Actor(), items=(item,)))

            assert snapshot.items[item].size == size
            assert snapshot.revision >= commit.revision
            assert await store.rows(machine(), Rows(Item, (Where("size", "eq", size),))) == [snapshot.items[item]]

    async def test_closing(self, store: Store, reopen: Callable[[Store], Awaitable[Store]]) -> None:
        """Commits that wait when the store closes are written or refused, never half told."""
        tasks = [asyncio.create_task(store.commit([Put(Setting(str(at), ""))])) for at in range(20)]
        await asyncio.sleep(0)

        again = Builder(await reopen(store))

        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for at, outcome in enumerate(outcomes):
            assert isinstance(outcome, Commit) or outcome == Problem("unavailable")
            assert (await again.find(Setting, str(at)) is not None) == isinstance(outcome, Commit)

    async def test_after_closing(self, store: Store) -> None:
        """A closed store refuses every question as unavailable, and may be closed again."""
        await store.close()
        await store.close()

        for ask in (
            lambda: store.who(b""),
            lambda: store.look(Look(Actor())),
            lambda: store.rows(machine(), Rows(Setting)),
            lambda: store.shared_with(machine(), SharedWith(20)),
            lambda: store.ends_with(machine(), (20,), 0),
            lambda: store.search(machine(), Search(("a",))),
            lambda: store.commit([Put(Setting("a", ""))]),
            store.instance,
        ):
            with pytest.raises(Problem) as raised:
                await ask()
            assert raised.value.code == "unavailable"
