"""All shares: found by what they are, ended many at once; and what happened, as the audit tells it."""

import pytest
from tests.faces.web.reading import fit, read
from tests.faces.web.site import PASSWORD, Browser, Site

from commonhold.core.directory.orgs import add_org
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.identity import Named
from commonhold.core.model import EVERYONE
from commonhold.core.roles import Kind, OrgRole

DAY = 86_400_000


async def root_of(site: Site) -> Browser:
    """The administrator's browser."""
    visitor = site.visitor()
    await visitor.sign_in("root")
    return visitor


async def shown(root: Browser, query: str = "") -> set[str]:
    """The names of what the list shows shares of."""
    page = read(await root.get(f"/app/shares{query}"))
    boxes = [one for one in page.all("input") if one.get("name") == "share"]
    return {one["aria-label"].removeprefix("Choose the share of ") for one in boxes}


async def test_shares_are_found_by_what_they_are(site: Site) -> None:
    """By everything that the form offers, together and alone; what is unknown is said."""
    now = site.clock()
    one, two, three = [await site.file(name) for name in ("one", "two", "three")]
    await site.share(one, Named("bob", Kind.USER), until=now + DAY)
    await site.share(two, EVERYONE)
    await site.link(three, until=now + 30 * DAY)
    root = await root_of(site)
    assert await shown(root) == {"one", "two", "three"}
    assert await shown(root, "?what=public") == {"two", "three"}
    assert await shown(root, "?what=soon") == {"one"}
    assert await shown(root, "?to=bob") == {"one"}
    assert await shown(root, "?by=alice&what=public") == {"two", "three"}
    assert await shown(root, "?by=bob") == set()
    assert await shown(root, f"?item={three.uid}") == {"three"}
    assert await shown(root, "?face=filr") == set()
    unknown = await root.get("/app/shares?by=nobody")
    assert (unknown.status_code, "No such user" in read(unknown).text) == (404, True)
    assert (await root.get("/app/shares?after=x")).status_code == 400


async def test_many_are_ended_at_once(site: Site) -> None:
    """Those that were ticked, each for itself; a link that was open is shut; nothing ticked is said."""
    file = await site.file("a.txt")
    links = [await site.link(file) for _ in range(3)]
    root = await root_of(site)
    boxes = [one["value"] for one in read(await root.get("/app/shares")).all("input") if one.get("name") == "share"]
    assert len(boxes) == 3
    none = await root.post("/app/shares?what=public")
    assert (none.status_code, "Something is missing" in none.text or "Fill in" in none.text) == (400, True)
    chosen = {"share": [*boxes[:2], "unknown"]}
    sure = await root.http.post("/app/shares?what=public", data=chosen, headers={"origin": root.base})
    assert "End 2 shares?" in read(fit(sure)).text
    assert (await site.visitor().get(links[0])).status_code == 200
    done = await root.http.post(
        "/app/shares?what=public", data={**chosen, "sure": "yes"}, headers={"origin": root.base}
    )
    assert "2 shares are ended" in read(done).text
    assert "1 was not yours" in read(done).text
    states = sorted([(await site.visitor().get(link)).status_code for link in links])
    assert states == [200, 404, 404]


async def test_an_administrator_of_an_organisation_ends_its_shares_alone(site: Site) -> None:
    """He sees what stands on its items, and cannot end another one's by its uid."""
    org = await add_org(site.core, site.root, "Annex")
    new = NewUser(name="boss", password=PASSWORD, org=org.no, org_role=OrgRole.ADMINISTRATOR)
    await add_user(site.core, site.root, new)
    share = await site.share(await site.file("secret.txt"), Named("boss", Kind.USER))
    foreign = await site.share(await site.file("other.txt"), Named("bob", Kind.USER))
    boss = site.visitor()
    await boss.sign_in("boss")
    assert await shown(boss) == set()
    assert share.no != foreign.no
    assert "None of them is yours" in read(await boss.post("/app/shares", {"share": foreign.uid})).text
    done = await boss.post("/app/shares", {"share": foreign.uid, "sure": "yes"})
    assert "0 shares are ended" in read(done).text
    assert await shown(await root_of(site)) == {"secret.txt", "other.txt"}


@pytest.mark.parametrize(
    ("given", "shut"),
    [
        ({"kinds": "link"}, False),
        ({"kinds": "user"}, True),
        ({"kinds": "link", "link_password": "yes"}, True),
        ({"kinds": "link", "days": "1"}, True),
    ],
)
async def test_settings_hold_at_once(hut: Site, given: dict[str, str], shut: bool) -> None:
    """A link that is open is shut as soon as the settings do not allow it, and open again when they do."""
    link = await hut.link(await hut.file("a.txt", b"hello"))
    hut.clock.advance(2 * DAY)
    root = await root_of(hut)
    assert (await root.post("/app/settings", {"make": "yes", **given})).headers["location"].endswith("done=limits")
    assert ("hello" in (await hut.visitor().get(link)).text) is not shut
    await root.post("/app/settings", {"drop": "yes"})
    assert "hello" in (await hut.visitor().get(link)).text


async def test_the_settings_say_what_they_are(hut: Site) -> None:
    """What was set is shown; a mistake is shown beside its field, and nothing is set by it."""
    root = await root_of(hut)
    assert "Take these limits away" not in (await root.get("/app/settings")).text
    refused = await root.post("/app/settings", {"days": "-1"})
    page = read(refused)
    wrong = next(one for one in page.all("input") if one["id"] == "limits-days")
    assert (refused.status_code, wrong["value"], wrong["aria-invalid"]) == (400, "-1", "true")
    await root.post("/app/settings", {"make": "yes", "days": "90", "kinds": "user"})
    page = read(await root.get("/app/settings"))
    assert next(one for one in page.all("input") if one["id"] == "limits-days")["value"] == "90"


async def test_the_audit_tells_what_happened(site: Site) -> None:
    """Newest first, by kind, person, share, way and day; what is unknown is said, names are text."""
    share = await site.share(await site.file("<b>a.txt"), Named("bob", Kind.USER))
    root = await root_of(site)
    page = await root.get("/app/audit")
    assert "session.begun" in page.text
    of_share = await root.get(f"/app/audit?share={share.no}")
    assert "&lt;b&gt;a.txt" in of_share.text
    assert "share.created" in of_share.text or "share.given" in of_share.text or "share." in of_share.text
    assert "session.begun" not in of_share.text.partition("<table>")[2]
    by = read(await root.get("/app/audit?by=alice&kind=share."))
    assert "alice" in by.text
    assert "Nothing of this happened" in read(await root.get("/app/audit?since=2001-01-01&until=2001-01-02")).text
    for query, status in (("by=nobody", 404), ("since=yesterday", 400), ("share=x", 400), ("after=7", 400)):
        assert (await root.get(f"/app/audit?{query}")).status_code == status
