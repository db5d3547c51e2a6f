"""Pages of a person: what is shared with him, what has to be opened first, and his own files."""

import io
import zipfile

from tests.faces.web.reading import read
from tests.faces.web.site import PASSWORD, Site

from commonhold.core.content.trash import trash
from commonhold.core.content.tree import get
from commonhold.core.identity import Named
from commonhold.core.model import LINK
from commonhold.core.roles import Kind, Role
from commonhold.settings.values import FaceSettings, Settings
from commonhold.testing.core import make_core

BOB = Named("bob", Kind.USER)


async def test_strangers_are_asked_who_they_are(site: Site) -> None:
    """Pages of people lead to the log-in; bytes and forms are refused without one."""
    file = await site.file("a.txt")
    visitor = site.visitor()
    assert (await visitor.get("/")).headers["location"] == "/app"
    for path in ("/app", f"/app/items/{file.uid}", "/app/shares/x", "/app/groups/x"):
        reply = await visitor.get(path)
        assert (reply.status_code, reply.headers["location"].partition("?")[0]) == (303, "/app/sign-in")
    for part in ("content", "preview", "zip"):
        refused = await visitor.get(f"/app/items/{file.uid}/{part}")
        assert (refused.status_code, "Please log in" in refused.text) == (401, True)
    assert (await visitor.send(f"/app/items/{file.uid}/files", ("a", b"a"))).status_code == 401
    assert (await visitor.post("/app/shares/x")).status_code == 401


async def test_what_is_shared_with_me(site: Site) -> None:
    """The first page lists each share with its sharer, role and end, and leads to it; ended ones are not there."""
    folder = await site.folder("Docs")
    file = await site.file("in.txt", b"inside", folder.no)
    await site.share(folder, BOB, until=site.clock() + 86_400_000)
    await site.share(await site.file("over.txt"), BOB, until=site.clock() - 1)
    bob = site.visitor()
    await bob.sign_in("bob")
    page = read(await bob.get("/app"))
    for word in ("Docs", "alice", "look and download", "16 Jan 2027"):
        assert word in page.text
    assert "over.txt" not in page.text
    assert f"/app/items/{folder.uid}" in page.links()
    below = read(await bob.get(f"/app/items/{file.uid}"))
    assert "inside" in below.text
    assert f"/app/items/{folder.uid}" in below.links()
    assert "Files of alice" not in below.text
    assert (await bob.get(f"/app/items/{file.uid}/content")).content == b"inside"
    archive = zipfile.ZipFile(io.BytesIO((await bob.get(f"/app/items/{folder.uid}/zip")).content))
    assert archive.namelist() == ["in.txt"]
    assert (await bob.send(f"/app/items/{folder.uid}/files", ("x", b"x"))).status_code == 403
    assert (await bob.get("/app/groups/whatever")).status_code == 404


async def test_many_shares_have_pages(hut: Site) -> None:
    """More shares than one page holds are found on the next."""
    for number in range(60):
        await hut.share(await hut.file(f"{number:02}.txt"), BOB)
    bob = hut.visitor()
    await bob.sign_in("bob")
    seen: list[str] = []
    path: str | None = "/app"
    while path is not None:
        page = read(await bob.get(path))
        seen += [text for text in page.texts if text.endswith(".txt")]
        path = next((one for one in page.links() if "?after=" in one), None)
    assert sorted(seen) == [f"{number:02}.txt" for number in range(60)]
    assert (await bob.get("/app?after=x")).status_code == 400


async def test_a_share_with_a_password_is_opened_first(site: Site) -> None:
    """What was shared with me behind a password asks for it once, and counts a use by the button alone."""
    file = await site.file("secret.txt", b"between us")
    share = await site.share(file, BOB, password="pw", max_uses=1)
    bob, mallory = site.visitor(), site.visitor()
    await bob.sign_in("bob")
    await mallory.sign_in("root")
    path = f"/app/shares/{share.uid}"
    assert path in read(await bob.get("/app")).links()
    assert "This share has a password" in read(await bob.get(path)).text
    assert (await bob.get(f"/app/items/{file.uid}")).status_code == 404
    assert (await bob.post(path, {"password": "no"})).status_code == 403
    opened = await bob.post(path, {"password": "pw"})
    assert (opened.status_code, opened.headers["location"]) == (303, path)
    assert "Path=/app;" in opened.headers["set-cookie"]
    assert (await bob.get(path)).headers["location"] == f"/app/items/{file.uid}"
    assert "between us" in read(await bob.get(f"/app/items/{file.uid}")).text
    assert await site.uses() == 1
    for method in ("GET", "POST"):
        refused = await (mallory.get(path) if method == "GET" else mallory.post(path, {"password": "pw"}))
        assert refused.status_code == 404


