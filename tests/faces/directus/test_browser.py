"""The real client in a browser, on a page of another origin: with cookies only if settings name that origin."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from tests import npm
from tests.faces.directus.giving import reads, role, share
from tests.faces.directus.node import CLIENT
from tests.faces.directus.town import Town, again
from tests.http.peer import serving
from tests.lanes import CHROMIUM

from commonhold.settings.values import FaceSettings, Settings

pytestmark = [pytest.mark.node, pytest.mark.chromium, pytest.mark.slow]

SCRIPT = """
async ([server, share]) => {
  const sdk = await import('/sdk/index.js');
  const told = [];
  const tell = async (name, work) => {
    try { told.push([name, await work()]); }
    catch (error) { told.push([name, { error: error?.errors?.[0]?.extensions?.code ?? String(error) }]); }
  };
  const plain = sdk.createDirectus(server).with(sdk.rest());
  const kept = sdk.createDirectus(server).with(sdk.rest({ credentials: 'include' }));
  await tell('info', () => plain.request(sdk.readShareInfo(share)));
  await tell('wrong', () => plain.request(sdk.authenticateShare(share, 'wrong', 'json')));
  await tell('json', async () => {
    const opened = await plain.request(sdk.authenticateShare(share, 'secret', 'json'));
    const reader = sdk.createDirectus(server).with(sdk.staticToken(opened.access_token)).with(sdk.rest());
    return reader.request(sdk.readItems('articles', { fields: ['id', 'title'] }));
  });
  await tell('session', async () => {
    await kept.request(sdk.authenticateShare(share, 'secret', 'session'));
    return kept.request(sdk.readItems('articles', { fields: ['id'] }));
  });
  await tell('me', () => kept.request(sdk.readMe()));
  await tell('logout', async () => {
    await kept.request(sdk.logout({ mode: 'session' }));
    return kept.request(sdk.readItems('articles', { fields: ['id'] }));
  });
  return told;
}
"""


def _site() -> Starlette:
    """Return a site with an empty page, and the client as its scripts."""
    scripts = npm.installed(CLIENT) / "node_modules" / "@directus" / "sdk" / "dist"

    async def page(_: Request) -> Response:
        return HTMLResponse("<!doctype html><meta charset=utf-8>")

    async def script(request: Request) -> Response:
        path: Path = scripts / request.path_params["path"]
        return Response(await asyncio.to_thread(path.read_bytes), media_type="text/javascript")

    return Starlette(routes=[Route("/", page), Route("/sdk/{path:path}", script)])


async def _in_browser(url: str, given: list[Any]) -> dict[str, Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        try:
            page = await browser.new_page()
            await page.goto(url)
            return dict(await page.evaluate(SCRIPT, given))
        finally:
            await browser.close()


@pytest.mark.parametrize("origins", ["named", "any", "none"])
async def test_a_page_of_another_origin(town: Town, origins: str) -> None:
    """A page of a named origin opens a share in every mode; of any origin, without cookies; of another, not at all."""
    uid = await share(town, role=await role(town, *reads("articles", fields=("id", "title"))), password="secret")
    holder: dict[str, Any] = {}

    async def server(scope: Any, receive: Any, send: Any) -> None:
        await holder["app"](scope, receive, send)

    async with serving(server) as port, serving(await asyncio.to_thread(_site)) as other:
        site = f"http://127.0.0.1:{other}"
        named = {"named": (site,), "any": ("*",), "none": ("https://else.example",)}[origins]
        holder["app"] = again(town, town.core, Settings(faces={"directus": FaceSettings(origins=named)})).app
        work = _in_browser(f"{site}/", [f"http://127.0.0.1:{port}", uid])
        told = await asyncio.wait_for(work, 60)
    if origins == "none":
        assert all("error" in one for one in told.values())
        return
    assert (told["info"]["item"], told["wrong"]) == ("1", {"error": "INVALID_CREDENTIALS"})
    assert told["json"] == [{"id": 1, "title": "First"}]
    if origins == "any":
        assert "error" in told["session"]
        return
    assert (told["session"], told["me"]) == ([{"id": 1}], {"share": uid})
    assert told["logout"] == {"error": "INVALID_CREDENTIALS"} or told["logout"] == {"error": "FORBIDDEN"}
