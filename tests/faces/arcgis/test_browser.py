"""The real JavaScript client in a browser, on a page of another origin: Chromium's own rules must let it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from tests.faces.arcgis.node import installed
from tests.faces.arcgis.town import PASSWORD, REST, Town, again
from tests.faces.towns import copied
from tests.http.peer import serving
from tests.lanes import CHROMIUM

from commonhold.settings.values import FaceSettings, Settings
from commonhold.testing.core import CountedSecrets, make_core

pytestmark = [pytest.mark.node, pytest.mark.chromium, pytest.mark.slow]

BUNDLES = ("request", "portal")

SCRIPT = """
async ([portal, password, item, group]) => {
  const told = [];
  const run = async (name, work) => {
    try { told.push([name, await work()]); }
    catch (error) { told.push([name, { error: String(error?.message ?? error) }]); }
  };
  const { ArcGISIdentityManager } = arcgisRest;
  let authentication;
  await run('signIn', async () => {
    authentication = await ArcGISIdentityManager.signIn({ username: 'owner', password, portal });
    return authentication.username;
  });
  const made = { item: { title: 'From a page', type: 'CSV' }, file: new File(['a,b'], 'page.csv'), authentication };
  await run('createItem', () => arcgisRest.createItem(made));
  await run('setItemAccess', () => arcgisRest.setItemAccess({ id: item, access: 'org', authentication }));
  await run('shareItemWithGroup', () => arcgisRest.shareItemWithGroup({ id: item, groupId: group, authentication }));
  await run('getItem', async () => {
    const hidden = { authentication, hideToken: true };
    return (await arcgisRest.getItem(item, hidden)).access;
  });
  await run('getItemData', () => arcgisRest.getItemData(item, { authentication }));
  await run('refused', () => arcgisRest.getItem(item, { portal }));
  return told;
}
"""


def _site() -> Starlette:
    """Return a site that shows one page with the client in it."""
    folder = installed() / "node_modules" / "@esri"

    async def page(_: Request) -> Response:
        scripts = "".join(f"<script src=/{name}.js></script>" for name in BUNDLES)
        return HTMLResponse(f"<!doctype html><meta charset=utf-8>{scripts}")

    def served(path: Path) -> Any:
        text = path.read_bytes()

        async def script(_: Request) -> Response:
            return Response(text, media_type="text/javascript")

        return script

    scripts = {name: folder / f"arcgis-rest-{name}" / "dist" / "bundled" / f"{name}.umd.js" for name in BUNDLES}
    return Starlette(routes=[Route("/", page), *(Route(f"/{name}.js", served(path)) for name, path in scripts.items())])


async def _in_browser(url: str, given: list[Any]) -> list[list[Any]]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        try:
            page = await browser.new_page()
            await page.goto(url)
            found: list[list[Any]] = await page.evaluate(SCRIPT, given)
            return found
        finally:
            await browser.close()


@pytest.mark.parametrize("open_to_all", [True, False], ids=["any origin", "settings name another origin"])
async def test_a_page_of_another_origin(furnished: Town, open_to_all: bool) -> None:
    """A page of any origin signs in, adds, shares and reads; where settings name origins, others get nothing."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs, secrets=CountedSecrets(b"later"))
    faces = {} if open_to_all else {"arcgis": FaceSettings(origins=("https://else.example",))}
    town = again(furnished, core, Settings(faces=faces))
    item, group = town.id("/owner/map.json"), town.groups["club"]
    async with serving(town.app) as port, serving(await asyncio.to_thread(_site)) as other:
        given = [f"http://127.0.0.1:{port}{REST}", PASSWORD, item, group]
        told = dict(await asyncio.wait_for(_in_browser(f"http://127.0.0.1:{other}/", given), 60))
    if not open_to_all:
        assert all("error" in one for one in told.values()), told
        assert (await town.owner.get(f"/content/items/{item}"))["access"] == "private"
        return
    assert told["signIn"] == "owner"
    assert told["createItem"]["success"] is True
    assert told["setItemAccess"] == told["shareItemWithGroup"] == {"notSharedWith": [], "itemId": item}
    assert (told["getItem"], told["getItemData"]) == ("org", {"layers": []})
    assert "GWM_0003" in told["refused"]["error"]
