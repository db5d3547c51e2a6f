"""The share dialog: what will happen is told before, done once, and refused in words; each link has a page."""

import re

import pytest
from tests.faces.web.reading import Reading, read
from tests.faces.web.site import PASSWORD, Browser, Site

from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.identity import Named
from commonhold.core.model import GroupTerms, Outbox
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.roles import Kind, Role

BOB = Named("bob", Kind.USER)
HOUR = 3_600_000


async def _in(hut: Site, name: str) -> Browser:
    browser = hut.visitor()
    await browser.sign_in(name)
    return browser


def _value(page: Reading, id_: str) -> dict[str, str]:
    return next(one for name, one in page.own if one.get("id") == id_)


async def test_what_will_happen_is_told_and_then_done(hut: Site) -> None:
    """A person, a group, an address, a stranger: each has a sentence; nothing is written before it is sent."""
    folder = await hut.folder("Docs")
    await add_user(hut.core, hut.root, NewUser(name="eve", password=PASSWORD, external=True))
    await add_group(hut.core, hut.alice, NewGroup(title="Team"))
    alice = await _in(hut, "alice")
    path = f"/app/items/{folder.uid}/share"
    first = read(await alice.get(path))
    assert "Share Docs" in first.text
    assert {one["value"] for one in first.all("option")} == {str(role) for role in Role}
    to = "bob\nTeam\neve\nnew@example.net\nnobody"
    fields = {"kind": "people", "do": "look", "to": to, "role": "editor", "note": "for <b>you</b>", "notify": "1"}
    told = await alice.post(path, {**fields, "password": "between us"})
    page = read(told)
    assert told.status_code == 200
    for sentence in (
        "This will happen",
        "bob gains: edit.",
        "Everybody in the group Team gains: edit. So does whoever comes into it later.",
        "eve gains: edit. outside of your organisation",
        "new@example.net gets a letter, comes in by it without an account, and gains: edit. outside of your",
        "not known here yet",
        "nobody gains nothing. Nobody here is called so.",
        "for <b>you</b>",
        "type it again",
    ):
        assert sentence in page.text, sentence
    assert "between us" not in told.text
    assert "required" in _value(page, "people-password")
    bob = await _in(hut, "bob")
    assert "Docs" not in read(await bob.get("/app")).text
    without = await alice.post(path, {**fields, "do": "send", "typed": "1"})
    assert (without.status_code, "Fill in every field" in without.text) == (400, True)
    sent = read(await alice.post(path, {**fields, "do": "send"}))
    assert "This has happened" in sent.text
    listing = read(await bob.get("/app"))
    assert "Docs" in listing.text
    again = read(await alice.post(path, {**fields, "to": "bob", "do": "send", "role": "viewer", "note": ""}))
    assert again.text == ""
    assert "It is shared." in read(await alice.get(f"{path}?done=1")).text
    look = read(await alice.post(path, {**fields, "to": "bob", "role": "previewer"}))
    assert "bob has it already (look and download). From now on: look." in look.text


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"to": ""}, 400, "Fill in every field"),
        ({"to": "alice"}, 200, "You cannot share with yourself"),
        ({"to": "bob", "role": "king"}, 422, "No such role"),
        ({"to": "bob", "until": "2001-01-01T00:00"}, 400, "lies in the past"),
        ({"to": "bob", "until": "soon"}, 400, "cannot be used"),
        ({"to": "bob", "uses": "many"}, 400, "cannot be used"),
        ({"to": "bob", "uses": "0"}, 400, "usable at least once"),
        ({"to": "bob", "starts": "2101-01-01T00:00", "until": "2100-01-01T00:00"}, 400, "before the start"),
        ({"to": "bob", "note": "x" * 50_000}, 400, "too long"),
    ],
)
async def test_a_refused_form_comes_back(hut: Site, fields: dict[str, str], status: int, sentence: str) -> None:
    """What was typed is kept, and the reason stands beside it; the core's refusals are words, never errors."""
    file = await hut.file("a.txt")
    alice = await _in(hut, "alice")
    for do in ("look", "send"):
        given = {"kind": "people", "do": do, "role": "viewer", **fields}
        done = await alice.post(f"/app/items/{file.uid}/share", given)
        page = read(done)
        assert done.status_code in ((status, 422) if do == "send" else (status,)), done.status_code
        assert sentence in page.text
        assert fields.get("to", "") in page.text
        assert done.status_code < 500


