"""The real client in a browser, on a page of another origin that settings name: Chromium's own rules must let it."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from tests.faces.puter.node import installed
from tests.faces.puter.town import Town, again
from tests.faces.towns import copied
from tests.http.peer import serving
from tests.lanes import CHROMIUM

from commonhold.settings.values import FaceSettings, Settings
from commonhold.testing.core import CountedSecrets, make_core

pytestmark = [pytest.mark.node, pytest.mark.chromium]

SCRIPT = """
async ([token, other]) => {
  const told = [];
  const run = async (name, ...given) => {
    try {
      const found = await puter.fs[name](...given);
      told.push([name, found instanceof Blob ? await found.text() : found]);
    }
    catch (error) { told.push([name, { error: error?.code ?? String(error?.message ?? error) }]); }
  };
  puter.setAuthToken(token);
  await run('write', '/alice/web.txt', 'from a page');
  await run('share', '/alice/web.txt', 'bob', 'write');
  await run('readdir', '/alice');
  puter.setAuthToken(other);
  await run('write', '/alice/web.txt', 'by bob');
  await run('read', '/alice/web.txt');
  await run('stat', '/alice/a.txt');
  return told;
}
"""


def _page(origin: str) -> Starlette:
    """Return a site that shows one page with the client in it."""
    client = installed() / "node_modules" / "@heyputer" / "puter.js" / "dist" / "puter.cjs"

    async def page(_: Request) -> Response:
        start = f"<script>globalThis.PUTER_API_ORIGIN = globalThis.PUTER_ORIGIN = '{origin}';</script>"
        return HTMLResponse(f"<!doctype html><meta charset=utf-8>{start}<script src=/puter.js></script>")

    async def script(_: Request) -> Response:
        return Response(client.read_bytes(), media_type="text/javascript")

    return Starlette(routes=[Route("/", page), Route("/puter.js", script)])


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


@pytest.mark.parametrize("named", [True, False], ids=["an origin that is named", "another origin"])
async def test_a_page_of_another_origin(furnished: Town, named: bool) -> None:
    """A page of an origin that settings name shares, writes and reads; a page of another one gets nothing."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs, secrets=CountedSecrets(b"later"))
    holder: dict[str, Any] = {}

    async def server(scope: Any, receive: Any, send: Any) -> None:
        await holder["app"](scope, receive, send)

    async with serving(server) as port:
        site = await asyncio.to_thread(_page, f"http://127.0.0.1:{port}")
        async with serving(site) as other:
            origin = f"http://127.0.0.1:{other}" if named else "https://else.example"
            town = again(furnished, core, Settings(faces={"puter": FaceSettings(origins=(origin,))}))
            holder["app"] = town.app
            work = _in_browser(f"http://127.0.0.1:{other}/", [town.alice.token, town.bob.token])
            if not named:
                assert all("error" in one for _, one in await asyncio.wait_for(work, 60))
                assert (await town.alice("POST", "/stat", {"path": "/alice/web.txt"})).status == 404
                return
            told = await asyncio.wait_for(work, 60)
    names = [one["name"] for one in told[2][1]]
    assert (told[0][1]["path"], told[1][1][0]["holder"]) == ("/alice/web.txt", "bob")
    assert "web.txt" in names
    assert told[4] == ["read", "by bob"]
    assert told[5] == ["stat", {"error": "subject_does_not_exist"}]
