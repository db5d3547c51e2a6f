"""Pages: whom an item reaches, and what is shared with somebody."""

from collections.abc import AsyncIterator
from functools import partial

from bench.cases.inside import core_of
from bench.context import Context
from bench.measure import Times, timed
from bench.report import Figure
from commonhold.core.identity import Actor
from commonhold.core.sharing.finding import audience_of, shares_by, shares_with


async def pages(bench: Context) -> AsyncIterator[Figure]:
    """Read first pages of fifty."""
    town = bench.town
    owner = Actor(town.owner)
    async with core_of(bench) as core:
        found = await timed(partial(audience_of, core, owner, town.quiet) for _ in range(bench.calls(300)))
        yield _figure("audience, a page of an item with two shares", found, 5)
        found = await timed((partial(audience_of, core, owner, town.busy) for _ in range(bench.calls(100))), warm=2)
        yield _figure("audience, a page of an item with 10 k shares", found, 5)
        found = await timed(
            (partial(audience_of, core, owner, town.busy, total=True) for _ in range(bench.calls(100))), warm=2
        )
        yield _figure("the same with its total", found, 100)
        found = await timed(partial(shares_with, core, Actor(town.popular)) for _ in range(bench.calls(200)))
        yield _figure("shared with me, in a group with 40 k shares", found, 5)
        found = await timed(partial(shares_by, core, owner) for _ in range(bench.calls(200)))
        yield _figure("shared by me", found, None)


def _figure(case: str, found: Times, wanted: float | None) -> Figure:
    return Figure(case, found.median / 1_000, "ms", wanted, beside={"p99_us": found.p99, **found.beside()})
