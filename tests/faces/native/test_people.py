"""People over the native API: sessions, tokens, users, groups, organisations, limits, notices, settings, events."""

import pytest
from tests.faces.native.town import PASSWORD, Client, Town

from commonhold.core.directory.installation import setup_secret
from commonhold.core.directory.letters import RESET, letter_secret
from commonhold.faces.native.face import FACE
from commonhold.http.app import build_app
from commonhold.testing.core import make_core


async def test_a_session_begins_and_ends(town: Town) -> None:
    """A log-in gives a token that says who one is, until the log-out."""
    session = await town.nobody.ok("POST", "/session", {"name": "alice", "password": PASSWORD})
    client = Client(town.app, session["token"])
    me = await client.ok("GET", "/session")
    assert (me["user"]["name"], me["user"]["email"], me["actions"]) == (
        "alice",
        "alice@example.org",
        ["read", "download", "comment", "write", "create", "rename", "delete", "share", "manage"],
    )
    assert (await client("DELETE", "/session")).status == 204
    assert (await client("GET", "/session")).problem[:2] == (401, "bad_token")
    assert (await town.nobody("GET", "/session")).problem[:2] == (401, "unauthenticated")


async def test_wrong_log_ins_are_all_the_same_and_counted(town: Town) -> None:
    """A wrong password, and a name that nobody has, are refused alike; after some tries one has to wait."""
    wrong = [
        await town.nobody("POST", "/session", {"name": name, "password": "no"})
        for name in ("alice", "who", "x@y.example")
    ]
    assert {reply.text for reply in wrong} == {wrong[0].text}
    assert wrong[0].problem[:2] == (401, "bad_credentials")
    for _ in range(town.core.limits.login_tries):
        last = await town.nobody("POST", "/session", {"name": "alice", "password": "no"})
    assert last.problem[:2] == (429, "too_many_requests")
    assert "retry-after" in last.headers


async def test_a_session_may_live_in_a_cookie(town: Town) -> None:
    """With ``cookie`` the token is kept by the browser alone; a log-out takes it away."""
    browser = Client(town.app)
    reply = await browser("POST", "/session", {"name": "alice", "password": PASSWORD, "cookie": True})
    assert "token" not in reply.json
    cookie = reply.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age="))
    assert "Secure" not in cookie
    assert (await browser.ok("GET", "/session"))["user"]["name"] == "alice"
    await browser("DELETE", "/session")
    assert (await browser("GET", "/session")).status == 401


async def test_tokens_have_labels_ends_and_scopes(town: Town) -> None:
    """A token may be narrower than its maker and may end; it is listed without its secret and ended by its uid."""
    uid = await town.file("alice", "a.txt")
    given = {"label": "robot", "actions": ["read"], "until": "2027-02-01T00:00:00Z"}
    token = await town.alice("POST", "/tokens", given)
    assert token.status == 201
    robot = Client(town.app, token.json["token"])
    assert (await robot("GET", f"/items/{uid}")).status == 200
    assert (await robot("GET", f"/items/{uid}/content")).problem[:2] == (403, "forbidden")
    assert (await robot("POST", "/tokens", {"actions": ["write"]})).problem == (403, "forbidden", "actions")
    listed = (await town.alice.ok("GET", "/tokens"))["data"]
    assert token.json["token"] not in str(listed)
    assert [one["label"] for one in listed if one["uid"] == token.json["uid"]] == ["robot"]
    assert (await town.bob("DELETE", f"/tokens/{token.json['uid']}")).problem[:2] == (404, "not_found")
    assert (await town.alice("DELETE", f"/tokens/{token.json['uid']}")).status == 204
    assert (await robot("GET", "/session")).problem[:2] == (401, "bad_token")


async def test_passwords_are_changed_and_reset(town: Town) -> None:
    """A changed password ends what was handed out under the old one; a letter's secret sets a new one, once."""
    changed = await town.alice.ok("POST", "/password", {"old": PASSWORD, "new": "another horse"})
    assert (await town.alice("GET", "/session")).problem[:2] == (401, "bad_token")
    assert (await Client(town.app, changed["token"]).ok("GET", "/session"))["user"]["name"] == "alice"
    for name in ("alice", "nobody-at-all"):
        assert (await town.nobody("POST", "/password/forgotten", {"name": name})).status == 204
    secret = await letter_secret(town.core, RESET, town.numbers["alice"])
    reset = {"secret": secret, "password": "third horse"}
    assert "token" in await town.nobody.ok("POST", "/password/reset", reset)
    assert (await town.nobody("POST", "/password/reset", reset)).problem[:2] == (401, "bad_token")


