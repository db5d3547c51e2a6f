"""What was decided where the original has a defect, or its documents say nothing: each decision by its number."""

import asyncio
import itertools
from typing import Any

import msgspec
import pytest
from tests.faces.directus.giving import enter, give, inside, on_shares, reads, role, share
from tests.faces.directus.town import Client, Town, again

from commonhold.core.identity import Actor, RecordRef
from commonhold.core.model import Use
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose

pytestmark = pytest.mark.slow

GRAPHQL = "/graphql"
DENIED = (403, "FORBIDDEN")
UNKNOWN = (401, "INVALID_CREDENTIALS")


async def told(client: Client, path: str = "/items/articles?sort=id") -> Any:
    """What somebody reads: rows, or status and code of a refusal."""
    reply = await client("GET", path)
    return reply.data if reply.status == 200 else reply.refused[:2]


async def asked(client: Client) -> Any:
    """What somebody reads by GraphQL."""
    reply = await client("POST", GRAPHQL, {"query": '{ articles(sort: ["id"]) { id title secret_note } }'})
    return reply.json


async def test_1_nobody_is_answered_by_what_another_one_asked(town: Town) -> None:
    """Two shares of one role, a role of few fields, a person and nobody, in every order: each gets his own."""
    viewer = await role(town, *reads("articles"))
    few = await role(town, *reads("articles", fields=("id", "title")))
    askers = [
        await inside(town, await share(town, role=viewer)),
        await inside(town, await share(town, role=viewer, item="3")),
        await inside(town, await share(town, role=few)),
        town.editor,
        town.nobody,
    ]
    alone = []
    for asker in askers:
        alone.append((await told(asker), await asked(asker)))
    assert [len(rows) if isinstance(rows, list) else rows for rows, _ in alone] == [1, 1, 1, 5, DENIED]
    assert set(alone[2][0][0]) == {"id", "title"}
    for order in itertools.islice(itertools.permutations(range(len(askers))), 0, None, 7):
        for at in order:
            assert (await told(askers[at]), await asked(askers[at])) == alone[at], order


async def test_2_exactly_so_many_openings_as_may_be(town: Town) -> None:
    """Forty at the same time: of three uses exactly three are handed out."""
    uid = await share(town, max_uses=3)
    replies = await asyncio.gather(*(enter(town, uid) for _ in range(40)))

    statuses = sorted(reply.status for reply in replies)
    assert statuses[:4] == [200] * 3 + [401]
    assert set(statuses[3:]) == {401, 429}, "refused tries are limited, too"
    assert (await town.admin.get(f"/shares/{uid}"))["times_used"] == 3


async def test_3_clean_refusals(town: Town) -> None:
    """What breaks the original is refused in its own words; ten stars leave the password as it is."""
    uid = await share(town, password="secret")
    assert (await enter(town, uid)).refused[:2] == UNKNOWN
    assert (await enter(town, "abc")).refused[:2] == UNKNOWN
    bad = ({"date_end": "soon"}, {"max_uses": "many"}, {"role": "xx"}, {"date_start": "0001"}, {"max_uses": [1]})
    for data in bad:
        reply = await town.admin("PATCH", f"/shares/{uid}", data)
        assert reply.status == 400, data
    assert (await town.admin("DELETE", "/shares")).status == 400
    assert (await town.admin("POST", "/shares/invite", {"share": uid})).status == 400

    assert (await town.admin("PATCH", f"/shares/{uid}", {"password": "**********"})).data["password"] == "**********"
    assert (await enter(town, uid, "secret")).status == 200


ENDS = {
    "withdrawn": ("DELETE", "/shares/{share}", None),
    "over": ("PATCH", "/shares/{share}", {"date_end": "2001-01-01"}),
    "another password": ("PATCH", "/shares/{share}", {"password": "other"}),
    "creator suspended": ("PATCH", "/users/{editor}", {"status": "suspended"}),
    "creator deleted": ("DELETE", "/users/{editor}", None),
    "right lost": ("DELETE", "/policies/{policy}", None),
    "row deleted": ("DELETE", "/items/articles/1", None),
}


@pytest.mark.parametrize("end", ENDS)
async def test_4_a_live_token_ends_with_its_share(town: Town, end: str) -> None:
    """After each of these the next request reads nothing, and nothing can be renewed; cookies end as well."""
    viewer = await role(town, *reads("articles"))
    other = await town.admin("POST", "/users", {"email": "new@example.com", "password": "longer words"})
    granted = [*reads("articles"), ("articles", "share", ("*",), {}), *on_shares()]
    given = await give(town, "new", *granted)
    token = await town.nobody("POST", "/auth/login", {"email": "new@example.com", "password": "longer words"})
    town.clients["new"] = Client(town.app, token.data["access_token"])
    uid = await share(town, "new", role=viewer)
    opened = (await enter(town, uid)).data
    session = await enter(town, uid, mode="session")
    cookie = {"cookie": session.headers["set-cookie"].partition(";")[0]}
    reader = Client(town.app, opened["access_token"])
    assert len(await told(reader)) == 1

    method, path, body = ENDS[end]
    names = {"share": uid, "editor": other.data["id"], "policy": given}
    assert (await town.admin(method, path.format(**names), body)).status in (200, 204)

    assert await told(reader) == DENIED
    assert (await town.nobody("GET", "/items/articles", headers=cookie)).status in (401, 403)
    renewed = await town.nobody("POST", "/auth/refresh", {"refresh_token": opened["refresh_token"]})
    assert renewed.refused[:2] == UNKNOWN


