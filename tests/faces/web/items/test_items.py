"""Items as their owner, and whoever they are shared with, keeps them: looked at, named, moved, thrown away, found."""

import io
import zipfile
from typing import Any

import pytest
from tests.faces.web.reading import read
from tests.faces.web.site import Browser, Site

from commonhold.core.content.files import put_content
from commonhold.core.content.tree import children, get
from commonhold.core.identity import Named
from commonhold.core.model import Item
from commonhold.core.roles import Kind, Role
from commonhold.testing.core import make_core
from commonhold.testing.previews import PlainPreviews

BOB = Named("bob", Kind.USER)


async def alice(site: Site) -> Browser:
    """Alice, logged in."""
    visitor = site.visitor()
    await visitor.sign_in("alice")
    return visitor


async def names(site: Site, folder: int | None = None) -> list[str | None]:
    """What is in a folder of Alice's."""
    return [seen.item.name for seen in (await children(site.core, site.alice, folder or site.home)).items]


def chosen(*items: Item) -> dict[str, Any]:
    """The fields of boxes that were ticked."""
    return {"item": [item.uid for item in items]}


def query(*items: Item) -> str:
    """The same as an address."""
    return "&".join(f"item={item.uid}" for item in items)


async def test_a_folder_is_sorted_and_seen_as_pictures(site: Site) -> None:
    """By name, size or change, either way, over pages; the choice is kept by links into folders."""
    for number, name in enumerate(["b.txt", "a.txt", "c.txt"]):
        site.clock.advance(1_000)
        await site.file(name, b"x" * (number + 1))
    folder = await site.folder("Folder")
    visitor = await alice(site)
    for sort, order in (("name", "abc"), ("-name", "cba"), ("size", "bac"), ("-size", "cab"), ("-changed", "cab")):
        page = read(await visitor.get(f"/app/files?sort={sort}"))
        found = [one["id"] for one in page.all("a") if one.get("id", "").startswith("n")]
        assert len(found) == 4
        at = [page.text.index(f"{letter}.txt") for letter in order]
        assert at == sorted(at), sort
    page = read(await visitor.get("/app/files?view=grid&sort=-size"))
    assert f"/app/items/{folder.uid}?view=grid&sort=-size" in page.links()
    assert "pictures" in [one.get("class") for one in page.all("ul")]
    assert (await visitor.get("/app/files?sort=nonsense&view=odd")).status_code == 200
    for after in ("x", "0.1.", "2.1.a"):
        assert (await visitor.get(f"/app/files?after={after}")).status_code == 400
    assert (await visitor.get("/app/files?sort=size&after=1.1.a")).status_code == 400


@pytest.mark.slow
async def test_many_things_have_pages(hut: Site) -> None:
    """A folder is shown a hundred at a time in every order and view, each page light enough; nothing is lost."""
    for number in range(130):
        await hut.file(f"{number:03}.jpg", b"x" * number)
    visitor = await alice(hut)
    for look in ("", "?sort=-size", "?view=grid&sort=changed"):
        first = read(await visitor.get(f"/app/files{look}"))
        more = [link for link in first.links() if "after=" in link]
        second = read(await visitor.get(more[0]))
        boxes = [one["value"] for page in (first, second) for one in page.all("input") if one["type"] == "checkbox"]
        assert len(boxes) == len(set(boxes)) == 130


async def test_folders_are_made_and_things_renamed(hut: Site) -> None:
    """A taken name comes back with the reason and what was typed; other sites are refused."""
    visitor = await alice(hut)
    top = (await get(hut.core, hut.alice, hut.home)).item
    made = await visitor.post(f"/app/items/{top.uid}/folders", {"name": "  Plans "})
    folder = (await visitor.get(made.headers["location"])).text
    assert '<h1 dir="auto">Plans</h1>' in folder
    again = await visitor.post(f"/app/items/{top.uid}/folders", {"name": "Plans"})
    assert (again.status_code, "with this name already" in again.text) == (409, True)
    file = await hut.file("a.txt")
    asked = read(await visitor.get(f"/app/items/{file.uid}/rename"))
    assert [one["value"] for one in asked.all("input") if one["type"] == "text"] == ["a.txt"]
    refused = read(await visitor.post(f"/app/items/{file.uid}/rename", {"name": "<b>/"}))
    assert [one["value"] for one in refused.all("input") if one["type"] == "text"] == ["<b>/"]
    assert (await visitor.post(f"/app/items/{file.uid}/rename", {"name": "b.txt"})).status_code == 303
    assert await names(hut) == ["Plans", "b.txt"]
    cross = await visitor.post(
        f"/app/items/{file.uid}/rename", {"name": "c"}, headers={"origin": "http://evil.example"}
    )
    assert cross.status_code == 403


