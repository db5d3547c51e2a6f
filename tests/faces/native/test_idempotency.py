"""``Idempotency-Key``: a POST that is sent again is answered again, and done once."""

import asyncio
import uuid
from typing import Any

import pytest
from tests.faces.native.town import PASSWORD, Client, Reply, Town

from commonhold.core.model import Idempotency
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows


def key(name: str = "k-1") -> dict[str, Any]:
    """Headers with a key."""
    return {"headers": {"idempotency-key": name}}


def same(first: Reply, again: Reply) -> bool:
    """Whether the second reply is the first one, told again."""
    return (again.status, again.json, again.headers.get("idempotency-replayed")) == (first.status, first.json, "true")


async def test_a_proposal_is_done_once(town: Town) -> None:
    """The same report comes again, links and refusals included; nothing is shared twice."""
    uid = await town.file("alice", "a.txt")
    body = {"items": [uid], "recipients": ["bob", {"kind": "link"}, "who"], "terms": {"password": "x"}}
    first = await town.alice("POST", "/shares", body, **key())
    again = await town.alice("POST", "/shares", body, **key())
    assert same(first, again)
    link = first.json["pairs"][1]
    assert link["id"] > 0
    assert link["link"]["secret"]
    assert len((await town.alice.ok("GET", "/shares"))["data"]) == 2
    await town.alice.ok("DELETE", f"/shares/{link['share']}")
    after = await town.alice("POST", "/shares", body, **key())
    assert (after.status, after.json["pairs"][1].get("id"), after.json["pairs"][1].get("link")) == (200, None, None)


async def test_an_item_is_told_again_as_it_was(town: Town) -> None:
    """What was made is told in the same shape, with the same address, as if it were made now."""
    home = await town.home("alice")
    body = {"kind": "folder", "name": "a"}
    first = await town.alice("POST", f"/items/{home}/children", body, **key())
    again = await town.alice("POST", f"/items/{home}/children", body, **key())
    assert same(first, again)
    assert [again.headers[name] for name in ("location", "etag")] == [
        first.headers[name] for name in ("location", "etag")
    ]


async def test_another_body_under_the_same_key_is_refused(town: Town) -> None:
    """A key stands for one request: another body, path or query is a mismatch; another person's key is his own."""
    home = await town.home("alice")
    body = {"kind": "folder", "name": "a"}
    await town.alice.ok("POST", f"/items/{home}/children", body, **key())
    for path, other in ((f"/items/{home}/children", {"kind": "folder", "name": "b"}), ("/groups", {"title": "t"})):
        refused = await town.alice("POST", path, other, **key())
        assert refused.problem == (422, "idempotency_mismatch", "Idempotency-Key")
    assert (await town.bob("POST", "/groups", {"title": "t"}, **key())).status == 201


async def test_what_was_refused_may_be_tried_again(town: Town) -> None:
    """A refusal keeps no key: the same request is judged anew."""
    home = await town.home("alice")
    body = {"kind": "folder", "name": "a"}
    uid = await town.folder("alice", "a")
    assert (await town.alice("POST", f"/items/{home}/children", body, **key())).problem[1] == "name_collides"
    await town.alice.ok("DELETE", f"/items/{uid}")
    assert (await town.alice("POST", f"/items/{home}/children", body, **key())).status == 201


async def test_things_that_were_made_are_told_again(town: Town) -> None:
    """Items, users, groups and organisations are told as they are now, under the uid that they got the first time."""
    home = await town.home("alice")
    await town.file("alice", "c.txt")
    asked = [
        (town.alice, f"/items/{home}/children", {"kind": "folder", "name": "n"}, "item"),
        (town.root, "/users", {"name": "zoe", "password": PASSWORD}, "user"),
        (town.alice, "/groups", {"title": "G"}, "group"),
        (town.root, "/orgs", {"title": "O"}, "org"),
    ]
    for client, path, body, name in asked:
        first = await client("POST", path, body, **key(name))
        again = await client("POST", path, body, **key(name))
        assert (again.status, again.json["uid"]) == (201, first.json["uid"]), path
        assert again.headers["commonhold-revision"]


async def test_secrets_are_told_again_to_the_same_caller_alone(town: Town) -> None:
    """A token that got lost on the way is told again under its key, and stands nowhere in the store."""
    first = await town.alice("POST", "/tokens", {"label": "x"}, **key())
    assert same(first, await town.alice("POST", "/tokens", {"label": "x"}, **key()))
    other = await town.bob("POST", "/tokens", {"label": "x"}, **key())
    assert other.json["token"] != first.json["token"]
    kept: list[Idempotency] = await town.core.store.rows(machine(), Rows(Idempotency))
    assert first.json["token"].encode() not in b"".join(row.report + row.request for row in kept)
    assert (await Client(town.app, first.json["token"]).ok("GET", "/session"))["user"]["name"] == "alice"