async def test_4_logging_out_ends_everything(town: Town) -> None:
    """Access token, refresh token and cookie of a session are dead; the share can be opened again."""
    viewer = await role(town, *reads("articles"))
    uid = await share(town, role=viewer)
    opened = (await enter(town, uid)).data
    assert (await town.nobody("POST", "/auth/logout", {"refresh_token": opened["refresh_token"]})).status == 204
    assert await told(Client(town.app, opened["access_token"])) == UNKNOWN
    renewed = await town.nobody("POST", "/auth/refresh", {"refresh_token": opened["refresh_token"]})
    assert renewed.refused[:2] == UNKNOWN

    session = await enter(town, uid, mode="session")
    cookie = {"cookie": session.headers["set-cookie"].partition(";")[0]}
    assert (await town.nobody("GET", "/items/articles", headers=cookie)).status == 200
    out = await town.nobody("POST", "/auth/logout", {"mode": "session"}, headers=cookie)
    assert out.headers["set-cookie"].startswith("directus_session_token=;") or '=""' in out.headers["set-cookie"]
    assert (await town.nobody("GET", "/items/articles", headers=cookie)).status == 401
    assert len(await told(await inside(town, uid))) == 1


async def test_5_a_role_without_permissions_shows_nothing(town: Town) -> None:
    """Not even keys; counts are those of items."""
    empty, viewer = await role(town), await role(town, *reads("articles", "comments"))
    nothing = await inside(town, await share(town, role=empty))
    for path in (
        "/items/articles",
        "/items/articles/1",
        "/items/articles?aggregate[count]=*",
        "/items/articles?meta=*",
    ):
        assert await told(nothing, path) == DENIED
    assert await told(nothing, "/collections") == []
    reader = await inside(town, await share(town, role=viewer))
    assert await told(reader, "/items/articles?aggregate[count]=*") == [{"count": "1"}]


async def test_6_siblings_stay_hidden(town: Town) -> None:
    """Two articles of one category: the category of the shared one is seen, the other article is not."""
    viewer = await role(town, *reads("articles", "categories"))
    reader = await inside(town, await share(town, role=viewer, item="4"))
    assert [row["id"] for row in await told(reader)] == [4]
    assert await told(reader, "/items/categories?fields=articles.id") == [{"articles": [{"id": 4}]}]


async def test_6_siblings_are_shown_where_that_is_set(town: Town) -> None:
    """With ``directus.reverse_siblings`` the share leads up and down again, within what its role reads; no further."""
    viewer = await role(town, *reads("articles", "categories"))
    there = again(town, msgspec.structs.replace(town.core, siblings=True))
    for _ in range(2):  # neither answers by what was kept of the other
        shown, hidden = [await inside(one, await share(one, role=viewer, item="4")) for one in (there, town)]
        assert [row["id"] for row in await told(shown)] == [4, 5]
        assert await told(shown, "/items/categories?fields=articles.id") == [{"articles": [{"id": 4}, {"id": 5}]}]
        assert [row["id"] for row in await told(hidden)] == [4]


async def test_7_a_share_moves_where_its_mover_may_share(town: Town) -> None:
    """Elsewhere it stays where it is; who made it is never the client's to say."""
    await give(town, "outsider", ("articles", "share", ("*",), {"status": {"_eq": "published"}}), *on_shares())
    uid = await share(town, "outsider")
    assert (await town.outsider("PATCH", f"/shares/{uid}", {"item": "2"})).refused[:2] == DENIED
    moved = await town.outsider("PATCH", f"/shares/{uid}", {"item": "3", "user_created": None})
    assert moved.data["item"] == "3"
    assert moved.data["user_created"] is not None


async def test_8_tries_are_limited_and_cost_the_same(town: Town) -> None:
    """Per share and address, whether the share exists or not; each refusal compares one password."""
    counting = Counting(town.core.hasher)
    other = again(town, msgspec.structs.replace(town.core, hasher=counting))
    secret, plain = await share(town, password="secret"), await share(town, date_end="2001-01-01")
    for uid in (secret, plain, "11111111-1111-4111-8111-111111111111"):
        counting.compared = 0
        assert (await enter(other, uid, "wrong")).refused[:2] == UNKNOWN
        assert counting.compared == 1, uid
        replies = [await enter(other, uid, "wrong") for _ in range(town.core.limits.link_tries)]
        assert [reply.status for reply in replies][-2:] == [401, 429] or replies[-1].status == 429
        assert replies[-1].refused[1] == "REQUESTS_EXCEEDED"


