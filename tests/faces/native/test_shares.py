"""Shares over the native API: proposed, listed, changed, ended, explained."""

from typing import Any

import pytest
from tests.faces.native.town import Town


async def test_a_share_reaches_its_recipient(town: Town) -> None:
    """A share gives what its role says from the next request on, is seen by both sides, and ends by withdrawal."""
    uid = await town.file("alice", "a.txt")
    pair = await town.share("alice", uid, "bob", terms={"life": "7d", "note": "for you", "pass_on_to": ["user"]})
    assert (pair["did"], pair["role"], pair["until"]) == ("created", "viewer", "2027-01-22T08:00:00.000Z")
    assert (await town.bob.ok("GET", f"/items/{uid}"))["right"]["pass_on_to"] == ["user"]
    made = (await town.alice.ok("GET", "/shares"))["data"]
    received = (await town.bob.ok("GET", "/shares", params={"direction": "received"}))["data"]
    assert [one["uid"] for one in made] == [one["uid"] for one in received] == [pair["share"]]
    assert (received[0]["sharer"], received[0]["note"], received[0]["may_change"]) == ("alice", "for you", False)
    assert received[0]["recipient"]["name"] == "bob"
    on = (await town.alice.ok("GET", f"/items/{uid}/shares"))["data"]
    assert [one["uid"] for one in on] == [pair["share"]]
    receipt = await town.alice.ok("DELETE", f"/shares/{pair['share']}")
    assert {name: receipt[name] for name in ("shares", "reshares", "passes", "sessions")} == {
        "shares": 1, "reshares": 0, "passes": 0, "sessions": 0,
    }  # fmt: skip
    assert (await town.bob("GET", f"/items/{uid}")).problem[:2] == (404, "unknown_item")


async def test_every_pair_is_reported_in_its_place(town: Town) -> None:
    """Good pairs are done, bad ones are refused where they stand; recipients of every kind are named as they are."""
    one, _ = await town.file("alice", "1"), await town.file("alice", "2")
    await town.alice.ok("POST", "/groups", {"title": "Team"})
    given = {
        "items": [one, "/alice/2", "nothing"],
        "recipients": ["bob", {"kind": "group", "name": "Team"}, "new@example.org", "nobody", {"kind": "everyone"}],
    }
    reply = await town.alice("POST", "/shares", given)
    report = reply.json
    assert reply.status == 200
    assert [one and one["code"] for one in report["items"]] == [None, None, "unknown_item"]
    assert [one and one["code"] for one in report["recipients"]] == [None, None, None, "unknown_recipient", None]
    told = {(pair["recipient"], pair["item"]): pair.get("did") or pair["problem"]["code"] for pair in report["pairs"]}
    assert told[0, 0] == told[1, 1] == told[4, 1] == "created"
    assert told[2, 0] == "pending"
    assert told[3, 0] == "unknown_recipient"
    assert told[0, 2] == "unknown_item"
    assert reply.headers["commonhold-revision"].isdigit()


async def test_atomic_does_all_or_nothing(town: Town) -> None:
    """One bad pair of an atomic proposal refuses it as a whole: the first problem, with the report beside."""
    uid = await town.file("alice", "a.txt")
    reply = await town.alice("POST", "/shares", {"items": [uid], "recipients": ["bob", "nobody"], "atomic": True})
    assert reply.problem == (422, "unknown_recipient", "recipients")
    assert reply.json["facts"]["report"]["done"] is False
    assert (await town.alice.ok("GET", "/shares"))["data"] == []


@pytest.mark.parametrize(
    "given",
    [
        {"recipients": ["bob"]},
        {"recipients": ["bob", "nobody", "mallory"], "role": "editor", "terms": {"until": "2030-01-01T00:00:00Z"}},
        {"recipients": [{"kind": "link"}], "terms": {"password": "x", "max_uses": 3}},
        {"recipients": ["bob", "nobody"], "atomic": True},
        {"recipients": ["alice"]},
        {"recipients": ["someone@example.org"], "role": "manager"},
    ],
)
async def test_a_dry_run_says_what_a_real_run_does(town: Town, given: dict[str, Any]) -> None:
    """A dry run writes nothing and is answered like the real run, but for the names of new rows."""
    uid = await town.file("alice", "a.txt")
    body = {"items": [uid], **given}
    before = await town.core.store.instance()
    dry = await town.alice("POST", "/shares?dry_run=true", body)
    assert await town.core.store.instance() == before
    assert "commonhold-revision" not in dry.headers
    real = await town.alice("POST", "/shares", body)
    assert dry.status == real.status
    assert _judgement(dry.json) == _judgement(real.json)


