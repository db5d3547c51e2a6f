"""Problems as replies: their shape, and what HTTP wants said beside."""

import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.http.credentials import PASS_COOKIE, Via, present, present_basic
from commonhold.http.face import Call
from commonhold.http.replies import problem_headers, problem_json, wants_html
from commonhold.http.typed import Table


def request(**headers: str) -> Request:
    """A request with headers."""
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw, "commonhold.request_id": "r1"})


def test_a_problem_is_told_with_code_field_and_facts() -> None:
    """A refusal names its code, field and facts; the id of the request only where the mistake is ours."""
    reply = problem_json(request(), Problem("role_too_high", field="role", highest="viewer"), 403)
    assert msgspec.json.decode(reply.body) == {
        "type": "urn:commonhold:problem:role_too_high",
        "title": "Role too high",
        "status": 403,
        "code": "role_too_high",
        "detail": "You cannot give more than you have. Choose a lower role.",
        "field": "role",
        "facts": {"highest": "viewer"},
    }
    assert b'"request_id":"r1"' in problem_json(request(), Problem("internal"), 500).body


@pytest.mark.parametrize(
    ("problem", "status", "headers"),
    [
        (Problem("unauthenticated"), 401, {"www-authenticate": 'Bearer realm="commonhold"'}),
        (Problem("method_not_allowed", allow=["GET", "HEAD"]), 405, {"allow": "GET, HEAD"}),
        (Problem("bad_range", size=9), 416, {"content-range": "bytes */9", "accept-ranges": "bytes"}),
        (Problem("too_many_requests", retry_after=7), 429, {"retry-after": "7"}),
        (Problem("daily_limit", retry_at=4_500), 429, {"retry-after": "2"}),
        (Problem("unavailable"), 503, {"retry-after": "5"}),
        (Problem("forbidden"), 403, {}),
    ],
)
def test_http_is_told_what_it_wants_beside(problem: Problem, status: int, headers: dict[str, str]) -> None:
    """Some statuses say in headers what to do: with what to log in, which methods there are, when to come back."""
    assert problem_headers(problem, status, 3_000) == headers


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml;q=0.9", True),
        ("text/html;q=0.8, */*", True),
        ("application/json", False),
        ("*/*", False),
        ("text/html;q=0", False),
        ("", False),
    ],
)
def test_browsers_are_told_by_what_they_accept(accept: str, *, page: bool) -> None:
    """Whoever asks for HTML by name is shown a page."""
    assert wants_html(request(accept=accept)) is page


async def test_credentials_are_found_where_they_may_be() -> None:
    """A token goes before a session cookie; passes come beside either; Basic is read where a face wants it."""
    cookies = f"commonhold_session=s; {PASS_COOKIE}7=p"
    both = await present(request(authorization="bearer  t", cookie=cookies, commonhold_pass="q"))
    assert (both.via, both.secret, both.passes, both.by_cookie) == (Via.HEADER, "t", ("q", "p"), False)
    kept = await present(request(cookie=cookies))
    assert (kept.via, kept.secret, kept.passes, kept.by_cookie) == (Via.COOKIE, "s", ("p",), True)
    basic = await present_basic(request(authorization="Basic YWxpY2U6cDpx"))
    assert (basic.via, basic.name, basic.secret) == (Via.BASIC, "alice", "p:q")
    assert "p:q" not in repr(basic)
    assert (await present_basic(request())).via is Via.NOTHING


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Digest x", "x"])
async def test_odd_authorizations_are_refused(value: str) -> None:
    """An ``Authorization`` that is no token is refused, and not taken for nobody."""
    with pytest.raises(Problem, match="bad_token"):
        await present(request(authorization=value))


@pytest.mark.parametrize("value", ["Basic !!", "Basic YWxpY2U=", "Basic /w=="])
async def test_odd_basics_are_refused(value: str) -> None:
    """Basic that is no base64, no UTF-8, or has no colon is refused."""
    with pytest.raises(Problem, match="bad_token"):
        await present_basic(request(authorization=value))


def test_a_route_cannot_name_what_does_not_exist() -> None:
    """A route with an unknown need or problem code is a mistake that shows at the start."""

    async def handler(call: Call) -> Response:
        """Do nothing."""
        return Response()

    for needs, problems in (("luck", ""), ("public", "no_such_code")):
        with pytest.raises(ValueError, match="unknown"):
            Table().route("GET", "/", needs=needs, problems=problems)(handler)
