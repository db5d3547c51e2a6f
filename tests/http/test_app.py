"""The application: which face answers, and how what goes wrong is worded."""

import logging

import pytest
from tests.http.faces import app, client, crash, cut, echo, face, on, refuse

from commonhold.http.app import App, build_app
from commonhold.http.routing import Tree
from commonhold.http.streams import StreamCut
from commonhold.settings.values import FaceSettings
from commonhold.testing.core import make_core


async def get(of: App, url: str, **headers: str) -> tuple[int, str]:
    """Status and text of a GET."""
    async with client(of) as http:
        reply = await http.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return reply.status_code, reply.text


async def test_the_longest_claim_answers() -> None:
    """Of two faces that claim a path, the one with the longer claim answers, and words what is not there."""
    short = face("short", "/auth", routes={"/auth/{x}": echo})
    long = face("long", "/auth/grant", routes={"/auth/grant/user": echo})
    of = app(short, long)
    assert await get(of, "/auth/login") == (200, "short /auth/{x} x=login")
    assert await get(of, "/auth/grant/user") == (200, "long /auth/grant/user ")
    assert await get(of, "/auth/grant/other") == (404, "long: route_not_found")
    assert await get(of, "/auth/a/b") == (404, "short: route_not_found")
    assert (await get(of, "/authority"))[0] == 404


async def test_a_face_that_claims_everything_gets_the_rest() -> None:
    """A claim of ``/`` takes what nobody else claims."""
    of = app(face("web", "/", routes={"/{rest:path}": echo}), face("api", "/api", routes={"/api/x": echo}))
    assert await get(of, "/") == (200, "web /{rest:path} rest=")
    assert await get(of, "/a/b") == (200, "web /{rest:path} rest=a/b")
    assert await get(of, "/api/x") == (200, "api /api/x ")
    assert await get(of, "/api/y") == (404, "api: route_not_found")


async def test_a_face_is_switched_off_or_put_under_a_prefix_or_on_a_host() -> None:
    """Settings move a face, or take it away, and nothing else changes."""
    one = face("one", "/x", routes={"/x/a": echo})
    assert (await get(app(one, faces=on(one=FaceSettings(on=False))), "/x/a"))[0] == 404
    under = app(one, faces=on(one=FaceSettings(prefix="/one")))
    assert await get(under, "/one/x/a") == (200, "one /x/a ")
    assert (await get(under, "/x/a"))[0] == 404
    hosted = app(one, face("two", "/x", routes={"/x/a": echo}), faces=on(one=FaceSettings(host="one.example")))
    assert (await get(hosted, "http://one.example:8080/x/a"))[1].startswith("one")
    assert (await get(hosted, "/x/a"))[1].startswith("two")


async def test_two_faces_cannot_claim_the_same() -> None:
    """Two faces with one claim are a mistake of the settings, named at the start."""
    with pytest.raises(ValueError, match="one and two both claim /x"):
        app(face("one", "/x"), face("two", "/x"))
    with pytest.raises(ValueError, match="two routes for GET /x"):
        Tree([*face("a", "/x", routes={"/x": echo}).routes, *face("b", "/x", routes={"/x": crash}).routes])


async def test_unknown_paths_are_pages_for_browsers() -> None:
    """A browser is shown a page; others get the shape of the face that owns the path, or a problem."""
    of = app(face("api", "/api"))
    status, text = await get(of, "/nowhere", accept="text/html,application/xhtml+xml")
    assert (status, text[:9]) == (404, "<!doctype")
    assert (await get(of, "/api/x", accept="text/html"))[1][:9] == "<!doctype"
    assert await get(of, "/api/x", accept="application/json") == (404, "api: route_not_found")
    assert '"code":"route_not_found"' in (await get(of, "/nowhere"))[1]
    own = app(face("web", "/", pages=True))
    assert await get(own, "/nowhere", accept="text/html") == (404, "web: route_not_found")


async def test_other_methods_are_refused_with_those_there_are() -> None:
    """405 names the methods of the path; OPTIONS does, too; HEAD is answered where GET is."""
    of = app(face("api", "/api", routes={"/api/x": echo}))
    async with client(of) as http:
        refused = await http.delete("/api/x")
        told = await http.options("/api/x")
        headed = await http.head("/api/x")
        lost = await http.options("/api/y")
    assert (refused.status_code, refused.text) == (405, "api: method_not_allowed")
    assert (told.status_code, told.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert (headed.status_code, headed.content, headed.headers["content-length"]) == (200, b"", str(len("api /api/x ")))
    assert lost.status_code == 404


async def test_a_mistake_of_ours_tells_no_details(caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected exception is a 500 in the face's shape without a word of it; the log has it with the request."""
    of = app(face("api", "/api", routes={"/api/x": crash}))
    async with client(of) as http:
        reply = await http.get("/api/x")
    assert (reply.status_code, reply.text) == (500, "api: internal")
    assert "secret detail" not in str(reply.headers)
    assert "RuntimeError" in caplog.text
    assert "/api/x" in str([getattr(record, "facts", None) for record in caplog.records])


async def test_a_stream_that_is_cut_closes_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    """A stream whose right ended is not finished: the server sees it and closes; the log has the code."""
    of = app(face("api", "/api", routes={"/api/x": cut}))
    async with client(of) as http:
        with pytest.raises(StreamCut):
            await http.get("/api/x")
    assert "stream.cut" in caplog.text


async def test_paths_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The line of a request names the route, its status and how long it took, never the path, which may be a secret."""
    caplog.set_level(logging.INFO, "commonhold")
    of = app(face("api", "/api", routes={"/api/links/{secret}": echo}))
    assert (await get(of, "/api/links/open-sesame"))[0] == 200
    (facts,) = (getattr(record, "facts", {}) for record in caplog.records if record.message == "request")
    assert (facts["route"], facts["status"]) == ("/api/links/{secret}", 200)
    assert "open-sesame" not in caplog.text + str([record.__dict__ for record in caplog.records])


async def test_every_reply_has_an_id_and_is_safe_to_show() -> None:
    """Each reply has an id of its own, is not sniffed, not cached and not framed; retries know when."""
    of = app(face("api", "/api", routes={"/api/x": echo, "/api/wait": refuse}))
    async with client(of) as http:
        one, two, wait = await http.get("/api/x"), await http.get("/api/x"), await http.get("/api/wait")
    assert one.headers["x-request-id"] != two.headers["x-request-id"]
    assert one.headers["x-content-type-options"] == "nosniff"
    assert one.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in one.headers["content-security-policy"]
    assert one.headers["referrer-policy"] == "same-origin"
    assert wait.status_code == 429


async def test_hooks_run_before_the_first_request_and_after_the_last() -> None:
    """A server that starts runs the hooks of the start, and those of the end when it stops; then nothing is ready."""
    ran: list[str] = []

    async def start() -> None:
        ran.append("start")

    async def stop() -> None:
        ran.append("stop")

    of = build_app(make_core(), [], on_start=[start], on_stop=[stop])
    said = iter(["lifespan.startup", "lifespan.shutdown"])
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": next(said)}

    async def send(message: object) -> None:
        sent.append(str(message))

    await of({"type": "lifespan"}, receive, send)
    assert ran == ["start", "stop"]
    assert ["startup.complete" in sent[0], "shutdown.complete" in sent[1]] == [True, True]
    assert (await get(of, "/readyz"))[0] == 503
    assert (await get(of, "/healthz"))[0] == 200
