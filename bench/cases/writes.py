"""Writes, durable before they return: places, shares, groups, proposals, and the committer by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any

from bench.cases.inside import core_of
from bench.context import CROWDED, Context
from bench.measure import Times, timed
from bench.report import Figure
from commonhold.core.changes import Change, Put
from commonhold.core.content.moving import move
from commonhold.core.core import Core
from commonhold.core.directory.members import add_members, remove_members
from commonhold.core.identity import Actor
from commonhold.core.model import Event, Share
from commonhold.core.policy.snapshot import Look
from commonhold.core.roles import Kind
from commonhold.core.sharing.managing import withdraw
from commonhold.core.sharing.proposal import Asked, OnExisting, Proposal
from commonhold.core.sharing.propose import propose

Calls = Iterator[Callable[[], Awaitable[Any]]]
Rows = Callable[[Context, int], Sequence[Change]]


async def writes(bench: Context) -> AsyncIterator[Figure]:
    """Move, withdraw, nest and propose, one call at a time; beside: a commit of one row."""
    town = bench.town
    async with core_of(bench) as core:
        found = await timed(partial(core.store.commit, [_event(at)]) for at in range(bench.calls(300)))
        yield Figure("a commit of one row", found.median, "µs", beside=found.beside())
        found = await timed(
            partial(move, core, Actor(town.owner), town.wide, to)
            for _ in range(bench.calls(100))
            for to in (town.there, town.here)
        )
        yield _figure("move a folder with 10 k items below", found, 2_000)
        found = await _withdrawn(core, bench)
        yield _figure("withdraw a share with 10 k reshares below", found, 2_000)
        found = await timed(
            partial(change, core, Actor(town.owner), town.club, [town.crowd])
            for _ in range(bench.calls(100))
            for change in (add_members, remove_members)
        )
        yield _figure("nest or un-nest a group of 100 k people", found, 10_000)
        found = await timed(_proposals(core, bench, dry_run=True), warm=1)
        yield _figure("a proposal of 50 × 10, dry run", found, None)
        found = await timed(_proposals(core, bench, dry_run=False), warm=2, every=2)
        yield _figure("a proposal of 50 × 10, one transaction", found, None)
        yield await _committer(core, bench, "the committer alone, one row each", _rows_of_one, 8_000)
        yield await _committer(core, bench, "the committer alone, a share and its event", _rows_of_two)


def _figure(case: str, found: Times, wanted: float | None) -> Figure:
    limit = None if wanted is None else wanted / 1_000
    return Figure(case, found.median / 1_000, "ms", limit, beside={"p99_us": found.p99, **found.beside()})


def _event(at: int) -> Change:
    return Put(Event(-1, at, "bench", None, "native"))


async def _withdrawn(core: Core, bench: Context) -> Times:
    """End the share and put it back under its number, so that everything hangs on it again."""
    no, owner = bench.town.passed_on, Actor(bench.town.owner)
    share = (await core.store.look(Look(owner, shares=(no,)))).shares[no]

    def calls() -> Calls:
        for _ in range(bench.calls(200)):
            yield partial(core.store.commit, [Put(share)])
            yield partial(withdraw, core, owner, [no])

    await withdraw(core, owner, [no])
    found = await timed(calls(), warm=4, every=2)
    await core.store.commit([Put(share)])
    return found


def _proposals(core: Core, bench: Context, *, dry_run: bool) -> Calls:
    """Share fifty items with ten people; where that is done, take everything away again."""
    actor = Actor(bench.town.owner)
    give = Proposal(
        tuple(map(Asked, bench.town.stack)),
        tuple(bench.town.ten),
        on_existing=OnExisting.SET,
        dry_run=dry_run,
        atomic=True,
    )
    take = Proposal(give.items, give.recipients, give=False)
    for _ in range(bench.calls(6)):
        if dry_run:
            yield partial(propose, core, actor, give)
        else:
            yield partial(propose, core, actor, take)
            yield partial(_done, core, actor, give)


async def _done(core: Core, actor: Actor, proposal: Proposal) -> None:
    report = await propose(core, actor, proposal)
    assert report.done, report.refused()


def _rows_of_one(_bench: Context, at: int) -> Sequence[Change]:
    return [_event(at)]


def _rows_of_two(bench: Context, at: int) -> Sequence[Change]:
    town = bench.town
    share = Share(
        -1, -1, f"bench {at}", town.quiet, 1_000_000_000 + at, Kind.USER, None, town.owner, town.owner, "native"
    )
    return [Put(share), Put(Event(-2, at, "share.made", town.owner, "native", town.quiet, -1))]


async def _committer(core: Core, bench: Context, case: str, rows: Rows, wanted: float | None = None) -> Figure:
    """Commit from many tasks at the same time, three times."""
    count, rates = bench.calls(7_000), []
    for turn in range(3):
        numbers = iter(range(turn * count, turn * count + count))

        async def client(numbers: Iterator[int] = numbers) -> None:
            for at in numbers:
                await core.store.commit(rows(bench, at))

        began = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(CROWDED)))
        rates.append(count / (time.perf_counter() - began))
    return Figure(case, max(rates), "commits/s", wanted, least=True, beside={"slowest of 3": min(rates)})
