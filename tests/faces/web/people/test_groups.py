"""Groups: made, filled, nested, joined and left; what is shown to whom."""

import pytest
from tests.faces.web.reading import read
from tests.faces.web.site import Browser, Site

from commonhold.core.directory.candidates import invite_members
from commonhold.core.directory.groups import GroupChange, NewGroup, add_group, change_group, get_group
from commonhold.core.directory.members import list_members, list_nested
from commonhold.core.identity import Named
from commonhold.core.model import GroupTerms
from commonhold.core.roles import Kind


async def enter(site: Site, name: str) -> Browser:
    """Somebody's browser."""
    visitor = site.visitor()
    await visitor.sign_in(name)
    return visitor


async def made(site: Site, title: str = "Team", **terms: object) -> str:
    """Make a group of Alice's; return the path of its page."""
    new = NewGroup(title=title, terms=GroupTerms(0, **terms))  # type: ignore[arg-type]
    return f"/app/groups/{(await add_group(site.core, site.alice, new)).uid}"


async def members(site: Site, title: str = "Team") -> list[str]:
    """Who is in it, users and what is nested."""
    ref = Named(title, Kind.GROUP)
    users, nested = await list_members(site.core, site.alice, ref), await list_nested(site.core, site.alice, ref)
    return [one.name for one in (*users.rows, *nested.rows)]


async def test_a_group_is_made_filled_and_emptied(site: Site) -> None:
    """Its owner puts in a person, another group and an address, and takes them out; mistakes are said beside."""
    alice = await enter(site, "alice")
    where = (await alice.post("/app/groups", {"title": "Team", "joining": "invited"})).headers["location"]
    assert (await alice.post("/app/groups", {"title": "team"})).status_code == 409
    assert (await alice.post("/app/groups", {"title": "x", "joining": "odd"})).status_code == 400
    await made(site, "Crew")
    for given in ({"name": "bob"}, {"name": "Crew", "kind": "group"}, {"name": "x@example.com"}):
        done = await alice.post(where + "/members", {"level": "member", **given})
        assert done.status_code == 303, read(done).text
    assert await members(site) == ["alice", "bob", "Crew", "x@example.com"]
    crew = f"/app/groups/{(await get_group(site.core, site.alice, Named('Crew', Kind.GROUP))).uid}"
    ring = await alice.post(crew + "/members", {"name": "Team", "kind": "group"})
    assert (ring.status_code, "contains the other" in read(ring).text) == (409, True)
    assert (await alice.post(where + "/members", {"name": "nobody"})).status_code == 422
    page = read(await alice.get(where))
    assert "x@example.com" in page.text
    numbers = [one["value"] for one in page.all("input") if one["name"] == "member"]
    for number in numbers:
        assert (await alice.post(where + "/remove", {"member": number})).status_code == 303
    assert (await alice.post(where + "/remove", {"member": "x"})).status_code == 422
    assert await members(site) == ["alice"]


async def test_rules_are_the_owners(hut: Site) -> None:
    """A manager renames; rules, owner and the end are the owner's; each box is kept."""
    where = await made(hut)
    alice, bob = await enter(hut, "alice"), await enter(hut, "bob")
    await alice.post(where + "/members", {"name": "bob", "level": "manager"})
    assert "edit-joining" not in {one["id"] for one in read(await bob.get(where)).all("select")}
    assert (await bob.post(where, {"title": "Staff"})).status_code == 303
    assert (await bob.post(where, {"title": "Staff", "joining": "free", "visible": "8"})).status_code == 403
    assert (await bob.post(where + "/delete")).status_code == 403
    rules = {"title": "Staff", "joining": "free", "visible": "8", "protected": "yes", "hidden_members": "yes"}
    assert (await alice.post(where, rules)).status_code == 303
    terms = (await get_group(hut.core, hut.alice, Named("Staff", Kind.GROUP))).terms
    assert (terms.joining, terms.visible, terms.protected, terms.leaving) == ("free", Kind.EVERYONE, True, False)
    assert (await alice.post(where + "/delete")).status_code == 403
    assert (await alice.post(where, {**rules, "visible": "16"})).status_code == 400
    rules.pop("protected")
    assert (await alice.post(where, {**rules, "owner": "bob"})).status_code == 303
    assert "Delete" in read(await bob.get(where + "/delete")).text
    assert (await bob.post(where + "/delete")).headers["location"] == "/app/groups"
    assert (await bob.get(where)).status_code == 404


