"""Shares that are there: listed for both sides, taken back, given up, blocked; by names of permissions."""

import pytest
from tests.faces.puter.town import Town

from commonhold.core.changes import Upsert
from commonhold.core.identity import Named
from commonhold.core.model import EVERYONE, LINK, Outbox, Throttle
from commonhold.core.notices.inbox import notifications
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.roles import Kind, Role

A, READ = "/alice/a.txt", "/alice/read.txt"


async def test_both_sides_list_a_share(town: Town) -> None:
    """A share is in its sharer's list and its recipient's, and in nobody else's; pages go on at the cursor."""
    await town.alice.post("/share", {"recipients": ["bob"], "items": [A, "/alice/docs"], "mode": "write"})
    made = (await town.alice("GET", "/share/shared-by-me")).json["items"]
    received = (await town.bob("GET", "/share/shared-with-me?includeTotal=true")).json
    assert {one["uid"] for one in made} == {one["uid"] for one in received["items"]}
    assert received["total"] == len(made) == 3
    first = received["items"][0]
    assert (first["issuer"], first["holder"], first["owner"], first["mode"]) == ("alice", "bob", "alice", "write")
    assert {one["path"] for one in made} == {A, "/alice/docs", READ}
    found, cursor = [], ""
    for _ in range(9):
        page = (await town.bob("GET", f"/share/shared-with-me?limit=1{cursor}")).json
        found += page["items"]
        if "cursor" not in page:
            break
        cursor = f"&cursor={page['cursor']}"
    assert [one["uid"] for one in found] == [one["uid"] for one in received["items"]]
    assert (await town.carol("GET", "/share/shared-with-me")).json == {"items": []}
    assert (await town.bob("GET", "/share/shared-with-me?cursor=%21")).json["code"] == "bad_cursor"


async def test_who_can_reach_an_item(town: Town) -> None:
    """Its manager sees every share that reaches it, of every face, those above it too; others do not."""
    await town.give("/alice/docs", "bob", Role.CONTRIBUTOR)
    await town.give("/alice/docs/deep.txt", Named("new@example.net", Kind.MAIL))
    await town.give("/alice/docs/deep.txt", LINK)
    await town.give("/alice/docs/deep.txt", EVERYONE, Role.PREVIEWER)
    path = "/alice/docs/deep.txt"
    rows = (await town.alice("GET", "/share/shares", params={"path": path})).json["items"]
    by_kind = {one["holder_kind"]: one for one in rows}
    assert (by_kind["user"]["holder"], by_kind["user"]["inherited_from"]) == ("bob", town.uid("/alice/docs"))
    assert (by_kind["mail"]["pending"], by_kind["mail"]["recipient_email"]) == (True, "new@example.net")
    assert "/s/" in by_kind["link"]["link"]
    assert (by_kind["everyone"]["holder"], by_kind["everyone"]["mode"]) == ("everyone", "see")
    assert {one["path"] for one in rows} == {path}
    by_uid = await town.alice("GET", "/share/shares", params={"uid": town.uid(path)})
    assert by_uid.json["items"] == rows
    assert (await town.bob("GET", "/share/shares", params={"path": path})).json["code"] == "forbidden"
    assert (await town.mallory("GET", "/share/shares", params={"path": "/alice/b.txt"})).status == 404
    assert (await town.alice("GET", "/share/shares")).json["code"] == "field_invalid"


async def test_shares_are_taken_back(town: Town) -> None:
    """Revoking ends what each recipient got directly; what is inherited, or was never there, is said."""
    await town.give("/alice/docs", "bob")
    body = {"recipients": ["bob", "carol", "zed"], "items": [READ, "/alice/docs/deep.txt", "/alice/none"]}
    told = await town.alice.post("/share/revoke", body)
    assert (told["status"], told["revoked"]) == ("mixed", 1)
    words = [one.get("code", one["status"]) for one in told["results"]]
    assert words[:3] == ["success", "cannot_revoke_inherited", "subject_does_not_exist"]
    assert words[3:] == ["share_not_found"] * 2 + ["subject_does_not_exist"] + ["user_does_not_exist"] * 2 + [
        "subject_does_not_exist"
    ]
    assert (await town.bob("GET", f"/read?file={READ}")).status == 404
    assert (await town.bob("GET", "/read?file=/alice/docs/deep.txt")).status == 200


