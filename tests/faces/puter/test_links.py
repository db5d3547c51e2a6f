"""Invitations by mail, from the share to the confirmed address; and addresses by which anybody reads one file."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.faces.puter.town import Client, Town

from commonhold.core.directory.claims import verify_address
from commonhold.core.directory.installation import acting
from commonhold.core.directory.letters import ENTRY, VERIFY, letter_secret
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Actor
from commonhold.core.model import Outbox, Share
from commonhold.core.notices.inbox import notifications
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where

A = "/alice/a.txt"
DONE = {"$": "api:status-report", "status": "success"}


async def invited(town: Town, address: str) -> tuple[str, int]:
    """Share a file with an address; return the uid of the share and the number of the address."""
    told = await town.alice.post("/share", {"recipients": [address], "items": [A]})
    uid = told["results"][0]["uid"]
    rows: list[Share] = await town.core.store.rows(machine(), Rows(Share, (Where("uid", "eq", uid),)))
    return uid, rows[0].recipient


async def test_an_invitation_waits_for_its_address(town: Town) -> None:
    """An address without an account is mailed; whoever makes an account and confirms it has the share by that alone."""
    uid, mail = await invited(town, "dora@example.net")
    letters: list[Outbox] = await town.core.store.rows(machine(), Rows(Outbox, (Where("principal", "eq", mail),)))
    assert [letter.kind for letter in letters] == ["share"]
    token = await letter_secret(town.core, ENTRY, mail)
    told = await town.nobody.post("/sharelink/check", {"token": token})
    assert told == {"$": "api:share", "uid": uid, "email": "dora@example.net"}
    assert told == await town.nobody.post("/sharelink/check", {"token": token})

    root = await acting(town.core)
    dora = await add_user(town.core, root, NewUser(name="dora", password="correct horse", email="dora@example.net"))
    client = Client(town.app, (await create_token(town.core, Actor(dora.no))).secret)
    assert await client.refused("/sharelink/apply", {"uid": uid}) == (422, "email_must_be_confirmed")
    assert await town.bob.refused("/sharelink/apply", {"uid": uid}) == (422, "can_not_apply_to_this_user")
    assert (await client("GET", "/read", params={"file": A})).status == 404

    await verify_address(town.core, await letter_secret(town.core, VERIFY, dora.no))
    assert (await client("GET", "/read", params={"file": A})).body == b"hello"
    assert await client.post("/sharelink/apply", {"uid": uid}) == DONE
    assert await client.refused("/sharelink/request", {"uid": uid}) == (422, "no_need_to_request")
    assert await town.nobody.refused("/sharelink/check", {"token": token}) == (400, "invalid_token")


async def test_somebody_else_asks_for_it(town: Town) -> None:
    """Who was sent an invitation that is not his can ask its sharer, who gets a line about it; not without end."""
    uid, _ = await invited(town, "dora@example.net")
    assert await town.bob.post("/sharelink/request", {"uid": uid}) == DONE
    lines = (await notifications(town.core, town.actor("alice"))).rows
    assert [(line.kind, line.by, line.name) for line in lines] == [("share_asked", "bob", "a.txt")]
    for _ in range(town.core.limits.login_tries):
        await town.bob("POST", "/sharelink/request", {"uid": uid})
    assert (await town.bob.refused("/sharelink/request", {"uid": uid}))[0] == 429


async def test_an_invitation_ends(town: Town) -> None:
    """What was taken back, is no invitation, or was never there, is over: one answer for all."""
    uid, mail = await invited(town, "dora@example.net")
    token = await letter_secret(town.core, ENTRY, mail)
    await town.alice.post("/share/revoke", {"recipients": ["dora@example.net"], "items": [A]})
    other = (await town.alice("GET", "/share/shared-by-me")).json["items"][0]["uid"]
    for route in ("apply", "request"):
        for one in (uid, other, "x"):
            assert await town.bob.refused(f"/sharelink/{route}", {"uid": one}) == (422, "share_expired")
        assert await town.bob.refused(f"/sharelink/{route}", {}) == (400, "field_missing")
    assert await town.nobody.refused("/sharelink/check", {"token": token}) == (400, "invalid_token")
    for body, code in (({}, "field_missing"), ({"token": "x"}, "invalid_token"), ({"token": 5}, "field_missing")):
        assert await town.nobody.refused("/sharelink/check", body) == (400, code)


def permissions(town: Town, path: str = A) -> dict[str, Any]:
    """Return a body that asks for an address to read a file."""
    return {"permissions": [f"fs:{town.uid(path)}:read"]}


async def test_an_address_to_read_by(town: Town) -> None:
    """It reads its file and nothing else, as long as it says and as it is not ended; it is a link in every list."""
    made = await town.alice.post("/auth/create-access-token", {**permissions(town), "expiresIn": "2h"})
    token = made["token"]

    async def read(path: str) -> int:
        query = {"uid": town.uid(path), "token": token}
        return (await town.nobody("GET", "/token-read", params=query)).status

    assert [await read(A), await read("/alice/b.txt")] == [200, 404]
    rows = (await town.alice("GET", "/share/shares", params={"path": A})).json["items"]
    link = next(one for one in rows if one["holder_kind"] == "link")
    assert parse_qs(urlsplit(link["link"]).query) == {}
    assert token in link["link"]
    town.clock.advance(7_200_000)
    assert await read(A) == 401

    for way in ("token", "address", "uid"):
        token = (await town.alice.post("/auth/create-access-token", permissions(town)))["token"]
        rows = (await town.alice("GET", "/share/shared-by-me")).json["items"]
        given = {"token": token, "address": f"http://x/token-read?uid=u&token={token}", "uid": rows[0]["uid"]}[way]
        assert await read(A) == 200
        assert await town.bob.refused("/auth/revoke-access-token", {"tokenOrUuid": given})
        assert await town.alice.post("/auth/revoke-access-token", {"tokenOrUuid": given}) == {}
        assert await read(A) == 401


@pytest.mark.parametrize(
    ("who", "body", "status", "code"),
    [
        ("alice", {}, 400, "field_invalid"),
        ("alice", {"permissions": []}, 400, "field_invalid"),
        ("alice", {"permissions": ["fs:x:read"]}, 400, "field_invalid"),
        ("alice", {"permissions": [f"fs:{A}:write"]}, 400, "field_invalid"),
        ("alice", {"permissions": [f"fs:{A}:read", f"fs:{A}:read"]}, 400, "field_invalid"),
        ("alice", {"permissions": [f"fs:{A}:read"], "expiresIn": "never"}, 400, "field_invalid"),
        ("alice", {"permissions": [f"fs:{A}:read"], "expiresIn": 0}, 400, "field_invalid"),
        ("alice", {"permissions": ["fs:/mallory/secret.txt:read"]}, 404, "subject_does_not_exist"),
        ("bob", {"permissions": ["fs:/alice/read.txt:read"]}, 403, "forbidden"),
        ("nobody", {"permissions": [f"fs:{A}:read"]}, 401, "token_missing"),
    ],
)
async def test_addresses_that_are_refused(town: Town, who: str, body: dict[str, Any], status: int, code: str) -> None:
    """Only somebody who may share a file with anybody makes an address of it."""
    assert await town.clients[who].refused("/auth/create-access-token", body) == (status, code)


async def test_odd_tokens(hamlet: Town) -> None:
    """A token that was never given, or no file, reads nothing."""
    uid = hamlet.uid(A)
    for query in ({}, {"token": "x"}, {"uid": uid}, {"uid": uid, "token": ""}, {"uid": uid, "token": "x\0"}):
        assert (await hamlet.nobody("GET", "/token-read", params=query)).status in (400, 401)
    assert (await hamlet.alice.refused("/auth/revoke-access-token", {"tokenOrUuid": "x"}))[0] == 404
