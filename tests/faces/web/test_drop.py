"""Handing in files: into a folder that shows nothing, and into one that does."""

from tests.faces.web.reading import read
from tests.faces.web.site import Site

from commonhold.core.content.tree import children
from commonhold.core.limits import Limits
from commonhold.core.model import Item
from commonhold.core.roles import Role
from commonhold.testing.core import make_core


async def names(site: Site, folder: Item) -> list[str | None]:
    """Return what Alice sees in a folder."""
    return [seen.item.name for seen in (await children(site.core, site.alice, folder.no)).items]


async def test_an_upload_only_link_takes_and_shows_nothing(site: Site) -> None:
    """The page names the sharer and asks for files; what is there is neither shown nor reachable nor told."""
    folder = await site.folder("Inbox")
    there = await site.file("a.txt", b"hers", folder.no)
    link = await site.link(folder, Role.UPLOADER, note="photos, please")
    visitor = site.visitor()
    page = read(await visitor.get(link))
    assert "Hand in files alice receives what you send here" in page.text
    assert "photos, please" in page.text
    assert page.links() == []
    sent = await visitor.send(f"{link}/files", ("a.txt", b"his"), ("b.jpg", b"\xff\xd8\xff"))
    assert (sent.status_code, read(sent).text.count("received")) == (200, 2)
    assert await names(site, folder) == ["a (2).txt", "a.txt", "b.jpg"]
    for reply in (page.text, sent.text):
        assert "Inbox" not in reply
        assert "(2)" not in reply
    for path in ("/download", f"/{folder.uid}", f"/{there.uid}", f"/{there.uid}/content", f"/{folder.uid}/zip"):
        assert (await visitor.get(link + path)).status_code in (403, 404)
    assert (await visitor.send(f"{link}/{folder.uid}/files", ("c.txt", b"c"))).status_code == 404


async def test_each_file_is_received_or_refused_for_itself(site: Site) -> None:
    """A name that nobody may have is refused in its place, and the others are kept."""
    folder = await site.folder("Inbox")
    link = await site.link(folder, Role.UPLOADER)
    visitor = site.visitor()
    part = await visitor.send(f"{link}/files", ("ok.txt", b"1"), ("..", b"2"), ("fine.txt", b"3"))
    shown = read(part)
    assert (part.status_code, "Received in part" in shown.text) == (200, True)
    assert "characters that names may not have" in shown.text
    assert await names(site, folder) == ["fine.txt", "ok.txt"]
    none = await visitor.send(f"{link}/files", ("..", b"2"))
    assert (none.status_code, "Not received" in read(none).text) == (400, True)


async def test_a_form_without_a_file(site: Site) -> None:
    """Pressing Send with nothing chosen asks for a file, and is no error of ours."""
    folder = await site.folder("Inbox")
    visitor = site.visitor()
    link = await site.link(folder, Role.UPLOADER)
    empty = await visitor.post(f"{link}/files", files=[("note", (None, b"x"))])
    assert (empty.status_code, "Choose a file first" in read(empty).text) == (400, True)
    assert (await visitor.post(f"{link}/files", {"file": "x"})).status_code == 415
    shown = await site.link(folder, Role.CONTRIBUTOR)
    assert (await visitor.post(f"{shown}/files", files=[("note", (None, b"x"))])).status_code == 400


async def test_a_drop_with_a_password_is_opened_first(site: Site) -> None:
    """Without the password nothing is taken; with it one use is counted, whatever is sent then."""
    folder = await site.folder("Inbox")
    link = await site.link(folder, Role.UPLOADER, password="pw", max_uses=1)
    visitor = site.visitor()
    assert (await visitor.send(f"{link}/files", ("a.txt", b"a"))).status_code == 403
    assert await names(site, folder) == []
    await visitor.post(link, {"password": "pw"})
    for name in ("a.txt", "b.txt"):
        assert (await visitor.send(f"{link}/files", (name, b"a"))).status_code == 200
    assert await names(site, folder) == ["a.txt", "b.txt"]
    assert await site.uses() == 1


async def test_a_contributor_adds_to_the_folder_that_he_sees(site: Site) -> None:
    """The page of a folder offers the upload, into sub-folders too; the receipt leads back to the folder."""
    folder = await site.folder("Docs")
    deep = await site.folder("deep", folder.no)
    link = await site.link(folder, Role.CONTRIBUTOR)
    visitor = site.visitor()
    form = read(await visitor.get(f"{link}/{deep.uid}")).all("form")[0]
    assert form["action"] == f"{link}/{deep.uid}/files"
    sent = await visitor.send(form["action"], ("n.txt", b"new"))
    assert read(sent).links() == [f"{link}/{deep.uid}"]
    assert await names(site, deep) == ["n.txt"]
    assert (await visitor.send(f"{link}/files", ("top.txt", b"x"))).status_code == 200
    assert await names(site, folder) == ["deep", "top.txt"]


async def test_viewers_are_offered_no_upload(site: Site) -> None:
    """Whoever may not add anything finds no form, and sending nevertheless is refused."""
    folder = await site.folder("Docs")
    link = await site.link(folder)
    visitor = site.visitor()
    assert read(await visitor.get(link)).all("form") == []
    refused = await visitor.send(f"{link}/files", ("x.txt", b"x"))
    assert (refused.status_code, "Not received" in read(refused).text) == (403, True)
    assert await names(site, folder) == []


async def test_what_is_too_large_is_refused(hut: Site) -> None:
    """A file over the limit is refused by name and leaves nothing; so is one for which the space has no room."""
    for limits, status in ((Limits(upload=100), 413), (Limits(quota=100), 507)):
        small = await Site.found(make_core(limits=limits))
        folder = await small.folder("Inbox")
        link = await small.link(folder, Role.UPLOADER)
        sent = await small.visitor().send(f"{link}/files", ("big.bin", b"x" * 5_000))
        assert (sent.status_code, "big.bin" in read(sent).text) == (status, True)
        assert await names(small, folder) == []


async def test_a_link_to_a_file_takes_no_files(hut: Site) -> None:
    """A file is no folder, whatever the role says."""
    file = await hut.file("a.txt")
    for role in (Role.CONTRIBUTOR, Role.UPLOADER):
        link = await hut.link(file, role)
        sent = await hut.visitor().send(f"{link}/files", ("x.txt", b"x"))
        assert sent.status_code in (404, 422)