async def test_only_those_revoke_who_may(town: Town) -> None:
    """A recipient gives up his own share; a stranger and another recipient end nothing."""
    await town.give(READ, "carol")
    body = {"recipients": ["bob"], "path": READ}
    assert (await town.mallory.post("/share/revoke", body))["revoked"] == 0
    assert (await town.carol.post("/share/revoke", body))["revoked"] == 0
    assert (await town.bob.post("/share/revoke", {**body, "dry_run": True}))["revoked"] == 1
    assert (await town.bob("GET", f"/read?file={READ}")).status == 200
    assert (await town.bob.post("/share/revoke", body))["revoked"] == 1
    assert (await town.bob("GET", f"/read?file={READ}")).status == 404
    assert (await town.carol("GET", f"/read?file={READ}")).status == 200


async def test_an_address_takes_back_what_its_account_got(town: Town) -> None:
    """A share is taken back by name or by address, however it was made; a pending one by its address."""
    await town.alice.post("/share", {"recipients": ["bob@example.org", "new@example.net"], "items": [A]})
    await town.give("/alice/b.txt", Named("carol@example.org", Kind.MAIL))
    assert (await town.bob("GET", f"/read?file={A}")).status == 200
    both = {"recipients": ["bob@example.org", "new@example.net"], "items": [A]}
    assert (await town.alice.post("/share/revoke", both))["revoked"] == 2
    mail = {"recipients": [{"email": "carol@example.org"}], "items": ["/alice/b.txt"]}
    assert (await town.alice.post("/share/revoke", mail))["revoked"] == 1
    for client, path in ((town.bob, A), (town.carol, "/alice/b.txt")):
        assert (await client("GET", f"/read?file={path}")).status == 404


async def test_blocks(town: Town) -> None:
    """Whoever blocks somebody, or everybody, is told of as a recipient who does not accept; unblocked, he is served."""
    await town.bob.post("/share/blocks", {"username": "alice"})
    blocked = {"all": False, "items": [{"username": "alice", "created_at": 1_800_000_000}]}
    assert (await town.bob("GET", "/share/blocks")).json == blocked
    for recipient in ("bob", "bob@example.org"):
        told = await town.alice.post("/share", {"recipients": [recipient], "paths": [A]})
        assert told["recipients"][0]["code"] == "recipient_not_accepting_shares"
    item = await town.alice.post("/share", {"recipients": ["bob"], "items": [A]})
    assert item["results"][0]["code"] == "recipient_not_accepting_shares"
    assert (await town.bob("DELETE", "/share/blocks", {"username": "alice"})).status == 200
    await town.bob.post("/share/blocks", {"all": True})
    assert (await town.bob("GET", "/share/blocks")).json == {"all": True, "items": []}
    assert (await town.bob("DELETE", "/share/blocks?all=true")).status == 200
    assert (await town.alice.post("/share", {"recipients": ["bob"], "paths": [A]}))["status"] == "success"
    assert await town.bob.refused("/share/blocks", {"username": "bob"}) == (400, "cannot_block_self")
    assert await town.bob.refused("/share/blocks", {"username": "zed"}) == (404, "user_does_not_exist")
    assert await town.bob.refused("/share/blocks", {}) == (400, "field_invalid")


async def test_the_limit_of_a_day(hamlet: Town) -> None:
    """Who shares more than a day allows is refused with 429 and the seconds after which to try again."""
    limit = hamlet.core.limits.shares_per_day
    row = Throttle(f"shares:{hamlet.numbers['alice']}", hamlet.clock(), limit)
    await hamlet.core.store.commit([Upsert(row)])
    hamlet.clock.advance(3_600_000)
    reply = await hamlet.alice("POST", "/share", {"recipients": ["bob"], "paths": [A]})
    assert (reply.status, reply.json["code"]) == (429, "share_daily_limit_reached")
    assert reply.headers["retry-after"] == str(23 * 3600)


async def test_one_notification_for_each_recipient_and_request(town: Town) -> None:
    """Many things at once are one line in the recipient's notifications, also for a recipient by address."""
    body = {"recipients": ["carol", "mallory@example.org"], "paths": [A, "/alice/b.txt", "/alice/docs"]}
    await town.alice.post("/share", body)
    for who in ("carol", "mallory"):
        lines = (await notifications(town.core, town.actor(who))).rows
        assert [(line.kind, line.count, line.by) for line in lines] == [("share", 3, "alice")]


