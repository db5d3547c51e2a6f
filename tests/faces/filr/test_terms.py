"""What this dialect has no words for stays as it is; what ends a share elsewhere ends it here; who is told."""

from typing import Any

import pytest
from tests.faces.filr.town import Town

from commonhold.core.content.trash import trash
from commonhold.core.content.tree import ItemChange, change
from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.installation import acting
from commonhold.core.directory.members import remove_members
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Named
from commonhold.core.model import LINK, Notification, Outbox, Profile, Share
from commonhold.core.notices.letters import letter
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.roles import Action, Kind, Role
from commonhold.core.terms import Terms

pytestmark = pytest.mark.slow

A = "/alice/a.txt"
D = "/alice/docs/deep/d.txt"


async def stored(town: Town, path: str) -> list[Share]:
    """Return the shares on something as they are kept."""
    found: list[Share] = await town.core.store.rows(
        machine(), Rows(Share, (Where("item", "eq", town.no(path)),), ("no",))
    )
    return found


async def told(town: Town) -> list[Outbox]:
    """Return what is to be told."""
    found: list[Outbox] = await town.core.store.rows(machine(), Rows(Outbox))
    return found


async def test_terms_of_others_stay(town: Town, form: str) -> None:
    """Start, password, uses and uid that another face set outlive an update and a creation here."""
    now = town.clock()
    uid = await town.give(A, "bob", terms=Terms(starts=now - 5, max_uses=3, password="secret", note="theirs"))
    alice = town.alice.speaking(form)
    (shown,) = (await alice.get(town.shares_of(A)))["items"]
    body = {"access": {"role": "EDITOR"}, "comment": "ours"}
    for path, more in ((f"/shares/{shown['id']}", {}), (town.shares_of(A), {"recipient": town.user("bob")})):
        changed = await alice.post(path, {**body, **more})
        assert (changed["role"], changed["comment"]) == ("EDITOR", "ours")
        (kept,) = await stored(town, A)
        assert (kept.uid, kept.starts, kept.max_uses, kept.role) == (uid, now - 5, 3, Role.EDITOR)
        assert kept.password is not None


async def test_what_was_read_is_sent_back(town: Town, form: str) -> None:
    """A share that is read and posted as it is stays what it is, but for its id and its date."""
    alice = town.alice.speaking(form)
    wanted = {"access": {"role": "EDITOR", "sharing": {"internal": True, "public_link": True}}, "comment": "x & <y>"}
    share = await alice.post(town.shares_of(A), {"recipient": town.user("bob"), **wanted})
    again = await alice.post(share["href"], await alice.get(share["href"]))
    changing = ("id", "href", "links")
    assert {key: one for key, one in again.items() if key not in changing} == {
        key: one for key, one in share.items() if key not in changing
    }
    link = await alice.post(town.shares_of(A), {"recipient": {"type": "public_link"}})
    assert await alice.post(link["href"], link) == link


async def test_what_other_faces_open(town: Town) -> None:
    """What asks for a password, or counts its uses, is its sharer's to see, and no dead end in its recipient's list."""
    await town.give(A, "bob", terms=Terms(password="secret"))
    await town.give("/alice/b.txt", "bob", terms=Terms(max_uses=2))
    listed = (await town.bob.get(f"/shares/with_user/{town.no('bob')}"))["items"]
    assert [one["shared_entity"]["id"] for one in listed] == [town.no("/alice/read.txt")]
    assert (await town.alice.get(f"/shares/by_user/{town.no('alice')}"))["count"] == 3


@pytest.mark.parametrize(
    ("role", "shown"),
    [(Role.MANAGER, "CONTRIBUTOR"), (Role.PREVIEWER, "CUSTOM"), (Role.UPLOADER, "CUSTOM"), (Role.CONTRIBUTOR, None)],
)
async def test_roles_without_a_name(town: Town, role: Role, shown: str | None) -> None:
    """A role that is shown by its nearest name stays what it is when that name is sent back, and else changes."""
    await town.give("/alice/docs", "bob", role)
    (share,) = (await town.alice.get(town.shares_of("/alice/docs")))["items"]
    assert share["role"] == share["access"]["role"] == (shown or "CONTRIBUTOR")
    again = await town.alice.post(f"/shares/{share['id']}", {"access": {"role": share["role"]}, "comment": "x"})
    assert [one.role for one in await stored(town, "/alice/docs")] == [role]
    await town.alice.post(f"/shares/{again['id']}", {"access": {"role": "VIEWER"}})
    assert [one.role for one in await stored(town, "/alice/docs")] == [Role.VIEWER]


