"""Shares: lists and batches, what is sent and what comes back, and letters to those who are invited."""

from typing import Any

import pytest
from tests.faces.directus.giving import enter, give, on_shares, reads, role, share
from tests.faces.directus.town import Town

from commonhold.core.identity import NOBODY
from commonhold.core.model import Outbox, Profile
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.problems import Problem
from commonhold.core.sharing.opening import by_secret, peek

FIELDS = (
    "id", "name", "collection", "item", "role", "password", "user_created", "date_created", "date_start", "date_end",
    "times_used", "max_uses",
)  # fmt: skip
DENIED = (403, "FORBIDDEN")
NOWHERE = "11111111-1111-4111-8111-111111111111"


async def test_the_object(town: Town) -> None:
    """All twelve fields as the document shows them, in its order."""
    sent = {
        "name": "My Share",
        "collection": "articles",
        "item": "1",
        "password": "secret",
        "date_start": "2023-01-26T17:00:00.000Z",
        "date_end": "2053-01-28T17:00:00.000Z",
        "max_uses": 15,
    }
    made = (await town.admin("POST", "/shares", sent)).data
    assert tuple(made) == FIELDS
    assert {name: made[name] for name in sent} == {**sent, "password": "*" * 10}
    assert (made["times_used"], made["role"]) == (0, None)
    assert made["user_created"] == (await town.admin.get("/users/me", fields="id"))["id"]
    assert await town.admin.get(f"/shares/{made['id'].upper()}") == made
    assert await town.admin.get("/shares") == [made]


async def test_batches_are_all_or_none(town: Town) -> None:
    """One bad one, and none is made, changed or ended."""
    good, bad = {"collection": "articles", "item": "1"}, {"collection": "articles", "item": "1", "max_uses": "many"}
    assert (await town.admin("POST", "/shares", [good, bad])).status == 400
    assert (await town.admin("POST", "/shares", [good, {**good, "item": "99"}])).refused[:2] == DENIED
    assert (await town.admin("POST", "/shares", [{**good, "id": NOWHERE}] * 2)).refused[1] == "RECORD_NOT_UNIQUE"
    assert (await town.admin("POST", "/shares", [good, "x"])).status == 400
    assert await town.admin.get("/shares") == []

    made = (await town.admin("POST", "/shares", [{**good, "name": name} for name in "abc"])).data
    ids = {one["name"]: one["id"] for one in made}
    each = [{"id": ids["a"], "name": "x"}, {"id": ids["b"], "max_uses": "many"}]
    assert (await town.admin("PATCH", "/shares", each)).status == 400
    assert {one["name"] for one in await town.admin.get("/shares")} == {"a", "b", "c"}
    by_query = {"query": {"filter": {"name": {"_in": ["a", "b"]}}}, "data": {"max_uses": 2}}
    assert len((await town.admin("PATCH", "/shares", by_query)).data) == 2
    several = [{"id": ids["a"], "max_uses": 7}, {"id": ids["c"], "name": "d"}]
    changed = {one["name"]: one["max_uses"] for one in (await town.admin("PATCH", "/shares", several)).data}
    assert changed == {"a": 7, "d": None}
    assert (await town.admin("DELETE", "/shares", {"query": {"filter": {"max_uses": {"_nnull": True}}}})).status == 204
    assert [one["name"] for one in await town.admin.get("/shares")] == ["d"]
    assert (await town.admin("DELETE", "/shares", [ids["c"], NOWHERE])).status == 204
    assert await town.admin.get("/shares") == []


@pytest.mark.slow
async def test_lists(town: Town) -> None:
    """Sorted, filtered, counted, searched, added up, of related rows too; by GET and by SEARCH."""
    for number in range(4):
        await share(town, name=f"n{number}", max_uses=number, item=str(1 + number % 2))
    names = await town.admin.get("/shares", sort="-name", limit=2, fields="name")
    assert names == [{"name": "n3"}, {"name": "n2"}]
    query = {"filter": {"collection": {"collection": {"_eq": "articles"}}, "max_uses": {"_gt": 1}}, "fields": ["name"]}
    assert len((await town.admin("SEARCH", "/shares", {"query": query})).data) == 2
    assert await town.admin.get("/shares", search="n3", fields="name") == [{"name": "n3"}]
    added = await town.admin.get(
        "/shares", aggregate={"sum": ["max_uses"], "count": ["*"]}, groupBy="item", sort="item"
    )
    assert [(one["item"], one["sum"]["max_uses"], one["count"]) for one in added] == [("1", "2", "2"), ("2", "4", "2")]
    meta = await town.admin("GET", "/shares?meta=*&limit=1&filter[name][_eq]=n0")
    assert meta.json["meta"] == {"total_count": 4, "filter_count": 1}
    csv = await town.admin("GET", "/shares?export=csv&fields=name&sort=name")
    assert csv.text.splitlines()[:2] == ['"name"', '"n0"']


