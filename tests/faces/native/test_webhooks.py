"""Webhooks over the native API: who registers them, what is told of them, and what is refused."""

from tests.faces.native.town import Client, Town

from commonhold.core.model import Webhook
from commonhold.core.notices.reading import all_of
from commonhold.core.webhooks.listening import spread

URL = "https://hooks.example.org/in"


async def administer(town: Town, name: str = "bob") -> None:
    """Make somebody an administrator of the organisation."""
    await town.root.ok("PATCH", f"/users/{name}", {"org_role": "administrator"})


async def added(client: Client, **more: object) -> tuple[str, str]:
    """Register a webhook; return its uid and its secret."""
    made = await client.ok("POST", "/webhooks", {"url": URL, **more})
    return made["webhook"]["uid"], made["secret"]


async def test_an_administrator_registers_and_removes(town: Town) -> None:
    """The administrator of an organisation registers a webhook, is told its secret once, changes and removes it."""
    await administer(town)
    uid, secret = await added(town.bob, kinds=["share.made", "item.made", "share.made"])
    found = await town.bob("GET", f"/webhooks/{uid}")
    assert found.json["kinds"] == ["item.made", "share.made"]
    assert (found.json["enabled"], secret in found.text) == (True, False)
    listed = await town.bob("GET", "/webhooks")
    assert ([one["uid"] for one in listed.json["data"]], secret in listed.text) == ([uid], False)
    edited = await town.bob.ok("PATCH", f"/webhooks/{uid}", {"enabled": False, "kinds": []})
    assert (edited["enabled"], edited["kinds"], edited["url"]) == (False, [], URL)
    edited = await town.bob.ok("PATCH", f"/webhooks/{uid}", {"url": URL + "/2"})
    assert (edited["url"], edited["enabled"]) == (URL + "/2", False)
    assert await town.bob.ok("PATCH", f"/webhooks/{uid}", {}) == edited
    renewed = await town.bob.ok("POST", f"/webhooks/{uid}/secret")
    assert renewed["secret"] not in (secret, None)
    assert (await town.bob("DELETE", f"/webhooks/{uid}")).status == 204
    assert (await town.bob("GET", f"/webhooks/{uid}")).problem[:2] == (404, "unknown_webhook")
    assert await all_of(town.core, Webhook) == []


async def test_deliveries_are_listed_and_sent_again(town: Town) -> None:
    """Events since the registration become deliveries, listed newest first, with pages; one is sent again."""
    await administer(town)
    uid, _ = await added(town.bob, kinds=["share.made"])
    item = await town.file("alice", "a.txt")
    pairs = [await town.share("alice", item, name) for name in ("bob", "mallory")]
    while await spread(town.core):
        pass
    first = await town.bob.ok("GET", f"/webhooks/{uid}/deliveries?limit=1")
    more = await town.bob.ok("GET", f"/webhooks/{uid}/deliveries", params={"next": first["next"]})
    told = [*first["data"], *more["data"]]
    assert [(one["kind"], one["state"], one["tries"]) for one in told] == [("share.made", "waiting", 0)] * len(pairs)
    assert told[0]["event"] > told[1]["event"]
    again = await town.bob.ok("POST", f"/webhooks/{uid}/deliveries/{told[1]['id']}/redeliver")
    assert (again["event"], again["state"]) == (told[1]["event"], "waiting")
    assert again["id"] > told[0]["id"]
    for bad in ("1", "x", "9" * 30):
        reply = await town.bob("POST", f"/webhooks/{uid}/deliveries/{bad}/redeliver")
        assert reply.problem[:2] == (404, "unknown_delivery")


async def test_nobody_else(town: Town) -> None:
    """Members learn of no webhook; the administrator of one organisation has nothing to say in another."""
    await town.root.ok("POST", "/orgs", {"title": "Other"})
    await administer(town)
    uid, _ = await added(town.root, org="Other")
    for client in (town.mallory, town.bob):
        assert (await client("GET", f"/webhooks/{uid}")).problem[:2] == (404, "unknown_webhook")
        assert (await client("DELETE", f"/webhooks/{uid}")).problem[:2] == (404, "unknown_webhook")
        assert (await client("GET", "/webhooks?org=Other")).problem[:2] == (403, "forbidden")
        assert (await client("POST", "/webhooks", {"url": URL, "org": "Other"})).problem[:2] == (403, "forbidden")
    assert (await town.mallory("POST", "/webhooks", {"url": URL})).problem[:2] == (403, "forbidden")
    assert (await town.root("GET", f"/webhooks/{uid}")).status == 200


async def test_what_is_refused(hamlet: Town) -> None:
    """Targets inside, kinds that there are not, organisations that nobody knows, and too many are refused."""
    await administer(hamlet)
    ask = hamlet.bob
    assert (await ask("POST", "/webhooks", {"url": "http://example.org/"})).problem == (400, "bad_target", "url")
    assert (await ask("POST", "/webhooks", {"url": "https://10.0.0.1/"})).problem == (400, "bad_target", "url")
    odd = {"url": URL, "kinds": ["session.begun"]}
    assert (await ask("POST", "/webhooks", odd)).problem == (400, "invalid_field", "kinds")
    assert (await ask("POST", "/webhooks", {"url": URL, "org": "No"})).problem[:2] == (404, "unknown_org")
    assert (await hamlet.root("GET", "/webhooks")).problem == (400, "missing_field", "org")
    for _ in range(hamlet.core.limits.webhooks):
        uid, _ = await added(ask)
    assert (await ask("POST", "/webhooks", {"url": URL})).problem[:2] == (409, "too_many_webhooks")
    assert (await ask("PATCH", f"/webhooks/{uid}", {"url": "ftp://x"})).problem == (400, "bad_target", "url")


async def test_a_registration_is_told_again(town: Town) -> None:
    """Under an Idempotency-Key the same request registers once, and is told the same secret."""
    await administer(town)
    key = {"idempotency-key": "k1"}
    replies = [await town.bob("POST", "/webhooks", {"url": URL}, headers=key) for _ in range(2)]
    assert replies[0].json == replies[1].json
    assert [reply.status for reply in replies] == [201, 201]
    assert len(await all_of(town.core, Webhook)) == 1
