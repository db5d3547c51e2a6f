"""One truth: what each kind of item, recipient, role and term shows here, and what is changed here elsewhere."""

from typing import Any

import pytest
from tests.faces.puter.town import Client, Town

from commonhold.core.content.making import make_entry
from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.identity import Path
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.finding import shares_with
from commonhold.core.sharing.managing import amend, withdraw
from commonhold.core.terms import Terms
from commonhold.testing.build import Builder

A = "/alice/a.txt"


async def rows(town: Town, path: str) -> list[dict[str, Any]]:
    """Return the shares that reach something, as its owner sees them."""
    found: list[dict[str, Any]] = (await town.alice("GET", "/share/shares", params={"path": path})).json["items"]
    return found


async def received(client: Client) -> list[dict[str, Any]]:
    """Return what is shared with somebody."""
    found: list[dict[str, Any]] = (await client("GET", "/share/shared-with-me")).json["items"]
    return found


async def stored(town: Town, path: str) -> list[Share]:
    """Return the shares on something as they are kept."""
    where = (Where("item", "eq", town.items[path].no),)
    found: list[Share] = await town.core.store.rows(machine(), Rows(Share, where))
    return found


@pytest.mark.parametrize("path", [A, "/alice/docs"])
async def test_files_and_folders(town: Town, path: str) -> None:
    """A file or folder that another face shares is shown by path and uid; one shared here is the core's share."""
    await town.give(path, "bob")
    assert [(one["holder"], one["mode"]) for one in await rows(town, path)] == [("bob", "read")]
    await town.alice.post("/share", {"recipients": ["carol"], "paths": [{"path": path, "access": "write"}]})
    kept = {share.recipient: share for share in await stored(town, path)}
    made = kept[town.numbers["carol"]]
    assert (made.role, made.made_by, made.face) == (Role.CONTRIBUTOR, town.numbers["alice"], "puter")
    mine = await shares_with(town.core, town.actor("carol"))
    assert [shown.share.uid for shown in mine.shares] == [made.uid]


async def test_an_app(town: Town) -> None:
    """An app is shared here, found by its recipient in shared-with-me, and opened by its URL."""
    await town.alice.post("/share", {"recipients": ["bob"], "things": {"type": "app", "name": "paint"}})
    row = next(one for one in await received(town.bob) if one["name"] == "paint")
    assert (row["path"], row["url"]) == (None, "https://paint.example.org")
    assert row["uid_entry"] == "app-" + town.uid("/alice/paint")


async def test_an_entry_has_no_path(town: Town) -> None:
    """What an outside application keeps is shown in shared-with-me without a path."""
    actor = town.actor("alice")
    made = await make_entry(
        town.core, actor, Path(("alice",)), type="board", key="7", title="Plan", url="https://x.example/7"
    )
    town.items["/alice/Plan"] = made
    await town.give("/alice/Plan", "bob")
    row = next(one for one in await received(town.bob) if one["uid_entry"] == made.uid)
    assert (row["path"], row["type"], row["url"]) == (None, "entry", "https://x.example/7")


async def test_a_record_has_no_path(town: Town) -> None:
    """A record that is shared is shown in shared-with-me by its collection and key, and cannot be named here."""
    build = Builder(town.core.store)
    record = await build.record(town.items[A].space, "articles", "7")
    await build.share(record, town.numbers["bob"])
    row = next(one for one in await received(town.bob) if one["type"] == "record")
    assert (row["path"], row["name"], row["mode"]) == (None, "articles 7", "read")
    told = await town.alice.post("/share", {"recipients": ["carol"], "paths": [row["uid_entry"]]})
    assert told["paths"][0]["code"] == "subject_does_not_exist"


async def test_groups_organisations_everyone_and_links_are_holders(town: Town) -> None:
    """Shares with others than users are shown with their holder, and left as they are by what is done here."""
    group = await add_group(town.core, town.actor("alice"), NewGroup(title="Team"))
    for recipient in (group.no, MAIN_ORG, EVERYONE, LINK):
        await town.give(A, recipient)
    await town.alice.post("/share", {"recipients": ["bob"], "items": [A], "mode": "write"})
    shown = {one["holder_kind"]: one for one in await rows(town, A)}
    assert shown.keys() == {"user", "group", "org", "everyone", "link"}
    assert (shown["group"]["holder"], shown["everyone"]["holder"]) == ("Team", "everyone")
    assert (await town.alice.post("/share/revoke", {"recipients": ["bob"], "items": [A]}))["revoked"] == 1
    assert {one["holder_kind"] for one in await rows(town, A)} == {"group", "org", "everyone", "link"}
    assert (await town.nobody("GET", "/read", params={"file": A})).status == 200