REFUSED: list[tuple[str, str, Any, int]] = [
    ("POST", "/shares", {"collection": "articles", "item": "1", "name": "x" * 256}, 400),
    ("POST", "/shares", {"collection": "articles", "item": "1", "name": {"a": 1}}, 400),
    ("POST", "/shares", {"collection": "articles", "item": True}, 400),
    ("POST", "/shares", {"collection": "articles", "item": "x" * 300}, 400),
    ("POST", "/shares", {"collection": "articles", "item": "1", "date_end": "9" * 30}, 400),
    ("POST", "/shares", {"collection": "articles", "item": "1", "date_end": 10**30}, 400),
    ("POST", "/shares", {"collection": "articles", "item": "1", "times_used": 1 << 40}, 400),
    ("POST", "/shares", {"collection": "articles", "item": "1", "role": {"name": "x"}, "max_uses": 0.5}, 400),
    ("POST", "/shares", {"collection": "articles", "item": "1", "password": ["x"]}, 400),
    ("POST", "/shares", {"collection": "commonhold_files", "item": NOWHERE}, 403),
    ("POST", "/shares", {"collection": ["articles"], "item": "1"}, 403),
    ("POST", "/shares", {"collection": "articles", "item": "1", "id": 5}, 403),
    ("PATCH", f"/shares/{NOWHERE}", [1], 400),
    ("PATCH", "/shares", {"keys": NOWHERE, "data": {}}, 400),
    ("PATCH", "/shares", {"query": 1, "data": {}}, 400),
    ("PATCH", "/shares", {"query": {"filter": 5}, "data": {}}, 400),
    ("DELETE", "/shares", {"query": {"filter": {"nope": 1}}}, 403),
    ("DELETE", "/shares", [1], 403),
    ("POST", "/shares/auth", {"share": NOWHERE, "mode": ["json"]}, 400),
    ("POST", "/shares/invite", {"share": NOWHERE, "emails": ["a@example.com"]}, 403),
    ("GET", f"/shares/info/{NOWHERE}?export=odd", None, 400),
    ("GET", "/shares?filter[role][_eq]=abc", None, 400),
]


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED)
async def test_what_is_refused(hamlet: Town, method: str, path: str, body: Any, status: int) -> None:
    """What cannot be is refused in the shape of the dialect."""
    reply = await hamlet.admin(method, path, body)
    assert reply.refused[0] == status, reply


async def test_invitations(town: Town) -> None:
    """One letter for each address, to a page that opens the share; the password is in none; nonsense is left out."""
    uid = await share(town, password="secret", role=await role(town, *reads("articles")))
    asked = {"share": uid, "emails": ["one@example.com", "two@example.com", "nonsense", "one@example.com"]}
    assert (await town.admin("POST", "/shares/invite", asked)).status == 204
    letters: list[Outbox] = await town.core.store.rows(machine(), Rows(Outbox))
    waiting = [row for row in letters if row.kind == "link"]
    profiles: list[Profile] = await town.core.store.rows(machine(), Rows(Profile))
    addresses = {row.no: row.name for row in profiles}
    assert sorted(addresses[row.principal or 0] for row in waiting) == ["one@example.com", "two@example.com"]
    assert "secret" not in repr(letters)
    page = await peek(town.core, NOBODY, uid)
    assert (page.password, page.item) == (True, None)
    with pytest.raises(Problem, match="unknown_share"):
        await peek(town.core, NOBODY, by_secret(uid))


@pytest.mark.slow
async def test_whose_shares_one_may_invite_to(town: Town) -> None:
    """One's own, if they may be read; nobody else's, and no share's token."""
    await give(town, "outsider", ("articles", "share", ("*",), {}), *on_shares())
    mine, other = await share(town, "outsider"), await share(town)
    emails = {"emails": ["one@example.com"]}
    assert (await town.outsider("POST", "/shares/invite", {"share": mine, **emails})).status == 204
    assert (await town.outsider("POST", "/shares/invite", {"share": other, **emails})).refused[:2] == DENIED
    assert (await town.blind("POST", "/shares/invite", {"share": other, **emails})).refused[:2] == DENIED
    opened = (await enter(town, mine)).data["access_token"]
    token = {"authorization": f"Bearer {opened}"}
    refused = await town.nobody("POST", "/shares/invite", {"share": mine, **emails}, headers=token)
    assert refused.refused[:2] == DENIED