async def test_paths_are_made_for_scripts(hut: Site) -> None:
    """A script asks for the folder at a path, gets its uid however often it asks, and reasons as JSON."""
    visitor = await alice(hut)
    top = (await get(hut.core, hut.alice, hut.home)).item
    json = {"headers": {"accept": "application/json", "origin": visitor.base}}
    first, second = [await visitor.post(f"/app/items/{top.uid}/folders", {"path": "a/b"}, **json) for _ in range(2)]
    assert first.json() == second.json()
    assert (await get(hut.core, hut.alice, first.json()["folder"])).path == "/alice/a/b"
    refused = await visitor.post(f"/app/items/{top.uid}/folders", {"path": "a/.."}, **json)
    assert (refused.status_code, "names may not have" in refused.json()["detail"]) == (400, True)
    deep = await visitor.post(f"/app/items/{top.uid}/folders", {"path": "a/" * 90}, **json)
    assert deep.status_code == 422
    assert (await visitor.post("/app/items/unknown/folders", {"path": "a"}, **json)).json()["detail"]


async def test_several_are_moved_and_copied(site: Site) -> None:
    """A page finds the folder; what is refused is named with its reason, and does not keep the others."""
    box, deep = await site.folder("Box"), None
    deep = await site.folder("Deep", box.no)
    files = [await site.file("a.txt"), await site.file("b.txt")]
    await site.file("b.txt", b"other", deep.no)
    visitor = await alice(site)
    page = read(await visitor.get(f"/app/chosen/move?{query(*files)}"))
    into = [one.get("value") for one in page.all("button") if one.get("name") == "into"]
    assert into == [box.uid]
    page = read(await visitor.get(f"/app/chosen/move?{query(*files)}&into={deep.uid}"))
    assert "Move here" in page.text
    done = await visitor.post("/app/chosen/move", {**chosen(*files), "into": deep.uid})
    assert (done.status_code, "There is something with this name already" in done.text) == (200, True)
    assert await names(site, deep.no) == ["a.txt", "b.txt"]
    assert await names(site) == ["Box", "b.txt"]
    copied = await visitor.post("/app/chosen/copy", {**chosen(files[1]), "into": deep.uid})
    assert copied.headers["location"] == f"/app/items/{deep.uid}"
    assert await names(site, deep.no) == ["a.txt", "b (2).txt", "b.txt"]
    inside = await visitor.post("/app/chosen/move", {**chosen(box), "into": deep.uid})
    assert (inside.status_code, "put into itself" in inside.text) == (422, True)


async def test_several_come_as_one_archive(hut: Site) -> None:
    """Files and folders that were chosen come in one ZIP, each folder under its own name; one folder as itself."""
    box = await hut.folder("Box")
    await hut.file("in.txt", b"inside", box.no)
    file = await hut.file("a.txt", b"outside")
    visitor = await alice(hut)
    archive = zipfile.ZipFile(io.BytesIO((await visitor.get(f"/app/chosen/zip?{query(box, file)}")).content))
    assert {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")} == {
        "Box/in.txt": b"inside",
        "a.txt": b"outside",
    }
    one = zipfile.ZipFile(io.BytesIO((await visitor.get(f"/app/chosen/zip?{query(box)}")).content))
    assert one.namelist() == ["in.txt"]


