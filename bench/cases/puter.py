"""The Puter dialect, with 32 clients: shared, tried, read, each beside a bare route; and ten people × fifty files."""

import itertools
import statistics
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import httpx2
import msgspec

from bench.cases.requests import beside, figure
from bench.context import Context
from bench.load import Plan, request, run
from bench.report import Figure
from bench.server import HOST, bare, ours
from bench.town import Town

SIZE: Final = 10_240  # bytes of the file that is read
PEOPLE, FILES = 10, 50


async def puter(bench: Context) -> AsyncIterator[Figure]:
    """Share one file with one user, try it, read a shared file; ten users × fifty files in one request."""
    async with ours(bench.data) as server, bare() as nothing:
        town = bench.town
        tries = _bodies(town, dry_run=True)
        found = await beside(bench, server, nothing, lambda: list(itertools.islice(tries, 20_000)))
        yield figure("puter: dry run of one file for one user", found, 0.15)
        real = _bodies(town)
        found = await beside(bench, server, nothing, lambda: list(itertools.islice(real, 20_000)))
        yield figure("puter: share one file with one user", found, 0.1)
        reads = [await _shared_file(server.port, town)]
        found = await beside(bench, server, nothing, lambda: reads)
        yield figure("puter: read a shared file of 10 KB", found, 0.25)
        one = await _median(server.port, list(itertools.islice(real, 32)))
        many = await _median(server.port, [_many(town, at) for at in range(32)])
        yield Figure("puter: 10 users × 50 files, as times of 1 × 1", many / one, "×", 20, beside={"median_ms": many})


def _bodies(town: Town, **how: Any) -> Iterator[str]:
    """Yield requests to share, of many people in turn, each of another file or with another person."""
    for name in itertools.cycle(town.names):
        for at in range(64):
            for token, uids in town.sharers:
                yield _share(token, [name], [uids[at]], **how)


def _share(token: str, recipients: list[str], paths: list[str], **how: Any) -> str:
    body = msgspec.json.encode({"recipients": recipients, "paths": paths, **how})
    return request("POST", "/share", token=token, body=body)


def _many(town: Town, at: int) -> str:
    token, uids = town.sharers[-1 - at]
    return _share(token, town.names[-PEOPLE:], uids[:FILES])


async def _median(port: int, requests: list[str]) -> float:
    """Return the median of requests that are sent one after another, in milliseconds."""
    found = [await run(Plan(port, 1, [one])) for one in requests]
    if not all(one.good for one in found):
        raise RuntimeError(f"refused: {[one.statuses for one in found]}")
    return statistics.median(one.median_ms for one in found)


async def _shared_file(port: int, town: Town) -> str:
    """Put a file, share it, and return the request that reads it as its recipient."""
    (owner, _), (reader, _) = town.sharers[:2]
    mine, theirs = ({"authorization": f"Bearer {token}"} for token in (owner, reader))
    async with httpx2.AsyncClient(base_url=f"http://{HOST}:{port}") as client:
        name = (await client.get("/whoami", headers=theirs)).json()["username"]
        home = (await client.get("/api/v1/home", headers=mine)).json()["top"]["uid"]
        put = await client.put(
            f"/api/v1/items/{home}/children/read-by-puter.bin?on_collision=rename", content=b"x" * SIZE, headers=mine
        )
        uid = put.json()["uid"]
        (await client.post("/share", json={"recipients": [name], "paths": [uid]}, headers=mine)).raise_for_status()
    return request("GET", f"/read?file={uid}", token=reader)
