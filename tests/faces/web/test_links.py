"""The public page of a link: what it shows, what it asks for, what it counts, and what it says when it is over."""

from typing import Any

import pytest
from tests.faces.web.reading import read
from tests.faces.web.site import Site

from commonhold.core.limits import Limits
from commonhold.core.model import EVERYONE, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.roles import Role
from commonhold.core.sharing.managing import amend, withdraw
from commonhold.core.terms import Terms
from commonhold.testing.core import make_core

HOUR = 3_600_000


async def test_a_free_link_shows_its_file_at_once(site: Site) -> None:
    """Without password and count, the page shows name, size, type, sharer, note, end and the text itself."""
    file = await site.file("notes.txt", b"first line\nsecond <line>")
    link = await site.link(file, note="read this", until=site.clock() + HOUR)
    page = await site.visitor().get(link)
    shown = read(page)
    assert page.status_code == 200
    for word in ("notes.txt", "24 bytes", "Text text/plain", "alice", "read this", "15 January 2027, 09:00 UTC"):
        assert word in shown.text, word
    assert "first line\nsecond <line>" in "".join(shown.texts)
    assert f"{link}/{file.uid}/content" in shown.links()
    assert "set-cookie" not in page.headers


async def test_looking_counts_nothing_and_opening_counts_once(site: Site) -> None:
    """GET and HEAD count no use, however often; pressing Open counts one and lets this browser in."""
    file = await site.file("a.txt", b"secret content")
    link = await site.link(file, max_uses=2, note="twice")
    visitor = site.visitor()
    for method in ("GET", "HEAD", "GET"):
        assert (await visitor.get(link, method)).status_code == 200
    shown = read(await visitor.get(link))
    assert "a.txt" in shown.text
    assert "It can be opened 2 more times" in shown.text
    assert "secret content" not in shown.text
    assert (await visitor.get(f"{link}/{file.uid}/content")).status_code == 403
    assert await site.uses() == 0
    opened = await visitor.post(link)
    assert (opened.status_code, opened.headers["location"]) == (303, link)
    assert "secret content" in read(await visitor.get(link)).text
    assert (await visitor.get(f"{link}/{file.uid}/content")).content == b"secret content"
    assert await site.uses() == 1


async def test_the_last_use_closes_the_door_behind_it(site: Site) -> None:
    """Of a link with one use, the second visitor is told that it is used up (410); the first one still reads."""
    link = await site.link(await site.file("a.txt"), max_uses=1)
    first, second = site.visitor(), site.visitor(address="192.0.2.8")
    await first.post(link)
    for reply in (await second.get(link), await second.post(link), await second.get(f"{link}/download")):
        assert reply.status_code == 410
        assert "opened as often as it may be" in read(reply).text
        assert "a.txt" not in reply.text
    assert "hello" in read(await first.get(link)).text


async def test_a_password_is_asked_for_and_tells_nothing_before(site: Site) -> None:
    """The prompt names neither item nor sharer; a wrong password is refused, the right one lets in by a cookie."""
    file = await site.file("salaries.txt", b"numbers")
    link = await site.link(file, password="open sesame", note="ours alone")
    visitor = site.visitor()
    prompt = await visitor.get(link)
    assert prompt.status_code == 200
    assert [one["type"] for one in read(prompt).all("input")] == ["password"]
    wrong = await visitor.post(link, {"password": "open barley"})
    assert (wrong.status_code, "The password is wrong" in read(wrong).text) == (403, True)
    empty = await visitor.post(link, {"password": ""})
    assert empty.status_code == 403
    for reply in (prompt, wrong, empty, await visitor.get(f"{link}/{file.uid}")):
        assert not [word for word in ("salaries", "alice", "ours", "open barley") if word in reply.text]
        assert "set-cookie" not in reply.headers
    opened = await visitor.post(link, {"password": "open sesame"})
    assert opened.status_code == 303
    assert "sesame" not in opened.headers["location"]
    assert "numbers" in read(await visitor.get(link)).text


async def test_the_cookie_of_an_opened_link(hut: Site) -> None:
    """It is named after its share, goes to this link's pages alone, out of reach of scripts and of other sites."""
    links = [await hut.link(await hut.file(name), password="pw") for name in ("a.txt", "b.txt")]
    visitor = hut.visitor(base="https://files.example")
    cookies = [(await visitor.post(link, {"password": "pw"})).headers["set-cookie"] for link in links]
    assert len({cookie.partition("=")[0] for cookie in cookies}) == 2
    for link, cookie in zip(links, cookies, strict=True):
        assert cookie.startswith("commonhold_pass_")
        assert {"HttpOnly", "Secure", "SameSite=lax", f"Path={link}"} <= set(cookie.split("; "))
    plain = await hut.visitor().post(links[0], {"password": "pw"})
    assert "Secure" not in plain.headers["set-cookie"]


