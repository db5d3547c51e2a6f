"""Lists of shares: filtered and sorted by their address, ended and renewed in bulk; and who has access, and why."""

import pytest
from tests.faces.web.reading import read
from tests.faces.web.site import Browser, Site

from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.directory.members import add_members
from commonhold.core.identity import Named
from commonhold.core.model import EVERYONE, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.roles import Kind, Role

BOB = Named("bob", Kind.USER)
TEAM = Named("Team", Kind.GROUP)
DAY = 86_400_000


async def _in(site: Site, name: str) -> Browser:
    browser = site.visitor()
    await browser.sign_in(name)
    return browser


async def _team(site: Site) -> None:
    await add_group(site.core, site.alice, NewGroup(title="Team"))
    await add_members(site.core, site.alice, TEAM, [BOB])


async def _names(browser: Browser, path: str) -> list[str]:
    """Return what a list names, in its order."""
    return [text for text in read(await browser.get(path)).texts if text.endswith(".txt")]


async def test_shared_with_me(site: Site) -> None:
    """By whom, through which group, until when; filtered by its address; one's own is declined, a group's is not."""
    await _team(site)
    soon = await site.share(await site.file("soon.txt"), BOB, until=site.clock() + DAY)
    await site.share(await site.file("team.txt"), TEAM)
    bob = await _in(site, "bob")
    page = read(await bob.get("/app"))
    assert await _names(bob, "/app") == ["team.txt", "soon.txt"]
    assert "Team" in page.texts
    assert [link for link in page.links() if link.endswith("/end")] == [f"/app/shares/{soon.no}/end"]
    assert await _names(bob, "/app?show=ending") == ["soon.txt"]
    assert await _names(bob, "/app?who=alice") == ["team.txt", "soon.txt"]
    assert await _names(bob, "/app?who=root&show=odd") == []
    assert "Nothing of this kind" in read(await bob.get("/app?who=root")).text
    assert (await bob.get("/app?after=x")).status_code == 400
    assert "Nobody has shared anything with you yet" in read(await (await _in(site, "root")).get("/app")).text


async def test_shared_by_me_and_links(site: Site) -> None:
    """Filters and orders stand in the address; a page of many leads to the next one."""
    now = site.clock()
    one, two = await site.file("one.txt"), await site.file("two.txt")
    await site.share(one, BOB, until=now + DAY)
    await site.share(two, EVERYONE)
    await site.link(one, password="pw", until=now + 2 * DAY)
    await site.link(two)
    alice = await _in(site, "alice")
    for path, names in {
        "/app/given": ["two.txt", "one.txt", "two.txt", "one.txt"],
        "/app/given?sort=oldest": ["one.txt", "two.txt", "one.txt", "two.txt"],
        "/app/given?sort=ending&show=": ["one.txt", "one.txt", "two.txt", "two.txt"],
        "/app/given?show=ending": ["one.txt", "one.txt"],
        "/app/given?show=public": ["two.txt", "two.txt"],
        "/app/given?who=bob": ["one.txt"],
        f"/app/given?item={two.uid}": ["two.txt", "two.txt"],
        "/app/links": ["two.txt", "one.txt"],
        "/app/links?show=unused&sort=ending": ["one.txt", "two.txt"],
        "/app/links?show=public": ["two.txt"],
        "/app/links?show=nonsense&sort=nonsense": ["two.txt", "one.txt"],
    }.items():
        assert await _names(alice, path) == names, path
    bob = await _in(site, "bob")
    assert "You share nothing yet" in read(await bob.get("/app/given")).text
    assert "You have no links yet" in read(await bob.get("/app/links")).text
    assert (await site.visitor().get("/app/links")).status_code == 303


@pytest.mark.slow
async def test_long_lists_go_on(hut: Site) -> None:
    """The next page begins where the last one ended, under the same filter."""
    file = await hut.file("a.txt")
    for _ in range(53):
        await hut.link(file)
    alice = await _in(hut, "alice")
    for path in ("/app/links", "/app/links?sort=oldest", "/app/given?sort=ending&show=public"):
        first = read(await alice.get(path))
        boxes = [one["value"] for one in first.all("input") if one["type"] == "checkbox"]
        further = next(link for link in first.links() if "after=" in link)
        rest = [one["value"] for one in read(await alice.get(further)).all("input") if one["type"] == "checkbox"]
        assert (len(boxes), len(rest), len({*boxes, *rest})) == (50, 3, 53)