async def test_an_opening_under_a_key_counts_one_use(town: Town) -> None:
    """A link with one use opens once, however often the same request comes; its key must be no guess."""
    uid = await town.file("alice", "a.txt")
    link = await town.link("alice", uid, max_uses=1)
    path = f"/links/{link['link']['secret']}/open"
    name = str(uuid.uuid4())
    assert (await town.nobody("POST", path, **key("short"))).problem == (400, "invalid_field", "Idempotency-Key")
    first = await town.nobody("POST", path, **key(name))
    assert same(first, await town.nobody("POST", path, **key(name)))
    assert (await town.nobody("POST", path, **key(str(uuid.uuid4())))).problem[1] == "link_used_up"
    assert (await Client(town.app, first.json["token"])("GET", f"/items/{uid}/content")).body == b"hello"


async def test_a_log_in_under_a_key_begins_one_session(town: Town) -> None:
    """The session of a log-in that is repeated is the same; a wrong password keeps no key."""
    name = str(uuid.uuid4())
    wrong = {"name": "alice", "password": "no"}
    assert (await town.nobody("POST", "/session", wrong, **key(name))).problem[1] == "bad_credentials"
    body = {"name": "alice", "password": PASSWORD}
    first = await town.nobody("POST", "/session", body, **key(name))
    again = await town.nobody("POST", "/session", body, **key(name))
    assert same(first, again)


async def test_files_of_a_form_are_stored_once_each(town: Town) -> None:
    """A form that is sent again under its key stores what is missing, and tells what is there."""
    home = await town.home("alice")
    files = [("file", ("a.txt", b"a")), ("file", ("b.txt", b"b"))]
    first = await town.alice("POST", f"/items/{home}/files", files=files, **key())
    again = await town.alice("POST", f"/items/{home}/files", files=files, **key())
    uids = [[one["item"]["uid"] for one in reply.json["files"]] for reply in (first, again)]
    assert uids[0] == uids[1]
    assert len((await town.alice.ok("GET", f"/items/{home}/children"))["data"]) == 2


async def test_an_uploader_is_told_the_uid_again(town: Town) -> None:
    """Whoever cannot read what he put gets its uid again, and no more."""
    folder = await town.folder("alice", "drop")
    await town.share("alice", folder, "bob", role="uploader")
    body = {"kind": "folder", "name": "mine"}
    first = await town.bob("POST", f"/items/{folder}/children", body, **key())
    again = await town.bob("POST", f"/items/{folder}/children", body, **key())
    assert again.json == {"uid": first.json["uid"]}


@pytest.mark.parametrize("what", ["children", "shares", "open"])
async def test_the_same_request_at_the_same_time_is_done_once(town: Town, what: str) -> None:
    """Ten requests with one key at the same time do one thing, and all are answered with it."""
    home, uid = await town.home("alice"), await town.file("alice", "a.txt")
    link = await town.link("alice", uid, max_uses=1)
    paths: dict[str, tuple[Client, str, Any]] = {
        "children": (town.alice, f"/items/{home}/children", {"kind": "folder", "name": "once"}),
        "shares": (town.alice, "/shares", {"items": [uid], "recipients": [{"kind": "link"}]}),
        "open": (town.nobody, f"/links/{link['link']['secret']}/open", {}),
    }
    client, path, body = paths[what]
    name = str(uuid.uuid4())
    replies = await asyncio.gather(*(client("POST", path, body, **key(name)) for _ in range(10)))
    assert {reply.status for reply in replies} <= {200, 201}, replies
    told: Any = {
        "children": lambda reply: reply.json["uid"],
        "shares": lambda reply: reply.json["pairs"][0]["link"]["secret"],
        "open": lambda reply: reply.json["token"],
    }[what]
    assert len({told(reply) for reply in replies}) == 1
    assert sum("idempotency-replayed" not in reply.headers for reply in replies) == 1


async def test_odd_keys_are_refused(hamlet: Town) -> None:
    """A key has 1 to 255 visible ASCII characters."""
    for name in ("", "a b", "x" * 256):
        refused = await hamlet.alice("POST", "/groups", {"title": "t"}, **key(name))
        assert refused.problem == (400, "invalid_field", "Idempotency-Key")