async def test_guessing_ends(hut: Site) -> None:
    """After too many wrong passwords the right one is refused too, with the time after which to come back."""
    hut = await Site.found(make_core(limits=Limits(link_tries=2)))
    link = await hut.link(await hut.file("a.txt"), password="pw")
    visitor = hut.visitor()
    for _ in range(2):
        await visitor.post(link, {"password": "no"})
    refused = await visitor.post(link, {"password": "pw"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    assert "Too many attempts" in read(refused).text


@pytest.mark.parametrize(
    ("starts", "until", "status", "title"),
    [
        (HOUR, None, 403, "This share has not begun yet"),
        (None, -HOUR, 410, "This share is over"),
        (HOUR, HOUR, 410, "This share is over"),
    ],
)
async def test_closed_windows_have_pages_of_their_own(
    site: Site, starts: int | None, until: int | None, status: int, title: str
) -> None:
    """Not yet and ended have their own text and status, for looking, opening and bytes; and name no item."""
    now = site.clock()
    file = await site.file("a.txt")
    begins, ends = (None if offset is None else now + offset for offset in (starts, until))
    link = await site.link(file, starts=begins, until=ends)
    visitor = site.visitor()
    for reply in (
        await visitor.get(link),
        await visitor.post(link),
        await visitor.get(f"{link}/download"),
        await visitor.get(f"{link}/{file.uid}/content"),
    ):
        assert reply.status_code == status
        assert title in read(reply).text
        assert "a.txt" not in reply.text
    assert await site.uses() == 0


async def _ended(site: Site, share: Share) -> None:
    site.clock.advance(2 * HOUR)


async def _withdrawn(site: Site, share: Share) -> None:
    await withdraw(site.core, site.alice, [share.no])


async def _relocked(site: Site, share: Share) -> None:
    await amend(site.core, site.alice, share.no, terms=Terms(password="another"))


@pytest.mark.parametrize(("end", "status"), [(_ended, 410), (_withdrawn, 404), (_relocked, 403)])
async def test_what_ends_a_link_ends_it_for_whoever_is_in(site: Site, end: Any, status: int) -> None:
    """After its end, its withdrawal or a new password, a browser that had opened a link gets nothing more of it."""
    file = await site.file("a.txt")
    link = await site.link(file, password="pw", until=site.clock() + HOUR)
    visitor = site.visitor()
    await visitor.post(link, {"password": "pw"})
    assert (await visitor.get(f"{link}/download")).status_code == 200
    share: Share = (await site.core.store.rows(machine(), Rows(Share, ())))[0]
    await end(site, share)
    for path in (f"{link}/download", f"{link}/{file.uid}", f"{link}/{file.uid}/content"):
        reply = await visitor.get(path)
        assert (reply.status_code, "a.txt" in reply.text) == (status, False)


async def test_unknown_links_tell_nothing(site: Site) -> None:
    """A link that never was, one that is withdrawn, and an address without meaning have the same page (404)."""
    file = await site.file("a.txt")
    link = await site.link(file)
    share: Share = (await site.core.store.rows(machine(), Rows(Share, ())))[0]
    await withdraw(site.core, site.alice, [share.no])
    visitor = site.visitor()
    paths = (link, f"{link}/{file.uid}", "/s/nonsense", "/s/%00", "/s/..%2f..", f"/s/{share.uid}", "/nowhere")
    replies = [await visitor.get(path) for path in paths] + [await visitor.post("/s/nonsense", {"password": "x"})]
    assert {reply.status_code for reply in replies} == {404}
    assert len({reply.text for reply in replies}) == 1
    assert "There is nothing here" in replies[0].text


async def test_the_page_shows_what_the_link_gives_whoever_looks(site: Site) -> None:
    """The owner of everything sees no more on the page of a link than anybody else, and can do no more there."""
    folder = await site.folder("Docs")
    inside, beside = await site.file("in.txt", parent=folder.no), await site.file("beside.txt")
    link = await site.link(folder, Role.PREVIEWER)
    owner = site.visitor()
    await owner.sign_in("alice")
    stranger = site.visitor()
    assert (await owner.get(link)).text == (await stranger.get(link)).text
    for path in (f"{link}/{inside.uid}/content", f"{link}/{folder.uid}/zip", f"{link}/download"):
        assert (await owner.get(path)).status_code == 403
    assert (await owner.get(f"{link}/{beside.uid}")).status_code == 404
    assert (await owner.send(f"{link}/{folder.uid}/files", ("x.txt", b"x"))).status_code == 403


async def test_things_are_reached_by_their_own_link_alone(site: Site) -> None:
    """What another link reaches, or everybody, or what lies above, is not found below a link that does not lead there.

    The link of a folder shows the way from this folder down, and nothing above it.
    """
    outer = await site.folder("Outer")
    inner = await site.folder("Inner", outer.no)
    file = await site.file("in.txt", parent=inner.no)
    other, public = await site.file("other.txt"), await site.file("public.txt")
    link = await site.link(inner)
    await site.link(other)
    await site.share(public, EVERYONE)
    await site.share(outer, EVERYONE)
    visitor = site.visitor()
    for item in (outer, other, public):
        for part in ("", "/content", "/preview", "/zip"):
            assert (await visitor.get(f"{link}/{item.uid}{part}")).status_code == 404
        assert (await visitor.send(f"{link}/{item.uid}/files", ("x", b"x"))).status_code == 404
    shown = read(await visitor.get(f"{link}/{file.uid}"))
    assert f"{link}/{inner.uid}" in shown.links()
    assert "Outer" not in shown.text


async def test_previewers_look_and_download_nothing(site: Site) -> None:
    """A previewer sees text and picture on the page, no button, and every way to the bytes as a file is shut."""
    folder = await site.folder("Docs")
    text = await site.file("a.txt", b"to be read", folder.no)
    image = await site.file("a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 40, folder.no)
    link = await site.link(folder, Role.PREVIEWER)
    visitor = site.visitor()
    pages = [await visitor.get(path) for path in (link, f"{link}/{text.uid}", f"{link}/{image.uid}")]
    assert "to be read" in read(pages[1]).text
    assert read(pages[2]).all("img")[0]["src"] == f"{link}/{image.uid}/preview"
    assert not [one for page in pages for one in read(page).links() if one.endswith(("content", "zip", "download"))]
    shown = await visitor.get(f"{link}/{image.uid}/preview")
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"].startswith("inline")
    assert "sandbox" in shown.headers["content-security-policy"]
    for path in (f"{link}/download", f"{link}/{text.uid}/content", f"{link}/{folder.uid}/zip"):
        assert (await visitor.get(path)).status_code == 403
    assert (await visitor.get(f"{link}/{text.uid}/preview")).status_code == 404


async def test_opening_by_another_site_is_refused(site: Site) -> None:
    """A form that another site sends counts no use and opens nothing, whichever way the browser says so."""
    link = await site.link(await site.file("a.txt"), max_uses=3)
    visitor = site.visitor()
    said: tuple[dict[str, str], ...] = (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    )
    for headers in said:
        for path in (link, f"{link}/files"):
            refused = await visitor.post(path, headers=headers)
            assert refused.status_code == 403
            assert "did not come from here" in refused.text
    assert await site.uses() == 0
    assert (await visitor.post(link, headers={"origin": "null", "sec-fetch-site": "same-origin"})).status_code == 303


async def test_addresses_are_told_to_nobody(hut: Site) -> None:
    """Pages forbid to pass on their address; by plain http on a network it may be told to ourselves, for the forms."""
    link = await hut.link(await hut.file("a.txt"), password="pw")
    for base in ("https://files.example", "http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"):
        assert (await hut.visitor(base=base).get(link)).headers["referrer-policy"] == "no-referrer"
    lan = hut.visitor(base="http://192.0.2.1:8080")
    assert (await lan.get(link)).headers["referrer-policy"] == "same-origin"
    assert (await lan.post(link, {"password": "pw"})).status_code == 303


async def test_a_use_by_form_needs_a_form(site: Site) -> None:
    """What is no form, or too much of one, is a problem of its own; nothing is opened."""
    link = await site.link(await site.file("a.txt"), max_uses=3)
    visitor = site.visitor()
    json = {"content-type": "application/json", "origin": visitor.base}
    assert (await visitor.http.post(link, content=b"{}", headers=json)).status_code == 415
    assert (await visitor.post(link, {"password": "x" * 100_000})).status_code == 413
    assert (await visitor.http.put(link)).status_code == 405
    assert await site.uses() == 0