async def test_the_trash(site: Site) -> None:
    """Thrown away after a question, listed, brought back, ended for good after another question."""
    files = [await site.file(f"{letter}.txt") for letter in "abc"]
    visitor = await alice(site)
    assert "Throw 3 things away?" in (await visitor.get(f"/app/chosen/trash?{query(*files)}")).text
    assert len(await names(site)) == 3
    assert (await visitor.post("/app/chosen/trash", chosen(*files))).status_code == 303
    assert await names(site) == []
    page = read(await visitor.get("/app/trash"))
    assert all(file.name in page.text for file in files if file.name)
    assert "This is in the trash" in (await visitor.get(f"/app/items/{files[0].uid}")).text
    assert (await visitor.post("/app/trash/restore", chosen(files[0]))).headers["location"] == "/app/trash"
    assert await names(site) == ["a.txt"]
    assert "Delete this for good?" in (await visitor.get(f"/app/trash/purge?{query(files[1])}")).text
    await visitor.post("/app/trash/purge", chosen(files[1]))
    assert (await visitor.get(f"/app/items/{files[1].uid}")).status_code == 404
    live = await visitor.post("/app/trash/purge", chosen(files[0]))
    assert (live.status_code, "Nothing was done" in live.text) == (409, True)
    assert "Empty the trash?" in (await visitor.get("/app/trash/empty")).text
    await visitor.post("/app/trash/empty")
    assert "The trash is empty" in (await visitor.get("/app/trash")).text


async def test_versions(hut: Site) -> None:
    """What a file held is listed, downloaded, brought back and deleted; the present one is never deleted."""
    file = await hut.file("a.txt", b"one")
    visitor = await alice(hut)
    there = f"/app/items/{file.uid}/versions"
    assert (await visitor.send(there, ("whatever.bin", b"second"))).status_code == 303
    page = read(await visitor.get(there))
    assert f"/app/items/{file.uid}/content?version=1" in page.links()
    old = await visitor.get(f"/app/items/{file.uid}/content?version=1")
    assert (old.content, old.headers["content-disposition"][:10]) == (b"one", "attachment")
    assert (await visitor.post(f"{there}/1/restore")).status_code == 303
    assert (await visitor.get(f"/app/items/{file.uid}/content")).content == b"one"
    assert "Delete version 2 for good?" in (await visitor.get(f"{there}/2/delete")).text
    assert (await visitor.post(f"{there}/2/delete")).status_code == 303
    assert (await visitor.get(f"/app/items/{file.uid}/content?version=2")).status_code == 404
    assert (await visitor.post(f"{there}/3/delete")).status_code == 400
    for odd in ("0", "x", "-1", "9" * 30):
        assert (await visitor.post(f"{there}/{odd}/restore")).status_code == 404
        assert (await visitor.get(f"/app/items/{file.uid}/content?version={odd}")).status_code == 404
    assert (await visitor.post(there, files=[("other", (None, b"x"))])).status_code == 400


async def test_others_do_what_their_role_says(hut: Site) -> None:
    """A viewer sees neither buttons nor versions, and his forms are refused one by one; an editor replaces a file."""
    folder = await hut.folder("Docs")
    file = await hut.file("a.txt", b"one", folder.no)
    await put_content(hut.core, hut.alice, file.no, _bytes(b"two"))
    await hut.share(folder, BOB, Role.VIEWER)
    bob = hut.visitor()
    await bob.sign_in("bob")
    page = read(await bob.get(f"/app/items/{file.uid}"))
    assert not [link for link in page.links() if "rename" in link or "trash" in link or "versions" in link]
    refused = [
        await bob.post(f"/app/items/{file.uid}/rename", {"name": "x"}),
        await bob.post("/app/chosen/trash", chosen(file)),
        await bob.post("/app/chosen/move", {**chosen(file), "into": folder.uid}),
        await bob.get(f"/app/items/{file.uid}/versions"),
        await bob.send(f"/app/items/{file.uid}/versions", ("a", b"x")),
        await bob.post(f"/app/items/{file.uid}/versions/1/restore"),
        await bob.get(f"/app/items/{file.uid}/content?version=1"),
        await bob.post(f"/app/items/{folder.uid}/folders", {"name": "x"}),
        await bob.post("/app/trash/purge", chosen(file)),
    ]
    assert {reply.status_code for reply in refused} == {403}
    assert (await bob.get(f"/app/chosen/zip?{query(file)}")).status_code == 200
    assert (await bob.get("/app/chosen/zip?item=unknown")).status_code == 404
    assert (await bob.post("/app/chosen/trash", {})).status_code == 400


async def _bytes(data: bytes) -> Any:
    yield data