async def test_the_bin(town: Town, form: str) -> None:
    """What lies in the bin is shared no more, cannot be shared, and its shares are not there; restored, they are."""
    share = await town.share(A, town.user("bob"))
    await trash(town.core, town.actor("alice"), town.no(A))
    alice, bob = town.alice.speaking(form), town.bob.speaking(form)
    assert (await alice("GET", share["href"])).refusal == (404, "SHAREITEM_NOT_FOUND")
    assert (await alice("GET", town.shares_of(A))).refusal == (404, "ENTRY_NOT_FOUND")
    body = {"recipient": town.user("carol"), "access": {"role": "VIEWER"}}
    assert (await alice("POST", town.shares_of(A), body)).refusal == (404, "ENTRY_NOT_FOUND")
    assert (await alice.get(f"/shares/by_user/{town.no('alice')}"))["count"] == 1
    assert (await bob.get(f"/shares/with_user/{town.no('bob')}"))["count"] == 1
    root = town.root.speaking(form)
    assert (await root.get("/admin/shares"))["count"] == 1
    assert (await root("GET", f"/admin{share['href']}")).refusal == (404, "SHAREITEM_NOT_FOUND")


async def test_a_folder_that_takes_nothing_from_above(town: Town) -> None:
    """A share of a folder reaches what is inside as far as folders there inherit; what is outside again is gone."""
    await town.share("/alice/docs", town.user("bob"))
    path = f"/folder_entries/{town.no(D)}/access"
    assert (await town.bob("GET", path)).status == 200
    await change(town.core, town.actor("alice"), town.no("/alice/docs/deep"), ItemChange(inherits=False))
    assert (await town.bob("GET", path)).status == 404


async def test_leaving_a_group_and_a_sharer_who_is_gone(town: Town) -> None:
    """Membership and the sharer's account are looked at with each request."""
    await town.share("/alice/docs", town.group("crew"))
    path = f"/folder_entries/{town.no(D)}/access"
    assert (await town.carol("GET", path)).status == 200
    await remove_members(town.core, town.actor("alice"), town.no("team"), [town.no("carol")])
    assert (await town.carol("GET", path)).status == 404
    assert (await town.bob("GET", path)).status == 200
    await suspend(town.core, await acting(town.core), town.no("alice"))
    assert (await town.bob("GET", path)).status == 404
    assert (await town.alice("GET", path)).status == 401


async def test_a_narrow_token(town: Town) -> None:
    """A token that may only read neither shares nor ends anything."""
    share = await town.share(A, town.user("bob"))
    secret = (await create_token(town.core, town.actor("alice"), actions=Action.READ)).secret
    town.alice.password = secret
    reader = town.alice.speaking("json")
    body = {"recipient": town.user("carol"), "access": {"role": "VIEWER"}}
    assert (await reader("POST", town.shares_of(A), body)).refusal == (403, "ACCESS_DENIED")
    assert (await reader("DELETE", share["href"])).status == 404
    assert len(await stored(town, A)) == 1


async def test_nobody_is_told_unless_asked(town: Town) -> None:
    """``notify`` is false by default: no line, no letter; a refused request makes no address known."""
    body: dict[str, Any] = {"recipient": {"type": "external_user", "email": "zoe@outside.example"}}
    before = await town.core.store.rows(machine(), Rows(Profile))
    assert (await town.alice("POST", town.shares_of(A), body)).status == 400
    denied = {**body, "access": {"role": "VIEWER", "sharing": {"internal": True}}}
    assert (await town.bob("POST", town.shares_of("/alice/read.txt"), denied)).status == 403
    assert await town.core.store.rows(machine(), Rows(Profile)) == before
    rows = await told(town)
    await town.share(A, body["recipient"])
    assert await told(town) == rows


