"""The Filr dialect, with 32 clients and a personal token as the Basic password: create, read, shared with me."""

import base64
import itertools
import sqlite3
import statistics
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import httpx2
import msgspec
from msgspec import Struct

from bench.cases.requests import beside, figure
from bench.context import Context
from bench.load import Plan, request, run
from bench.report import Figure
from bench.server import HOST, bare, ours
from bench.town import Town
from commonhold.core.directory.digests import digest
from commonhold.core.roles import Kind

SHARERS: Final = 32
FEW, MANY = 20, 200  # shares that reach one person


class People(Struct, frozen=True):
    """Sharers by their Basic header with the numbers of their items, and people to share with."""

    sharers: list[tuple[str, list[int]]]
    others: list[int]


async def filr(bench: Context) -> AsyncIterator[Figure]:
    """Share a file with a user, read a share, list what is shared with somebody whom 200 shares reach."""
    people = _people(bench.data, bench.town)
    async with ours(bench.data) as server, bare() as nothing:
        bodies = _bodies(people)
        found = await beside(bench, server, nothing, lambda: list(itertools.islice(bodies, 20_000)))
        yield figure("filr: share one file with one user", found, 0.1)
        reads = [await _made(server.port, basic, items[0], people.others[-1]) for basic, items in people.sharers]
        found = await beside(bench, server, nothing, lambda: reads)
        yield figure("filr: read a share", found, 0.18)
        one, many = await _listings(server.port, people)
        found = await beside(bench, server, nothing, lambda: [many])
        yield figure(f"filr: shared with me, {MANY} shares", found, 0.03)
        short, long = [await _median(server.port, what) for what in (one, many)]
        yield Figure(
            f"filr: {MANY} shares, as times of {FEW}", long / short, "×", MANY / FEW, beside={"median_ms": long}
        )


def _people(data: Path, town: Town) -> People:
    """Look up numbers and names, which this dialect's clients would have from earlier answers."""
    with sqlite3.connect(f"file:{data / 'commonhold.db'}?mode=ro", uri=True) as rows:
        sharers = []
        for token, uids in town.sharers[:SHARERS]:
            who = "SELECT p.name FROM credential c JOIN profile p ON p.no = c.principal WHERE c.digest = ?"
            (name,) = rows.execute(who, (digest(token),)).fetchone()
            pair = base64.b64encode(f"{name}:{token}".encode()).decode()
            items = [rows.execute("SELECT no FROM item WHERE uid = ?", (uid,)).fetchone()[0] for uid in uids]
            sharers.append((f"Basic {pair}", items))
        find = "SELECT no FROM profile WHERE kind = ? AND name = ?"
        others = [rows.execute(find, (int(Kind.USER), name)).fetchone()[0] for name in town.names]
    rows.close()
    return People(sharers, others)


def _bodies(people: People) -> Iterator[str]:
    """Yield requests to share, of many people in turn, each of another file or with another person."""
    for other in itertools.cycle(people.others[:-2]):
        for at in range(64):
            for basic, items in people.sharers:
                yield _share(basic, items[at], other)


def _share(basic: str, item: int, other: int) -> str:
    body = msgspec.json.encode({"recipient": {"type": "user", "id": other}, "access": {"role": "VIEWER"}})
    return request("POST", f"/rest/folder_entries/{item}/shares", body=body, authorization=basic)


async def _post(port: int, basic: str, item: int, other: int) -> int:
    async with httpx2.AsyncClient(base_url=f"http://{HOST}:{port}", headers={"authorization": basic}) as client:
        body = {"recipient": {"type": "user", "id": other}, "access": {"role": "VIEWER"}}
        reply = await client.post(f"/rest/folder_entries/{item}/shares", json=body)
        return int(reply.raise_for_status().json()["id"])


async def _made(port: int, basic: str, item: int, other: int) -> str:
    """Make a share, and return the request that reads it."""
    return request("GET", f"/rest/shares/{await _post(port, basic, item, other)}", authorization=basic)


async def _listings(port: int, people: People) -> tuple[str, str]:
    """Return the listings of two of the sharers, whom few and many shares of the others reach."""
    found = []
    for place, count in ((0, FEW), (1, MANY)):
        basic, _ = people.sharers[place]
        async with httpx2.AsyncClient(base_url=f"http://{HOST}:{port}", headers={"authorization": basic}) as client:
            me = (await client.get("/rest/self")).raise_for_status().json()["id"]
        givers = itertools.cycle(people.sharers[2:])
        for number in range(count):
            giver, items = next(givers)
            await _post(port, giver, items[1 + number // (SHARERS - 2)], me)
        found.append(request("GET", f"/rest/shares/with_user/{me}/library_children", authorization=basic))
    return found[0], found[1]


async def _median(port: int, what: str) -> float:
    """Return the median of one request that is sent again and again, in milliseconds."""
    found = [await run(Plan(port, 1, [what])) for _ in range(15)]
    return statistics.median(one.median_ms for one in found)
