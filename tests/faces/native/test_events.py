"""What happened, asked for by administrators: by whom, of which kind, about what, from where, and when."""

from typing import Any

from tests.faces.native.town import Town


async def _kinds(town: Town, **asked: Any) -> list[str]:
    return [one["kind"] for one in (await town.root.ok("GET", "/events", params=asked))["data"]]


async def test_events_are_found_by_what_people_know(town: Town) -> None:
    """Names and uids find events as numbers do; conditions hold together; names are told beside the numbers."""
    uid = await town.file("alice", "a.txt")
    pair = await town.share("alice", uid, "bob")
    (made,) = (await town.root.ok("GET", "/events", params={"kind": "share.made", "item": uid}))["data"]
    assert (made["by"], made["about"], made["uid"], made["face"]) == ("alice", "bob", uid, "native")
    assert made["name"] == "a.txt"  # whom the organisation is given to sees its items
    assert await _kinds(town, share=pair["share"]) == ["share.made"]
    assert await _kinds(town, share=made["share"], face="native") == ["share.made"]
    assert set(await _kinds(town, person="alice", kind="share.")) == {"share.made"}
    assert await _kinds(town, person="bob", kind="share.") == []
    assert await _kinds(town, person="alice", since=made["at"], until=made["at"], kind="share.made") == ["share.made"]
    assert await _kinds(town, until="2001-01-01T00:00:00Z") == []
    assert await _kinds(town, address="192.0.2.200") == []
    if made["address"] is not None:
        assert "share.made" in await _kinds(town, address=made["address"])
    receipt = await town.alice.ok("DELETE", f"/shares/{pair['share']}")
    assert receipt["shares"] == 1
    assert await _kinds(town, share=made["share"]) == ["share.withdrawn", "share.made"]


async def test_what_is_not_there(town: Town) -> None:
    """Unknown names are said to be unknown, to administrators; nobody else learns anything."""
    for name, code in (("person", "unknown_user"), ("item", "unknown_item"), ("share", "unknown_share")):
        reply = await town.root("GET", f"/events?{name}=nothing-of-this-name")
        assert (reply.status, reply.problem[1]) == (404, code)
        assert (await town.alice("GET", f"/events?{name}=nothing-of-this-name")).problem[1] == "forbidden"
