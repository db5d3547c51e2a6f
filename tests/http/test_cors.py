"""Cross-origin requests: who may call, what their scripts read, and what cookies of ours are good for."""

import httpx2
import pytest
from tests.http.faces import app, client, echo, face, on

from commonhold.http.credentials import SESSION_COOKIE
from commonhold.settings.values import FaceSettings

HERE = "https://app.example"
PREFLIGHT = {
    "origin": HERE,
    "access-control-request-method": "PUT",
    "access-control-request-headers": "If-Match, X-Own",
}


def api(*origins: str, default: tuple[str, ...] = ()) -> httpx2.AsyncClient:
    """A client of a face that some origins may call."""
    one = face("api", "/api", routes={"/api/x": echo}, exposes=("X-Own",), origins=default)
    return client(app(one, faces=on(api=FaceSettings(origins=origins))))


async def test_named_origins_may_call_with_cookies() -> None:
    """A named origin is echoed, may use cookies, and its scripts read the headers that the face exposes."""
    async with api(HERE) as http:
        reply = await http.get("/api/x", headers={"origin": HERE})
        asked = await http.options("/api/x", headers=PREFLIGHT)
    for found in (reply, asked):
        assert found.headers["access-control-allow-origin"] == HERE
        assert found.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in found.headers["vary"]
    assert "X-Own" in reply.headers["access-control-expose-headers"]
    assert asked.status_code == 204
    assert "PUT" in asked.headers["access-control-allow-methods"]
    assert asked.headers["access-control-allow-headers"] == "If-Match, X-Own"


async def test_any_origin_never_means_cookies() -> None:
    """``*``, set or the face's own, lets every origin call, without credentials."""
    for http in (api("*"), api(default=("*",))):
        async with http:
            reply = await http.get("/api/x", headers={"origin": HERE})
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in reply.headers


async def test_other_origins_are_told_nothing() -> None:
    """Where no origin is named, and for one that is not, no header lets a script read the answer; errors neither."""
    for http in (api(), api("https://other.example")):
        async with http:
            replies = [await http.get(path, headers={"origin": HERE}) for path in ("/api/x", "/api/none")]
            replies.append(await http.options("/api/x", headers=PREFLIGHT))
        assert not any("access-control-allow-origin" in reply.headers for reply in replies)


async def test_errors_can_be_read_across_origins_too() -> None:
    """Who may call reads refusals as well: unknown paths, wrong methods, odd preflights."""
    async with api(HERE) as http:
        replies = [
            await http.get("/api/none", headers={"origin": HERE}),
            await http.delete("/api/x", headers={"origin": HERE}),
            await http.options("/api/none", headers=PREFLIGHT),
            await http.options("/api/x", headers={**PREFLIGHT, "access-control-request-headers": "a\tb;"}),
        ]
    assert [reply.status_code for reply in replies] == [404, 405, 204, 204]
    assert all(reply.headers["access-control-allow-origin"] == HERE for reply in replies)
    assert "access-control-allow-headers" not in replies[-1].headers


@pytest.mark.parametrize(
    ("headers", "fine"),
    [
        ({}, True),
        ({"origin": "http://files.example"}, True),
        ({"origin": HERE}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "http://files.example"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, False),
        ({"sec-fetch-site": "same-site"}, False),
    ],
)
async def test_cookies_are_not_believed_on_writes_of_other_sites(headers: dict[str, str], *, fine: bool) -> None:
    """A POST that a browser sends with our cookie counts only if our own pages, or trusted ones, made it."""
    async with api(HERE) as http:
        sent = {"cookie": f"{SESSION_COOKIE}=x", **headers}
        assert (await http.get("/api/x", headers=sent)).status_code == 200
        reply = await http.post("/api/x", headers=sent)
    assert (reply.status_code, reply.text) == ((200, "api /api/x ") if fine else (403, "api: cross_site"))
    async with api(HERE) as http:
        assert (await http.post("/api/x", headers=headers)).status_code == 200  # there is no cookie to misuse