class Counting:
    """A hasher that counts how often it compares."""

    def __init__(self, hasher: Any) -> None:
        """Count over another one."""
        self._hasher = hasher
        self.compared = 0

    async def hash(self, password: str) -> str:
        """See the port."""
        return str(await self._hasher.hash(password))

    async def verify(self, hashed: str | None, password: str) -> bool:
        """See the port."""
        self.compared += 1
        return bool(await self._hasher.verify(hashed, password))


async def test_9_tokens_are_opaque(town: Town) -> None:
    """64 characters; over after a quarter of an hour, in words of their own; nobody names the original."""
    uid = await share(town, role=await role(town, *reads("articles")))
    opened = await enter(town, uid)
    token = opened.data["access_token"]
    assert (len(token), len(opened.data["refresh_token"]), opened.data["expires"]) == (64, 64, 900_000)
    assert "x-powered-by" not in opened.headers
    town.clock.advance(900_000)
    assert (await Client(town.app, token)("GET", "/items/articles")).refused[:2] == (401, "TOKEN_EXPIRED")
    assert (await Client(town.app, "x" * 64)("GET", "/items/articles")).refused[:2] == UNKNOWN


async def test_10_what_a_share_is_is_told_while_it_is_open(town: Town) -> None:
    """Eight fields, with a password too; used up, over or not begun it is told to nobody."""
    uid = await share(town, password="secret", max_uses=1)
    shown = await town.nobody.get(f"/shares/info/{uid}")
    assert set(shown) == {"id", "collection", "item", "password", "max_uses", "times_used", "date_start", "date_end"}
    assert (shown["item"], shown["password"]) == ("1", "**********")
    assert (await enter(town, uid, "secret")).status == 200
    for other in (uid, await share(town, date_end="2001-01-01"), await share(town, date_start="2051-01-01")):
        assert (await town.nobody("GET", f"/shares/info/{other}")).refused[:2] == DENIED


async def test_11_a_use_is_an_opening(town: Town) -> None:
    """Reads and refreshes count nothing; the token of the last use stays good, and is renewed."""
    uid = await share(town, max_uses=1, role=await role(town, *reads("articles")))
    opened = (await enter(town, uid)).data
    reader = Client(town.app, opened["access_token"])
    assert (await enter(town, uid)).refused[:2] == UNKNOWN
    for _ in range(3):
        assert len(await told(reader)) == 1
    renewed = await town.nobody("POST", "/auth/refresh", {"refresh_token": opened["refresh_token"]})
    assert len(await told(Client(town.app, renewed.data["access_token"]))) == 1
    assert (await town.admin.get(f"/shares/{uid}"))["times_used"] == 1
    rows: list[Use] = await town.core.store.rows(machine(), Rows(Use))
    assert [row.used for row in rows] == [1]


async def test_12_an_id_opens_links_alone(town: Town) -> None:
    """The id of a share with a person opens nothing and is told of nowhere; others' links are not listed."""
    proposal = Proposal((Asked(RecordRef("articles", "1")),), (town.numbers["outsider"],))
    pair = (await propose(town.core, Actor(town.numbers["admin"]), proposal)).pairs[0]
    assert (await enter(town, pair.share or "")).refused[:2] == UNKNOWN
    assert (await town.nobody("GET", f"/shares/info/{pair.share}")).refused[:2] == DENIED
    assert (await town.admin("GET", f"/shares/{pair.share}")).refused[:2] == DENIED
    uid = await share(town)
    await give(town, "outsider", ("directus_shares", "read", ("*",), {}))
    assert await told(town.outsider, "/shares") == []
    assert (await town.outsider("GET", f"/shares/{uid}")).refused[:2] == DENIED


async def test_13_meta_and_a_role_above_ones_own(town: Town) -> None:
    """Counts come with /shares; a share of a stronger role gives no more than its maker has."""
    strong = await role(town, *reads("articles", "unrelated"))
    await give(town, "blind", ("articles", "share", ("*",), {}), *on_shares())
    weak = await town.admin("POST", "/users", {"email": "weak@example.com", "password": "longer words"})
    granted = [*reads("articles", fields=("id", "title")), ("articles", "share", ("id",), {}), *on_shares()]
    await give(town, "weak", *granted)
    token = await town.nobody("POST", "/auth/login", {"email": "weak@example.com", "password": "longer words"})
    town.clients["weak"] = Client(town.app, token.data["access_token"])
    uid = await share(town, "weak", role=strong)
    assert weak.data["id"] == (await town.admin.get(f"/shares/{uid}"))["user_created"]
    assert await told(await inside(town, uid)) == [{"id": 1, "title": "First"}]
    listed = await town.admin("GET", "/shares?meta=*&limit=0")
    assert listed.json["meta"] == {"total_count": 1, "filter_count": 1}
