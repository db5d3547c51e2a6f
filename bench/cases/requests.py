"""Requests over HTTP, with 32 clients: each beside a bare route of the same server, in turns, in the same run."""

import itertools
import statistics
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

import msgspec
from msgspec import Struct

from bench.context import CLIENTS, CROWDED, Context
from bench.load import Plan, Result, request, run
from bench.report import Figure
from bench.server import Server, bare, ours
from bench.town import Town

ROUNDS: Final = 5
SECONDS: Final = 2.0


class Round(Struct, frozen=True):
    """A while of ours and a while of the bare server, one after the other."""

    ours: Result
    bare: Result
    cpu_ours: float  # seconds of the processor per request
    cpu_bare: float


async def requests(bench: Context) -> AsyncIterator[Figure]:
    """Read an item, share one, open a link."""
    async with ours(bench.data) as server, bare() as nothing:
        town = bench.town
        reads = [request("GET", f"/api/v1/items/{uid}", token=token) for token, uid in town.readers]
        found = await beside(bench, server, nothing, lambda: reads)
        yield figure("read an item, with a token", found, 0.22)
        opens = [request("POST", f"/api/v1/links/{secret}/open", body=b"{}") for secret in town.links]
        found = await beside(bench, server, nothing, lambda: opens)
        yield figure("open a link", found, 0.1)
        proposals = _proposals(town)
        found = await beside(bench, server, nothing, lambda: list(itertools.islice(proposals, 20_000)))
        yield figure("share an item", found, 0.1)
        found = await beside(bench, server, nothing, lambda: list(itertools.islice(proposals, 20_000)), CROWDED)
        best = max(found, key=lambda one: one.ours.rate).ours
        more = {"median_ms": best.median_ms, "p99_ms": best.p99_ms, "clients": CROWDED}
        yield Figure("acknowledged shares", best.rate, "shares/s", 1_000, least=True, beside=more)


def _proposals(town: Town) -> Iterator[str]:
    """Yield requests to share, of many people in turn, each of another item or with another person."""
    for name in itertools.cycle(town.names):
        for at in range(64):
            for token, uids in town.sharers:
                body = msgspec.json.encode({"items": [uids[at]], "recipients": [name]})
                yield request("POST", "/api/v1/shares", token=token, body=body)


async def beside(
    bench: Context, server: Server, nothing: Server, of: Callable[[], list[str]], clients: int = CLIENTS
) -> list[Round]:
    """Send requests to both servers in turns."""
    seconds = max(0.2, SECONDS * bench.effort)
    found = []
    for _ in range(ROUNDS if bench.effort >= 1 else 1):
        result, cpu = await _while(server, Plan(server.port, clients, of(), seconds))
        known, least = await _while(nothing, Plan(nothing.port, clients, [request("GET", "/")], seconds))
        found.append(Round(result, known, cpu, least))
    return found


async def _while(server: Server, plan: Plan) -> tuple[Result, float]:
    before = server.cpu()
    result = await run(plan)
    if result.good < sum(result.statuses.values()):
        raise RuntimeError(f"refused: {result.statuses}")
    return result, (server.cpu() - before) / max(1, result.good)


def figure(case: str, found: list[Round], wanted: float) -> Figure:
    """Compare the best whiles of both; beside: the median of all turns, and the processor's time."""
    best, most = max(one.ours.rate for one in found), max(one.bare.rate for one in found)
    shown = max((one.ours for one in found), key=lambda one: one.rate)
    more = {
        "per_s": best,
        "bare_per_s": most,
        "median_of_turns": statistics.median(one.ours.rate / one.bare.rate for one in found),
        "by_cpu": min(one.cpu_bare for one in found) / min(one.cpu_ours for one in found),
        "cpu_us": 1e6 * min(one.cpu_ours for one in found),
        "median_ms": shown.median_ms,
        "p99_ms": shown.p99_ms,
    }
    return Figure(case, best / most, "of bare", wanted, least=True, beside=more)