async def test_who_is_told_how(town: Town, form: str) -> None:
    """An address gets a way in, a user a letter and a line, again on update; a link goes to each address, and alone."""
    alice, before = town.alice.speaking(form), len(await told(town))
    v = {"access": {"role": "VIEWER"}, "comment": "have a look"}
    zoe = {"type": "external_user", "email": "zoe@outside.example"}
    share = await alice.post(f"{town.shares_of(A)}?notify=true", {"recipient": zoe, **v})
    await alice.post(f"/shares/{share['id']}?notify=true", v)
    await alice.post(f"{town.shares_of(A)}?notify=true&notify_address=x@outside.example", {"recipient": zoe, **v})
    letters = [await letter(town.core, row) for row in (await told(town))[before:]]
    assert [(one.address, one.page, one.note) for one in letters if one] == [
        ("zoe@outside.example", "enter", "have a look")
    ] * 3
    before += 3
    await alice.post(f"{town.shares_of('/alice/docs')}?notify=true", {"recipient": town.user("carol"), **v})
    assert len(await town.core.store.rows(machine(), Rows(Notification, (Where("user", "eq", town.no("carol")),)))) == 1
    addresses = "&notify_address=one@outside.example&notify_address=two@outside.example"
    await town.give(A, LINK, notify=False)
    link = await alice.post(f"{town.shares_of(A)}?notify=true{addresses}", {"recipient": {"type": "public_link"}})
    await alice.post(f"/shares/{link['id']}?notify=true{addresses}", {})
    mailed = [await letter(town.core, row) for row in (await told(town))[before + 1 :]]
    assert sorted(one.address for one in mailed if one) == ["one@outside.example"] * 2 + ["two@outside.example"] * 2
    secret = link["permalinks"][0]["href"].split("/")[-3]
    assert {offer.part for one in mailed if one for offer in one.offers} == {secret}
    await alice.post(f"{town.shares_of('/alice/docs')}?notify=true", {"recipient": {"type": "public"}, **v})
    assert len(await told(town)) == before + 5


async def test_links_of_other_faces_stay(town: Town) -> None:
    """A link made elsewhere is listed, and is not the one that is overwritten here."""
    theirs = await town.give(A, LINK, Role.CONTRIBUTOR)
    ours = await town.share(A, {"type": "public_link"}, None)
    listed = (await town.alice.get(town.shares_of(A)))["items"]
    assert [(one["recipient"]["type"], one["role"]) for one in listed] == [
        ("public_link", "VIEWER"),
        ("public_link", "CONTRIBUTOR"),
    ]
    await town.alice.post(f"/shares/{ours['id']}", {"comment": "x"})
    kept = {share.uid: share.role for share in await stored(town, A)}
    assert kept[theirs] is Role.CONTRIBUTOR
    assert len(kept) == 2


async def test_an_account_from_outside_without_address(town: Town) -> None:
    """An account from outside that has confirmed no address is known by its number."""
    new = NewUser(name="odd", password="correct horse", external=True)
    odd = await add_user(town.core, await acting(town.core), new)
    share = await town.share(A, {"type": "external_user", "id": odd.no})
    assert share["recipient"] == {"type": "external_user", "id": odd.no, "href": f"/users/{odd.no}"}
    wrong = {"recipient": {"type": "external_user", "id": odd.no, "email": "odd@x.example"}, "access": share["access"]}
    assert (await town.alice("POST", town.shares_of(A), wrong)).refusal == (400, "BAD_INPUT")
    await suspend(town.core, await acting(town.core), Named("odd", Kind.USER))
    body = {"recipient": {"type": "external_user", "id": odd.no}, "access": {"role": "VIEWER"}}
    assert (await town.alice("POST", town.shares_of(A), body)).status == 404


async def test_many_shares_of_one(town: Town) -> None:
    """A list has all its rows, however many: there are no pages."""
    for number in range(205):
        path = f"/alice/many {number}.txt"
        await town.file(path)
        await town.give(path, "dave", notify=False)
    found = await town.dave.get(f"/shares/with_user/{town.no('dave')}")
    assert (found["first"], found["count"], found["total"], len(found["items"])) == (0, 205, 205, 205)
    assert len({one["id"] for one in found["items"]}) == 205
    assert (await town.alice.get(f"/shares/by_user/{town.no('alice')}"))["count"] == 206