@pytest.mark.parametrize(
    ("role", "mode"),
    [
        (Role.VIEWER, "read"),
        (Role.EDITOR, "write"),
        (Role.CONTRIBUTOR, "write"),
        (Role.MANAGER, "manage"),
        (Role.PREVIEWER, "see"),
        (Role.UPLOADER, None),
    ],
)
async def test_roles(town: Town, role: Role, mode: str | None) -> None:
    """A role is shown by the nearest word; what is enforced is the role. An uploader's share has no word here."""
    await town.give("/alice/docs", "bob", role)
    assert [one["mode"] for one in await rows(town, "/alice/docs")] == ([mode] if mode else [])
    assert [one["mode"] for one in await received(town.bob) if one["name"] == "docs"] == ([mode] if mode else [])
    reads = (await town.bob("GET", "/read", params={"file": "/alice/docs/deep.txt"})).status == 200
    assert reads is (role not in (Role.PREVIEWER, Role.UPLOADER))


async def test_a_window_is_honoured(town: Town) -> None:
    """A share with a window reads within it alone, whoever set it."""
    now = town.clock()
    await town.give(A, "bob", terms=Terms(starts=now + 10, until=now + 20))
    told = []
    for _ in range(3):
        told.append((await town.bob("GET", "/read", params={"file": A})).status)
        town.clock.advance(10)
    assert told == [404, 200, 404]


async def test_what_this_dialect_cannot_say_stays(town: Town) -> None:
    """Sharing again here raises or sets the access, and leaves end, note and mask as another face set them."""
    until = town.clock() + 1_000_000
    await town.give(A, "bob", terms=Terms(until=until, note="from elsewhere", mask=Kind.USER))
    await town.alice.post("/share", {"recipients": ["bob"], "paths": [{"path": A, "access": "write"}]})
    await town.alice.post("/share", {"recipients": ["bob"], "items": [A], "mode": "write"})
    (share,) = await stored(town, A)
    assert (share.role, share.until, share.mask) == (Role.CONTRIBUTOR, until, Kind.USER)
    assert (await received(town.bob))[0]["message"] == "from elsewhere"


async def test_the_note_is_the_message(town: Town) -> None:
    """``metadata.message`` is the note of the share for every face."""
    body = {"recipients": ["bob"], "shares": [{"$": "fs-share", "path": A}], "metadata": {"message": "for you"}}
    await town.alice.post("/share", body)
    shown = (await shares_with(town.core, town.actor("bob"))).shares
    assert "for you" in [one.note for one in shown]


async def test_what_is_withdrawn_elsewhere_is_gone_here(town: Town) -> None:
    """A share ended or lowered by another face is so here with the next request; and the other way round."""
    await town.alice.post("/share", {"recipients": ["bob"], "paths": [{"path": A, "access": "write"}]})
    (share,) = await stored(town, A)
    await amend(town.core, town.actor("alice"), share.uid, role=Role.VIEWER)
    assert (await town.bob.refused("/rename", {"path": A, "new_name": "x"}))[1] == "forbidden"
    await withdraw(town.core, town.actor("alice"), [share.uid])
    assert (await town.bob("GET", "/read", params={"file": A})).status == 404
    assert await rows(town, A) == []


async def test_a_manager_passes_on_and_falls_with_his_share(town: Town) -> None:
    """What a manager passed on here is bound to his own share, and ends with it."""
    await town.alice.post("/share", {"recipients": ["bob"], "items": [A], "mode": "manage"})
    told = await town.bob.post("/share", {"recipients": ["carol"], "paths": [A]})
    assert told["status"] == "success"
    assert (await town.carol("GET", "/read", params={"file": A})).status == 200
    await town.alice.post("/share/revoke", {"recipients": ["bob"], "items": [A]})
    assert (await town.carol("GET", "/read", params={"file": A})).status == 404


async def test_who_passes_on_learns_no_names_above(town: Town) -> None:
    """The path of what somebody received and passed on begins at what he received, in every list of his."""
    await town.alice.post("/share", {"recipients": ["bob"], "items": ["/alice/docs/deep.txt"], "mode": "manage"})
    await town.bob.post("/share", {"recipients": ["carol"], "items": ["/alice/docs/deep.txt"]})
    uid = town.uid("/alice/docs/deep.txt")
    for route in ("shared-by-me", "shared-with-me", f"shares?uid={uid}"):
        found = (await town.bob("GET", f"/share/{route}")).json["items"]
        assert f"/alice/{uid}/deep.txt" in [one["path"] for one in found]
        assert not any("docs" in (one["path"] or "") for one in found)


async def test_an_owner_is_no_recipient(town: Town) -> None:
    """A manager who shares with the owner is told so in the recipient's place."""
    await town.alice.post("/share", {"recipients": ["bob"], "items": [A], "mode": "manage"})
    told = await town.bob.post("/share", {"recipients": ["alice", "carol"], "paths": [A]})
    assert [one.get("code") for one in told["recipients"]] == ["shared_with_owner", None]
