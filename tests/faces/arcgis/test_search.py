"""Searching for items: the grammar, who finds what, and that the very next search knows what was done."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faces.arcgis.cases_of import ITEMS, cases, filled
from tests.faces.arcgis.test_grammar import PIECES
from tests.faces.arcgis.town import Client, Town

OWNED = "/content/users/owner"
CASES = cases("search.jsonl")


async def road(town: Town) -> str:
    """Add a map that says much of itself."""
    found = await town.owner.post(
        f"{OWNED}/addItem",
        title="Roads of Ann",
        type="Web Map",
        tags="water,thin ice",
        snippet="Shortish",
        description="A lengthy text",
        typeKeywords="Map,Online Map",
        text="{}",
    )
    item: str = found["id"]
    return item


async def searched(client: Client, q: str, **more: str) -> list[str]:
    """Return the ids that a search finds."""
    found = await client.post("/search", q=q, num="100", **more)
    assert found["total"] == len(found["results"])
    return [one["id"] for one in found["results"]]


@pytest.mark.parametrize(
    "case",
    [pytest.param(one, marks=[] if at % 12 == 0 else [pytest.mark.slow], id=f"{one['q']} {one.get('before', '')}")
     for at, one in enumerate(CASES)],
)  # fmt: skip
async def test_a_search(town: Town, case: dict[str, Any]) -> None:
    """Everybody finds what the query means of what he may see; a broken one is refused in an envelope."""
    made = await road(town)
    orgs = {
        name: (await town.clients[who].get("/portals/self"))["id"]
        for name, who in (("org", "owner"), ("other", "external"))
    }
    known = {"road": made, **orgs}
    for name, one in known.items():
        case = _put(case, name, one)
    case = filled(town, case)
    if "before" in case:
        shared = await town.owner.post(f"{OWNED}/items/{made}/share", **case["before"])
        assert shared["notSharedWith"] == []
    if case.get("refused"):
        for method in ("GET", "POST"):
            assert (await town.owner.refused("/search", method, q=case["q"])) is not None
        return
    names = {made: "road", **{town.id(path): name for name, path in ITEMS.items() if path in town.items}}
    for who in ("owner", "member", "stranger", "external", "nobody", "admin"):
        if who in case:
            found = {names.get(one, one) for one in await searched(town.clients[who], case["q"])}
            assert found == set(case[who].split()), who


def _put(case: dict[str, Any], name: str, one: str) -> dict[str, Any]:
    return {key: value.replace(f"{{{name}}}", one) if key == "q" else value for key, value in case.items()}


async def test_the_next_request_knows(town: Town) -> None:
    """Shared, taken back, called otherwise, deleted: a search finds it so at once."""
    item, club = town.id("/owner/map.json"), town.groups["club"]
    q = f"id: {item} AND group: {club}"
    for _ in range(2):
        assert await searched(town.member, q) == []
        await town.owner.post(f"{OWNED}/items/{item}/share", groups=club)
        assert await searched(town.member, q) == [item]
        await town.owner.post(f"{OWNED}/items/{item}/unshare", groups=club)
    await town.owner.post(f"{OWNED}/items/{item}/update", title="Zebra", tags="stripes")
    assert await searched(town.owner, "zebra stripes") == [item]
    await town.owner.post(f"{OWNED}/items/{item}/delete")
    assert await searched(town.owner, "zebra") == []


async def test_a_shared_folder(town: Town) -> None:
    """What lies in a folder that is shared is found by those who get it, and shows as shared."""
    await town.give("/owner/docs", "stranger")
    found = await town.stranger.get("/search", q="owner:owner")
    assert [(one["title"], one["access"], one["ownerFolder"]) for one in found["results"]] == [
        ("deep.txt", "shared", None)
    ]


async def test_pages(town: Town) -> None:
    """``num`` is what was asked for, at most 100; ``nextStart`` is -1 at the end; a start below 1 is past the end."""
    for number in range(5):
        await town.file(f"/owner/page {number}.txt")

    async def page(**asked: str) -> tuple[Any, ...]:
        found = await town.owner.get("/search", q="page", sortField="title", **asked)
        titles = [one["title"][5] for one in found["results"]]
        return found["total"], found["start"], found["num"], found["nextStart"], "".join(titles)

    assert await page(num="2") == (5, 1, 2, 3, "01")
    assert await page(num="2", start="3") == (5, 3, 2, 5, "23")
    assert await page(num="2", start="5") == (5, 5, 2, -1, "4")
    assert await page(num="5") == (5, 1, 5, -1, "01234")
    assert await page(num="1000") == (5, 1, 100, -1, "01234")
    assert await page() == (5, 1, 10, -1, "01234")
    assert (await page(start="-1"))[3:] == (-1, "")
    assert (await page(start="0"))[3:] == (-1, "")
    assert (await page(start="99"))[3:] == (-1, "")
    assert (await page(num="0"))[2:] == (0, -1, "")
    assert (await page(num="x", start="y"))[1:] == (1, 10, -1, "01234")
    assert (await page(sortOrder="desc", num="2"))[4] == "43"


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(q=st.lists(PIECES, max_size=10).map(" ".join) | st.text(max_size=40))
async def test_no_query_is_more_than_refused(hamlet: Town, q: str) -> None:
    """Whatever is asked for, the answer is a page or an envelope."""
    reply = await hamlet.owner("POST", "/search", data={"f": "json", "q": q})
    assert reply.status == 200
    assert "total" in reply.json or reply.error["code"] == 400


@pytest.mark.slow
@pytest.mark.parametrize("field", ["id", "group", "type"])
async def test_long_queries(town: Town, field: str) -> None:
    """Many hundred alternatives of one field are a page, or refused in an envelope."""
    for sign in (" OR ", " AND "):
        q = sign.join(f"{field}:{number:032x}" for number in range(600))
        reply = await town.owner("POST", "/search", data={"f": "json", "q": q})
        assert reply.status == 200
        assert "results" in reply.json or reply.error["code"] == 400, reply
    item = town.id("/owner/map.json")
    ids = " OR ".join([*(f"id:{number:032x}" for number in range(600)), f"id:{item}"])
    assert await searched(town.owner, ids) == [item]