async def test_logging_out_closes_what_was_opened(site: Site) -> None:
    """The next person at the same machine does not find the pass of the one before him."""
    file = await site.file("secret.txt")
    share = await site.share(file, BOB, password="pw")
    visitor = site.visitor()
    await visitor.sign_in("bob")
    await visitor.post(f"/app/shares/{share.uid}", {"password": "pw"})
    await visitor.post("/app/sign-out")
    assert not [name for name in visitor.http.cookies if name.startswith("commonhold_pass_")]
    await visitor.sign_in("bob")
    assert (await visitor.get(f"/app/items/{file.uid}")).status_code == 404


async def test_links_have_no_page_among_shares(site: Site) -> None:
    """The uid of a link opens it in some APIs; here its page is the one with its secret."""
    share = await site.share(await site.file("a.txt"), LINK)
    visitor = site.visitor()
    await visitor.sign_in("bob")
    assert (await visitor.get(f"/app/shares/{share.uid}")).status_code == 404
    assert (await visitor.post(f"/app/shares/{share.uid}")).status_code == 404
    assert await site.uses() == 0


async def test_own_files(site: Site) -> None:
    """One's own top folder is a page: one puts files there, and sees them; a name that is taken gets a number."""
    alice = site.visitor()
    await alice.sign_in("alice")
    top = f"/app/items/{(await get(site.core, site.alice, site.home)).item.uid}"
    page = read(await alice.get(top))
    assert "Files of alice" in page.text
    form = next(one for one in page.all("form") if "enctype" in one)
    assert form["enctype"] == "multipart/form-data"
    for _ in range(2):
        sent = await alice.send(form["action"], ("photo.txt", b"data"))
        assert sent.status_code == 200
    assert read(sent).links()[-1] == top
    listing = read(await alice.get(top))
    assert [text for text in listing.texts if text.startswith("photo")] == ["photo (2).txt", "photo.txt"]
    empty = await alice.post(form["action"], files=[("x", (None, b"y"))])
    assert (empty.status_code, "Fill in every field" in empty.text) == (400, True)


async def test_what_is_in_the_trash_is_shown_as_such(site: Site) -> None:
    """Its owner sees that it is there and nothing of it; nobody else sees anything."""
    file = await site.file("old.txt", b"old words")
    await site.share(file, BOB)
    await trash(site.core, site.alice, file.no)
    alice, bob = site.visitor(), site.visitor()
    await alice.sign_in("alice")
    await bob.sign_in("bob")
    page = read(await alice.get(f"/app/items/{file.uid}"))
    assert "This is in the trash" in page.text
    assert "old words" not in page.text
    assert not [one for one in page.links() if one.endswith("content")]
    refused = await alice.get(f"/app/items/{file.uid}/content")
    assert (refused.status_code, "Restore it first" in refused.text) == (409, True)
    assert (await bob.get(f"/app/items/{file.uid}")).status_code == 404


async def test_previews_of_own_pictures(site: Site) -> None:
    """A picture shows on its page, to previewers too."""
    image = await site.file("a.gif", b"GIF89a" + b"0" * 20)
    await site.share(image, BOB, Role.PREVIEWER)
    bob = site.visitor()
    await bob.sign_in("bob")
    page = read(await bob.get(f"/app/items/{image.uid}"))
    assert (await bob.get(page.all("img")[0]["src"])).headers["content-type"] == "image/gif"
    assert (await bob.get(f"/app/items/{image.uid}/content")).status_code == 403


async def test_pages_stand_under_a_prefix(hut: Site) -> None:
    """Where settings put the face under a prefix, every address of its pages begins with it."""
    site = await Site.found(make_core(), Settings(faces={"web": FaceSettings(prefix="/share")}))
    folder = await site.folder("Docs")
    file = await site.file("a.txt", b"hello", folder.no)
    link = await site.link(folder, Role.CONTRIBUTOR, password="pw")
    visitor = site.visitor()
    pages = [await visitor.get(f"/share{link}"), await visitor.get("/share/app/sign-in"), await visitor.get("/share/x")]
    opened = await visitor.post(f"/share{link}", {"password": "pw"})
    assert opened.headers["location"] == f"/share{link}"
    assert f"Path=/share{link};" in opened.headers["set-cookie"]
    pages += [await visitor.get(f"/share{link}"), await visitor.get(f"/share{link}/{file.uid}")]
    pages.append(await visitor.send(f"/share{link}/{folder.uid}/files", ("x.txt", b"x")))
    pages.append(await visitor.post("/share/app/sign-in", {"name": "x", "password": "y"}))
    for page in pages:
        for _, attributes in read(page).elements:
            for name in ("href", "src", "action"):
                assert attributes.get(name, "/share/").startswith(("/share/", "#main")), attributes
    style = read(pages[0]).all("link")[1]["href"]
    assert (await visitor.get(style)).headers["content-type"].startswith("text/css")
    assert (await visitor.get("/share/app")).headers["location"] == "/share/app/sign-in"
    fields = {"name": "bob", "password": PASSWORD}
    assert (await visitor.post("/share/app/sign-in", fields)).headers["location"] == "/share/app"
    assert (await visitor.get("/share/app")).status_code == 200
