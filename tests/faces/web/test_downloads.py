"""Bytes by a link: ranges and resuming as curl asks for them, folders as one archive, and nothing that could run."""

import io
import zipfile
from typing import Any

import pytest
from tests.faces.web.reading import read
from tests.faces.web.site import Site

from commonhold.core.content.files import put_content
from commonhold.core.content.tree import ItemChange, change
from commonhold.core.roles import Role
from commonhold.faces.web.items.peeking import PREVIEW_IMAGE

BODY = bytes(range(256)) * 2_000


async def test_a_file_is_downloaded_under_its_name(site: Site) -> None:
    """The link's own address with /download, and the button of the page, bring the same file as an attachment."""
    file = await site.file("Böhm & Söhne.bin", BODY)
    link = await site.link(file)
    visitor = site.visitor()
    for path in (f"{link}/download", f"{link}/{file.uid}/content"):
        got = await visitor.get(path)
        assert (got.status_code, got.content) == (200, BODY)
        assert got.headers["content-disposition"].startswith("attachment; ")
        assert "filename*=UTF-8''B%C3%B6hm%20&%20S%C3%B6hne.bin" in got.headers["content-disposition"]
        assert (got.headers["referrer-policy"], got.headers["x-robots-tag"]) == ("no-referrer", "noindex, nofollow")
        told = await visitor.get(path, "HEAD")
        assert (told.content, told.headers["content-length"]) == (b"", str(len(BODY)))


async def test_a_broken_download_is_resumed(site: Site) -> None:
    """As curl -C - does: size by HEAD, then the rest by a range; If-Range sends all of it when the file is another."""
    file = await site.file("big.bin", BODY)
    link = await site.link(file)
    visitor = site.visitor()
    tag = (await visitor.get(f"{link}/download", "HEAD")).headers["etag"]
    rest = await visitor.get(f"{link}/download", range="bytes=500000-", if_range=tag)
    assert (rest.status_code, rest.headers["content-range"]) == (206, f"bytes 500000-511999/{len(BODY)}")
    assert BODY[:500_000] + rest.content == BODY
    assert (await visitor.get(f"{link}/download", range=f"bytes={len(BODY)}-")).status_code == 416
    assert (await visitor.get(f"{link}/download", range="bytes=-5")).content == BODY[-5:]
    assert (await visitor.get(f"{link}/download", if_none_match=tag)).status_code == 304

    async def other() -> Any:
        yield b"another content"

    await put_content(site.core, site.alice, file.no, other())
    whole = await visitor.get(f"{link}/download", range="bytes=5-", if_range=tag)
    assert (whole.status_code, whole.content) == (200, b"another content")


async def test_resuming_behind_a_password_needs_the_cookie(site: Site) -> None:
    """A range of a protected file is refused like the whole of it, and goes on with the pass."""
    link = await site.link(await site.file("big.bin", BODY), password="pw", max_uses=1)
    visitor = site.visitor()
    refused = await visitor.get(f"{link}/download", range="bytes=5-")
    assert (refused.status_code, refused.headers["content-type"]) == (403, "text/html; charset=utf-8")
    await visitor.post(link, {"password": "pw"})
    for _ in range(3):
        assert (await visitor.get(f"{link}/download", range="bytes=-9")).content == BODY[-9:]
    assert await site.uses() == 1


async def test_a_folder_is_listed_and_walked(site: Site) -> None:
    """Folders come first, each thing leads to its page, pages lead back up to where the link begins."""
    folder = await site.folder("Docs")
    deep = await site.folder("zz deep", folder.no)
    file = await site.file("a.txt", b"abc", folder.no)
    below = await site.file("below.txt", b"under", deep.no)
    link = await site.link(folder)
    visitor = site.visitor()
    listing = read(await visitor.get(link))
    assert [one for one in listing.links() if one.startswith(f"{link}/")] == [
        f"{link}/{folder.uid}/zip",
        f"{link}/{deep.uid}",
        f"{link}/{file.uid}",
    ]
    page = read(await visitor.get(f"{link}/{below.uid}"))
    assert page.links()[:2] == [f"{link}/{folder.uid}", f"{link}/{deep.uid}"]
    assert "under" in page.text
    assert (await visitor.get(f"{link}/{below.uid}/content")).content == b"under"
    assert "This folder is empty" in (await visitor.get(await site.link(await site.folder("Nothing")))).text