async def test_search(site: Site) -> None:
    """Own things and shared ones are found by beginnings of words; in one folder, if wanted; nobody else's."""
    folder = await site.folder("Docs")
    shared = await site.file("Summer plan.txt", b"x", folder.no)
    await site.file("Summer diary.txt")
    await site.share(folder, BOB)
    bob = site.visitor()
    await bob.sign_in("bob")
    page = read(await bob.get("/app/search?q=summ"))
    assert f"/app/items/{shared.uid}" in page.links()
    assert "diary" not in page.text
    visitor = await alice(site)
    assert "diary" in (await visitor.get("/app/search?q=summer")).text
    assert "diary" not in (await visitor.get(f"/app/search?q=summer&in={folder.uid}")).text
    assert "Write at least one word" in (await visitor.get("/app/search?q=%21%21")).text
    assert "Nothing has all these words" in (await visitor.get("/app/search?q=%3Cscript%3E")).text
    assert (await visitor.get("/app/search?q=a&after=x")).status_code == 400
    assert (await visitor.get("/app/search?q=a&in=unknown")).status_code == 404
    assert (await visitor.get("/app/search")).status_code == 200


async def test_taken_names_in_a_form(hut: Site) -> None:
    """Without script too one says what becomes of a taken name: both are kept, or it is a version, or left out."""
    await hut.file("a.txt", b"old")
    top = (await get(hut.core, hut.alice, hut.home)).item
    visitor = await alice(hut)
    there = f"/app/items/{top.uid}/files"
    files = [("file", ("a.txt", b"new"))]
    refused = await visitor.post(there, {"on_collision": "refuse"}, files=files)
    assert (refused.status_code, "Not received" in refused.text) == (409, True)
    await visitor.post(there, {"on_collision": "version"}, files=files)
    await visitor.post(there, {"on_collision": "nonsense"}, files=files)
    assert await names(hut) == ["a (2).txt", "a.txt"]


@pytest.fixture
async def drawn() -> tuple[Site, PlainPreviews]:
    """The site with previews."""
    engine = PlainPreviews()
    return await Site.found(make_core(previews=engine)), engine


async def test_previews(drawn: tuple[Site, PlainPreviews]) -> None:
    """Pictures and pages are shown to whoever may look, drawn anew; policy is asked each time; bytes are downloads."""
    site, engine = drawn
    document = await site.file("a.pdf", b"%PDF-1.7 x")
    picture = await site.file("a.jpg", b"\xff\xd8\xff\xe0 x")
    broken = await site.file("b.tiff", b"broken")
    link = await site.link(document, Role.PREVIEWER)
    visitor = site.visitor()
    page = read(await visitor.get(f"{link}?page=2"))
    assert "Page 2 of 3" in page.text
    source = page.all("img")[0]["src"]
    shown = await visitor.get(source)
    assert shown.content.endswith(b".pdf.1600.2")
    assert shown.headers["content-security-policy"].endswith("sandbox")
    assert (shown.headers["x-content-type-options"], shown.headers["content-type"]) == ("nosniff", "image/png")
    assert (await visitor.get(source, if_none_match=shown.headers["etag"])).status_code == 304
    small = await site.link(picture, Role.PREVIEWER)
    whole = (await visitor.get(f"{small}/{picture.uid}/preview")).content
    assert whole.startswith(b"a picture of")  # not the bytes, which he may not have
    assert (await visitor.get(f"{small}/{picture.uid}/thumb")).content.endswith(b".256.1")
    owner = await alice(site)
    assert (await owner.get(f"/app/items/{picture.uid}/preview")).content.startswith(b"\xff\xd8")
    assert "There is no preview" in (await owner.get(f"/app/items/{broken.uid}")).text
    assert (await owner.get(f"/app/items/{broken.uid}/thumb")).status_code == 404
    grid = read(await owner.get("/app/files?view=grid"))
    assert [one["src"] for one in grid.all("img")] == [
        f"/app/items/{one.uid}/thumb" for one in (picture, document, broken)
    ]
    stranger = site.visitor()
    await stranger.sign_in("bob")
    engine.wanted.clear()
    assert (await stranger.get(f"/app/items/{picture.uid}/thumb")).status_code == 404
    assert engine.wanted == []