async def test_users_are_made_changed_suspended_and_deleted(town: Town) -> None:
    """Administrators make and change users; a suspended one is refused at once; a deleted one gives what he owned."""
    made = await town.root("POST", "/users", {"name": "carol", "email": "carol@example.org", "password": PASSWORD})
    assert made.status == 201
    session = await town.nobody.ok("POST", "/session", {"name": "carol", "password": PASSWORD})
    carol = Client(town.app, session["token"])
    edited = await carol.ok("PATCH", "/users/carol", {"first_name": "Carol", "attributes": {"lang": "de"}})
    assert (edited["first_name"], edited["attributes"]) == ("Carol", {"lang": "de"})
    assert "email" not in await town.bob.ok("GET", "/users/carol")
    assert (await carol("POST", "/users/carol/suspend")).problem[:2] == (403, "forbidden")
    assert (await town.root.ok("POST", "/users/carol/suspend"))["state"] == "suspended"
    assert (await carol("GET", "/session")).problem[:2] == (401, "bad_token")
    assert (await town.root.ok("POST", "/users/carol/resume"))["state"] == "active"
    assert (await town.root("PUT", "/users/carol/password", {"password": "new horse!"})).status == 204
    assert (await town.root("POST", "/users/carol/transfer", {"to": "bob"})).status == 204
    assert (await town.root("DELETE", "/users/carol", params={"transfer_to": "bob"})).status == 204
    assert (await town.bob("GET", "/users/carol")).problem[:2] == (404, "unknown_user")
    names = [one["name"] for one in (await town.bob.ok("GET", "/users", params={"starts_with": "a"}))["data"]]
    assert names == ["alice"]


async def test_groups_nest_and_let_people_in(town: Town) -> None:
    """A group has members of every kind, each refused for itself; people join, leave, and it ends."""
    made = await town.alice("POST", "/groups", {"title": "Team", "terms": {"joining": "free", "visible": "everyone"}})
    assert (made.status, made.json["level"]) == (201, "manager")
    await town.alice.ok("POST", "/groups", {"title": "Sub"})
    given = {"members": ["bob", "who", {"kind": "group", "name": "Sub"}, "x@example.org"]}
    edited = await town.alice.ok("POST", "/groups/Team/members", given)
    assert (len(edited["done"]), edited["refused"]) == (3, [{"member": "who", "code": "unknown_recipient"}])
    members = (await town.alice.ok("GET", "/groups/Team/members"))["data"]
    assert {one["name"] for one in members} == {"alice", "bob"}
    nested = (await town.alice.ok("GET", "/groups/Team/nested"))["data"]
    assert {(one["kind"], one["name"]) for one in nested} == {("group", "Sub"), ("mail", "x@example.org")}
    assert await town.mallory.ok("POST", "/groups/Team/join") == {"state": "member"}
    assert [one["title"] for one in (await town.mallory.ok("GET", "/users/mallory/groups"))["data"]] == ["Team"]
    assert (await town.mallory("POST", "/groups/Team/leave")).status == 204
    await town.alice.ok("POST", "/groups/Team/members/remove", {"members": ["bob"]})
    assert (await town.bob("PATCH", "/groups/Team", {"title": "Mine"})).problem[:2] == (403, "forbidden")
    assert (await town.alice.ok("PATCH", "/groups/Team", {"title": "Crew"}))["title"] == "Crew"
    assert [one["title"] for one in (await town.alice.ok("GET", "/groups"))["data"]] == ["Crew", "Sub"]
    assert (await town.alice("DELETE", "/groups/Crew")).status == 204
    assert (await town.alice("GET", "/groups/Crew")).problem[:2] == (404, "unknown_group")


async def test_organisations_are_for_administrators(town: Town) -> None:
    """Everybody sees organisations; administrators make and change them."""
    assert (await town.alice("POST", "/orgs", {"title": "Acme"})).problem[:2] == (403, "forbidden")
    assert (await town.root("POST", "/orgs", {"title": "Acme"})).status == 201
    changed = await town.root.ok("PATCH", "/orgs/Acme", {"title": "Acme Ltd", "attributes": {"a": 1}})
    assert changed["attributes"] == {"a": 1}
    assert (await town.alice.ok("GET", "/orgs/Acme Ltd"))["uid"] == changed["uid"]
    assert "Acme Ltd" in [one["title"] for one in (await town.alice.ok("GET", "/orgs"))["data"]]


