"""Who asks: bearer, cookie, query and body; log-in; narrower credentials; nobody."""

import pytest
from tests.faces.puter.town import PASSWORD, Client, Town

from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.installation import acting
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Named
from commonhold.core.model import LINK
from commonhold.core.policy.snapshot import Look
from commonhold.core.roles import Action, Kind, Role
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.opening import by_secret, open_share
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.http.credentials import SESSION_COOKIE

A = "/alice/a.txt"


@pytest.mark.parametrize("way", ["bearer", "query", "body", "plain body", "cookie"])
async def test_a_token_is_taken_in_every_way(town: Town, way: str) -> None:
    """A token counts as bearer, ``auth_token`` in query or JSON body (of the real client, too), or session cookie."""
    token = str(town.alice.token)
    body, headers, query = {"path": A}, {}, ""
    match way:
        case "bearer":
            headers["authorization"] = f"Bearer {token}"
        case "query":
            query = f"?auth_token={token}"
        case "body" | "plain body":
            body["auth_token"] = token
            headers["content-type"] = "text/plain;actually=json" if way == "plain body" else "application/json"
        case _:
            headers["cookie"] = f"{SESSION_COOKIE}={token}"
    reply = await town.nobody("POST", f"/stat{query}", body, headers=headers)
    assert (reply.status, reply.json["path"]) == (200, A)


@pytest.mark.parametrize("way", ["bearer", "query", "body"])
async def test_a_wrong_token_is_refused(hamlet: Town, way: str) -> None:
    """A token that is none is refused, and told apart from no token at all."""
    headers = {"authorization": "Bearer guessed"} if way == "bearer" else {}
    body = {"path": A, "auth_token": "guessed"} if way == "body" else {"path": A}
    reply = await hamlet.nobody(
        "POST", "/stat?auth_token=guessed" if way == "query" else "/stat", body, headers=headers
    )
    assert (reply.status, reply.json) == (401, {"code": "token_auth_failed", "message": "Authentication failed."})


@pytest.mark.parametrize("token", ["", "null", "undefined", None, 5])
async def test_no_token(hamlet: Town, token: object) -> None:
    """What a script sends that has no token is no token."""
    assert await hamlet.nobody.refused("/stat", {"path": A, "auth_token": token}) == (401, "token_missing")
    assert await hamlet.nobody.refused("/share", {"recipients": ["bob"], "paths": [A]}) == (401, "token_missing")


async def test_logging_in_and_out(town: Town) -> None:
    """Log-in tells a token and who one is, by name or address; log-out ends it; a suspended one is nobody."""
    told = await town.nobody.post("/login", {"username": "bob", "password": PASSWORD})
    assert (told["proceed"], told["user"]["username"], told["user"]["email_confirmed"]) == (True, "bob", True)
    by_address = await town.nobody.post("/login", {"email": "bob@example.org", "password": PASSWORD})
    bob, other = Client(town.app, told["token"]), Client(town.app, by_address["token"])
    assert (await bob("GET", "/whoami")).json["username"] == "bob"
    await bob.post("/logout")
    assert (await bob("GET", "/whoami")).json["code"] == "token_auth_failed"
    await suspend(town.core, await acting(town.core), Named("bob", Kind.USER))
    assert (await other("GET", "/whoami")).status == 401
    for body, code in (
        ({"password": PASSWORD}, (400, "field_missing")),
        ({"username": "bob"}, (400, "field_missing")),
        ({"username": "bob", "password": "wrong"}, (401, "invalid_credentials")),
        ({"username": "nobody_here", "password": "wrong"}, (401, "invalid_credentials")),
    ):
        assert await town.nobody.refused("/login", body) == code


async def test_log_in_from_another_site_sets_no_cookie(hamlet: Town) -> None:
    """A page of another site gets its visitor's token, and cannot make his browser be somebody else."""
    body = {"username": "bob", "password": PASSWORD}
    assert "set-cookie" in (await hamlet.nobody("POST", "/login", body)).headers
    elsewhere = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    reply = await Client(hamlet.app)("POST", "/login", body, headers=elsewhere)
    assert reply.status == 200
    assert "set-cookie" not in reply.headers


async def test_another_site_cannot_use_the_cookie(hamlet: Town) -> None:
    """A plain text of another site with the visitor's cookie shares nothing, though browsers send it unasked."""
    headers = {
        "cookie": f"{SESSION_COOKIE}={hamlet.alice.token}",
        "origin": "https://elsewhere.example",
        "content-type": "text/plain;actually=json",
    }
    reply = await hamlet.nobody("POST", "/share", {"recipients": ["bob"], "paths": [A]}, headers=headers)
    assert (reply.status, reply.json["code"]) == (403, "forbidden")


async def test_who_holds_a_link_shares_nothing(town: Town) -> None:
    """The pass of a link, and a token for reading only, may read and not share: 403, never a share."""
    proposal = Proposal((Asked(town.uid(A)),), (LINK,), Role.CONTRIBUTOR)
    report = await propose(town.core, town.actor("alice"), proposal)
    rows = await town.core.store.look(Look(town.actor("alice"), shares=(report.pairs[0].no or 0,)))
    opened = await open_share(
        town.core, town.actor("mallory"), by_secret(secret_of(town.core, rows.shares[report.pairs[0].no or 0]))
    )
    holder = Client(town.app, opened.secret)
    assert (await holder("GET", f"/read?file={A}")).body == b"hello"
    assert await holder.refused("/share", {"recipients": ["bob"], "paths": [A]}) == (403, "forbidden")
    narrow = await create_token(town.core, town.actor("alice"), actions=Action.READ | Action.DOWNLOAD)
    reader = Client(town.app, narrow.secret)
    report_of = await reader.post("/share", {"recipients": ["bob"], "paths": [A]})
    assert report_of["paths"][0]["code"] == "forbidden"
    assert (await town.bob("GET", f"/read?file={A}")).status == 404
