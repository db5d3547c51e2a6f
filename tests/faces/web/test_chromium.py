"""Pages in a real browser: opened, clicked and sent, on a phone, in the dark, without script; over a real server."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.faces.web.site import PASSWORD, Site
from tests.http.peer import serving
from tests.lanes import CHROMIUM

from commonhold.core.content.tree import children
from commonhold.core.identity import Named
from commonhold.core.roles import Kind, Role
from commonhold.testing.core import make_core

pytestmark = [pytest.mark.chromium, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # a name that is no loopback address, for what browsers do differently there
    "--host-resolver-rules=MAP lan.test 127.0.0.1",
)
HOUR = 3_600_000
SIZES = {"phone": (320, 640), "desk": (1200, 800)}

Open = Callable[..., Awaitable[Any]]


class Visit:
    """A site on a real port, and a browser before it; what the browser complains of is kept."""

    def __init__(self, site: Site, browser: Any, port: int) -> None:
        """Begin without a page."""
        self.site = site
        self.browser = browser
        self.port = port
        self.complaints: list[str] = []

    async def open(self, path: str, host: str = "127.0.0.1", size: str = "desk", **how: Any) -> Any:
        """Open a page in a fresh profile, and look that it fits the screen."""
        width, height = SIZES[size]
        context = await self.browser.new_context(viewport={"width": width, "height": height}, **how)
        page = await context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        await page.goto(f"http://{host}:{self.port}{path}")
        await self.fits(page)
        return page

    async def fits(self, page: Any) -> None:
        """Look that nothing has to be scrolled sideways, and that the style sheet came."""
        seen = await page.evaluate(
            "[document.documentElement.scrollWidth, innerWidth, getComputedStyle(document.body).fontFamily]"
        )
        assert seen[0] <= seen[1], page.url
        assert "system-ui" in seen[2]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Any]:
    """Debian's Chromium, started once."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Any) -> AsyncIterator[Visit]:
    """The site, served; what the browser's console complains of fails the test."""
    site = await Site.found(make_core())
    async with serving(site.app) as port:
        visit = Visit(site, browser, port)
        yield visit
        for context in browser.contexts:
            await context.close()
    assert [one for one in visit.complaints if "Failed to load resource" not in one] == []


async def jpeg(visit: Visit) -> bytes:
    """Let the browser draw a picture."""
    page = await visit.open("/app/sign-in")
    data: bytes = await page.screenshot(type="jpeg")
    return data


async def say(page: Any) -> str:
    """Return the text of a page's main part."""
    text: str = await page.inner_text("main")
    return text


async def downloaded(page: Any, button: str) -> tuple[str, bytes]:
    """Press a button that downloads, and return the file's name and bytes."""
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name=button).click()
    download = await waiting.value
    path = await download.path()
    return download.suggested_filename, await asyncio.to_thread(path.read_bytes)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_free_link_shows_text_and_picture(visit: Visit, size: str, scheme: str) -> None:
    """Both previews show on a phone and on a desk, in light and dark, and the download brings the same bytes."""
    picture = await jpeg(visit)
    text = await visit.site.link(await visit.site.file("notes.txt", b"first <b>line</b>\n" * 50), note="read this")
    image = await visit.site.link(await visit.site.file("photo.jpg", picture))
    page = await visit.open(text, size=size, color_scheme=scheme)
    assert "first <b>line</b>" in await page.inner_text("pre")
    assert await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(244, 243, 239)", "dark": "rgb(19, 21, 24)"}[scheme]
    page = await visit.open(image, size=size, color_scheme=scheme)
    await page.wait_for_function("document.querySelector('img').naturalWidth > 0")
    name, data = await downloaded(page, "Download")
    assert (name, hashlib.sha256(data).digest()) == ("photo.jpg", hashlib.sha256(picture).digest())


@pytest.mark.parametrize("size", SIZES)
async def test_a_password_by_keyboard_alone(visit: Visit, size: str) -> None:
    """The prompt has the focus: a wrong password is said to be wrong, the right one opens, each by Enter."""
    link = await visit.site.link(await visit.site.file("a.txt", b"between us"), password="open sesame")
    page = await visit.open(link, size=size, java_script_enabled=False)
    await page.keyboard.type("open barley")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").wait_for()
    assert "The password is wrong" in await say(page)
    assert await page.get_by_label("Password").input_value() == ""
    await page.keyboard.type("open sesame")
    await page.keyboard.press("Enter")
    await page.locator("pre").wait_for()
    assert "between us" in await say(page)
    assert "sesame" not in page.url
    await page.reload()
    assert "between us" in await say(page)
    assert await visit.site.uses() == 1


async def test_forms_work_on_a_plain_network_too(visit: Visit) -> None:
    """Where browsers tell less about where a form comes from (plain http by a name), a password still opens."""
    link = await visit.site.link(await visit.site.file("a.txt", b"between us"), password="pw")
    page = await visit.open(link, host="lan.test")
    await page.get_by_label("Password").fill("pw")
    await page.get_by_role("button", name="Open").click()
    await page.locator("pre").wait_for()
    assert "between us" in await say(page)