IBU = "/share/item-by-username"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"path": A, "username": "bob", "access_level": "admin"}, 400, "field_invalid"),
        ({"username": "bob"}, 400, "field_invalid"),
        ({"path": A}, 400, "field_invalid"),
        ({"path": 5, "username": "bob"}, 400, "field_invalid"),
        ({"path": "a.txt", "username": "bob"}, 400, "field_invalid"),
        ({"path": A, "username": "zed"}, 422, "user_does_not_exist"),
        ({"path": "/alice/none.txt", "username": "bob"}, 404, "subject_does_not_exist"),
        ({"path": "/mallory/secret.txt", "username": "bob"}, 404, "subject_does_not_exist"),
        ({"path": A, "username": "alice"}, 422, "shared_with_self"),
    ],
)
async def test_item_by_username_refuses(town: Town, body: dict[str, object], status: int, code: str) -> None:
    """The deprecated route refuses as a whole, before it shares anything."""
    assert await town.alice.refused(IBU, body) == (status, code)
    assert (await town.alice("GET", "/share/shares", params={"path": A})).json["items"] == []


async def test_item_by_username(town: Town) -> None:
    """The deprecated route answers with an empty object, gives write access unless read is asked for, and mails it."""
    assert await town.alice.post(IBU, {"path": A, "username": "bob"}) == {}
    assert await town.alice.post(IBU, {"path": "/alice/b.txt", "username": "bob", "access_level": "read"}) == {}
    for path, mode in ((A, "write"), ("/alice/b.txt", "read")):
        rows = (await town.alice("GET", "/share/shares", params={"path": path})).json["items"]
        assert [(one["holder"], one["mode"]) for one in rows] == [("bob", mode)]
    letters: list[Outbox] = await town.core.store.rows(machine(), Rows(Outbox, order=("due_at",)))
    assert [one.principal for one in letters if one.kind == "share"].count(town.numbers["bob"]) == 3


async def test_permissions_by_name(town: Town) -> None:
    """Permissions are granted by path or uid, only ever raised, listed on both sides, and revoked without a word."""
    uid, app = town.uid(A), town.uid("/alice/paint")
    for text in (f"fs:{A}:write", f"fs:{uid}:read", f"app:uid#app-{app}:access", "manage:fs:/alice/docs"):
        given = {"target_username": "bob", "permission": text}
        assert await town.alice.post("/auth/grant-user-user", given) == {}
    told = (await town.alice("GET", "/auth/list-permissions")).json
    mine = {one["permission"] for one in told["myself_to_user"]}
    assert mine >= {f"fs:{uid}:write", f"app:uid#app-{app}:access", f"manage:fs:{town.uid('/alice/docs')}"}
    received = (await town.bob("GET", "/auth/list-permissions")).json["user_to_myself"]
    assert {(one["user"], one["permission"], one["extra"]) for one in received} == {
        ("alice", one, "{}") for one in mine
    }
    for _ in range(2):
        revoked = {"target_username": "bob", "permission": f"fs:{uid}:write"}
        assert await town.alice.post("/auth/revoke-user-user", revoked) == {}
    assert (await town.bob("GET", f"/read?file={A}")).status == 404


@pytest.mark.parametrize(
    ("name", "permission", "status", "code"),
    [
        ("zed", f"fs:{A}:read", 422, "user_does_not_exist"),
        ("bob", "fs:/alice/none:read", 404, "subject_does_not_exist"),
        ("bob", "fs:/mallory/secret.txt:read", 404, "subject_does_not_exist"),
        ("bob", f"fs:{A}:fly", 400, "field_invalid"),
        ("bob", "fs::read", 400, "field_invalid"),
        ("bob", "driver:x:y", 400, "field_invalid"),
        ("bob", 5, 400, "field_invalid"),
        (None, f"fs:{A}:read", 400, "field_invalid"),
        ("alice", f"fs:{A}:read", 422, "shared_with_self"),
    ],
)
async def test_permissions_that_are_refused(
    hamlet: Town, name: object, permission: object, status: int, code: str
) -> None:
    """What cannot be granted is refused as a whole."""
    body = {"target_username": name, "permission": permission}
    assert await hamlet.alice.refused("/auth/grant-user-user", body) == (status, code)