def _judgement(reply: dict[str, Any]) -> Any:
    """A report without the names of new rows."""
    report = reply["facts"]["report"] if "facts" in reply else reply
    assert isinstance(report, dict)
    pairs = [{k: v for k, v in one.items() if k not in ("share", "id", "link")} for one in report["pairs"]]
    return report["done"], report["items"], report["recipients"], pairs


async def test_taking_ends_the_shares_of_a_pair(town: Town) -> None:
    """``mode`` take names item and recipient; what is inherited is said with the folder it comes from."""
    folder = await town.folder("alice", "f")
    uid = await town.file("alice", "a.txt", parent=folder)
    await town.share("alice", folder, "bob")
    take = {"items": [uid], "recipients": ["bob"], "mode": "take"}
    inherited = await town.alice("POST", "/shares", take)
    assert inherited.problem[:2] == (422, "inherited")
    assert inherited.json["facts"]["place"] == folder
    ended = await town.alice.ok("POST", "/shares", {**take, "items": [folder]})
    assert ended["pairs"][0]["did"] == "withdrawn"
    assert (await town.bob("GET", f"/items/{uid}")).status == 404


async def test_a_share_is_changed_in_the_version_that_was_read(town: Town) -> None:
    """An amendment changes what it names, under the version that was read; a dry run of it changes nothing."""
    uid = await town.file("alice", "a.txt")
    pair = await town.share("alice", uid, "bob", terms={"note": "hi", "life": "1d"})
    seen = await town.alice("GET", f"/shares/{pair['share']}")
    tag = {"if-match": seen.headers["etag"]}
    dry = await town.alice.ok("PATCH", f"/shares/{pair['share']}?dry_run=true", {"role": "editor"}, headers=tag)
    assert dry["role"] == "editor"
    assert (await town.alice("GET", f"/shares/{pair['share']}")).json == seen.json
    changed = await town.alice(
        "PATCH", f"/shares/{pair['share']}", {"role": "editor", "terms": {"until": None}}, headers=tag
    )
    assert (changed.json["role"], changed.json["until"], changed.json["note"]) == ("editor", None, "hi")
    assert changed.headers["etag"] == changed.json["etag"] != seen.headers["etag"]
    stale = await town.alice("PATCH", f"/shares/{pair['share']}", {"role": "viewer"}, headers=tag)
    assert stale.problem[:2] == (412, "precondition_failed")
    assert (await town.bob("PATCH", f"/shares/{pair['share']}", {"role": "manager"})).problem[:2] == (403, "forbidden")
    assert (await town.mallory("PATCH", f"/shares/{pair['share']}", {})).problem[:2] == (404, "unknown_share")


async def test_many_shares_end_at_once(town: Town) -> None:
    """Each share of a withdrawal is reported in its place; what is not there is refused alone."""
    uid = await town.file("alice", "a.txt")
    shares = [(await town.share("alice", uid, name))["share"] for name in ("bob", "mallory")]
    report = await town.alice.ok("POST", "/shares/withdraw", {"shares": [shares[0], "nothing", shares[1]]})
    assert [one.get("did") or one["problem"]["code"] for one in report["pairs"]] == [
        "withdrawn",
        "unknown_share",
        "withdrawn",
    ]
    gone = await town.alice("POST", "/shares/withdraw", {"shares": shares})
    assert gone.problem[:2] == (404, "unknown_share")


async def test_a_link_is_shown_to_those_who_may_change_it(town: Town) -> None:
    """The secret of a link is told to its maker and the item's managers, never to those whom it lets in."""
    uid = await town.file("alice", "a.txt")
    link = await town.link("alice", uid)
    assert link["link"]["url"] == f"http://files.example/s/{link['link']['secret']}"
    assert (await town.alice.ok("GET", f"/shares/{link['share']}"))["link"] == link["link"]
    holder = await town.open(link["link"]["secret"])
    assert "link" not in await holder.ok("GET", f"/shares/{link['share']}")
    pair = await town.share("alice", uid, "bob", role="editor")
    assert [one["uid"] for one in (await town.bob.ok("GET", f"/items/{uid}/shares"))["data"]] == [pair["share"]]
    renewed = await town.alice.ok("POST", f"/shares/{link['share']}/secret")
    assert renewed["link"]["secret"] != link["link"]["secret"]
    assert (await town.nobody("GET", f"/links/{link['link']['secret']}")).problem[:2] == (404, "unknown_share")