async def test_what_was_ticked_stays_ticked(hut: Site) -> None:
    """Everyone, the consent that a group asks for, and addresses for a link outlive the answer that comes before."""
    folder = await hut.folder("Docs")
    await add_group(hut.core, hut.alice, NewGroup(title="Team", terms=GroupTerms(0, members_update=True)))
    alice = await _in(hut, "alice")
    path = f"/app/items/{folder.uid}/share"
    fields = {"kind": "people", "do": "look", "to": "Team", "role": "viewer", "everyone": "1"}
    page = read(await alice.post(path, fields))
    assert "checked" in _value(page, "people-everyone")
    assert "Everybody, without logging in, gains: look and download." in page.text
    assert "Confirm that this is wanted." in page.text
    assert "checked" not in _value(page, "people-confirm")
    page = read(await alice.post(path, {**fields, "confirm": "1"}))
    assert "Everybody in the group Team gains" in page.text
    assert "checked" in _value(page, "people-confirm")
    assert (await alice.post(path, {**fields, "confirm": "1", "do": "send"})).status_code == 303
    link = {"kind": "link", "do": "look", "role": "viewer", "mail": "x@example.net"}
    assert _value(read(await alice.post(path, link)), "link-mail")["value"] == "x@example.net"
    assert (await alice.post(path, {**link, "do": "send"})).status_code == 303
    told: list[Outbox] = await hut.core.store.rows(machine(), Rows(Outbox))
    assert "link" in {one.kind for one in told}


async def test_what_others_may_share(hut: Site) -> None:
    """Whoever may not pass it on is told so; who may, gives no more than he has, to whom he may, and sees his own."""
    folder = await hut.folder("Docs")
    await hut.share(folder, BOB)
    bob = await _in(hut, "bob")
    path = f"/app/items/{folder.uid}/share"
    assert (await bob.get(path)).status_code == 403
    await hut.share(folder, BOB, mask=Kind.USER | Kind.MAIL)
    page = read(await bob.get(path))
    assert {one["value"] for one in page.all("option")} == {"previewer", "viewer"}
    assert "By a link" not in page.text
    refused = read(await bob.post(path, {"kind": "people", "do": "look", "to": "root", "role": "editor"}))
    assert "You cannot give more than you have" in refused.text
    assert (await bob.post(path, {"kind": "people", "do": "send", "to": "root", "role": "viewer"})).status_code == 303
    page = read(await bob.get(path))
    assert "Shared by you" in page.text
    assert "root" in page.text
    assert "alice" not in page.text


