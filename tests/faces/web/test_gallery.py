"""Every page of the web UI: none is left out, each can be read by everybody, in every language and on a phone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from tests import npm
from tests.faces.web.gallery import ELSEWHERE, Stop, furnish
from tests.faces.web.reading import read
from tests.faces.web.site import PASSWORD, Site
from tests.faces.web.test_chromium import ARGUMENTS
from tests.http.peer import serving
from tests.lanes import CHROMIUM

from commonhold.faces.web.face import FACE
from commonhold.faces.web.pages import HTML
from commonhold.testing.core import make_core

AXE: Final = Path(__file__).parent / "axe"
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOOKS: Final = (("light", 1200), ("dark", 320))
_RUN: Final = """async rules => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ['violations']});
  return found.violations.map(one => `${one.id}: ${one.help}: ${one.nodes.map(node => node.html).join(" | ")}`);
}"""


async def test_every_page_is_in_the_gallery() -> None:
    """Each route that shows a page has a stop, or says what it does instead of showing one."""
    stops = {stop.route for stop in await furnish(await Site.found(make_core()))}
    pages = {route.path for route in FACE.routes if route.method == "GET" and route.streams == HTML}
    assert pages - stops == set(ELSEWHERE)
    assert stops <= pages


@pytest.mark.parametrize("language", ["en", "de"])
async def test_every_page_can_be_read(language: str) -> None:
    """Each page keeps to itself, has one heading, names its fields, and says so in the language that was asked for."""
    site = await Site.found(make_core())
    stops = await furnish(site)
    for who in {stop.who for stop in stops}:
        visitor = site.visitor()
        if who is not None:
            await visitor.sign_in(who)
        for stop in (one for one in stops if one.who == who):
            page = await visitor.get(stop.path, accept_language=language)
            assert page.status_code < 500
            assert "location" not in page.headers, stop
            assert read(page).all("html") == [{"lang": language}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gallery() -> AsyncIterator[tuple[Any, int, list[Stop]]]:
    """The gallery, served, and a browser before it."""
    from playwright.async_api import async_playwright

    site = await Site.found(make_core())
    stops = await furnish(site)
    async with async_playwright() as playwright, serving(site.app) as port:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield browser, port, stops
        await browser.close()


@pytest.mark.slow
@pytest.mark.node
@pytest.mark.chromium
@pytest.mark.asyncio(loop_scope="module")
async def test_axe_finds_nothing(gallery: tuple[Any, int, list[Stop]]) -> None:
    """No page breaks a rule of WCAG 2.2 AA or a best practice, in light on a desk and in the dark on a phone.

    Nor has any page to be scrolled sideways.
    """
    browser, port, stops = gallery
    folder = await asyncio.to_thread(npm.installed, AXE)
    source = await asyncio.to_thread((folder / "node_modules" / "axe-core" / "axe.min.js").read_text)
    broken: dict[str, Any] = {}
    for who in {stop.who for stop in stops}:
        context = await browser.new_context(reduced_motion="reduce")  # colours are there at once
        await context.add_init_script(source)
        page = await context.new_page()
        if who is not None:
            await page.goto(f"http://127.0.0.1:{port}/app/sign-in")
            await page.get_by_label("Name or mail address").fill(who)
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Log in").click()
            await page.wait_for_url("**/app")
        for stop in (one for one in stops if one.who == who):
            await page.goto(f"http://127.0.0.1:{port}{stop.path}")
            for scheme, width in LOOKS:
                await page.set_viewport_size({"width": width, "height": 800})
                await page.emulate_media(color_scheme=scheme)
                found = await page.evaluate(_RUN, list(RULES))
                wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
                if found or wide > 0:
                    broken[f"{stop.name} {scheme}"] = found or f"{wide} px too wide"
        await context.close()
    assert broken == {}