async def test_allowances_bound_what_people_share(town: Town) -> None:
    """Limits that an administrator sets count at the next share; the narrowest of all is what a person may do."""
    uid = await town.file("alice", "a.txt")
    limits = {"kinds": ["user", "mail"], "domains": ["example.org"], "longest": 86_400_000}
    put = await town.root.ok("PUT", "/allowances/user:alice", limits)
    assert put["kinds"] == ["user", "mail"]
    effective = await town.alice.ok("GET", "/users/alice/allowance")
    assert (effective["domains"], effective["longest"]) == (["example.org"], 86_400_000)
    refused = {
        "link": ({"kind": "link"}, "kind_not_allowed"),
        "mail": ("x@example.com", "domain_not_allowed"),
        "life": ("bob", "life_too_long"),
    }
    for to, code in refused.values():
        reply = await town.alice("POST", "/shares", {"items": [uid], "recipients": [to]})
        assert reply.problem[1] == code
    assert (await town.alice("GET", "/allowances/everyone")).problem[:2] == (403, "forbidden")
    assert (await town.root("DELETE", "/allowances/user:alice")).status == 204
    assert (await town.root.ok("GET", "/allowances/user:alice"))["longest"] is None
    assert (await town.root("GET", "/allowances/nobody")).problem == (404, "unknown_user", "holder")


async def test_blocks_keep_shares_away(town: Town) -> None:
    """Whoever is blocked cannot share with the one who blocks, until that ends."""
    uid = await town.file("alice", "a.txt")
    assert (await town.bob("PUT", "/blocks/alice")).status == 204
    assert [one["name"] for one in (await town.bob.ok("GET", "/blocks"))["data"]] == ["alice"]
    refused = await town.alice("POST", "/shares", {"items": [uid], "recipients": ["bob"]})
    assert refused.problem[1] == "recipient_refuses"
    assert (await town.bob("DELETE", "/blocks/alice")).status == 204
    assert (await town.bob("PUT", "/blocks/*")).status == 204
    assert (await town.alice("POST", "/shares", {"items": [uid], "recipients": ["bob"]})).status == 403


async def test_notifications_are_read_and_seen(town: Town) -> None:
    """A share leaves a line for its recipient, once per request, until he has seen it."""
    uid = await town.file("alice", "a.txt")
    await town.share("alice", uid, "bob")
    (line,) = (await town.bob.ok("GET", "/notifications", params={"unseen": "true"}))["data"]
    assert (line["by"], line["name"], line["item"], line["seen"]) == ("alice", "a.txt", uid, False)
    assert await town.bob.ok("POST", "/notifications/seen", {"ids": [line["id"]]}) == {"seen": 1}
    assert (await town.bob.ok("GET", "/notifications?unseen=true"))["data"] == []


async def test_settings_and_events_are_for_administrators(town: Town) -> None:
    """Administrators set what the installation goes by, and read what happened, in numbers."""
    assert (await town.root("PUT", "/settings/theme", {"value": {"dark": True}})).status == 204
    assert await town.root.ok("GET", "/settings/theme") == {"name": "theme", "value": {"dark": True}}
    assert [one["name"] for one in (await town.root.ok("GET", "/settings"))["data"]] == ["theme"]
    uid = await town.file("alice", "a.txt")
    await town.share("alice", uid, "bob")
    (made,) = (await town.root.ok("GET", "/events", params={"kind": "share.made"}))["data"]
    assert (made["actor"], made["principal"]) == (town.numbers["alice"], town.numbers["bob"])
    asked = {"actor": town.numbers["alice"], "share": made["share"]}
    assert [one["id"] for one in (await town.root.ok("GET", "/events", params=asked))["data"]] == [made["id"]]
    for path in ("/settings", "/settings/theme", "/events"):
        assert (await town.alice("GET", path)).problem[:2] == (403, "forbidden")


async def test_the_first_administrator_makes_himself() -> None:
    """The one-time secret of the first start makes the first administrator, and nobody after him."""
    core = make_core()
    secret = await setup_secret(core)
    town = Town(core, build_app(core, [FACE]))
    town.clients["nobody"] = Client(town.app)
    given = {"secret": secret, "name": "first", "password": PASSWORD}
    made = await town.nobody("POST", "/setup", given)
    assert (made.status, made.json["admin"]) == (201, True)
    assert (await town.nobody("POST", "/setup", {**given, "name": "second"})).status in (401, 409)


@pytest.mark.parametrize("path", ["/users", "/groups", "/orgs", "/home", "/trash", "/shares", "/tokens", "/blocks"])
async def test_nobody_lists_nothing(hamlet: Town, path: str) -> None:
    """Without a credential no listing says anything."""
    assert (await hamlet.nobody("GET", path)).problem[:2] == (401, "unauthenticated")
