"""Accounts and people in a real browser: set up, looked after, logged in by a provider; by keyboard, on a phone."""

from typing import Any

import httpx2
import pytest
from tests.faces.web.account.provider import CLIENT, SECRET, Provider
from tests.faces.web.site import PASSWORD, Site
from tests.faces.web.test_chromium import Visit, browser, say, visit
from tests.http.peer import serving

from commonhold.core.directory.installation import setup_secret
from commonhold.settings.values import Oidc, Secret, Settings
from commonhold.testing.core import make_core

__all__ = ["browser", "visit"]  # fixtures

pytestmark = [pytest.mark.chromium, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


async def enter(visit: Visit, name: str, path: str = "/app", **how: Any) -> Any:
    """Log in by keyboard alone, and go to a page."""
    page = await visit.open("/app/sign-in", **how)
    await page.get_by_label("Name or mail address").focus()
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.locator("form.account").wait_for()
    await go(visit, page, path)
    return page


async def go(visit: Visit, page: Any, path: str) -> None:
    """Go to a page, which fits the screen."""
    await page.goto(f"http://127.0.0.1:{visit.port}{path}")
    await visit.fits(page)


async def test_from_the_first_start_to_the_first_link(browser: Any) -> None:
    """The set-up page makes an administrator, his account a token, and a program with it a file and a link."""
    core = make_core()
    secret = await setup_secret(core)
    site = Site(core)
    async with serving(site.app) as port:
        visit = Visit(site, browser, port)
        page = await visit.open(f"/app/setup/{secret}", size="phone")
        await page.get_by_label("Name", exact=True).fill("ada")
        await page.get_by_label("Mail address").fill("ada@example.org")
        await page.get_by_label("New password").fill(PASSWORD)
        await page.get_by_role("button", name="Begin").click()
        await page.get_by_role("link", name="ada", exact=True).click()
        await visit.fits(page)
        await page.get_by_label("First name").fill("Ada")
        await page.get_by_label("First name").press("Enter")
        await page.get_by_role("status").wait_for()
        await page.get_by_role("link", name="Sessions and tokens").click()
        await visit.fits(page)
        await page.get_by_label("What it is for").fill("laptop")
        await page.get_by_label("It may").select_option("all")
        await page.get_by_role("button", name="Make the token").click()
        await page.locator("#token").wait_for()
        await visit.fits(page)
        token = await page.inner_text("#token")
        link = await _first_link(port, token)
        await go(visit, page, link)
        assert "hello.txt" in await say(page)
        await go(visit, page, "/app/account/access")
        assert token not in await page.content()
        await page.context.close()
    assert [one for one in visit.complaints if "Failed to load resource" not in one] == []


async def _first_link(port: int, token: str) -> str:
    """Put a file and make a link to it as a program does; return the path of its page."""
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, verify=False) as client:
        home = (await client.get("/api/v1/home")).json()
        made = await client.post(f"/api/v1/items/{home['top']['uid']}/files", files=[("file", ("hello.txt", b"hello"))])
        assert made.status_code == 201, made.text
        asked = {"items": [made.json()["files"][0]["item"]["uid"]], "recipients": [{"kind": "link"}], "role": "viewer"}
        done = (await client.post("/api/v1/shares", json=asked)).json()
        share = (await client.get(f"/api/v1/shares/{done['pairs'][0]['share']}")).json()
        secret: str = share["link"]["secret"]
    return f"/s/{secret}"


@pytest.mark.parametrize("size", ["phone"])
async def test_an_administrator_makes_a_person_and_a_group_and_suspends_him(visit: Visit, size: str) -> None:
    """All of it by forms without script; the person's open page is shut with his next click."""
    page = await enter(visit, "root", "/app/people", size=size, java_script_enabled=False)
    await page.get_by_label("Name at log-in").fill("dora")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Make the account").click()
    await page.get_by_role("heading", name="dora").wait_for()
    await visit.fits(page)
    await page.get_by_role("link", name="Groups", exact=True).first.click()
    await visit.fits(page)
    await page.get_by_label("Title", exact=True).fill("Crew")
    await page.get_by_role("button", name="Make the group").click()
    await page.get_by_label("Name, mail address").fill("dora")
    await page.keyboard.press("Enter")
    await page.get_by_role("status").wait_for()
    await visit.fits(page)
    assert "dora" in await page.inner_text("table")
    dora = await enter(visit, "dora", "/app/account", size=size)
    await go(visit, page, "/app/people?q=do")
    await page.get_by_role("link", name="dora").click()
    await page.get_by_role("button", name="Suspend").click()
    await page.get_by_role("button", name="End the suspension").wait_for()
    await dora.get_by_role("link", name="Sessions and tokens").click()
    await dora.get_by_role("heading", name="Log in").wait_for()
    for path in ("/app/shares", "/app/settings", "/app/audit", "/app/orgs", "/app/account/notices"):
        await go(visit, page, path)


@pytest.mark.parametrize("size", ["desk"])
async def test_log_in_by_a_provider(visit: Visit, size: str) -> None:
    """From our page to the provider and back, logged in; then linked to another account by being logged in."""
    base = f"http://127.0.0.1:{visit.port}"
    provider = Provider(f"{base}/app/sign-in/back")
    provider.now = lambda: visit.site.clock() // 1000
    async with serving(provider.app) as port:
        provider.issuer = f"http://127.0.0.1:{port}"
        oidc = Oidc(provider.issuer, CLIENT, Secret(SECRET), "Staff")
        visit.site.app.settings = Settings(base_url=base, oidc=oidc)
        page = await visit.open("/app/account/access", size=size)
        await page.get_by_role("link", name="Log in with Staff").click()
        await page.get_by_role("heading", name="Sessions and tokens").wait_for()
        await visit.fits(page)
        provider.person = {"sub": "s2"}
        page = await enter(visit, "bob", "/app/account", size=size)
        await page.get_by_role("button", name="Link Staff").click()
        await visit.fits(page)
        await page.get_by_role("link", name="Go on to Staff").click()
        await page.get_by_text("The log-in is linked").wait_for()
        await visit.fits(page)