async def test_odd_pages(drawn: tuple[Site, PlainPreviews]) -> None:
    """A page that cannot be is the first, or none."""
    site, _ = drawn
    document = await site.file("a.pdf", b"%PDF-1.7 x")
    visitor = await alice(site)
    for page in ("0", "-1", "99999", "999999999999", "x", "²"):
        assert (await visitor.get(f"/app/items/{document.uid}?page={page}")).status_code == 200
        assert (await visitor.get(f"/app/items/{document.uid}/preview?page={page}")).status_code in (200, 404)


async def test_what_is_played(hut: Site) -> None:
    """Sound and film are played, in ranges, by whoever may download them; for others they have no preview."""
    film = await hut.file("a.mp4", b"\0" * 1000)
    owner = await alice(hut)
    page = read(await owner.get(f"/app/items/{film.uid}"))
    source = page.all("video")[0]["src"]
    part = await owner.get(source, range="bytes=0-99")
    assert (part.status_code, len(part.content), part.headers["content-type"]) == (206, 100, "video/mp4")
    assert part.headers["content-disposition"].startswith("attachment")
    page = read(await hut.visitor().get(await hut.link(film, Role.PREVIEWER)))
    assert page.all("video") == []


async def test_uploads_go_on(hut: Site) -> None:
    """A script's upload is begun at a folder, asked about, continued and ended; others cannot touch it."""
    top = (await get(hut.core, hut.alice, hut.home)).item
    visitor = await alice(hut)
    tus = {"tus-resumable": "1.0.0", "accept": "application/json", "origin": visitor.base}
    begun = await visitor.http.post(
        f"/app/items/{top.uid}/uploads",
        headers={**tus, "upload-length": "6", "upload-metadata": "filename YS50eHQ="},
    )
    address = begun.headers["location"].removeprefix(visitor.base)
    assert (begun.status_code, address.startswith("/app/uploads/")) == (201, True)
    piece = {**tus, "content-type": "application/offset+octet-stream"}
    await visitor.http.patch(address, content=b"abc", headers={**piece, "upload-offset": "0"})
    bob = hut.visitor()
    await bob.sign_in("bob")
    assert (await bob.http.head(address, headers=tus)).status_code == 404
    assert (await visitor.http.head(address, headers=tus)).headers["upload-offset"] == "3"
    wrong = await visitor.http.patch(address, content=b"x", headers={**piece, "upload-offset": "0"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong_offset")
    done = await visitor.http.patch(address, content=b"def", headers={**piece, "upload-offset": "3"})
    assert done.status_code == 204
    assert await names(hut) == ["a.txt"]
    cross = await visitor.http.post(
        f"/app/items/{top.uid}/uploads", headers={**tus, "origin": "http://evil.example", "upload-length": "6"}
    )
    assert cross.status_code == 403


async def test_guests_have_no_files(hut: Site) -> None:
    """Who has no account is led to what is shared with him."""
    visitor = hut.visitor()
    for path in ("/app/files", "/app/trash", "/app/search", f"/app/chosen/move?item={hut.home}"):
        assert (await visitor.get(path)).headers["location"].startswith("/app/sign-in")


async def test_hostile_names_are_text_everywhere(hut: Site) -> None:
    """Whatever a thing is called, on each of its pages that is text: nothing of it runs, or breaks out of its place."""
    name = "\"><img src=x onerror=alert(1)>{{ 7 * 7 }}'.txt"
    folder = await hut.folder("<script>alert(2)<\u2215script> % %(a)s")
    file = await hut.file(name, b"x", folder.no)
    visitor = await alice(hut)
    here = f"/app/items/{file.uid}"
    paths = [
        f"/app/items/{folder.uid}",
        f"/app/items/{folder.uid}?view=grid",
        *(here, f"{here}/rename", f"{here}/versions", "/app/search?q=img"),
        *(f"/app/chosen/{act}?{query(file)}" for act in ("move", "copy", "trash")),
    ]
    pages = [(await visitor.get(path)).text for path in paths]
    await visitor.post("/app/chosen/trash", chosen(file))
    pages += [(await visitor.get(path)).text for path in ("/app/trash", f"/app/trash/purge?{query(file)}", here)]
    for text in pages:
        assert "<img src=x" not in text
        assert "<script>alert" not in text
        assert "{{ 7 * 7 }}" in text
