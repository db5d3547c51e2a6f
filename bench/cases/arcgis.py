"""The ArcGIS dialect, with 32 clients: shared, read, searched, each beside a bare route; and many items at once."""

import itertools
import statistics
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final
from urllib.parse import quote

import httpx2
import msgspec
from msgspec import Struct

from bench.cases.requests import beside, figure
from bench.context import Context
from bench.load import Plan, request, run
from bench.report import Figure
from bench.server import HOST, bare, ours
from bench.town import Town

REST: Final = "/sharing/rest"
GROUPS: Final = 4  # of each person who shares
MANY: Final = 100  # items in one request
PEOPLE: Final = 16  # who share


class Person(Struct, frozen=True):
    """Somebody who shares: his token and name, and the ids of his groups and items."""

    token: str
    name: str
    groups: list[str]
    items: list[str]


async def arcgis(bench: Context) -> AsyncIterator[Figure]:
    """Share an item with a group, read one, search narrowly and broadly; many items with a group in one request."""
    async with ours(bench.data) as server, bare() as nothing:
        people = await _people(server.port, bench.town)
        shares = _shares(people)
        found = await beside(bench, server, nothing, lambda: list(itertools.islice(shares, 4_000)))
        yield figure("arcgis: share one item with one group", found, 0.1)
        reads = [_get(one, f"/content/items/{item}") for one in people for item in one.items]
        found = await beside(bench, server, nothing, lambda: reads)
        yield figure("arcgis: read an item", found, 0.18)
        narrow = [_get(one, f"/search?num=10&q={quote(f'owner:{one.name}')}") for one in people]
        found = await beside(bench, server, nothing, lambda: narrow)
        yield figure("arcgis: search with few matches", found, 0.05)
        broad = await _median(server.port, [_get(one, "/search?num=10&q=access:private") for one in people])
        yield Figure("arcgis: a broad search", broad, "ms", 60)
        one = await _median(server.port, list(itertools.islice(shares, 32)))
        many = await _median(server.port, [_bulk(one, group) for one in people for group in one.groups])
        yield Figure(f"arcgis: {MANY} items with a group, as times of one", many / one, "×", 20, beside={"ms": many})


async def _people(port: int, town: Town) -> list[Person]:
    """Ask who shares, and make groups for each."""
    found = []
    async with httpx2.AsyncClient(base_url=f"http://{HOST}:{port}{REST}") as client:
        for token, uids in town.sharers[:PEOPLE]:
            held = {"authorization": f"Bearer {token}"}
            name = (await client.get("/community/self", headers=held)).json()["username"]
            groups = []
            for at in range(GROUPS):
                form = {"title": f"bench {at}"}
                made = await client.post("/community/createGroup", data=form, headers=held)
                groups.append(made.json()["group"]["id"])
            found.append(Person(token, name, groups, [uid.replace("-", "") for uid in uids]))
    return found


def _shares(people: list[Person]) -> Iterator[str]:
    """Yield requests to share: each of another item, or with another group."""
    for at in itertools.count():
        for one in people:
            item, group = one.items[at % len(one.items)], one.groups[at // len(one.items) % GROUPS]
            yield _post(one, f"/content/users/{one.name}/items/{item}/share", groups=group)


def _bulk(one: Person, group: str) -> str:
    return _post(one, f"/content/users/{one.name}/shareItems", items=",".join(one.items[:MANY]), groups=group)


def _get(one: Person, path: str) -> str:
    return request("GET", REST + path, token=one.token)


def _post(one: Person, path: str, **form: Any) -> str:
    return request("POST", REST + path, token=one.token, body=msgspec.json.encode(form))


async def _median(port: int, requests: list[str]) -> float:
    """Return the median of requests that are sent one after another, in milliseconds."""
    found = [await run(Plan(port, 1, [one])) for one in requests]
    if not all(one.good for one in found):
        raise RuntimeError(f"refused: {[one.statuses for one in found]}")
    return statistics.median(one.median_ms for one in found)