async def test_several_are_ended_or_renewed(hut: Site) -> None:
    """It is said what ends before it does; a later end is set for all of them; others' shares are none of them."""
    file = await hut.file("a.txt")
    await hut.link(file)
    await hut.share(file, BOB, until=hut.clock() + DAY)
    alice, bob = await _in(hut, "alice"), await _in(hut, "bob")
    rows: list[Share] = await hut.core.store.rows(machine(), Rows(Share))
    numbers = [str(row.no) for row in rows]

    async def send(browser: Browser, **fields: str) -> tuple[int, str]:
        done = await browser.http.post(
            "/app/given", data={"share": numbers, "back": "links", **fields}, headers={"origin": browser.base}
        )
        return done.status_code, done.headers.get("location") or read(done).text

    status, text = await send(alice, do="renew")
    assert (status, "A later end" in text) == (200, True)
    status, text = await send(alice, do="renew", sure="1", until="2001-01-01T00:00")
    assert (status, "lies in the past" in text) == (400, True)
    assert (await send(alice, do="renew", sure="1", until=""))[0] == 400
    renewed = await send(alice, do="renew", sure="1", until="2100-01-01T00:00Z")
    assert renewed == (303, "/app/links?done=renewed")
    assert {row.until for row in await hut.core.store.rows(machine(), Rows(Share))} == {4_102_444_800_000}
    assert await send(bob, do="renew") == (303, "/app/links")
    status, text = await send(alice, do="end")
    assert (status, "End these 2 shares?" in text, "bob" in text) == (200, True, True)
    assert len(await hut.core.store.rows(machine(), Rows(Share))) == 2
    assert await send(alice, do="end", sure="1") == (303, "/app/links?done=ended&shares=2")
    assert "2 shares have ended." in read(await alice.get("/app/links?done=ended&shares=2&passes=x")).text
    assert await hut.core.store.rows(machine(), Rows(Share)) == []
    assert await send(alice, do="end", sure="1") == (303, "/app/links")
    assert (await hut.visitor().post("/app/given")).status_code == 401


async def test_who_has_access_and_why(hut: Site) -> None:
    """A picture and a table say the same; each reason is a sentence; who could get access is told, too."""
    await _team(hut)
    docs = await hut.folder("Docs <i>")
    file = await hut.file("plan.txt", b"x", docs.no)
    await hut.share(docs, TEAM, Role.EDITOR, until=hut.clock() + DAY)
    await hut.share(file, BOB, starts=hut.clock() + DAY)
    await hut.link(file)
    alice = await _in(hut, "alice")
    path = f"/app/items/{file.uid}/access"
    page = read(await alice.get(path))
    for text in (
        "Owns the space that it lies in.",
        "Shared by alice with the folder Docs <i>, in which it lies.",
        "It has not begun yet.",
        "Whoever comes into the group Team.",
        "Whoever has the link to it.",
        "alice owns the space that it lies in, and may do everything.",
    ):
        assert text in page.text, text
    svg = page.all("svg")[0]
    assert (svg["class"], svg["role"]) == ("picture", "img")
    assert page.all("path")
    told = read(await alice.get(f"{path}?who=bob"))
    assert "bob may: edit." in told.text
    assert "shared the folder Docs <i>, in which it lies, with Team, to which bob belongs: edit." in told.text
    assert "That ends on" in told.text
    assert "alice shared it with bob: look and download. It has not begun yet." in told.text
    assert (await alice.get(f"{path}?who=nobody")).status_code == 404
    assert (await alice.get(f"{path}?after=x")).status_code == 400
    assert (await alice.get(f"{path}?after=[1]")).status_code == 400


@pytest.mark.parametrize("who", ["bob", "root"])
async def test_others_see_their_own_reasons_alone(hut: Site, who: str) -> None:
    """Whoever does not manage an item learns why he sees it himself, and nothing of others; an administrator all."""
    file = await hut.file("plan.txt")
    await hut.share(file, BOB)
    await hut.share(file, EVERYONE)
    browser = await _in(hut, who)
    page = read(await browser.get(f"/app/items/{file.uid}/access?who=alice"))
    if who == "bob":
        assert "alice shared it with bob: look and download." in page.text
        assert "alice shared it with everyone: look and download." in page.text
        assert "You have shared it with nobody." in page.text
        assert not page.all("svg")
    else:
        assert "alice owns the space that it lies in" in page.text
    assert "alice cannot see it" not in page.text