async def test_a_look_at_a_link_costs_nothing_and_an_opening_one_use(town: Town) -> None:
    """GET and HEAD of a link count no use; each opening does, until none is left; renewal counts from nought."""
    uid = await town.file("alice", "a.txt")
    link = await town.link("alice", uid, max_uses=1)
    secret = link["link"]["secret"]
    for method in ("GET", "HEAD", "GET"):
        assert (await town.nobody(method, f"/links/{secret}")).status == 200
    assert (await town.nobody.ok("GET", f"/links/{secret}"))["uses_left"] == 1
    holder = await town.open(secret)
    assert (await town.nobody("POST", f"/links/{secret}/open")).problem[:2] == (410, "link_used_up")
    assert (await town.nobody.ok("GET", f"/links/{secret}"))["state"] == "used_up"
    assert (await holder("GET", f"/items/{uid}/content")).status == 200
    await town.alice.ok("POST", f"/shares/{link['share']}/renew", {"terms": {"life": "2w"}})
    assert (await town.nobody.ok("GET", f"/links/{secret}"))["uses_left"] == 1


async def test_a_password_guards_a_link(town: Town) -> None:
    """Nothing of the item is told before the password; wrong ones are counted, and many of them wait."""
    uid = await town.file("alice", "a.txt")
    link = await town.link("alice", uid, password="sesame")
    secret = link["link"]["secret"]
    assert await town.nobody.ok("GET", f"/links/{secret}") == {
        "state": "open",
        "password": True,
        "uses_left": None,
        "starts": None,
        "until": None,
        "item": None,
        "sharer": None,
    }
    assert (await town.nobody("POST", f"/links/{secret}/open")).problem == (403, "password_required", "password")
    wrong = {"password": "open"}
    assert (await town.nobody("POST", f"/links/{secret}/open", wrong)).problem == (403, "wrong_password", "password")
    for _ in range(town.core.limits.link_tries):
        last = await town.nobody("POST", f"/links/{secret}/open", wrong)
    assert last.problem[:2] == (429, "too_many_requests")
    assert int(last.headers["retry-after"]) > 0


async def test_a_link_is_opened_by_its_uid_too(town: Town) -> None:
    """The uid of a link opens it; the uid of another share opens nothing, not even for its recipient."""
    uid = await town.file("alice", "a.txt")
    link, pair = await town.link("alice", uid), await town.share("alice", uid, "bob")
    opened = await town.nobody.ok("POST", f"/shares/{link['share']}/open")
    assert opened["item"]["uid"] == uid
    for client in (town.nobody, town.bob, town.alice):
        assert (await client("POST", f"/shares/{pair['share']}/open")).problem[:2] == (404, "unknown_share")


async def test_why_and_audience_tell_reasons(town: Town) -> None:
    """Managers learn everybody an item reaches and why; others the reasons of their own right alone."""
    folder = await town.folder("alice", "f")
    uid = await town.file("alice", "a.txt", parent=folder)
    await town.alice.ok("POST", "/groups", {"title": "Team"})
    await town.alice.ok("POST", "/groups/Team/members", {"members": ["bob"]})
    await town.share("alice", folder, {"kind": "group", "name": "Team"}, role="editor", terms={"life": "1h"})
    mine = await town.bob.ok("GET", f"/items/{uid}/why")
    assert mine["right"]["role"] == "editor"
    (reason,) = mine["reasons"]
    assert (reason["by"], reason["place"]["uid"], reason["through"]["name"]) == ("share", folder, "Team")
    assert [one["name"] for one in reason["backers"]] == ["alice"]
    asked = await town.alice.ok("GET", f"/items/{uid}/why", params={"user": "bob"})
    assert asked["right"] == mine["right"]
    assert (await town.bob("GET", f"/items/{uid}/why?user=alice")).problem[:2] == (403, "forbidden")
    audience = await town.alice.ok("GET", f"/items/{uid}/audience")
    assert {(one["by"], one["who"]["name"]) for one in audience["data"]} >= {("owner", "alice"), ("share", "Team")}
    assert (await town.bob("GET", f"/items/{uid}/audience")).problem[:2] == (403, "forbidden")
    assert (await town.bob.ok("GET", f"/items/{uid}/right")) == mine["right"]
