"""Full decisions: read, judge, answer. One third each with no, one and two backing hops."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from bench.cases.inside import core_of
from bench.context import Context
from bench.measure import Times, timed
from bench.report import Figure
from commonhold.core.changes import Set
from commonhold.core.core import Core
from commonhold.core.identity import Actor
from commonhold.core.model import Item, Principal
from commonhold.core.sharing.finding import decide

WANTED = {"8": (100, 250), "32": (200, None)}


async def decisions(bench: Context) -> AsyncIterator[Figure]:
    """Decide about one file after another for whoever has it: seen before, and after everything kept has gone."""
    async with core_of(bench) as core:
        for depth, pairs in bench.town.deep.items():
            chosen = random.Random(depth).choices(pairs, k=bench.calls(10_000))
            for user, item in pairs:
                await decide(core, Actor(user), item)
            found = await timed(partial(decide, core, Actor(user), item) for user, item in chosen)
            median, p99 = WANTED[depth]
            yield Figure(f"decision at depth {depth}, median", found.median, "µs", median, beside=found.beside())
            yield Figure(f"decision at depth {depth}, p99", found.p99, "µs", p99)
            found = await _anew(core, chosen[: bench.calls(500)])
            yield Figure(f"decision at depth {depth}, nothing kept", found.median, "µs", beside=found.beside())


async def _anew(core: Core, pairs: list[tuple[int, int]]) -> Times:
    """Decide where somebody and some place have just changed, so that nothing that was kept counts."""
    changes = [Set(Principal, (pairs[0][0],), {"made_at": 1}), Set(Item, (pairs[0][1],), {"inherits": True})]

    def calls() -> Iterator[Callable[[], Awaitable[Any]]]:
        for user, item in pairs:
            yield partial(core.store.commit, changes)
            yield partial(decide, core, Actor(user), item)

    return await timed(calls(), warm=0, every=2)