@pytest.mark.parametrize(("joining", "button"), [("free", "Join"), ("asked", "Ask to be let in"), ("invited", None)])
async def test_who_may_comes_in_by_himself(hut: Site, joining: str, button: str | None) -> None:
    """Free: at once; asked: its manager lets in or turns away; else there is no button, and no way."""
    where = await made(hut, joining=joining, leaving=True)
    bob, alice = await enter(hut, "bob"), await enter(hut, "alice")
    assert (button is None) or button in read(await bob.get(where)).text
    done = await bob.post(where + "/join")
    if joining == "invited":
        assert done.status_code == 403
        return
    if joining == "asked":
        assert "You asked" in read(await bob.get(done.headers["location"])).text
        assert await members(hut) == ["alice"]
        assert "bob" in read(await alice.get(where)).text
        assert (await bob.post(where + "/asking", {"user": "bob", "answer": "yes"})).status_code == 403
        await alice.post(where + "/asking", {"user": "bob", "answer": "no"})
        await bob.post(where + "/join")
        await alice.post(where + "/asking", {"user": "bob", "answer": "yes"})
    assert await members(hut) == ["alice", "bob"]
    assert (await bob.post(where + "/leave")).status_code == 303
    assert await members(hut) == ["alice"]


async def test_an_invitation_is_taken_or_not(hut: Site) -> None:
    """It stands above the groups, of a group that one does not see yet."""
    where = await made(hut, visible=Kind.USER)
    group = (await get_group(hut.core, hut.alice, Named("Team", Kind.GROUP))).no
    bob = await enter(hut, "bob")
    assert (await bob.get(where)).status_code == 404
    for answer, expected in (("no", ["alice"]), ("yes", ["alice", "bob"])):
        await invite_members(hut.core, hut.alice, group, (Named("bob", Kind.USER),))
        assert "invites you into" in read(await bob.get("/app/groups")).text
        assert (await bob.post(where + "/join", {"invited": answer})).status_code == 303
        assert await members(hut) == expected
    assert (await bob.get(where)).status_code == 200
    assert (await bob.post(where + "/join", {"invited": "yes"})).status_code in (404, 303)


async def test_hidden_members_and_addresses_are_for_managers(hut: Site) -> None:
    """A group that hides its members says so; addresses in it are shown to its managers alone."""
    where = await made(hut)
    alice, bob = await enter(hut, "alice"), await enter(hut, "bob")
    await alice.post(where + "/members", {"name": "x@example.com"})
    assert "x@example.com" not in (await bob.get(where)).text
    assert not [one for one in read(await bob.get(where)).all("input") if one["name"] == "member"]
    await change_group(hut.core, hut.alice, Named("Team", Kind.GROUP), GroupChange(terms={"hidden_members": True}))
    assert "Only its managers see" in read(await bob.get(where)).text
    assert "x@example.com" in (await alice.get(where)).text


async def test_groups_are_found_by_their_title(hut: Site) -> None:
    """By its beginning; nobody logged in is asked to, and guests have none."""
    for title in ("Alpha", "Beta"):
        await made(hut, title)
    assert (await hut.visitor().get("/app/groups")).headers["location"] == "/app/sign-in?next=/app/groups"
    bob = await enter(hut, "bob")
    page = read(await bob.get("/app/groups?q=al"))
    assert ("Alpha" in page.text, "Beta" in page.text) == (True, False)
