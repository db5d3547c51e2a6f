"""Other people's text: names, notes, titles and addresses that try to be more than text."""

import re

import pytest
from tests.faces.web.reading import read
from tests.faces.web.site import PASSWORD, Site

from commonhold.core.changes import Set
from commonhold.core.content.making import make_app, make_entry
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.model import Item, Profile
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Role
from commonhold.testing.build import Builder

NAMES = [
    "<script>alert(1)<∕script>.txt",
    "\"><img src=x onerror='alert(1)'>.txt",
    "{{ 7 * 7 }}{% raw %}.txt",
    "' autofocus onfocus=alert(1) x='.txt",
    "javascript:alert(1)",
    "&lt;b&gt;&amp;.txt",
    "שלום abc.txt",
    "🎈" * 60,
    "x" * 250 + ".txt",
    "?after=0.1.x#top",
    "download",
    "-.txt",
]


@pytest.mark.parametrize("name", NAMES)
async def test_names_are_text_wherever_they_show(hut: Site, name: str) -> None:
    """A name shows as it was given, on the page, in a listing, in the trail and in a receipt, and makes no element."""
    folder = await hut.folder(name)
    file = await hut.file(name, b"hello", folder.no)
    visitor = hut.visitor()
    link = await hut.link(folder, Role.CONTRIBUTOR)
    plain = await hut.link(await hut.file("plain.txt", b"hello"))
    elements = [tag for tag, _ in read(await visitor.get(plain)).elements]
    listing = read(await visitor.get(link))
    page = read(await visitor.get(f"{link}/{file.uid}"))
    receipt = read(await visitor.send(f"{link}/files", (name, b"again")))
    assert listing.texts.count(name) == 2
    assert page.texts.count(name) == 2
    assert receipt.texts.count(name.replace('"', "%22")) == 1  # as browsers write it in a form
    trail = [tag for tag, _ in page.elements]
    assert sorted(tag for tag in trail if tag not in ("nav", "ol", "li", "a", "bdi")) == sorted(
        tag for tag in elements if tag not in ("a", "bdi")
    )
    got = await visitor.get(f"{link}/{file.uid}/content")
    assert got.content == b"hello"
    assert "\n" not in got.headers["content-disposition"]


@pytest.mark.parametrize("text", ['<b>bold</b> & "quoted"\n\u202egnitirw', "https://evil.example/", "x " * 5_000])
async def test_notes_are_text(hut: Site, text: str) -> None:
    """A note is shown as it was written, no address in it becomes a link, and what turns text around stays inside."""
    link = await hut.link(await hut.file("a.txt"), note=text)
    page = read(await hut.visitor().get(link))
    assert text in page.texts
    assert "https://evil.example/" not in page.links()
    assert page.all("blockquote") == [{"dir": "auto"}]


async def test_sharers_are_text(hut: Site) -> None:
    """The name of whoever shares is text too, kept apart from what stands around it."""
    evil = "<i>\u202ealice</i>"
    await hut.core.store.commit([Set(Profile, (hut.alice.user,), {"first_name": evil, "last_name": "'\"&"})])
    page = await hut.visitor().get(await hut.link(await hut.file("a.txt")))
    assert f"{evil} '\"&" in read(page).texts
    assert "<bdi>&lt;i&gt;" in page.text


@pytest.mark.parametrize("url", ["https://app.example/x?a=1&b=2", "http://app.example/"])
async def test_apps_lead_to_their_address(hut: Site, url: str) -> None:
    """An app or an entry of another application opens at its address, which learns nothing of where one came from."""
    visitor = hut.visitor()
    app = await make_app(hut.core, hut.alice, hut.home, "Board", url)
    entry = await make_entry(hut.core, hut.alice, hut.home, type="map", key="7", title="A/B <map>", url=url)
    for item in (app, entry):
        page = read(await visitor.get(await hut.link(item)))
        outside = [one for one in page.all("a") if one["href"] == url]
        assert [one["rel"] for one in outside] == ["noopener noreferrer"]
        assert url in page.texts
    assert "A/B <map>" in page.texts


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//evil.example", ""]
)
async def test_no_other_address_becomes_a_link(hut: Site, url: str) -> None:
    """Addresses that no browser should follow are shown as text, even if they came into the store some other way."""
    with pytest.raises(Problem, match="invalid_field"):
        await make_app(hut.core, hut.alice, hut.home, "Board", url)
    app = await make_app(hut.core, hut.alice, hut.home, "Board", "https://app.example/")
    await hut.core.store.commit([Set(Item, (app.no,), {"url": url})])
    page = read(await hut.visitor().get(await hut.link(app)))
    assert page.links() == []
    assert url in page.text


