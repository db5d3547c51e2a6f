"""Items in a real browser: folders uploaded, dropped, paused and cut; named, moved and thrown away by keyboard."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import pytest_asyncio
from PIL import Image
from tests.faces.web.site import PASSWORD, Site
from tests.faces.web.test_chromium import ARGUMENTS, Visit, say
from tests.http.peer import serving
from tests.lanes import CHROMIUM

from commonhold.core.content.tree import children
from commonhold.core.limits import Limits
from commonhold.testing.core import TestClock, make_core
from commonhold.work.previews import FolderPreviews

pytestmark = [pytest.mark.chromium, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

LARGEST = 12_000_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Any]:
    """Debian's Chromium, started once."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Any, tmp_path: Path) -> AsyncIterator[Visit]:
    """The site with previews and small uploads, served; what the console complains of fails the test."""
    previews = FolderPreviews(tmp_path / "previews", TestClock())
    site = await Site.found(make_core(limits=Limits(upload=LARGEST), previews=previews))
    async with serving(site.app) as port:
        visit = Visit(site, browser, port)
        yield visit
        for context in browser.contexts:
            await context.close()
    assert [one for one in visit.complaints if "Failed to load resource" not in one] == []


async def enter(visit: Visit, path: str = "/app/files", **how: Any) -> Any:
    """Open a page as Alice."""
    page = await visit.open(f"/app/sign-in?next={path}", **how)
    await page.get_by_label("Name or mail address").fill("alice")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_url(f"**{path}")
    await visit.fits(page)
    return page


async def inside(site: Site, folder: int) -> dict[str | None, int]:
    """What is in a folder, and how large."""
    found: dict[str | None, int] = {}
    after = None
    while not found or after is not None:
        page = await children(site.core, site.alice, folder, after=after)
        found |= {seen.item.name: seen.item.size for seen in page.items}
        after = page.next
        if not page.items:
            break
    return found


async def number_of(site: Site, *path: str) -> int:
    """The folder at a path below Alice's own."""
    at = site.home
    for name in path:
        page = await children(site.core, site.alice, at)
        at = next(seen.item.no for seen in page.items if seen.item.name == name)
    return at


async def test_a_folder_of_two_hundred(visit: Visit, tmp_path: Path) -> None:
    """All files of a chosen folder arrive in their folders, but the one that may not: it is named, with the reason."""
    course = tmp_path / "Course"
    for part in ("one", "two/deep"):
        (course / part).mkdir(parents=True)
    for number in range(199):
        (course / ("one" if number % 2 else "two/deep") / f"{number:03}.txt").write_bytes(b"x" * number)
    (course / "two" / "film.bin").write_bytes(b"\0" * (LARGEST + 1))
    page = await enter(visit)
    await page.locator("input[webkitdirectory]").set_input_files(str(course))
    await page.get_by_text("199 of 200 uploaded, 1 failed").wait_for(timeout=120_000)
    rows = page.locator(".sending li")
    assert await rows.count() == 1
    failed = await rows.inner_text()
    assert "Course/two/film.bin" in failed
    assert "Send less at once" in failed
    assert await page.get_by_role("alert").count() == 1
    await visit.fits(page)
    site = visit.site
    assert len(await inside(site, await number_of(site, "Course", "one"))) == 99
    deep = await inside(site, await number_of(site, "Course", "two", "deep"))
    assert deep == {f"{number:03}.txt": number for number in range(0, 199, 2)}
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("link", name="Course").wait_for()  # nothing is left: the list is shown anew


async def test_a_cut_a_pause_and_a_reload(visit: Visit, tmp_path: Path) -> None:
    """A connection that breaks is taken up by itself; Pause stops it; after a reload the same file goes on."""
    data = bytes(range(256)) * 39_062  # ten million: two pieces
    film = tmp_path / "film.bin"
    film.write_bytes(data)
    page = await enter(visit)
    seen: list[tuple[str, str | None]] = []
    cuts = ["cut", "cut", "let through", "hold"]
    held = asyncio.Event()

    async def over(route: Any) -> None:
        request = route.request
        seen.append((request.method, request.headers.get("upload-offset")))
        if request.method != "PATCH":
            await route.continue_()
            return
        what = cuts.pop(0) if cuts else "let through"
        if what == "cut":
            await route.abort("connectionreset")
        elif what == "hold":
            held.set()
        else:
            await route.continue_()

    await page.route("**/app/uploads/*", over)
    await page.get_by_label("Files").set_input_files(str(film))
    await asyncio.wait_for(held.wait(), 30)
    assert [method for method, _ in seen] == ["PATCH", "HEAD", "PATCH", "HEAD", "PATCH", "PATCH"]
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_text("paused").wait_for()
    seen.clear()
    await page.get_by_role("button", name="Go on").wait_for()
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    await page.get_by_text("interrupted").wait_for()
    await page.get_by_label("Files").set_input_files(str(film))
    await page.get_by_role("link", name="film.bin").wait_for()
    assert [method for method, _ in seen] == ["HEAD", "PATCH"]
    assert seen[1][1] == str(8 * 1024 * 1024)
    assert await inside(visit.site, visit.site.home) == {"film.bin": len(data)}
    assert await page.evaluate("Object.keys(localStorage).length") == 0