async def test_a_folder_comes_as_one_archive(site: Site) -> None:
    """Whole or in part, with everything below; what shares do not reach is left out, and a file is no archive."""
    folder = await site.folder("Docs")
    deep = await site.folder("deep", folder.no)
    file = await site.file("a.txt", b"abc", folder.no)
    await site.file("below.bin", BODY, deep.no)
    kept = await site.file("private.txt", b"no", folder.no)
    await change(site.core, site.alice, kept.no, ItemChange(inherits=False))
    link = await site.link(folder)
    visitor = site.visitor()
    for path in (f"{link}/download", f"{link}/{folder.uid}/zip"):
        got = await visitor.get(path)
        assert got.headers["content-disposition"] == 'attachment; filename="Docs.zip"'
        with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
            assert archive.testzip() is None
            assert sorted(archive.namelist()) == ["a.txt", "deep/", "deep/below.bin"]
            assert archive.read("deep/below.bin") == BODY
    part = await visitor.get(f"{link}/{deep.uid}/zip")
    with zipfile.ZipFile(io.BytesIO(part.content)) as archive:
        assert archive.namelist() == ["below.bin"]
    assert (await visitor.get(f"{link}/{file.uid}/zip")).status_code == 422
    assert "private.txt" not in (await visitor.get(link)).text


async def test_a_long_folder_has_pages(hut: Site) -> None:
    """A folder with more than a page shows the rest page by page, each name once, whatever is in the names."""
    folder = await hut.folder("Many")
    names = [f"{number:03} & #?%+ü.txt" for number in range(120)]
    for name in names:
        await hut.file(name, b"", folder.no)
    link, visitor, seen = await hut.link(folder), hut.visitor(), list[str]()
    path: str | None = link
    while path is not None:
        page = read(await visitor.get(path))
        seen += [text for text in page.texts if text.endswith(".txt")]
        path = next((one for one in page.links() if "?after=" in one), None)
    assert seen == names
    for cursor in ("", "x", "9.1.a", "0.x.a", "0.99999999999999999999.a"):
        assert (await visitor.get(f"{link}?after={cursor}")).status_code == 400


@pytest.mark.parametrize(
    ("name", "data", "shown"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script>", "<script>alert(1)</script>"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'onload="alert(1)"'),
        ("data.json", b'{"a": 1}', '{"a": 1}'),
        ("wide.txt", "grüße".encode("utf-16"), "grüße"),
        ("marked.txt", b"\xef\xbb\xbfhello", "hello"),
        ("broken.txt", b"ab\xff\xfecd", "ab\ufffd\ufffdcd"),
        ("empty.txt", b"", ""),
    ],
)
async def test_text_of_every_kind_is_shown_as_it_is_written(hut: Site, name: str, data: bytes, shown: str) -> None:
    """Markup too is read as text on the page, where it is harmless; as a file it is a download in a sandbox."""
    file = await hut.file(name, data)
    link = await hut.link(file)
    visitor = hut.visitor()
    page = read(await visitor.get(link))
    assert len(page.all("pre")) == 1
    assert shown in "".join(page.texts)
    got = await visitor.get(f"{link}/{file.uid}/content")
    assert got.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in got.headers["content-security-policy"]
    assert (await visitor.get(f"{link}/{file.uid}/preview")).status_code == 404


async def test_large_texts_show_their_beginning(hut: Site) -> None:
    """Of a text, the page shows 64 KiB, cut between letters; the download has the rest."""
    link = await hut.link(await hut.file("long.txt", "ä".encode() + b"x" * 65_533 + "äöü".encode()))
    page = read(await hut.visitor().get(link))
    assert "This is the beginning of the text" in page.text
    assert "\ufffd" not in page.text
    assert "äx" in page.text


async def test_what_has_no_preview_says_so(hut: Site) -> None:
    """A PDF, an archive, or a picture that is too large for a phone is a download, and the page says that."""
    picture = b"\xff\xd8\xff\xe0\x00\x10JFIF".ljust(PREVIEW_IMAGE + 1, b"\0")
    for name, data in (("a.pdf", b"%PDF-1.4"), ("a.zip", b"PK\x03\x04"), ("a.jpg", picture)):
        page = read(await hut.visitor().get(await hut.link(await hut.file(name, data))))
        assert "There is no preview of this file" in page.text
        assert page.links()[-1].endswith("/content")
        assert not page.all("img")


async def test_an_empty_file_is_downloaded(hut: Site) -> None:
    """A file without a byte has a page and a download like any other."""
    link = await hut.link(await hut.file("empty.bin", b""), Role.VIEWER)
    assert "0 bytes" in read(await hut.visitor().get(link)).text
    assert (await hut.visitor().get(f"{link}/download")).content == b""