async def test_records_have_a_card(hut: Site) -> None:
    """The row of a table is named by its title, else by table and key; nothing is downloaded of it."""
    build = Builder(hut.core.store)
    space = (await build.get(Item, hut.home)).space
    record = await build.get(Item, await build.record(space, "articles", "<7>"))
    link = await hut.link(record)
    page = read(await hut.visitor().get(link))
    assert "articles <7>" in page.text
    assert "Type Record" in page.text
    await hut.core.store.commit([Set(Item, (record.no,), {"attributes": '{"title": "\\u202eHarvest"}'})])
    page = read(await hut.visitor().get(link))
    assert page.texts.count("\u202eHarvest") == 1
    assert "Harvest · Commonhold" in page.texts
    for part in ("/download", f"/{record.uid}/content", f"/{record.uid}/zip"):
        assert (await hut.visitor().get(link + part)).status_code in (403, 422)


async def test_nothing_that_a_visitor_writes_comes_back_alive(hut: Site) -> None:
    """What is typed into a form is shown again as text, passwords never; what stands in an address is not shown."""
    visitor = hut.visitor()
    name = '"><script>alert(1)</script>'
    again = await visitor.post("/app/sign-in", {"name": name, "password": "hunter22", "next": "https://evil.example/"})
    fields = {one["name"]: one["value"] for one in read(again).all("input")}
    assert fields == {"next": "/app", "name": name, "password": ""}
    for path in ("/s/<script>", "/app/items/<script>", "/<script>", "/app/enter/%22%3E%3Cscript%3E"):
        page = (await visitor.get(path)).text
        assert "<script" not in re.sub(r'<script type="module" src="/static/[\w./-]+"></script>', "", page)  # but ours
    await visitor.sign_in("alice")
    assert (await visitor.get("/app/items/%3Cscript%3E")).status_code == 404


async def test_titles_of_people_with_odd_names(hut: Site) -> None:
    """Somebody whose parts of the name look like markup sees his own name as text."""
    new = NewUser(name="carol", password=PASSWORD, first_name="<u>Carol", last_name="O'Hara")
    await add_user(hut.core, hut.root, new)
    visitor = hut.visitor()
    await visitor.sign_in("carol")
    assert "<u>Carol O'Hara" in read(await visitor.get("/app")).texts


async def test_odd_windows_do_no_harm(hut: Site) -> None:
    """Shares may hold any number as their end; the page writes the last moment that it can."""
    link = await hut.link(await hut.file("a.txt"), until=10**15)
    assert "9999" in read(await hut.visitor().get(link)).text
    early = await hut.link(await hut.file("b.txt"), until=-(10**15))
    assert "1 January 1970" in read(await hut.visitor().get(early)).text


async def test_kinds_without_a_name(hut: Site) -> None:
    """The top folder of a space has no name but its owner's."""
    top = await Builder(hut.core.store).get(Item, hut.home)
    assert (top.kind, top.name) == (ItemKind.FOLDER, None)
    link = await hut.link(top)
    assert "Files of alice" in read(await hut.visitor().get(link)).text
    assert (await hut.visitor().get(f"{link}/download")).headers["content-disposition"] == (
        'attachment; filename="alice.zip"'
    )


async def test_addresses_that_no_header_holds(hut: Site) -> None:
    """Whoever has to sign in first is led back by an address in which everything odd is escaped, line ends too."""
    visitor = hut.visitor()
    for odd in ("%F0%9F%98%8A", "a%0D%0AX-Injected:%20y", "%C2%87%D0%98"):
        sent = await visitor.get(f"/app/items/{odd}")
        assert (sent.status_code, "x-injected" in sent.headers) == (303, False)
        assert sent.headers["location"].endswith(odd.replace(":", "%3A"))


async def test_a_form_without_its_field(hut: Site) -> None:
    """A form that leaves out what it asks for is refused on its own page, and is no mistake of ours."""
    visitor = hut.visitor()
    await visitor.sign_in("alice")
    folder = await hut.folder("docs")
    for form in ("folders", "rename"):
        refused = await visitor.post(f"/app/items/{folder.uid}/{form}", {"other": "x"})
        assert 400 <= refused.status_code < 500, form