async def test_another_site_cannot_send_our_forms(visit: Visit) -> None:
    """A page of another origin that posts to a link, or to the log-in, is refused by the real headers of a browser."""
    link = await visit.site.link(await visit.site.file("a.txt"), max_uses=2)
    for host in ("127.0.0.1", "lan.test"):
        for path in (link, "/app/sign-in"):
            page = await (await visit.browser.new_context()).new_page()
            action = f"http://{host}:{visit.port}{path}"
            fields = f"<input name=name value=alice><input name=password value='{PASSWORD}'>"
            await page.set_content(f"<form method=post action='{action}'>{fields}<button>Go</button></form>")
            await page.get_by_role("button").click()
            await page.wait_for_url(action)
            assert "did not come from here" in await say(page)
    assert await visit.site.uses() == 0


@pytest.mark.parametrize("size", SIZES)
async def test_a_folder_is_walked_and_downloaded(visit: Visit, size: str) -> None:
    """From the listing into a folder, to a file, back up by the trail; one file and the whole come as downloads."""
    site = visit.site
    folder = await site.folder("Docs")
    deep = await site.folder("Deep", folder.no)
    await site.file("a" * 80 + ".bin", b"\0" * 300_000, folder.no)
    await site.file("below.txt", b"under", deep.no)
    page = await visit.open(await site.link(folder), size=size)
    await page.get_by_role("link", name="Deep").click()
    await page.get_by_role("link", name="below.txt").click()
    assert "under" in await say(page)
    await visit.fits(page)
    assert (await downloaded(page, "Download")) == ("below.txt", b"under")
    await page.get_by_role("navigation").get_by_role("link", name="Docs").click()
    name, data = await downloaded(page, "Download all as ZIP")
    assert (name, data[:2]) == ("Docs.zip", b"PK")


async def test_states_have_pages(visit: Visit) -> None:
    """Over, not yet begun, unknown: each is a page that fits a phone and says what to do."""
    site, now = visit.site, visit.site.clock()
    file = await site.file("a.txt")
    ended = await site.link(file, until=now + HOUR)
    later = await site.link(file, starts=now + 2 * HOUR)
    page = await visit.open(ended, size="phone")
    assert "a.txt" in await say(page)
    site.clock.advance(HOUR)
    await page.reload()
    assert "This share is over" in await say(page)
    assert "a.txt" not in await page.content()
    assert "has not begun yet" in await say(await visit.open(later, size="phone"))
    assert "There is nothing here" in await say(await visit.open("/s/nonsense", size="phone"))


@pytest.mark.parametrize("size", SIZES)
async def test_files_are_handed_in(visit: Visit, size: str, tmp_path: Path) -> None:
    """A drop takes several files by the browser's own dialogue, without script, and says that it has them."""
    site = visit.site
    folder = await site.folder("Inbox")
    files = [tmp_path / 'one "odd" name.txt', tmp_path / "zwei ü.bin"]
    for file in files:
        file.write_bytes(b"x" * 100_000)
    page = await visit.open(await site.link(folder, Role.UPLOADER), size=size, java_script_enabled=False)
    await page.get_by_label("Files").set_input_files([str(file) for file in files])
    await page.get_by_role("button", name="Send").click()
    await page.get_by_role("heading", name="Received").wait_for()
    assert (await say(page)).count("received") == 2
    kept = [(one.item.name, one.item.size) for one in (await children(site.core, site.alice, folder.no)).items]
    assert kept == [("one %22odd%22 name.txt", 100_000), ("zwei ü.bin", 100_000)]


@pytest.mark.parametrize("host", ["127.0.0.1", "lan.test"])
async def test_a_person_logs_in_and_out(visit: Visit, host: str) -> None:
    """From a mail's address over the log-in to the item, to what is shared with him, and out again."""
    site = visit.site
    file = await site.file("for bob.txt", b"hello bob")
    await site.share(file, Named("bob", Kind.USER))
    page = await visit.open(f"/app/items/{file.uid}", host=host, size="phone")
    await page.get_by_label("Name or mail address").fill("bob")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.locator("pre").wait_for()
    assert "hello bob" in await say(page)
    await page.get_by_role("link", name="Shared with me").click()
    await visit.fits(page)
    assert "for bob.txt" in await say(page)
    await page.get_by_role("button", name="Log out").click()
    await page.get_by_role("heading", name="Log in").wait_for()
    await page.goto(f"http://{host}:{visit.port}/app")
    assert "Log in" in await say(page)


async def test_moments_are_told_in_the_readers_own_time(visit: Visit) -> None:
    """With script a moment is told in the time zone of the browser; what the server said stands in its title."""
    link = await visit.site.link(await visit.site.file("a.txt"), until=visit.site.clock() + HOUR)
    plain = await visit.open(link, java_script_enabled=False, timezone_id="Asia/Tokyo")
    said = await plain.inner_text("time")
    page = await visit.open(link, timezone_id="Asia/Tokyo")
    assert said.endswith("UTC")
    assert await page.get_attribute("time", "title") == said
    assert "GMT+9" in await page.inner_text("time")