async def test_a_link_is_made_changed_and_ended(hut: Site) -> None:
    """Its page shows the address and a QR code; a new address closes the old one; its end is asked for first."""
    file = await hut.file("plan.txt", b"the plan")
    alice = await _in(hut, "alice")
    path = f"/app/items/{file.uid}/share"
    look = read(await alice.post(path, {"kind": "link", "do": "look", "role": "viewer", "uses": "2"}))
    assert "Whoever has the link gains: look and download." in look.text
    made = await alice.post(path, {"kind": "link", "do": "send", "role": "viewer", "password": "sesame"})
    here = made.headers["location"]
    assert re.fullmatch(r"/app/shares/\d+/details", here)
    page = read(await alice.get(here))
    address = _value(page, "address")["value"]
    assert page.all("svg")[0]["class"] == "qr"
    secret = "/s/" + address.rpartition("/")[2]
    anyone = hut.visitor()
    assert (await anyone.post(secret, {"password": "sesame"})).status_code == 303
    assert "the plan" in (await anyone.get(secret)).text
    page = read(await alice.get(here))
    assert "Opened once in the last 30 days." in page.text
    assert page.all("svg")[1]["class"] == "chart"
    fields = {"role": "previewer", "until": "", "note": "hello", "no_password": "1"}
    assert (await alice.post(here, fields)).headers["location"] == f"{here}?done=changed"
    assert "hello" in (await hut.visitor().get(secret)).text
    bad = await alice.post(here, {"role": "viewer", "until": "2001-01-01T00:00"})
    assert (bad.status_code, "lies in the past" in bad.text) == (400, True)
    fresh = here.replace("details", "secret")
    assert (await alice.post(fresh)).headers["location"] == f"{here}?done=secret"
    assert (await anyone.get(secret)).status_code == 404
    secret = "/s/" + _value(read(await alice.get(here)), "address")["value"].rpartition("/")[2]
    assert (await anyone.get(secret)).status_code == 200
    mail = here.replace("details", "mail")
    assert (await alice.post(mail, {"mail": "x@example.net, y@example.net"})).headers["location"].endswith("mailed")
    assert len(await hut.core.store.rows(machine(), Rows(Outbox))) >= 2
    assert (await alice.post(mail, {"mail": ""})).status_code == 400
    end = here.replace("details", "end")
    assert (await anyone.post(secret)).status_code == 303
    asked = read(await alice.get(end)).text
    assert "opens nothing from then on" in asked
    assert "1 who has opened it is out at once." in asked
    done = (await alice.post(end)).headers["location"]
    assert done == "/app/links?done=ended&shares=1&passes=1"
    assert "1 share has ended. 1 who had opened it is out." in read(await alice.get(done)).text
    assert (await anyone.get(secret)).status_code == 404
    assert (await alice.get(here)).status_code == 404


async def test_pages_of_a_share_are_for_those_who_may_change_it(hut: Site) -> None:
    """Whoever received it may decline it alone; strangers, and its uid in place of its number, find nothing."""
    file = await hut.file("a.txt")
    share = await hut.share(file, BOB)
    bob, root = await _in(hut, "bob"), await _in(hut, "root")
    for page in ("details", "secret", "mail"):
        method = bob.get if page == "details" else bob.post
        assert (await method(f"/app/shares/{share.no}/{page}")).status_code == 403 or page == "mail"
    assert (await root.get(f"/app/shares/{share.uid}/details")).status_code == 404
    assert (await root.get(f"/app/shares/{share.no}/details")).status_code == 200
    assert (await root.post(f"/app/shares/{share.no}/secret")).status_code < 500
    assert "You will not see a.txt any more" in read(await bob.get(f"/app/shares/{share.no}/end")).text
    done = await bob.post(f"/app/shares/{share.no}/end", {"declines": "1"})
    assert done.headers["location"] == "/app"
    assert "a.txt" not in (await bob.get("/app")).text
    nobody = hut.visitor()
    assert (await nobody.get(f"/app/shares/{share.no}/details")).status_code == 303
    assert (await nobody.post(f"/app/shares/{share.no}/end")).status_code == 401


async def test_suggestions_are_for_people_with_an_account(hut: Site) -> None:
    """A script that asks with the beginning of a name is told who may be meant; another site's page cannot post."""
    file = await hut.file("a.txt")
    await add_group(hut.core, hut.alice, NewGroup(title="Board"))
    alice = await _in(hut, "alice")
    path = f"/app/items/{file.uid}/share"
    found = (await alice.get(f"{path}?q=bo", accept="application/json")).json()
    assert [(one["name"], one["about"]) for one in found] == [("bob", "Person"), ("Board", "Group")]
    look = {"kind": "people", "do": "look", "to": found[0]["value"], "role": "viewer"}
    assert "bob gains" in read(await alice.post(path, look)).text
    assert (await alice.get("/app/items/unknown/share?q=bo", accept="application/json")).status_code == 404
    foreign = await alice.post(path, look, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