async def test_files_and_folders_are_dropped(visit: Visit, tmp_path: Path) -> None:
    """What is dropped anywhere on the page is uploaded, folders with all that is in them, empty ones too."""
    (tmp_path / "Box" / "empty").mkdir(parents=True)
    (tmp_path / "Box" / "in.txt").write_bytes(b"inside")
    (tmp_path / "top.txt").write_bytes(b"on top")
    page = await enter(visit, size="phone")
    session = await page.context.new_cdp_session(page)
    files = [str(tmp_path / "Box"), str(tmp_path / "top.txt")]
    data = {"items": [], "files": files, "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        await session.send("Input.dispatchDragEvent", {"type": kind, "x": 100, "y": 300, "data": data})
    await page.get_by_role("link", name="top.txt").wait_for()
    site = visit.site
    assert await inside(site, site.home) == {"Box": 0, "top.txt": 6}
    for _ in range(50):
        if len(await inside(site, await number_of(site, "Box"))) == 2:
            break
        await asyncio.sleep(0.1)
    assert await inside(site, await number_of(site, "Box")) == {"empty": 0, "in.txt": 6}


async def drawn(page: Any, selector: str) -> None:
    """Wait until pictures are there; what Playwright waits with is text made code, which our pages forbid."""
    for _ in range(100):
        widths = await page.locator(selector).evaluate_all("found => found.map(one => one.naturalWidth)")
        if widths and all(widths):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{selector} is not drawn")


async def press(page: Any, role: str, name: str) -> None:
    """Reach something by Tab, and press it."""
    wanted = page.get_by_role(role, name=name, exact=True).first
    await wanted.wait_for()
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("element => element === document.activeElement"):
            await page.keyboard.press("Space" if role == "checkbox" else "Enter")
            return
    raise AssertionError(f"{name} cannot be reached")


async def test_by_keyboard_alone(visit: Visit) -> None:
    """Renamed, moved, thrown away and restored without a pointer, on a phone's width."""
    site = visit.site
    await site.file("plan.txt", b"hello")
    await site.folder("Box")
    page = await enter(visit, size="phone")
    await press(page, "link", "plan.txt")
    await press(page, "link", "Rename")
    await page.get_by_role("heading", name="Rename").wait_for()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Plan B.txt")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Plan B.txt").wait_for()
    await press(page, "link", "Files of alice")
    await press(page, "checkbox", "Plan B.txt")
    await press(page, "button", "Move")
    await press(page, "button", "Box")
    await press(page, "button", "Move here")
    await page.get_by_role("heading", name="Box").wait_for()
    assert await inside(site, await number_of(site, "Box")) == {"Plan B.txt": 5}
    await press(page, "checkbox", "Plan B.txt")
    await press(page, "button", "Throw away")
    await page.get_by_role("heading", name="Throw this away?").wait_for()
    await visit.fits(page)
    await page.keyboard.press("Enter")
    await page.get_by_text("This folder is empty").wait_for()
    await page.goto(f"http://127.0.0.1:{visit.port}/app/trash")
    await visit.fits(page)
    await press(page, "checkbox", "Plan B.txt")
    await press(page, "button", "Restore")
    await page.get_by_text("The trash is empty").wait_for()
    assert await inside(site, await number_of(site, "Box")) == {"Plan B.txt": 5}


async def test_without_script(visit: Visit, tmp_path: Path) -> None:
    """The form alone takes several files, and says what became of each; boxes and buttons do what they say."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(b"x")
    page = await enter(visit, java_script_enabled=False)
    await page.get_by_label("Files", exact=True).set_input_files([str(tmp_path / name) for name in ("a.txt", "b.txt")])
    await page.get_by_role("button", name="Upload").click()
    assert (await say(page)).count("received") == 2
    await page.get_by_role("link", name="Back to the folder").click()
    await page.get_by_label("b.txt").check()
    await page.get_by_role("button", name="Throw away").click()
    await page.get_by_role("button", name="Throw away").click()
    await page.get_by_role("link", name="Trash").click()
    await page.get_by_role("link", name="b.txt").wait_for()
    assert await inside(visit.site, visit.site.home) == {"a.txt": 1}


async def test_previews_are_seen(visit: Visit) -> None:
    """Pictures in a grid, a document page by page: drawn by the real child, on a phone and on a desk."""
    site = visit.site
    picture = io.BytesIO()
    Image.radial_gradient("L").resize((600, 400)).save(picture, "TIFF")
    document = pypdfium2.PdfDocument.new()
    for _ in range(2):
        document.new_page(300, 400)
    pages = io.BytesIO()
    document.save(pages)
    await site.file("photo.tiff", picture.getvalue())
    file = await site.file("paper.pdf", pages.getvalue())
    page = await enter(visit)
    await page.get_by_role("link", name="Pictures").click()
    for image in await page.locator(".frame img").all():
        await image.scroll_into_view_if_needed()
    await drawn(page, ".frame img")
    await visit.fits(page)
    page = await visit.open(await site.link(file), size="phone")
    await page.get_by_role("link", name="Next page").click()
    await page.get_by_text("Page 2 of 2").wait_for()
    await drawn(page, "img")
    await visit.fits(page)
